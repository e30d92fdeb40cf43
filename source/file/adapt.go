package file

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// adapter brings the records of one file into the schema of all. It is immutable.
type adapter struct {
	mem    memory.Allocator
	schema *arrow.Schema
	from   []int // per field of schema the column of the file's records, or -1
	same   bool  // the records need a schema and nothing else
}

// newAdapter makes the adapter of a file whose records have the schema own.
func newAdapter(mem memory.Allocator, own, schema *arrow.Schema) *adapter {
	a := &adapter{mem: mem, schema: schema, from: make([]int, schema.NumFields()), same: own.NumFields() == schema.NumFields()}
	for i, f := range schema.Fields() {
		a.from[i] = -1
		if at := own.FieldIndices(f.Name); len(at) > 0 {
			a.from[i] = at[0]
			a.same = a.same && at[0] == i && arrow.TypeEqual(own.Field(i).Type, f.Type)
		} else {
			a.same = false
		}
	}
	return a
}

// adapt takes over rec and returns it in the schema.
func (a *adapter) adapt(ctx context.Context, rec arrow.Record) (arrow.Record, error) {
	defer rec.Release()
	if a.same {
		return array.NewRecord(a.schema, rec.Columns(), rec.NumRows()), nil
	}
	cols := make([]arrow.Array, 0, len(a.from))
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	for i, from := range a.from {
		f := a.schema.Field(i)
		if from < 0 {
			cols = append(cols, array.MakeArrayOfNull(a.mem, f.Type, int(rec.NumRows())))
			continue
		}
		col, err := convert(ctx, a.mem, rec.Column(from), f.Type)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		cols = append(cols, col)
	}
	return array.NewRecord(a.schema, cols, rec.NumRows()), nil
}

// convert returns arr as another type that its own widens to. arr is borrowed.
func convert(ctx context.Context, mem memory.Allocator, arr arrow.Array, to arrow.DataType) (arrow.Array, error) {
	if arrow.TypeEqual(arr.DataType(), to) {
		arr.Retain()
		return arr, nil
	}
	if arr.DataType().ID() == arrow.NULL {
		return array.MakeArrayOfNull(mem, to, arr.Len()), nil
	}
	switch t := to.(type) {
	case *arrow.StructType:
		return convertStruct(ctx, mem, arr.(*array.Struct), t)
	case *arrow.ListType:
		return convertList(ctx, mem, arr.(*array.List), t)
	}
	out, err := compute.CastArray(compute.WithAllocator(ctx, mem), arr, compute.SafeCastOptions(to))
	if err != nil {
		return nil, fmt.Errorf("from %s to %s: %w", arr.DataType(), to, err)
	}
	return out, nil
}

// convertStruct converts the fields and puts nulls where one is missing.
func convertStruct(ctx context.Context, mem memory.Allocator, arr *array.Struct, to *arrow.StructType) (arrow.Array, error) {
	own := arr.DataType().(*arrow.StructType)
	children := make([]arrow.ArrayData, 0, to.NumFields())
	defer func() {
		for _, c := range children {
			c.Release()
		}
	}()
	for _, f := range to.Fields() {
		var child arrow.Array
		if i, ok := own.FieldIdx(f.Name); ok {
			var err error
			if child, err = convert(ctx, mem, arr.Field(i), f.Type); err != nil {
				return nil, fmt.Errorf("field %q: %w", f.Name, err)
			}
		} else {
			child = array.MakeArrayOfNull(mem, f.Type, arr.Len())
		}
		child.Data().Retain()
		children = append(children, child.Data())
		child.Release()
	}
	// Field(i) is cut to the rows of arr already, so that the validity alone has an offset.
	validity, err := validityOf(mem, arr)
	if err != nil {
		return nil, err
	}
	if validity != nil {
		defer validity.Release()
	}
	data := array.NewData(to, arr.Len(), []*memory.Buffer{validity}, children, arr.NullN(), 0)
	defer data.Release()
	return array.MakeFromData(data), nil
}

// convertList converts the values below the same offsets.
func convertList(ctx context.Context, mem memory.Allocator, arr *array.List, to *arrow.ListType) (arrow.Array, error) {
	values, err := convert(ctx, mem, arr.ListValues(), to.Elem())
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	defer values.Release()
	own := arr.Data()
	data := array.NewData(to, own.Len(), own.Buffers(), []arrow.ArrayData{values.Data()}, own.NullN(), own.Offset())
	defer data.Release()
	return array.MakeFromData(data), nil
}

// validityOf returns the validity of arr as bits that begin at 0, or nil where no value is null.
func validityOf(mem memory.Allocator, arr arrow.Array) (*memory.Buffer, error) {
	if arr.NullN() == 0 {
		return nil, nil
	}
	buf := arr.Data().Buffers()[0]
	if arr.Data().Offset() == 0 {
		buf.Retain()
		return buf, nil
	}
	b := array.NewBooleanBuilder(mem)
	defer b.Release()
	b.Reserve(arr.Len())
	for i := range arr.Len() {
		b.UnsafeAppend(arr.IsValid(i))
	}
	bits := b.NewBooleanArray()
	defer bits.Release()
	out := bits.Data().Buffers()[1]
	out.Retain()
	return out, nil
}
