package e2etest_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/floedata/floe"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/file"
)

// TestRunAgain runs one pipeline while its directory changes: what is loaded stays loaded, what is new is loaded, wherever it
// stands in the order, and what changed is refused by name.
func TestRunAgain(t *testing.T) {
	for _, form := range forms() {
		t.Run(form[1:], func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			w := into(t, dir)
			write(t, dir, "m"+form, made(t, form, 0, 100))
			w.must(t, 100, 100, 0)
			w.must(t, 0, 0, 0)

			write(t, dir, "z"+form, made(t, form, 100, 150))
			w.must(t, 50, 50, 0)
			write(t, dir, "a"+form, made(t, form, 150, 180))
			w.must(t, 30, 30, 0)
			w.must(t, 0, 0, 0)
			same(t, w.db, some(0, 180), "FROM t")

			changed := write(t, dir, "m"+form, made(t, form, 0, 99))
			write(t, dir, "b"+form, made(t, form, 180, 200))
			res, err := w.run(t)
			says(t, err, changed, "changed after it was loaded", "Options.Changed")
			if lost := new(source.OffsetError); !errors.As(err, &lost) || res.Read+res.Written != 0 {
				t.Errorf("%v, %v; want a source.OffsetError and nothing done", res, err)
			}
			w.from.Changed = file.KeepChanged
			w.must(t, 20, 20, 0)
			same(t, w.db, some(0, 200), "FROM t")
			w.from.Changed = file.ReloadChanged
			w.must(t, 99, 99, 0)
			same(t, w.db, some(0, 200)+" UNION ALL "+some(0, 99), "FROM t")
		})
	}
}

// A file of the same size and other values is a changed one, too.
func TestSameSizeOtherValues(t *testing.T) {
	w := into(t, write(t, t.TempDir(), "a.csv", made(t, ".csv", 100, 200)))
	w.must(t, 100, 100, 0)
	if err := os.WriteFile(w.paths[0], made(t, ".csv", 300, 400), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := w.run(t)
	says(t, err, w.paths[0], "changed")
	same(t, w.db, some(100, 200), "FROM t")
}

// Files may go once they are loaded.
func TestFinishedFileGone(t *testing.T) {
	dir := t.TempDir()
	w := into(t, dir)
	first := write(t, dir, "a.csv", made(t, ".csv", 0, 100))
	w.must(t, 100, 100, 0)
	if err := os.Remove(first); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "b.csv", made(t, ".csv", 100, 200))
	w.must(t, 100, 100, 0)
	same(t, w.db, some(0, 200), "FROM t")
}

// After a Reset all files are loaded again; the rows that are there stay.
func TestReset(t *testing.T) {
	w := into(t, write(t, t.TempDir(), "a.csv", made(t, ".csv", 0, 100)))
	w.must(t, 100, 100, 0)
	_, err := w.start(t.Context(), func(p *floe.Pipeline) {
		if err := p.Reset(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	same(t, w.db, some(0, 100)+" UNION ALL "+some(0, 100), "FROM t")
	w.must(t, 0, 0, 0)
}

// Pipelines of different names into one table each load their files once.
func TestTwoPipelines(t *testing.T) {
	dir := t.TempDir()
	one := into(t, write(t, dir, "a.csv", made(t, ".csv", 0, 100)))
	two := one
	two.name, two.paths = "other", []string{write(t, dir, "b.json", made(t, ".json", 100, 150))}
	one.must(t, 100, 100, 0)
	two.must(t, 50, 50, 0)
	one.must(t, 0, 0, 0)
	two.must(t, 0, 0, 0)
	two.paths = one.paths
	res, err := two.run(t)
	if err != nil || res.Written != 100 {
		t.Errorf("%v, %v: what one pipeline loaded is not loaded for another", res, err)
	}
	same(t, one.db, some(0, 150)+" UNION ALL "+some(0, 100), "FROM t")
}

// A table that is dropped takes its offsets along: loading starts at the beginning.
func TestTableDropped(t *testing.T) {
	w := into(t, write(t, t.TempDir(), "a.csv", made(t, ".csv", 0, 100)))
	w.must(t, 100, 100, 0)
	do(t, w.db, "DROP TABLE t")
	w.must(t, 100, 100, 0)
	same(t, w.db, some(0, 100), "FROM t")
}

// 10,000 files of one row each are loaded in few batches, and known again.
func TestManySmallFiles(t *testing.T) {
	const files, most = 10_000, time.Minute
	dir := t.TempDir()
	for i := range files {
		write(t, dir, fmt.Sprintf("%05d.csv", i), made(t, ".csv", i, i+1))
	}
	w := into(t, dir)
	start := time.Now()
	res := w.must(t, files, files, 0)
	first := time.Since(start)
	start = time.Now()
	w.must(t, 0, 0, 0)
	again := time.Since(start)
	t.Logf("%d files of a row in %v and %d batches; again in %v", files, first, res.Batches, again)
	if first > most || again > most {
		t.Errorf("it took %v and %v, want less than %v", first, again, most)
	}
	same(t, w.db, some(0, files), "FROM t")
}

// Files in subdirectories and under several paths are read once each, in the order of their names.
func TestPathsOverlap(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "2024", "05"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "a.csv", made(t, ".csv", 0, 10))
	write(t, dir, "2024/05/b.json", made(t, ".json", 10, 20))
	write(t, dir, "2024/05/.hidden.csv", made(t, ".csv", 90, 99))
	w := into(t, dir, filepath.Join(dir, "a.csv"), filepath.Join(dir, "**", "*.json"), "file://"+filepath.Join(dir, "a.csv"))
	w.must(t, 20, 20, 0)
	same(t, w.db, some(0, 20), "FROM t")
	slices.Reverse(w.paths)
	w.must(t, 0, 0, 0)
}
