package parquet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/endian"
	"github.com/parquet-go/parquet-go/format"
)

const (
	magic          = "PAR1"
	magicEncrypted = "PARE"
	tailSize       = 8       // the footer's length and the magic number
	firstRead      = 1 << 16 // bytes read from the end at first: most footers fit
)

// File is the metadata of an open Parquet file. It does not change, and
// several readers may share it. The file itself stays the caller's to close,
// after the last reader.
type File struct {
	r      io.ReaderAt
	size   int64
	meta   format.FileMetaData
	fields []*node
	leaves []*leaf
	schema *arrow.Schema
}

// Open reads the footer of a Parquet file of size bytes and checks it. r is
// used by several goroutines at once. ctx is looked at before reading.
//
// A file that is cut off, is not Parquet, is encrypted, or has a column that
// cannot be read is an error.
func Open(ctx context.Context, r io.ReaderAt, size int64) (f *File, err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("decode/parquet: %w", err)
	}
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("decode/parquet: the footer is corrupt: %v", p)
		}
	}()
	f = &File{r: r, size: size}
	if err := f.open(); err != nil {
		return nil, fmt.Errorf("decode/parquet: %w", err)
	}
	return f, nil
}

// Schema is the Arrow schema of all columns. Top-level columns keep their order.
func (f *File) Schema() *arrow.Schema { return f.schema }

// NumRows is the number of rows in the file.
func (f *File) NumRows() int64 { return f.meta.NumRows }

func (f *File) open() error {
	if endian.IsBigEndian {
		return errors.New("big-endian machines are not supported")
	}
	footer, err := f.readFooter()
	if err != nil {
		return err
	}
	if _, err := unmarshalThrift(footer, &f.meta); err != nil {
		return fmt.Errorf("the footer is corrupt: %w", err)
	}
	f.fields, f.leaves, err = parseSchema(f.meta.Schema)
	if err != nil {
		return err
	}
	restoreAll(f.fields, originalFields(f.meta.KeyValueMetadata))
	fields := make([]arrow.Field, len(f.fields))
	for i, n := range f.fields {
		fields[i] = n.field()
	}
	f.schema = arrow.NewSchema(fields, nil)
	return f.checkRowGroups()
}

// readFooter answers the bytes of the file's metadata.
func (f *File) readFooter() ([]byte, error) {
	if f.size < int64(len(magic)+tailSize) {
		return nil, fmt.Errorf("not a Parquet file: %d bytes are too few for one", f.size)
	}
	tail := make([]byte, min(f.size, firstRead))
	if err := readAt(f.r, tail, f.size-int64(len(tail))); err != nil {
		return nil, fmt.Errorf("read the footer: %w", err)
	}
	end := tail[len(tail)-tailSize:]
	switch string(end[4:]) {
	case magic:
	case magicEncrypted:
		return nil, errors.New("the file is encrypted, which is not supported")
	default:
		return nil, f.explainMagic(end[4:])
	}
	length := int64(binary.LittleEndian.Uint32(end))
	if length > f.size-int64(len(magic)+tailSize) {
		return nil, fmt.Errorf("the file is truncated or corrupt: its footer claims %d bytes, the file has %d", length, f.size)
	}
	if need := length + tailSize; need > int64(len(tail)) {
		tail = make([]byte, need)
		if err := readAt(f.r, tail, f.size-need); err != nil {
			return nil, fmt.Errorf("read the footer: %w", err)
		}
	}
	return tail[len(tail)-tailSize-int(length) : len(tail)-tailSize], nil
}

// explainMagic tells a Parquet file whose end is missing from something else.
func (f *File) explainMagic(end []byte) error {
	head := make([]byte, len(magic))
	if err := readAt(f.r, head, 0); err != nil {
		return fmt.Errorf("read the beginning: %w", err)
	}
	if bytes.Equal(head, []byte(magic)) {
		return fmt.Errorf("the file is truncated: it begins as Parquet but ends with %q instead of %q", end, magic)
	}
	return fmt.Errorf("not a Parquet file: it begins with %q and ends with %q instead of %q", head, end, magic)
}

func (f *File) checkRowGroups() error {
	var rows int64
	for g := range f.meta.RowGroups {
		group := &f.meta.RowGroups[g]
		if group.NumRows < 0 || group.NumRows > f.meta.NumRows-rows {
			return fmt.Errorf("row group %d: the footer is corrupt: %d rows in the group, %d in the file", g, group.NumRows, f.meta.NumRows)
		}
		rows += group.NumRows
		if len(group.Columns) != len(f.leaves) {
			return fmt.Errorf("row group %d: the footer is corrupt: %d columns, the schema has %d", g, len(group.Columns), len(f.leaves))
		}
		for _, l := range f.leaves {
			if err := f.checkChunk(&group.Columns[l.index], l, group.NumRows); err != nil {
				return fmt.Errorf("column %q, row group %d: %w", l.name, g, err)
			}
		}
	}
	if rows != f.meta.NumRows {
		return fmt.Errorf("the footer is corrupt: the row groups have %d rows, the file %d", rows, f.meta.NumRows)
	}
	return nil
}

func (f *File) checkChunk(c *format.ColumnChunk, l *leaf, rows int64) error {
	m := &c.MetaData
	switch {
	case c.CryptoMetadata.Value != nil || len(c.EncryptedColumnMetadata) > 0:
		return errors.New("the column is encrypted, which is not supported")
	case c.FilePath != "":
		return fmt.Errorf("its data are in another file (%q), which is not supported", c.FilePath)
	case m.Type != l.physical:
		return fmt.Errorf("the footer is corrupt: type %s, in the schema %s", m.Type, l.physical)
	case l.maxRep == 0 && m.NumValues != rows, m.NumValues < 0:
		return fmt.Errorf("the footer is corrupt: %d values for %d rows", m.NumValues, rows)
	}
	start := chunkStart(m)
	if size := m.TotalCompressedSize; start < int64(len(magic)) || size < 0 || start > f.size || size > f.size-start {
		return fmt.Errorf("the file is truncated or corrupt: %d bytes at %d of a file of %d", size, start, f.size)
	}
	return checkCodec(m.Codec)
}

// chunkStart is where the first page of a chunk lies. Writers that make no
// dictionary leave its offset 0, and some point it behind the data.
func chunkStart(m *format.ColumnMetaData) int64 {
	if d := m.DictionaryPageOffset; d > 0 && d < m.DataPageOffset {
		return d
	}
	return m.DataPageOffset
}

// readAt fills b; an early end of the file is io.ErrUnexpectedEOF.
func readAt(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == io.EOF || err == nil {
		err = io.ErrUnexpectedEOF
	}
	return err
}
