package duckdb_test

import (
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/sourcetest"
	floesql "github.com/floedata/floe/source/sql"
	"github.com/floedata/floe/source/sql/duckdb"
)

func open(tb testing.TB, dsn string, statements ...string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("duckdb", dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	for _, s := range statements {
		if _, err := db.ExecContext(context.Background(), s); err != nil {
			tb.Fatalf("%s: %v", s, err)
		}
	}
	return db
}

func TestContract(t *testing.T) {
	tests := []struct {
		name string
		q    floesql.Query
		opts floesql.Options
	}{
		{name: "key", q: floesql.Query{Table: "numbers", Key: []string{"id"}}},
		{name: "pages", q: floesql.Query{Table: "numbers", Key: []string{"part", "at"}}, opts: floesql.Options{PageRows: 23}},
		{name: "split", q: floesql.Query{Schema: "main", Table: "numbers", Key: []string{"id"}, Split: floesql.SplitInts(0, 100, 3)}},
		{name: "ties", q: floesql.Query{Table: "numbers", Key: []string{"half"}, Ties: true}, opts: floesql.Options{PageRows: 7}},
		{name: "ordered", q: floesql.Query{Name: "all", Text: "SELECT * FROM numbers WHERE id > $1;", Args: []any{5}, Ordered: true}},
		{name: "gone", q: floesql.Query{Name: "run 7", Table: "numbers"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			sourcetest.Run(t, func(tb testing.TB) sourcetest.Harness {
				db := open(tb, "", "CREATE TABLE numbers AS SELECT id, 'row ' || id AS name, (id / 7)::DECIMAL(20,6) AS part, "+
					"TIMESTAMP '2024-01-01' + INTERVAL (id) MICROSECONDS AS at, id // 20 AS half FROM range(100) r(id)")
				return sourcetest.Harness{
					Close: db.Close,
					Open: func(_ context.Context, mem memory.Allocator) (source.Source, error) {
						opts := tc.opts
						opts.Allocator, opts.BatchRows = mem, 9
						return duckdb.New(db, tc.q, &opts)
					},
				}
			})
		})
	}
}

// A result is streamed: reading a table that is much larger than what a batch takes needs no more memory at its end
// than at its beginning.
func TestMemory(t *testing.T) {
	rows := 3_000_000
	if n, err := strconv.Atoi(os.Getenv("FLOE_DUCKDB_ROWS")); err == nil {
		rows = n
	}
	if testing.Short() {
		t.Skip("makes a table of 3,000,000 rows")
	}
	db := open(t, filepath.Join(t.TempDir(), "data.db"), "SET memory_limit = '300MB'", "SET threads = 2",
		"CREATE TABLE numbers AS SELECT id, md5(id::VARCHAR) AS a, md5((id + 1)::VARCHAR) AS b, id / 7 AS c FROM range("+strconv.Itoa(rows)+") r(id)", "CHECKPOINT")
	for name, q := range map[string]floesql.Query{
		"ordered": {Name: "all", Text: "SELECT * FROM numbers", Ordered: true},
		"key":     {Table: "numbers", Key: []string{"id"}},
	} {
		s, err := duckdb.New(db, q, nil)
		if err != nil {
			t.Fatal(err)
		}
		before, most, read := rss(t), int64(0), int64(0)
		for p, err := range s.Partitions(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			r, err := p.Open(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			for {
				b, err := r.Next(t.Context())
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				read += b.Record.NumRows()
				b.Release()
				most = max(most, rss(t))
			}
			if err := r.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%s: %d rows, %d MB before, %d MB at most", name, read, before>>20, most>>20)
		if read != int64(rows) {
			t.Errorf("%s: %d rows, want %d", name, read, rows)
		}
		// All of them at once take 300 MB, and as Arrow as much again.
		if limit := map[string]int64{"ordered": 150, "key": 450}[name]; most-before > limit<<20 {
			t.Errorf("%s: %d MB more than before, want at most %d", name, (most-before)>>20, limit)
		}
	}
}

// rss is the memory of this process, in bytes.
func rss(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

func TestErrors(t *testing.T) {
	db := open(t, "", "CREATE TABLE t AS SELECT id, CASE WHEN id = 5000 THEN 'x' ELSE '1' END AS v FROM range(6000) r(id)")
	for text, want := range map[string]string{
		"SELECT v::INT AS v FROM t": "Could not convert string 'x' to INT32",
		"SELECT w FROM t":           `"w" not found`,
	} {
		s, err := duckdb.New(db, floesql.Query{Name: "x", Text: text}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for p, err := range s.Partitions(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			r, err := p.Open(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			for err == nil {
				var b source.Batch
				if b, err = r.Next(t.Context()); err == nil {
					b.Release()
				}
			}
			got = append(got, err.Error())
			if err := r.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%s: %s", text, cmp.Diff(want, strings.Join(got, "")))
		}
	}
}

// Rows of one key are told apart also where a column takes their texts for equal; a time in a condition is that instant.
func TestConditions(t *testing.T) {
	db := open(t, "", "CREATE TABLE t (k INT, v VARCHAR COLLATE NOCASE, at TIMESTAMP)",
		"INSERT INTO t SELECT 1, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'A' END || (i // 8), TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR FROM range(64) r(i)")
	q := floesql.Query{
		Table: "t", Columns: []string{"k", "v"}, Where: "at >= CAST($1 AS TIMESTAMP)", Key: []string{"k"}, Ties: true,
		Args: []any{time.Date(2024, 1, 1, 17, 0, 0, 0, time.FixedZone("", 9*3600))},
	}
	s, err := duckdb.New(db, q, &floesql.Options{PageRows: 3})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for p, err := range s.Partitions(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		for {
			b, err := r.Next(t.Context())
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for row := range int(b.Record.NumRows()) {
				seen[b.Record.Column(1).ValueStr(row)]++
			}
			b.Release()
		}
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for i := range 8 {
		for _, v := range []string{"a", "A"} {
			want := 4
			if i == 0 { // before that instant
				want = 0
			}
			if text := v + strconv.Itoa(i); seen[text] != want {
				t.Errorf("%s comes %d times, want %d", text, seen[text], want)
			}
		}
	}
}
