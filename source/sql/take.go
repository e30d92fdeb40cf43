package sql

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/source"
)

// take makes a batch of a chunk, which it releases, and moves the position. A chunk that has only rows that were given
// before makes an empty one.
func (r *reader) take(c Chunk) (source.Batch, error) {
	defer func() { c.Record.Release() }()
	rows := int(c.Record.NumRows())
	at, first := r.at, 0
	if len(r.p.s.q.Key) == 0 {
		at.rows += int64(rows)
	} else {
		var err error
		if at, first, err = r.follow(c); err != nil {
			return source.Batch{}, err
		}
	}
	if first == rows {
		return source.Batch{}, nil
	}
	b, err := r.batch(c, first)
	if err != nil {
		return source.Batch{}, err
	}
	r.at = at
	b.Position = at.String()
	return b, nil
}

// key finds the columns of the key in a record.
func (r *reader) key(rec arrow.Record) ([]keyColumn, error) {
	var cols []keyColumn
	for n, name := range r.p.s.q.Key {
		k := keyColumn{name: name, literal: r.p.w.literals}
		if k.literal {
			name = literalColumn(n)
		}
		found := rec.Schema().FieldIndices(name)
		if len(found) != 1 {
			return nil, fmt.Errorf("there are %d columns %q", len(found), name)
		}
		k.column = rec.Column(found[0])
		cols = append(cols, k)
	}
	return cols, nil
}

// follow goes through the keys of a chunk: past the rows that were given before, to the position behind the last. It
// refuses a key that comes twice, unless it may.
func (r *reader) follow(c Chunk) (at position, first int, err error) {
	cols, err := r.key(c.Record)
	if err != nil {
		return at, 0, err
	}
	valueAt := func(row int) (key []value, err error) {
		key = make([]value, len(cols))
		for n, k := range cols {
			if key[n], err = k.value(row); err != nil {
				return nil, err
			}
		}
		return key, nil
	}
	rows := int(c.Record.NumRows())
	if err := checkKeys(cols, c.Faults); err != nil {
		return at, 0, err
	}
	key, err := valueAt(0)
	if err != nil {
		return at, 0, err
	}
	at = r.at
	run := int64(0) // rows with the last key, those that were given included
	if len(at.key) > 0 && equal(key, at.key) {
		run = at.rows
		if r.skip > 0 {
			r.skip--
			first = 1
		} else {
			run++
		}
	} else {
		if r.skip > 0 && r.p.s.q.Ties {
			return at, 0, r.missing()
		}
		r.skip, run = 0, 1
	}
	tie := 0 // a row with the key of the row before
	if first == 0 && run > 1 {
		tie = 1
	}
	for row := 1; row < rows; row++ {
		same := true
		for _, k := range cols {
			if k.column.IsNull(row) {
				_, err := k.value(row)
				return at, 0, err
			}
			same = same && k.same(row-1, row)
		}
		switch {
		case !same && r.skip > 0 && r.p.s.q.Ties:
			return at, 0, r.missing()
		case !same:
			r.skip, run = 0, 1
		case r.skip > 0:
			r.skip--
			first = row + 1
		default:
			run++
			if tie == 0 {
				tie = row + 1
			}
		}
	}
	if tie > 0 && !r.p.s.q.Ties {
		key, err := valueAt(tie - 1)
		if err != nil {
			return at, 0, err
		}
		return at, 0, fmt.Errorf("two rows have the key (%s) = (%s): add a column to Query.Key that tells them apart, or set Query.Ties",
			strings.Join(r.p.s.q.Key, ", "), keyWords(key))
	}
	if at.key, err = valueAt(rows - 1); err != nil {
		return at, 0, err
	}
	at.rows = run
	return at, first, nil
}

// checkKeys refuses values of the key that do not fit their column: there is no position behind such a row.
func checkKeys(cols []keyColumn, faults []Fault) error {
	for _, f := range faults {
		for _, k := range cols {
			if k.column.IsNull(int(f.Row)) {
				return fmt.Errorf("the key's column %q: %s", k.name, f.Message)
			}
		}
	}
	return nil
}

func equal(a, b []value) bool {
	for n := range a {
		if a[n] != b[n] {
			return false
		}
	}
	return true
}

func keyWords(key []value) string {
	words := make([]string, len(key))
	for n, v := range key {
		words[n] = fmt.Sprintf("%.100q", v.text)
		if v.kind != textKind && v.kind != bytesKind {
			words[n] = v.text
		}
	}
	return strings.Join(words, ", ")
}

// batch makes rows and rejected rows of the chunk from its row first on.
func (r *reader) batch(c Chunk, first int) (source.Batch, error) {
	mem := r.p.s.opts.Allocator
	all := r.project(c.Record)
	defer all.Release()
	rec := all.NewSlice(int64(first), all.NumRows())
	defer rec.Release()

	var reasons []deadletter.Reason
	var faults []Fault
	for _, f := range c.Faults {
		if f.Row < int64(first) {
			continue
		}
		name := c.Record.ColumnName(f.Column)
		reasons = append(reasons, deadletter.Reason{
			Row: f.Row - int64(first), Code: f.Code, Column: name, Message: fmt.Sprintf("column %q: %s", name, f.Message),
		})
		faults = append(faults, f)
	}
	kept, nulled, err := deadletter.Split(mem, rec, reasons)
	nulled.Release()
	if err != nil {
		return source.Batch{}, err
	}
	b := source.Batch{Record: kept}
	if len(reasons) > 0 {
		b.Rejected = &deadletter.Rows{Record: words(mem, all, faults), Reasons: reasons}
	}
	return b, nil
}

// project takes the literals of keys away. The caller releases the result.
func (r *reader) project(rec arrow.Record) arrow.Record {
	if !r.p.w.literals {
		rec.Retain()
		return rec
	}
	n := rec.Schema().NumFields() - len(r.p.s.q.Key)
	return array.NewRecord(arrow.NewSchema(rec.Schema().Fields()[:n], nil), rec.Columns()[:n], rec.NumRows())
}

// words makes a record of texts of the rows at fault: values that do not fit a type are kept as they are.
func words(mem memory.Allocator, rec arrow.Record, faults []Fault) arrow.Record {
	fields := rec.Schema().Fields()
	for i := range fields {
		fields[i] = arrow.Field{Name: fields[i].Name, Type: arrow.BinaryTypes.String, Nullable: true}
	}
	b := array.NewRecordBuilder(mem, arrow.NewSchema(fields, nil))
	defer b.Release()
	for _, f := range faults {
		for i := range fields {
			column := b.Field(i).(*array.StringBuilder)
			text, wrong := f.Texts[i]
			switch {
			case wrong:
				column.Append(text)
			case rec.Column(i).IsNull(int(f.Row)):
				column.AppendNull()
			default:
				column.Append(inWords([]byte(textOf(rec.Column(i), int(f.Row))))) // bytes are none
			}
		}
	}
	return b.NewRecord()
}
