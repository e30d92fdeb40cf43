package rejects

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
)

// NullKeys names the rows of a record that lack a part of the key, whose columns are given by number.
func NullKeys(rec arrow.Record, key []int) []deadletter.Reason {
	var lists [][]deadletter.Reason
	for _, k := range key {
		if _, dict := rec.Column(k).(*array.Dictionary); !dict && rec.Column(k).NullN() == 0 {
			continue
		}
		var list []deadletter.Reason
		for row := range int(rec.NumRows()) {
			if IsNull(rec.Column(k), row) {
				list = append(list, deadletter.Reason{
					Row: int64(row), Code: deadletter.CodeNull, Column: rec.ColumnName(k),
					Message: fmt.Sprintf("column %q is part of the key and null", rec.ColumnName(k)),
				})
			}
		}
		lists = append(lists, list)
	}
	return Merge(lists...)
}

// IsNull reports whether a value is null, also by the dictionary that it is in, and by its type: of an array of type
// null, arrow's IsNull says otherwise.
func IsNull(a arrow.Array, row int) bool {
	if a.IsNull(row) || a.DataType().ID() == arrow.NULL {
		return true
	}
	d, ok := a.(*array.Dictionary)
	return ok && d.Dictionary().NullN() > 0 && d.Dictionary().IsNull(d.GetValueIndex(row))
}
