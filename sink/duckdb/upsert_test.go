package duckdb_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
)

// The last row of a key stays: within a batch, over batches and restarts, with and without an index.
func TestUpsert(t *testing.T) {
	for _, c := range []struct{ name, ddl string }{
		{"made by the sink", ""},
		{"without an index", "CREATE TABLE t (id BIGINT, name VARCHAR)"},
		{"primary key", "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR)"},
		{"unique index", "CREATE TABLE t (id BIGINT, name VARCHAR); CREATE UNIQUE INDEX i ON t (id)"},
		{"key is all", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			mem := checked(t)
			connector, db := inMemory(t)
			if c.ddl != "" {
				if _, err := db.Exec(c.ddl); err != nil {
					t.Fatal(err)
				}
			}
			from := ""
			for run := range 3 {
				s := open(t, connector, "t", &duckdb.Options{Mode: sink.Upsert, Key: []string{"ID"}})
				w, committed := claim(t, s, "0")
				if committed != from {
					t.Fatalf("run %d begins at %q, want %q", run, committed, from)
				}
				prepare(t, w, idAndName)
				for range 3 {
					from = load(t, w, from, fromJSON(t, mem, idAndName, `[{"id":1,"name":"a"},{"id":2,"name":"b"},{"id":1,"name":"c"}]`), fromJSON(t, mem, idAndName, `[{"id":1,"name":"d"},{"id":3}]`))
					from = load(t, w, from, fromJSON(t, mem, idAndName, `[{"id":3,"name":"e"}]`))
				}
			}
			if diff := cmp.Diff([]string{"1|d", "2|b", "3|e"}, query(t, db, "SELECT id, name FROM t ORDER BY id")); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUpsertNullKey(t *testing.T) {
	mem := checked(t)
	connector, db := connect(t)
	s := open(t, connector, "t", &duckdb.Options{Mode: sink.Upsert, Key: []string{"id"}})
	w, _ := claim(t, s, "0")
	prepare(t, w, idAndName)
	g := &gate{}
	if _, err := w.Load(t.Context(), batchOf(t, "", g, fromJSON(t, mem, idAndName, `[{"id":1},{"name":"x"},{"id":1,"name":"y"}]`))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 null"}, g.reasons); diff != "" || g.receipt.Rows != 2 {
		t.Errorf("%d rows loaded, rejected (-want +got):\n%s", g.receipt.Rows, diff)
	}
	if diff := cmp.Diff([]string{"1|y"}, query(t, db, "SELECT * FROM t")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
