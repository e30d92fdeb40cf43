package batching_test

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/batching"
)

const rowGroup = 122_880

// wide makes a record of n rows of 20 columns: numbers, times, a decimal and texts, with some nulls.
func wide(mem memory.Allocator, n int) arrow.Record {
	types := []arrow.DataType{
		arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Float64,
		arrow.FixedWidthTypes.Timestamp_us, arrow.BinaryTypes.String,
	}
	var fields []arrow.Field
	for i := range 20 {
		fields = append(fields, arrow.Field{Name: fmt.Sprint("c", i), Type: types[i%5], Nullable: true})
	}
	b := array.NewRecordBuilder(mem, arrow.NewSchema(fields, nil))
	defer b.Release()
	for i := range n {
		for c, f := range b.Fields() {
			if c > 15 && i%10 == 0 {
				f.AppendNull()
				continue
			}
			switch f := f.(type) {
			case *array.Int64Builder:
				f.Append(int64(i))
			case *array.Int32Builder:
				f.Append(int32(i))
			case *array.Float64Builder:
				f.Append(float64(i))
			case *array.TimestampBuilder:
				f.Append(arrow.Timestamp(i))
			case *array.StringBuilder:
				f.Append("twelve bytes")
			}
		}
	}
	return b.NewRecord()
}

// BenchmarkBatcher joins records of so many rows to records of 122,880 rows.
func BenchmarkBatcher(b *testing.B) {
	for _, rows := range []int{1, 16, 64, 128, 256, 1024, 8192, 65536, rowGroup} {
		b.Run(fmt.Sprintf("rows=%d/cols=20", rows), func(b *testing.B) {
			rec := wide(memory.DefaultAllocator, rows)
			defer rec.Release()
			batch := batching.NewBatcher(memory.DefaultAllocator, batching.Policy{}, rowGroup)
			n := (rowGroup + rows - 1) / rows
			b.ReportAllocs()
			b.SetBytes(int64(n) * batching.Bytes(rec))
			for b.Loop() {
				for range n {
					if err := batch.Add(rec, noon); err != nil {
						b.Fatal(err)
					}
				}
				out, err := batch.Seal()
				if err != nil {
					b.Fatal(err)
				}
				release(out)
			}
			total := float64(b.N) * float64(n*rows)
			b.ReportMetric(total/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/total, "ns/row")
		})
	}
}

func BenchmarkBytes(b *testing.B) {
	rec := wide(memory.DefaultAllocator, 100)
	defer rec.Release()
	b.ReportAllocs()
	for b.Loop() {
		batching.Bytes(rec)
	}
}
