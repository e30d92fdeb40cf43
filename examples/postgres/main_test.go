package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/floedata/floe/internal/servers"
)

func TestRun(t *testing.T) {
	dsn := servers.Postgres(t).Database(t)
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(t.Context()) })
	load := func(key string, paths ...string) string {
		t.Helper()
		var out bytes.Buffer
		if err := run(t.Context(), &out, dsn, "weather", key, paths); err != nil {
			t.Fatal(err)
		}
		counts, _, _ := strings.Cut(out.String(), " rows/s=")
		return counts
	}
	count := func(query string) (n int) {
		t.Helper()
		if err := c.QueryRow(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const weather = "../quickstart/seattle-weather.csv"
	if got, want := load("", weather), "read=1461 written=1461 rejected=0"; got != want {
		t.Errorf("the first run printed %q, want %q", got, want)
	}
	if got, want := load("", weather), "read=0 written=0 rejected=0"; got != want {
		t.Errorf("the second run printed %q, want %q", got, want)
	}
	if n := count("SELECT count(*) FROM weather WHERE date BETWEEN '2012-01-01' AND '2015-12-31'"); n != 1461 {
		t.Errorf("the table has %d rows", n)
	}

	// By a key rows are replaced; one that the table refuses is put aside.
	if _, err := c.Exec(t.Context(), "ALTER TABLE weather ADD PRIMARY KEY (date), ADD CHECK (weather <> 'bad')"); err != nil {
		t.Fatal(err)
	}
	more := filepath.Join(t.TempDir(), "more.csv")
	text := "date,precipitation,temp_max,temp_min,wind,weather\n2015-12-31,0.5,1.5,1.0,2.0,snow\n2016-01-01,0.0,1.0,1.0,2.0,bad\n2016-01-02,0.0,1.0,1.0,2.0,sun\n"
	if err := os.WriteFile(more, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, want := load("date", more), "read=3 written=2 rejected=1"; got != want {
		t.Errorf("the run by key printed %q, want %q", got, want)
	}
	if n := count("SELECT count(*) FROM weather"); n != 1462 {
		t.Errorf("the table has %d rows", n)
	}
	if n := count("SELECT count(*) FROM weather_rejects"); n != 1 {
		t.Errorf("%d rejects are kept", n)
	}
}

func TestRunWrong(t *testing.T) {
	err := run(t.Context(), nil, "host=h port=x", "", "", []string{"*.csv"})
	if err == nil || !strings.Contains(err.Error(), "connString") || !strings.Contains(err.Error(), "table") {
		t.Errorf("run: %v", err)
	}
}
