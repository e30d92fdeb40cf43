package sql

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
)

// savepoint is where a try that fails goes back to. One name does: each is released, or gone back to and tried from
// again, before the next is set.
const savepoint = "_floe_try"

// put puts the rows of the batch into the table, and answers why it did not take some of them. Halves of what the table
// does not take are tried alone, the first before the second, until single rows are left.
func (w *writer) put(ctx context.Context, c *sql.Conn, in *batch) ([]deadletter.Reason, error) {
	if len(in.kept) == 0 {
		return nil, nil
	}
	var reasons []deadletter.Reason
	err := w.putAll(ctx, c, in, in.kept, &reasons)
	return reasons, err
}

func (w *writer) putAll(ctx context.Context, c *sql.Conn, in *batch, pieces []piece, reasons *[]deadletter.Reason) error {
	if err := execAll(ctx, c, []string{"SAVEPOINT " + savepoint}); err != nil {
		return err
	}
	fault := w.insert(ctx, c, in, pieces)
	if fault == nil {
		return execAll(ctx, c, []string{"RELEASE SAVEPOINT " + savepoint})
	}
	if ctx.Err() != nil || w.s.d.Classify(fault) != dialect.RowFault {
		return fault
	}
	if err := execAll(ctx, c, []string{"ROLLBACK TO SAVEPOINT " + savepoint, "RELEASE SAVEPOINT " + savepoint}); err != nil {
		return fmt.Errorf("%w (after %w)", err, fault)
	}
	n := rowsOf(pieces)
	if n == 1 {
		*reasons = append(*reasons, deadletter.Reason{
			Row: pieces[0].number(0), Code: deadletter.CodeConstraint, Message: w.s.d.Message(fault),
		})
		return nil
	}
	left, right := halve(pieces, n/2)
	defer releasePieces(left)
	defer releasePieces(right)
	if err := w.putAll(ctx, c, in, left, reasons); err != nil {
		return err
	}
	return w.putAll(ctx, c, in, right, reasons)
}

// insert hands the pieces to the route, of rows with one key the last alone.
func (w *writer) insert(ctx context.Context, c *sql.Conn, in *batch, pieces []piece) error {
	if len(w.plan.key) > 0 {
		last, err := lastOfKey(in, pieces, w.plan.key)
		if err != nil {
			return err
		}
		defer releasePieces(last)
		pieces = last
	}
	records := make([]arrow.Record, len(pieces))
	for i, p := range pieces {
		records[i] = p.rec
	}
	return w.plan.in.Insert(ctx, c, records)
}

func rowsOf(pieces []piece) int64 {
	n := int64(0)
	for _, p := range pieces {
		n += p.rec.NumRows()
	}
	return n
}

// halve parts pieces behind their first n rows. Both parts are the caller's to release.
func halve(pieces []piece, n int64) (left, right []piece) {
	for _, p := range pieces {
		rows := p.rec.NumRows()
		if cut := min(n, rows); cut > 0 {
			left = append(left, p.slice(0, cut))
		}
		if n < rows {
			right = append(right, p.slice(max(n, 0), rows))
		}
		n -= rows
	}
	return left, right
}
