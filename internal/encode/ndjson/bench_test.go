package ndjson_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/encode/internal/sample"
	"github.com/floedata/floe/internal/encode/ndjson"
)

const benchRows = 8192

// BenchmarkAppend has a column of each kind by itself.
func BenchmarkAppend(b *testing.B) {
	for _, c := range benchColumns {
		b.Run(c.name, func(b *testing.B) {
			rec := benchRecord(b, c)
			e, err := ndjson.New(rec.Schema(), nil)
			if err != nil {
				b.Fatal(err)
			}
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				if err := e.Bind(rec); err != nil {
					b.Fatal(err)
				}
				dst, _ = e.Append(dst[:0], 0, benchRows, math.MaxInt)
			}
			b.SetBytes(int64(len(dst)))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
	}
}

type benchColumn struct {
	name   string
	dt     arrow.DataType
	append func(b array.Builder, rnd *rand.Rand)
}

var benchColumns = []benchColumn{
	{"type=int32/digits=3", arrow.PrimitiveTypes.Int32, func(b array.Builder, rnd *rand.Rand) { b.(*array.Int32Builder).Append(rnd.Int32N(1000)) }},
	{"type=int64/digits=19", arrow.PrimitiveTypes.Int64, func(b array.Builder, rnd *rand.Rand) { b.(*array.Int64Builder).Append(rnd.Int64()) }},
	{"type=float64/digits=2", arrow.PrimitiveTypes.Float64, func(b array.Builder, rnd *rand.Rand) {
		b.(*array.Float64Builder).Append(float64(rnd.IntN(20_000)) / 100)
	}},
	{"type=float64/digits=17", arrow.PrimitiveTypes.Float64, func(b array.Builder, rnd *rand.Rand) { b.(*array.Float64Builder).Append(rnd.NormFloat64()) }},
	{"type=decimal128/digits=9", &arrow.Decimal128Type{Precision: 10, Scale: 2}, func(b array.Builder, rnd *rand.Rand) {
		b.(*array.Decimal128Builder).Append(decimal128.FromI64(rnd.Int64N(1e9)))
	}},
	{"type=decimal128/digits=38", &arrow.Decimal128Type{Precision: 38, Scale: 10}, func(b array.Builder, rnd *rand.Rand) {
		b.(*array.Decimal128Builder).Append(decimal128.New(rnd.Int64()>>2, rnd.Uint64()))
	}},
	{"type=timestamp/order=ascending", arrow.FixedWidthTypes.Timestamp_us, func(b array.Builder, rnd *rand.Rand) {
		b.(*array.TimestampBuilder).Append(arrow.Timestamp(1.7e15 + int64(b.Len())*1e6 + rnd.Int64N(1e6)))
	}},
	{"type=timestamp/order=none", arrow.FixedWidthTypes.Timestamp_us, func(b array.Builder, rnd *rand.Rand) {
		b.(*array.TimestampBuilder).Append(arrow.Timestamp(rnd.Int64N(1.7e15)))
	}},
	{"type=string/bytes=7", arrow.BinaryTypes.String, func(b array.Builder, rnd *rand.Rand) {
		b.(*array.StringBuilder).Append([]string{"card", "no charge", "dispute", "Manhattan"}[rnd.IntN(4)])
	}},
	{"type=string/bytes=32", arrow.BinaryTypes.String, func(b array.Builder, rnd *rand.Rand) {
		b.(*array.StringBuilder).Append(fmt.Sprintf("%016x%016x", rnd.Uint64(), rnd.Uint64()))
	}},
	{"type=string/bytes=1000", arrow.BinaryTypes.String, func(b array.Builder, rnd *rand.Rand) {
		b.(*array.StringBuilder).Append(fmt.Sprintf("%01000d", rnd.Uint64()))
	}},
	{"type=string/bytes=32/escapes=2", arrow.BinaryTypes.String, func(b array.Builder, rnd *rand.Rand) {
		b.(*array.StringBuilder).Append(fmt.Sprintf("\"%014x\n%016x", rnd.Uint32(), rnd.Uint64()))
	}},
	{"type=dictionary", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}, func(b array.Builder, rnd *rand.Rand) {
		_ = b.(*array.BinaryDictionaryBuilder).AppendString([]string{"card", "no charge", "dispute", "Manhattan"}[rnd.IntN(4)])
	}},
	{"type=list/items=3", arrow.ListOf(arrow.PrimitiveTypes.Int32), func(b array.Builder, rnd *rand.Rand) {
		list := b.(*array.ListBuilder)
		list.Append(true)
		for range 3 {
			list.ValueBuilder().(*array.Int32Builder).Append(rnd.Int32N(1000))
		}
	}},
}

func benchRecord(tb testing.TB, c benchColumn) arrow.Record {
	b := array.NewBuilder(memory.DefaultAllocator, c.dt)
	defer b.Release()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range benchRows {
		c.append(b, rnd)
	}
	return record(tb, b.NewArray())
}

// TestAllocations has no row allocate anything, of whatever type, once dst has room.
func TestAllocations(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var types []arrow.DataType
	types = append(types, sample.Leaves()...)
	for _, c := range benchColumns {
		types = append(types, c.dt)
	}
	str := arrow.BinaryTypes.String
	types = append(types, arrow.MapOf(str, arrow.ListOf(str)), arrow.StructOf(
		arrow.Field{Name: "a", Type: arrow.FixedWidthTypes.Timestamp_ns, Nullable: true}, arrow.Field{Name: "b", Type: arrow.BinaryTypes.Binary}))
	for i, dt := range types {
		for _, nullable := range []bool{false, true} {
			schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: dt, Nullable: nullable}}, nil)
			e, err := ndjson.New(schema, nil)
			if err != nil {
				t.Fatal(err)
			}
			rec := sample.Record(rnd, checked(t), schema, 100)
			for e.Bind(rec) != nil { // a key comes twice
				rec.Release()
				rec = sample.Record(rnd, checked(t), schema, 3)
			}
			rows := int(rec.NumRows())
			dst, _ := e.Append(nil, 0, rows, math.MaxInt)
			dst = make([]byte, 0, 2*len(dst)+1000)
			if n := testing.AllocsPerRun(3, func() { dst, _ = e.Append(dst[:0], 0, rows, math.MaxInt) }); n != 0 {
				t.Errorf("type %d, %s: %v allocations for %d rows, want none", i, dt, n, rows)
			}
			rec.Release()
		}
	}
}
