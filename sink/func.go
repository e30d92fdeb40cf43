package sink

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// Func makes a whole sink of a function that writes one record. It keeps no offsets, so delivery is at least
// once: where a call fails, or the process ends before the source is acked, rows come again. A source that
// keeps no position of its own either is read from its beginning by every run.
//
// The function borrows rec: it retains what it keeps and never changes it. It is called by several goroutines
// at once, one a partition, and in order within a partition. Its error is permanent unless package retry
// marks it; after a transient one the batch is written again from its first record.
func Func(write func(ctx context.Context, rec arrow.Record) error) Sink { return funcSink{write} }

type funcSink struct {
	write func(ctx context.Context, rec arrow.Record) error
}

func (s funcSink) Open(ctx context.Context, _, partition string) (Writer, string, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, "", fmt.Errorf("sink: open partition %q: %w", partition, err)
	}
	return &funcWriter{write: s.write, partition: partition}, "", nil
}

func (funcSink) Limits() Limits { return Limits{NoOffsets: true, EmptyBatches: true} }

func (funcSink) Close(context.Context) error { return nil }

// funcWriter has one user at a time, so that closed needs no lock.
type funcWriter struct {
	write     func(ctx context.Context, rec arrow.Record) error
	partition string
	closed    bool
}

func (w *funcWriter) Prepare(ctx context.Context, _ *arrow.Schema) error { return w.usable(ctx) }

func (w *funcWriter) Load(ctx context.Context, b *Batch) (Receipt, error) {
	r := Receipt{Bytes: b.Bytes}
	for _, rec := range b.Records {
		if err := w.usable(ctx); err != nil {
			return Receipt{}, err
		}
		if err := w.write(ctx, rec); err != nil {
			return Receipt{}, fmt.Errorf("sink: write a record of partition %q: %w", w.partition, err)
		}
		r.Rows += rec.NumRows()
	}
	if err := w.usable(ctx); err != nil {
		return Receipt{}, err
	}
	if err := b.Gate(ctx, r); err != nil {
		return Receipt{}, err
	}
	return r, nil
}

func (w *funcWriter) usable(ctx context.Context) error {
	switch {
	case w.closed:
		return errWriterClosed
	case ctx.Err() != nil:
		return fmt.Errorf("sink: partition %q: %w", w.partition, context.Cause(ctx))
	}
	return nil
}

func (w *funcWriter) Close(context.Context) error {
	w.closed = true
	return nil
}
