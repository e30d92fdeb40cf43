//go:build unix

package parquet_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"github.com/floedata/floe/internal/decode/parquet"
)

// BenchmarkRead compares this package with pqarrow on the same files.
func BenchmarkRead(b *testing.B) {
	rows := 1_000_000
	if testing.Short() {
		rows = 50_000
	}
	for _, codec := range []string{"zstd", "snappy"} {
		data := duck(b, trips(rows), "CODEC '"+codec+"'")
		for _, parallel := range []int{1, 2} {
			for _, reader := range []string{"floe", "dictionaries", "pqarrow"} {
				b.Run(fmt.Sprintf("codec=%s/columns=20/parallel=%d/reader=%s", codec, parallel, reader), func(b *testing.B) {
					b.ReportAllocs()
					before := cpuSeconds(b)
					for b.Loop() {
						n := 0
						if reader == "pqarrow" {
							n = readPqarrow(b, data, parallel > 1)
						} else {
							n = readFloe(b, data, parquet.Options{Parallel: parallel, Dictionaries: reader == "dictionaries"})
						}
						if n != rows {
							b.Fatalf("%d rows, want %d", n, rows)
						}
					}
					total := float64(rows) * float64(b.N)
					b.ReportMetric(total/b.Elapsed().Seconds(), "rows/s")
					b.ReportMetric(total/(cpuSeconds(b)-before), "rows/cpu-s")
				})
			}
		}
	}
}

func readFloe(b *testing.B, data []byte, o parquet.Options) (rows int) {
	r, err := open(b, data).Reader(o)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for {
		rec, err := r.Next(context.Background())
		if err == io.EOF {
			return rows
		}
		if err != nil {
			b.Fatal(err)
		}
		rows += int(rec.NumRows())
		rec.Release()
	}
}

func readPqarrow(b *testing.B, data []byte, parallel bool) (rows int) {
	pf, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	defer pf.Close()
	r, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{Parallel: parallel, BatchSize: 64 << 10}, memory.DefaultAllocator)
	if err != nil {
		b.Fatal(err)
	}
	rr, err := r.GetRecordReader(context.Background(), nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer rr.Release()
	for rr.Next() {
		rows += int(rr.Record().NumRows())
	}
	if err := rr.Err(); err != nil && err != io.EOF {
		b.Fatal(err)
	}
	return rows
}
