package source

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"
)

// feed is where the records of a stream come from. It is used by one goroutine at a time.
type feed interface {
	schema() *arrow.Schema
	// next returns a record, which passes to the caller, or io.EOF.
	next(ctx context.Context) (arrow.Record, error)
	// close is called once, also where nothing was read.
	close()
}

// newStream makes a source of rows that are gone once they are read. It is its own only partition.
func newStream(id string, f feed) *stream {
	s := &stream{runID: id, id: id, feed: f}
	if id == "" {
		// A partition always has a name; one that never comes again promises nothing.
		s.id = "run-" + rand.Text()
	}
	return s
}

type stream struct {
	runID, id string
	feed      feed
	read      int64 // records given so far: the position
	closed    bool
}

func (s *stream) Partitions(context.Context) iter.Seq2[Partition, error] {
	return func(yield func(Partition, error) bool) { yield(s, nil) }
}

func (s *stream) Unbounded() bool { return false }

func (s *stream) RunID() (id string, notReplayable bool) { return s.runID, true }

func (s *stream) Close(context.Context) error {
	if !s.closed {
		s.closed = true
		s.feed.close()
	}
	return nil
}

func (s *stream) ID() string { return s.id }

// Open goes on exactly where the stream stands, and nowhere else.
func (s *stream) Open(ctx context.Context, after string) (Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("source: open %q: %w", s.id, err)
	}
	n, ok := parseOrdinal(after)
	switch {
	case !ok:
		return nil, &OffsetError{Partition: s.id, Position: after, Lost: "the position is not one of this source; take an id that is fresh for each run"}
	case s.closed:
		return nil, &OffsetError{Partition: s.id, Position: after, Lost: "the source is closed and its rows cannot be read again; make a new one, with an id that is fresh for each run"}
	case n != s.read:
		return nil, &OffsetError{
			Partition: s.id, Position: after,
			Lost: fmt.Sprintf("%d records were read by now, and they are gone once read; take an id that is fresh for each run, or a source that can be replayed", s.read),
		}
	}
	return (*streamReader)(s), nil
}

// streamReader is the stream itself, read on: what it has taken from the feed outlasts a Reader.
type streamReader stream

func (r *streamReader) Schema() *arrow.Schema { return r.feed.schema() }

func (r *streamReader) Next(ctx context.Context) (Batch, error) {
	if err := ctx.Err(); err != nil {
		return Batch{}, fmt.Errorf("source: read %q: %w", r.id, err)
	}
	rec, err := r.feed.next(ctx)
	switch {
	case err == nil:
	case err != io.EOF && errors.Is(err, io.EOF):
		// "truncated: EOF" says that rows are missing: it must not pass for the end.
		return Batch{}, fmt.Errorf("source: read %q: %w: %v", r.id, io.ErrUnexpectedEOF, err)
	default:
		return Batch{}, err
	}
	r.read++
	return Batch{Record: rec, Position: formatOrdinal(r.read)}, nil
}

func (r *streamReader) Close(context.Context) error { return nil }
