package snowflaketest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// arrowText returns rows as an Arrow stream in base64, as a reply has them: "" if there are none.
func arrowText(mem memory.Allocator, columns []engine.Column, rows [][]any) (string, error) {
	if len(rows) == 0 {
		return "", nil
	}
	stream, err := arrowStream(mem, columns, rows)
	return base64.StdEncoding.EncodeToString(stream), err
}

// arrowStream returns rows as an Arrow stream in the types that Snowflake has there.
func arrowStream(mem memory.Allocator, columns []engine.Column, rows [][]any) ([]byte, error) {
	fields := make([]arrow.Field, len(columns))
	arrays := make([]arrow.Array, 0, len(columns))
	defer func() {
		for _, a := range arrays {
			a.Release()
		}
	}()
	for i, c := range columns {
		values := make([]any, len(rows))
		for j, row := range rows {
			if len(row) != len(columns) {
				return nil, fmt.Errorf("a row of %d values in a result of %d columns", len(row), len(columns))
			}
			values[j] = row[i]
		}
		a, err := arrowArray(mem, c.Type, values)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		arrays = append(arrays, a)
		fields[i] = arrow.Field{Name: c.Name, Type: a.DataType(), Nullable: c.Nullable, Metadata: arrowMetadata(c)}
	}
	record := array.NewRecord(arrow.NewSchema(fields, nil), arrays, int64(len(rows)))
	defer record.Release()
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(record.Schema()), ipc.WithAllocator(mem))
	if err := w.Write(record); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}

// arrowMetadata is what a field says of its column.
func arrowMetadata(c engine.Column) arrow.Metadata {
	m := map[string]string{"logicalType": logicalTypes[c.Type.Kind]}
	switch c.Type.Kind {
	case types.Fixed:
		m["precision"], m["scale"] = strconv.Itoa(c.Type.Precision), strconv.Itoa(c.Type.Scale)
	case types.Time, types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
		m["precision"], m["scale"] = "0", strconv.Itoa(c.Type.Scale)
	case types.Text, types.Binary:
		m["charLength"] = strconv.FormatInt(c.Type.Length, 10)
	}
	return arrow.MetadataFrom(m)
}

var logicalTypes = map[types.Kind]string{
	types.Fixed: "FIXED", types.Real: "REAL", types.Text: "TEXT", types.Binary: "BINARY", types.Boolean: "BOOLEAN",
	types.Date: "DATE", types.Time: "TIME", types.TimestampNTZ: "TIMESTAMP_NTZ", types.TimestampLTZ: "TIMESTAMP_LTZ",
	types.TimestampTZ: "TIMESTAMP_TZ", types.Variant: "VARIANT", types.Object: "OBJECT", types.Array: "ARRAY",
}

// arrowArray returns values as an array, which the caller releases.
func arrowArray(mem memory.Allocator, t types.Type, values []any) (arrow.Array, error) {
	if t.Kind == types.Fixed {
		return fixedArray(mem, t, values)
	}
	b := array.NewBuilder(mem, arrowType(t))
	defer b.Release()
	b.Reserve(len(values))
	for _, v := range values {
		if v == nil {
			b.AppendNull()
		} else if !appendValue(b, t, v) {
			return nil, mismatch(t, v)
		}
	}
	return b.NewArray(), nil
}

// arrowType is the type of a column that is no number. Timestamps with up to 7 digits are one integer, except those with a
// zone, for which 3 is the limit; others have seconds and nanoseconds apart.
func arrowType(t types.Type) arrow.DataType {
	epoch := arrow.Field{Name: "epoch", Type: arrow.PrimitiveTypes.Int64, Nullable: true}
	fraction := arrow.Field{Name: "fraction", Type: arrow.PrimitiveTypes.Int32, Nullable: true}
	zone := arrow.Field{Name: "timezone", Type: arrow.PrimitiveTypes.Int32, Nullable: true}
	switch t.Kind {
	case types.Real:
		return arrow.PrimitiveTypes.Float64
	case types.Binary:
		return arrow.BinaryTypes.Binary
	case types.Boolean:
		return arrow.FixedWidthTypes.Boolean
	case types.Date:
		return arrow.FixedWidthTypes.Date32
	case types.Time:
		if t.Scale < 5 {
			return arrow.PrimitiveTypes.Int32
		}
		return arrow.PrimitiveTypes.Int64
	case types.TimestampNTZ, types.TimestampLTZ:
		if t.Scale > 7 {
			return arrow.StructOf(epoch, fraction)
		}
		return arrow.PrimitiveTypes.Int64
	case types.TimestampTZ:
		if t.Scale > 3 {
			return arrow.StructOf(epoch, fraction, zone)
		}
		return arrow.StructOf(epoch, zone)
	}
	return arrow.BinaryTypes.String
}

// appendValue appends a value, and reports whether it is of the column's type.
func appendValue(b array.Builder, t types.Type, value any) bool {
	switch v := value.(type) {
	case float64:
		b, ok := b.(*array.Float64Builder)
		if ok {
			b.Append(v)
		}
		return ok
	case bool:
		b, ok := b.(*array.BooleanBuilder)
		if ok {
			b.Append(v)
		}
		return ok
	case []byte:
		if t.Kind != types.Binary {
			return false
		}
		b.(*array.BinaryBuilder).Append(v)
		return true
	case string:
		b, ok := b.(*array.StringBuilder)
		if ok {
			b.Append(v)
		}
		return ok
	case time.Time:
		return appendTime(b, t, v)
	}
	return false
}

func appendTime(b array.Builder, t types.Type, v time.Time) bool {
	unit := int64(math.Pow10(9 - t.Scale)) // nanoseconds
	switch b := b.(type) {
	case *array.Date32Builder:
		b.Append(arrow.Date32(days(v)))
	case *array.Int32Builder:
		b.Append(int32(int64(v.Sub(midnight(v))) / unit))
	case *array.Int64Builder:
		if t.Kind == types.Time {
			b.Append(int64(v.Sub(midnight(v))) / unit)
		} else {
			b.Append(scaled(v, t.Scale))
		}
	case *array.StructBuilder:
		b.Append(true)
		next := b.FieldBuilder(0).(*array.Int64Builder)
		if t.Kind == types.TimestampTZ && t.Scale <= 3 {
			next.Append(scaled(v, t.Scale))
		} else {
			next.Append(v.Unix())
			b.FieldBuilder(1).(*array.Int32Builder).Append(int32(v.Nanosecond()))
		}
		if t.Kind == types.TimestampTZ {
			b.FieldBuilder(b.NumField() - 1).(*array.Int32Builder).Append(int32(zoneMinutes(v)))
		}
	default:
		return false
	}
	return true
}

// scaled is a time in units of 10^-scale seconds since 1970.
func scaled(v time.Time, scale int) int64 {
	return v.Unix()*int64(math.Pow10(scale)) + int64(v.Nanosecond())/int64(math.Pow10(9-scale))
}

// fixedArray returns numbers as the narrowest integers that hold them all, scaled; beyond 64 bits as decimals.
func fixedArray(mem memory.Allocator, t types.Type, values []any) (arrow.Array, error) {
	numbers := make([]decimal128.Num, len(values))
	bits := 8
	for i, v := range values {
		if v == nil {
			continue
		}
		text, ok := v.(string)
		if !ok {
			return nil, mismatch(t, v)
		}
		whole, fraction, _ := strings.Cut(text, ".")
		n, ok := new(big.Int).SetString(whole+fraction, 10)
		if !ok || len(fraction) != t.Scale || n.BitLen() > 127 {
			return nil, fmt.Errorf("%q is no number of type %v", text, t)
		}
		numbers[i] = decimal128.FromBigInt(n)
		bits = max(bits, width(numbers[i]))
	}
	var b array.Builder
	var add func(decimal128.Num)
	switch bits {
	case 8:
		n := array.NewInt8Builder(mem)
		b, add = n, func(v decimal128.Num) { n.Append(int8(v.LowBits())) }
	case 16:
		n := array.NewInt16Builder(mem)
		b, add = n, func(v decimal128.Num) { n.Append(int16(v.LowBits())) }
	case 32:
		n := array.NewInt32Builder(mem)
		b, add = n, func(v decimal128.Num) { n.Append(int32(v.LowBits())) }
	case 64:
		n := array.NewInt64Builder(mem)
		b, add = n, func(v decimal128.Num) { n.Append(int64(v.LowBits())) }
	default:
		n := array.NewDecimal128Builder(mem,
			&arrow.Decimal128Type{Precision: types.MaxPrecision, Scale: int32(t.Scale)})
		b, add = n, n.Append
	}
	defer b.Release()
	for i, v := range values {
		if v == nil {
			b.AppendNull()
		} else {
			add(numbers[i])
		}
	}
	return b.NewArray(), nil
}

// width is how many bits a number needs: 8, 16, 32, 64 or 128.
func width(n decimal128.Num) int {
	v := int64(n.LowBits())
	switch {
	case n.HighBits() != v>>63:
		return 128
	case int64(int8(v)) == v:
		return 8
	case int64(int16(v)) == v:
		return 16
	case int64(int32(v)) == v:
		return 32
	}
	return 64
}
