package file_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/file"
)

// mixed writes files of all formats with rows 0 to 999 of numbers, in the order of their names.
func mixed(t *testing.T, dir string) {
	mem := memory.NewGoAllocator()
	write(t, dir, "a.csv", csvNumbers(0, 100))
	write(t, dir, "b.csv.gz", gz(t, csvNumbers(100, 100)))
	write(t, dir, "c.csv.zst", zst(t, csvNumbers(200, 100)))
	write(t, dir, "d.ndjson", jsonNumbers(300, 100))
	write(t, dir, "e.jsonl.gz", gz(t, jsonNumbers(400, 100)))
	write(t, dir, "f.json", "["+strings.ReplaceAll(strings.TrimSpace(jsonNumbers(500, 100)), "\n", ",\n")+"]\n")
	write(t, dir, "g.arrow", arrowFile(t, false, numbers(mem, 600, 4, 25)...))
	write(t, dir, "h.arrows", arrowFile(t, true, numbers(mem, 700, 4, 25)...))
	write(t, dir, "i.csv", "id,name\n")
	write(t, dir, "j.csv", "")
	write(t, dir, "k.parquet", parquetFile(t, numbers(mem, 800, 1, 100)...))
	write(t, dir, "l/m.tsv", strings.ReplaceAll(csvNumbers(900, 100), ",", "\t"))
}

func TestResumeEverywhere(t *testing.T) {
	for _, opts := range []file.Options{
		{BatchRows: 10, BlockBytes: 200, Parallel: 3},
		{BatchRows: 17, BlockBytes: 1000, Parallel: 1},
		{BatchRows: 900, BlockBytes: 4096, Parallel: 2},
	} {
		t.Run(fmt.Sprintf("rows=%d/bytes=%d", opts.BatchRows, opts.BlockBytes), func(t *testing.T) {
			dir := t.TempDir()
			mixed(t, dir)
			mem := checked(t)
			opts.Allocator = mem
			s, err := file.New([]string{dir}, &opts)
			if err != nil {
				t.Fatal(err)
			}
			all, err := run(t.Context(), s, "", 0)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want(0, 1000), all.rows()); diff != "" {
				t.Fatalf("rows mismatch (-want +got):\n%s", diff)
			}
			// A run that goes on anywhere gives the batches that the whole run gave, cut at the same rows.
			for k, b := range all.batches {
				rest, err := run(t.Context(), s, b.position, 0)
				if err != nil {
					t.Fatalf("after batch %d: %v", k, err)
				}
				if diff := cmp.Diff(all.batches[k+1:], rest.batches, cmp.AllowUnexported(batch{}), cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("after batch %d at %q, batches mismatch (-want +got):\n%s", k, b.position, diff)
				}
			}
		})
	}
}

func TestNewFileLoadsLater(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "b.csv", csvNumbers(10, 5))
	write(t, dir, "c.csv", csvNumbers(20, 5))
	opts := &file.Options{Allocator: checked(t), BlockBytes: 20}
	s, err := file.New([]string{filepath.Join(dir, "*.csv")}, opts)
	if err != nil {
		t.Fatal(err)
	}
	first, err := run(t.Context(), s, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "a.csv", csvNumbers(0, 5))
	write(t, dir, "d.csv", csvNumbers(30, 5))
	rest, err := run(t.Context(), s, first.position(), 0)
	if err != nil {
		t.Fatal(err)
	}
	// The file that was begun comes first, then the others by name.
	expected := append(append(append(want(10, 5), want(0, 5)...), want(20, 5)...), want(30, 5)...)
	if diff := cmp.Diff(expected, append(first.rows(), rest.rows()...)); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
	// Nothing is left, and finished files may go.
	if err := os.Remove(filepath.Join(dir, "a.csv")); err != nil {
		t.Fatal(err)
	}
	again, err := run(t.Context(), s, rest.position(), 0)
	if err != nil || len(again.batches) > 0 {
		t.Errorf("a run behind the end: %d batches, error %v", len(again.batches), err)
	}
}

func TestChangedFiles(t *testing.T) {
	type setup struct{ dir, begun, finished string }
	tests := []struct {
		name   string
		change func(t *testing.T, s setup)
		refuse []string // in the error
		keep   []string // rows of the second run
		reload []string
	}{
		{
			name:   "finished file changes",
			change: func(t *testing.T, s setup) { write(t, s.dir, "a.csv", csvNumbers(100, 3)) },
			refuse: []string{"a.csv", "changed after it was loaded", "file.ReloadChanged"},
			keep:   want(12, 6),
			reload: append(want(12, 6), want(100, 3)...),
		},
		{
			name:   "finished file is touched",
			change: func(t *testing.T, s setup) { touch(t, s.finished, 1) },
			refuse: []string{"a.csv", "1970-01-01T00:00:01Z"},
			keep:   want(12, 6),
			reload: append(want(12, 6), want(0, 2)...),
		},
		{
			name:   "begun file grows",
			change: func(t *testing.T, s setup) { write(t, s.dir, "b.csv", csvNumbers(10, 10)) },
			refuse: []string{"b.csv", "was read in part and changed since", "it was 64 bytes"},
			keep:   want(12, 8),
			reload: want(10, 10),
		},
		{
			name:   "begun file is gone",
			change: func(t *testing.T, s setup) { os.Remove(s.begun) },
			refuse: []string{"b.csv", "is not there any more"},
		},
		{
			name:   "finished file is gone",
			change: func(t *testing.T, s setup) { os.Remove(s.finished) },
			keep:   want(12, 6),
			reload: want(12, 6),
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			s := setup{dir: t.TempDir()}
			s.finished = write(t, s.dir, "a.csv", csvNumbers(0, 2))
			s.begun = write(t, s.dir, "b.csv", csvNumbers(10, 8))
			opts := file.Options{Allocator: checked(t), BlockBytes: 24}
			src, err := file.New([]string{s.dir}, &opts)
			if err != nil {
				t.Fatal(err)
			}
			first, err := run(t.Context(), src, "", 2)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append(want(0, 2), want(10, 2)...), first.rows()); diff != "" {
				t.Fatalf("the first batches mismatch (-want +got):\n%s", diff)
			}
			tc.change(t, s)
			for changed, expected := range map[file.Changed][]string{file.KeepChanged: tc.keep, file.ReloadChanged: tc.reload} {
				opts.Changed = changed
				src, err := file.New([]string{s.dir}, &opts)
				if err != nil {
					t.Fatal(err)
				}
				res, err := run(t.Context(), src, first.position(), 0)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(expected, res.rows()); diff != "" {
					t.Errorf("Changed %d: rows mismatch (-want +got):\n%s", changed, diff)
				}
				again, err := run(t.Context(), src, res.position(), 0)
				if err != nil || len(again.rows()) > 0 && res.position() != "" {
					t.Errorf("Changed %d: once more: %d rows, error %v", changed, len(again.rows()), err)
				}
			}
			_, err = run(t.Context(), src, first.position(), 0)
			var lost *source.OffsetError
			if len(tc.refuse) == 0 {
				if err != nil {
					t.Errorf("error %v", err)
				}
				return
			}
			if !errors.As(err, &lost) {
				t.Fatalf("error %v, want an OffsetError", err)
			}
			for _, text := range tc.refuse {
				if !strings.Contains(lost.Lost, text) {
					t.Errorf("the error does not say %q: %v", text, err)
				}
			}
		})
	}
}

func TestStrangePositions(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.csv", csvNumbers(0, 5))
	s, err := file.New([]string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, position := range []string{
		"x", "f1||", "f1|a|", "f2||", "f1||abc", "f1|a.csv,1,0:0|", "f1|a.csv,1,0:-1:0|", "f1|,1,0:0:0|", "f1||!!!!!!!!!!!!!!!!",
		"f1|%zz,1,0:0:0|", "f1|a,%zz,0:0:0|", "f1|a.csv,1,0:x:0|", "f1||AAAAAAAAAAAAAAAA\n",
	} {
		_, err := run(t.Context(), s, position, 0)
		var lost *source.OffsetError
		if position == "f1||" {
			if err != nil {
				t.Errorf("%q: %v", position, err)
			}
			continue
		}
		if !errors.As(err, &lost) {
			t.Errorf("%q: error %v, want an OffsetError", position, err)
		}
	}
}

// A file without rows is not finished: once it has rows, a later run loads them.
func TestEmptyFileGetsRows(t *testing.T) {
	mem := memory.NewGoAllocator()
	dir := t.TempDir()
	write(t, dir, "a.csv", "")
	write(t, dir, "b.csv", "id,name\n")
	write(t, dir, "c.csv", csvNumbers(0, 5))
	write(t, dir, "d.json", "[]")
	write(t, dir, "e.arrow", arrowFile(t, false, numbers(mem, 0, 1, 0)...))
	write(t, dir, "f.csv", csvNumbers(5, 5))
	write(t, dir, "g.csv", "id,name\n1\n") // its row is rejected: that is one, too
	write(t, dir, "h.csv.gz", gz(t, ""))
	s, err := file.New([]string{dir}, &file.Options{Allocator: checked(t)})
	if err != nil {
		t.Fatal(err)
	}
	first, err := run(t.Context(), s, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want(0, 10), first.rows()); diff != "" {
		t.Fatalf("rows mismatch (-want +got):\n%s", diff)
	}
	if again, err := run(t.Context(), s, first.position(), 0); err != nil || len(again.batches) > 0 {
		t.Fatalf("a run over the same files: %d batches, error %v", len(again.batches), err)
	}
	write(t, dir, "a.csv", csvNumbers(10, 5))
	write(t, dir, "b.csv", csvNumbers(15, 5))
	write(t, dir, "d.json", jsonNumbers(20, 5))
	write(t, dir, "e.arrow", arrowFile(t, false, numbers(mem, 25, 1, 5)...))
	write(t, dir, "h.csv.gz", gz(t, csvNumbers(30, 5)))
	second, err := run(t.Context(), s, first.position(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want(10, 25), second.rows()); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
	if again, err := run(t.Context(), s, second.position(), 0); err != nil || len(again.batches) > 0 {
		t.Errorf("a run behind the end: %d batches, error %v", len(again.batches), err)
	}
	write(t, dir, "g.csv", csvNumbers(35, 5))
	var lost *source.OffsetError
	if _, err := run(t.Context(), s, second.position(), 0); !errors.As(err, &lost) || !strings.Contains(err.Error(), "g.csv") {
		t.Errorf("a file whose rows were rejected changes: error %v", err)
	}
}
