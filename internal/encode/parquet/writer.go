package parquet

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const magic = "PAR1"

// createdBy has the form that parquet.thrift, "FileMetaData", asks for.
const createdBy = "floe version 1.0 (build none)"

// blockRows is the most rows that go into the columns before their sizes are looked at again.
const blockRows = 64 << 10

// Writer writes one file, and others after [Writer.Reset]. It holds one row group, compressed as it comes, and keeps its
// memory from one to the next.
// One goroutine uses it at a time; several write as many files at once.
type Writer struct {
	out    io.Writer
	opts   Options
	schema *arrow.Schema
	tree   *tree

	rows     int64 // before the record that is being written
	groupRow int   // rows of the open row group
	groups   []format.RowGroup
	indexes  []pageIndex // of every chunk of groups

	written  int64 // bytes of the file
	buffered int64 // bytes of the pages of the open row group
	rawTotal int64 // bytes of all pages so far, not compressed, and as they are in the file
	outTotal int64

	codec  *compressor
	pool   pool
	raw    []byte
	header format.PageHeader
	thrift structs
	top    slots
	survey survey

	closed bool
	err    error // why it can't go on
}

// NewWriter begins a file of records of the given schema on w. The names and types of the columns are what matters; a
// column whose field is not nullable has no nulls. nil options are the defaults. w is not closed.
func NewWriter(w io.Writer, schema *arrow.Schema, o *Options) (*Writer, error) {
	opts, err := o.complete()
	if err != nil {
		return nil, fmt.Errorf("encode/parquet: %w", err)
	}
	t, err := newTree(schema)
	if err != nil {
		return nil, fmt.Errorf("encode/parquet: %w", err)
	}
	codec, err := newCompressor(opts.Codec)
	if err != nil {
		return nil, fmt.Errorf("encode/parquet: %w", err)
	}
	for _, c := range t.columns {
		c.values = c.form.values()
	}
	return &Writer{out: w, opts: opts, schema: schema, tree: t, codec: codec, thrift: newStructs()}, nil
}

// Write appends the rows of rec, which it borrows. Its buffers may change afterwards. After an error, which names the
// column and the row of the file, counted from 0, every call answers the same one, and the file is of no use.
func (w *Writer) Write(rec arrow.Record) error {
	if w.closed {
		return errors.New("encode/parquet: the writer is closed")
	}
	if w.err == nil {
		if err := w.write(rec); err != nil {
			w.err = fmt.Errorf("encode/parquet: %w", err)
		}
	}
	return w.err
}

func (w *Writer) write(rec arrow.Record) error {
	if err := w.check(rec.Schema()); err != nil {
		return err
	}
	for from, rows := 0, int(rec.NumRows()); from < rows; {
		n := min(rows-from, blockRows, w.opts.RowGroupRows-w.groupRow)
		for n > 1 && w.bytes(rec, from, from+n) > w.opts.RowGroupBytes/4 {
			n /= 2
		}
		for i, f := range w.tree.fields {
			if err := f.write(w, rec.Column(i), from, from+n); err != nil {
				return err
			}
		}
		from += n
		w.groupRow += n
		if w.groupRow == w.opts.RowGroupRows || w.buffered+w.open() >= w.opts.RowGroupBytes {
			if err := w.endGroup(); err != nil {
				return err
			}
		}
	}
	w.rows += rec.NumRows()
	return nil
}

// check compares the names and types of the columns of a record with those of the file.
func (w *Writer) check(s *arrow.Schema) error {
	if s == w.schema {
		return nil
	}
	if s.NumFields() != w.schema.NumFields() {
		return fmt.Errorf("a record of %d columns for a file of %d", s.NumFields(), w.schema.NumFields())
	}
	for i, want := range w.schema.Fields() {
		if got := s.Field(i); got.Name != want.Name || !arrow.TypeEqual(got.Type, want.Type) {
			return fmt.Errorf("column %q of type %s, where the file has %q of type %s", got.Name, got.Type, want.Name, want.Type)
		}
	}
	return nil
}

// bytes is about how many bytes rows of rec take as PLAIN.
func (w *Writer) bytes(rec arrow.Record, from, to int) (size int64) {
	for i, f := range w.tree.fields {
		size += int64(f.bytes(rec.Column(i), from, to))
	}
	return size
}

// open is about the bytes of the open pages and the dictionaries.
func (w *Writer) open() (size int64) {
	for _, c := range w.tree.columns {
		size += int64(c.size())
	}
	return size
}

// Size is about how many bytes the file would have if it were closed now: those that were written, and an estimate of
// what is held.
func (w *Writer) Size() int64 {
	if w.closed {
		return w.written
	}
	open := w.open()
	if w.rawTotal > 0 {
		open = int64(float64(open) * float64(w.outTotal) / float64(w.rawTotal))
	}
	return w.written + w.buffered + open
}

// endGroup writes the open row group.
func (w *Writer) endGroup() error {
	if w.groupRow == 0 {
		return nil
	}
	if len(w.groups) > math.MaxInt16 {
		return fmt.Errorf("a file has no more than %d row groups: make them larger, or begin another file", math.MaxInt16+1)
	}
	if err := w.begin(); err != nil {
		return err
	}
	g := format.RowGroup{FileOffset: w.written, NumRows: int64(w.groupRow), Ordinal: int16(len(w.groups))}
	for _, c := range w.tree.columns {
		if err := c.endChunk(w); err != nil {
			return err
		}
		k, err := c.write(w)
		if err != nil {
			return err
		}
		g.Columns = append(g.Columns, k)
		g.TotalByteSize += k.MetaData.TotalUncompressedSize
		g.TotalCompressedSize += k.MetaData.TotalCompressedSize
	}
	w.groups = append(w.groups, g)
	w.groupRow, w.buffered = 0, 0
	return nil
}

// begin writes the first bytes of the file, once.
func (w *Writer) begin() error {
	if w.written > 0 {
		return nil
	}
	return w.put([]byte(magic))
}

func (w *Writer) put(b []byte) error {
	n, err := w.out.Write(b)
	w.written += int64(n)
	return err
}

// Close writes what is held and the footer. A file without rows is good too. Close can be called again.
func (w *Writer) Close() error {
	if w.closed || w.err != nil {
		return w.err
	}
	w.closed = true
	if err := w.end(); err != nil {
		w.err = fmt.Errorf("encode/parquet: %w", err)
	}
	return w.err
}

// Reset begins another file on out, of the same schema and options, in the memory that the last one needed. The last one
// is closed and has no error.
func (w *Writer) Reset(out io.Writer) error {
	if w.err != nil || !w.closed {
		return errors.New("encode/parquet: Reset: the last file is not complete")
	}
	w.out = out
	w.rows, w.groupRow, w.groups, w.indexes = 0, 0, nil, nil
	w.written, w.buffered, w.rawTotal, w.outTotal = 0, 0, 0, 0
	w.closed = false
	return nil
}

func (w *Writer) end() error {
	if err := errors.Join(w.endGroup(), w.begin()); err != nil {
		return err
	}
	if err := w.writeIndexes(); err != nil {
		return err
	}
	orders := make(thrift.Slice[format.ColumnOrder], len(w.tree.columns))
	for i := range orders {
		orders[i].Value = &format.TypeDefinedOrder{}
	}
	meta := &format.FileMetaData{
		Version:      2, // README.md, "Metadata": logical types and encodings of version 2
		Schema:       w.tree.elements,
		NumRows:      w.rows,
		RowGroups:    append(thrift.Slice[format.RowGroup]{}, w.groups...),
		CreatedBy:    createdBy,
		ColumnOrders: orders,
	}
	footer, err := w.encode(meta)
	if err != nil {
		return err
	}
	n := len(footer)
	// README.md, "File format": the metadata, its length, the magic number.
	return w.put(append(footer, byte(n), byte(n>>8), byte(n>>16), byte(n>>24), magic[0], magic[1], magic[2], magic[3]))
}

// writeIndexes writes the page index: PageIndex.md: the bounds of all chunks, and then the offsets of all.
func (w *Writer) writeIndexes() error {
	columns := len(w.tree.columns)
	for i, x := range w.indexes {
		if x.columns == nil {
			continue
		}
		b, err := w.encode(x.columns)
		if err != nil {
			return err
		}
		k := &w.groups[i/columns].Columns[i%columns]
		k.ColumnIndexOffset, k.ColumnIndexLength = w.written, int32(len(b))
		if err := w.put(b); err != nil {
			return err
		}
	}
	for i, x := range w.indexes {
		b, err := w.encode(&x.offsets)
		if err != nil {
			return err
		}
		k := &w.groups[i/columns].Columns[i%columns]
		k.OffsetIndexOffset, k.OffsetIndexLength = w.written, int32(len(b))
		if err := w.put(b); err != nil {
			return err
		}
	}
	return nil
}

// encode answers a structure of the format, good until the next call.
func (w *Writer) encode(v any) ([]byte, error) {
	w.thrift.buf.Reset()
	if err := w.thrift.enc.Encode(v); err != nil {
		return nil, err
	}
	return w.thrift.buf.Bytes(), nil
}
