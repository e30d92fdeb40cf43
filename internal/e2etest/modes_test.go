package e2etest_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/sink"
)

// TestUpsert loads files of which later ones have rows with the keys of earlier ones: the last one counts.
func TestUpsert(t *testing.T) {
	dir := t.TempDir()
	w := into(t, dir)
	w.to.Mode, w.to.Key = sink.Upsert, []string{"id"}
	write(t, dir, "a.csv", made(t, ".csv", 0, 100))
	write(t, dir, "b.csv", []byte("id,name,value\n7,seven,7\n200,new,1.5\n7,again,7.5\n"))
	w.must(t, 103, 103, 0)
	same(t, w.db, "SELECT * FROM ("+some(0, 100)+") WHERE id <> 7 UNION ALL VALUES (7, 'again', 7.5), (200, 'new', 1.5)", "FROM t")
	w.must(t, 0, 0, 0)
	write(t, dir, "c.json", made(t, ".json", 0, 10))
	w.must(t, 10, 10, 0)
	same(t, w.db, some(0, 100)+" UNION ALL VALUES (200, 'new', 1.5)", "FROM t")
}

// TestReplace loads all files anew by each run. One that fails, or is aborted, leaves the old rows in place, and is taken up
// by the next one.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	w := into(t, dir)
	w.to.Mode, w.from.BlockBytes, w.from.SampleBytes = sink.Replace, 2000, 1000
	w.opts.Batching = batching.Policy{Rows: 100}
	write(t, dir, "a.csv", made(t, ".csv", 0, 1000))
	w.must(t, 1000, 1000, 0)
	w.must(t, 1000, 1000, 0)
	same(t, w.db, some(0, 1000), "FROM t")

	late := write(t, dir, "b.csv", append(made(t, ".csv", 1000, 2000), "bad,row,x\n"...))
	_, err := w.run(t)
	says(t, err, late, "line 1002")
	same(t, w.db, some(0, 1000), "FROM t")
	if err := os.Remove(late); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "c.csv", made(t, ".csv", 2000, 2100))
	_, err = w.run(t)
	says(t, err, late, "not there any more")
	same(t, w.db, some(0, 1000), "FROM t")
	if _, err := w.start(t.Context(), func(p *floe.Pipeline) {
		if err := p.Reset(t.Context()); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	same(t, w.db, some(0, 1000)+" UNION ALL "+some(2000, 2100), "FROM t")
}

// TestColumnsAdded loads a file that has a column more into a table that may grow, and refuses to where it may not.
func TestColumnsAdded(t *testing.T) {
	dir := t.TempDir()
	w := into(t, dir)
	write(t, dir, "a.csv", made(t, ".csv", 0, 10))
	w.must(t, 10, 10, 0)
	write(t, dir, "b.json", []byte(`[{"id":10,"name":"row-10","value":5,"day":"2024-05-06"}]`))
	_, err := w.run(t)
	says(t, err, `"day"`, "Options.Evolve")
	same(t, w.db, some(0, 10), "FROM t")
	w.to.Evolve = sink.AddColumns
	w.must(t, 1, 1, 0)
	columns(t, w.db, "t", "id BIGINT", "name VARCHAR", "value DOUBLE", "day DATE")
	same(t, w.db, "SELECT *, CASE WHEN id = 10 THEN '2024-05-06'::DATE END FROM ("+some(0, 11)+")", "FROM t")
}

// TestStopped ends runs half-way, by their context and by Drain: each next one goes on from what is loaded.
func TestStopped(t *testing.T) {
	const rows = 20_000
	w := into(t, write(t, t.TempDir(), "a.ndjson", made(t, ".ndjson", 0, rows)))
	w.from.BlockBytes, w.opts.Batching = 20_000, batching.Policy{Rows: 1000}
	stop := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	w.opts.Hooks.Loaded = func(b floe.BatchInfo) {
		if b.Batch == 3 {
			cancel(stop)
		}
	}
	aborted, err := w.start(ctx, nil)
	if !errors.Is(err, stop) || aborted.Written == 0 || aborted.Written == rows {
		t.Fatalf("%v, %v; want some rows and the cause", aborted, err)
	}
	same(t, w.db, some(0, int(aborted.Written)), "FROM t")

	third := make(chan struct{})
	w.opts.Hooks.Loaded = func(b floe.BatchInfo) {
		if b.Batch == 3 {
			close(third)
		}
	}
	done := make(chan error, 1)
	drained, err := w.start(t.Context(), func(p *floe.Pipeline) {
		go func() {
			<-third
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			done <- p.Drain(ctx)
		}()
	})
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	same(t, w.db, some(0, int(aborted.Written+drained.Written)), "FROM t")
	w.opts.Hooks.Loaded = nil
	left := rows - aborted.Written - drained.Written
	w.must(t, left, left, 0)
	same(t, w.db, some(0, rows), "FROM t")
}
