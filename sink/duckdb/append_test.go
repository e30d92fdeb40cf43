package duckdb_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
)

func TestAppend(t *testing.T) {
	mem := checked(t)
	path := filepath.Join(t.TempDir(), "a b.db")
	var to string
	for run := range 3 {
		s, err := duckdb.Open(path, `naïve "t".select`, nil)
		if err != nil {
			t.Fatal(err)
		}
		w, committed := claim(t, s, "0")
		if committed != to {
			t.Errorf("run %d begins at %q, want %q", run, committed, to)
		}
		prepare(t, w, idAndName)
		to = load(t, w, committed, fromJSON(t, mem, idAndName, `[{"id":1,"name":"a"},{"id":null,"name":"é"}]`), fromJSON(t, mem, idAndName, `[{"id":3,"name":null}]`))
		if err := w.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	connector, db := connect(t)
	_ = connector
	if _, err := db.Exec("ATTACH '" + path + "' AS made"); err != nil {
		t.Fatal(err)
	}
	got := query(t, db, `SELECT id, name, count(*) FROM made."naïve ""t"".select" GROUP BY ALL ORDER BY ALL`)
	if diff := cmp.Diff([]string{"1|a|3", "3|NULL|3", "NULL|é|3"}, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestLoadAgain(t *testing.T) {
	mem := checked(t)
	connector, db := connect(t)
	s := open(t, connector, "t", nil)
	w, _ := claim(t, s, "0")
	prepare(t, w, idAndName)
	g := &gate{}
	b := batchOf(t, "", g, fromJSON(t, mem, idAndName, `[{"id":1}]`))
	g.err = errors.New("the dead letters are full")
	if _, err := w.Load(t.Context(), b); !errors.Is(err, g.err) {
		t.Fatalf("Load whose gate fails: %v", err)
	}
	if diff := cmp.Diff([]string{"0"}, query(t, db, "SELECT count(*) FROM t")); diff != "" {
		t.Errorf("rows after a failed gate (-want +got):\n%s", diff)
	}
	g.err = nil
	for range 2 {
		if _, err := w.Load(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"1"}, query(t, db, "SELECT count(*) FROM t")); diff != "" {
		t.Errorf("rows after loading twice (-want +got):\n%s", diff)
	}
	committed, err := s.Committed(t.Context(), "p")
	if diff := cmp.Diff(map[string]string{"0": b.To}, committed); diff != "" || err != nil {
		t.Errorf("Committed: %v (-want +got):\n%s", err, diff)
	}
}

func TestFencing(t *testing.T) {
	mem := checked(t)
	connector, db := connect(t)
	s := open(t, connector, "t", nil)
	old, _ := claim(t, s, "0")
	prepare(t, old, idAndName)
	other := open(t, connector, "t", nil)
	w, _ := claim(t, other, "0")
	b := batchOf(t, "", &gate{}, fromJSON(t, mem, idAndName, `[{"id":1}]`))
	if _, err := old.Load(t.Context(), b); !errors.Is(err, sink.ErrFenced) {
		t.Errorf("Load of the older claim: %v, want ErrFenced", err)
	}
	prepare(t, w, idAndName)
	load(t, w, "", fromJSON(t, mem, idAndName, `[{"id":2}]`))
	if diff := cmp.Diff([]string{"2"}, query(t, db, "SELECT id FROM t")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestCancelledLoad(t *testing.T) {
	mem := checked(t)
	connector, db := connect(t)
	s := open(t, connector, "t", nil)
	w, _ := claim(t, s, "0")
	prepare(t, w, idAndName)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := batchOf(t, "", &gate{}, fromJSON(t, mem, idAndName, `[{"id":1}]`))
	if _, err := w.Load(ctx, b); !errors.Is(err, context.Canceled) {
		t.Errorf("Load with a context that is done: %v", err)
	}
	if diff := cmp.Diff([]string{"0"}, query(t, db, "SELECT count(*) FROM t")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if _, err := w.Load(t.Context(), b); err != nil {
		t.Errorf("Load again: %v", err)
	}
}
