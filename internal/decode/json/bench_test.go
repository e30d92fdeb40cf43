package json_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/decode/json"
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
	add(arrow.PrimitiveTypes.Int64, "trip_id")
	add(arrow.PrimitiveTypes.Int32, "vendor_id", "passenger_count", "rate_code_id", "pickup_location", "dropoff_location")
	add(&arrow.TimestampType{Unit: arrow.Microsecond}, "pickup_at", "dropoff_at")
	add(arrow.FixedWidthTypes.Date32, "pickup_date")
	add(arrow.FixedWidthTypes.Boolean, "store_and_forward")
	add(arrow.PrimitiveTypes.Float64, "trip_distance", "pickup_longitude", "pickup_latitude", "dropoff_longitude", "dropoff_latitude")
	add(&arrow.Decimal128Type{Precision: 10, Scale: 2}, "fare_amount")
	add(&arrow.Decimal128Type{Precision: 12, Scale: 2}, "total_amount")
	add(arrow.BinaryTypes.String, "payment_type", "zone_name", "record_hash")
	return arrow.NewSchema(fields, nil)
}

// tripsJSON returns rows of the table; the same ones every time.
func tripsJSON(rows int, array bool) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	some := func(s string) string {
		if r.IntN(20) == 0 {
			return "null"
		}
		return s
	}
	if array {
		b.WriteByte('[')
	}
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	fields := trips().Fields()
	for i := range rows {
		at := start.Add(time.Duration(r.IntN(30000000)) * time.Second)
		values := []string{
			fmt.Sprint(i), fmt.Sprint(r.IntN(3)), some(fmt.Sprint(r.IntN(6))), fmt.Sprint(r.IntN(6)), fmt.Sprint(r.IntN(265)), fmt.Sprint(r.IntN(265)),
			at.Format(`"2006-01-02 15:04:05"`), some(at.Add(time.Hour).Format(`"2006-01-02 15:04:05"`)), at.Format(`"2006-01-02"`), fmt.Sprint(r.IntN(2) == 0),
			fmt.Sprintf("%.2f", r.Float64()*30), fmt.Sprintf("%.4f", -74+r.Float64()), fmt.Sprintf("%.4f", 40+r.Float64()), fmt.Sprintf("%.4f", -74+r.Float64()),
			some(fmt.Sprintf("%.4f", 40+r.Float64())), fmt.Sprintf("%.2f", r.Float64()*90), some(fmt.Sprintf("%.2f", r.Float64()*120)),
			`"` + []string{"card", "cash", "no charge", "dispute"}[r.IntN(4)] + `"`, some(fmt.Sprintf(`"zone-%d"`, r.IntN(200))),
			fmt.Sprintf(`"%016x%016x"`, r.Uint64(), r.Uint64()),
		}
		for k, f := range fields {
			b.WriteByte("{,"[min(k, 1)])
			fmt.Fprintf(&b, "%q:%s", f.Name, values[k])
		}
		b.WriteByte('}')
		if array && i < rows-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	if array {
		b.WriteByte(']')
	}
	return b.Bytes()
}

func BenchmarkDecode(b *testing.B) {
	const rows = 50000
	for _, array := range []bool{false, true} {
		data := tripsJSON(rows, array)
		o := json.Options{Array: array}
		d, err := json.NewDecoder(memory.DefaultAllocator, trips(), o)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("columns=20/rows=%d/array=%v", rows, array), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if n := decodeAll(b, d, data, o); n != rows {
					b.Fatalf("%d rows of %d", n, rows)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// decodeAll decodes data, which has no bad rows, and returns the number of rows.
func decodeAll(b *testing.B, d *json.Decoder, data []byte, o json.Options) (n int64) {
	s := json.NewSplitter(bytes.NewReader(data), o, 0, text.Mark{})
	for {
		block, err := s.Next()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			b.Fatal(err)
		}
		rec, rejected, err := d.Decode(block)
		if err != nil || rejected != nil {
			b.Fatal(err, rejected)
		}
		n += rec.NumRows()
		rec.Release()
		block.Free()
	}
}

func BenchmarkSplit(b *testing.B) {
	for _, array := range []bool{false, true} {
		data := tripsJSON(20000, array)
		b.Run(fmt.Sprintf("array=%v", array), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				s := json.NewSplitter(bytes.NewReader(data), json.Options{Array: array}, 0, text.Mark{})
				for {
					block, err := s.Next()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					block.Free()
				}
			}
		})
	}
}
