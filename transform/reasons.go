package transform

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
)

// reasons gathers why rows are rejected; of one row the first stands.
type reasons struct {
	list []deadletter.Reason
	rows map[int]bool
}

func (r *reasons) add(row int, code, column string, message func() string) {
	if r.rows[row] {
		return
	}
	if r.rows == nil {
		r.rows = map[int]bool{}
	}
	r.rows[row] = true
	r.list = append(r.list, deadletter.Reason{Row: int64(row), Code: code, Column: column, Message: message()})
}

// split takes the rejected rows out of out, which it releases, and gives them back as they are in rec.
func (r *reasons) split(mem memory.Allocator, rec, out arrow.Record) (result, error) {
	if len(r.list) == 0 {
		return result{out: out}, nil
	}
	defer out.Release()
	slices.SortFunc(r.list, func(a, b deadletter.Reason) int { return int(a.Row - b.Row) })
	unchanged, rejected, err := deadletter.Split(mem, rec, r.list)
	if err != nil {
		return result{}, err
	}
	if rec == out {
		return result{out: unchanged, rejected: rejected}, nil
	}
	if unchanged != nil {
		unchanged.Release()
	}
	kept, again, err := deadletter.Split(mem, out, r.list)
	if err != nil {
		rejected.Release()
		return result{}, err
	}
	again.Release()
	return result{out: kept, rejected: rejected}, nil
}

// longestValue is how many bytes of a value a message shows.
const longestValue = 100

// valueText shows a value in a message.
func valueText(a arrow.Array, row int) string {
	s := ""
	switch a := a.(type) {
	case *array.String:
		s = a.Value(row)
	case *array.LargeString:
		s = a.Value(row)
	default:
		s = a.ValueStr(row)
	}
	if len(s) > longestValue {
		return fmt.Sprintf("%q...", s[:longestValue])
	}
	return fmt.Sprintf("%q", s)
}

// shortened cuts a text that goes into a message.
func shortened(s string) string {
	if len(s) > longestValue {
		return s[:longestValue] + "..."
	}
	return s
}
