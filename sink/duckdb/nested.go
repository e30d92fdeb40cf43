package duckdb

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/rejects"
)

// fixNested applies one fixer to each child of a nested array and gives it the type view. Slices inside nested
// arrays are copied first: a sliced struct is exported with its offset applied twice.
func fixNested(view arrow.DataType, children []fixer) fixer {
	return func(mem memory.Allocator, a arrow.Array, f *faults) arrow.Array {
		a = compact(mem, a)
		defer a.Release()
		data := a.Data()
		fixed := make([]arrow.ArrayData, len(children))
		for i, child := range data.Children() {
			elements := array.MakeFromData(child)
			done := keep(elements)
			var below faults
			if children[i] != nil {
				done.Release()
				done = children[i](mem, elements, &below)
			}
			elements.Release()
			defer done.Release()
			fixed[i] = done.Data()
			if lists, ok := a.(array.ListLike); ok {
				f.rise(lists, &below)
				continue
			}
			for _, r := range below.list {
				if a.IsValid(int(r.Row)) {
					f.list = append(f.list, r)
				}
			}
		}
		f.list = rejects.Merge(f.list)
		out := array.NewData(view, data.Len(), data.Buffers(), fixed, data.NullN(), data.Offset())
		defer out.Release()
		return array.MakeFromData(out)
	}
}

// compact returns a, or a copy of it where any part of it begins amid its buffers. The caller releases it.
func compact(mem memory.Allocator, a arrow.Array) arrow.Array {
	if !sliced(a.Data()) {
		return keep(a)
	}
	whole, err := array.Concatenate([]arrow.Array{a}, mem)
	if err != nil {
		// Concatenate fails for types that mapAny refuses, and where offsets overflow, which one array cannot.
		panic("sink/duckdb: copy a slice of " + a.DataType().String() + ": " + err.Error())
	}
	return whole
}

// compactRecord does it for the nested columns of a borrowed record.
func compactRecord(mem memory.Allocator, rec arrow.Record) arrow.Record {
	columns := make([]arrow.Array, rec.NumCols())
	for i, c := range rec.Columns() {
		if arrow.IsNested(c.DataType().ID()) {
			columns[i] = compact(mem, c)
		} else {
			columns[i] = keep(c)
		}
		defer columns[i].Release()
	}
	return array.NewRecord(rec.Schema(), columns, rec.NumRows())
}

// fixOffset copies an array that does not begin with its buffers, where DuckDB reads other rows' values.
func fixOffset(mem memory.Allocator, a arrow.Array, _ *faults) arrow.Array { return compact(mem, a) }

// unpackText makes plain text of a dictionary of text.
func unpackText(mem memory.Allocator, a arrow.Array, f *faults) arrow.Array {
	d := a.(*array.Dictionary)
	values := d.Dictionary().(interface{ Value(i int) string })
	b := array.NewLargeStringBuilder(mem)
	defer b.Release()
	b.Reserve(d.Len())
	for i := range d.Len() {
		if rejects.IsNull(d, i) {
			b.AppendNull()
			continue
		}
		b.Append(values.Value(d.GetValueIndex(i)))
	}
	texts := b.NewLargeStringArray()
	checkUTF8(texts, texts.ValueOffsets(), texts.ValueBytes(), texts.Value, f)
	return texts
}

// unpackBytes makes plain bytes of a dictionary of bytes.
func unpackBytes(mem memory.Allocator, a arrow.Array, _ *faults) arrow.Array {
	d := a.(*array.Dictionary)
	values := d.Dictionary().(interface{ Value(i int) []byte })
	b := array.NewBinaryBuilder(mem, arrow.BinaryTypes.LargeBinary)
	defer b.Release()
	b.Reserve(d.Len())
	for i := range d.Len() {
		if rejects.IsNull(d, i) {
			b.AppendNull()
			continue
		}
		b.Append(values.Value(d.GetValueIndex(i)))
	}
	return b.NewArray()
}

func sliced(data arrow.ArrayData) bool {
	if data.Offset() != 0 {
		return true
	}
	for _, child := range data.Children() {
		if sliced(child) || data.DataType().ID() == arrow.STRUCT && child.Len() != data.Len() {
			return true
		}
	}
	return false
}

// fixDictionary applies the fixer of the values to the dictionary, so that a value is checked once. A dictionary
// without values gets one, null: DuckDB crashes otherwise.
func fixDictionary(values fixer, view *arrow.DictionaryType) fixer {
	return func(mem memory.Allocator, a arrow.Array, f *faults) arrow.Array {
		d := a.(*array.Dictionary)
		var fixed arrow.Array
		var below faults
		switch {
		case d.Dictionary().Len() == 0:
			fixed = array.MakeArrayOfNull(mem, view.ValueType, 1)
		case values != nil:
			fixed = values(mem, d.Dictionary(), &below)
		default:
			fixed = compact(mem, d.Dictionary())
		}
		defer fixed.Release()
		if len(below.list) > 0 {
			for i := range d.Len() {
				if d.IsNull(i) {
					continue
				}
				if r, bad := faultOf(below.list, int64(d.GetValueIndex(i))); bad {
					r.Row = int64(i)
					f.list = append(f.list, r)
				}
			}
		}
		data := d.Data()
		out := array.NewDataWithDictionary(view, data.Len(), data.Buffers(), data.NullN(), data.Offset(), fixed.Data().(*array.Data))
		defer out.Release()
		return array.MakeFromData(out)
	}
}
