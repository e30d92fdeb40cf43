package file_test

import (
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/file"
	"github.com/floedata/floe/source/sourcetest"
)

// The contract of sources, for every format.
func TestContract(t *testing.T) {
	mem := memory.NewGoAllocator()
	tests := []struct {
		name  string
		opts  file.Options
		files map[string]func() string
		bad   int64 // rows that are rejected
	}{
		{
			name: "csv",
			opts: file.Options{BlockBytes: 100},
			files: map[string]func() string{
				"a.csv":    func() string { return csvNumbers(0, 40) },
				"b.csv.gz": func() string { return gz(t, csvNumbers(40, 30)) },
				"c.tsv":    func() string { return strings.ReplaceAll(csvNumbers(70, 30), ",", "\t") },
			},
		},
		{
			name: "json",
			opts: file.Options{BlockBytes: 200},
			files: map[string]func() string{
				"a.ndjson":   func() string { return jsonNumbers(0, 40) },
				"b.json.zst": func() string { return zst(t, jsonNumbers(40, 30)) },
				"c.json": func() string {
					return "[" + strings.ReplaceAll(strings.TrimSpace(jsonNumbers(70, 30)), "\n", ",") + "]"
				},
			},
		},
		{
			name: "arrow",
			opts: file.Options{BatchRows: 7},
			files: map[string]func() string{
				"a.arrow":  func() string { return arrowFile(t, false, numbers(mem, 0, 3, 20)...) },
				"b.arrows": func() string { return arrowFile(t, true, numbers(mem, 60, 2, 20)...) },
			},
		},
		{
			name: "parquet",
			opts: file.Options{BatchRows: 16},
			files: map[string]func() string{
				"a.parquet": func() string { return parquetFile(t, numbers(mem, 0, 2, 40)...) },
				"b.parquet": func() string { return parquetFile(t, numbers(mem, 80, 1, 20)...) },
			},
		},
		{
			name: "rejects",
			opts: file.Options{BlockBytes: 100, SampleBytes: 60},
			files: map[string]func() string{
				"a.csv":    func() string { return csvNumbers(0, 30) + "x,y\n1,2,3\n" },
				"b.ndjson": func() string { return jsonNumbers(30, 40) + "{\"id\":\"x\"}\n" + jsonNumbers(70, 30) },
			},
			bad: 3,
		},
		{
			name: "small files",
			opts: file.Options{BatchRows: 40},
			files: map[string]func() string{
				"a.csv":     func() string { return csvNumbers(0, 4) },
				"b.parquet": func() string { return parquetFile(t, numbers(mem, 4, 1, 5)...) },
				"c.json":    func() string { return jsonNumbers(9, 1) },
				"d.csv":     func() string { return csvNumbers(10, 90) },
			},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			sourcetest.Run(t, func(tb testing.TB) sourcetest.Harness {
				dir := tb.TempDir()
				for name, text := range tc.files {
					write(tb, dir, name, text())
				}
				recs := numbers(memory.NewGoAllocator(), 0, 1, 100)
				return sourcetest.Harness{
					Open: func(_ context.Context, mem memory.Allocator) (source.Source, error) {
						opts := tc.opts
						opts.Allocator = mem
						return file.New([]string{dir}, &opts)
					},
					Want:    map[string][]arrow.Record{"files": recs},
					Rejects: map[string]int64{"files": tc.bad},
				}
			})
		})
	}
}
