package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/sink"
)

// rowFault wraps an error of an INSERT that a row may be to blame for.
type rowFault struct{ err error }

func (e *rowFault) Error() string { return e.err.Error() }
func (e *rowFault) Unwrap() error { return e.err }

// Load implements [sink.Writer].
func (w *writer) Load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	if w.done() {
		return sink.Receipt{}, errClosed
	}
	w.s.ddl.RLock()
	defer w.s.ddl.RUnlock()
	r, err := w.load(ctx, b)
	if errors.Is(err, sink.ErrFenced) {
		return sink.Receipt{}, fmt.Errorf("sink/duckdb: load partition %q into %q: %w", b.Partition, w.s.table, err)
	}
	return r, w.s.wrap(ctx, fmt.Sprintf("load partition %q into", b.Partition), err)
}

func (w *writer) load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	if w.doubt {
		if done, err := w.Settled(ctx, w.s.db, b); done || err != nil {
			return sink.Receipt{Rows: b.Rows, Bytes: b.Bytes}, err
		}
	}
	if b.Rows > 0 && (w.plan == nil || !w.plan.matches(b.Schema)) {
		return sink.Receipt{}, errors.New("the batch has a schema that was not prepared")
	}
	// One load is quicker without a feed.
	if w.loads++; w.loads > 1 && b.Rows > 0 {
		w.s.lay(ctx, w.plan.views()...)
	}
	in, err := w.newInput(b)
	if err != nil {
		return sink.Receipt{}, err
	}
	defer in.release()
	for {
		r, err := w.try(ctx, b, in)
		var fault *rowFault
		if !errors.As(err, &fault) || ctx.Err() != nil {
			return r, err
		}
		reasons, err := w.culprits(ctx, in, fault.err)
		if err != nil {
			return sink.Receipt{}, err
		}
		if len(reasons) == 0 {
			return sink.Receipt{}, fmt.Errorf("no single row is to blame: %w", fault.err)
		}
		if err := in.reject(reasons); err != nil {
			return sink.Receipt{}, err
		}
	}
}

// try loads what is left of the input, in one transaction with the offset.
func (w *writer) try(ctx context.Context, b *sink.Batch, in *input) (sink.Receipt, error) {
	r := sink.Receipt{Rows: b.Rows - int64(len(in.reasons)), Bytes: b.Bytes}
	err := w.s.inTx(ctx, func(c *sql.Conn) error {
		if err := w.sameTable(ctx, c); err != nil {
			return err
		}
		if err := w.insert(ctx, c, in.kept); err != nil {
			return err
		}
		rejected, err := in.rejected()
		if err != nil {
			return err
		}
		if err := w.writeRejects(ctx, c, b, rejected); err != nil {
			rejected.Release()
			return err
		}
		seen := r
		seen.Rejected = rejected
		if err := b.Gate(ctx, seen); err != nil {
			return fmt.Errorf("the batch was not accepted: %w", err)
		}
		return w.Move(ctx, c, b)
	})
	var commit *commitError
	var fault *rowFault
	switch {
	case err == nil && !w.doubt:
		return r, nil
	case err == nil:
		// A COMMIT failed before this one: that the rows came with their offset is seen, not assumed.
		done, err := w.Settled(ctx, w.s.db, b)
		if err == nil && !done {
			err = errors.New("the offset did not move with the rows: look into the table before going on")
		}
		return r, err
	case errors.As(err, &fault):
		return r, err
	case errors.As(err, &commit):
		w.doubt = true
	}
	return r, w.Outcome(ctx, w.s.db, b, err)
}

// sameTable checks that the table is still the one that the offset counts.
func (w *writer) sameTable(ctx context.Context, c *sql.Conn) error {
	if w.Mark == "" {
		return nil
	}
	t, err := w.s.inspectTable(ctx, c, w.table)
	if err != nil {
		return err
	}
	if t == nil || t.mark != w.Mark {
		return claim.ErrSwapped
	}
	return nil
}

// insert puts rows into the table, and checks that all arrived.
func (w *writer) insert(ctx context.Context, c *sql.Conn, records []arrow.Record) error {
	if len(records) == 0 {
		return nil
	}
	if w.plan.by != byInsert {
		return w.upsert(ctx, c, records)
	}
	return w.s.withView(ctx, c, w.plan.view, records, func(view string) error {
		return w.execCounted(ctx, c, w.insertStatement(view), rows(records))
	})
}

func (w *writer) insertStatement(view string) string {
	return "INSERT INTO " + w.s.qualified(w.table) + " (" + w.plan.names() + ") SELECT " + w.plan.values() + " FROM " + view
}

// execCounted runs an INSERT that must insert want rows; -1 = any number.
func (w *writer) execCounted(ctx context.Context, c *sql.Conn, query string, want int64) error {
	res, err := c.ExecContext(ctx, query)
	if err != nil {
		if isRowFault(err) {
			return &rowFault{err}
		}
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && want >= 0 && n != want {
		err = fmt.Errorf("%d rows were handed over and %d inserted", want, n)
	}
	return err
}

func rows(records []arrow.Record) int64 {
	n := int64(0)
	for _, r := range records {
		n += r.NumRows()
	}
	return n
}
