package mysqlvalue

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/decimaltext"
)

func outOfRange(format string, args ...any) *dialect.Unfit {
	return &dialect.Unfit{Code: deadletter.CodeOutOfRange, Message: fmt.Sprintf(format, args...)}
}

// IntegerOf says how many bits an integer type of Arrow has.
func IntegerOf(dt arrow.DataType) (bits int, unsigned, ok bool) {
	switch dt.ID() {
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64:
		return dt.(arrow.FixedWidthDataType).BitWidth(), false, true
	case arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64:
		return dt.(arrow.FixedWidthDataType).BitWidth(), true, true
	}
	return 0, false, false
}

func forInteger(dt arrow.DataType, width int, unsigned bool, c Column) (Codec, error) {
	if !c.HoldsInteger(width, unsigned) {
		return Codec{}, mismatch(dt, c, IntegerType(width, unsigned))
	}
	return Codec{On: onInteger}, nil
}

// IntegerType is the integer column of so many bits.
func IntegerType(width int, unsigned bool) string {
	name := map[int]string{8: "TINYINT", 16: "SMALLINT", 24: "MEDIUMINT", 32: "INT", 64: "BIGINT"}[width]
	if unsigned {
		name += " UNSIGNED"
	}
	return name
}

func onInteger(a arrow.Array) Writer {
	switch a := a.(type) {
	case *array.Int8:
		return signed(a.Int8Values())
	case *array.Int16:
		return signed(a.Int16Values())
	case *array.Int32:
		return signed(a.Int32Values())
	case *array.Int64:
		return signed(a.Int64Values())
	case *array.Uint8:
		return unsigned(a.Uint8Values())
	case *array.Uint16:
		return unsigned(a.Uint16Values())
	case *array.Uint32:
		return unsigned(a.Uint32Values())
	}
	return unsigned(a.(*array.Uint64).Uint64Values())
}

func signed[T int8 | int16 | int32 | int64](values []T) Writer {
	return func(dst []byte, row int) []byte { return strconv.AppendInt(dst, int64(values[row]), 10) }
}

func unsigned[T uint8 | uint16 | uint32 | uint64](values []T) Writer {
	return func(dst []byte, row int) []byte { return strconv.AppendUint(dst, uint64(values[row]), 10) }
}

func forBool(c Column) (Codec, error) {
	codec := Codec{On: func(a arrow.Array) Writer {
		b := a.(*array.Boolean)
		return func(dst []byte, row int) []byte {
			if b.Value(row) {
				return append(dst, '1')
			}
			return append(dst, '0')
		}
	}}
	if c.Base == "bit" {
		codec.Form = Bits
		return codec, nil
	}
	if !c.HoldsInteger(8, true) && !c.HoldsInteger(8, false) {
		return Codec{}, mismatch(arrow.FixedWidthTypes.Boolean, c, "TINYINT(1)")
	}
	return codec, nil
}

func forFloat(dt arrow.DataType, c Column) (Codec, error) {
	if c.Base != "double" && (c.Base != "float" || dt.ID() == arrow.FLOAT64) || c.Precision >= 0 || c.Unsigned {
		// FLOAT(m,d) rounds, and so does DOUBLE(m,d).
		return Codec{}, mismatch(dt, c, "DOUBLE")
	}
	return Codec{Check: checkFloat, On: onFloat}, nil
}

func floats(a arrow.Array) func(row int) float64 {
	switch a := a.(type) {
	case *array.Float16:
		return func(row int) float64 { return float64(a.Value(row).Float32()) }
	case *array.Float32:
		values := a.Float32Values()
		return func(row int) float64 { return float64(values[row]) }
	}
	return a.(*array.Float64).Value
}

// checkFloat finds what MySQL does not hold: of the two zeros it keeps one.
func checkFloat(a arrow.Array, from, to int, bad Bad) {
	value := floats(a)
	for row := from; row < to; row++ {
		v := value(row)
		if v-v == 0 && (v != 0 || !math.Signbit(v)) || a.IsNull(row) {
			continue
		}
		if v == 0 {
			bad(row, outOfRange("MySQL has no negative zero"))
		} else {
			bad(row, outOfRange("MySQL has no %v", v))
		}
	}
}

// onFloat writes the shortest text that reads back as the same double: MySQL reads FLOAT by way of one.
func onFloat(a arrow.Array) Writer {
	value := floats(a)
	return func(dst []byte, row int) []byte { return strconv.AppendFloat(dst, value(row), 'g', -1, 64) }
}

// MaxDecimalDigits and MaxDecimalScale are MySQL's.
const (
	MaxDecimalDigits = 65
	MaxDecimalScale  = 30
)

func forDecimal(dt arrow.DataType, precision, scale int32, c Column) (Codec, error) {
	if precision > MaxDecimalDigits || scale < 0 || scale > MaxDecimalScale || scale > precision {
		return Codec{}, fmt.Errorf("MySQL has DECIMAL of up to %d digits, none to %d of them behind the point: convert the column before", MaxDecimalDigits, MaxDecimalScale)
	}
	if c.Base != "decimal" || c.Unsigned || c.Scale < int(scale) || c.Digits() < int(precision-scale) {
		return Codec{}, mismatch(dt, c, fmt.Sprintf("DECIMAL(%d,%d)", precision, scale))
	}
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
	if dt.ID() == arrow.DECIMAL128 {
		return Codec{Check: checkDecimal128(precision), On: onDecimal128(int(scale))}, nil
	}
	return Codec{
		Check: func(a arrow.Array, from, to int, bad Bad) {
			d := a.(*array.Decimal256)
			for row := from; row < to; row++ {
				if d.IsValid(row) && d.Value(row).BigInt().CmpAbs(limit) >= 0 {
					bad(row, tooManyDigits(precision))
				}
			}
		},
		On: func(a arrow.Array) Writer {
			d := a.(*array.Decimal256)
			return func(dst []byte, row int) []byte {
				return decimaltext.Append(dst, d.Value(row).BigInt(), scale, scale)
			}
		},
	}, nil
}

func tooManyDigits(precision int32) *dialect.Unfit {
	return outOfRange("it has more than the %d digits of its type", precision)
}

func checkDecimal128(precision int32) func(a arrow.Array, from, to int, bad Bad) {
	limit := decimal128.GetScaleMultiplier(int(precision))
	return func(a arrow.Array, from, to int, bad Bad) {
		d := a.(*array.Decimal128)
		for row := from; row < to; row++ {
			if v := d.Value(row).Abs(); (v.Sign() < 0 || !v.Less(limit)) && d.IsValid(row) {
				bad(row, tooManyDigits(precision))
			}
		}
	}
}

func onDecimal128(scale int) func(a arrow.Array) Writer {
	return func(a arrow.Array) Writer {
		values := a.(*array.Decimal128).Values()
		return func(dst []byte, row int) []byte {
			start := len(dst)
			return point(appendInt128(dst, values[row]), start, scale)
		}
	}
}

// appendInt128 writes a whole number of up to 38 digits.
func appendInt128(dst []byte, v decimal128.Num) []byte {
	hi, lo := v.HighBits(), v.LowBits()
	if hi == int64(lo)>>63 {
		return strconv.AppendInt(dst, int64(lo), 10)
	}
	if hi < 0 {
		dst = append(dst, '-')
		v = v.Negate()
		hi, lo = v.HighBits(), v.LowBits()
	}
	const part = 1_000_000_000_000_000_000 // 18 digits
	upper, r := uint64(hi)/part, uint64(hi)%part
	q, low := bits.Div64(r, lo, part)
	if upper == 0 && q < part {
		return padded(strconv.AppendUint(dst, q, 10), low)
	}
	// Three parts: what is above 36 digits has at most two.
	top, middle := bits.Div64(upper, q, part)
	return padded(padded(strconv.AppendUint(dst, top, 10), middle), low)
}

// padded appends 18 digits.
func padded(dst []byte, v uint64) []byte {
	dst = append(dst, "000000000000000000"...)
	for i := len(dst) - 1; v > 0; i-- {
		dst[i] = byte('0' + v%10)
		v /= 10
	}
	return dst
}

// point puts the decimal point before the last digits of the number that begins at start.
func point(dst []byte, start, scale int) []byte {
	if scale == 0 {
		return dst
	}
	if dst[start] == '-' {
		start++
	}
	for len(dst)-start <= scale {
		dst = append(dst, 0)
		copy(dst[start+1:], dst[start:])
		dst[start] = '0'
	}
	at := len(dst) - scale
	dst = append(dst, 0)
	copy(dst[at+1:], dst[at:])
	dst[at] = '.'
	return dst
}
