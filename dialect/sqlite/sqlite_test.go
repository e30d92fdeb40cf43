package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"
	_ "github.com/mattn/go-sqlite3"
	_ "modernc.org/sqlite"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/dialect/sqlite"
)

var update = flag.Bool("update", false, "write the golden files")

var d sqlite.Dialect

// open opens a new database file by modernc, with statements run.
func open(t testing.TB, statements ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	exec(t, db, statements...)
	return db
}

func exec(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// TestStatements holds the DDL and DML against the golden file, and runs all of it.
func TestStatements(t *testing.T) {
	columns := []dialect.Column{
		{Name: "id", Type: "INTEGER", NotNull: true},
		{Name: `a"b`, Type: "TEXT"},
		{Name: "select", Type: "DECIMAL TEXT(38,10)", Default: "'0'"},
		{Name: "naïve", Type: ""},
	}
	table := dialect.Qualified(d, "main", `or"der`)
	list := []string{
		d.CreateTable(table, columns, []string{"id", `a"b`}),
		d.AddColumn(table, dialect.Column{Name: "new", Type: "TIMESTAMP(9)"}),
		"INSERT INTO " + table + " (" + dialect.Names(d, []string{"id", `a"b`}) + ") VALUES (1, 'x')" + d.Upsert(dialect.Upsert{
			Columns: []string{"id", `a"b`, "naïve"}, Key: []string{"id", `a"b`},
			Rest: []dialect.Column{{Name: "select", Default: "'0'"}, {Name: "new"}, {Name: "computed", Generated: true}},
		}),
		"INSERT INTO " + table + " VALUES (1, 'x', 0, 0, 0)" + d.Upsert(dialect.Upsert{Columns: []string{"id", `a"b`}, Key: []string{"id", `a"b`}}),
	}
	list = append(d.Begin(), append(list, "COMMIT")...)
	golden(t, "statements.sql", strings.Join(list, ";\n")+";\n")
	db := open(t)
	exec(t, db, list...)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// TestTypes holds the table of types against the golden file.
func TestTypes(t *testing.T) {
	var b strings.Builder
	for _, dt := range []arrow.DataType{
		arrow.Null, arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint64,
		arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
		&arrow.Decimal128Type{Precision: 15, Scale: 2}, &arrow.Decimal128Type{Precision: 16, Scale: 2}, &arrow.Decimal128Type{Precision: 18},
		&arrow.Decimal128Type{Precision: 19}, &arrow.Decimal256Type{Precision: 76, Scale: 10}, &arrow.Decimal128Type{Precision: 5, Scale: -1},
		arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, &arrow.FixedSizeBinaryType{ByteWidth: 4},
		arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Time64ns,
		&arrow.TimestampType{Unit: arrow.Second}, &arrow.TimestampType{Unit: arrow.Nanosecond}, arrow.FixedWidthTypes.Timestamp_us, arrow.FixedWidthTypes.Timestamp_ns,
		arrow.FixedWidthTypes.Duration_s, arrow.FixedWidthTypes.MonthInterval,
		arrow.ListOf(arrow.PrimitiveTypes.Int64), arrow.StructOf(arrow.Field{Name: "a", Type: arrow.BinaryTypes.String}), arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64),
		arrow.ListOf(arrow.FixedWidthTypes.Duration_s),
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String},
	} {
		typ, err := d.Type(arrow.Field{Name: "c", Type: dt}, false)
		if err != nil {
			typ = "error: " + err.Error()
		} else if _, err := d.Bind(arrow.Field{Name: "c", Type: dt}, dialect.Column{Type: typ}); err != nil {
			t.Errorf("%s does not go into the column that is made for it: %v", dt, err)
		}
		fmt.Fprintf(&b, "%-60s %s\n", dt, typ)
	}
	uuid := arrow.Field{Name: "c", Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}, Metadata: arrow.MetadataFrom(map[string]string{"ARROW:extension:name": "arrow.uuid"})}
	typ, err := d.Type(uuid, false)
	fmt.Fprintf(&b, "%-60s %s %v\n", "arrow.uuid", typ, err)
	golden(t, "types.txt", b.String())
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"": false, "a\x00b": false, "\xff": false, "sqlite_x": false, "SQLite_x": false, "sqlit": true, `a"b`: true, "naïve": true, " ": true, "rowid": true,
	} {
		if err := d.CheckName(name); (err == nil) != ok {
			t.Errorf("CheckName(%q) = %v", name, err)
		}
	}
	if d.Fold("ABCzÄ") != "abczÄ" {
		t.Errorf("Fold folds more than ASCII: %q", d.Fold("ABCzÄ"))
	}
}

func TestInspect(t *testing.T) {
	rowID := "NULL /* the next rowid */"
	for _, tc := range []struct {
		name string
		made []string
		want *dialect.Table
	}{
		{"missing", nil, nil},
		{
			"rowid",
			[]string{`CREATE TABLE "T" (id INTEGER PRIMARY KEY, b VARCHAR(10) DEFAULT 'x''y' NOT NULL, c INT AS (id + 1), d AS (1) STORED, e)`},
			&dialect.Table{Columns: []dialect.Column{
				{Name: "id", Type: "INTEGER", Default: rowID},
				{Name: "b", Type: "VARCHAR(10)", NotNull: true, Default: "'x''y'"},
				{Name: "c", Type: "INT", Generated: true},
				{Name: "d", Generated: true},
				{Name: "e"},
			}, Unique: []dialect.Unique{{Columns: []string{"id"}, Primary: true}}},
		},
		{
			"keys",
			[]string{
				`CREATE TABLE "T" (a INT, b TEXT UNIQUE, c, PRIMARY KEY (c, a))`, `CREATE UNIQUE INDEX some ON T (a) WHERE b IS NOT NULL`,
				`CREATE UNIQUE INDEX expression ON T (lower(b), a)`, `CREATE UNIQUE INDEX two ON T (b, c)`, `CREATE INDEX plain ON T (c)`,
			},
			&dialect.Table{Columns: []dialect.Column{{Name: "a", Type: "INT"}, {Name: "b", Type: "TEXT"}, {Name: "c"}}, Unique: []dialect.Unique{
				{Columns: []string{"b", "c"}},
				{},
				{},
				{Columns: []string{"c", "a"}, Primary: true},
				{Columns: []string{"b"}},
			}},
		},
		{
			"without rowid, strict",
			[]string{`CREATE TABLE "T" (a INTEGER PRIMARY KEY, b ANY) WITHOUT ROWID, STRICT`},
			&dialect.Table{Columns: []dialect.Column{{Name: "a", Type: "INTEGER", NotNull: true}, {Name: "b", Type: "ANY"}}, Unique: []dialect.Unique{{Columns: []string{"a"}, Primary: true}}},
		},
		{
			"any, not strict",
			[]string{`CREATE TABLE "T" (strict ANY)`},
			&dialect.Table{Columns: []dialect.Column{{Name: "strict", Type: "NUMERIC"}}},
		},
		{"view", []string{`CREATE VIEW "T" AS SELECT 1 AS a`}, &dialect.Table{Columns: []dialect.Column{{Name: "a"}}, Unfit: "is a view"}},
		{
			"virtual",
			[]string{`CREATE VIRTUAL TABLE "T" USING fts5(a)`},
			&dialect.Table{Unfit: "is a virtual table, whose module need not know transactions"},
		},
		{
			"conflict in a text",
			[]string{`CREATE TABLE "T" (a TEXT DEFAULT 'on conflict ignore' /* on conflict ignore */)`},
			&dialect.Table{Columns: []dialect.Column{{Name: "a", Type: "TEXT", Default: "'on conflict ignore'"}}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := d.Inspect(t.Context(), open(t, tc.made...), "main", "t")
			if err != nil {
				t.Fatal(err)
			}
			if tc.name == "virtual" {
				got.Columns = nil
			}
			if tc.want != nil {
				tc.want.Schema, tc.want.Name = "main", "T"
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Inspect (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSwap replaces a table that has everything by one made like it.
func TestSwap(t *testing.T) {
	db := open(t, `ATTACH ':memory:' AS other`)
	for _, schema := range []string{"main", "other"} {
		t.Run(schema, func(t *testing.T) {
			exec(t, db,
				`CREATE TABLE `+schema+`.log (what TEXT)`,
				`CREATE TABLE IF NOT EXISTS `+schema+`."t ""x"" " -- a comment
					(id INTEGER PRIMARY KEY AUTOINCREMENT, "a b" TEXT DEFAULT 'd' CHECK ("a b" <> 'bad'), up INTEGER REFERENCES "t ""x"" ")`,
				`CREATE UNIQUE INDEX IF NOT EXISTS `+schema+`.[one only] ON "t ""x"" " ("a b" COLLATE NOCASE) WHERE id > 0`,
				`CREATE INDEX `+schema+`.plain ON "t ""x"" " (up)`,
				`CREATE TRIGGER `+schema+`.noted AFTER INSERT ON "t ""x"" " BEGIN INSERT INTO log VALUES (new.id); END`,
				`CREATE VIEW `+schema+`.v AS SELECT id FROM "t ""x"" "`,
				`INSERT INTO `+schema+`."t ""x"" " VALUES (1, 'old', NULL)`)
			table := `t "x" `
			catalog := func() []string {
				rows, err := db.QueryContext(t.Context(), `SELECT type || ' ' || name || ' ' || tbl_name FROM `+schema+`.sqlite_schema WHERE sql IS NOT NULL ORDER BY 1`)
				if err != nil {
					t.Fatal(err)
				}
				defer rows.Close()
				var list []string
				for rows.Next() {
					var s string
					if err := rows.Scan(&s); err != nil {
						t.Fatal(err)
					}
					list = append(list, s)
				}
				return list
			}
			before := catalog()
			old := inspect(t, db, schema, table)
			made, err := d.CreateLike(t.Context(), db, schema, "shadow", old)
			if err != nil {
				t.Fatal(err)
			}
			exec(t, db, "BEGIN IMMEDIATE")
			exec(t, db, made...)
			exec(t, db, "COMMIT", `INSERT INTO `+schema+`.shadow VALUES (7, 'new', 7)`)
			for _, bad := range []string{`(8, 'bad', NULL)`, `(8, 'NEW', NULL)`} {
				if _, err := db.ExecContext(t.Context(), `INSERT INTO `+schema+`.shadow VALUES `+bad); d.Classify(err) != dialect.RowFault {
					t.Errorf("%s went into a table like one that refuses it: %v", bad, err)
				}
			}
			swap, err := d.Swap(t.Context(), db, schema, "shadow", table, old)
			if err != nil {
				t.Fatal(err)
			}
			exec(t, db, "BEGIN IMMEDIATE")
			exec(t, db, swap...)
			exec(t, db, "COMMIT", `INSERT INTO `+schema+`."t ""x"" " (up) VALUES (7)`)
			if diff := cmp.Diff(before, catalog()); diff != "" {
				t.Errorf("catalog (-before +after):\n%s", diff)
			}
			if diff := cmp.Diff(old, inspect(t, db, schema, table)); diff != "" {
				t.Errorf("table (-before +after):\n%s", diff)
			}
			var ids string
			if err := db.QueryRowContext(t.Context(), `SELECT group_concat(id) || '|' || (SELECT group_concat(what) FROM `+schema+`.log) FROM `+schema+`.v`).Scan(&ids); err != nil || ids != "7,8|1,8" {
				t.Errorf("ids|log = %s, %v; want 7,8|1,8", ids, err)
			}
		})
	}
}

func inspect(t *testing.T, db *sql.DB, schema, table string) *dialect.Table {
	t.Helper()
	found, err := d.Inspect(t.Context(), db, schema, table)
	if err != nil || found == nil {
		t.Fatalf("Inspect(%q) = %v, %v", table, found, err)
	}
	return found
}

// TestReferenced: to drop a table that others refer to would delete their rows.
func TestReferenced(t *testing.T) {
	db := open(t, `CREATE TABLE t (id INTEGER PRIMARY KEY)`, `CREATE TABLE child (id REFERENCES T ON DELETE CASCADE)`)
	old := inspect(t, db, "main", "t")
	if _, err := d.CreateLike(t.Context(), db, "main", "shadow", old); err != nil {
		t.Errorf("CreateLike where foreign keys do not count: %v", err)
	}
	exec(t, db, `PRAGMA foreign_keys = ON`)
	_, like := d.CreateLike(t.Context(), db, "main", "shadow", old)
	_, swap := d.Swap(t.Context(), db, "main", "shadow", "t", old)
	for _, err := range []error{like, swap} {
		if err == nil || !strings.Contains(err.Error(), `"child"`) {
			t.Errorf("a table that others refer to: %v, want an error that names them", err)
		}
	}
}

// TestErrors provokes errors on both drivers.
func TestErrors(t *testing.T) {
	for _, driver := range []string{"sqlite", "sqlite3"} {
		t.Run(driver, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "test.db")
			db, err := sql.Open(driver, path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			db.SetMaxOpenConns(2)
			exec(t, db, `CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT NOT NULL, c CHECK (c > 0), j CHECK (json(j) <> ''))`, `CREATE TABLE s (a INTEGER) STRICT`,
				`INSERT INTO t VALUES (1, 'a', 1, NULL)`)
			for _, tc := range []struct {
				query   string
				class   dialect.Class
				message string
			}{
				{`INSERT INTO t VALUES (1, 'a', 1, NULL)`, dialect.RowFault, "UNIQUE constraint failed: t.id"},
				{`INSERT INTO t VALUES (2, NULL, 1, NULL)`, dialect.RowFault, "NOT NULL constraint failed: t.n"},
				{`INSERT INTO t VALUES (2, 'a (1)', 0, NULL)`, dialect.RowFault, "CHECK constraint failed: c > 0"},
				{`INSERT INTO t VALUES ('x', 'a', 1, NULL)`, dialect.RowFault, "datatype mismatch"},
				{`INSERT INTO t VALUES (2, 'a', 1, '{')`, dialect.RowFault, "malformed JSON"},
				{`INSERT INTO s VALUES ('x')`, dialect.RowFault, "cannot store TEXT value in INTEGER column s.a"},
				{`SELECT * FROM missing`, dialect.Missing, "no such table: missing"},
				{`SELECT missing FROM t`, dialect.Missing, "no such column: missing"},
				{`SELEC`, dialect.Unknown, `near "SELEC": syntax error`},
			} {
				_, err := db.ExecContext(t.Context(), tc.query)
				err = fmt.Errorf("wrapped: %w", errors.Join(errors.New("other"), err))
				if got := d.Classify(err); got != tc.class {
					t.Errorf("%s: %v is %s, want %s", tc.query, err, got, tc.class)
				}
				if got := d.Message(err); got != tc.message {
					t.Errorf("%s: the message is %q, want %q", tc.query, got, tc.message)
				}
				if d.IsBusy(err) {
					t.Errorf("%v is busy", err)
				}
			}
			busy(t, db)
		})
	}
	if d.Classify(errors.New("x")) != dialect.Unknown || d.Message(errors.New("x")) != "x" {
		t.Error("an error that is not SQLite's is known")
	}
}

// busy lets two connections want to write.
func busy(t *testing.T, db *sql.DB) {
	t.Helper()
	var conns []*sql.Conn
	for range 2 {
		c, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.ExecContext(context.Background(), "PRAGMA busy_timeout = 1"); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	if _, err := conns[0].ExecContext(t.Context(), d.Begin()[0]); err != nil {
		t.Fatal(err)
	}
	_, err := conns[1].ExecContext(t.Context(), d.Begin()[0])
	if d.Classify(err) != dialect.Conflict || !d.IsBusy(err) {
		t.Errorf("busy: %v is %s, busy %t", err, d.Classify(err), d.IsBusy(err))
	}
	if _, err := conns[0].ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
}

// FuzzQuote makes a table of any name with a column of any name.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"a", `a"b`, "select", "naïve", "a;--", "a.b", " ", "'", "[x]", "`", "/*", "\n", "%"} {
		f.Add(s, s)
	}
	db := open(f)
	f.Fuzz(func(t *testing.T, table, column string) {
		if d.CheckName(table) != nil || d.CheckName(column) != nil {
			return
		}
		exec(t, db, d.CreateTable(dialect.Qualified(d, "main", table), []dialect.Column{{Name: column, Type: "INTEGER"}}, []string{column}))
		defer exec(t, db, "DROP TABLE "+d.Quote(table))
		found, err := d.Inspect(t.Context(), db, "main", table)
		if err != nil || found == nil || found.Name != table || len(found.Columns) != 1 || found.Columns[0].Name != column || found.Unfit != "" {
			t.Fatalf("Inspect(%q) = %+v, %v", table, found, err)
		}
		made, err := d.CreateLike(t.Context(), db, "main", "_like", found)
		if err != nil {
			t.Fatal(err)
		}
		exec(t, db, append(made, "DROP TABLE _like")...)
	})
}
