package file_test

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/source/file"
)

func BenchmarkRead(b *testing.B) {
	const rows = 500_000
	mem := memory.NewGoAllocator()
	dir := b.TempDir()
	files := []struct{ name, path string }{
		{"format=csv", write(b, dir, "a.csv", csvNumbers(0, rows))},
		{"format=csv.gz", write(b, dir, "a.csv.gz", gz(b, csvNumbers(0, rows)))},
		{"format=ndjson", write(b, dir, "a.ndjson", jsonNumbers(0, rows))},
		{"format=array", write(b, dir, "a.json", "["+strings.ReplaceAll(strings.TrimSpace(jsonNumbers(0, rows)), "\n", ",\n")+"]")},
		{"format=arrow", write(b, dir, "a.arrow", arrowFile(b, false, numbers(mem, 0, 5, rows/5)...))},
		{"format=arrows", write(b, dir, "a.arrows", arrowFile(b, true, numbers(mem, 0, 5, rows/5)...))},
		{"format=parquet", write(b, dir, "a.parquet", parquetFile(b, numbers(mem, 0, 5, rows/5)...))},
		{"data=flights-3m.parquet", "../../../shared/data/flights-3m.parquet"},
		{"data=zipcodes.csv", "../../../shared/data/zipcodes.csv"},
		{"data=movies.json", "../../../shared/data/movies.json"},
	}
	for _, f := range files {
		b.Run(f.name, func(b *testing.B) {
			info, err := os.Stat(f.path)
			if err != nil {
				b.Skipf("the data is not there: %v", err)
			}
			b.SetBytes(info.Size())
			b.ReportAllocs()
			total := int64(0)
			for b.Loop() {
				total += drain(b, f.path)
			}
			b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// drain reads a file and returns the number of its rows.
func drain(b *testing.B, path string) int64 {
	b.Helper()
	s, err := file.New([]string{path}, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close(b.Context())
	p, err := partition(b.Context(), s)
	if err != nil {
		b.Fatal(err)
	}
	r, err := p.Open(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close(b.Context())
	rows := int64(0)
	for {
		batch, err := r.Next(b.Context())
		if err == io.EOF {
			return rows
		}
		if err != nil {
			b.Fatal(err)
		}
		rows += batch.Record.NumRows()
		batch.Release()
	}
}
