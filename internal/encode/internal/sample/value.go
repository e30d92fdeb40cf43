// Package sample makes records of random schemas and values, and says what a value is, whatever array has it: what the
// tests of the encoders write and how they compare what readers make of it.
package sample

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// List is the value of a list, Pairs of a map, Struct of a struct.
type (
	List   []any
	Pairs  [][2]any
	Struct []any
)

// Text, Bytes and Decimal are values of these types, Instant one of a timestamp or a date in nanoseconds, Clock the
// same of a time.
type (
	Text    string
	Bytes   string
	Decimal string
	Instant string
	Clock   string
)

// Value is what arr has at i: nil for a null, a bool, an int64, a uint64, or one of the types above; of a float the
// bits of the float64, so that NaN is equal to itself and the zeros are not. Types that a reader may answer for
// one another have the same values: all texts, all byte strings, all units of time, all widths of numbers.
func Value(arr arrow.Array, i int) any {
	if arr.DataType().ID() == arrow.NULL || arr.IsNull(i) {
		return nil
	}
	switch a := arr.(type) {
	case array.ExtensionArray:
		return Value(a.Storage(), i)
	case *array.Dictionary:
		return Value(a.Dictionary(), a.GetValueIndex(i))
	case *array.Boolean:
		return a.Value(i)
	case *array.Int8:
		return int64(a.Value(i))
	case *array.Int16:
		return int64(a.Value(i))
	case *array.Int32:
		return int64(a.Value(i))
	case *array.Int64:
		return a.Value(i)
	case *array.Uint8:
		return uint64(a.Value(i))
	case *array.Uint16:
		return uint64(a.Value(i))
	case *array.Uint32:
		return uint64(a.Value(i))
	case *array.Uint64:
		return a.Value(i)
	case *array.Float16:
		return Float(float64(a.Value(i).Float32()))
	case *array.Float32:
		return Float(float64(a.Value(i)))
	case *array.Float64:
		return Float(a.Value(i))
	case *array.Decimal128:
		return DecimalOf(a.Value(i).BigInt(), a.DataType().(arrow.DecimalType).GetScale())
	case *array.Decimal256:
		return DecimalOf(a.Value(i).BigInt(), a.DataType().(arrow.DecimalType).GetScale())
	case *array.Date32:
		return Days(int64(a.Value(i)))
	case *array.Date64:
		return InstantOf(int64(a.Value(i)), time.Millisecond)
	case *array.Timestamp:
		return InstantOf(int64(a.Value(i)), a.DataType().(*arrow.TimestampType).Unit.Multiplier())
	case *array.Time32:
		return ClockOf(int64(a.Value(i)), a.DataType().(*arrow.Time32Type).Unit.Multiplier())
	case *array.Time64:
		return ClockOf(int64(a.Value(i)), a.DataType().(*arrow.Time64Type).Unit.Multiplier())
	case *array.String:
		return Text(a.Value(i))
	case *array.LargeString:
		return Text(a.Value(i))
	case *array.StringView:
		return Text(a.Value(i))
	case *array.Binary:
		return Bytes(a.Value(i))
	case *array.LargeBinary:
		return Bytes(a.Value(i))
	case *array.BinaryView:
		return Bytes(a.Value(i))
	case *array.FixedSizeBinary:
		return Bytes(a.Value(i))
	case *array.Struct:
		s := Struct{}
		for k := range a.NumField() {
			s = append(s, Value(a.Field(k), i))
		}
		return s
	case *array.Map:
		from, to := a.ValueOffsets(i)
		p := Pairs{}
		for k := from; k < to; k++ {
			p = append(p, [2]any{Value(a.Keys(), int(k)), Value(a.Items(), int(k))})
		}
		return p
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		l := List{}
		for k := from; k < to; k++ {
			l = append(l, Value(a.ListValues(), int(k)))
		}
		return l
	}
	panic(fmt.Sprintf("sample: no values of type %s", arr.DataType()))
}

func nanos(n int64, unit time.Duration) string {
	return new(big.Int).Mul(big.NewInt(n), big.NewInt(int64(unit))).String()
}

// InstantOf is n units after 1970, and ClockOf n units after midnight.
func InstantOf(n int64, unit time.Duration) Instant { return Instant(nanos(n, unit)) }
func ClockOf(n int64, unit time.Duration) Clock     { return Clock(nanos(n, unit)) }

// Days is n days after 1970.
func Days(n int64) Instant { return InstantOf(n, 24*time.Hour) }

// Float is the value of a float: which NaN it is may get lost.
func Float(f float64) Bytes {
	if f != f {
		return "NaN"
	}
	return Bytes(binary.BigEndian.AppendUint64(nil, math.Float64bits(f)))
}

// DecimalOf is the decimal of the given digits.
func DecimalOf(digits *big.Int, scale int32) Decimal {
	return Decimal(fmt.Sprintf("%se-%d", digits, scale))
}
