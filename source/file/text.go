package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/decode/csv"
	"github.com/floedata/floe/internal/decode/json"
	"github.com/floedata/floe/internal/decode/text"
)

// dialect is what a sample says of how a text is written.
type dialect struct {
	packing packing
	lineEnd byte // CSV
	tabs    bool // CSV
	array   bool // JSON: one array, not an object a line
}

// probeText looks at the beginning of a text. A text without any row or header has no schema.
func probeText(ctx context.Context, e *entry, opts *Options, n int) (shape, error) {
	s, whole, err := infer(ctx, e, opts, n)
	if err != nil && !whole && n < opts.SampleBytes {
		s, whole, err = infer(ctx, e, opts, opts.SampleBytes) // the brief sample may lack the first row's end
	}
	if err != nil && !whole {
		err = fmt.Errorf("%w (seen in a sample of %d bytes: a longer first row needs more Options.SampleBytes)", err, opts.SampleBytes)
	}
	return s, err
}

// infer looks at a sample of n bytes and says whether it is the whole text.
func infer(ctx context.Context, e *entry, opts *Options, n int) (s shape, whole bool, err error) {
	sample, whole, p, err := sampleOf(ctx, e, n)
	if err != nil {
		return shape{}, true, err // more of it would not help
	}
	s = shape{soft: true, rows: -1, dialect: dialect{packing: p, tabs: e.tabs}}
	if whole && hasNoRow(sample) {
		return s, whole, nil
	}
	if e.format == JSON {
		s.dialect.array = json.IsArray(sample)
		s.schema, s.strings, err = json.Infer(sample, whole, jsonOptions(opts, s.dialect), nil)
	} else {
		s.dialect.lineEnd = csv.LineEnd(sample)
		s.schema, err = csv.Infer(sample, whole, csvOptions(opts, s.dialect), nil)
	}
	if err == nil && !whole && s.schema.NumFields() == 0 {
		err = errors.New("no row of the sample has a column")
	}
	if err != nil {
		return s, whole, err
	}
	if e.format == CSV && opts.CSV.NoHeader && opts.Schema != nil {
		s.schema, err = renamed(s.schema, opts.Schema)
	}
	return s, whole, err
}

// hasNoRow reports whether a whole text is blank, or an array of nothing.
func hasNoRow(sample []byte) bool {
	const most = 4096
	if len(sample) > most {
		return false
	}
	rest := bytes.Join(bytes.Fields(sample[text.BOM(sample):]), nil)
	return len(rest) == 0 || string(rest) == "[]"
}

func newSplitter(f Format, r io.Reader, block int, at text.Mark, d dialect, opts *Options) splitter {
	if f == JSON {
		return json.NewSplitter(r, jsonOptions(opts, d), block, at)
	}
	return csv.NewSplitter(r, csvOptions(opts, d), block, at)
}

// renamed gives the columns of a text without a header the names of Options.Schema, in order.
func renamed(own, names *arrow.Schema) (*arrow.Schema, error) {
	if own.NumFields() != names.NumFields() {
		return nil, fmt.Errorf("the first row has %d fields, Options.Schema has %d; without a header they must agree", own.NumFields(), names.NumFields())
	}
	fields := make([]arrow.Field, own.NumFields())
	for i := range fields {
		fields[i] = arrow.Field{Name: names.Field(i).Name, Type: own.Field(i).Type, Nullable: true}
	}
	return arrow.NewSchema(fields, nil), nil
}

func csvOptions(opts *Options, d dialect) csv.Options {
	c := opts.CSV
	o := csv.Options{
		Comma: c.Delimiter, Quote: c.Quote, NoQuote: c.NoQuote, Escape: c.Escape, LineEnd: d.lineEnd,
		NoHeader: c.NoHeader, Nulls: c.Nulls, Trim: c.Trim, Ragged: c.Ragged, MaxRowBytes: opts.MaxRowBytes,
	}
	if o.Comma == 0 && d.tabs {
		o.Comma = '\t'
	}
	return o
}

func jsonOptions(opts *Options, d dialect) json.Options {
	return json.Options{
		Array: d.array, MaxRowBytes: opts.MaxRowBytes, Majority: opts.JSON.Mixed == MixedReject,
		// A schema that the user gave says which columns to read.
		IgnoreUnknown: opts.JSON.IgnoreUnknown || opts.Schema != nil,
	}
}

// splitter cuts a text into blocks of whole rows.
type splitter interface{ Next() (text.Block, error) }

// decoder makes a record of a block; it is safe for concurrent use.
type decoder interface {
	Schema() *arrow.Schema
	Decode(b text.Block) (arrow.Record, *deadletter.Rows, error)
}

// textScanner reads texts in the schema of a view. Files of one shape share a decoder.
type textScanner struct {
	view *view
	opts *Options

	mu       sync.Mutex
	decoders map[decoderKey]textDecoder
}

type decoderKey struct {
	format  Format
	schema  *arrow.Schema // of the file; those of equal ones are the same: see intern
	dialect dialect
}

// textDecoder is a decoder, and what brings its records into the schema of the view.
type textDecoder struct {
	decoder decoder
	adapter *adapter
}

func newTextScanner(v *view, opts *Options) *textScanner {
	return &textScanner{view: v, opts: opts, decoders: map[decoderKey]textDecoder{}}
}

// scan gives the rows from a place on, a block a piece.
func (t *textScanner) scan(ctx context.Context, e *entry, at place, out *feed) error {
	s := t.view.shapes[e.name]
	if s.schema == nil {
		return nil // empty
	}
	d, err := t.decoder(e.format, s)
	if err != nil {
		return err
	}
	r, err := openText(ctx, e, s.dialect.packing, at.offset)
	if err != nil {
		return err
	}
	defer r.Close()
	blocks := t.splitter(e, s.dialect, r, text.Mark{Offset: at.offset, Line: at.line})
	for {
		b, err := blocks.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		b.Name = e.name
		if err := out.decode(ctx, func() piece { return d.decode(ctx, b) }); err != nil {
			return err
		}
	}
}

// splitter returns the splitter of a text. The buffers of small files are no larger than need be.
func (t *textScanner) splitter(e *entry, d dialect, r io.Reader, at text.Mark) splitter {
	size := e.size + 1
	if d.packing != plain {
		size = 16*e.size + 4096
	}
	return newSplitter(e.format, r, int(min(int64(t.opts.BlockBytes), size)), at, d, t.opts)
}

// decode takes a block over.
func (d textDecoder) decode(ctx context.Context, b text.Block) piece {
	after := place{offset: b.After.Offset, line: b.After.Line}
	line := b.Line
	rec, rejected, err := d.decoder.Decode(b)
	b.Free()
	if err == nil && rec != nil {
		rec, err = d.adapter.adapt(ctx, rec)
	}
	if err != nil {
		rejected.Release()
		return piece{err: fmt.Errorf("from line %d on: %w", line, err)}
	}
	return piece{rec: rec, rejected: rejected, after: after}
}

// decoder returns the decoder of files of a shape.
func (t *textScanner) decoder(f Format, s shape) (textDecoder, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := decoderKey{f, s.schema, s.dialect}
	if d, ok := t.decoders[key]; ok {
		return d, nil
	}
	var dec decoder
	var err error
	if f == JSON {
		dec, err = t.jsonDecoder(s)
	} else {
		dec, err = t.csvDecoder(s)
	}
	if err != nil {
		return textDecoder{}, err
	}
	d := textDecoder{decoder: dec, adapter: newAdapter(t.opts.Allocator, dec.Schema(), t.view.schema)}
	t.decoders[key] = d
	return d, nil
}

// fieldsOf returns the fields of the view that a text has, in the types of the view.
func (t *textScanner) fieldsOf(own *arrow.Schema) *arrow.Schema {
	var fields []arrow.Field
	for _, f := range t.view.schema.Fields() {
		if own.HasField(f.Name) {
			if d, ok := f.Type.(*arrow.DictionaryType); ok {
				f.Type = d.ValueType
			}
			fields = append(fields, f)
		}
	}
	return arrow.NewSchema(fields, nil)
}

func (t *textScanner) csvDecoder(s shape) (decoder, error) {
	schema := t.fieldsOf(s.schema)
	columns := make([]int, s.schema.NumFields())
	for i, f := range s.schema.Fields() {
		columns[i] = -1
		if at := schema.FieldIndices(f.Name); len(at) > 0 {
			columns[i] = at[0]
		}
	}
	o := csvOptions(t.opts, s.dialect)
	o.Inferred = t.inferred(schema, s.schema)
	return csv.NewDecoder(t.opts.Allocator, schema, columns, o)
}

// jsonDecoder reads all columns of the view: a key that the sample lacks may come further on. Where the view has
// types that no JSON has, which other files brought in, it reads those of the sample.
func (t *textScanner) jsonDecoder(s shape) (decoder, error) {
	o := jsonOptions(t.opts, s.dialect)
	o.Strings = s.strings
	var err error
	for _, has := range []*arrow.Schema{t.view.schema, s.schema} {
		schema := t.fieldsOf(has)
		o.Inferred = t.inferred(schema, s.schema)
		var d decoder
		if d, err = json.NewDecoder(t.opts.Allocator, schema, o); err == nil {
			return d, nil
		}
	}
	return nil, err
}

// inferred says of each field of schema whether its type was inferred from samples, own being what that of this
// text says: neither the options nor files of another format have then said how texts are to be read.
func (t *textScanner) inferred(schema, own *arrow.Schema) []bool {
	inferred := make([]bool, schema.NumFields())
	for i, f := range schema.Fields() {
		if t.opts.Schema != nil || t.opts.Types[f.Name] != nil {
			continue
		}
		var seen arrow.DataType = arrow.Null
		if at := own.FieldIndices(f.Name); len(at) > 0 {
			seen = own.Field(at[0]).Type
		}
		inferred[i] = suggests(seen, f.Type)
	}
	return inferred
}

// suggests reports whether a column of which a sample of text suggests the type own, and which is read as type dt,
// has the values that were inferred. Otherwise they are read as another file has them: 0 and 1 as bool,
// timestamps without a zone as those of UTC.
func suggests(own, dt arrow.DataType) bool {
	number := func(t arrow.DataType) bool {
		return arrow.IsInteger(t.ID()) || arrow.IsFloating(t.ID()) || arrow.IsDecimal(t.ID())
	}
	x, _ := own.(*arrow.TimestampType)
	y, _ := dt.(*arrow.TimestampType)
	switch {
	case own.ID() == arrow.NULL:
		return y == nil
	case number(own):
		return number(dt)
	case x != nil && y != nil:
		return (x.TimeZone == "") == (y.TimeZone == "")
	}
	return own.ID() == dt.ID()
}
