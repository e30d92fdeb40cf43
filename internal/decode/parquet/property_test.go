package parquet_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
	pq "github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"github.com/floedata/floe/internal/decode/parquet"
)

// TestRandom writes random values of random, nested types with pqarrow and
// reads them back in batches of all sizes.
func TestRandom(t *testing.T) {
	seeds := 60
	if testing.Short() {
		seeds = 15
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(uint64(seed), 1))
			var fields []arrow.Field
			for i := range 1 + rnd.IntN(4) {
				fields = append(fields, arrow.Field{Name: fmt.Sprintf("c%d", i), Type: randomType(rnd, 3), Nullable: rnd.IntN(4) > 0})
			}
			schema := arrow.NewSchema(fields, nil)
			rows := 1 + rnd.IntN(700)
			want := randomRecord(rnd, schema, rows)
			defer want.Release()
			b := write(t, want, rnd)
			for range 5 {
				o := parquet.Options{
					BatchRows: int64(1 + rnd.IntN(rows)),
					Start:     int64(rnd.IntN(rows)),
					Parallel:  1 + rnd.IntN(3),
					Allocator: checked(t),
				}
				if rnd.IntN(2) == 0 {
					o.Start = 0
				}
				_, recs := drain(t, open(t, b), o)
				checkBatches(t, recs, o, int64(rows))
				for i, f := range fields {
					w := array.NewSlice(want.Column(i), o.Start, int64(rows))
					sameColumn(t, f.Name, w, column(t, recs, i))
					w.Release()
				}
				if t.Failed() {
					t.Fatalf("%+v of %s", o, schema)
				}
			}
		})
	}
}

func randomType(rnd *rand.Rand, depth int) arrow.DataType {
	leaves := []arrow.DataType{
		arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Float64, arrow.BinaryTypes.String, arrow.BinaryTypes.Binary,
		arrow.FixedWidthTypes.Date32, &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"},
		&arrow.Decimal128Type{Precision: 20, Scale: 3}, &arrow.FixedSizeBinaryType{ByteWidth: 3},
	}
	if depth == 0 || rnd.IntN(2) == 0 {
		return leaves[rnd.IntN(len(leaves))]
	}
	switch rnd.IntN(5) {
	case 0, 1:
		return arrow.ListOfField(arrow.Field{Name: "element", Type: randomType(rnd, depth-1), Nullable: rnd.IntN(3) > 0})
	case 2:
		return arrow.MapOf(arrow.BinaryTypes.String, randomType(rnd, depth-1))
	default:
		var fields []arrow.Field
		for i := range 1 + rnd.IntN(3) {
			fields = append(fields, arrow.Field{Name: fmt.Sprintf("f%d", i), Type: randomType(rnd, depth-1), Nullable: rnd.IntN(4) > 0})
		}
		return arrow.StructOf(fields...)
	}
}

func randomRecord(rnd *rand.Rand, schema *arrow.Schema, rows int) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i, f := range schema.Fields() {
		nulls := []int{0, 2, 10, 1000}[rnd.IntN(4)]
		for range rows {
			appendRandom(rnd, b.Field(i), f.Nullable, nulls)
		}
	}
	return b.NewRecord()
}

// appendRandom appends a value, one in nulls of them null.
func appendRandom(rnd *rand.Rand, b array.Builder, nullable bool, nulls int) {
	if nullable && nulls > 0 && rnd.IntN(nulls) == 0 {
		b.AppendNull()
		return
	}
	few := rnd.IntN(3) > 0 // values that a dictionary gathers
	n := rnd.IntN(1 << 30)
	if few {
		n %= 5
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(n%2 == 0)
	case *array.Int8Builder:
		b.Append(int8(n))
	case *array.Int32Builder:
		b.Append(int32(n) - 1000)
	case *array.Int64Builder:
		b.Append(int64(n)*int64(n) - 5)
	case *array.Uint16Builder:
		b.Append(uint16(n))
	case *array.Float64Builder:
		b.Append(float64(n) / 3)
	case *array.StringBuilder:
		b.Append(fmt.Sprintf("%0*d", n%40, n))
	case *array.BinaryBuilder:
		b.Append(bytes.Repeat([]byte{byte(n)}, n%20))
	case *array.Date32Builder:
		b.Append(arrow.Date32(n))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(n) * 1e6)
	case *array.Decimal128Builder:
		b.Append(decimal128.FromI64(int64(n) - 3))
	case *array.FixedSizeBinaryBuilder:
		b.Append([]byte{byte(n), byte(n >> 8), 7})
	case *array.MapBuilder:
		b.Append(true)
		for k := range rnd.IntN(4) {
			b.KeyBuilder().(*array.StringBuilder).Append(fmt.Sprint("k", k))
			appendRandom(rnd, b.ItemBuilder(), true, nulls)
		}
	case *array.ListBuilder:
		b.Append(true)
		elem := b.Type().(*arrow.ListType).ElemField()
		for range rnd.IntN(5) {
			appendRandom(rnd, b.ValueBuilder(), elem.Nullable, nulls)
		}
	case *array.StructBuilder:
		b.Append(true)
		for i, f := range b.Type().(*arrow.StructType).Fields() {
			appendRandom(rnd, b.FieldBuilder(i), f.Nullable, nulls)
		}
	default:
		panic(fmt.Sprintf("no random values of %s", b.Type()))
	}
}

// write writes a record with pqarrow, with pages and row groups of random sizes and kinds.
func write(t *testing.T, rec arrow.Record, rnd *rand.Rand) []byte {
	t.Helper()
	codecs := []compress.Compression{compress.Codecs.Zstd, compress.Codecs.Snappy, compress.Codecs.Uncompressed, compress.Codecs.Gzip}
	// A batch in which no row begins makes this writer go round for ever where pages must begin with rows.
	version, batch := pq.DataPageV1, int64(1+rnd.IntN(100))
	if rnd.IntN(2) == 0 {
		version, batch = pq.DataPageV2, 1000
	}
	props := pq.NewWriterProperties(
		pq.WithCompression(codecs[rnd.IntN(len(codecs))]),
		pq.WithDictionaryDefault(rnd.IntN(2) == 0),
		pq.WithDictionaryPageSizeLimit(int64(1+rnd.IntN(2000))),
		pq.WithDataPageSize(int64(1+rnd.IntN(3000))),
		pq.WithBatchSize(batch),
		pq.WithDataPageVersion(version),
		pq.WithMaxRowGroupLength(int64(1+rnd.IntN(400))),
	)
	var buf bytes.Buffer
	w, err := pqarrow.NewFileWriter(rec.Schema(), &buf, props, pqarrow.NewArrowWriterProperties())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
