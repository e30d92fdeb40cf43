package sql

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/rejects"
	"github.com/floedata/floe/sink"
)

// batch is a sink's batch as it is being loaded: its records, and the rows refused so far.
type batch struct {
	mem     memory.Allocator
	given   []arrow.Record // borrowed
	kept    []piece        // without the rows that were refused before the load
	reasons []deadletter.Reason
}

// piece is some rows of a batch on their way into the table.
type piece struct {
	rec   arrow.Record
	first int64   // number in the batch of its first row, where rows is nil
	rows  []int64 // numbers in the batch; nil = they run on from first
}

func (p piece) number(row int64) int64 {
	if p.rows == nil {
		return p.first + row
	}
	return p.rows[row]
}

// slice returns the rows from i to before j, for the caller to release.
func (p piece) slice(i, j int64) piece {
	out := piece{rec: p.rec.NewSlice(i, j), first: p.first + i}
	if p.rows != nil {
		out.rows = p.rows[i:j]
	}
	return out
}

// newBatch sets the rows aside that the plan's columns cannot hold. The caller releases the batch.
func newBatch(mem memory.Allocator, p *plan, b *sink.Batch) (*batch, error) {
	in := &batch{mem: mem}
	if b.Rows == 0 {
		return in, nil
	}
	in.given = b.Records
	first := int64(0)
	for _, rec := range b.Records {
		if err := in.check(p, rec, first); err != nil {
			in.release()
			return nil, err
		}
		first += rec.NumRows()
	}
	if first != b.Rows {
		in.release()
		return nil, fmt.Errorf("the batch says it has %d rows, its records have %d", b.Rows, first)
	}
	return in, nil
}

// check takes up a record whose first row has that number.
func (in *batch) check(p *plan, rec arrow.Record, first int64) error {
	reasons := rejects.Merge(p.in.Check(rec), rejects.NullKeys(rec, p.key))
	kept, rejected, err := deadletter.Split(in.mem, rec, reasons)
	rejected.Release()
	if err != nil {
		return err
	}
	if kept != nil && kept.NumRows() > 0 {
		in.kept = append(in.kept, piece{rec: kept, first: first, rows: others(first, rec.NumRows(), reasons)})
	} else if kept != nil {
		kept.Release()
	}
	for _, r := range reasons {
		r.Row += first
		in.reasons = append(in.reasons, r)
	}
	return nil
}

// others numbers the rows that no reason names; nil = all.
func others(first, n int64, reasons []deadletter.Reason) []int64 {
	if len(reasons) == 0 {
		return nil
	}
	rows := make([]int64, 0, n-int64(len(reasons)))
	for row := range n {
		if len(reasons) > 0 && reasons[0].Row == row {
			reasons = reasons[1:]
			continue
		}
		rows = append(rows, first+row)
	}
	return rows
}

// rejected returns the rows refused before the load and, for the reasons given, in it, as they were given, for the
// caller to release; nil = none.
func (in *batch) rejected(more []deadletter.Reason) (*deadletter.Rows, error) {
	return rejects.Take(in.mem, in.given, rejects.Merge(in.reasons, more))
}

func (in *batch) release() {
	for _, p := range in.kept {
		p.rec.Release()
	}
	in.kept = nil
}
