package transform

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// rowSet is a set of rows, one bit each from the first bit on. Bits behind the last row mean nothing.
type rowSet []byte

func newRowSet(rows int) rowSet { return make(rowSet, bitutil.BytesForBits(int64(rows))) }

// numbers returns the row numbers in the set.
func (s rowSet) numbers(rows int) []int {
	out := make([]int, 0, bitutil.CountSetBits(s, 0, rows))
	for at := 0; at < len(s); at += 8 {
		var word [8]byte
		copy(word[:], s[at:])
		for left := binary.LittleEndian.Uint64(word[:]); left != 0; left &= left - 1 {
			if row := at*8 + bits.TrailingZeros64(left); row < rows {
				out = append(out, row)
			}
		}
	}
	return out
}

// keep returns the rows of rec that are in the set.
func keep(ctx context.Context, rec arrow.Record, set rowSet) (result, error) {
	n := int(rec.NumRows())
	rows := set.numbers(n)
	origins := func() []int64 {
		out := make([]int64, len(rows))
		for i, row := range rows {
			out[i] = int64(row)
		}
		return out
	}
	switch len(rows) {
	case 0:
		return result{origins: origins}, nil
	case n:
		rec.Retain()
		return result{out: rec}, nil
	}
	cols := make([]arrow.Array, 0, rec.NumCols())
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	for i, col := range rec.Columns() {
		c, err := take(ctx, col, rows)
		if err != nil {
			return result{}, fmt.Errorf("column %q: %w", rec.ColumnName(i), err)
		}
		cols = append(cols, c)
	}
	return result{out: array.NewRecord(rec.Schema(), cols, int64(len(rows))), origins: origins}, nil
}

// take returns the values of col in those rows; a row below 0 gives a null. It is not arrow's: that of
// version 17 lacks dictionaries, maps and more, and reserves far too much for strings.
func take(ctx context.Context, col arrow.Array, rows []int) (arrow.Array, error) {
	mem := compute.GetAllocator(ctx)
	dt := col.DataType()
	valid, nulls := takeValidity(mem, col, rows)
	defer release(valid)
	buffers := []*memory.Buffer{valid}
	var children []arrow.ArrayData
	switch a := col.(type) {
	case *array.Null:
		return array.NewNull(len(rows)), nil
	case *array.Dictionary:
		indices, err := take(ctx, a.Indices(), rows)
		if err != nil {
			return nil, err
		}
		defer indices.Release()
		return array.NewDictionaryArray(dt, indices, a.Dictionary()), nil
	case *array.Boolean:
		values := takeBits(mem, a, rows)
		defer values.Release()
		buffers = append(buffers, values)
	case *array.Struct:
		for i := range a.NumField() {
			child, err := take(ctx, a.Field(i), rows)
			if err != nil {
				return nil, err
			}
			defer child.Release()
			children = append(children, child.Data())
		}
	case *array.List, *array.Map, *array.LargeList:
		offsets, child, err := takeLists(ctx, col.(array.ListLike), rows)
		if err != nil {
			return nil, err
		}
		defer offsets.Release()
		defer child.Release()
		buffers, children = append(buffers, offsets), append(children, child.Data())
	default:
		values := takeFlat(mem, col, rows)
		if values == nil {
			return takeSlices(mem, col, rows)
		}
		for _, v := range values {
			defer v.Release()
		}
		buffers = append(buffers, values...)
	}
	data := array.NewData(dt, len(rows), buffers, children, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data), nil
}

// takeValidity returns the validity of the rows; nil where none is null.
func takeValidity(mem memory.Allocator, col arrow.Array, rows []int) (*memory.Buffer, int) {
	bitmap, offset := col.NullBitmapBytes(), col.Data().Offset()
	if col.NullN() == 0 {
		bitmap = nil
	}
	set, nulls := newRowSet(len(rows)), 0
	for i, row := range rows {
		if row >= 0 && (bitmap == nil || bitutil.BitIsSet(bitmap, offset+row)) {
			bitutil.SetBit(set, i)
		} else {
			nulls++
		}
	}
	if nulls == 0 {
		return nil, 0
	}
	buf := newBuffer(mem, len(set))
	copy(buf.Bytes(), set)
	return buf, nulls
}

func newBuffer(mem memory.Allocator, size int) *memory.Buffer {
	buf := memory.NewResizableBuffer(mem)
	buf.Resize(size)
	return buf
}

func takeBits(mem memory.Allocator, a *array.Boolean, rows []int) *memory.Buffer {
	set := newRowSet(len(rows))
	for i, row := range rows {
		if row >= 0 && a.Value(row) {
			bitutil.SetBit(set, i)
		}
	}
	buf := newBuffer(mem, len(set))
	copy(buf.Bytes(), set)
	return buf
}

// takeFlat takes values of fixed width, strings and binaries; nil for other types.
func takeFlat(mem memory.Allocator, col arrow.Array, rows []int) []*memory.Buffer {
	data := col.Data()
	switch a := col.(type) {
	case *array.String, *array.Binary:
		return takeBytes[int32](mem, data, rows)
	case *array.LargeString, *array.LargeBinary:
		return takeBytes[int64](mem, data, rows)
	case *array.FixedSizeBinary:
		width := a.DataType().(*arrow.FixedSizeBinaryType).ByteWidth
		return []*memory.Buffer{takeWide(mem, data, width, rows)}
	}
	fixed, ok := col.DataType().(arrow.FixedWidthDataType)
	if !ok || len(data.Buffers()) != 2 || len(data.Children()) > 0 {
		return nil
	}
	switch fixed.BitWidth() {
	case 8:
		return []*memory.Buffer{takeFixed[uint8](mem, data, rows)}
	case 16:
		return []*memory.Buffer{takeFixed[uint16](mem, data, rows)}
	case 32:
		return []*memory.Buffer{takeFixed[uint32](mem, data, rows)}
	case 64:
		return []*memory.Buffer{takeFixed[uint64](mem, data, rows)}
	default:
		return []*memory.Buffer{takeWide(mem, data, fixed.BitWidth()/8, rows)}
	}
}

func takeFixed[T arrow.UintType](mem memory.Allocator, data arrow.ArrayData, rows []int) *memory.Buffer {
	in := arrow.GetValues[T](data, 1)
	var zero T
	buf := newBuffer(mem, len(rows)*int(arrow.GetDataType[T]().(arrow.FixedWidthDataType).Bytes()))
	out := arrow.GetData[T](buf.Bytes())
	for i, row := range rows {
		if row >= 0 {
			out[i] = in[row]
		} else {
			out[i] = zero
		}
	}
	return buf
}

// takeWide takes values of width bytes.
func takeWide(mem memory.Allocator, data arrow.ArrayData, width int, rows []int) *memory.Buffer {
	buf := newBuffer(mem, len(rows)*width)
	out := buf.Bytes()
	clear(out)
	for i, row := range rows {
		if row >= 0 {
			at := (data.Offset() + row) * width
			copy(out[i*width:(i+1)*width], data.Buffers()[1].Bytes()[at:at+width])
		}
	}
	return buf
}

// takeBytes takes strings and binaries: their offsets and their bytes.
func takeBytes[T int32 | int64](mem memory.Allocator, data arrow.ArrayData, rows []int) []*memory.Buffer {
	var offsets []T
	if b := data.Buffers()[1]; b != nil && b.Len() > 0 { // a column without rows may have none
		offsets = arrow.GetData[T](b.Bytes())[data.Offset():]
	}
	total := 0
	for _, row := range rows {
		if row >= 0 {
			total += int(offsets[row+1] - offsets[row])
		}
	}
	if _, narrow := any(T(0)).(int32); narrow && total > math.MaxInt32 {
		return nil // entries of a dictionary that repeat: takeSlices answers with an error
	}
	starts := newBuffer(mem, (len(rows)+1)*int(arrow.GetDataType[T]().(arrow.FixedWidthDataType).Bytes()))
	out := arrow.GetData[T](starts.Bytes())
	values := newBuffer(mem, total)
	var in []byte
	if total > 0 {
		in = data.Buffers()[2].Bytes()
	}
	to := values.Bytes()
	at := T(0)
	for i, row := range rows {
		out[i] = at
		if row >= 0 && offsets[row] < offsets[row+1] {
			at += T(copy(to[at:], in[offsets[row]:offsets[row+1]]))
		}
	}
	out[len(rows)] = at
	return []*memory.Buffer{starts, values}
}

// takeLists takes lists: their offsets and their values.
func takeLists(ctx context.Context, lists array.ListLike, rows []int) (*memory.Buffer, arrow.Array, error) {
	_, large := lists.(*array.LargeList)
	var inside []int
	width := arrow.Int32SizeBytes
	if large {
		width = arrow.Int64SizeBytes
	}
	offsets := newBuffer(compute.GetAllocator(ctx), (len(rows)+1)*width)
	set := func(i int) {
		if large {
			arrow.Int64Traits.CastFromBytes(offsets.Bytes())[i] = int64(len(inside))
		} else {
			arrow.Int32Traits.CastFromBytes(offsets.Bytes())[i] = int32(len(inside))
		}
	}
	for i, row := range rows {
		set(i)
		if row < 0 || lists.IsNull(row) {
			continue
		}
		start, end := lists.ValueOffsets(row)
		for at := start; at < end; at++ {
			inside = append(inside, int(at))
		}
	}
	set(len(rows))
	if !large && len(inside) > math.MaxInt32 {
		offsets.Release()
		return nil, nil, fmt.Errorf("lists of %d values are more than %s can hold; give smaller records", len(inside), lists.DataType())
	}
	values, err := take(ctx, lists.ListValues(), inside)
	if err != nil {
		offsets.Release()
		return nil, nil, err
	}
	return offsets, values, nil
}

// takeSlices takes values of any type, by joining slices.
func takeSlices(mem memory.Allocator, col arrow.Array, rows []int) (arrow.Array, error) {
	var parts []arrow.Array
	defer func() {
		for _, p := range parts {
			p.Release()
		}
	}()
	for i := 0; i < len(rows); {
		end := i + 1
		if rows[i] < 0 {
			for end < len(rows) && rows[end] < 0 {
				end++
			}
			parts = append(parts, array.MakeArrayOfNull(mem, col.DataType(), end-i))
		} else {
			for end < len(rows) && rows[end] == rows[end-1]+1 {
				end++
			}
			parts = append(parts, array.NewSlice(col, int64(rows[i]), int64(rows[end-1]+1)))
		}
		i = end
	}
	if len(parts) == 0 {
		return array.MakeArrayOfNull(mem, col.DataType(), 0), nil
	}
	return array.Concatenate(parts, mem)
}
