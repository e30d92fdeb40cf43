package duckdb_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	goduckdb "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink/duckdb"
)

// TestTornLog kills a load amid the write of its log at many places, loads on, kills again, and looks whether all
// that was loaded is there.
func TestTornLog(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.db")
	rec := fromJSON(t, checked(t), idAndName, `[{"id": 1, "name": "a"}]`)
	defer rec.Release()
	step := func(s *duckdb.Sink) {
		w, from := claim(t, s, "0")
		prepare(t, w, rec.Schema())
		rec.Retain()
		load(t, w, from, rec)
	}
	live := filepath.Join(dir, "live.db")
	connector := connectFile(t, live)
	for range 3 {
		step(open(t, connector, "t", nil))
	}
	kill(t, live, whole)
	// Every sink empties the log when it opens, so that it holds the last load alone.
	log, err := os.Stat(whole + ".wal")
	if err != nil {
		t.Fatal(err)
	}
	end := log.Size()
	for _, how := range []string{"Open", "New"} {
		for cut := end / 5; cut < end; cut += end / 5 {
			t.Run(fmt.Sprintf("%s/%d", how, cut), func(t *testing.T) {
				torn, again := filepath.Join(t.TempDir(), "torn.db"), filepath.Join(t.TempDir(), "again.db")
				kill(t, whole, torn)
				if err := os.Truncate(torn+".wal", cut); err != nil {
					t.Fatal(err)
				}
				if how == "Open" {
					s, err := duckdb.Open(torn, "t", nil)
					if err != nil {
						t.Fatal(err)
					}
					defer s.Close(t.Context())
					step(s)
				} else {
					step(open(t, connectFile(t, torn), "t", nil))
				}
				kill(t, torn, again)
				db := sql.OpenDB(connectFile(t, again))
				defer db.Close()
				got := query(t, db, `SELECT (SELECT count(*) FROM t) || ' rows, ' || committed FROM _floe_offsets`)
				if len(got) != 1 || !strings.HasPrefix(got[0], "3 rows, ") {
					t.Fatalf("after the second kill: %q, want 3 rows", got)
				}
			})
		}
	}
}

// TestLogInUse opens a sink on an instance where a transaction keeps the log from being emptied.
func TestLogInUse(t *testing.T) {
	connector, db := connect(t)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("CREATE TABLE other (i INTEGER)"); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s := open(t, connector, "t", &duckdb.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	w, from := claim(t, s, "0")
	prepare(t, w, idAndName)
	load(t, w, from, fromJSON(t, checked(t), idAndName, `[{"id": 1, "name": "a"}]`))
	if !strings.Contains(log.String(), "CHECKPOINT") {
		t.Errorf("nothing was said of the log: %s", log.String())
	}
	if err := tx.Commit(); err != nil {
		t.Fatalf("the other transaction was broken off: %v", err)
	}
}

// TestReadOnlyCommitted reads offsets in a database that nothing can be written to.
func TestReadOnlyCommitted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	connector := connectFile(t, path)
	s := open(t, connector, "t", nil)
	w, from := claim(t, s, "0")
	prepare(t, w, idAndName)
	want := load(t, w, from, fromJSON(t, checked(t), idAndName, `[{"id": 1, "name": "a"}]`))
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := connector.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, connectFile(t, path+"?access_mode=read_only"), "t", nil).Committed(t.Context(), "p")
	if err != nil || got["0"] != want {
		t.Fatalf("Committed: %v, %v, want %q", got, err, want)
	}
}

func connectFile(t testing.TB, path string) *goduckdb.Connector {
	t.Helper()
	connector, err := goduckdb.NewConnector(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connector.Close() })
	return connector
}

// kill copies a database that is open, as a kill would leave it.
func kill(t testing.TB, from, to string) {
	t.Helper()
	for _, suffix := range []string{"", ".wal"} {
		data, err := os.ReadFile(from + suffix)
		if os.IsNotExist(err) && suffix != "" {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to+suffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
