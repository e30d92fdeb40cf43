package csv_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/decode/csv"
	"github.com/floedata/floe/internal/decode/text"
)

// trips is the schema of the table that is decoded: 20 columns of taxi trips.
func trips() *arrow.Schema {
	var fields []arrow.Field
	add := func(dt arrow.DataType, names ...string) {
		for _, n := range names {
			fields = append(fields, arrow.Field{Name: n, Type: dt, Nullable: true})
		}
	}
	add(arrow.PrimitiveTypes.Int64, "id")
	add(arrow.PrimitiveTypes.Int32, "vendor", "passengers", "rate", "pickup", "dropoff")
	add(&arrow.TimestampType{Unit: arrow.Microsecond}, "begun", "ended")
	add(arrow.FixedWidthTypes.Date32, "day")
	add(arrow.FixedWidthTypes.Boolean, "stored")
	add(arrow.PrimitiveTypes.Float64, "distance", "lon1", "lat1", "lon2", "lat2")
	add(&arrow.Decimal128Type{Precision: 10, Scale: 2}, "fare")
	add(&arrow.Decimal128Type{Precision: 12, Scale: 2}, "total")
	add(arrow.BinaryTypes.String, "payment", "zone", "hash")
	return arrow.NewSchema(fields, nil)
}

// tripsCSV returns rows of the table; the same ones every time.
func tripsCSV(rows int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for i, f := range trips().Fields() {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(f.Name)
	}
	b.WriteByte('\n')
	some := func(s string) string {
		if r.IntN(20) == 0 {
			return ""
		}
		return s
	}
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range rows {
		at := start.Add(time.Duration(r.IntN(30000000)) * time.Second)
		fmt.Fprintf(&b, "%d,%d,%s,%d,%d,%d,", i, r.IntN(3), some(fmt.Sprint(r.IntN(6))), r.IntN(6), r.IntN(265), r.IntN(265))
		fmt.Fprintf(&b, "%s,%s,%s,%v,", at.Format("2006-01-02 15:04:05"), some(at.Add(time.Hour).Format("2006-01-02 15:04:05")), at.Format("2006-01-02"), r.IntN(2) == 0)
		fmt.Fprintf(&b, "%.2f,%.4f,%.4f,%.4f,%s,", r.Float64()*30, -74+r.Float64(), 40+r.Float64(), -74+r.Float64(), some(fmt.Sprintf("%.4f", 40+r.Float64())))
		fmt.Fprintf(&b, "%.2f,%s,%s,%s,%016x%016x\n", r.Float64()*90, some(fmt.Sprintf("%.2f", r.Float64()*120)),
			[]string{"card", "cash", "no charge", "dispute"}[r.IntN(4)], some(fmt.Sprintf("zone-%d", r.IntN(200))), r.Uint64(), r.Uint64())
	}
	return b.Bytes()
}

func BenchmarkDecode(b *testing.B) {
	const rows = 100000
	data := tripsCSV(rows)
	for _, inferred := range []bool{false, true} {
		benchmarkDecode(b, data, rows, inferred)
	}
}

// benchmarkDecode decodes data to types that are given or, with stricter parsers, inferred.
func benchmarkDecode(b *testing.B, data []byte, rows int64, inferred bool) {
	schema := trips()
	o := csv.Options{Inferred: slices.Repeat([]bool{inferred}, schema.NumFields())}
	d, err := csv.NewDecoder(memory.DefaultAllocator, schema, nil, o)
	if err != nil {
		b.Fatal(err)
	}
	b.Run(fmt.Sprintf("columns=20/rows=%d/inferred=%t", rows, inferred), func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			s := csv.NewSplitter(bytes.NewReader(data), csv.Options{}, 0, text.Mark{})
			var n int64
			for {
				block, err := s.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					b.Fatal(err)
				}
				rec, rejected, err := d.Decode(block)
				if err != nil || rejected != nil {
					b.Fatal(err, rejected.Len())
				}
				n += rec.NumRows()
				rec.Release()
				block.Free()
			}
			if n != rows {
				b.Fatalf("%d rows of %d", n, rows)
			}
		}
		b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
