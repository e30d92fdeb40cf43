package e2etest_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/internal/crashtest"
)

// Files that a killed job loads: each format has three of them, so that kills also fall between files.
const (
	killedFiles = 3
	killedRows  = 10_000 // in each file
)

// loadKilled is a job that loads the files whose names match into a database in dir.
func loadKilled(pattern string) crashtest.Job {
	return func(ctx context.Context, dir string, loaded func()) error {
		w := work{db: filepath.Join(dir, "target.duckdb"), paths: []string{filepath.Join(os.Getenv(filesVar), pattern)}}
		w.from.BlockBytes, w.from.BatchRows = 20_000, 1000
		w.opts.Batching = batching.Policy{Rows: 1000}
		w.opts.Hooks.Loaded = func(floe.BatchInfo) { loaded() }
		_, err := w.start(ctx, nil)
		return err
	}
}

func TestKillGzippedCSV(t *testing.T) {
	killed(t, ".csv.gz", func(from, to int) []byte { return gz(t, made(t, ".csv", from, to)) })
}

func TestKillZstdNDJSON(t *testing.T) {
	killed(t, ".ndjson.zst", func(from, to int) []byte {
		var b bytes.Buffer
		w, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(made(t, ".ndjson", from, to)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	})
}

func TestKillParquet(t *testing.T) {
	killed(t, ".parquet", func(from, to int) []byte { return made(t, ".parquet", from, to) })
}

// killed kills the job that loads the files of a form, again and again, and compares the target row by row.
func killed(t *testing.T, form string, content func(from, to int) []byte) {
	dir := t.TempDir()
	for i := range killedFiles {
		write(t, dir, fmt.Sprint(i)+form, content(i*killedRows, (i+1)*killedRows))
	}
	t.Setenv(filesVar, dir)
	crashtest.Kill(t, form[1:], func(t *testing.T, dir string) {
		same(t, filepath.Join(dir, "target.duckdb"), some(0, killedFiles*killedRows), "FROM t")
	})
}
