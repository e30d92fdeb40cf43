package duckdb

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
)

// faults gathers the elements of an array that the target cannot hold, in ascending order.
type faults struct{ list []deadletter.Reason }

func (f *faults) add(row int, code, format string, args ...any) {
	f.list = append(f.list, deadletter.Reason{Row: int64(row), Code: code, Message: fmt.Sprintf(format, args...)})
}

// rise maps the faults of a list's elements to the list's rows: the first one of a row stands for all.
func (f *faults) rise(lists array.ListLike, elements *faults) {
	if len(elements.list) == 0 {
		return
	}
	for i := range lists.Len() {
		if lists.IsNull(i) {
			continue
		}
		start, end := lists.ValueOffsets(i)
		k, _ := slices.BinarySearchFunc(elements.list, start, func(r deadletter.Reason, row int64) int { return int(r.Row - row) })
		if k < len(elements.list) && elements.list[k].Row < end {
			r := elements.list[k]
			r.Row = int64(i)
			f.list = append(f.list, r)
		}
	}
}

// faultOf returns the fault of a row in an ascending list.
func faultOf(list []deadletter.Reason, row int64) (deadletter.Reason, bool) {
	k, found := slices.BinarySearchFunc(list, row, func(r deadletter.Reason, row int64) int { return int(r.Row - row) })
	if !found {
		return deadletter.Reason{}, false
	}
	return list[k], true
}
