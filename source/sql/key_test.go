package sql_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/dialect/mysql"
	"github.com/floedata/floe/dialect/sqlite"
	"github.com/floedata/floe/internal/servers"
	floesql "github.com/floedata/floe/source/sql"
)

// Partitions are read at once.
func TestPartitionsAtOnce(t *testing.T) {
	db := openSQLite(t, "sqlite", numbers("t", 0, 100)...)
	s := newSource(t, db, sqlite.Dialect{}, floesql.Query{Table: "t", Key: []string{"id"}, Split: floesql.SplitInts(0, 100, 4)}, floesql.Options{BatchRows: 4})
	var all sync.WaitGroup
	for p, err := range s.Partitions(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			if res, err := readPartition(t.Context(), p, "", 0); err != nil || len(res.rows) != 25 {
				t.Errorf("%s: %+v, %v", p.ID(), res, err)
			}
		})
	}
	all.Wait()
}

// Texts at which partitions begin ascend in the order of the database, or rows would be of two of them.
func TestSplitTexts(t *testing.T) {
	for _, tc := range []struct {
		declared string
		values   []any
		want     int // partitions
	}{
		{"TEXT", []any{"row 3", "row 6"}, 3},
		{"TEXT", []any{"row 6", "row 3"}, 0},
		{"TEXT", []any{"row 6"}, 2},
		{"TEXT", []any{"row 3", "row 6", "row 4"}, 0},
		{"TEXT", []any{"row 3", "row 6", "row 2"}, 0},
		{"TEXT", []any{"ROW 3", "row 2"}, 3},
		{"TEXT COLLATE NOCASE", []any{"ROW 3", "row 2"}, 0},
		{"TEXT COLLATE NOCASE", []any{"row 3", "ROW 6"}, 3},
	} {
		db := openSQLite(t, "sqlite", "CREATE TABLE t (id INTEGER, name "+tc.declared+")", insertNumbers("t", 0, 100))
		s := newSource(t, db, sqlite.Dialect{}, floesql.Query{Table: "t", Key: []string{"name"}, Split: tc.values}, floesql.Options{})
		parts, rows := 0, 0
		for p, err := range s.Partitions(t.Context()) {
			if err != nil {
				if tc.want > 0 || !strings.Contains(err.Error(), "do not ascend") {
					t.Errorf("%s %q: %v", tc.declared, tc.values, err)
				}
				break
			}
			res, err := readPartition(t.Context(), p, "", 0)
			if err != nil {
				t.Fatal(err)
			}
			rows += len(res.rows)
			parts++
		}
		if parts != tc.want || parts > 0 && rows != 100 {
			t.Errorf("%s %q: %d partitions with %d rows, want %d with 100", tc.declared, tc.values, parts, rows, tc.want)
		}
	}
}

// Types of MySQL that are ordered otherwise than they compare are refused as keys: rows would be passed over, or come again
// and again.
func TestMariaDBKeyOrder(t *testing.T) {
	db := open(t, "mysql", servers.MariaDB(t).Database(t))
	for typ, values := range map[string]string{
		"ENUM('z','m','a','k')": "('z'), ('m'), ('a'), ('k')",
		"SET('z','m','a','k')":  "('z'), ('z,m'), ('a'), ('k')",
		"BIT(9)":                "(1), (2), (300), (511)",
	} {
		exec(t, db, "DROP TABLE IF EXISTS t", "CREATE TABLE t (k "+typ+")", "INSERT INTO t VALUES "+values)
		opts := floesql.Options{PageRows: 1}
		_, err := readOne(t, newSource(t, db, mysql.Dialect{}, floesql.Query{Table: "t", Key: []string{"k"}}, opts), "")
		if err == nil || !strings.Contains(err.Error(), `"k" is of type `) {
			t.Errorf("%s: %v", typ, err)
			continue
		}
		as := "CHAR"
		if typ == "BIT(9)" {
			as = "UNSIGNED"
		}
		q := floesql.Query{Name: "cast", Text: "SELECT CAST(k AS " + as + ") AS c, k FROM t", Key: []string{"c"}}
		if res, err := readOne(t, newSource(t, db, mysql.Dialect{}, q, opts), ""); err != nil || len(res.rows) != 4 {
			t.Errorf("%s, cast: %+v, %v", typ, res, err)
		}
	}
}

// Rows of one key are told apart also where the database takes their texts for equal.
func TestTiesOfEqualTexts(t *testing.T) {
	var want, rows []string
	for i := range 128 { // aaaaaaa to AAAAAAA
		text := []byte("aaaaaaa")
		for n := range text {
			text[n] -= byte(i*37>>n&1) * 32
		}
		want = append(want, "1 "+string(text))
		rows = append(rows, "(1, '"+string(text)+"')")
	}
	slices.Sort(want)
	maria := open(t, "mysql", servers.MariaDB(t).Database(t))
	lite := openSQLite(t, "sqlite")
	exec(t, maria, "CREATE TABLE t (k INT, v VARCHAR(9))", "INSERT INTO t VALUES "+strings.Join(rows, ", "))
	exec(t, lite, "CREATE TABLE t (k INT, v TEXT COLLATE NOCASE)", "INSERT INTO t VALUES "+strings.Join(rows, ", "))
	for _, opts := range []floesql.Options{{PageRows: 1}, {PageRows: 7}, {PageRows: 50}, {}} {
		q := floesql.Query{Table: "t", Key: []string{"k"}, Ties: true}
		for name, s := range map[string]*floesql.Source{
			"MariaDB": newSource(t, maria, mysql.Dialect{}, q, opts), "SQLite": newSource(t, lite, sqlite.Dialect{}, q, opts),
		} {
			res, err := readOne(t, s, "")
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(res.rows)
			if diff := cmp.Diff(want, res.rows); diff != "" {
				t.Errorf("%s, pages of %d mismatch (-want +got)\n%s", name, opts.PageRows, diff)
			}
		}
	}
}
