package file

import (
	"github.com/apache/arrow/go/v17/arrow"
)

// mergeTypes returns the narrowest type to which values of a and b widen without loss; false where there is
// none.
func mergeTypes(a, b arrow.DataType) (arrow.DataType, bool) {
	if arrow.TypeEqual(a, b) {
		return a, true
	}
	if a.ID() == arrow.NULL {
		return b, true
	}
	if b.ID() == arrow.NULL {
		return a, true
	}
	if d, ok := a.(*arrow.DictionaryType); ok {
		return mergeTypes(d.ValueType, b)
	}
	if d, ok := b.(*arrow.DictionaryType); ok {
		return mergeTypes(a, d.ValueType)
	}
	for _, rule := range []func(a, b arrow.DataType) arrow.DataType{
		mergeNumbers, mergeDecimals, mergeBytes, mergeTimes, mergeNested,
	} {
		if t := rule(a, b); t != nil {
			return t, true
		}
		if t := rule(b, a); t != nil {
			return t, true
		}
	}
	return nil, false
}

var (
	signed   = []arrow.DataType{arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64}
	unsigned = []arrow.DataType{arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64}
	floats   = []arrow.DataType{arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64}
)

// rank returns where t stands in types, or -1.
func rank(types []arrow.DataType, t arrow.DataType) int {
	for i := range types {
		if types[i].ID() == t.ID() {
			return i
		}
	}
	return -1
}

// mergeNumbers takes signed, then unsigned integers and floats. An integer of up to 16 bits is exact in a
// float32; a wider one goes into a float64, and a value beyond 2^53 is an error when it comes.
func mergeNumbers(a, b arrow.DataType) arrow.DataType {
	s, u, f := rank(signed, a), rank(unsigned, a), rank(floats, a)
	switch {
	case s >= 0 && rank(signed, b) >= 0:
		return signed[max(s, rank(signed, b))]
	case u >= 0 && rank(unsigned, b) >= 0:
		return unsigned[max(u, rank(unsigned, b))]
	case f >= 0 && rank(floats, b) >= 0:
		return floats[max(f, rank(floats, b))]
	case s >= 0 && rank(unsigned, b) >= 0 && rank(unsigned, b) < 3:
		return signed[max(s, rank(unsigned, b)+1)]
	case (s >= 0 || u >= 0) && rank(floats, b) >= 0:
		if max(s, u) <= 1 {
			return floats[max(1, rank(floats, b))]
		}
		return arrow.PrimitiveTypes.Float64
	}
	return nil
}

// mergeDecimals takes a decimal, and a decimal or an integer.
func mergeDecimals(a, b arrow.DataType) arrow.DataType {
	x, ok := a.(arrow.DecimalType)
	if !ok {
		return nil
	}
	scale, whole := x.GetScale(), x.GetPrecision()-x.GetScale()
	wide := a.ID() == arrow.DECIMAL256 || b.ID() == arrow.DECIMAL256
	if y, ok := b.(arrow.DecimalType); ok {
		scale = max(scale, y.GetScale())
		whole = max(whole, y.GetPrecision()-y.GetScale())
	} else {
		digits := map[arrow.Type]int32{
			arrow.INT8: 3, arrow.UINT8: 3, arrow.INT16: 5, arrow.UINT16: 5,
			arrow.INT32: 10, arrow.UINT32: 10, arrow.INT64: 19, arrow.UINT64: 20,
		}[b.ID()]
		if digits == 0 {
			return nil
		}
		whole = max(whole, digits)
	}
	switch precision := whole + scale; {
	case precision <= 38 && !wide:
		return &arrow.Decimal128Type{Precision: precision, Scale: scale}
	case precision <= 76:
		return &arrow.Decimal256Type{Precision: precision, Scale: scale}
	}
	return nil
}

func mergeBytes(a, b arrow.DataType) arrow.DataType {
	switch {
	case a.ID() == arrow.STRING && b.ID() == arrow.LARGE_STRING, a.ID() == arrow.BINARY && b.ID() == arrow.LARGE_BINARY:
		return b
	}
	return nil
}

// mergeTimes takes the finer unit; zones must agree. A date is a timestamp at midnight.
func mergeTimes(a, b arrow.DataType) arrow.DataType {
	switch x := a.(type) {
	case *arrow.TimestampType:
		if y, ok := b.(*arrow.TimestampType); ok && x.TimeZone == y.TimeZone {
			return &arrow.TimestampType{Unit: max(x.Unit, y.Unit), TimeZone: x.TimeZone}
		}
		if b.ID() == arrow.DATE32 && x.TimeZone == "" {
			return x
		}
	case *arrow.DurationType:
		if y, ok := b.(*arrow.DurationType); ok {
			return &arrow.DurationType{Unit: max(x.Unit, y.Unit)}
		}
	case *arrow.Time32Type:
		switch y := b.(type) {
		case *arrow.Time32Type:
			return &arrow.Time32Type{Unit: max(x.Unit, y.Unit)}
		case *arrow.Time64Type:
			return y
		}
	case *arrow.Time64Type:
		if y, ok := b.(*arrow.Time64Type); ok {
			return &arrow.Time64Type{Unit: max(x.Unit, y.Unit)}
		}
	}
	return nil
}

// mergeNested merges what lists hold, and structs field by field.
func mergeNested(a, b arrow.DataType) arrow.DataType {
	switch x := a.(type) {
	case *arrow.ListType:
		if y, ok := b.(*arrow.ListType); ok {
			if f, ok := mergeFields(x.ElemField(), y.ElemField()); ok {
				return arrow.ListOfField(f)
			}
		}
	case *arrow.StructType:
		if y, ok := b.(*arrow.StructType); ok {
			if fields, ok := mergeStructs(x.Fields(), y.Fields()); ok {
				return arrow.StructOf(fields...)
			}
		}
	}
	return nil
}

func mergeFields(a, b arrow.Field) (arrow.Field, bool) {
	t, ok := mergeTypes(a.Type, b.Type)
	return arrow.Field{Name: a.Name, Type: t, Nullable: a.Nullable || b.Nullable, Metadata: a.Metadata}, ok
}

// mergeStructs puts the fields of b that a lacks behind those of a.
func mergeStructs(a, b []arrow.Field) ([]arrow.Field, bool) {
	out := append([]arrow.Field{}, a...)
	at := make(map[string]int, len(out))
	for i, f := range out {
		if _, twice := at[f.Name]; twice {
			return nil, false
		}
		at[f.Name] = i
	}
	shared := map[string]bool{}
	for _, f := range b {
		i, ok := at[f.Name]
		if !ok {
			f.Nullable = true
			out = append(out, f)
			continue
		}
		if shared[f.Name] {
			return nil, false
		}
		shared[f.Name] = true
		if out[i], ok = mergeFields(out[i], f); !ok {
			return nil, false
		}
	}
	for i := range a {
		if !shared[out[i].Name] {
			out[i].Nullable = true
		}
	}
	return out, true
}

// mergeSoft merges types of which one or both were only inferred from text, which can be read as another type
// too. What does not merge is read as the type that is fixed; two inferred ones as text.
func mergeSoft(a, b arrow.DataType, aSoft, bSoft bool) (t arrow.DataType, soft, ok bool) {
	if t, ok := mergeTypes(a, b); ok {
		return t, aSoft && bSoft, true
	}
	switch {
	case aSoft && bSoft:
		if x, y, ok := structs(a, b); ok {
			return mergeSoftStructs(x, y), true, true
		}
		if isNested(a) || isNested(b) {
			return nil, false, false
		}
		return arrow.BinaryTypes.String, true, true
	case aSoft && !isNested(a) && !isText(a) && !isNested(b):
		return b, false, true
	case bSoft && !isNested(b) && !isText(b) && !isNested(a):
		return a, false, true
	}
	return nil, false, false
}

func structs(a, b arrow.DataType) (x, y *arrow.StructType, ok bool) {
	x, okX := a.(*arrow.StructType)
	y, okY := b.(*arrow.StructType)
	return x, y, okX && okY
}

// mergeSoftStructs merges inferred structs; fields that do not merge are text.
func mergeSoftStructs(a, b *arrow.StructType) arrow.DataType {
	out := append([]arrow.Field{}, a.Fields()...)
	for _, f := range b.Fields() {
		i, ok := a.FieldIdx(f.Name)
		if !ok {
			out = append(out, f)
			continue
		}
		t, _, ok := mergeSoft(out[i].Type, f.Type, true, true)
		if !ok {
			t = arrow.BinaryTypes.String
		}
		out[i].Type = t
	}
	for i := range out {
		out[i].Nullable = true
	}
	return arrow.StructOf(out...)
}

func isNested(t arrow.DataType) bool { return arrow.IsNested(t.ID()) }

func isText(t arrow.DataType) bool { return t.ID() == arrow.STRING || t.ID() == arrow.LARGE_STRING }
