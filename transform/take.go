package transform

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// rowSet is a set of rows, one bit each from the first bit on.
type rowSet []byte

func newRowSet(rows int) rowSet { return make(rowSet, bitutil.BytesForBits(int64(rows))) }

// each calls f for every run of set bits among the first rows.
func (b rowSet) each(rows int, f func(start, end int)) {
	for i := 0; i < rows; {
		if i%8 == 0 && b[i/8] == 0 {
			i += 8
			continue
		}
		if !bitutil.BitIsSet(b, i) {
			i++
			continue
		}
		start := i
		for i < rows && bitutil.BitIsSet(b, i) {
			i++
		}
		f(start, i)
	}
}

// indices returns the row numbers of the set bits.
func (b rowSet) indices(rows int) []int64 {
	out := make([]int64, 0, bitutil.CountSetBits(b, 0, rows))
	b.each(rows, func(start, end int) {
		for i := start; i < end; i++ {
			out = append(out, int64(i))
		}
	})
	return out
}

// keep returns the rows of rec that are in the set.
func keep(ctx context.Context, rec arrow.Record, rows rowSet) (result, error) {
	n := int(rec.NumRows())
	kept := bitutil.CountSetBits(rows, 0, n)
	origins := func() []int64 { return rows.indices(n) }
	switch kept {
	case 0:
		return result{origins: origins}, nil
	case n:
		rec.Retain()
		return result{out: rec}, nil
	}
	numbers := indexArray(compute.GetAllocator(ctx), rows, n, kept)
	defer numbers.Release()
	cols := make([]arrow.Array, 0, rec.NumCols())
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	for i, col := range rec.Columns() {
		c, err := takeColumn(ctx, col, rows, numbers)
		if err != nil {
			return result{}, fmt.Errorf("column %q: %w", rec.ColumnName(i), err)
		}
		cols = append(cols, c)
	}
	return result{out: array.NewRecord(rec.Schema(), cols, int64(kept)), origins: origins}, nil
}

func indexArray(mem memory.Allocator, rows rowSet, n, kept int) arrow.Array {
	buf := memory.NewResizableBuffer(mem)
	defer buf.Release()
	buf.Resize(kept * arrow.Uint32SizeBytes)
	numbers := arrow.Uint32Traits.CastFromBytes(buf.Bytes())
	k := 0
	rows.each(n, func(start, end int) {
		for i := start; i < end; i++ {
			numbers[k] = uint32(i)
			k++
		}
	})
	data := array.NewData(arrow.PrimitiveTypes.Uint32, kept, []*memory.Buffer{nil, buf}, nil, 0, 0)
	defer data.Release()
	return array.NewUint32Data(data)
}

// takeColumn returns the rows of col that are in the set; numbers are the same as an array.
func takeColumn(ctx context.Context, col arrow.Array, rows rowSet, numbers arrow.Array) (arrow.Array, error) {
	if d, ok := col.(*array.Dictionary); ok {
		taken, err := takeColumn(ctx, d.Indices(), rows, numbers)
		if err != nil {
			return nil, err
		}
		defer taken.Release()
		return array.NewDictionaryArray(d.DataType(), taken, d.Dictionary()), nil
	}
	if takeable(col.DataType()) {
		return compute.TakeArrayOpts(ctx, col, numbers, compute.TakeOptions{BoundsCheck: false})
	}
	var runs []arrow.Array
	rows.each(col.Len(), func(start, end int) {
		runs = append(runs, array.NewSlice(col, int64(start), int64(end)))
	})
	defer func() {
		for _, r := range runs {
			r.Release()
		}
	}()
	return array.Concatenate(runs, compute.GetAllocator(ctx))
}

// takeValues returns the values at the numbers; a null number gives a null.
func takeValues(ctx context.Context, values arrow.Array, numbers *array.Int64) (arrow.Array, error) {
	if takeable(values.DataType()) {
		return compute.TakeArrayOpts(ctx, values, numbers, compute.TakeOptions{BoundsCheck: false})
	}
	mem := compute.GetAllocator(ctx)
	var parts []arrow.Array
	defer func() {
		for _, p := range parts {
			p.Release()
		}
	}()
	for i := range numbers.Len() {
		if numbers.IsNull(i) {
			parts = append(parts, array.MakeArrayOfNull(mem, values.DataType(), 1))
		} else {
			parts = append(parts, array.NewSlice(values, numbers.Value(i), numbers.Value(i)+1))
		}
	}
	if len(parts) == 0 {
		return array.NewSlice(values, 0, 0), nil
	}
	return array.Concatenate(parts, mem)
}

// takeable says for which types arrow's take is there. It lacks maps, unions, dictionaries inside of others
// and what is run-end encoded.
func takeable(dt arrow.DataType) bool {
	switch t := dt.(type) {
	case *arrow.ListType:
		return takeable(t.Elem())
	case *arrow.LargeListType:
		return takeable(t.Elem())
	case *arrow.FixedSizeListType:
		return takeable(t.Elem())
	case *arrow.StructType:
		for _, f := range t.Fields() {
			if !takeable(f.Type) {
				return false
			}
		}
		return true
	}
	switch id := dt.ID(); id {
	case arrow.INTERVAL_MONTHS, arrow.INTERVAL_DAY_TIME, arrow.INTERVAL_MONTH_DAY_NANO, arrow.FLOAT16:
		return false
	default:
		return arrow.IsPrimitive(id) || arrow.IsBaseBinary(id) || arrow.IsDecimal(id) || id == arrow.FIXED_SIZE_BINARY
	}
}
