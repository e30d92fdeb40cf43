package csv

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/decode/text"
)

// reject is a row that cannot be read, as it is noted while the block is parsed.
type reject struct {
	row    int    // in the block
	start  uint32 // of the row in the block
	column int    // field at fault; -1 = the row's form
	fault  text.Fault
	cell   text.Cell
	misfit misfit
}

// missing rejects the rows of rec that have nulls in columns that take none.
func (d *Decoder) missing(s *state, rec arrow.Record) {
	for i, f := range d.schema.Fields() {
		col := rec.Column(i)
		if f.Nullable || col.NullN() == 0 {
			continue
		}
		for row := range col.Len() {
			if col.IsNull(row) {
				s.rejects = append(s.rejects, reject{row: row, column: i, fault: text.Null})
			}
		}
	}
}

// reasons makes the reasons of the rejected rows, one a row, in the order of rows.
func (d *Decoder) reasons(s *state, b text.Block) []deadletter.Reason {
	// A row's form comes before its values, and a bad value before the null that took its place.
	slices.SortStableFunc(s.rejects, func(a, b reject) int {
		return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(min(a.column, 0), min(b.column, 0)))
	})
	s.rejects = slices.CompactFunc(s.rejects, func(a, b reject) bool { return a.row == b.row })
	d.locate(s, b)
	reasons := make([]deadletter.Reason, 0, len(s.rejects))
	line, counted := b.Line, 0
	t := text.Table{Data: b.Data, Unescape: s.table.Unescape}
	for _, r := range s.rejects {
		line += int64(bytes.Count(b.Data[counted:r.start], []byte{d.o.LineEnd}))
		counted = int(r.start)
		reason := deadletter.Reason{Row: int64(r.row), Code: r.fault.Code()}
		if r.column < 0 {
			reason.Message = b.Place(line) + ": " + r.misfit.describe(b.Data, counted, len(d.columns))
		} else {
			f := d.schema.Field(r.column)
			value, _, _ := t.Value(r.cell)
			reason.Column = f.Name
			reason.Message = fmt.Sprintf("%s: column %q: %s", b.Place(line), f.Name, r.fault.Describe(value, f.Type.String()))
		}
		reasons = append(reasons, reason)
	}
	return reasons
}

// locate finds the starts of the rows that were rejected for a null: nobody kept them.
func (d *Decoder) locate(s *state, b text.Block) {
	lacking := false
	for _, r := range s.rejects {
		lacking = lacking || r.fault == text.Null
	}
	if !lacking {
		return
	}
	x := index{o: d.o, width: len(d.columns)}
	row, next := 0, 0
	for pos := 0; pos < len(b.Data) && next < len(s.rejects); {
		pos = x.fill(b.Data, pos, chunkRows(x.width))
		for ; next < len(s.rejects) && s.rejects[next].row < row+len(x.starts); next++ {
			s.rejects[next].start = x.starts[s.rejects[next].row-row]
		}
		row += len(x.starts)
	}
}

// describe says in words what is wrong with the row at start: what follows "line 7: ".
func (m misfit) describe(data []byte, start, width int) string {
	end := m.at.End &^ (text.Quoted | text.Escaped)
	value := text.Quote(data[m.at.Start:end])
	switch m.what {
	case tooFew:
		if m.fields == 1 {
			return fmt.Sprintf("the row has 1 field of %d", width)
		}
		return fmt.Sprintf("the row has %d fields of %d", m.fields, width)
	case tooMany:
		return fmt.Sprintf("the row has %d fields and should have %d; the first too many is %s", m.fields, width, value)
	case unclosed:
		return "a quote is not closed before the end of the text: " + value
	}
	return "text stands behind the quote that closes a field: " + text.Quote(data[m.at.Start:end])
}
