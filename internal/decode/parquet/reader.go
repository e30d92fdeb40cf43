package parquet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"golang.org/x/sync/errgroup"
)

// DefaultBatchRows is the number of rows of a batch where Options do not say:
// a row group of DuckDB, which is what its fastest way in takes at once.
const DefaultBatchRows = 122_880

// MaxBatchRows is the most rows that a batch can be asked to have.
const MaxBatchRows = 1 << 24

// Options say what a Reader reads. The zero value reads everything.
type Options struct {
	// Allocator makes the buffers of the batches. nil = memory.DefaultAllocator. Several goroutines use it at once.
	Allocator memory.Allocator
	// Columns are the names of the top-level columns to read, in the order they are to have. nil = all.
	Columns []string
	// Start is the first row to read. Row groups and pages before it are skipped without being unpacked.
	Start int64
	// BatchRows is the number of rows of a batch. 0 = DefaultBatchRows; the most is MaxBatchRows.
	// Batches end at its multiples, counted from the first row of the file, whatever Start is.
	BatchRows int64
	// Parallel is how many columns are decoded at once. 0 = GOMAXPROCS.
	Parallel int
	// Dictionaries reads a top-level string or binary column as dictionary<int32, values>
	// if all of it is dictionary encoded in the file. The same value may
	// then stand in the dictionary of a batch more than once, where row groups meet.
	Dictionaries bool
}

// Reader reads the rows of a file in order, in batches. One goroutine uses it
// at a time. It must be closed.
type Reader struct {
	file    *File
	opts    Options
	schema  *arrow.Schema
	fields  []*node
	columns []*columnReader // the longest first
	byLeaf  map[*leaf]*columnReader
	codecs  []*decompressor // one a worker
	row     int64           // the next row
	err     error           // why the reader can't go on
}

// Reader begins to read at row o.Start.
func (f *File) Reader(o Options) (*Reader, error) {
	if err := o.complete(f); err != nil {
		return nil, fmt.Errorf("decode/parquet: %w", err)
	}
	r := &Reader{file: f, opts: o, row: o.Start, byLeaf: make(map[*leaf]*columnReader)}
	fields, err := r.project()
	if err != nil {
		return nil, fmt.Errorf("decode/parquet: %w", err)
	}
	pool := new(scratchPool)
	for i, n := range r.fields {
		n.walk(func(l *leaf) {
			c := newColumnReader(f, l, pool, o.Allocator)
			if o.Dictionaries && n.kind == leafNode && f.encoded(l) {
				c.out.encode = true
				fields[i].Type = dictionaryType(fields[i].Type)
			}
			r.columns = append(r.columns, c)
			r.byLeaf[l] = c
		})
	}
	// The longest columns go first, so that none of them is left over for one worker at the end.
	slices.SortStableFunc(r.columns, func(a, b *columnReader) int { return cmp.Compare(b.weight(), a.weight()) })
	r.schema = arrow.NewSchema(fields, nil)
	return r, nil
}

// Schema is the schema of the batches.
func (r *Reader) Schema() *arrow.Schema { return r.schema }

func (o *Options) complete(f *File) error {
	if o.Allocator == nil {
		o.Allocator = memory.DefaultAllocator
	}
	if o.BatchRows == 0 {
		o.BatchRows = DefaultBatchRows
	}
	if o.Parallel == 0 {
		o.Parallel = runtime.GOMAXPROCS(0)
	}
	var errs []error
	if o.Start < 0 || o.Start > f.NumRows() {
		errs = append(errs, fmt.Errorf("Options.Start: row %d of a file of %d rows", o.Start, f.NumRows()))
	}
	if o.BatchRows < 0 || o.BatchRows > MaxBatchRows {
		errs = append(errs, fmt.Errorf("Options.BatchRows: %d is not from 0 to %d", o.BatchRows, MaxBatchRows))
	}
	if o.Parallel < 0 {
		errs = append(errs, fmt.Errorf("Options.Parallel: %d is negative", o.Parallel))
	}
	return errors.Join(errs...)
}

// project picks the columns to read.
func (r *Reader) project() ([]arrow.Field, error) {
	all := r.file.schema
	if r.opts.Columns == nil {
		r.fields = r.file.fields
		return slices.Clone(all.Fields()), nil
	}
	var fields []arrow.Field
	taken := make(map[string]bool)
	for _, name := range r.opts.Columns {
		at := all.FieldIndices(name)
		switch {
		case len(at) == 0:
			return nil, fmt.Errorf("Options.Columns: the file has no column %q", name)
		case len(at) > 1:
			return nil, fmt.Errorf("Options.Columns: the file has %d columns %q", len(at), name)
		case taken[name]:
			return nil, fmt.Errorf("Options.Columns: %q is there twice", name)
		}
		taken[name] = true
		fields = append(fields, all.Field(at[0]))
		r.fields = append(r.fields, r.file.fields[at[0]])
	}
	return fields, nil
}

// weight is about how much work the column is.
func (c *columnReader) weight() (bytes int64) {
	for g := range c.file.meta.RowGroups {
		bytes += c.file.meta.RowGroups[g].Columns[c.leaf.index].MetaData.TotalUncompressedSize
	}
	return bytes
}

// Next answers the next batch, which the caller owns and releases, or io.EOF
// after the last row. After any other error, a ctx that is done included,
// every call answers the same error.
func (r *Reader) Next(ctx context.Context) (arrow.Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.row >= r.file.NumRows() {
		return nil, io.EOF
	}
	rec, err := r.next(ctx)
	if err != nil {
		r.err = fmt.Errorf("decode/parquet: %w", err)
		return nil, r.err
	}
	return rec, nil
}

func (r *Reader) next(ctx context.Context) (arrow.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	end := min((r.row/r.opts.BatchRows+1)*r.opts.BatchRows, r.file.NumRows())
	n := end - r.row
	if err := r.decode(ctx, n); err != nil {
		return nil, err
	}
	a := &assembler{mem: r.opts.Allocator, columns: r.byLeaf}
	arrays := make([]arrow.Array, 0, len(r.fields))
	defer func() {
		for _, arr := range arrays {
			arr.Release()
		}
	}()
	for i, field := range r.fields {
		data, err := a.build(field, r.schema.Field(i).Type)
		if err != nil {
			return nil, err
		}
		if int64(data.Len()) != n {
			data.Release()
			return nil, fmt.Errorf("column %q: %d rows where there are %d", field.name, data.Len(), n)
		}
		arrays = append(arrays, array.MakeFromData(data))
		data.Release()
	}
	rec := array.NewRecord(r.schema, arrays, n)
	r.row = end
	return rec, nil
}

// decode reads n rows of every column, several columns at once.
func (r *Reader) decode(ctx context.Context, n int64) error {
	workers := min(r.opts.Parallel, len(r.columns))
	for len(r.codecs) < workers {
		r.codecs = append(r.codecs, new(decompressor))
	}
	var at atomic.Int64
	work := func(ctx context.Context, codec *decompressor) error {
		for i := at.Add(1) - 1; i < int64(len(r.columns)); i = at.Add(1) - 1 {
			if err := r.decodeColumn(ctx, r.columns[i], codec, n); err != nil {
				return err
			}
		}
		return nil
	}
	if workers == 1 {
		return work(ctx, r.codecs[0])
	}
	g, ctx := errgroup.WithContext(ctx)
	for i := range workers {
		g.Go(func() error { return work(ctx, r.codecs[i]) })
	}
	return g.Wait()
}

func (r *Reader) decodeColumn(ctx context.Context, c *columnReader, codec *decompressor, n int64) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.codec = codec
	if r.row == r.opts.Start && r.row > 0 {
		if err := c.skip(r.row); err != nil {
			return err
		}
	}
	return c.read(n)
}

// Close gives back what the reader holds. Batches that it answered stay good.
func (r *Reader) Close() {
	for _, c := range r.columns {
		c.close()
	}
	for _, d := range r.codecs {
		d.close()
	}
	r.columns, r.codecs = nil, nil
	if r.err == nil {
		r.err = errors.New("decode/parquet: the reader is closed")
	}
}
