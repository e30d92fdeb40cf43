package transform

import (
	"context"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// planList casts what the lists hold; maps are lists of entries.
func planList(from arrow.ListLikeType, to arrow.DataType) (caster, error) {
	_, fromMap := from.(*arrow.MapType)
	var elem arrow.DataType
	switch to := to.(type) {
	case *arrow.MapType:
		if !fromMap {
			return nil, nil
		}
		elem = to.Elem()
	case *arrow.ListType, *arrow.LargeListType:
		if fromMap {
			return nil, nil
		}
		elem = to.(arrow.ListLikeType).Elem()
	default:
		return nil, nil
	}
	var inner caster
	var err error
	if m, ok := to.(*arrow.MapType); ok {
		inner, err = planEntries(from.(*arrow.MapType), m)
	} else {
		inner, err = planCast(from.Elem(), elem)
	}
	if err != nil {
		return nil, fmt.Errorf("in %s: %w", from, err)
	}
	return func(ctx context.Context, col arrow.Array, bad report) (arrow.Array, error) {
		return castList(ctx, col, to, inner, bad)
	}, nil
}

// planEntries casts the entries of maps by their places: what the fields are called is free in Arrow.
func planEntries(from, to *arrow.MapType) (caster, error) {
	old, now := from.Elem().(*arrow.StructType), to.Elem().(*arrow.StructType)
	fields := old.Fields()
	for i := range fields {
		fields[i].Name = now.Field(i).Name
	}
	named := arrow.StructOf(fields...)
	inner, err := planCast(named, now)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, col arrow.Array, bad report) (arrow.Array, error) {
		d := col.Data()
		data := array.NewData(named, d.Len(), d.Buffers(), d.Children(), d.NullN(), d.Offset())
		defer data.Release()
		a := array.MakeFromData(data)
		defer a.Release()
		return inner(ctx, a, bad)
	}, nil
}

// castList builds a list, large list or map over the cast values that the rows of col view.
func castList(ctx context.Context, col arrow.Array, to arrow.DataType, inner caster, bad report) (arrow.Array, error) {
	lists := col.(array.ListLike)
	n := col.Len()
	first, last := int64(0), int64(0)
	if n > 0 {
		first, _ = lists.ValueOffsets(0)
		_, last = lists.ValueOffsets(n - 1)
	}
	values := array.NewSlice(lists.ListValues(), first, last)
	defer values.Release()
	row := 0
	cast, err := inner(ctx, values, func(at int, code, why string) {
		row = rowOf(lists, row, first+int64(at))
		if col.IsValid(row) {
			bad(row, code, "in the list: "+why)
		}
	})
	if err != nil {
		return nil, err
	}
	defer cast.Release()
	offsets := memory.NewResizableBuffer(compute.GetAllocator(ctx))
	defer offsets.Release()
	if _, large := to.(*arrow.LargeListType); large {
		offsets.Resize((n + 1) * arrow.Int64SizeBytes)
		listOffsets(lists, n, first, arrow.Int64Traits.CastFromBytes(offsets.Bytes()))
	} else {
		if last-first > math.MaxInt32 {
			return nil, fmt.Errorf("a record has %d values in its lists, more than %s can hold; give smaller records", last-first, to)
		}
		offsets.Resize((n + 1) * arrow.Int32SizeBytes)
		listOffsets(lists, n, first, arrow.Int32Traits.CastFromBytes(offsets.Bytes()))
	}
	valid := validity(compute.GetAllocator(ctx), col)
	defer release(valid)
	data := array.NewData(to, n, []*memory.Buffer{valid, offsets}, []arrow.ArrayData{cast.Data()}, col.NullN(), 0)
	defer data.Release()
	return array.MakeFromData(data), nil
}

func listOffsets[T int32 | int64](lists array.ListLike, n int, first int64, out []T) {
	out[0] = 0
	for i := range n {
		_, end := lists.ValueOffsets(i)
		out[i+1] = T(end - first)
	}
}

// rowOf returns the row whose list has the value; the search begins at row where values come in order.
func rowOf(lists array.ListLike, row int, value int64) int {
	if start, _ := lists.ValueOffsets(row); start > value {
		row = 0
	}
	for {
		if _, end := lists.ValueOffsets(row); value < end {
			return row
		}
		row++
	}
}
