package main

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"strconv"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/source"
)

// event is what is posted.
type event struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

var schema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.BinaryTypes.String}, {Name: "text", Type: arrow.BinaryTypes.String},
}, nil)

// inbox is a source of the events that are posted, and answers each once it is committed. What is not committed yet it keeps,
// so that the pipeline can read it again; what a process that ended has kept was answered to nobody.
//
// Each process at a time that streams into the table has an inbox of another name.
type inbox struct {
	name string

	mu      sync.Mutex
	last    int64         // number of the last event that is committed
	started bool          // last is known: the pipeline has opened the inbox
	events  []waiting     // behind last
	changed chan struct{} // closed and replaced when events come
	closed  error         // why no event will be committed any more
}

// waiting is an event whose poster waits for what becomes of it: nil once it is committed.
type waiting struct {
	event
	answer chan error
}

var errClosed = errors.New("the inbox is closed")

func newInbox(name string) *inbox { return &inbox{name: name, changed: make(chan struct{})} }

// ServeHTTP answers a post: 202 once its event is committed, 503 where that is not known.
func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var e event
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&e); err != nil || e.ID == "" {
		http.Error(w, `post an event, such as {"id": "1", "text": "hello"}`, http.StatusBadRequest)
		return
	}
	if err := b.put(r.Context(), e); err != nil {
		http.Error(w, "the event may be lost: post it again", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// put hands an event to the pipeline, and waits until it is committed.
func (b *inbox) put(ctx context.Context, e event) error {
	answer := make(chan error, 1)
	b.mu.Lock()
	if err := b.closed; err != nil {
		b.mu.Unlock()
		return err
	}
	b.events = append(b.events, waiting{e, answer})
	close(b.changed)
	b.changed = make(chan struct{})
	b.mu.Unlock()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// commit answers for the events up to that number. The caller holds the mutex.
func (b *inbox) commit(number int64) {
	for ; b.last < number && len(b.events) > 0; b.last++ {
		b.events[0].answer <- nil
		b.events = b.events[1:]
	}
}

// close answers all that wait: nothing is committed any more.
func (b *inbox) close(why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = errors.Join(errClosed, why)
	for _, e := range b.events {
		e.answer <- b.closed
	}
	b.events = nil
}

// Partitions implements [source.Source].
func (b *inbox) Partitions(ctx context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) {
		if yield(b, nil) {
			<-ctx.Done()
		}
	}
}

// Unbounded implements [source.Source].
func (b *inbox) Unbounded() bool { return true }

// ID implements [source.Partition].
func (b *inbox) ID() string { return b.name }

// Assigned implements [source.Assigner].
func (b *inbox) Assigned(context.Context) error { return nil }

// Open implements [source.Partition]. What is committed by then was so without an answer: it is answered now.
func (b *inbox) Open(_ context.Context, after string) (source.Reader, error) {
	number := int64(0)
	if after != "" {
		var err error
		if number, err = strconv.ParseInt(after, 10, 64); err != nil {
			return nil, &source.OffsetError{Partition: b.name, Position: after, Lost: "it is no number of an event", Err: err}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.started {
		b.started, b.last = true, number
	}
	b.commit(number)
	return &reader{box: b, number: number}, nil
}

// Close implements [source.Source].
func (b *inbox) Close(context.Context) error { return nil }

// reader reads on behind the event of a number.
type reader struct {
	box    *inbox
	number int64
}

func (r *reader) Schema() *arrow.Schema { return schema }

// Next waits for events, and returns all that there are.
func (r *reader) Next(ctx context.Context) (source.Batch, error) {
	for {
		r.box.mu.Lock()
		events, changed := r.box.events[r.number-r.box.last:], r.box.changed
		r.box.mu.Unlock()
		if len(events) > 0 {
			r.number += int64(len(events))
			return source.Batch{Record: record(events), Position: strconv.FormatInt(r.number, 10)}, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return source.Batch{}, context.Cause(ctx)
		}
	}
}

// Ack implements [source.Acker].
func (r *reader) Ack(_ context.Context, position string) error {
	number, err := strconv.ParseInt(position, 10, 64)
	if err != nil {
		return err
	}
	r.box.mu.Lock()
	defer r.box.mu.Unlock()
	r.box.commit(number)
	return nil
}

func (r *reader) Close(context.Context) error { return nil }

func record(events []waiting) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for _, e := range events {
		b.Field(0).(*array.StringBuilder).Append(e.ID)
		b.Field(1).(*array.StringBuilder).Append(e.Text)
	}
	return b.NewRecord()
}
