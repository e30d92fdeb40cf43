// Package jsonvalue writes Arrow values as JSON, for databases that keep nested values so. Nothing is lost: what JSON has
// no form for is a string.
//
//	bool                          true, false
//	integers                      numbers, of all digits
//	floats                        numbers that read back the same; "NaN", "+Inf", "-Inf"
//	decimals                      strings: "-12.50"
//	text                          strings; what is not UTF-8 is an error
//	bytes                         strings in base64
//	dates, times, timestamps      strings: "2024-02-29", "12:34:56.000001", "2024-02-29 12:34:56.000001+00:00"
//	list                          arrays
//	struct                        objects, in the order of the fields
//	map                           arrays of {"key": …, "value": …}
//	dictionary, extension         as their values
package jsonvalue

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/internal/decimaltext"
	"github.com/floedata/floe/internal/timetext"
)

// Check says which part of a type has no form in JSON.
func Check(dt arrow.DataType) error {
	switch dt := dt.(type) {
	case arrow.ExtensionType:
		return Check(dt.StorageType())
	case *arrow.DictionaryType:
		return Check(dt.ValueType)
	case *arrow.StructType:
		seen := map[string]bool{}
		for _, f := range dt.Fields() {
			if seen[f.Name] {
				return fmt.Errorf("two of its fields have the name %q: rename one", f.Name)
			}
			seen[f.Name] = true
			if !utf8.ValidString(f.Name) {
				return fmt.Errorf("the name of its field %q is not UTF-8: rename it", f.Name)
			}
			if err := Check(f.Type); err != nil {
				return fmt.Errorf("its field %q: %w", f.Name, err)
			}
		}
		return nil
	case arrow.ListLikeType:
		return Check(dt.Elem())
	case *arrow.Decimal128Type:
		return checkScale(dt.Scale)
	case *arrow.Decimal256Type:
		return checkScale(dt.Scale)
	}
	switch dt.ID() {
	case arrow.NULL, arrow.BOOL, arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64,
		arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64, arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW,
		arrow.BINARY, arrow.LARGE_BINARY, arrow.BINARY_VIEW, arrow.FIXED_SIZE_BINARY,
		arrow.DATE32, arrow.DATE64, arrow.TIME32, arrow.TIME64, arrow.TIMESTAMP:
		return nil
	}
	return fmt.Errorf("%s has no form in JSON: convert it before", dt)
}

func checkScale(scale int32) error {
	if scale < 0 {
		return fmt.Errorf("a decimal of negative scale has no form in JSON: convert it before")
	}
	return nil
}

// Append appends the value of a row, of a type that Check has let pass, to dst. An error says which value has no form.
func Append(dst []byte, a arrow.Array, i int) ([]byte, error) {
	if a.IsNull(i) {
		return append(dst, "null"...), nil
	}
	switch a := a.(type) {
	case *array.Null:
		return append(dst, "null"...), nil
	case array.ExtensionArray:
		return Append(dst, a.Storage(), i)
	case *array.Dictionary:
		return Append(dst, a.Dictionary(), a.GetValueIndex(i))
	case *array.Struct:
		return appendStruct(dst, a, i)
	case *array.Map:
		return appendMap(dst, a, i)
	case array.ListLike:
		return appendList(dst, a, i)
	case *array.Boolean:
		return strconv.AppendBool(dst, a.Value(i)), nil
	case *array.String:
		return appendString(dst, a.Value(i))
	case *array.LargeString:
		return appendString(dst, a.Value(i))
	case *array.StringView:
		return appendString(dst, a.Value(i))
	}
	if n, ok := appendInteger(dst, a, i); ok {
		return n, nil
	}
	if n, ok := appendFloat(dst, a, i); ok {
		return n, nil
	}
	if b, ok := bytesOf(a, i); ok {
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), b)
		return append(dst, '"'), nil
	}
	if v, scale, ok := decimaltext.Value(a, i); ok {
		dst = decimaltext.Append(append(dst, '"'), v, scale, scale)
		return append(dst, '"'), nil
	}
	dst, err := timetext.Append(append(dst, '"'), a, i)
	return append(dst, '"'), err
}

func appendStruct(dst []byte, a *array.Struct, i int) ([]byte, error) {
	var err error
	dst = append(dst, '{')
	for k, f := range a.DataType().(*arrow.StructType).Fields() {
		if k > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendString(dst, f.Name); err != nil {
			return dst, err
		}
		if dst, err = Append(append(dst, ':'), a.Field(k), i); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func appendMap(dst []byte, a *array.Map, i int) ([]byte, error) {
	var err error
	dst = append(dst, '[')
	from, to := a.ValueOffsets(i)
	for k := int(from); k < int(to); k++ {
		if k > int(from) {
			dst = append(dst, ',')
		}
		if dst, err = Append(append(dst, `{"key":`...), a.Keys(), k); err != nil {
			return dst, err
		}
		if dst, err = Append(append(dst, `,"value":`...), a.Items(), k); err != nil {
			return dst, err
		}
		dst = append(dst, '}')
	}
	return append(dst, ']'), nil
}

func appendList(dst []byte, a array.ListLike, i int) ([]byte, error) {
	var err error
	dst = append(dst, '[')
	from, to := a.ValueOffsets(i)
	for k := from; k < to; k++ {
		if k > from {
			dst = append(dst, ',')
		}
		if dst, err = Append(dst, a.ListValues(), int(k)); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendInteger(dst []byte, arr arrow.Array, i int) ([]byte, bool) {
	switch a := arr.(type) {
	case *array.Int8:
		return strconv.AppendInt(dst, int64(a.Value(i)), 10), true
	case *array.Int16:
		return strconv.AppendInt(dst, int64(a.Value(i)), 10), true
	case *array.Int32:
		return strconv.AppendInt(dst, int64(a.Value(i)), 10), true
	case *array.Int64:
		return strconv.AppendInt(dst, a.Value(i), 10), true
	case *array.Uint8:
		return strconv.AppendUint(dst, uint64(a.Value(i)), 10), true
	case *array.Uint16:
		return strconv.AppendUint(dst, uint64(a.Value(i)), 10), true
	case *array.Uint32:
		return strconv.AppendUint(dst, uint64(a.Value(i)), 10), true
	case *array.Uint64:
		return strconv.AppendUint(dst, a.Value(i), 10), true
	}
	return dst, false
}

func appendFloat(dst []byte, arr arrow.Array, i int) ([]byte, bool) {
	var v float64
	bits := 64
	switch a := arr.(type) {
	case *array.Float16:
		v, bits = float64(a.Value(i).Float32()), 32
	case *array.Float32:
		v, bits = float64(a.Value(i)), 32
	case *array.Float64:
		v = a.Value(i)
	default:
		return dst, false
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		dst = strconv.AppendFloat(append(dst, '"'), v, 'g', -1, 64)
		return append(dst, '"'), true
	}
	form := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		form = 'e'
	}
	return strconv.AppendFloat(dst, v, form, -1, bits), true
}

func bytesOf(arr arrow.Array, i int) ([]byte, bool) {
	switch a := arr.(type) {
	case *array.Binary:
		return a.Value(i), true
	case *array.LargeBinary:
		return a.Value(i), true
	case *array.BinaryView:
		return a.Value(i), true
	case *array.FixedSizeBinary:
		return a.Value(i), true
	}
	return nil, false
}

// appendString quotes a text. Beside the quote, the backslash and control characters nothing is escaped.
func appendString(dst []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return dst, fmt.Errorf("%.200q is not valid UTF-8", s)
	}
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, s[start:]...), '"'), nil
}
