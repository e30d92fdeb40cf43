package csv

import (
	"errors"
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/decode/text"
)

// Decoder makes records of blocks. It is immutable, and safe for concurrent use.
type Decoder struct {
	mem     memory.Allocator
	schema  *arrow.Schema
	columns []int // for each column of the text its field; -1 = not wanted
	unread  []int // fields that no column fills
	o       Options
	nulls   *text.Nulls
	states  sync.Pool
}

// NewDecoder returns the decoder of texts whose column i fills the field columns[i] of schema; -1 leaves the
// column out. nil columns fill the fields in order. Fields that no column fills are null in all rows.
func NewDecoder(mem memory.Allocator, schema *arrow.Schema, columns []int, o Options) (*Decoder, error) {
	errs := []error{o.Check()}
	o = o.withDefaults()
	if columns == nil {
		for i := range schema.NumFields() {
			columns = append(columns, i)
		}
	}
	d := &Decoder{mem: mem, schema: schema, columns: columns, o: o, nulls: text.NewNulls(nil)}
	filled := make([]bool, schema.NumFields())
	for i, f := range columns {
		switch {
		case f < -1 || f >= len(filled):
			errs = append(errs, fmt.Errorf("column %d is to fill field %d of %d", i, f, len(filled)))
		case f >= 0 && filled[f]:
			errs = append(errs, fmt.Errorf("two columns are to fill field %q", schema.Field(f).Name))
		case f >= 0:
			filled[f] = true
		}
	}
	for i, f := range schema.Fields() {
		c, err := o.column(mem, i, f.Type)
		if err != nil {
			errs = append(errs, fmt.Errorf("column %q: %w", f.Name, err))
			continue
		}
		c.Release()
		if !filled[i] {
			d.unread = append(d.unread, i)
			if !f.Nullable {
				errs = append(errs, fmt.Errorf("column %q is not in the text and takes no null", f.Name))
			}
		}
	}
	if len(columns) == 0 {
		errs = append(errs, errors.New("the text has no columns"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("csv: %w", err)
	}
	d.nulls = text.NewNulls(o.Nulls)
	return d, nil
}

// Schema returns the schema of the records.
func (d *Decoder) Schema() *arrow.Schema { return d.schema }

// state is what one call of Decode works on.
type state struct {
	index   index
	table   text.Table
	columns []text.Column
	rejects []reject
}

// maxReserve bounds the rows for which room is made on the word of those before: other ones may be longer.
const maxReserve = 1 << 16

// chunkRows returns how many rows are indexed before their columns are parsed: so many that the text, the
// cells and the values of a column stay in the processor's cache.
func chunkRows(width int) int { return min(max(16384/width, 64), 4096) }

func (d *Decoder) state() *state {
	if s, ok := d.states.Get().(*state); ok {
		return s
	}
	s := &state{index: index{o: d.o, width: len(d.columns)}, table: text.Table{Nulls: d.nulls, Width: len(d.columns), Unescape: unescaper(d.o)}}
	for i, f := range d.schema.Fields() {
		// The constructor has seen that every type has a column.
		c, _ := d.o.column(d.mem, i, f.Type)
		s.columns = append(s.columns, c)
	}
	return s
}

// Decode makes a record of the rows of b, and of those that cannot be read the rejected rows; either is nil
// where there are none. Both are the caller's. Reason.Row counts all rows of the block. b is borrowed: the
// record does not refer to its memory.
func (d *Decoder) Decode(b text.Block) (arrow.Record, *deadletter.Rows, error) {
	if len(b.Data) >= text.MaxTable {
		return nil, nil, fmt.Errorf("csv: %s: a block of %d bytes is too large", b.Place(b.Line), len(b.Data))
	}
	s := d.state()
	defer d.states.Put(s)
	rows := d.append(s, b.Data)
	cols := make([]arrow.Array, len(s.columns))
	for i, c := range s.columns {
		cols[i] = c.Finish()
		defer cols[i].Release()
	}
	if rows == 0 {
		return nil, nil, nil
	}
	rec := array.NewRecord(d.schema, cols, int64(rows))
	d.missing(s, rec)
	if len(s.rejects) == 0 {
		return rec, nil, nil
	}
	defer rec.Release()
	kept, rejected, err := deadletter.Split(d.mem, rec, d.reasons(s, b))
	if err != nil {
		return nil, nil, fmt.Errorf("csv: %s: %w", b.Place(b.Line), err)
	}
	return kept, rejected, nil
}

// append parses data into the columns and returns the number of rows.
func (d *Decoder) append(s *state, data []byte) int {
	s.rejects = s.rejects[:0]
	t := &s.table
	t.Data, t.CheckUTF8 = data, !text.ValidUTF8(data)
	rows, most := 0, chunkRows(len(d.columns))
	for pos := 0; pos < len(data); {
		pos = s.index.fill(data, pos, most)
		t.Cells, t.Rows = s.index.cells, len(s.index.starts)
		for _, m := range s.index.misfits {
			s.rejects = append(s.rejects, reject{row: rows + m.row, start: s.index.starts[m.row], column: -1, misfit: m})
		}
		for i, field := range d.columns {
			if field < 0 {
				continue
			}
			t.Faults = t.Faults[:0]
			s.columns[field].AppendTable(t, i)
			for _, f := range t.Faults {
				s.rejects = append(s.rejects, reject{
					row: rows + f.Row, start: s.index.starts[f.Row], column: field, fault: f.Fault, cell: t.Cells[f.Row*t.Width+i],
				})
			}
		}
		for _, field := range d.unread {
			for range t.Rows {
				s.columns[field].AppendNull()
			}
		}
		if rows == 0 && pos < len(data) {
			// What the first chunk took says what the rest will take.
			rest := int(float64(t.Rows) / float64(pos) * float64(len(data)-pos) * 1.02)
			for _, c := range s.columns {
				c.Reserve(min(rest, maxReserve) + 16)
			}
		}
		rows += t.Rows
	}
	t.Data = nil
	return rows
}
