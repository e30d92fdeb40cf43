package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/sqlite"
)

// writing takes the right to write the file, until the function that it returns is called.
func (f target) writing(t *testing.T) (release func()) {
	t.Helper()
	db, err := f.open()
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"PRAGMA busy_timeout = 10000", "BEGIN IMMEDIATE"} {
		if _, err := c.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	done := false
	release = func() {
		if done {
			return
		}
		done = true
		if _, err := c.ExecContext(context.Background(), "COMMIT"); err != nil {
			t.Error(err)
		}
		c.Close()
		db.Close()
	}
	t.Cleanup(release)
	return release
}

// TestBusyGoesOn: a load waits for another connection that writes, and goes on after it.
func TestBusyGoesOn(t *testing.T) {
	on(t, func(t *testing.T, o opener, in target) {
		w := ready(t, o.sink(t, in, floesql.Options{}), idAndName)
		release := in.writing(t)
		loaded := make(chan error, 1)
		b := batchOf(t, "", &gate{}, fromJSON(t, idAndName, `[{"id": 1}]`))
		go func() {
			_, err := w.Load(t.Context(), b)
			loaded <- err
		}()
		select {
		case err := <-loaded:
			t.Fatalf("the load did not wait: %v", err)
		case <-time.After(200 * time.Millisecond):
		}
		release()
		if err := <-loaded; err != nil {
			t.Fatalf("Load: %v", err)
		}
		if got := in.query(t, `SELECT count(*) FROM t`); got[0] != "1" {
			t.Errorf("%s rows are there, want 1", got[0])
		}
	})
}

// TestBusyContext: while the database is busy, each call answers a context that is done at once, and the same batch
// loads once it is not.
func TestBusyContext(t *testing.T) {
	on(t, func(t *testing.T, o opener, in target) {
		s := o.sink(t, in, floesql.Options{})
		w := ready(t, s, idAndName)
		release := in.writing(t)
		b := batchOf(t, "", &gate{}, fromJSON(t, idAndName, `[{"id": 1}]`))
		for name, call := range map[string]func(ctx context.Context) error{
			"Load": func(ctx context.Context) error { _, err := w.Load(ctx, b); return err },
			"Open": func(ctx context.Context) error { _, _, err := s.Open(ctx, "p", "other"); return err },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			begun := time.Now()
			err := call(ctx)
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("%s answered after %s", name, took)
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s = %v, want the context's error", name, err)
			}
			cancel()
		}
		release()
		if _, err := w.Load(t.Context(), b); err != nil {
			t.Fatalf("Load after the database was free: %v", err)
		}
		if got := in.query(t, `SELECT count(*) FROM t`); got[0] != "1" {
			t.Errorf("%s rows are there, want 1", got[0])
		}
	})
}

// TestReader: one who reads does not make a load wait, where the file is in WAL mode.
func TestReader(t *testing.T) {
	on(t, func(t *testing.T, o opener, in target) {
		w := ready(t, o.sink(t, in, floesql.Options{}), idAndName)
		db, err := in.open()
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		count := func() (n int) {
			if err := tx.QueryRowContext(t.Context(), `SELECT count(*) FROM t`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		count()
		if _, err := w.Load(t.Context(), batchOf(t, "", &gate{}, fromJSON(t, idAndName, `[{"id": 1}]`))); err != nil {
			t.Fatalf("Load: %v", err)
		}
		if n := count(); n != 0 {
			t.Errorf("the reader sees %d rows of a load that began after it", n)
		}
	})
}

func TestFull(t *testing.T) {
	o := openers[1]
	in := target{filepath.Join(t.TempDir(), "test.db"), o.driver}
	db, err := sql.Open("sqlite", in.path+"?_pragma=max_page_count(12)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := sqlite.New(db, "t", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	w := ready(t, s, idAndName)
	long := strings.Repeat("long ", 20_000)
	_, err = w.Load(t.Context(), batchOf(t, "", &gate{}, fromJSON(t, idAndName, `[{"id": 1, "name": "`+long+`"}]`)))
	if err == nil || retry.IsTransient(err) || !strings.Contains(err.Error(), "no room") {
		t.Fatalf("Load into a full database = %.300v", err)
	}
	if _, err := w.Load(t.Context(), batchOf(t, "", &gate{}, fromJSON(t, idAndName, `[{"id": 2}]`))); err != nil {
		t.Fatalf("Load of less: %v", err)
	}
	if got := in.query(t, `SELECT id FROM t`); len(got) != 1 || got[0] != "2" {
		t.Errorf("rows = %q, want 2 alone", got)
	}
}

func TestNoDatabase(t *testing.T) {
	on(t, func(t *testing.T, o opener, in target) {
		dir := t.TempDir()
		garbage := filepath.Join(dir, "garbage.db")
		if err := os.WriteFile(garbage, []byte(strings.Repeat("this is no database, it is a text ", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]string{
			garbage:                                  "not a database",
			filepath.Join(dir, "missing", "test.db"): "unable to open database file",
		} {
			s, err := o.open(path, "t", floesql.Options{})
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = s.Open(t.Context(), "p", "0")
			if err == nil || retry.IsTransient(err) || !strings.Contains(err.Error(), want) {
				t.Errorf("Open on %s = %v, want %q, not to be tried again", path, err, want)
			}
			if err := s.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestReadOnly opens a database that can only be read.
func TestReadOnly(t *testing.T) {
	in := target{filepath.Join(t.TempDir(), "test.db"), "sqlite"}
	in.exec(t, `CREATE TABLE t (id INTEGER, name TEXT)`)
	for driver, dsn := range map[string]string{"sqlite": "file:" + in.path + "?mode=ro", "sqlite3": "file:" + in.path + "?mode=ro"} {
		t.Run(driver, func(t *testing.T) {
			db, err := sql.Open(driver, dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			s, err := sqlite.New(db, "t", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close(t.Context())
			_, _, err = s.Open(t.Context(), "p", "0")
			if err == nil || retry.IsTransient(err) || !strings.Contains(err.Error(), "takes no writes") {
				t.Errorf("Open = %v, want an error that says so", err)
			}
		})
	}
}

// TestInMemory: a database in memory is one for each connection, if nobody takes care.
func TestInMemory(t *testing.T) {
	for _, tc := range []struct {
		name, driver, dsn string
		conns             int
		ok                bool
	}{
		{"modernc pool", "sqlite", ":memory:", 0, false},
		{"mattn pool", "sqlite3", ":memory:", 0, false},
		{"modernc single", "sqlite", ":memory:", 1, true},
		{"mattn single", "sqlite3", ":memory:", 1, true},
		{"modernc shared", "sqlite", "file:one?mode=memory&cache=shared", 0, false},
		{"mattn shared", "sqlite3", "file:two?mode=memory&cache=shared", 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db, err := sql.Open(tc.driver, tc.dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			db.SetMaxOpenConns(tc.conns)
			s, err := sqlite.New(db, "t", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close(context.Background())
			w, _, err := s.Open(t.Context(), "p", "0")
			if !tc.ok {
				if err == nil || !strings.Contains(err.Error(), "SetMaxOpenConns(1)") {
					t.Errorf("Open = %v, want an error that says what to do", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Prepare(t.Context(), idAndName); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Load(t.Context(), batchOf(t, "", &gate{}, fromJSON(t, idAndName, `[{"id": 1}]`))); err != nil {
				t.Fatal(err)
			}
			var n int
			if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM t`).Scan(&n); err != nil || n != 1 {
				t.Errorf("%d rows are there: %v", n, err)
			}
			if err := w.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	for name, tc := range map[string]struct {
		path, table string
		o           floesql.Options
		want        string
	}{
		"no path":   {"", "t", floesql.Options{}, "path"},
		"in memory": {":memory:", "t", floesql.Options{}, "path"},
		"table":     {path, "sqlite_t", floesql.Options{}, "table"},
		"route":     {path, "t", floesql.Options{Route: floesql.Insert{}}, "Options.Route"},
		"key":       {path, "t", floesql.Options{Mode: sink.Upsert}, "Options.Key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sqlite.Open(tc.path, tc.table, &tc.o)
			var faults *config.Error
			if !errors.As(err, &faults) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Open = %v, want a fault of %s", err, tc.want)
			}
		})
	}
	if _, err := sqlite.New(nil, "t", nil); err == nil {
		t.Error("New took no database")
	}
}

// TestLimits: two sinks on one file bear one load at a time between them, however the path is written.
func TestLimits(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db")); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range []string{"a.db", "./a.db", "b.db"} {
		s, err := sqlite.Open(dir+"/"+file, "t", nil)
		if err != nil {
			t.Fatal(err)
		}
		ready(t, s, idAndName)
		l := s.Limits()
		names[l.Database] = true
		if l.Loads != 1 {
			t.Errorf("Loads = %d, want 1", l.Loads)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if len(names) != 1 {
		t.Errorf("one file has the names %v", names)
	}
}
