package duckdb

import (
	"math"
	"math/big"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/uuid"

	"github.com/floedata/floe/deadletter"
)

// fixer checks the values of a borrowed array and returns, for the caller to release, the array that DuckDB is
// shown: a itself, retained, where nothing has to change. Values that DuckDB cannot hold are noted in f; what
// stands in their place does not matter.
type fixer func(mem memory.Allocator, a arrow.Array, f *faults) arrow.Array

// keep is the answer of a fixer that only checks.
func keep(a arrow.Array) arrow.Array {
	a.Retain()
	return a
}

// Bounds of DuckDB's dates and timestamps; the values next to those of the integer mean infinity.
const (
	minDate   = -2147483646 // 5877642-06-25 BC
	maxDate   = 2147483646  // 5881580-07-10
	minMicros = -9223372022400000000
	maxMicros = math.MaxInt64 - 1
	minNanos  = -math.MaxInt64 + 1
	maxNanos  = math.MaxInt64 - 1
	dayMicros = 24 * 60 * 60 * 1_000_000
)

// outside notes the values that are not in [low, high]. One pass finds out whether there is any.
func outside[T int32 | int64](a arrow.Array, values []T, low, high T, what string, f *faults) {
	least, most := low, high
	for _, v := range values {
		least, most = min(least, v), max(most, v)
	}
	if least == low && most == high {
		return
	}
	for i, v := range values {
		if (v < low || v > high) && a.IsValid(i) {
			f.add(i, deadletter.CodeOutOfRange, "%d is outside the range of %s", v, what)
		}
	}
}

func fixDate32(_ memory.Allocator, a arrow.Array, f *faults) arrow.Array {
	days := a.(*array.Date32).Date32Values()
	outside(a, arrow.Int32Traits.CastFromBytes(arrow.Date32Traits.CastToBytes(days)), minDate, maxDate, "DATE (days since 1970)", f)
	return keep(a)
}

func fixTimestamp(unit arrow.TimeUnit) fixer {
	low, high := int64(minMicros), int64(maxMicros)
	switch unit {
	case arrow.Second:
		low, high = low/1_000_000, high/1_000_000
	case arrow.Millisecond:
		low, high = low/1_000, high/1_000
	case arrow.Nanosecond:
		low, high = minNanos, maxNanos
	}
	return func(_ memory.Allocator, a arrow.Array, f *faults) arrow.Array {
		outside(a, timestamps(a), low, high, "timestamps ("+unit.String()+" since 1970)", f)
		return keep(a)
	}
}

func timestamps(a arrow.Array) []int64 {
	return arrow.Int64Traits.CastFromBytes(arrow.TimestampTraits.CastToBytes(a.(*array.Timestamp).TimestampValues()))
}

func fixZoned(unit arrow.TimeUnit) fixer {
	view := &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	return func(mem memory.Allocator, a arrow.Array, f *faults) arrow.Array {
		values := timestamps(a)
		if unit == arrow.Microsecond {
			outside(a, values, minMicros, maxMicros, "TIMESTAMP WITH TIME ZONE (microseconds since 1970)", f)
			data := array.NewData(view, a.Len(), a.Data().Buffers(), nil, a.NullN(), a.Data().Offset())
			defer data.Release()
			return array.MakeFromData(data)
		}
		return rebuild(mem, view, a, func(i int) int64 {
			return scaled(values[i], unit, minMicros, maxMicros, i, "TIMESTAMP WITH TIME ZONE", f)
		})
	}
}

// scaled turns a count of unit into one of microseconds, or notes why it has none.
func scaled(v int64, unit arrow.TimeUnit, low, high int64, row int, what string, f *faults) int64 {
	if unit == arrow.Nanosecond {
		if v%1000 != 0 {
			f.add(row, deadletter.CodeOutOfRange, "%d ns is finer than the microseconds of %s", v, what)
			return 0
		}
		v /= 1000
	} else {
		factor := int64(time.Duration(unit.Multiplier()) / time.Microsecond)
		if v > high/factor || v < low/factor {
			f.add(row, deadletter.CodeOutOfRange, "%d %s is outside the range of %s", v, unit, what)
			return 0
		}
		v *= factor
	}
	if v < low || v > high {
		f.add(row, deadletter.CodeOutOfRange, "%d us is outside the range of %s", v, what)
		return 0
	}
	return v
}

func fixDuration(unit arrow.TimeUnit) fixer {
	return func(mem memory.Allocator, a arrow.Array, f *faults) arrow.Array {
		if unit == arrow.Microsecond {
			return keep(a)
		}
		values := a.(*array.Duration).DurationValues()
		return rebuild(mem, arrow.FixedWidthTypes.Duration_us, a, func(i int) int64 {
			return scaled(int64(values[i]), unit, math.MinInt64, math.MaxInt64, i, "INTERVAL", f)
		})
	}
}

func fixTime32(unit arrow.TimeUnit) fixer {
	return func(mem memory.Allocator, a arrow.Array, f *faults) arrow.Array {
		values := a.(*array.Time32).Time32Values()
		return rebuild(mem, arrow.FixedWidthTypes.Time64us, a, func(i int) int64 {
			return scaled(int64(values[i]), unit, 0, dayMicros, i, "TIME", f)
		})
	}
}

func fixTime64(unit arrow.TimeUnit) fixer {
	return func(mem memory.Allocator, a arrow.Array, f *faults) arrow.Array {
		values := arrow.Int64Traits.CastFromBytes(arrow.Time64Traits.CastToBytes(a.(*array.Time64).Time64Values()))
		if unit == arrow.Microsecond {
			outside(a, values, 0, dayMicros, "TIME (microseconds of the day)", f)
			return keep(a)
		}
		return rebuild(mem, arrow.FixedWidthTypes.Time64us, a, func(i int) int64 {
			return scaled(values[i], unit, 0, dayMicros, i, "TIME", f)
		})
	}
}

func fixDate64(mem memory.Allocator, a arrow.Array, f *faults) arrow.Array {
	const day = 24 * 60 * 60 * 1000
	values := a.(*array.Date64).Date64Values()
	return rebuild(mem, arrow.FixedWidthTypes.Date32, a, func(i int) int32 {
		v := int64(values[i])
		if v%day != 0 {
			f.add(i, deadletter.CodeOutOfRange, "%d ms since 1970 is not a whole day, and DATE has no time", v)
			return 0
		}
		if v /= day; v < minDate || v > maxDate {
			f.add(i, deadletter.CodeOutOfRange, "%d days since 1970 is outside the range of DATE", v)
			return 0
		}
		return int32(v)
	})
}

func fixMonths(mem memory.Allocator, a arrow.Array, _ *faults) arrow.Array {
	values := a.(*array.MonthInterval)
	return rebuild(mem, arrow.FixedWidthTypes.MonthDayNanoInterval, a, func(i int) arrow.MonthDayNanoInterval {
		return arrow.MonthDayNanoInterval{Months: int32(values.Value(i))}
	})
}

func fixDayTime(mem memory.Allocator, a arrow.Array, _ *faults) arrow.Array {
	values := a.(*array.DayTimeInterval)
	return rebuild(mem, arrow.FixedWidthTypes.MonthDayNanoInterval, a, func(i int) arrow.MonthDayNanoInterval {
		v := values.Value(i)
		return arrow.MonthDayNanoInterval{Days: v.Days, Nanoseconds: int64(v.Milliseconds) * 1_000_000}
	})
}

func fixMonthDayNano(_ memory.Allocator, a arrow.Array, f *faults) arrow.Array {
	values := a.(*array.MonthDayNanoInterval)
	for i, v := range values.MonthDayNanoIntervalValues() {
		if v.Nanoseconds%1000 != 0 && a.IsValid(i) {
			f.add(i, deadletter.CodeOutOfRange, "%d ns is finer than the microseconds of INTERVAL", v.Nanoseconds)
		}
	}
	return keep(a)
}

func fixFloat16(mem memory.Allocator, a arrow.Array, _ *faults) arrow.Array {
	values := a.(*array.Float16)
	return rebuild(mem, arrow.PrimitiveTypes.Float32, a, func(i int) float32 { return wide(values.Value(i)) })
}

// wide is the exact float32; arrow's own conversion turns the smallest numbers and NaN into others.
func wide(h float16.Num) float32 {
	bits := h.Uint16()
	sign, exp, frac := uint32(bits>>15)<<31, uint32(bits>>10)&0x1f, uint32(bits)&0x3ff
	switch exp {
	case 0:
		v := float32(math.Ldexp(float64(frac), -24))
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

func fixDecimal128(precision int32) fixer {
	limit := decimalLimit(precision)
	small := precision <= 18
	bound := uint64(math.Pow10(int(min(precision, 18))))
	return func(_ memory.Allocator, a arrow.Array, f *faults) arrow.Array {
		for i, v := range a.(*array.Decimal128).Values() {
			if small {
				n := int64(v.LowBits())
				if v.HighBits() == n>>63 && n < int64(bound) && n > -int64(bound) {
					continue
				}
			} else if v.Less(limit) && limit.Negate().Less(v) {
				continue
			}
			if a.IsValid(i) {
				f.add(i, deadletter.CodeOutOfRange, "%s has more than the %d digits of the column", v.BigInt(), precision)
			}
		}
		return keep(a)
	}
}

func decimalLimit(precision int32) decimal128.Num {
	if precision < 1 || precision > 38 {
		return decimal128.Num{}
	}
	return decimal128.FromBigInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil))
}

func fixDecimal256(precision, scale int32) fixer {
	view := &arrow.Decimal128Type{Precision: precision, Scale: scale}
	limit := decimalLimit(precision).BigInt()
	return func(mem memory.Allocator, a arrow.Array, f *faults) arrow.Array {
		values := a.(*array.Decimal256)
		return rebuild(mem, view, a, func(i int) decimal128.Num {
			v := values.Value(i).BigInt()
			if v.CmpAbs(limit) >= 0 {
				f.add(i, deadletter.CodeOutOfRange, "%s has more than the %d digits of the column", v, precision)
				return decimal128.Num{}
			}
			return decimal128.FromBigInt(v)
		})
	}
}

func fixString(_ memory.Allocator, a arrow.Array, f *faults) arrow.Array {
	s := a.(*array.String)
	checkUTF8(a, s.ValueOffsets(), s.ValueBytes(), s.Value, f)
	return keep(a)
}

func fixLargeString(_ memory.Allocator, a arrow.Array, f *faults) arrow.Array {
	s := a.(*array.LargeString)
	checkUTF8(a, s.ValueOffsets(), s.ValueBytes(), s.Value, f)
	return keep(a)
}

func fixStringView(mem memory.Allocator, a arrow.Array, f *faults) arrow.Array {
	values := a.(*array.StringView)
	b := array.NewStringBuilder(mem)
	defer b.Release()
	b.Reserve(a.Len())
	for i := range a.Len() {
		if a.IsNull(i) {
			b.AppendNull()
			continue
		}
		b.Append(values.Value(i))
	}
	texts := b.NewStringArray()
	checkUTF8(texts, texts.ValueOffsets(), texts.ValueBytes(), texts.Value, f)
	return texts
}

func fixBinaryView(mem memory.Allocator, a arrow.Array, _ *faults) arrow.Array {
	values := a.(*array.BinaryView)
	b := array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary)
	defer b.Release()
	b.Reserve(a.Len())
	for i := range a.Len() {
		if a.IsNull(i) {
			b.AppendNull()
			continue
		}
		b.Append(values.Value(i))
	}
	return b.NewBinaryArray()
}

// fixFixedBinary shows DuckDB the same bytes with offsets: it does not step over a null in a fixed-size array, and
// gives the rows behind it the bytes of the ones before.
func fixFixedBinary(width int) fixer {
	return func(mem memory.Allocator, a arrow.Array, _ *faults) arrow.Array {
		offsets := memory.NewResizableBuffer(mem)
		defer offsets.Release()
		offsets.Resize(8 * (a.Len() + 1))
		for i, at := 0, arrow.Int64Traits.CastFromBytes(offsets.Bytes()); i < len(at); i++ {
			at[i] = int64((a.Data().Offset() + i) * width)
		}
		valid := validity(mem, a)
		if valid != nil {
			defer valid.Release()
		}
		data := array.NewData(arrow.BinaryTypes.LargeBinary, a.Len(), []*memory.Buffer{valid, offsets, a.Data().Buffers()[1]}, nil, a.NullN(), 0)
		defer data.Release()
		return array.MakeFromData(data)
	}
}

func fixUUID(mem memory.Allocator, a arrow.Array, _ *faults) arrow.Array {
	values := a.(*array.FixedSizeBinary)
	b := array.NewStringBuilder(mem)
	defer b.Release()
	b.Reserve(a.Len())
	b.ReserveData(36 * a.Len())
	for i := range a.Len() {
		if a.IsNull(i) {
			b.AppendNull()
			continue
		}
		b.Append(uuid.UUID(values.Value(i)).String())
	}
	return b.NewStringArray()
}

func fixExtension(storage fixer) fixer {
	return func(mem memory.Allocator, a arrow.Array, f *faults) arrow.Array {
		inner := a.(array.ExtensionArray).Storage()
		if storage == nil {
			return keep(inner)
		}
		return storage(mem, inner, f)
	}
}

// rebuild makes an array of a fixed width, of the rows that a has a value in.
func rebuild[T int32 | int64 | float32 | decimal128.Num | arrow.MonthDayNanoInterval](
	mem memory.Allocator, view arrow.DataType, a arrow.Array, value func(i int) T,
) arrow.Array {
	buf := memory.NewResizableBuffer(mem)
	defer buf.Release()
	buf.Resize(a.Len() * view.(arrow.FixedWidthDataType).Bytes())
	clear(buf.Bytes())
	values := arrow.GetData[T](buf.Bytes())
	for i := range a.Len() {
		if a.IsValid(i) {
			values[i] = value(i)
		}
	}
	valid := validity(mem, a)
	if valid != nil {
		defer valid.Release()
	}
	data := array.NewData(view, a.Len(), []*memory.Buffer{valid, buf}, nil, a.NullN(), 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// validity returns the validity bitmap of a from its first row on, for the caller to release; nil = no nulls.
func validity(mem memory.Allocator, a arrow.Array) *memory.Buffer {
	if a.NullN() == 0 {
		return nil
	}
	bits := memory.NewResizableBuffer(mem)
	bits.Resize(int(bitutil.BytesForBits(int64(a.Len()))))
	clear(bits.Bytes())
	bitutil.CopyBitmap(a.NullBitmapBytes(), a.Data().Offset(), a.Len(), bits.Bytes(), 0)
	return bits
}
