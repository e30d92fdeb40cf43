package e2etest_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	goduckdb "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe"
	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
	"github.com/floedata/floe/source/file"
)

// TestNoDatabase opens databases that cannot be opened, or not be written. Once they can, the pipeline loads.
func TestNoDatabase(t *testing.T) {
	rows := made(t, ".csv", 0, 100)
	t.Run("in a missing directory", func(t *testing.T) {
		w := into(t, write(t, t.TempDir(), "a.csv", rows))
		w.db = filepath.Join(filepath.Dir(w.db), "gone", "target.duckdb")
		_, err := w.run(t)
		says(t, err, w.db, "No such file or directory")
		if err := os.Mkdir(filepath.Dir(w.db), 0o755); err != nil {
			t.Fatal(err)
		}
		w.must(t, 100, 100, 0)
	})
	t.Run("no DuckDB file", func(t *testing.T) {
		w := into(t, write(t, t.TempDir(), "a.csv", rows))
		write(t, filepath.Dir(w.db), filepath.Base(w.db), rows)
		_, err := w.run(t)
		says(t, err, w.db, "not a valid DuckDB database file")
		if err := os.Remove(w.db); err != nil {
			t.Fatal(err)
		}
		w.must(t, 100, 100, 0)
	})
	t.Run("a directory", func(t *testing.T) {
		w := into(t, write(t, t.TempDir(), "a.csv", rows))
		w.db = filepath.Dir(w.db)
		_, err := w.run(t)
		says(t, err, w.db)
	})
	t.Run("open in another process", func(t *testing.T) {
		w := into(t, write(t, t.TempDir(), "a.csv", rows))
		release := holding(t, w.db)
		_, err := w.run(t)
		says(t, err, w.db, "Could not set lock on file")
		release()
		w.must(t, 100, 100, 0)
		same(t, w.db, some(0, 100), "FROM t")
	})
	t.Run("read-only", func(t *testing.T) {
		w := into(t, write(t, t.TempDir(), "a.csv", rows))
		do(t, w.db, "CREATE TABLE t (id BIGINT, name VARCHAR, value DOUBLE)")
		connector, err := goduckdb.NewConnector(w.db+"?access_mode=read_only", nil)
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(connector) // closes the connector
		defer db.Close()
		dst, err := duckdb.New(connector, "t", nil)
		if err == nil {
			_, err = w.runInto(t, dst)
			err = errors.Join(err, dst.Close(t.Context()))
		}
		says(t, err, "read-only", `"t"`)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		same(t, w.db, some(0, 0), "FROM t")
		w.must(t, 100, 100, 0)
		same(t, w.db, some(0, 100), "FROM t")
	})
}

// runInto is run into a sink that the test has opened.
func (w work) runInto(t *testing.T, dst sink.Sink) (floe.Result, error) {
	t.Helper()
	src, err := file.New(w.paths, &w.from)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close(t.Context())
	p, err := floe.New(w.pipeline(), src, dst, w.options())
	if err != nil {
		return floe.Result{}, err
	}
	return p.Run(t.Context())
}

// TestOtherTable loads into tables that have other columns or types: what does not fit is named, and nothing is loaded.
func TestOtherTable(t *testing.T) {
	for _, tc := range []struct {
		name, table string
		says        []string
		mend        string
	}{
		{"text into a number", "CREATE TABLE t (id BIGINT, name INTEGER, value DOUBLE)", []string{`"name"`, "INTEGER"}, "ALTER TABLE t ALTER name TYPE VARCHAR"},
		{"a long number into a short one", "CREATE TABLE t (id SMALLINT, name VARCHAR, value DOUBLE)", []string{`"id"`, "SMALLINT"}, "ALTER TABLE t ALTER id TYPE BIGINT"},
		{"a column too few", "CREATE TABLE t (id BIGINT, name VARCHAR)", []string{`"value"`, "Options.Evolve", "AddColumns"}, "ALTER TABLE t ADD value DOUBLE"},
		{"a column that must be given", "CREATE TABLE t (id BIGINT, name VARCHAR, value DOUBLE, day DATE NOT NULL)", []string{`"day"`, "NOT NULL"}, "ALTER TABLE t DROP day"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := into(t, write(t, t.TempDir(), "a.csv", made(t, ".csv", 0, 100)))
			do(t, w.db, tc.table)
			res, err := w.run(t)
			says(t, err, append(tc.says, `"t"`)...)
			if lost := new(sink.SchemaError); !errors.As(err, &lost) {
				t.Errorf("the error is no sink.SchemaError: %v", err)
			}
			if res.Written != 0 {
				t.Errorf("%d rows are written", res.Written)
			}
			do(t, w.db, tc.mend)
			w.must(t, 100, 100, 0)
			same(t, w.db, some(0, 100), "FROM t")
		})
	}
}

// A target that is a view is refused and stays as it was.
func TestView(t *testing.T) {
	w := into(t, write(t, t.TempDir(), "a.csv", made(t, ".csv", 0, 100)))
	do(t, w.db, "CREATE VIEW t AS SELECT 1 AS id")
	_, err := w.run(t)
	says(t, err, `"t" is a view`, "name the table behind it")
	do(t, w.db, "DROP VIEW t")
	w.must(t, 100, 100, 0)
	same(t, w.db, some(0, 100), "FROM t")
}

// A time that is DuckDB's infinity is no time that another database knows: the row is a dead letter.
func TestOutOfRange(t *testing.T) {
	w := into(t, write(t, t.TempDir(), "a.parquet", parquet(t, "SELECT id, CASE WHEN id = 50 THEN 'infinity' ELSE '2024-05-06 07:08:09' END::TIMESTAMP AS at FROM ("+some(0, 100)+")")))
	_, err := w.run(t)
	says(t, err, `column "at"`, "Options.DeadLetter")
	w.to.Rejects = "refused"
	w.must(t, 100, 99, 1)
	same(t, w.db, "SELECT id, '2024-05-06 07:08:09'::TIMESTAMP AS at FROM ("+some(0, 100)+") WHERE id <> 50", "FROM t")
	same(t, w.db, "VALUES (50, 'at', 'outofrange')", "SELECT _floe_row, _floe_column, _floe_code FROM refused")
}

// TestConstraints loads rows of which some break a constraint of the table: those, and those alone, are dead letters with
// DuckDB's message.
func TestConstraints(t *testing.T) {
	for _, tc := range []struct {
		name, table, bad, code, message string
	}{
		{"CHECK", "CREATE TABLE t (id BIGINT, name VARCHAR, value DOUBLE CHECK (value <> 50))", "id = 100", deadletter.CodeConstraint, "CHECK constraint failed: t"},
		{"NOT NULL", "CREATE TABLE t (id BIGINT, name VARCHAR NOT NULL, value DOUBLE)", "name IS NULL", deadletter.CodeNull, "NOT NULL constraint failed: t.name"},
		{"PRIMARY KEY", "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR, value DOUBLE); INSERT INTO t VALUES (7, 'row-7', 3.5)", "id = 7", deadletter.CodeConstraint, `duplicate key "7"`},
		{"ENUM", "CREATE TYPE e AS ENUM (SELECT 'row-' || i FROM range(2000) r(i) WHERE i <> 900); CREATE TABLE t (id BIGINT, name e, value DOUBLE)", "id = 900", deadletter.CodeOutOfRange, "cannot hold row-900"},
		{"UUID", "CREATE TABLE t (id BIGINT, name UUID, value DOUBLE)", "true", deadletter.CodeOutOfRange, "cannot hold row-0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			const rows = 2000
			query := some(0, rows)
			if tc.name == "NOT NULL" {
				query = "SELECT id, CASE WHEN id % 500 <> 3 THEN name END AS name, value FROM (" + query + ")"
			}
			w := into(t, write(t, t.TempDir(), "a.parquet", parquet(t, query)))
			do(t, w.db, tc.table)
			before := ask(t, w.db, "SELECT count(*) FROM t")[0]

			res, err := w.run(t)
			says(t, err, tc.message, "Options.DeadLetter")
			if res.Written != 0 || ask(t, w.db, "SELECT count(*) FROM t")[0] != before {
				t.Errorf("%d rows are said to be written, %s are there", res.Written, before)
			}

			box := letterbox(t)
			w.opts.DeadLetter = box.sink
			if res, err = w.run(t); err != nil {
				t.Fatal(err)
			}
			box.close(t)
			if res.Read != rows || res.Written+res.Rejected != rows || res.Rejected == 0 {
				t.Errorf("%v, want %d rows read", res, rows)
			}
			same(t, box.path, "SELECT id, name, value, '"+tc.code+"', 'sink', 'e2e', 'files', id AS row FROM ("+query+") WHERE "+tc.bad,
				"SELECT id, name, value, _floe_code, _floe_stage, _floe_pipeline, _floe_partition, _floe_row FROM letters")
			if got := ask(t, box.path, "SELECT count(*) FROM letters WHERE contains(_floe_reason, '"+tc.message+"')")[0]; got == "0" {
				t.Errorf("the reasons are %q", ask(t, box.path, "SELECT DISTINCT _floe_reason FROM letters LIMIT 3"))
			}
			good := "SELECT * FROM (" + query + ") WHERE NOT (" + tc.bad + ")"
			if tc.name == "PRIMARY KEY" {
				good = query
			}
			same(t, w.db, good, "SELECT id, name::VARCHAR, value FROM t")
		})
	}
}
