package duckdb

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/rejects"
	"github.com/floedata/floe/sink"
)

// input is a batch as it is being loaded: its records as DuckDB is shown them, and the rows refused so far.
type input struct {
	mem     memory.Allocator
	given   []arrow.Record // the batch's own, borrowed
	fixed   []arrow.Record // the same rows in the plan's view
	kept    []arrow.Record // fixed without the rows refused
	reasons []deadletter.Reason
}

// newInput fixes the batch's records. The caller releases the input.
func (w *writer) newInput(b *sink.Batch) (*input, error) {
	in := &input{mem: w.s.mem}
	if b.Rows == 0 {
		return in, nil
	}
	in.given = b.Records
	first := int64(0)
	for _, rec := range b.Records {
		fixed, reasons := w.plan.fix(w.s.mem, rec, first)
		in.fixed = append(in.fixed, fixed)
		in.reasons = append(in.reasons, rejects.Merge(reasons, w.nullKeys(rec, first))...)
		first += rec.NumRows()
	}
	if first != b.Rows {
		in.release()
		return nil, fmt.Errorf("the batch says it has %d rows, its records have %d", b.Rows, first)
	}
	if err := in.reject(nil); err != nil {
		in.release()
		return nil, err
	}
	return in, nil
}

func (in *input) release() {
	releaseAll(in.fixed)
	releaseAll(in.kept)
	in.fixed, in.kept = nil, nil
}

func releaseAll(records []arrow.Record) {
	for _, r := range records {
		r.Release()
	}
}

// numbered returns the rows kept with their numbers in the batch as a last column, for the caller to release.
func (in *input) numbered(schema *arrow.Schema) []arrow.Record {
	var out []arrow.Record
	bad := in.reasons
	next := int64(0)
	k := 0
	for _, rec := range in.fixed {
		b := array.NewInt64Builder(in.mem)
		for end := next + rec.NumRows(); next < end; next++ {
			if len(bad) > 0 && bad[0].Row == next {
				bad = bad[1:]
				continue
			}
			b.Append(next)
		}
		if b.Len() > 0 {
			out = append(out, withNumbers(schema, in.kept[k], b.NewInt64Array()))
			k++
		}
		b.Release()
	}
	return out
}

// withNumbers adds a column to a borrowed record, and takes the column over.
func withNumbers(schema *arrow.Schema, rec arrow.Record, numbers *array.Int64) arrow.Record {
	defer numbers.Release()
	columns := append(append([]arrow.Array{}, rec.Columns()...), numbers)
	return array.NewRecord(schema, columns, rec.NumRows())
}

// reject takes further rows out, by their numbers in the batch.
func (in *input) reject(reasons []deadletter.Reason) error {
	in.reasons = rejects.Merge(in.reasons, reasons)
	releaseAll(in.kept)
	in.kept = nil
	return rejects.Each(in.fixed, in.reasons, func(rec arrow.Record, reasons []deadletter.Reason) error {
		kept, rejected, err := deadletter.Split(in.mem, rec, reasons)
		rejected.Release()
		if kept != nil && kept.NumRows() > 0 {
			in.kept = append(in.kept, kept)
		} else if kept != nil {
			kept.Release()
		}
		return err
	})
}

// rejected returns the rows refused, as they were given, for the caller to release; nil = none.
func (in *input) rejected() (*deadletter.Rows, error) {
	return rejects.Take(in.mem, in.given, in.reasons)
}
