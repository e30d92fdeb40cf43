package mysql

import (
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/dialect"
	mydialect "github.com/floedata/floe/dialect/mysql"
	floesql "github.com/floedata/floe/sink/sql"
)

// BenchmarkStream measures what a load costs beside the server: the check of values, and the stream.
func BenchmarkStream(b *testing.B) {
	fields := []arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "a", Type: arrow.PrimitiveTypes.Int32},
		{Name: "b", Type: arrow.PrimitiveTypes.Int32},
		{Name: "from", Type: &arrow.TimestampType{Unit: arrow.Microsecond}},
		{Name: "to", Type: &arrow.TimestampType{Unit: arrow.Microsecond}},
		{Name: "day", Type: arrow.FixedWidthTypes.Date32},
		{Name: "flag", Type: arrow.FixedWidthTypes.Boolean},
		{Name: "x", Type: arrow.PrimitiveTypes.Float64},
		{Name: "y", Type: arrow.PrimitiveTypes.Float64},
		{Name: "fare", Type: &arrow.Decimal128Type{Precision: 10, Scale: 2}},
		{Name: "name", Type: arrow.BinaryTypes.String},
		{Name: "hash", Type: arrow.BinaryTypes.String},
	}
	const rows = 10_000
	rb := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer rb.Release()
	for i := range rows {
		rb.Field(0).(*array.Int64Builder).Append(int64(i) * 1_000_003)
		rb.Field(1).(*array.Int32Builder).Append(int32(i))
		rb.Field(2).(*array.Int32Builder).Append(int32(i % 7))
		rb.Field(3).(*array.TimestampBuilder).Append(arrow.Timestamp(1_700_000_000_000_000 + int64(i)*1_234_567))
		rb.Field(4).(*array.TimestampBuilder).Append(arrow.Timestamp(1_700_000_900_000_000 + int64(i)*1_234_567))
		rb.Field(5).(*array.Date32Builder).Append(arrow.Date32(19_000 + i%365))
		rb.Field(6).(*array.BooleanBuilder).Append(i%2 == 0)
		rb.Field(7).(*array.Float64Builder).Append(float64(i) / 100)
		rb.Field(8).(*array.Float64Builder).Append(float64(i) / 7)
		rb.Field(9).(*array.Decimal128Builder).Append(decimal128.FromI64(int64(i) * 37))
		rb.Field(10).(*array.StringBuilder).Append("low cardinality")
		rb.Field(11).(*array.StringBuilder).Append(fmt.Sprintf("%032x", i*1_000_003))
	}
	rec := rb.NewRecord()
	defer rec.Release()
	into := floesql.Into{Table: "`t`", Fields: fields}
	for _, f := range fields {
		typ, err := mydialect.Dialect{}.Type(f, false)
		if err != nil {
			b.Fatal(err)
		}
		into.Columns = append(into.Columns, dialect.Column{Name: f.Name, Type: typ})
	}
	plan, err := (&route{}).Plan(into)
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 16<<10)
	b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if bad := plan.Check(rec); len(bad) > 0 {
				b.Fatal(bad)
			}
			e := newEncoder(plan.(*loader).columns, []arrow.Record{rec})
			n := 0
			for {
				k, err := e.Read(buf)
				if err == io.EOF {
					break
				}
				n += k
			}
			b.SetBytes(int64(n))
		}
		b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
