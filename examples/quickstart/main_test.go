package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// childVar makes the test binary the program itself, so that a test can kill it.
const childVar = "FLOE_QUICKSTART_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVar) != "" {
		tell = 10 * time.Millisecond // or a fast machine ends between two lines
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// output runs the program and returns what it prints, without its speed.
func output(t *testing.T, db string, paths ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), &out, db, paths); err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`rows/s=\d+`).ReplaceAllString(out.String(), "rows/s=N")
}

// one runs a query that answers one row, in a database of its own where path is "".
func one(t *testing.T, path, query string, dest ...any) {
	t.Helper()
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query).Scan(dest...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func TestDemo(t *testing.T) {
	db := filepath.Join(t.TempDir(), "demo.duckdb")
	t.Chdir("../..")
	const table = `seattle-weather: 1461 rows in %s
weather   days  mean of highest °C
rain       641   13.5
sun        640   19.9
fog        101   16.8
drizzle     53   15.9
snow        26    5.6
read=%d written=%d rejected=0 rows/s=N
`
	for _, rows := range []int{1461, 0, 0} {
		if diff := cmp.Diff(fmt.Sprintf(table, db, rows, rows), output(t, db)); diff != "" {
			t.Errorf("output mismatch (-want +got):\n%s", diff)
		}
	}
	var rows, days int
	var windy float64
	one(t, db, `SELECT count(*), count(DISTINCT day), max(wind) FROM "seattle-weather"`, &rows, &days, &windy)
	if rows != 1461 || days != 1461 || windy != 9.5 {
		t.Errorf("the table has %d rows, %d days, and at most %v m/s", rows, days, windy)
	}
}

func TestAnyFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.csv":      "id,name\n1,x\n2,y\n",
		"b/one.json": `{"id": 1, "deep": {"n": [1, 2]}}` + "\n",
		"b/two.csv":  "id,extra\n2,z\n3\n4,w\n", // row 3 is too short
		"c/a.csv":    "id\n7\n",
	} {
		write(t, filepath.Join(dir, name), text)
	}
	parquet := filepath.Join(dir, "a.parquet")
	var rows int
	one(t, "", "COPY (SELECT i AS id FROM range(10) r(i)) TO '"+parquet+"'", &rows)

	db := filepath.Join(dir, "any.duckdb")
	paths := []string{filepath.Join(dir, "a.csv"), parquet, filepath.Join(dir, "b/*.*"), filepath.Join(dir, "c/")}
	want := fmt.Sprintf("a: 2 rows in %[1]s\na_2: 10 rows in %[1]s\nb: 3 rows in %[1]s\nc: 1 rows in %[1]s\n", db)
	if diff := cmp.Diff(want+"read=17 written=16 rejected=1 rows/s=N\n", output(t, db, paths...)); diff != "" {
		t.Errorf("output mismatch (-want +got):\n%s", diff)
	}
	// A file more, with a column more.
	write(t, filepath.Join(dir, "c/b.csv"), "id,more\n8,m\n9,n\n")
	want = strings.Replace(want, "c: 1", "c: 3", 1)
	if diff := cmp.Diff(want+"read=2 written=2 rejected=0 rows/s=N\n", output(t, db, paths...)); diff != "" {
		t.Errorf("output of the next run mismatch (-want +got):\n%s", diff)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestErrorsNameTheFile(t *testing.T) {
	dir := t.TempDir()
	cut := filepath.Join(dir, "cut.parquet")
	write(t, cut, "PAR1 and no more")
	for _, path := range []string{filepath.Join(dir, "missing.csv"), cut, filepath.Join(dir, "*.nothing")} {
		err := run(t.Context(), &bytes.Buffer{}, filepath.Join(dir, "bad.duckdb"), []string{path})
		if err == nil || !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("%s: %v, want an error that names it", path, err)
		}
	}
}

func TestTableOf(t *testing.T) {
	for _, tc := range []struct {
		path  string
		taken []string
		want  string
	}{
		{"trips.parquet", nil, "trips"},
		{"a/b/trips.csv.gz", nil, "trips"},
		{"a/trips/*.csv", nil, "trips"},
		{"a/trips/", nil, "trips"},
		{"a/trips/**/*.*", nil, "trips"},
		{"a/2024-*.csv", nil, "2024"},
		{"s3://bucket/*.csv", nil, "bucket"},
		{"*.csv", nil, "rows"},
		{"../*", nil, "rows"},
		{"/", nil, "rows"},
		{"b/Trips.csv", []string{"trips"}, "Trips_2"},
		{"c/trips.csv", []string{"trips", "Trips_2"}, "trips_3"},
	} {
		if got := tableOf(tc.path, tc.taken); got != tc.want {
			t.Errorf("tableOf(%q, %q) = %q, want %q", tc.path, tc.taken, got, tc.want)
		}
	}
}

// FuzzTableOf: any path gives a name, and one that is not taken, letter case aside.
func FuzzTableOf(f *testing.F) {
	for _, p := range []string{"", ".", "..", "/", "//", "a/../..", "s3://b/*", "***", "a.b.c", "\\", "\xff"} {
		f.Add(p, "rows")
	}
	f.Fuzz(func(t *testing.T, p, taken string) {
		name := tableOf(p, []string{taken, taken + "_2"})
		if name == "" || strings.EqualFold(name, taken) || strings.EqualFold(name, taken+"_2") {
			t.Errorf("tableOf(%q) = %q beside %q", p, name, taken)
		}
	})
}
