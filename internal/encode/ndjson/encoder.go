package ndjson

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// Encoder writes the rows of records of one schema. It is not safe for concurrent use.
type Encoder struct {
	schema  *arrow.Schema
	columns []column
	bound   []values      // of the record at hand, in the order of columns
	checked *arrow.Schema // the last that was found to be like schema
}

// column is one whose values are written: every one but those of type null.
type column struct {
	field int
	name  string
	key   key
	form  form
}

// New makes an encoder for records of schema; opts may be nil. It names every column that has no form.
func New(schema *arrow.Schema, opts *Options) (*Encoder, error) {
	if opts == nil {
		opts = new(Options)
	}
	if opts.Binary > Hex {
		return nil, fmt.Errorf("encode/ndjson: Options.Binary: there is no form %d", opts.Binary)
	}
	e := &Encoder{schema: schema, checked: schema}
	var errs []error
	seen := make(map[string]string)
	for i, f := range schema.Fields() {
		c, err := newColumn(f, opts)
		if err != nil {
			errs = append(errs, fmt.Errorf("column %q: %w", f.Name, err))
			continue
		}
		if other, dup := seen[c.key.name]; dup {
			errs = append(errs, fmt.Errorf("column %q: its key %q is that of column %q too: rename one", f.Name, c.key.name, other))
		}
		seen[c.key.name] = f.Name
		if c.field = i; !isNothing(f.Type) {
			e.columns = append(e.columns, c)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("encode/ndjson: %w", err)
	}
	e.bound = make([]values, len(e.columns))
	return e, nil
}

func newColumn(f arrow.Field, opts *Options) (c column, err error) {
	name := f.Name
	if opts.Names != nil {
		name = opts.Names(name)
	}
	if c.key, err = newKey(name); err != nil {
		return c, err
	}
	c.name = f.Name
	c.form, err = forms{binary: opts.Binary, json: opts.JSON != nil && opts.JSON(f)}.of(f.Type)
	return c, err
}

// Bind begins with a record, which it borrows until the next Bind or Reset. It looks at all its values: an error is a
// [ValueError] for the first value without a form of the first column that has one, and the record is not bound then.
func (e *Encoder) Bind(rec arrow.Record) error {
	e.Reset()
	if err := e.check(rec.Schema()); err != nil {
		return err
	}
	for _, c := range e.columns {
		if c.form.fault == nil {
			continue
		}
		arr := rec.Column(c.field)
		if row, err := c.form.fault(arr, 0, arr.Len()); err != nil {
			return &ValueError{Column: c.name, Row: int64(row), Err: err}
		}
	}
	for i, c := range e.columns {
		e.bound[i] = c.form.values(rec.Column(c.field))
	}
	return nil
}

// check says why records of a schema are not what the encoder was made for.
func (e *Encoder) check(schema *arrow.Schema) error {
	if schema == e.checked {
		return nil
	}
	if n := schema.NumFields(); n != e.schema.NumFields() {
		return fmt.Errorf("encode/ndjson: the record has %d columns, and the encoder is for %d", n, e.schema.NumFields())
	}
	for i, want := range e.schema.Fields() {
		if got := schema.Field(i); got.Name != want.Name || !arrow.TypeEqual(got.Type, want.Type) {
			return fmt.Errorf("encode/ndjson: column %d of the record is %q of type %s, and the encoder is for %q of type %s", i, got.Name, got.Type, want.Name, want.Type)
		}
	}
	e.checked = schema
	return nil
}

// Reset lets go of the record.
func (e *Encoder) Reset() { clear(e.bound) }

// AppendRow appends a row of the record to dst, and a newline. It allocates nothing where dst has room.
func (e *Encoder) AppendRow(dst []byte, row int) []byte {
	start := len(dst)
	for i := range e.bound {
		v := &e.bound[i]
		if v.isNull(row) {
			continue
		}
		c := &e.columns[i]
		dst = c.key.append(room(dst, c.key.room()+v.most))
		dst = v.append(dst, row)
	}
	return append(closed(dst, start, "{}"), '\n')
}

// Append appends rows of the record from the one of that number to before another, as long as dst is no longer than most
// bytes then. next is the first row that is left out: from itself, if dst has no room for even that.
func (e *Encoder) Append(dst []byte, from, to, most int) (out []byte, next int) {
	for ; from < to; from++ {
		n := len(dst)
		dst = e.AppendRow(dst, from)
		if len(dst) > most {
			return dst[:n], from
		}
	}
	return dst, from
}
