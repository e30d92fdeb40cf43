package duckdb_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"
	goduckdb "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
)

func TestFaultsTogether(t *testing.T) {
	_, err := duckdb.Open("a?b", "", &duckdb.Options{Mode: 9, Evolve: -1, Key: []string{"a", "A", ""}, Schema: "\x00", Rejects: "\xff", MemoryLimit: -1, Threads: -1})
	var faults *config.Error
	if !errors.As(err, &faults) {
		t.Fatalf("Open answered %v, want a *config.Error", err)
	}
	var got []string
	for _, f := range faults.Faults {
		got = append(got, f.Field)
	}
	want := []string{"path", "table", "Options.Mode", "Options.Evolve", "Options.Key", "Options.Key", "Options.Key", "Options.Schema", "Options.Rejects", "Options.MemoryLimit", "Options.Threads"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	connector, _ := inMemory(t)
	for _, o := range []duckdb.Options{{Threads: 1}, {MemoryLimit: 1}, {Mode: sink.Upsert}, {Rejects: "T"}, {Rejects: "_floe_offsets"}} {
		if _, err := duckdb.New(connector, "t", &o); !errors.As(err, &faults) {
			t.Errorf("New with %+v answered %v, want a *config.Error", o, err)
		}
	}
	if _, err := duckdb.New(nil, "t", nil); err == nil {
		t.Error("New without a connector answered nil")
	}
}

// What is wrong with a database is said by name, and nothing is left behind.
func TestOpenFaults(t *testing.T) {
	dir := t.TempDir()
	noDatabase := filepath.Join(dir, "text")
	if err := os.WriteFile(noDatabase, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "missing", "x.db"), noDatabase, dir} {
		if _, err := duckdb.Open(path, "t", nil); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Open(%q) answered %v, want an error with the path", path, err)
		}
	}
	if _, err := duckdb.Open(filepath.Join(dir, "x.db"), "t", &duckdb.Options{Schema: "nowhere"}); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("Open in a schema that is not there answered %v", err)
	}
}

// Two instances of one file in one process would ruin it.
func TestOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	for range 2 {
		s, err := duckdb.Open(path, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := duckdb.Open(filepath.Dir(path)+"/./x.db", "b", nil); err == nil || !strings.Contains(err.Error(), "connector") {
			t.Errorf("Open of a file that is open answered %v", err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s, err := duckdb.Open(path, "t", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	connector, err := goduckdb.NewConnector(path+"?access_mode=READ_ONLY", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer connector.Close()
	s = open(t, connector, "t", nil)
	if _, _, err := s.Open(t.Context(), "p", "0"); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("Open of a partition in a read-only database answered %v", err)
	}
}

func TestSchemaErrors(t *testing.T) {
	one := func(name string, dt arrow.DataType) *arrow.Schema {
		return arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: name, Type: dt}}, nil)
	}
	for _, c := range []struct {
		name   string
		ddl    string
		mode   duckdb.Options
		schema *arrow.Schema
		column string
		reason string
	}{
		{"no columns", "", duckdb.Options{}, arrow.NewSchema(nil, nil), "", "no columns"},
		{"names that differ in case", "", duckdb.Options{}, one("ID", arrow.PrimitiveTypes.Int64), "ID", "one column"},
		{"empty name", "", duckdb.Options{}, one("", arrow.PrimitiveTypes.Int64), "", "empty"},
		{"NUL in a name", "", duckdb.Options{}, one("a\x00b", arrow.PrimitiveTypes.Int64), "a\x00b", "NUL"},
		{"long decimal", "", duckdb.Options{}, one("d", &arrow.Decimal256Type{Precision: 39, Scale: 1}), "d", "38 digits"},
		{"uuid in a list", "", duckdb.Options{}, one("u", arrow.ListOfField(arrow.Field{Name: "item", Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}, Metadata: arrow.MetadataFrom(map[string]string{"ARROW:extension:name": "arrow.uuid"})})), "u", "UUID"},
		{"dictionary of structs", "", duckdb.Options{}, one("d", dictionary(arrow.StructOf(arrow.Field{Name: "a", Type: arrow.Null}))), "d", "unpack"},
		{"new column", "CREATE TABLE t (id BIGINT)", duckdb.Options{}, one("c", arrow.PrimitiveTypes.Int64), "c", "AddColumns"},
		{"narrower column", "CREATE TABLE t (id INTEGER)", duckdb.Options{Evolve: sink.AddColumns}, one("c", arrow.PrimitiveTypes.Int64), "id", "Widen"},
		{"other column", "CREATE TABLE t (id BIGINT, c DATE)", duckdb.Options{Evolve: sink.Widen}, one("c", arrow.BinaryTypes.String), "c", "DATE"},
		{"inexact", "CREATE TABLE t (id DOUBLE, c BIGINT)", duckdb.Options{Evolve: sink.Widen}, one("c", arrow.PrimitiveTypes.Int64), "id", "DOUBLE"},
		{"missing and NOT NULL", "CREATE TABLE t (id BIGINT, c BIGINT, must INTEGER NOT NULL)", duckdb.Options{}, one("c", arrow.PrimitiveTypes.Int64), "must", "NOT NULL"},
		{"key missing", "", duckdb.Options{Mode: sink.Upsert, Key: []string{"k"}}, one("c", arrow.PrimitiveTypes.Int64), "k", "lack"},
		{"other key", "CREATE TABLE t (id BIGINT, c BIGINT PRIMARY KEY)", duckdb.Options{Mode: sink.Upsert, Key: []string{"id"}}, one("c", arrow.PrimitiveTypes.Int64), "c", "unique"},
	} {
		t.Run(c.name, func(t *testing.T) {
			connector, db := inMemory(t)
			if c.ddl != "" {
				if _, err := db.Exec(c.ddl); err != nil {
					t.Fatal(err)
				}
			}
			s := open(t, connector, "t", &c.mode)
			w, _ := claim(t, s, "0")
			before := query(t, db, "SELECT sql FROM duckdb_tables() WHERE table_name = 't'")
			var se *sink.SchemaError
			err := w.Prepare(t.Context(), c.schema)
			if !errors.As(err, &se) || se.Column != c.column || !strings.Contains(se.Reason, c.reason) {
				t.Errorf("Prepare answered %v, want a SchemaError of column %q with %q", err, c.column, c.reason)
			}
			if diff := cmp.Diff(before, query(t, db, "SELECT sql FROM duckdb_tables() WHERE table_name = 't'")); diff != "" {
				t.Errorf("the table changed (-before +after):\n%s", diff)
			}
		})
	}
}

// A view is refused before anything is loaded, also in replace mode, where the table is made only at the end.
func TestView(t *testing.T) {
	for _, mode := range []sink.Mode{sink.Append, sink.Replace} {
		t.Run(mode.String(), func(t *testing.T) {
			connector, db := inMemory(t)
			if _, err := db.Exec(`CREATE VIEW "My T" AS SELECT 1 AS id, 'a' AS name`); err != nil {
				t.Fatal(err)
			}
			w, _ := claim(t, open(t, connector, "my t", &duckdb.Options{Mode: mode}), "0")
			if err := w.Prepare(t.Context(), idAndName); err == nil || !strings.Contains(err.Error(), `"My T" is a view`) || retry.IsTransient(err) {
				t.Errorf("Prepare answered %v, want a permanent error that says it is a view", err)
			}
		})
	}
}

func TestUUID(t *testing.T) {
	mem := checked(t)
	connector, db := inMemory(t)
	s := open(t, connector, "t", nil)
	w, from := claim(t, s, "0")
	schema := arrow.NewSchema([]arrow.Field{{
		Name: "u", Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}, Nullable: true,
		Metadata: arrow.MetadataFrom(map[string]string{"ARROW:extension:name": "arrow.uuid"}),
	}}, nil)
	prepare(t, w, schema)
	load(t, w, from, fromJSON(t, mem, schema, `[{"u":"ABEiM0RVZneImaq7zN3u/w=="},{"u":null}]`))
	want := []string{"00112233-4455-6677-8899-aabbccddeeff|UUID", "NULL|UUID"}
	if diff := cmp.Diff(want, query(t, db, "SELECT CAST(u AS VARCHAR), typeof(u) FROM t ORDER BY u NULLS LAST")); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}
