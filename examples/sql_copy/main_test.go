package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

// A table of SQLite goes into DuckDB; what is added to it later goes by the next run.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	shop, warehouse := filepath.Join(dir, "shop.db"), filepath.Join(dir, "warehouse.duckdb")
	db, err := sql.Open("sqlite", shop)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	add := func(from, to int) {
		t.Helper()
		if _, err := db.Exec(`WITH RECURSIVE r(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM r WHERE i < ?)
			INSERT INTO orders SELECT i, printf('%d.%02d', i, i % 100), '2024-02-29 12:00:00' FROM r`, from, to); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, price DECIMAL(10,2), at TIMESTAMP)"); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		from, to int
		read     string
		sum      string
	}{
		{1, 1000, "read=1000 ", "500995.00"},
		{1001, 1500, "read=500 ", "1126492.50"},
		{1501, 1501, "read=1 ", "1127993.51"},
	} {
		add(step.from, step.to)
		var out strings.Builder
		if err := run(t.Context(), &out, []string{"-from", "sqlite:" + shop, "-to", "duckdb:" + warehouse, "-table", "orders", "-key", "id"}); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(out.String(), step.read) {
			t.Errorf("printed %q, want %q", out.String(), step.read)
		}
		if got := target(t, warehouse, "SELECT sum(price)::VARCHAR || ' ' || typeof(any_value(at)) FROM orders"); got != step.sum+" TIMESTAMP" {
			t.Errorf("after row %d: %s, want %s", step.to, got, step.sum)
		}
	}
}

func target(t *testing.T, file, query string) (answer string) {
	t.Helper()
	db, err := sql.Open("duckdb", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{
		{"-from", "sqlite:x"},
		{"-from", "oracle:x", "-to", "duckdb:", "-table", "t", "-key", "id"},
		{"-from", "duckdb:", "-to", "oracle:x", "-table", "t", "-key", "id"},
	} {
		if err := run(t.Context(), nil, args); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}
