package duckdb_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
)

// trips is the table of the measurements: 20 columns, about 192 bytes a row.
func trips(rows int, seed uint64) arrow.Record {
	null := func(name string, dt arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: dt, Nullable: true}
	}
	fields := []arrow.Field{null("id", arrow.PrimitiveTypes.Int64)}
	for i := range 5 {
		fields = append(fields, null(fmt.Sprintf("i%d", i), arrow.PrimitiveTypes.Int32))
	}
	fields = append(fields, null("started", arrow.FixedWidthTypes.Timestamp_us), null("ended", &arrow.TimestampType{Unit: arrow.Microsecond}),
		null("day", arrow.FixedWidthTypes.Date32), null("paid", arrow.FixedWidthTypes.Boolean))
	for i := range 5 {
		fields = append(fields, null(fmt.Sprintf("f%d", i), arrow.PrimitiveTypes.Float64))
	}
	fields = append(fields, null("fare", &arrow.Decimal128Type{Precision: 10, Scale: 2}), null("total", &arrow.Decimal128Type{Precision: 12, Scale: 2}),
		null("vendor", arrow.BinaryTypes.String), null("zone", arrow.BinaryTypes.String), null("hash", arrow.BinaryTypes.String))
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	x := seed*2862933555777941757 + 3037000493
	next := func(n uint64) uint64 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		return x % n
	}
	for row := range rows {
		for c, f := range fields {
			if c >= 10 && c < 15 && next(20) == 0 {
				b.Field(c).AppendNull()
				continue
			}
			switch bld := b.Field(c).(type) {
			case *array.Int64Builder:
				bld.Append(int64(seed)<<32 + int64(row))
			case *array.Int32Builder:
				bld.Append(int32(next(100_000)))
			case *array.TimestampBuilder:
				bld.Append(arrow.Timestamp(1_700_000_000_000_000 + int64(next(1<<40))))
			case *array.Date32Builder:
				bld.Append(arrow.Date32(19_000 + next(1000)))
			case *array.BooleanBuilder:
				bld.Append(next(2) == 0)
			case *array.Float64Builder:
				bld.Append(float64(next(1_000_000)) / 100)
			case *array.Decimal128Builder:
				bld.Append(decimal128.FromU64(next(1_000_000)))
			case *array.StringBuilder:
				if f.Name == "hash" {
					bld.Append(fmt.Sprintf("%016x%016x", next(1<<63), next(1<<63)))
				} else {
					bld.Append([]string{"north", "south", "east side", "west"}[next(4)])
				}
			}
		}
	}
	return b.NewRecord()
}

// BenchmarkLoad loads full batches from memory into a file.
func BenchmarkLoad(b *testing.B) {
	const rowGroup, batches = 122_880, 3
	for _, bench := range []struct {
		name string
		open func(b *testing.B) *duckdb.Sink
	}{
		{"mode=append/instance=own", func(b *testing.B) *duckdb.Sink { return own(b, nil) }},
		{"mode=append/instance=caller", func(b *testing.B) *duckdb.Sink {
			connector, _ := connect(b)
			return open(b, connector, "t", nil)
		}},
		{"mode=upsert/instance=own", func(b *testing.B) *duckdb.Sink {
			return own(b, &duckdb.Options{Mode: sink.Upsert, Key: []string{"id"}})
		}},
	} {
		for _, groups := range []int{1, 8} {
			b.Run(fmt.Sprintf("rows=%d/%s", groups*rowGroup, bench.name), func(b *testing.B) {
				records := make([]arrow.Record, groups)
				for i := range records {
					records[i] = trips(rowGroup, uint64(i+1))
				}
				rows := int64(groups * rowGroup)
				b.ReportAllocs()
				n := int64(0)
				for b.Loop() {
					b.StopTimer()
					s := bench.open(b)
					w, from, err := s.Open(b.Context(), "p", "0")
					if err != nil {
						b.Fatal(err)
					}
					if err := w.Prepare(b.Context(), records[0].Schema()); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
					for range batches {
						to := offset.Offset{Position: fmt.Sprint(n), Ordinal: n + rows}.String()
						if _, err := w.Load(b.Context(), &sink.Batch{
							From: from, To: to, Schema: records[0].Schema(), Records: records, Rows: rows,
							Gate: func(context.Context, sink.Receipt) error { return nil },
						}); err != nil {
							b.Fatal(err)
						}
						from = to
						n += rows
					}
					if err := s.Close(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}

func own(b *testing.B, o *duckdb.Options) *duckdb.Sink {
	s, err := duckdb.Open(filepath.Join(b.TempDir(), "bench.db"), "t", o)
	if err != nil {
		b.Fatal(err)
	}
	return s
}
