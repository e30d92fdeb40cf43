package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/internal/mark"
	"github.com/floedata/floe/sink"
)

// Load implements [sink.Writer].
func (w *writer) Load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	if w.done() {
		return sink.Receipt{}, errClosed
	}
	if err := w.hold(ctx); err != nil {
		return sink.Receipt{}, err
	}
	defer w.s.ddl.RUnlock()
	r, err := w.load(ctx, b)
	if errors.Is(err, sink.ErrFenced) {
		return sink.Receipt{}, fmt.Errorf("sink/sql: %s: load partition %q into %q: %w", w.s.d.Name(), b.Partition, w.s.table, err)
	}
	return r, w.s.wrap(ctx, fmt.Sprintf("load partition %q into", b.Partition), err)
}

// hold keeps tables from being altered, with a plan for the table as it is: another partition may have altered it since
// Prepare.
func (w *writer) hold(ctx context.Context) error {
	for {
		w.s.ddl.RLock()
		if w.plan == nil || w.plan.shape == w.s.shape.Load() {
			return nil
		}
		w.s.ddl.RUnlock()
		if err := w.Prepare(ctx, w.plan.schema); err != nil {
			return err
		}
	}
}

func (w *writer) load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	if w.doubt {
		if done, err := w.Settled(ctx, w.s.db, b); done || err != nil {
			w.doubt = err != nil
			return sink.Receipt{Rows: b.Rows, Bytes: b.Bytes}, err
		}
	}
	if b.Rows > 0 && (w.plan == nil || !w.plan.matches(b.Schema)) {
		return sink.Receipt{}, errors.New("the batch has a schema that was not prepared")
	}
	in, err := newBatch(w.s.mem, w.plan, b)
	if err != nil {
		return sink.Receipt{}, err
	}
	defer in.release()
	r, err := w.try(ctx, b, in)
	var commit *commitError
	switch {
	case err == nil && !w.doubt:
		return r, nil
	case err == nil:
		// A COMMIT failed before this one: that the rows came with their offset is seen, not assumed.
		done, err := w.Settled(ctx, w.s.db, b)
		if err == nil && !done {
			err = errors.New("the offset did not move with the rows: look into the table before going on")
		}
		w.doubt = err != nil
		return r, err
	case errors.As(err, &commit):
		w.doubt = true
	}
	return r, w.Outcome(ctx, w.s.db, b, err)
}

// try loads the batch, in one transaction with the offset.
func (w *writer) try(ctx context.Context, b *sink.Batch, in *batch) (r sink.Receipt, err error) {
	err = w.s.inTx(ctx, func(c *sql.Conn) error {
		found, err := w.put(ctx, c, in)
		if err != nil {
			return err
		}
		// Now that the rows hold a lock on the table: before, another one could still take its name.
		if err := w.sameTable(ctx, c); err != nil {
			return err
		}
		rejected, err := in.rejected(found)
		if err != nil {
			return err
		}
		if err := w.writeRejects(ctx, c, b, rejected); err != nil {
			rejected.Release()
			return err
		}
		r = sink.Receipt{Rows: b.Rows - rejected.Len(), Bytes: b.Bytes}
		seen := r
		seen.Rejected = rejected
		if err := b.Gate(ctx, seen); err != nil {
			return fmt.Errorf("the batch was not accepted: %w", err)
		}
		return w.Move(ctx, c, b)
	})
	return r, err
}

// sameTable checks that the table is still the one that the offset counts.
func (w *writer) sameTable(ctx context.Context, c *sql.Conn) error {
	if w.Mark == "" {
		return nil
	}
	comment, found, err := w.s.d.CommentOf(ctx, c, w.s.schema, w.table)
	if err != nil {
		return fmt.Errorf("read the mark of %q: %w", w.table, err)
	}
	if !found || mark.Find(comment) != w.Mark {
		return claim.ErrSwapped
	}
	return nil
}
