package file_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/source/file"
)

// zeroed returns an Arrow file of which the head of a message is overwritten.
func zeroed(text string, message int) string {
	const mark = "\xff\xff\xff\xff"
	at := 0
	for range message + 1 {
		at += strings.Index(text[at:], mark) + len(mark)
	}
	return text[:at+4] + strings.Repeat("\x00", 64) + text[at+68:]
}

// Every fault is an error that names the file, after the rows before it; or rejects the row, and names its line.
func TestBadInput(t *testing.T) {
	mem := memory.NewGoAllocator()
	pq := parquetFile(t, numbers(mem, 0, 3, 1000)...)
	arr := arrowFile(t, false, numbers(mem, 0, 3, 100)...)
	stream := arrowFile(t, true, numbers(mem, 0, 3, 100)...)
	flip := func(s string, at int) string { return s[:at] + string(s[at]^0xff) + s[at+1:] }
	gzipped := gz(t, csvNumbers(0, 1000))
	zipped := zst(t, csvNumbers(0, 1000))
	tests := []struct {
		name   string
		file   string
		text   string
		opts   file.Options
		rows   int      // that come before the fault
		err    []string // in the error; the path is always there
		reject []string // in the reasons, one each
	}{
		{name: "no Parquet", file: "a.parquet", text: "id,name\n1,2\n", err: []string{"not a Parquet file"}},
		{name: "Parquet without an end", file: "a.parquet", text: pq[:len(pq)-20], err: []string{"truncated"}},
		{name: "Parquet half", file: "a.parquet", text: pq[:len(pq)/2], err: []string{"truncated"}},
		{name: "empty Parquet", file: "a.parquet", text: "", err: []string{"not a Parquet file"}},
		{name: "Parquet with a wrong byte", file: "a.parquet", text: flip(pq, 200), err: []string{"column \"id\"", "checksum"}},
		{name: "Parquet packed", file: "a.parquet.gz", text: gz(t, pq), err: []string{"compressed inside"}},
		{name: "Arrow file cut off", file: "a.arrow", text: arr[:len(arr)-30], err: []string{"cut off or corrupt"}},
		{name: "Arrow file of zeros inside", file: "a.arrow", text: zeroed(arr, 1), err: []string{"record batch 0"}},
		{name: "Arrow stream cut off in a record", file: "a.arrows", text: stream[:len(stream)-1200], rows: 200, err: []string{"record batch 2", "cut off"}},
		{name: "Arrow stream cut off behind a length", file: "a.arrows", text: stream[:strings.LastIndex(stream[:len(stream)-8], "\xff\xff\xff\xff")+8], rows: 200, err: []string{"record batch 2", "cut off"}},
		{name: "Arrow stream cut off in the schema", file: "a.arrows", text: stream[:60], err: []string{"cut off"}},
		{name: "no Arrow", file: "a.arrow", text: "id,name\n", err: []string{`not an Arrow file: it begins with "id,name\n"`}},
		{name: "empty Arrow", file: "a.arrow", text: "", err: []string{"not an Arrow file: it is empty"}},
		{name: "Feather 1", file: "a.feather", text: "FEA1 and more", err: []string{"Feather version 1"}},
		{name: "empty CSV", file: "a.csv", text: "", err: []string{"the file is empty", "Options.Schema"}},
		{name: "empty CSV but for a BOM", file: "a.csv", text: "\xef\xbb\xbf", err: []string{"the file is empty"}},
		{name: "empty JSON", file: "a.json", text: "", err: []string{"the file is empty"}},
		{name: "blank JSON", file: "a.json", text: " \n\n", err: []string{"the file is empty"}},
		{name: "an array of nothing", file: "a.json", text: "[ ]\n", err: []string{"the file is empty"}},
		{name: "blank CSV", file: "a.csv", text: "\r\n\n", err: []string{"the file is empty"}},
		{name: "objects of nothing", file: "a.json", text: "{}\n{}\n", err: []string{"no columns"}},
		{name: "ragged CSV", file: "a.csv", text: "id,name\n0,n0\n1\n1,n1\n2,x,y\n", rows: 2, reject: []string{"a.csv: line 3: the row has 1 field of 2", "a.csv: line 5: the row has 3 fields and should have 2"}},
		{name: "invalid UTF-8", file: "a.csv", text: "id,name\n0,n0\n1,\xff\xfe\n", rows: 1, reject: []string{`a.csv: line 3: column "name": "\xff\xfe" is not valid UTF-8`}},
		{name: "a value beyond the sample", file: "a.csv", text: csvNumbers(0, 20) + "x,y\n", opts: file.Options{SampleBytes: 100}, rows: 20, reject: []string{`a.csv: line 22: column "id": "x" is not a value of type int64`}},
		{name: "JSON cut in the middle of a line", file: "a.json", text: "{\"id\":0,\"name\":\"n0\"}\n{\"id\":1,\"na", rows: -1, err: []string{"line 2", "cut off"}},
		{name: "JSON array cut in the middle", file: "a.json", text: "[{\"id\":0,\"name\":\"n0\"},\n{\"id\":1,\"na", rows: 1, err: []string{"cut off"}},
		{name: "JSON array cut further on", file: "a.json", text: "[" + strings.ReplaceAll(jsonNumbers(0, 100), "\n", ",\n"), opts: file.Options{SampleBytes: 500, BlockBytes: 500}, rows: 100, err: []string{"cut off"}},
		{name: "an unclosed quote", file: "a.csv", text: "id,name\n0,n0\n1,\"n1\n", rows: 1, reject: []string{"a.csv: line 3: a quote is not closed"}},
		{name: "gzip cut off", file: "a.csv.gz", text: gzipped[:len(gzipped)/2], opts: file.Options{SampleBytes: 100, BlockBytes: 100}, rows: -1, err: []string{"gzip", "cut off"}},
		{name: "gzip with a wrong checksum", file: "a.csv.gz", text: flip(gzipped, len(gzipped)-6), opts: file.Options{SampleBytes: 100}, err: []string{"gzip"}},
		{name: "zstd cut off", file: "a.csv.zst", text: zipped[:len(zipped)/2], opts: file.Options{SampleBytes: 100, BlockBytes: 100}, rows: -1, err: []string{"zstd", "cut off"}},
		{name: "not compressed", file: "a.csv.gz", text: csvNumbers(0, 2), err: []string{"neither as gzip nor as zstd"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := write(t, t.TempDir(), tc.file, tc.text)
			opts := tc.opts
			opts.Allocator = checked(t)
			res, err := read(t, &opts, p)
			if len(tc.err) == 0 && err != nil {
				t.Fatal(err)
			}
			for _, text := range append(tc.err, tc.file) {
				if len(tc.err) > 0 && (err == nil || !strings.Contains(err.Error(), text)) {
					t.Errorf("error %v, want one that says %q", err, text)
				}
			}
			if tc.rows >= 0 {
				if diff := cmp.Diff(want(0, tc.rows), res.rows()); diff != "" {
					t.Errorf("rows mismatch (-want +got):\n%s", diff)
				}
			}
			rejected := res.rejected()
			if len(rejected) != len(tc.reject) {
				t.Fatalf("%d rows rejected, want %d: %q", len(rejected), len(tc.reject), rejected)
			}
			for i, text := range tc.reject {
				if !strings.Contains(rejected[i], text) {
					t.Errorf("reason %q, want one that says %q", rejected[i], text)
				}
			}
		})
	}
}

// A file that is written to while it is read is an error, not a torn row.
func TestFileGrowsWhileRead(t *testing.T) {
	p := write(t, t.TempDir(), "a.csv", csvNumbers(0, 3)+"3,n")
	touch(t, p, 1)
	opts := &file.Options{Allocator: checked(t)}
	s, err := file.New([]string{p}, opts)
	if err != nil {
		t.Fatal(err)
	}
	part, err := partition(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := part.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close(t.Context())
	write(t, "", p, csvNumbers(0, 4))
	if b, err := r.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "it changed while it was read") {
		t.Errorf("batch %v, error %v", b, err)
	}
}
