package duckdb_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
)

// TestFeeds loads on and on: the sink keeps its views in memory, writes none into the file, and takes them away.
func TestFeeds(t *testing.T) {
	for _, mode := range []duckdb.Options{{}, {Mode: sink.Upsert, Key: []string{"id"}}} {
		t.Run(mode.Mode.String(), func(t *testing.T) {
			connector, db := connect(t)
			s := open(t, connector, "t", &mode)
			w, from := claim(t, s, "0")
			prepare(t, w, idAndName)
			mem := checked(t)
			var want []string
			for i := range 5 {
				from = load(t, w, from, fromJSON(t, mem, idAndName, fmt.Sprintf(`[{"id": %d, "name": "a"}, {"id": %d, "name": "b"}]`, 2*i, 2*i+1)))
				want = append(want, fmt.Sprintf("%d|a", 2*i), fmt.Sprintf("%d|b", 2*i+1))
			}
			if diff := cmp.Diff(want, query(t, db, "SELECT id, name FROM t ORDER BY id")); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			attached := "SELECT count(*) FROM duckdb_databases() WHERE database_name LIKE '\\_floe%' ESCAPE '\\'"
			feeds := map[sink.Mode]string{sink.Append: "1", sink.Upsert: "2"}[mode.Mode]
			if diff := cmp.Diff([]string{feeds}, query(t, db, attached)); diff != "" {
				t.Errorf("databases attached (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"0"}, query(t, db, "SELECT count(*) FROM duckdb_views() WHERE NOT internal AND database_name = current_database()")); diff != "" {
				t.Errorf("views in the file (-want +got):\n%s", diff)
			}
			if err := s.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"0"}, query(t, db, attached)); diff != "" {
				t.Errorf("databases attached after Close (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAttachForbidden loads where no database can be attached.
func TestAttachForbidden(t *testing.T) {
	connector, db := inMemory(t)
	if _, err := db.Exec("SET enable_external_access = false"); err != nil {
		t.Fatal(err)
	}
	s := open(t, connector, "t", nil)
	w, from := claim(t, s, "0")
	prepare(t, w, idAndName)
	mem := checked(t)
	for i := range 3 {
		from = load(t, w, from, fromJSON(t, mem, idAndName, fmt.Sprintf(`[{"id": %d, "name": "a"}]`, i)))
	}
	if diff := cmp.Diff([]string{"0|a", "1|a", "2|a"}, query(t, db, "SELECT id, name FROM t ORDER BY id")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
