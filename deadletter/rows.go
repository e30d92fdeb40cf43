// Package deadletter has rejected rows: rows that could not be read, transformed or loaded, each with its
// reason. They are data, as a record of the schema that they had where they were refused; with
// [Rows.WithReasons] they carry the reasons as further columns, so that any sink can store them and any source replay them.
package deadletter

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Reason says why one row was refused.
type Reason struct {
	// Row is the row's number, from 0, in the record or batch that was being read, transformed or loaded.
	Row int64
	// Code is short and stable, for programs: one of the Code constants, or a connector's own.
	Code string
	// Column names the column at fault; "" where none does.
	Column string
	// Message is for people: what is wrong, where (file, line), and with which value.
	Message string
}

// Codes that stages of this module use. A connector may add its own.
const (
	CodeInvalid    = "invalid"    // the text or bytes cannot be read as a row or value
	CodeOutOfRange = "outofrange" // the value does not fit the type
	CodeNull       = "null"       // a null where none may be
	CodeValidation = "validation" // a rule of the user's is broken
	CodeConstraint = "constraint" // a constraint of the target is broken
	CodeFailed     = "failed"     // a function of the user's refused the row
)

// Rows is a set of rejected rows. Whoever is handed a *Rows owns it and calls Release once. A nil *Rows is
// an empty one.
type Rows struct {
	// Record holds the rows in the schema which they had where they were refused.
	Record arrow.Record
	// Reasons has one entry a row of Record.
	Reasons []Reason
}

// Len returns the number of rows.
func (r *Rows) Len() int64 {
	if r == nil {
		return 0
	}
	return int64(len(r.Reasons))
}

// Release gives the record back.
func (r *Rows) Release() {
	if r != nil && r.Record != nil {
		r.Record.Release()
		r.Record = nil
	}
}

// Split divides rec by reasons, whose Row fields are row numbers of rec in strictly ascending order: kept
// has the other rows (nil where none is left), rejected has a copy of the rows refused (nil where there are
// none). rec is borrowed; both results are the caller's.
func Split(mem memory.Allocator, rec arrow.Record, reasons []Reason) (kept arrow.Record, rejected *Rows, err error) {
	if len(reasons) == 0 {
		rec.Retain()
		return rec, nil, nil
	}
	last := int64(-1)
	for _, r := range reasons {
		if r.Row <= last || r.Row >= rec.NumRows() {
			return nil, nil, fmt.Errorf("deadletter: reasons name row %d after row %d of a record of %d rows", r.Row, last, rec.NumRows())
		}
		last = r.Row
	}
	refused, others := runs(reasons, rec.NumRows())
	bad, err := take(mem, rec, refused)
	if err != nil {
		return nil, nil, err
	}
	rejected = &Rows{Record: bad, Reasons: reasons}
	if len(others) == 0 {
		return nil, rejected, nil
	}
	kept, err = take(mem, rec, others)
	if err != nil {
		rejected.Release()
		return nil, nil, err
	}
	return kept, rejected, nil
}

// run is a range of rows, end excluded.
type run struct{ start, end int64 }

// runs turns row numbers into ranges: of the rows named, and of the others.
func runs(reasons []Reason, rows int64) (named, others []run) {
	next := int64(0)
	for _, r := range reasons {
		if r.Row > next || len(named) == 0 {
			if r.Row > next {
				others = append(others, run{next, r.Row})
			}
			named = append(named, run{r.Row, r.Row + 1})
		} else {
			named[len(named)-1].end++
		}
		next = r.Row + 1
	}
	if next < rows {
		others = append(others, run{next, rows})
	}
	return named, others
}

// take copies the rows of the ranges into a new record.
func take(mem memory.Allocator, rec arrow.Record, ranges []run) (arrow.Record, error) {
	rows := int64(0)
	for _, r := range ranges {
		rows += r.end - r.start
	}
	cols := make([]arrow.Array, 0, rec.NumCols())
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	for i, col := range rec.Columns() {
		slices := make([]arrow.Array, len(ranges))
		for k, r := range ranges {
			slices[k] = array.NewSlice(col, r.start, r.end)
		}
		joined, err := array.Concatenate(slices, mem)
		for _, s := range slices {
			s.Release()
		}
		if err != nil {
			return nil, fmt.Errorf("deadletter: column %q: %w", rec.ColumnName(i), err)
		}
		cols = append(cols, joined)
	}
	return array.NewRecord(rec.Schema(), cols, rows), nil
}
