package deadletter

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Strip returns the rows of rec without the columns of [Columns], in [Original] of its schema:
// [Rows.WithReasons] undone. rec is borrowed, its buffers are shared, and the result is the caller's.
func Strip(rec arrow.Record) arrow.Record {
	schema := Original(rec.Schema())
	if schema.NumFields() == int(rec.NumCols()) {
		rec.Retain()
		return rec
	}
	ours := map[string]bool{}
	for _, f := range Columns() {
		ours[f.Name] = true
	}
	cols := make([]arrow.Array, 0, schema.NumFields())
	for i, col := range rec.Columns() {
		if !ours[rec.ColumnName(i)] {
			cols = append(cols, col)
		}
	}
	return array.NewRecord(schema, cols, rec.NumRows())
}
