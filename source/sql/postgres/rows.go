package postgres

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/floedata/floe/internal/decode/text"
	floesql "github.com/floedata/floe/source/sql"
)

// Rows are collected in blocks, and then read column by column: a loop over values of one type takes a third of what one
// over rows does. A block is small enough to stay in the processor's cache meanwhile.
const (
	blockRows  = 1024
	blockBytes = 256 << 10
)

// rows implements [floesql.Rows].
type rows struct {
	result *result
	mem    memory.Allocator
	schema *arrow.Schema
	make   []maker // of columns
	block  block
	last   int // rows of the last chunk
}

// block is some rows: the bytes of their values, and where each value is in them, by column.
type block struct {
	rows  int
	data  []byte
	spans [][]span
}

// span is where a value is. A length below 0 is NULL.
type span struct {
	at     uint32
	length int32
}

// describe makes the schema of the result.
func (r *rows) describe(descriptions []pgconn.FieldDescription, types map[string]arrow.DataType) error {
	if len(descriptions) == 0 {
		return errors.New("the statement has no columns")
	}
	fields := make([]arrow.Field, len(descriptions))
	for i, d := range descriptions {
		t, make, err := columnOf(d, types[d.Name])
		if err != nil {
			return err
		}
		fields[i] = arrow.Field{Name: d.Name, Type: t, Nullable: true}
		r.make = append(r.make, make)
	}
	r.schema = arrow.NewSchema(fields, nil)
	r.block.spans = make([][]span, len(fields))
	return nil
}

// Schema implements [floesql.Rows].
func (r *rows) Schema() *arrow.Schema { return r.schema }

// Read implements [floesql.Rows].
func (r *rows) Read(most, bytes int64) (floesql.Chunk, error) {
	b := array.NewRecordBuilder(r.mem, r.schema)
	defer b.Release()
	b.Reserve(int(min(int64(r.last), most))) // the next one is likely to have as many
	columns := make([]column, len(r.make))
	for i, make := range r.make {
		columns[i] = make(b.Field(i))
	}
	var misfits []misfit
	n, size := int64(0), int64(0)
	for n < most && size < bytes {
		got, err := r.collect(min(most-n, blockRows), min(bytes-size, blockBytes))
		if err != nil && err != io.EOF {
			return floesql.Chunk{}, err
		}
		for i, c := range columns {
			misfits = r.block.appendTo(misfits, c, b.Field(i), i, n)
		}
		n += int64(r.block.rows)
		size += got
		if err == io.EOF {
			break
		}
	}
	if n == 0 {
		return floesql.Chunk{}, io.EOF
	}
	r.last = int(n)
	return floesql.Chunk{Record: b.NewRecord(), Faults: r.faults(misfits)}, nil
}

// collect fills the block with the next rows, and returns the bytes of their values. With io.EOF there are no more after
// these.
func (r *rows) collect(most, bytes int64) (size int64, err error) {
	r.block.rows, r.block.data = 0, r.block.data[:0]
	for i := range r.block.spans {
		r.block.spans[i] = r.block.spans[i][:0]
	}
	for int64(r.block.rows) < most && size < bytes {
		row, err := r.result.next()
		if err != nil {
			return size, err
		}
		got, err := r.block.add(row)
		if err != nil {
			r.result.fail(err)
			return size, err
		}
		size += got
	}
	return size, nil
}

// add takes a row as it comes from the server.
func (b *block) add(row []byte) (size int64, err error) {
	if len(row) < 2 || int(binary.BigEndian.Uint16(row)) != len(b.spans) {
		return 0, fmt.Errorf("the server sent a row that has not %d values", len(b.spans))
	}
	base, at := len(b.data), 2
	for i := range b.spans {
		if len(row)-at < 4 {
			return 0, errShortRow
		}
		length := int32(binary.BigEndian.Uint32(row[at:]))
		at += 4
		b.spans[i] = append(b.spans[i], span{uint32(base + at), length})
		if length > 0 {
			if len(row)-at < int(length) {
				return 0, errShortRow
			}
			at += int(length)
			size += int64(length)
		}
	}
	b.data = append(b.data, row...)
	b.rows++
	return size, nil
}

var errShortRow = errors.New("the server sent a row that ends amid its values")

// misfit is a value that its column could not take.
type misfit struct {
	row    int64
	column int
	fault  text.Fault
	words  string
}

// appendTo appends the values of one column. The first row has that number.
func (b *block) appendTo(misfits []misfit, c column, into array.Builder, number int, first int64) []misfit {
	into.Reserve(b.rows)
	for row, s := range b.spans[number] {
		if s.length < 0 {
			into.AppendNull()
			continue
		}
		raw := b.data[s.at:][:s.length:s.length]
		if f := c.append(raw); f != text.None {
			if into.Len() == int(first)+row { // a list has taken its place
				into.AppendNull()
			}
			misfits = append(misfits, misfit{first + int64(row), number, f, c.words(raw)})
		}
	}
	return misfits
}

// faults are the misfits by row.
func (r *rows) faults(misfits []misfit) []floesql.Fault {
	slices.SortStableFunc(misfits, func(a, b misfit) int { return cmp.Compare(a.row, b.row) })
	var faults []floesql.Fault
	for _, m := range misfits {
		if n := len(faults); n == 0 || faults[n-1].Row != m.row {
			faults = append(faults, floesql.Fault{
				Row: m.row, Column: m.column, Code: m.fault.Code(), Texts: map[int]string{},
				Message: m.fault.Describe([]byte(m.words), r.schema.Field(m.column).Type.String()),
			})
		}
		faults[len(faults)-1].Texts[m.column] = m.words
	}
	return faults
}

// Close implements [floesql.Rows].
func (r *rows) Close() error {
	r.result.giveUp(false)
	return nil
}
