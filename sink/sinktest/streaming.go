package sinktest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// Streaming is a sink like a streaming channel, in memory: what is staged is appended and lands by itself, record
// by record, each with the offset after it; a load waits for it. An append whose outcome is unknown kills the
// writer: Stage and Load answer ErrRewind until Rewind. Rows that have not landed are lost with the claim.
type Streaming struct {
	*sink.Memory
	limits sink.Limits

	mu       sync.Mutex
	channels map[string]*channel
	failures []AppendFailure
}

// AppendFailure is what becomes of an append whose reply is lost.
type AppendFailure int

// Failures of an append.
const (
	LostBefore AppendFailure = iota // the rows did not land
	LostAfter                       // the rows landed
)

// NewStreaming returns an empty target. The zero value of Limits stands for four batches in flight, staged in
// order; an offset does not move without rows.
func NewStreaming(opts *sink.MemoryOptions) *Streaming {
	o, limits := split(opts, sink.Limits{InFlight: 4})
	limits.StageIsFinal = true
	return &Streaming{Memory: sink.NewMemory(o), limits: limits, channels: map[string]*channel{}}
}

// Limits implements [sink.Limiter].
func (s *Streaming) Limits() sink.Limits { return s.limits }

// FailAppends makes the next appends, of any partition, fail in this way, one after the other.
func (s *Streaming) FailAppends(failures ...AppendFailure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, failures...)
}

// Rest drops the failures that have not struck yet, and says how many they were.
func (s *Streaming) Rest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.failures)
	s.failures = nil
	return n
}

// channel is the far side of one partition.
type channel struct {
	owner  *streamWriter // of the newest claim
	target sink.Writer   // into the Memory; one for each claim
	token  string        // landed so far
	queue  []appended    // on their way
}

// appended is a record on its way, and the offset after it.
type appended struct {
	record arrow.Record
	token  string
}

// Open implements [sink.Sink].
func (s *Streaming) Open(ctx context.Context, pipeline, partition string) (sink.Writer, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := pipeline + "\x00" + partition
	c := s.channels[key]
	if c == nil {
		c = &channel{}
		s.channels[key] = c
	}
	w := &streamWriter{s: s, c: c, pipeline: pipeline, partition: partition}
	if err := c.claim(ctx, s.Memory, w); err != nil {
		return nil, "", err
	}
	return w, c.token, nil
}

// claim gives the channel to w. What had not landed is gone.
func (c *channel) claim(ctx context.Context, target *sink.Memory, w *streamWriter) error {
	inner, token, err := target.Open(ctx, w.pipeline, w.partition)
	if err != nil {
		return err
	}
	c.drop()
	c.owner, c.target, c.token = w, inner, token
	return nil
}

func (c *channel) drop() {
	for _, a := range c.queue {
		a.record.Release()
	}
	c.queue = nil
}

// land makes all but the last keep records on their way visible, in order.
func (c *channel) land(ctx context.Context, w *streamWriter, keep int) error {
	for len(c.queue) > keep {
		a := c.queue[0]
		b := &sink.Batch{
			Pipeline: w.pipeline, Partition: w.partition, From: c.token, To: a.token, Schema: a.record.Schema(),
			Records: []arrow.Record{a.record}, Rows: a.record.NumRows(),
			Gate: func(context.Context, sink.Receipt) error { return nil },
		}
		if _, err := c.target.Load(ctx, b); err != nil {
			return err
		}
		a.record.Release()
		c.token, c.queue = a.token, c.queue[1:]
	}
	return nil
}

type streamWriter struct {
	s                   *Streaming
	c                   *channel
	pipeline, partition string
	dead, closed        bool // guarded by s.mu
}

// usable answers why this writer cannot work. The caller holds the mutex.
func (w *streamWriter) usable(ctx context.Context) error {
	switch {
	case w.closed:
		return errors.New("the writer is closed")
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case w.c.owner != w:
		return sink.ErrFenced
	case w.dead:
		return sink.ErrRewind
	}
	return nil
}

func (w *streamWriter) wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sinktest: %s partition %q: %w", doing, w.partition, err)
}

func (w *streamWriter) Prepare(ctx context.Context, schema *arrow.Schema) error {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if err := w.usable(ctx); err != nil {
		return w.wrap("prepare", err)
	}
	return w.c.target.Prepare(ctx, schema)
}

// Stage implements [sink.Stager]: it appends.
func (w *streamWriter) Stage(ctx context.Context, b *sink.Batch) error {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if b.State == w.c {
		return w.wrap("append to", w.usable(ctx)) // the reply of an earlier call was lost
	}
	rows := int64(0)
	for _, rec := range b.Records {
		if err := w.usable(ctx); err != nil {
			return w.wrap("append to", err)
		}
		rows += rec.NumRows()
		if err := w.append(ctx, rec, b.At(rows)); err != nil {
			return w.wrap("append to", err)
		}
	}
	if err := w.usable(ctx); err != nil {
		return w.wrap("append to", err)
	}
	b.State = w.c
	b.Release()
	return nil
}

func (w *streamWriter) append(ctx context.Context, rec arrow.Record, token string) error {
	lost := len(w.s.failures) > 0
	var how AppendFailure
	if lost {
		how, w.s.failures = w.s.failures[0], w.s.failures[1:]
	}
	if !lost || how == LostAfter {
		rec.Retain()
		w.c.queue = append(w.c.queue, appended{rec, token})
	}
	keep := 1 // the last append is still on its way when the call returns
	if lost {
		keep = 0
	}
	if err := w.c.land(ctx, w, keep); err != nil {
		return err
	}
	if lost {
		w.dead = true
		return fmt.Errorf("the reply was lost: %w", sink.ErrRewind)
	}
	return nil
}

// Load waits for b to land.
func (w *streamWriter) Load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	w.s.mu.Lock()
	landed, err := w.landed(ctx, b)
	w.s.mu.Unlock()
	if err != nil {
		return sink.Receipt{}, w.wrap("load", err)
	}
	if !landed {
		return sink.Receipt{}, w.wrap("load", fmt.Errorf("the batch was never staged: %w", sink.ErrRewind))
	}
	r := sink.Receipt{Rows: b.Rows, Bytes: b.Bytes}
	if err := b.Gate(ctx, r); err != nil {
		return sink.Receipt{}, w.wrap("load", err)
	}
	return r, nil
}

// landed lets land what is on its way, and says whether b is there: the offset may be one of a later batch.
func (w *streamWriter) landed(ctx context.Context, b *sink.Batch) (bool, error) {
	if err := w.usable(ctx); err != nil {
		return false, err
	}
	if err := w.c.land(ctx, w, 0); err != nil {
		return false, err
	}
	want, err := offset.Ordinal(b.To)
	if err != nil {
		return false, err
	}
	have, err := offset.Ordinal(w.c.token)
	return have >= want, err
}

// Rewind implements [sink.Rewinder].
func (w *streamWriter) Rewind(ctx context.Context) (string, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.dead = false
	if err := w.usable(ctx); err != nil {
		return "", w.wrap("rewind", err)
	}
	if err := w.c.claim(ctx, w.s.Memory, w); err != nil {
		return "", w.wrap("rewind", err)
	}
	return w.c.token, nil
}

// Close gives the claim up; what has not landed is gone.
func (w *streamWriter) Close(context.Context) error {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.closed = true
	if w.c.owner == w {
		w.c.drop()
	}
	return nil
}
