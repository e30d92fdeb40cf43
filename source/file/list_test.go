package file_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/source/file"
)

func TestPaths(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a.csv", "b.tsv", "sub/c.csv", "sub/deep/d.csv", "sub2/e.CSV", "[x].csv"} {
		text := csvNumbers(i, 1)
		if name == "b.tsv" {
			text = strings.ReplaceAll(text, ",", "\t")
		}
		write(t, dir, name, text)
	}
	for _, name := range []string{"notes.txt", ".hidden.csv", "_part.csv", "_tmp/x.csv", ".git/y.csv"} {
		write(t, dir, name, "broken")
	}
	write(t, dir, "none/notes.txt", "")
	if err := os.Symlink(filepath.Join(dir, "a.csv"), filepath.Join(dir, "sub2", "link.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.csv"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	tests := []struct {
		name  string
		paths []string
		want  []string // ids, in order
		err   []string
	}{
		{name: "file", paths: []string{"a.csv"}, want: []string{"0"}},
		{name: "list, in the order of names", paths: []string{"sub/c.csv", "b.tsv", "a.csv"}, want: []string{"0", "1", "2"}},
		{name: "twice", paths: []string{"a.csv", "./a.csv", "sub/../*.csv", filepath.Join(dir, "a.csv")}, want: []string{"5", "0"}},
		{name: "directory", paths: []string{"."}, want: []string{"5", "0", "1", "2", "3", "4", "0"}},
		{name: "directory below", paths: []string{"sub/"}, want: []string{"2", "3"}},
		{name: "pattern", paths: []string{"sub*/*.[cC]*"}, want: []string{"2", "4", "0"}},
		{name: "any directories", paths: []string{"**/*.csv"}, want: []string{"5", "0", "2", "3", "0"}},
		{name: "any directories below one", paths: []string{"sub/**"}, want: []string{"2", "3"}},
		{name: "hidden, written out", paths: []string{".h*.csv"}, want: nil},
		{name: "a name like a pattern", paths: []string{"[x].csv"}, want: []string{"5"}},
		{name: "missing", paths: []string{"gone.csv", "a.csv", "nope/"}, err: []string{"\"gone.csv\": there is no such file or directory\n", `"nope/": there is no such file`}},
		{name: "no match", paths: []string{"*.xml"}, err: []string{`"*.xml": no file matches`}},
		{name: "no match in a missing directory", paths: []string{"gone/*/x.csv"}, err: []string{`"gone/*/x.csv": no file matches`}},
		{name: "directory without data", paths: []string{"none"}, err: []string{`"none": no file of a known format`, "csv"}},
		{name: "unknown format", paths: []string{"notes.txt"}, err: []string{`notes.txt" says no format`, "Options.Format"}},
		{name: "device", paths: []string{os.DevNull}, err: []string{"no regular file"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			res, err := read(t, &file.Options{Allocator: checked(t), Schema: arrow.NewSchema([]arrow.Field{field("id", arrow.PrimitiveTypes.Int64)}, nil)}, tc.paths...)
			for _, text := range tc.err {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("error %v, want one that says %q", err, text)
				}
			}
			if len(tc.err) > 0 {
				return
			}
			if tc.want == nil {
				if len(res.rejected()) != 0 || err != nil && !strings.Contains(err.Error(), "hidden") {
					t.Errorf("rejected %q, error %v", res.rejected(), err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, res.rows()); diff != "" {
				t.Errorf("rows mismatch (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := read(t, nil, "gone.csv"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want fs.ErrNotExist", err)
	}
	forced := mustRead(t, &file.Options{Format: file.CSV}, "none/notes.txt", "a.csv")
	if diff := cmp.Diff(want(0, 1), forced.rows()); diff != "" {
		t.Errorf("Format: rows mismatch (-want +got):\n%s", diff)
	}
}

func TestFaultyConfiguration(t *testing.T) {
	s := func(names ...string) *arrow.Schema {
		var fields []arrow.Field
		for _, n := range names {
			fields = append(fields, field(n, arrow.PrimitiveTypes.Int8))
		}
		return arrow.NewSchema(fields, nil)
	}
	tests := []struct {
		name  string
		paths []string
		opts  file.Options
		want  []string // fields
	}{
		{name: "nothing", want: []string{"paths"}},
		{name: "paths", paths: []string{"", "[", "s3x://b/k", "file://host/x", "file:///x?y=z", "mem://b/[?a=b"}, want: []string{"paths[0]", "paths[1]", "paths[2]", "paths[3]", "paths[4]", "paths[5]"}},
		{
			name: "numbers", paths: []string{"a"},
			opts: file.Options{SampleBytes: -1, BatchRows: -1, BlockBytes: -1, MaxRowBytes: -1, Parallel: -1, Changed: 9, JSON: file.JSONOptions{Mixed: -1}, Format: "xml"},
			want: []string{"Options.Format", "Options.SampleBytes", "Options.BatchRows", "Options.BlockBytes", "Options.MaxRowBytes", "Options.Parallel", "Options.JSON.Mixed", "Options.Changed"},
		},
		{name: "too much", paths: []string{"a"}, opts: file.Options{BatchRows: 1 << 40, MaxRowBytes: 1 << 40}, want: []string{"Options.BatchRows", "Options.MaxRowBytes"}},
		{name: "types and schema", paths: []string{"a"}, opts: file.Options{Schema: s("x", "x"), Types: map[string]arrow.DataType{"y": nil}}, want: []string{"Options.Types", "Options.Schema", "Options.Types"}},
		{name: "no fields", paths: []string{"a"}, opts: file.Options{Schema: s()}, want: []string{"Options.Schema"}},
		{
			name: "csv", paths: []string{"a"}, opts: file.Options{CSV: file.CSVOptions{Delimiter: '\n', Quote: 0xe4, Escape: '\r', Nulls: []string{"a\nb"}}},
			want: []string{"Options.CSV.Delimiter", "Options.CSV.Quote", "Options.CSV.Escape", "Options.CSV.Nulls"},
		},
		{name: "delimiter and quote", paths: []string{"a"}, opts: file.Options{CSV: file.CSVOptions{Delimiter: '"'}}, want: []string{"Options.CSV.Delimiter"}},
		{name: "delimiter and escape", paths: []string{"a"}, opts: file.Options{CSV: file.CSVOptions{Escape: ','}}, want: []string{"Options.CSV.Escape"}},
		{name: "no quote", paths: []string{"a"}, opts: file.Options{CSV: file.CSVOptions{NoQuote: true, Quote: '\''}}, want: []string{"Options.CSV.NoQuote"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := file.New(tc.paths, &tc.opts)
			var faults *config.Error
			if !errors.As(err, &faults) {
				t.Fatalf("error %v, want a config.Error", err)
			}
			var got []string
			for _, f := range faults.Faults {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("faults mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEstimate(t *testing.T) {
	dir := t.TempDir()
	arr := arrowFile(t, false, numbers(memory.NewGoAllocator(), 0, 3, 20)...)
	pq := parquetFile(t, numbers(memory.NewGoAllocator(), 0, 1, 50)...)
	write(t, dir, "a.arrow", arr)
	write(t, dir, "b.parquet", pq)
	stream := write(t, dir, "other/c.arrows", arrowFile(t, true, numbers(memory.NewGoAllocator(), 0, 3, 20)...))
	text := write(t, dir, "other/d.csv", csvNumbers(0, 3))
	size := func(p string) int64 {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	known := int64(len(arr) + len(pq))
	tests := []struct {
		name        string
		paths       []string
		rows, bytes int64
	}{
		{"footers", []string{dir + "/a.arrow", dir + "/b.parquet"}, 110, known},
		{"stream", []string{dir + "/a.arrow", stream}, -1, int64(len(arr)) + size(stream)},
		{"text", []string{dir + "/a.arrow", text}, -1, int64(len(arr)) + size(text)},
		{"nothing", []string{dir + "/gone"}, -1, -1},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			s, err := file.New(tc.paths, nil)
			if err != nil {
				t.Fatal(err)
			}
			if rows, bytes := s.Estimate(t.Context()); rows != tc.rows || bytes != tc.bytes {
				t.Errorf("Estimate() = %d, %d; want %d, %d", rows, bytes, tc.rows, tc.bytes)
			}
		})
	}
}

// A done context ends Next promptly; the next call goes on.
func TestContext(t *testing.T) {
	p := write(t, t.TempDir(), "a.csv", csvNumbers(0, 100))
	s, err := file.New([]string{p}, &file.Options{Allocator: checked(t), BlockBytes: 100})
	if err != nil {
		t.Fatal(err)
	}
	part, err := partition(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	opening, cancel := context.WithCancel(t.Context())
	r, err := part.Open(opening, "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close(t.Context())
	cancel() // bounds the opening only
	var rows []string
	for i := 0; len(rows) < 100; i++ {
		ctx, cancel := context.WithCancel(t.Context())
		if i%2 == 0 {
			cancel()
		}
		b, err := r.Next(ctx)
		cancel()
		if i%2 == 0 {
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("error %v, want context.Canceled", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, lines(b.Record)...)
		b.Release()
	}
	if diff := cmp.Diff(want(0, 100), rows); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
}
