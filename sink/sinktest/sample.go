package sinktest

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// samples is how many values of a type are tried: enough for each list below to come round.
const samples = 24

// longSample is the number of the value that is long, where a type has such.
const longSample = 20

// sampleArray makes an array of the values of a type from number to number; skip, which may be nil, puts a null
// in place of a value.
func sampleArray(mem memory.Allocator, dt arrow.DataType, from, to int, skip func(i int) bool) arrow.Array {
	b := array.NewBuilder(mem, dt)
	defer b.Release()
	for i := from; i < to; i++ {
		if skip != nil && skip(i) {
			b.AppendNull()
		} else {
			appendSample(b, i)
		}
	}
	return b.NewArray()
}

// appendSample appends the value number i of the builder's type. Every fifth is null.
func appendSample(b array.Builder, i int) {
	if i%5 == 4 {
		b.AppendNull()
		return
	}
	if appendNested(b, i) || appendNumber(b, i) || appendTime(b, i) {
		return
	}
	switch b := b.(type) {
	case *array.NullBuilder:
		b.AppendNull()
	case *array.BooleanBuilder:
		b.Append(i%2 == 0)
	case array.StringLikeBuilder:
		b.Append(textSample(i))
	case *array.BinaryBuilder:
		b.Append(binarySample(i))
	case *array.FixedSizeBinaryBuilder:
		b.Append([]byte(strings.Repeat(string(rune('a'+i)), b.Type().(*arrow.FixedSizeBinaryType).ByteWidth)))
	case *array.MonthIntervalBuilder:
		b.Append(arrow.MonthInterval(pick(i, []int32{0, 1, -1, 1200, -14})))
	case *array.DayTimeIntervalBuilder:
		b.Append(pick(i, []arrow.DayTimeInterval{{}, {Days: 1, Milliseconds: 2}, {Days: -3, Milliseconds: -4}}))
	case *array.MonthDayNanoIntervalBuilder:
		b.Append(pick(i, []arrow.MonthDayNanoInterval{{}, {Months: 1, Days: 2, Nanoseconds: 3000}, {Months: -1, Days: -2, Nanoseconds: -3000}}))
	default:
		panic(fmt.Sprintf("sinktest: no values of type %s are known: leave it out of Harness.Types", b.Type()))
	}
}

// pick counts only the numbers that are not null, so that each value of a list has its turn.
func pick[T any](i int, values []T) T { return values[(i-i/5)%len(values)] }

func textSample(i int) string {
	if i == longSample+1 {
		return strings.Repeat("0123456789abcdé", 1<<16)
	}
	return pick(i, []string{
		"", "a", "naïve ✓ 日本語 🙂", `it's "quoted" \ and; -- so on`, "line\nbreak\r\n\ttab", " blanks around ", "NULL", "\\N", "0",
		"e\u0301 is not é", "12345678901234567", "\u202eright to left",
	})
}

func binarySample(i int) []byte {
	if i == longSample+1 {
		return []byte(strings.Repeat("\x00\x01\xff\xfe", 1<<18))
	}
	return pick(i, [][]byte{{}, {0}, {0xff}, []byte("text"), {'a', 0, 'b'}, {0x80, 0x81}, []byte(`\x41`)})
}

func appendNested(b array.Builder, i int) bool {
	switch b := b.(type) {
	case *array.StructBuilder:
		b.Append(true)
		for k := range b.NumField() {
			appendSample(b.FieldBuilder(k), i+k)
		}
	case *array.MapBuilder:
		b.Append(true)
		for k := range i % 4 {
			appendSample(b.KeyBuilder(), k+5)
			appendSample(b.ItemBuilder(), i+k)
		}
	case *array.FixedSizeListBuilder:
		b.Append(true)
		for k := range int(b.Type().(*arrow.FixedSizeListType).Len()) {
			appendSample(b.ValueBuilder(), i+k)
		}
	case array.ListLikeBuilder:
		b.Append(true)
		for k := range i % 4 {
			appendSample(b.ValueBuilder(), i+k)
		}
	case array.DictionaryBuilder:
		value := sampleArray(memory.DefaultAllocator, b.Type().(*arrow.DictionaryType).ValueType, i, i+1, nil)
		defer value.Release()
		if err := b.AppendArray(value); err != nil {
			panic(fmt.Sprintf("sinktest: append to %s: %v", b.Type(), err))
		}
	default:
		return false
	}
	return true
}

func appendNumber(b array.Builder, i int) bool {
	switch b := b.(type) {
	case *array.Int8Builder:
		b.Append(pick(i, []int8{0, 1, -1, math.MaxInt8, math.MinInt8}))
	case *array.Int16Builder:
		b.Append(pick(i, []int16{0, 1, -1, math.MaxInt16, math.MinInt16}))
	case *array.Int32Builder:
		b.Append(pick(i, []int32{0, 1, -1, math.MaxInt32, math.MinInt32}))
	case *array.Int64Builder:
		b.Append(pick(i, []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 1<<53 + 1}))
	case *array.Uint8Builder:
		b.Append(pick(i, []uint8{0, 1, math.MaxUint8, math.MaxInt8 + 1}))
	case *array.Uint16Builder:
		b.Append(pick(i, []uint16{0, 1, math.MaxUint16, math.MaxInt16 + 1}))
	case *array.Uint32Builder:
		b.Append(pick(i, []uint32{0, 1, math.MaxUint32, math.MaxInt32 + 1}))
	case *array.Uint64Builder:
		b.Append(pick(i, []uint64{0, 1, math.MaxUint64, math.MaxInt64 + 1, math.MaxInt64}))
	case *array.Float16Builder:
		b.Append(float16.New(pick(i, []float32{0, 1.5, -2, 65504})))
	case *array.Float32Builder:
		b.Append(pick(i, []float32{
			0, float32(math.Copysign(0, -1)), 1.5, -0.1, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)),
			math.MaxFloat32, math.SmallestNonzeroFloat32,
		}))
	case *array.Float64Builder:
		b.Append(pick(i, []float64{
			0, math.Copysign(0, -1), 1.5, -0.1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64,
			1.0 / 3,
		}))
	case *array.Decimal128Builder:
		b.Append(decimal128.FromBigInt(decimalSample(i, b.Type().(*arrow.Decimal128Type).Precision)))
	case *array.Decimal256Builder:
		b.Append(decimal256.FromBigInt(decimalSample(i, b.Type().(*arrow.Decimal256Type).Precision)))
	default:
		return false
	}
	return true
}

func decimalSample(i int, precision int32) *big.Int {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
	most.Sub(most, big.NewInt(1))
	return pick(i, []*big.Int{big.NewInt(0), big.NewInt(1), big.NewInt(-1), most, new(big.Int).Neg(most), big.NewInt(120)})
}

// times are what a calendar goes wrong at.
var times = []time.Time{
	time.Unix(0, 0),
	time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	time.Date(2024, 2, 29, 12, 34, 56, 123_456_789, time.UTC),
	time.Date(1899, 12, 31, 1, 2, 3, 4_005_006, time.UTC),
	time.Date(2023, 3, 26, 2, 30, 0, 0, time.UTC),
}

// nanoTimes are those that an int64 of nanoseconds holds.
var nanoTimes = []time.Time{
	time.Unix(0, 0),
	time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Date(2261, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	time.Date(2024, 2, 29, 12, 34, 56, 123_456_789, time.UTC),
}

func appendTime(b array.Builder, i int) bool {
	const day = 24 * time.Hour
	ofDay := pick(i, []time.Duration{0, day - 1, 12*time.Hour + 34*time.Minute + 56*time.Second + 123_456_789, time.Nanosecond})
	switch b := b.(type) {
	case *array.Date32Builder:
		b.Append(arrow.Date32FromTime(pick(i, times)))
	case *array.Date64Builder:
		b.Append(arrow.Date64FromTime(pick(i, times)))
	case *array.Time32Builder:
		b.Append(arrow.Time32(ofDay / b.Type().(*arrow.Time32Type).Unit.Multiplier()))
	case *array.Time64Builder:
		b.Append(arrow.Time64(ofDay / b.Type().(*arrow.Time64Type).Unit.Multiplier()))
	case *array.DurationBuilder:
		b.Append(arrow.Duration(pick(i, []int64{0, 1, -1, 86_400_000_000, -3_600_000_001})))
	case *array.TimestampBuilder:
		switch at := pick(i, times); b.Type().(*arrow.TimestampType).Unit {
		case arrow.Second:
			b.Append(arrow.Timestamp(at.Unix()))
		case arrow.Millisecond:
			b.Append(arrow.Timestamp(at.UnixMilli()))
		case arrow.Microsecond:
			b.Append(arrow.Timestamp(at.UnixMicro()))
		default:
			b.Append(arrow.Timestamp(pick(i, nanoTimes).UnixNano()))
		}
	default:
		return false
	}
	return true
}
