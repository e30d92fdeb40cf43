//go:build unix

package parquet_test

import (
	"fmt"
	"io"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/encode/parquet"
)

// BenchmarkWrite encodes columns of the kinds that pipelines move, each alone and all of them.
func BenchmarkWrite(b *testing.B) {
	rows := 1_000_000
	if testing.Short() {
		rows = 50_000
	}
	all := kinds(b, memory.DefaultAllocator, rows)
	defer all.Release()
	write := func(name string, rec arrow.Record, o parquet.Options) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := cpuSeconds(b)
			for b.Loop() {
				w, err := parquet.NewWriter(io.Discard, rec.Schema(), &o)
				if err != nil {
					b.Fatal(err)
				}
				if err := w.Write(rec); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(w.Size())/float64(rows), "B/row")
			}
			b.ReportMetric(float64(rows)*float64(b.N)/(cpuSeconds(b)-before), "rows/cpu-s")
		})
	}
	for name, codec := range map[string]parquet.Codec{"zstd": parquet.Zstd, "snappy": parquet.Snappy, "none": parquet.None} {
		write("columns=all/codec="+name, all, parquet.Options{Codec: codec})
	}
	for i := range int(all.NumCols()) {
		one := array.NewRecord(arrow.NewSchema(all.Schema().Fields()[i:i+1], nil), all.Columns()[i:i+1], all.NumRows())
		write(fmt.Sprintf("columns=%s/codec=none", all.ColumnName(i)), one, parquet.Options{Codec: parquet.None})
		one.Release()
	}
}

// cpuSeconds is the processor time that the process has taken, the measure that a busy machine leaves alone.
func cpuSeconds(tb testing.TB) float64 {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Skip(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}
