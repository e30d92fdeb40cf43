package sinktest

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// text writes one value so that equal values of types that a target may widen to have equal texts: all widths of
// integers and decimals, all widths of floats, all units of time, dictionaries and what they encode.
func text(arr arrow.Array, i int) string {
	if arr.IsNull(i) {
		return "null"
	}
	switch a := arr.(type) {
	case *array.Boolean:
		return strconv.FormatBool(a.Value(i))
	case *array.Float16:
		return float(float64(a.Value(i).Float32()))
	case *array.Float32:
		return float(float64(a.Value(i)))
	case *array.Float64:
		return float(a.Value(i))
	case *array.Decimal128:
		return decimal(a.Value(i).BigInt(), a.DataType().(*arrow.Decimal128Type).Scale)
	case *array.Decimal256:
		return decimal(a.Value(i).BigInt(), a.DataType().(*arrow.Decimal256Type).Scale)
	case *array.Dictionary:
		return text(a.Dictionary(), a.GetValueIndex(i))
	case array.ExtensionArray:
		return text(a.Storage(), i)
	case *array.RunEndEncoded:
		return text(a.Values(), a.GetPhysicalIndex(i))
	case *array.Struct:
		return structText(a, i)
	case *array.Map:
		return mapText(a, i)
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		parts := make([]string, 0, to-from)
		for k := from; k < to; k++ {
			parts = append(parts, text(a.ListValues(), int(k)))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	if s, ok := integerText(arr, i); ok {
		return s
	}
	if s, ok := bytesText(arr, i); ok {
		return s
	}
	if s, ok := timeText(arr, i); ok {
		return s
	}
	return arr.ValueStr(i)
}

func float(v float64) string { return "float " + strconv.FormatFloat(v, 'g', -1, 64) }

// decimal writes v / 10^scale without trailing zeros: whole numbers as integers are written.
func decimal(v *big.Int, scale int32) string {
	ten, rest := big.NewInt(10), new(big.Int)
	v = new(big.Int).Set(v)
	for ; scale > 0; scale-- {
		next := new(big.Int)
		if next.QuoRem(v, ten, rest); rest.Sign() != 0 {
			break
		}
		v = next
	}
	if scale == 0 {
		return v.String()
	}
	return fmt.Sprintf("%se-%d", v, scale)
}

func structText(a *array.Struct, i int) string {
	fields := a.DataType().(*arrow.StructType).Fields()
	parts := make([]string, len(fields))
	for k, f := range fields {
		parts[k] = strconv.Quote(f.Name) + ": " + text(a.Field(k), i)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func mapText(a *array.Map, i int) string {
	from, to := a.ValueOffsets(i)
	parts := make([]string, 0, to-from)
	for k := from; k < to; k++ {
		parts = append(parts, text(a.Keys(), int(k))+" -> "+text(a.Items(), int(k)))
	}
	return "map[" + strings.Join(parts, ", ") + "]"
}

func integerText(arr arrow.Array, i int) (string, bool) {
	switch a := arr.(type) {
	case *array.Int8:
		return strconv.FormatInt(int64(a.Value(i)), 10), true
	case *array.Int16:
		return strconv.FormatInt(int64(a.Value(i)), 10), true
	case *array.Int32:
		return strconv.FormatInt(int64(a.Value(i)), 10), true
	case *array.Int64:
		return strconv.FormatInt(a.Value(i), 10), true
	case *array.Uint8:
		return strconv.FormatUint(uint64(a.Value(i)), 10), true
	case *array.Uint16:
		return strconv.FormatUint(uint64(a.Value(i)), 10), true
	case *array.Uint32:
		return strconv.FormatUint(uint64(a.Value(i)), 10), true
	case *array.Uint64:
		return strconv.FormatUint(a.Value(i), 10), true
	}
	return "", false
}

func bytesText(arr arrow.Array, i int) (string, bool) {
	switch a := arr.(type) {
	case *array.String:
		return strconv.Quote(a.Value(i)), true
	case *array.LargeString:
		return strconv.Quote(a.Value(i)), true
	case *array.StringView:
		return strconv.Quote(a.Value(i)), true
	case *array.Binary:
		return "bytes " + hex.EncodeToString(a.Value(i)), true
	case *array.LargeBinary:
		return "bytes " + hex.EncodeToString(a.Value(i)), true
	case *array.BinaryView:
		return "bytes " + hex.EncodeToString(a.Value(i)), true
	case *array.FixedSizeBinary:
		return "bytes " + hex.EncodeToString(a.Value(i)), true
	}
	return "", false
}

func timeText(arr arrow.Array, i int) (string, bool) {
	switch a := arr.(type) {
	case *array.Date32:
		return "date " + a.Value(i).ToTime().Format(time.DateOnly), true
	case *array.Date64:
		return "date " + a.Value(i).ToTime().Format(time.DateOnly), true
	case *array.Time32:
		return clock(int64(a.Value(i)), a.DataType().(*arrow.Time32Type).Unit), true
	case *array.Time64:
		return clock(int64(a.Value(i)), a.DataType().(*arrow.Time64Type).Unit), true
	case *array.Duration:
		unit := a.DataType().(*arrow.DurationType).Unit
		n := new(big.Int).Mul(big.NewInt(int64(a.Value(i))), big.NewInt(int64(unit.Multiplier())))
		return "duration " + n.String() + "ns", true
	case *array.Timestamp:
		dt := a.DataType().(*arrow.TimestampType)
		s := "timestamp " + a.Value(i).ToTime(dt.Unit).UTC().Format("2006-01-02 15:04:05.999999999")
		if dt.TimeZone != "" {
			s += " UTC"
		}
		return s, true
	}
	return "", false
}

func clock(v int64, unit arrow.TimeUnit) string {
	return "time " + time.Unix(0, v*int64(unit.Multiplier())).UTC().Format("15:04:05.999999999")
}

// integer reads a whole number of any type that holds it.
func integer(arr arrow.Array, i int) (int64, error) {
	if a, ok := arr.(*array.Int64); ok && a.IsValid(i) {
		return a.Value(i), nil
	}
	n, err := strconv.ParseInt(text(arr, i), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the id %s of type %s is not a whole number", text(arr, i), arr.DataType())
	}
	return n, nil
}

// isText compares without making the text where the type is the usual one.
func isText(arr arrow.Array, i int, want string) bool {
	if a, ok := arr.(*array.String); ok {
		return a.Value(i) == want
	}
	return text(arr, i) == strconv.Quote(want)
}
