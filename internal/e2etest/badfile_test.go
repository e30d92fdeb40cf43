package e2etest_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/file"
)

const (
	goodRows = 5000 // of the file before the bad one
	allRows  = 9000 // with those of the bad one, once it is mended
)

// badFile is a file that cannot be read to its end. A good one comes before it.
type badFile struct {
	name string
	form string // how its name ends
	bad  []byte
	good []byte // nil = as made
	from file.Options
	says []string
	// changed is how the mended file is read on: it is another one than the pipeline knows where rows of it were
	// loaded before the fault was met. 0 = the pipeline knows nothing of it.
	changed file.Changed
}

func badFiles(t *testing.T) []badFile {
	t.Helper()
	csv, array := made(t, ".csv", goodRows, allRows), made(t, ".json", goodRows, allRows)
	ndjson, whole := made(t, ".ndjson", goodRows, allRows), made(t, ".parquet", goodRows, allRows)
	arrow := made(t, ".arrow", goodRows, allRows)
	summed := withChecksums(t, goodRows, allRows)
	small := file.Options{SampleBytes: 1024, BlockBytes: 4096}
	line := func(n int) []byte { return []byte(fmt.Sprintf("%d,row-%d,%v\n", n, n, float64(n)/2)) }
	swap := func(old, with string) []byte {
		return bytes.Replace(csv, line(8000), []byte(strings.Replace(string(line(8000)), old, with, 1)), 1)
	}
	rejected := func(what string) []string { return []string{"b.csv", "line 3002", what, "Options.DeadLetter"} }
	list := []badFile{
		{name: "Parquet of which one byte is left", form: ".parquet", bad: whole[:1], says: []string{"not a Parquet file"}},
		{name: "Parquet cut in the first column", form: ".parquet", bad: whole[:100], says: []string{"truncated"}},
		{name: "Parquet cut in the footer", form: ".parquet", bad: whole[:len(whole)-60], says: []string{"truncated"}},
		{name: "Parquet without its last byte", form: ".parquet", bad: whole[:len(whole)-1], says: []string{"truncated"}},
		{name: "Parquet with a wrong checksum", form: ".parquet", bad: flip(summed, bytes.Index(summed, []byte("row-7000"))), good: summed, says: []string{`column "name"`, "row group", "checksum"}, from: file.Options{BatchRows: 500}, changed: file.KeepChanged},
		{name: "garbage", form: ".parquet", bad: []byte(strings.Repeat("garbage ", 999)), says: []string{"not a Parquet file"}},
		{name: "text named Parquet", form: ".parquet", bad: csv, says: []string{"not a Parquet file"}},
		{name: "Arrow cut off", form: ".arrow", bad: arrow[:len(arrow)/2], says: []string{"cut off"}},
		{name: "ragged row", form: ".csv", bad: swap(",row-8000", ""), from: small, says: rejected("the row has 2 fields of 3"), changed: file.KeepChanged},
		{name: "invalid UTF-8", form: ".csv", bad: swap("row-8000", "row-\xff"), from: small, says: rejected("is not valid UTF-8"), changed: file.KeepChanged},
		{name: "text for a number", form: ".csv", bad: swap("8000,", "many,"), from: small, says: rejected(`"many" is not a value of type int64`), changed: file.KeepChanged},
		{name: "number beyond its type", form: ".csv", bad: swap("8000,", "99999999999999999999,"), from: small, says: rejected("99999999999999999999"), changed: file.KeepChanged},
		{name: "unclosed quote", form: ".csv", bad: swap("row-8000", `"row-8000`), from: small, says: rejected("a quote is not closed"), changed: file.KeepChanged},
		{name: "unclosed quote in a long file", form: ".csv", bad: swap("row-8000", `"row-8000`), from: file.Options{SampleBytes: 1024, BlockBytes: 4096, MaxRowBytes: 10_000}, says: []string{"b.csv", "line 3002", "unclosed quote", "row limit"}, changed: file.KeepChanged},
		{name: "array cut off", form: ".json", bad: array[:len(array)/2], from: small, says: []string{"cut off"}, changed: file.KeepChanged},
		{name: "array cut between two rows", form: ".json", bad: array[:bytes.Index(array, []byte(`{"id":8000`))], from: small, says: []string{"cut off"}, changed: file.KeepChanged},
		{name: "NDJSON cut off", form: ".ndjson", bad: ndjson[:len(ndjson)/2-20], from: small, says: []string{"line", "cut off"}, changed: file.KeepChanged},
		{name: "NDJSON with a line that is none", form: ".ndjson", bad: bytes.Replace(ndjson, []byte(`"id":8000`), []byte(`"id" 8000`), 1), from: small, says: []string{"line 3001", "Options.DeadLetter"}, changed: file.KeepChanged},
		{name: "gzip cut off", form: ".csv.gz", bad: gz(t, csv)[:20_000], good: gz(t, csv), from: small, says: []string{"gzip", "cut off"}, changed: file.KeepChanged},
	}
	for _, form := range forms() {
		// An empty text has no rows, and is read once it has some; an empty Parquet or Arrow file is none.
		empty := badFile{name: "empty" + form, form: form}
		if form == ".parquet" || form == ".arrow" {
			empty.says = []string{"not a"}
		}
		list = append(list, empty)
	}
	return list
}

// TestBadFiles loads a good file and a bad one behind it: the error says what is wrong and where, what is in the
// target is what earlier batches brought, and once the file is mended the same pipeline ends with all rows.
func TestBadFiles(t *testing.T) {
	for _, tc := range badFiles(t) {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.good == nil {
				tc.good = made(t, tc.form, goodRows, allRows)
			}
			dir := t.TempDir()
			w := into(t, dir)
			w.from, w.opts.Batching = tc.from, batching.Policy{Rows: 1000}
			write(t, dir, "a.csv", made(t, ".csv", 0, goodRows))
			bad := write(t, dir, "b"+tc.form, tc.bad)
			res, err := w.run(t)
			if len(tc.says) > 0 {
				says(t, err, append(tc.says, bad)...)
			} else if err != nil {
				t.Fatal(err)
			}
			loaded(t, w, res)
			if err := os.WriteFile(bad, tc.good, 0o644); err != nil {
				t.Fatal(err)
			}
			again, err := w.run(t)
			if tc.changed != file.RefuseChanged {
				if lost := new(source.OffsetError); !errors.As(err, &lost) {
					t.Errorf("error %v, want one that the file has changed", err)
				}
				says(t, err, bad, "changed", "Options.Changed")
				w.from.Changed = tc.changed
				again, err = w.run(t)
			}
			if err != nil {
				t.Fatal(err)
			}
			if sum := res.Written + again.Written; sum != allRows {
				t.Errorf("both runs wrote %d rows, want %d", sum, allRows)
			}
			same(t, w.db, some(0, allRows), "FROM t")
		})
	}
}

// loaded checks that the target has as many rows as a run says it wrote, and those that come first.
func loaded(t *testing.T, w work, res floe.Result) {
	t.Helper()
	if got := tables(t, w.db); len(got) == 0 {
		if res.Written != 0 {
			t.Errorf("%d rows are said to be written, and there is no table", res.Written)
		}
		return
	}
	same(t, w.db, some(0, int(res.Written)), "FROM t")
}

// withChecksums is the rows of some as a Parquet file whose pages have checksums, texts as they are.
func withChecksums(t *testing.T, from, to int) []byte {
	t.Helper()
	type row struct {
		ID    int64   `parquet:"id,plain"`
		Name  string  `parquet:"name,plain"`
		Value float64 `parquet:"value,plain"`
	}
	var b bytes.Buffer
	w := pq.NewGenericWriter[row](&b, pq.MaxRowsPerRowGroup(1000), pq.DataPageStatistics(false))
	for i := from; i < to; i++ {
		if _, err := w.Write([]row{{int64(i), fmt.Sprint("row-", i), float64(i) / 2}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func flip(content []byte, at int) []byte {
	c := bytes.Clone(content)
	c[at] ^= 0x20
	return c
}

// Paths under which there is nothing to read are errors that name them, and leave no table behind.
func TestNothingToRead(t *testing.T) {
	for _, tc := range []struct {
		name, path, file string
		says             []string
	}{
		{name: "missing file", path: "gone.csv", says: []string{"gone.csv", "no such file"}},
		{name: "missing directory", path: "gone/", says: []string{"gone", "no such file"}},
		{name: "directory without files", path: "", says: []string{"no file of a known format"}},
		{name: "directory of other files", path: "", file: "readme.md", says: []string{"no file of a known format"}},
		{name: "pattern", path: "*.csv", file: "a.json", says: []string{"*.csv", "no file matches"}},
		{name: "unknown extension", path: "a.xlsx", file: "a.xlsx", says: []string{"a.xlsx", "Options.Format"}},
		{name: "extension in a pattern", path: "a.*", file: "a.xlsx", says: []string{"a.xlsx", "Options.Format"}},
		{name: "packed Parquet", path: "a.parquet.gz", file: "a.parquet.gz", says: []string{"a.parquet.gz", "compressed inside"}},
		{name: "pattern that is none", path: "[", says: []string{"paths[0]", "no pattern"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			if tc.file != "" {
				write(t, dir, tc.file, []byte("x"))
			}
			w := into(t, filepath.Join(dir, tc.path))
			_, err := w.run(t)
			says(t, err, tc.says...)
			if got := tables(t, w.db); len(got) > 0 {
				t.Errorf("there are tables %v", got)
			}
			w.paths = []string{write(t, dir, "rows.csv", made(t, ".csv", 0, 10))}
			w.must(t, 10, 10, 0)
		})
	}
}
