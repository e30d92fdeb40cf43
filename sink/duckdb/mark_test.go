package duckdb_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
)

// Offsets count the rows of one table, known by the mark in its comment.
func TestMark(t *testing.T) {
	const user = "the user's own comment"
	for _, c := range []struct {
		name, sql string
		fresh     bool   // the next claim begins at the beginning
		err       string // or fails
	}{
		{name: "untouched", sql: "SELECT 1"},
		{name: "altered", sql: "ALTER TABLE t ADD COLUMN more INTEGER; ALTER TABLE t ALTER name SET DATA TYPE VARCHAR"},
		{name: "commented around", sql: ""},
		{name: "dropped", sql: "DROP TABLE t", fresh: true},
		{name: "made anew by another", sql: "DROP TABLE t; CREATE TABLE t (id BIGINT, name VARCHAR); COMMENT ON TABLE t IS '[floe:00000000-0000-0000-0000-000000000000]'", fresh: true},
		{name: "mark lost", sql: "COMMENT ON TABLE t IS 'mine'", err: "COMMENT ON TABLE"},
		{name: "made anew without a mark", sql: "DROP TABLE t; CREATE TABLE t (id BIGINT, name VARCHAR)", err: "reset"},
	} {
		t.Run(c.name, func(t *testing.T) {
			mem := checked(t)
			connector, db := inMemory(t)
			if _, err := db.Exec("CREATE TABLE t (id BIGINT, name VARCHAR); COMMENT ON TABLE t IS '" + sqlText(user) + "'"); err != nil {
				t.Fatal(err)
			}
			s := open(t, connector, "t", nil)
			w, from := claim(t, s, "0")
			prepare(t, w, idAndName)
			to := load(t, w, from, fromJSON(t, mem, idAndName, `[{"id":1}]`))
			comment := query(t, db, "SELECT comment FROM duckdb_tables() WHERE table_name = 't'")[0]
			if !strings.HasPrefix(comment, user+" [floe:") {
				t.Errorf("the comment is %q, want the user's with a mark behind it", comment)
			}
			if c.sql == "" {
				c.sql = "COMMENT ON TABLE t IS 'before " + sqlText(comment) + " behind'"
			}
			if _, err := db.Exec(c.sql); err != nil {
				t.Fatal(err)
			}
			_, committed, err := s.Open(t.Context(), "p", "0")
			switch {
			case c.err != "":
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("Open answered %v, want an error that says %q", err, c.err)
				}
			case err != nil:
				t.Error(err)
			case c.fresh != (committed == "") || !c.fresh && committed != to:
				t.Errorf("Open answered the offset %q; the beginning: %t", committed, c.fresh)
			}
		})
	}
}

// A table that is swapped under a running load gets no rows of it.
func TestSwappedTable(t *testing.T) {
	mem := checked(t)
	connector, db := inMemory(t)
	s := open(t, connector, "t", nil)
	w, from := claim(t, s, "0")
	prepare(t, w, idAndName)
	from = load(t, w, from, fromJSON(t, mem, idAndName, `[{"id":1}]`))
	if _, err := db.Exec("DROP TABLE t; CREATE TABLE t (id BIGINT, name VARCHAR)"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Load(t.Context(), batchOf(t, from, &gate{}, fromJSON(t, mem, idAndName, `[{"id":2}]`))); err == nil || !strings.Contains(err.Error(), "made anew") {
		t.Errorf("Load answered %v", err)
	}
	if err := w.Prepare(t.Context(), idAndName); err == nil || !strings.Contains(err.Error(), "made anew") {
		t.Errorf("Prepare answered %v", err)
	}
	if diff := cmp.Diff([]string{"0"}, query(t, db, "SELECT count(*) FROM t")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// A load that is interrupted amid the INSERT ends at once and leaves nothing.
func TestInterrupt(t *testing.T) {
	connector, db := connect(t)
	s := open(t, connector, "t", nil)
	w, from := claim(t, s, "0")
	rec := trips(122_880, 1)
	prepare(t, w, rec.Schema())
	var records []arrow.Record
	for range 16 {
		rec.Retain()
		records = append(records, rec)
	}
	b := batchOf(t, from, &gate{}, records...)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := w.Load(ctx, b)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Load answered %v", err)
	}
	if diff := cmp.Diff([]string{"0"}, query(t, db, "SELECT count(*) FROM t")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	_, committed := claim(t, s, "0")
	if committed != "" {
		t.Errorf("committed %q", committed)
	}
}

// Reset fences the writers and keeps the rows.
func TestReset(t *testing.T) {
	mem := checked(t)
	connector, db := inMemory(t)
	s := open(t, connector, "t", &duckdb.Options{Evolve: sink.Widen})
	w, from := claim(t, s, "0")
	prepare(t, w, idAndName)
	from = load(t, w, from, fromJSON(t, mem, idAndName, `[{"id":1}]`))
	if err := s.Reset(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Load(t.Context(), batchOf(t, from, &gate{}, fromJSON(t, mem, idAndName, `[{"id":2}]`))); err == nil {
		t.Error("a writer that was reset loads")
	}
	if _, committed := claim(t, s, "0"); committed != "" {
		t.Errorf("after Reset the partition begins at %q", committed)
	}
	if diff := cmp.Diff([]string{"1"}, query(t, db, "SELECT id FROM t")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
