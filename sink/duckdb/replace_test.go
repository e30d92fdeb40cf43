package duckdb_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	goduckdb "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
)

// Replacing keeps what the user made of the table: constraints, defaults, comment, name.
func TestReplaceKeeps(t *testing.T) {
	mem := checked(t)
	connector, db := inMemory(t)
	if _, err := db.Exec(`CREATE TABLE "T (x" (id BIGINT PRIMARY KEY, name VARCHAR CHECK (name <> '('), more INTEGER DEFAULT 7);
		COMMENT ON TABLE "T (x" IS 'mine'; INSERT INTO "T (x" VALUES (9, 'old', 0); CREATE VIEW v AS SELECT id, more FROM "T (x"`); err != nil {
		t.Fatal(err)
	}
	for run := range 3 {
		s := open(t, connector, "t (X", &duckdb.Options{Mode: sink.Replace})
		w, from := claim(t, s, "0")
		if from != "" {
			t.Fatalf("run %d begins at %q", run, from)
		}
		prepare(t, w, idAndName)
		g := &gate{}
		if _, err := w.Load(t.Context(), batchOf(t, from, g, fromJSON(t, mem, idAndName, `[{"id":1},{"id":2,"name":"("},{"id":1}]`))); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"1 constraint", "2 constraint"}, g.reasons); diff != "" {
			t.Errorf("rejected (-want +got):\n%s", diff)
		}
		if run == 0 {
			if diff := cmp.Diff([]string{"9|0"}, query(t, db, "SELECT * FROM v")); diff != "" {
				t.Errorf("rows before Finish (-want +got):\n%s", diff)
			}
		}
		for range 2 {
			if err := s.Finish(t.Context(), "p", []string{"0"}); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]string{"1|7"}, query(t, db, "SELECT * FROM v")); diff != "" {
			t.Errorf("rows after Finish (-want +got):\n%s", diff)
		}
	}
	tables := query(t, db, "SELECT table_name, comment LIKE 'mine [floe:%]' FROM duckdb_tables() WHERE table_name <> '_floe_offsets'")
	if diff := cmp.Diff([]string{"T (x|true"}, tables); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1"}, query(t, db, "SELECT count(*) FROM _floe_offsets")); diff != "" {
		t.Errorf("rows of the offsets table (-want +got):\n%s", diff)
	}
}

// The swap is in the log when Finish answers: a copy of the files, as a killed process leaves them, has it.
func TestReplaceSurvivesKill(t *testing.T) {
	for _, c := range []struct{ name, ddl string }{
		{"new table", "SELECT 1"},
		{"primary key", "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR); INSERT INTO t VALUES (7, 'old')"},
		{"index", "CREATE TABLE t (id BIGINT, name VARCHAR); CREATE INDEX i ON t (id); INSERT INTO t VALUES (7, 'old')"},
	} {
		t.Run(c.name, func(t *testing.T) { replaceAndLeave(t, c.ddl) })
	}
}

func replaceAndLeave(t *testing.T, ddl string) {
	mem := checked(t)
	dir := t.TempDir()
	connector, err := goduckdb.NewConnector(filepath.Join(dir, "x.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if _, err := db.Exec(ddl); err != nil {
		t.Fatal(err)
	}
	for run, want := range []string{"1", "2"} {
		s := open(t, connector, "t", &duckdb.Options{Mode: sink.Replace})
		w, from := claim(t, s, "0")
		prepare(t, w, idAndName)
		load(t, w, from, fromJSON(t, mem, idAndName, `[{"id":`+want+`}]`))
		for _, finish := range []bool{false, true} {
			if finish {
				if err := s.Finish(t.Context(), "p", []string{"0"}); err != nil {
					t.Fatal(err)
				}
			}
			left := leave(t, dir)
			copied, err := goduckdb.NewConnector(filepath.Join(left, "x.db"), nil)
			if err != nil {
				t.Fatalf("run %d, finished %t: open what a killed process leaves: %v", run, finish, err)
			}
			again := open(t, copied, "t", &duckdb.Options{Mode: sink.Replace})
			w, committed := claim(t, again, "0")
			if finish != (committed == "") {
				t.Errorf("run %d, finished %t: the next run begins at %q", run, finish, committed)
			}
			prepare(t, w, idAndName)
			if !finish {
				if err := again.Finish(t.Context(), "p", []string{"0"}); err != nil {
					t.Fatal(err)
				}
			}
			r, err := readTable(t.Context(), copied, "main", "t")
			if err != nil || len(r) != 1 || !strings.HasPrefix(r[0].Column(0).String(), "["+want+"]") {
				t.Errorf("run %d, finished %t: %v %v", run, finish, r, err)
			}
			again.Close(t.Context())
			copied.Close()
		}
	}
}

// leave copies the files of a database that is open.
func leave(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range []string{"x.db", "x.db.wal"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func TestReplaceKeepsIndexes(t *testing.T) {
	mem := checked(t)
	connector, db := connect(t)
	if _, err := db.Exec(`CREATE TABLE t (id BIGINT, name VARCHAR); CREATE UNIQUE INDEX first ON t (id); CREATE INDEX "sec ond" ON t (name)`); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s := open(t, connector, "t", &duckdb.Options{Mode: sink.Replace})
		w, from := claim(t, s, "0")
		prepare(t, w, idAndName)
		load(t, w, from, fromJSON(t, mem, idAndName, `[{"id":1},{"id":2}]`))
		if err := s.Finish(t.Context(), "p", []string{"0"}); err != nil {
			t.Fatal(err)
		}
	}
	got := query(t, db, "SELECT index_name, is_unique FROM duckdb_indexes() WHERE table_name = 't' ORDER BY ALL")
	if diff := cmp.Diff([]string{"first|true", "sec ond|false"}, got); diff != "" {
		t.Errorf("indexes (-want +got):\n%s", diff)
	}
}

func TestReplaceAbandoned(t *testing.T) {
	mem := checked(t)
	connector, db := inMemory(t)
	s := open(t, connector, "t", &duckdb.Options{Mode: sink.Replace})
	if s.Limits().BoundedOnly == "" {
		t.Error("a sink that replaces takes an endless source")
	}
	w, from := claim(t, s, "0")
	prepare(t, w, idAndName)
	load(t, w, from, fromJSON(t, mem, idAndName, `[{"id":1}]`))
	if err := s.Reset(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"_floe_offsets"}, query(t, db, "SELECT table_name FROM duckdb_tables()")); diff != "" {
		t.Errorf("tables after Reset (-want +got):\n%s", diff)
	}
	if _, from := claim(t, s, "0"); from != "" {
		t.Errorf("after Reset the partition begins at %q", from)
	}
}
