package sample

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Leaves are types that are not nested, one of each kind that a file can have.
func Leaves() []arrow.DataType {
	list := []arrow.DataType{
		arrow.Null, arrow.FixedWidthTypes.Boolean,
		arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
		arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
		arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.StringView,
		arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary, arrow.BinaryTypes.BinaryView,
		&arrow.FixedSizeBinaryType{ByteWidth: 1}, &arrow.FixedSizeBinaryType{ByteWidth: 16},
		arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64,
		arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Time64ns,
	}
	for _, unit := range []arrow.TimeUnit{arrow.Second, arrow.Millisecond, arrow.Microsecond, arrow.Nanosecond} {
		list = append(list, &arrow.TimestampType{Unit: unit}, &arrow.TimestampType{Unit: unit, TimeZone: "America/New_York"})
	}
	for _, p := range []int32{1, 5, 9, 10, 18, 19, 27, 38} {
		list = append(list, &arrow.Decimal128Type{Precision: p, Scale: p / 2}, &arrow.Decimal256Type{Precision: p, Scale: p / 2})
	}
	return list
}

// Type is a random type, nested up to depth deep.
func Type(rnd *rand.Rand, depth int) arrow.DataType {
	if depth == 0 || rnd.IntN(2) == 0 {
		leaf := pick(rnd, Leaves())
		if rnd.IntN(5) == 0 && leaf.ID() != arrow.NULL {
			return &arrow.DictionaryType{IndexType: pick(rnd, indexTypes), ValueType: dictionaryValue(rnd)}
		}
		return leaf
	}
	switch rnd.IntN(6) {
	case 0, 1:
		return arrow.ListOfField(field(rnd, "item", depth-1))
	case 2:
		return arrow.LargeListOfField(field(rnd, "item", depth-1))
	case 3:
		return arrow.FixedSizeListOfField(int32(1+rnd.IntN(3)), field(rnd, "item", depth-1))
	case 4:
		return arrow.MapOf(pick(rnd, []arrow.DataType{arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64}), Type(rnd, depth-1))
	default:
		var fields []arrow.Field
		for i := range 1 + rnd.IntN(3) {
			fields = append(fields, field(rnd, fmt.Sprintf("f%d", i), depth-1))
		}
		return arrow.StructOf(fields...)
	}
}

var indexTypes = []arrow.DataType{
	arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint8,
}

// dictionaryValue is one of the types that there is a builder of dictionaries for.
func dictionaryValue(rnd *rand.Rand) arrow.DataType {
	return pick(rnd, []arrow.DataType{
		arrow.BinaryTypes.String, arrow.BinaryTypes.Binary, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint16,
		arrow.PrimitiveTypes.Float64, &arrow.Decimal128Type{Precision: 20, Scale: 2}, &arrow.FixedSizeBinaryType{ByteWidth: 5},
	})
}

func field(rnd *rand.Rand, name string, depth int) arrow.Field {
	return arrow.Field{Name: name, Type: Type(rnd, depth), Nullable: rnd.IntN(4) > 0}
}

// Schema has some columns of random types.
func Schema(rnd *rand.Rand, depth int) *arrow.Schema {
	var fields []arrow.Field
	for i := range 1 + rnd.IntN(5) {
		fields = append(fields, field(rnd, fmt.Sprintf("c%d", i), depth))
	}
	return arrow.NewSchema(fields, nil)
}

// Record has random values of the columns of schema, half of the time as a slice of more.
func Record(rnd *rand.Rand, mem memory.Allocator, schema *arrow.Schema, rows int) arrow.Record {
	before, after := 0, 0
	if rnd.IntN(2) == 0 {
		before, after = rnd.IntN(20), rnd.IntN(20)
	}
	columns := make([]arrow.Array, schema.NumFields())
	for i, f := range schema.Fields() {
		b := array.NewBuilder(mem, f.Type)
		style := values{rnd: rnd, nulls: pick(rnd, []float64{0, 0, 0.05, 0.5, 0.98, 1}), few: rnd.IntN(2) == 0}
		for range before + rows + after {
			style.append(b, f)
		}
		whole := b.NewArray()
		columns[i] = array.NewSlice(whole, int64(before), int64(before+rows))
		whole.Release()
		b.Release()
	}
	rec := array.NewRecord(schema, columns, int64(rows))
	for _, c := range columns {
		c.Release()
	}
	return rec
}

// values makes those of a column.
type values struct {
	rnd   *rand.Rand
	nulls float64 // how many
	few   bool    // of few different values
}

func pick[T any](rnd *rand.Rand, list []T) T { return list[rnd.IntN(len(list))] }

// number is a random number of so many bits, often an extreme one.
func (v *values) number(bits int) int64 {
	if v.few {
		return int64(v.rnd.IntN(7)) - 3
	}
	switch v.rnd.IntN(12) {
	case 0:
		return math.MaxInt64 >> (64 - bits)
	case 1:
		return math.MinInt64 >> (64 - bits)
	case 2:
		return -1
	case 3:
		return 0
	default:
		return int64(v.rnd.Uint64()) >> (64 - bits)
	}
}

// below is a random number from 0 to n.
func (v *values) below(n int64) int64 {
	if v.few {
		return v.rnd.Int64N(min(n, 5))
	}
	return v.rnd.Int64N(n)
}

func (v *values) float() float64 {
	switch v.rnd.IntN(12) {
	case 0:
		return math.NaN()
	case 1:
		return math.Inf(1)
	case 2:
		return math.Copysign(0, -1)
	case 3:
		return 0
	default:
		return float64(v.number(24)) / 16
	}
}

// digits is a random number of at most n decimal digits.
func (v *values) digits(n int32) *big.Int {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	limit.Sub(limit, big.NewInt(1))
	switch {
	case v.few:
		return big.NewInt(int64(v.rnd.IntN(9)) - 4)
	case v.rnd.IntN(8) == 0:
		return limit
	case v.rnd.IntN(8) == 0:
		return limit.Neg(limit)
	}
	raw := make([]byte, 17)
	for i := range raw {
		raw[i] = byte(v.rnd.Uint32())
	}
	n2 := new(big.Int).SetBytes(raw)
	n2.Rem(n2, limit)
	if v.rnd.IntN(2) == 0 {
		n2.Neg(n2)
	}
	return n2
}

func (v *values) text() string {
	if v.few {
		return pick(v.rnd, []string{"", "a", "æøå", "card", "no charge", "日本語"})
	}
	r := make([]rune, v.rnd.IntN(24))
	for i := range r {
		r[i] = pick(v.rnd, []rune{'a', 'b', 'z', ' ', 'é', 0x7ff, 0x800, 0xffff, 0x10ffff, 0})
	}
	if v.rnd.IntN(50) == 0 {
		return string(r) + string(make([]byte, 300))
	}
	return string(r)
}

func (v *values) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(v.rnd.Uint32())
	}
	if v.few {
		clear(b[min(1, n):])
	}
	return b
}

// append adds a random value of f to b.
func (v *values) append(b array.Builder, f arrow.Field) {
	if f.Nullable && v.rnd.Float64() < v.nulls {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.NullBuilder:
		b.AppendNull()
	case *array.BooleanBuilder:
		b.Append(v.rnd.IntN(2) == 0)
	case *array.Int8Builder:
		b.Append(int8(v.number(8)))
	case *array.Int16Builder:
		b.Append(int16(v.number(16)))
	case *array.Int32Builder:
		b.Append(int32(v.number(32)))
	case *array.Int64Builder:
		b.Append(v.number(64))
	case *array.Uint8Builder:
		b.Append(uint8(v.number(8)))
	case *array.Uint16Builder:
		b.Append(uint16(v.number(16)))
	case *array.Uint32Builder:
		b.Append(uint32(v.number(32)))
	case *array.Uint64Builder:
		b.Append(uint64(v.number(64)))
	case *array.Float16Builder:
		b.Append(float16.New(float32(v.float())))
	case *array.Float32Builder:
		b.Append(float32(v.float()))
	case *array.Float64Builder:
		b.Append(v.float())
	case *array.StringBuilder:
		b.Append(v.text())
	case *array.LargeStringBuilder:
		b.Append(v.text())
	case *array.StringViewBuilder:
		b.Append(v.text())
	case *array.BinaryBuilder:
		b.Append(v.bytes(v.rnd.IntN(20)))
	case *array.BinaryViewBuilder:
		b.Append(v.bytes(v.rnd.IntN(20)))
	case *array.FixedSizeBinaryBuilder:
		b.Append(v.bytes(f.Type.(*arrow.FixedSizeBinaryType).ByteWidth))
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.below(20_000) - 10_000))
	case *array.Date64Builder:
		b.Append(arrow.Date64((v.below(20_000) - 10_000) * 86_400_000))
	case *array.Time32Builder:
		b.Append(arrow.Time32(v.below(86400e9 / int64(f.Type.(*arrow.Time32Type).Unit.Multiplier()))))
	case *array.Time64Builder:
		b.Append(arrow.Time64(v.below(86400e9 / int64(f.Type.(*arrow.Time64Type).Unit.Multiplier()))))
	case *array.TimestampBuilder:
		unit := int64(f.Type.(*arrow.TimestampType).Unit.Multiplier())
		b.Append(arrow.Timestamp(v.below(4e18/unit) - 2e18/unit))
	case *array.Decimal128Builder:
		b.Append(decimal128.FromBigInt(v.digits(f.Type.(*arrow.Decimal128Type).Precision)))
	case *array.Decimal256Builder:
		b.Append(decimal256.FromBigInt(v.digits(f.Type.(*arrow.Decimal256Type).Precision)))
	default:
		v.appendOther(b, f)
	}
}

// appendOther adds values of nested types and of dictionaries.
func (v *values) appendOther(b array.Builder, f arrow.Field) {
	switch b := b.(type) {
	case *array.StructBuilder:
		b.Append(true)
		for i, child := range f.Type.(*arrow.StructType).Fields() {
			v.append(b.FieldBuilder(i), child)
		}
	case *array.MapBuilder:
		b.Append(true)
		dt := f.Type.(*arrow.MapType)
		for range v.length() {
			v.append(b.KeyBuilder(), arrow.Field{Type: dt.KeyType()})
			v.append(b.ItemBuilder(), dt.ItemField())
		}
	case *array.FixedSizeListBuilder:
		b.Append(true)
		dt := f.Type.(*arrow.FixedSizeListType)
		for range dt.Len() {
			v.append(b.ValueBuilder(), dt.ElemField())
		}
	case *array.ListBuilder:
		b.Append(true)
		for range v.length() {
			v.append(b.ValueBuilder(), f.Type.(*arrow.ListType).ElemField())
		}
	case *array.LargeListBuilder:
		b.Append(true)
		for range v.length() {
			v.append(b.ValueBuilder(), f.Type.(*arrow.LargeListType).ElemField())
		}
	case *array.BinaryDictionaryBuilder:
		must(b.AppendString(pick(v.rnd, []string{"", "one", "two", "three", "日本語"})))
	case *array.Int64DictionaryBuilder:
		must(b.Append(v.rnd.Int64N(100)))
	case *array.Uint16DictionaryBuilder:
		must(b.Append(uint16(v.rnd.IntN(100))))
	case *array.Float64DictionaryBuilder:
		must(b.Append(float64(v.rnd.IntN(100)) / 4))
	case *array.Decimal128DictionaryBuilder:
		must(b.Append(decimal128.FromI64(v.rnd.Int64N(100) - 50)))
	case *array.FixedSizeBinaryDictionaryBuilder:
		must(b.Append([]byte(pick(v.rnd, []string{"aaaaa", "zzzzz", "mmmmm"}))))
	default:
		panic(fmt.Sprintf("sample: no values of type %s", f.Type))
	}
}

// length is that of a list: often none, seldom many.
func (v *values) length() int {
	if v.rnd.IntN(40) == 0 {
		return 30
	}
	return v.rnd.IntN(4)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
