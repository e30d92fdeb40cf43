package e2etest_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/internal/faults"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/file"
)

// TestTee loads two databases at once and fails for good in one of them, before and after the load took effect. The other is
// ahead then; the next run brings both to all rows, once each.
func TestTee(t *testing.T) {
	const rows = 10_000
	for _, tc := range []struct {
		name  string
		op    faults.Op
		fault faults.Fault
		apart bool // one branch loads the batch and the other does not
	}{
		{"before a load", faults.Load, faults.Fault{Before: faults.Error}, true},
		{"after a load", faults.Load, faults.Fault{After: faults.Error}, false},
		{"before the offset moves", faults.Gate, faults.Fault{Before: faults.Error}, true},
	} {
		for branch := range 2 {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				w := into(t, write(t, t.TempDir(), "a.csv", made(t, ".csv", 0, rows)))
				w.from.BlockBytes, w.opts.Batching = 20_000, batching.Policy{Rows: 1000}
				dir := t.TempDir()
				paths := []string{filepath.Join(dir, "one.duckdb"), filepath.Join(dir, "two.duckdb")}
				fault := &faults.OnNth{Op: tc.op, N: 4, Fault: tc.fault}
				run := func(in faults.Injector) (written int64, err error) {
					branches := make([]sink.Sink, len(paths))
					for i, path := range paths {
						s, err := duckdb.Open(path, "t", nil)
						if err != nil {
							t.Fatal(err)
						}
						branches[i] = s
						if i == branch {
							branches[i] = faults.Sink(s, in)
						}
					}
					both := sink.Tee(branches...)
					res, err := w.runInto(t, both)
					if err := both.Close(t.Context()); err != nil {
						t.Fatal(err)
					}
					return res.Written, err
				}
				written, err := run(fault)
				if !errors.Is(err, faults.Error) || !fault.Met() {
					t.Fatalf("error %v, want the injected one", err)
				}
				if one, two := ask(t, paths[0], "SELECT count(*) FROM t")[0], ask(t, paths[1], "SELECT count(*) FROM t")[0]; tc.apart != (one != two) {
					t.Errorf("the branches have %s and %s rows", one, two)
				}
				more, err := run(faults.None{})
				if err != nil {
					t.Fatal(err)
				}
				if written == 0 || more == 0 {
					t.Errorf("%d and %d rows are written, want some by each run", written, more)
				}
				for _, path := range paths {
					same(t, path, some(0, rows), "FROM t")
				}
				if more, err := run(faults.None{}); more != 0 || err != nil {
					t.Errorf("run again: %d rows, %v", more, err)
				}
			})
		}
	}
}

// TestTeeRejects has one branch that keeps its rejects in a table of its own, and one that does not and refuses other rows:
// those are dead letters, whichever comes first.
func TestTeeRejects(t *testing.T) {
	for _, keeps := range []int{0, 1} {
		t.Run(fmt.Sprint("branch ", keeps, " keeps them"), func(t *testing.T) {
			w := into(t, write(t, t.TempDir(), "a.csv", made(t, ".csv", 0, 100)))
			dir := t.TempDir()
			var paths []string
			var branches []sink.Sink
			for i, check := range []string{"id <> 10", "id <> 20"} {
				paths = append(paths, filepath.Join(dir, fmt.Sprint(i, ".duckdb")))
				do(t, paths[i], "CREATE TABLE t (id BIGINT CHECK ("+check+"), name VARCHAR, value DOUBLE)")
				opts := &duckdb.Options{}
				if i == keeps {
					opts.Rejects = "refused"
				}
				s, err := duckdb.Open(paths[i], "t", opts)
				if err != nil {
					t.Fatal(err)
				}
				branches = append(branches, s)
			}
			both, box := sink.Tee(branches...), letterbox(t)
			w.opts.DeadLetter = box.sink
			if _, err := w.runInto(t, both); err != nil {
				t.Fatal(err)
			}
			if err := both.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			box.close(t)
			same(t, paths[0], "SELECT * FROM ("+some(0, 100)+") WHERE id <> 10", "FROM t")
			same(t, paths[1], "SELECT * FROM ("+some(0, 100)+") WHERE id <> 20", "FROM t")
			refused := []string{"10", "20"}
			same(t, paths[keeps], "SELECT '"+refused[keeps]+"'", "SELECT _floe_values ->> 'id' FROM refused")
			if got := ask(t, box.path, "SELECT DISTINCT id FROM letters"); !slices.Contains(got, refused[1-keeps]) {
				t.Errorf("the dead letters are %v, and lack %s", got, refused[1-keeps])
			}
		})
	}
}

// endless says of a source that it has no end.
type endless struct{ source.Source }

func (endless) Unbounded() bool { return true }

// An endless source is refused where any branch needs an end.
func TestTeeNeedsAnEnd(t *testing.T) {
	dir := t.TempDir()
	var branches []sink.Sink
	for i, mode := range []sink.Mode{sink.Append, sink.Replace} {
		s, err := duckdb.Open(filepath.Join(dir, fmt.Sprint(i, ".duckdb")), "t", &duckdb.Options{Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		branches = append(branches, s)
	}
	both := sink.Tee(branches...)
	defer both.Close(t.Context())
	src, err := file.New([]string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close(t.Context())
	_, err = floe.New("e2e", endless{src}, both, nil)
	says(t, err, "has no end", "replace mode")
}
