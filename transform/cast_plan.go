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

// report notes that the value of a row cannot be had in the new type: code is one of deadletter.
type report func(row int, code, why string)

// caster makes a column another type. A row that it reports has any value in the result. The result is the
// caller's.
//
// Arrow's own casts are not used: of version 17 they read "010" as octal, turn what overflows a float into
// infinity, lose the offset of boolean slices, and stop at the first bad value without saying which.
type caster func(ctx context.Context, col arrow.Array, bad report) (arrow.Array, error)

// planCast returns what makes columns of one type another, or an error where there is nothing.
func planCast(from, to arrow.DataType) (caster, error) {
	if arrow.TypeEqual(from, to) {
		return func(_ context.Context, col arrow.Array, _ report) (arrow.Array, error) {
			col.Retain()
			return col, nil
		}, nil
	}
	if ext, ok := from.(arrow.ExtensionType); ok {
		inner, err := planCast(ext.StorageType(), to)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, col arrow.Array, bad report) (arrow.Array, error) {
			return inner(ctx, col.(array.ExtensionArray).Storage(), bad)
		}, nil
	}
	var c caster
	var err error
	switch from := from.(type) {
	case *arrow.NullType:
		if castable(to) {
			c = func(ctx context.Context, col arrow.Array, _ report) (arrow.Array, error) {
				return array.MakeArrayOfNull(compute.GetAllocator(ctx), to, col.Len()), nil
			}
		}
	case *arrow.DictionaryType:
		c, err = planDictionary(from, to)
	case *arrow.StructType:
		if to, ok := to.(*arrow.StructType); ok {
			c, err = planStruct(from, to)
		}
	case *arrow.MapType, *arrow.ListType, *arrow.LargeListType, *arrow.FixedSizeListType:
		c, err = planList(from.(arrow.ListLikeType), to)
	default:
		c, err = planFlat(from, to)
	}
	if err == nil && c == nil {
		err = fmt.Errorf("there is no cast from %s to %s", from, to)
	}
	return c, err
}

// castable says which types a cast may lead to.
func castable(to arrow.DataType) bool {
	switch to := to.(type) {
	case *arrow.StructType:
		for _, f := range to.Fields() {
			if !castable(f.Type) {
				return false
			}
		}
		return true
	case *arrow.MapType:
		return castable(to.KeyType()) && castable(to.ItemType())
	case *arrow.ListType, *arrow.LargeListType:
		return castable(to.(arrow.ListLikeType).Elem())
	}
	return familyOf(to) != familyNone
}

// planFlat plans a cast between types without children.
func planFlat(from, to arrow.DataType) (caster, error) {
	source, target := familyOf(from), familyOf(to)
	switch {
	case source == familyNone || target == familyNone:
		return nil, nil
	case target == familyText:
		return planToText(from, to)
	case source == familyText:
		return planFromText(from, to)
	case target == familyBytes || source == familyBytes:
		return planBytes(from, to), nil
	case source == familyTime && target == familyTime:
		return planTime(from, to)
	case source == familyTime && target != familyInt || target == familyTime && source != familyInt:
		return nil, nil
	case target == familyDecimal:
		return planToDecimal(from, to.(arrow.DecimalType))
	case source == familyDecimal:
		return planFromDecimal(from.(arrow.DecimalType), to), nil
	}
	return planNumber(from, to), nil
}

// family groups the flat types by how their values are read.
type family int

const (
	familyNone family = iota
	familyInt
	familyFloat
	familyBool
	familyDecimal
	familyTime
	familyText
	familyBytes
)

func familyOf(dt arrow.DataType) family {
	switch id := dt.ID(); {
	case arrow.IsInteger(id):
		return familyInt
	case id == arrow.FLOAT32 || id == arrow.FLOAT64:
		return familyFloat
	case id == arrow.BOOL:
		return familyBool
	case arrow.IsDecimal(id):
		return familyDecimal
	case id == arrow.STRING || id == arrow.LARGE_STRING:
		return familyText
	case id == arrow.BINARY || id == arrow.LARGE_BINARY || id == arrow.FIXED_SIZE_BINARY:
		return familyBytes
	}
	switch dt.ID() {
	case arrow.DATE32, arrow.DATE64, arrow.TIME32, arrow.TIME64, arrow.TIMESTAMP, arrow.DURATION:
		return familyTime
	}
	return familyNone
}

// planDictionary casts the dictionary once and takes its entries by the indices.
func planDictionary(from *arrow.DictionaryType, to arrow.DataType) (caster, error) {
	inner, err := planCast(from.ValueType, to)
	if err != nil {
		return nil, err
	}
	return overDictionary(inner), nil
}

// overDictionary makes a caster of the values of dictionaries one of the dictionaries.
func overDictionary(inner caster) caster {
	return func(ctx context.Context, col arrow.Array, bad report) (arrow.Array, error) {
		d := col.(*array.Dictionary)
		type fault struct{ code, why string }
		faults := map[int]fault{}
		values, err := inner(ctx, d.Dictionary(), func(entry int, code, why string) { faults[entry] = fault{code, why} })
		if err != nil {
			return nil, err
		}
		defer values.Release()
		rows := make([]int, d.Len())
		for i := range rows {
			rows[i] = -1
			if d.IsNull(i) {
				continue
			}
			rows[i] = d.GetValueIndex(i)
			if f, ok := faults[rows[i]]; ok {
				bad(i, f.code, f.why)
			}
		}
		return take(ctx, values, rows)
	}
}

// planStruct casts field by field; each field of the new struct is one of the old by its name.
func planStruct(from, to *arrow.StructType) (caster, error) {
	sources := make([]int, to.NumFields())
	casts := make([]caster, to.NumFields())
	for i, f := range to.Fields() {
		at, ok := from.FieldIdx(f.Name)
		if !ok {
			return nil, fmt.Errorf("field %q is missing in %s", f.Name, from)
		}
		c, err := planCast(from.Field(at).Type, f.Type)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", f.Name, err)
		}
		sources[i], casts[i] = at, c
	}
	return func(ctx context.Context, col arrow.Array, bad report) (arrow.Array, error) {
		s := col.(*array.Struct)
		children := make([]arrow.ArrayData, len(casts))
		for i, c := range casts {
			name := to.Field(i).Name
			child, err := c(ctx, s.Field(sources[i]), func(row int, code, why string) {
				if s.IsValid(row) {
					bad(row, code, fmt.Sprintf("field %q: %s", name, why))
				}
			})
			if err != nil {
				return nil, fmt.Errorf("field %q: %w", name, err)
			}
			defer child.Release()
			children[i] = child.Data()
		}
		valid := validity(compute.GetAllocator(ctx), col)
		defer release(valid)
		data := array.NewData(to, col.Len(), []*memory.Buffer{valid}, children, col.NullN(), 0)
		defer data.Release()
		return array.MakeFromData(data), nil
	}, nil
}

// validity returns the validity bitmap of a column from bit 0 on, shared where it is so already; nil where
// nothing is null.
func validity(mem memory.Allocator, col arrow.Array) *memory.Buffer {
	if col.NullN() == 0 || col.Data().Buffers()[0] == nil {
		return nil
	}
	old := col.Data().Buffers()[0]
	offset := col.Data().Offset()
	if offset == 0 {
		old.Retain()
		return old
	}
	buf := memory.NewResizableBuffer(mem)
	buf.Resize(int(bitutil.BytesForBits(int64(col.Len()))))
	bitutil.CopyBitmap(old.Bytes(), offset, col.Len(), buf.Bytes(), 0)
	return buf
}

func release(b *memory.Buffer) {
	if b != nil {
		b.Release()
	}
}
