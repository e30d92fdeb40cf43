package engine

import (
	"strconv"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// status is the answer of a statement that has none but that it was done.
func status(c Class, message string) *Result {
	return &Result{Class: c, Columns: []Column{{Name: "status", Type: varchar, Nullable: true}}, Rows: [][]any{{message}}}
}

// counts is the answer of DML: a row with a number for each name.
func counts(c Class, names []string, numbers ...int64) *Result {
	r := &Result{Class: c, Rows: [][]any{make([]any, len(names))}}
	for i, n := range names {
		r.Columns = append(r.Columns, Column{Name: n, Type: types.Type{Kind: types.Fixed, Precision: 19}})
		r.Rows[0][i] = strconv.FormatInt(numbers[i], 10)
	}
	return r
}

// affected is how many rows a statement of DML touched: what SQLROWCOUNT is.
func (r *Result) affected() (int64, bool) {
	switch r.Class {
	case Insert, Update, Delete, Merge:
	default:
		return 0, false
	}
	var n int64
	for i, c := range r.Columns {
		if c.Name == "number of multi-joined rows updated" {
			continue
		}
		text, _ := r.Rows[0][i].(string)
		x, _ := strconv.ParseInt(text, 10, 64)
		n += x
	}
	return n, true
}
