package rejects

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
)

// Merge joins reasons and orders them by row; of several for one row the first stays.
func Merge(lists ...[]deadletter.Reason) []deadletter.Reason {
	all := slices.Concat(lists...)
	slices.SortStableFunc(all, func(a, b deadletter.Reason) int { return int(a.Row - b.Row) })
	return slices.CompactFunc(all, func(a, b deadletter.Reason) bool { return a.Row == b.Row })
}

// Each calls do with each of the records of a batch and the reasons in it, counted from its first row. The reasons are
// ascending, and count from the first row of the first record.
func Each(records []arrow.Record, reasons []deadletter.Reason, do func(arrow.Record, []deadletter.Reason) error) error {
	first := int64(0)
	for _, rec := range records {
		n := 0
		for n < len(reasons) && reasons[n].Row < first+rec.NumRows() {
			n++
		}
		local := slices.Clone(reasons[:n])
		for i := range local {
			local[i].Row -= first
		}
		if err := do(rec, local); err != nil {
			return err
		}
		reasons = reasons[n:]
		first += rec.NumRows()
	}
	return nil
}

// Take returns a copy of the rows of borrowed records that the reasons name, see [Each], for the caller to release;
// nil = none.
func Take(mem memory.Allocator, records []arrow.Record, reasons []deadletter.Reason) (*deadletter.Rows, error) {
	if len(reasons) == 0 {
		return nil, nil
	}
	var parts []arrow.Record
	defer func() {
		for _, p := range parts {
			p.Release()
		}
	}()
	err := Each(records, reasons, func(rec arrow.Record, reasons []deadletter.Reason) error {
		kept, rejected, err := deadletter.Split(mem, rec, reasons)
		if kept != nil {
			kept.Release()
		}
		if rejected != nil {
			parts = append(parts, rejected.Record)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	rec, err := join(mem, parts)
	if err != nil {
		return nil, err
	}
	return &deadletter.Rows{Record: rec, Reasons: slices.Clone(reasons)}, nil
}

// join makes one record of several with one schema, for the caller to release.
func join(mem memory.Allocator, parts []arrow.Record) (arrow.Record, error) {
	schema, rows := parts[0].Schema(), int64(0)
	for _, p := range parts {
		rows += p.NumRows()
	}
	columns := make([]arrow.Array, 0, schema.NumFields())
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	for i, f := range schema.Fields() {
		arrays := make([]arrow.Array, len(parts))
		for k, p := range parts {
			arrays[k] = p.Column(i)
		}
		whole, err := array.Concatenate(arrays, mem)
		if err != nil {
			return nil, fmt.Errorf("join column %q: %w", f.Name, err)
		}
		columns = append(columns, whole)
	}
	return array.NewRecord(schema, columns, rows), nil
}
