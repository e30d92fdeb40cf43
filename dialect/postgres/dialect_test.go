package postgres_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/dialect/postgres"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestStatements holds what is sent against a file, to be read as text.
func TestStatements(t *testing.T) {
	d := postgres.Dialect{}
	schema := []arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "select", Type: arrow.BinaryTypes.String},
		{Name: `a"b`, Type: arrow.PrimitiveTypes.Uint64},
		{Name: "naïve 🙂", Type: arrow.FixedWidthTypes.Timestamp_us},
		{Name: "price", Type: &arrow.Decimal128Type{Precision: 10, Scale: 2}},
		{Name: "tags", Type: arrow.ListOf(arrow.BinaryTypes.String)},
		{Name: "doc", Type: arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int8})},
	}
	var columns []dialect.Column
	for i, f := range schema {
		typ, err := d.Type(f, i == 0)
		if err != nil {
			t.Fatal(err)
		}
		columns = append(columns, dialect.Column{Name: f.Name, Type: typ, NotNull: i == 0})
	}
	table := dialect.Qualified(d, "my schema", `t "t"`)
	key, text := d.OffsetTypes()
	list := append(d.Begin(), d.Lock("floe public")...)
	list = append(list, d.Unlock("floe public")...)
	list = append(list,
		d.CreateTable(table, columns, []string{"id"}),
		d.CreateTable(dialect.Qualified(d, "", "o"), []dialect.Column{{Name: "k", Type: key, NotNull: true}, {Name: "v", Type: text, Default: "''"}}, nil),
		d.AddColumn(table, columns[2]),
		d.AlterColumn(table, columns[2], "numeric(30,5)"),
		d.Comment(table, `it's a \ "comment" [floe:1]`),
		d.Comment(table, ""),
		"INSERT INTO t (id, name) VALUES ("+d.Placeholder(1)+", "+d.Placeholder(2)+")"+
			d.Upsert(dialect.Upsert{Columns: []string{"id", "name"}, Key: []string{"id"}, Rest: []dialect.Column{
				{Name: "at", Default: "now()"}, {Name: "made", Generated: true}, {Name: "note"},
			}}),
		"INSERT INTO t (id) VALUES ($1)"+d.Upsert(dialect.Upsert{Columns: []string{"id"}, Key: []string{"id"}}),
	)
	got := strings.Join(list, ";\n") + ";\n"
	path := filepath.Join("testdata", "statements.sql")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", path, diff)
	}
}

func TestCheckName(t *testing.T) {
	d := postgres.Dialect{}
	for name, want := range map[string]string{
		"a":                     "",
		"":                      "is empty",
		"a\x00b":                "holds NUL",
		strings.Repeat("a", 63): "",
		strings.Repeat("a", 64): "is 64 bytes long: PostgreSQL keeps 63 of a name",
		strings.Repeat("日", 22): "is 66 bytes long: PostgreSQL keeps 63 of a name",
		"a\xff":                 "is not valid UTF-8",
		"ctid":                  "is the name of a column that every table of PostgreSQL has by itself",
		"CTID":                  "",
		`"; DROP TABLE t; --`:   "",
	} {
		got := ""
		if err := d.CheckName(name); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("CheckName(%q): %q, want %q", name, got, want)
		}
	}
}

// FuzzQuote: a name that is let pass is the name of the table and the column that are made, whatever it is.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"t", `a"b`, "select", "a b", "naïve", "🙂", `""`, `"; DROP TABLE t; --`, `\`, "'", "$1", "--", "/*", "\n", "%", "ctid"} {
		f.Add(s)
	}
	db := open(f)
	db.SetMaxOpenConns(1) // a transaction goes over several statements
	d := postgres.Dialect{}
	f.Fuzz(func(t *testing.T, name string) {
		if d.CheckName(name) != nil {
			return
		}
		if !utf8.ValidString(name) {
			t.Fatalf("%q is let pass", name)
		}
		exec(t, db, "BEGIN")
		defer exec(t, db, "ROLLBACK")
		exec(t, db, d.CreateTable(dialect.Qualified(d, "public", name), []dialect.Column{{Name: name, Type: "text"}}, nil),
			d.Comment(dialect.Qualified(d, "public", name), name))
		table, err := d.Inspect(t.Context(), db, "public", name)
		if err != nil || table == nil {
			t.Fatalf("Inspect(%q) = %v, %v", name, table, err)
		}
		if table.Comment != name || len(table.Columns) != 1 || table.Columns[0].Name != name {
			t.Errorf("%q is %+v", name, table)
		}
	})
}

func TestInspect(t *testing.T) {
	db := open(t,
		"CREATE DOMAIN small AS integer NOT NULL CHECK (value < 100)", `CREATE DOMAIN "sm */ aller" AS small DEFAULT 5`,
		"CREATE SCHEMA o", "CREATE TYPE o.mood AS ENUM ('good')", "CREATE EXTENSION citext SCHEMA o",
		`CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, s serial, gone int, v varchar(3) DEFAULT 'x', n numeric(10,2) NOT NULL, nn numeric,
			c char, m o.mood, ms o.mood[], d "sm */ aller", ci o.citext, at timestamp(3), z timestamptz, g int GENERATED ALWAYS AS (1) STORED, a int[][],
			PRIMARY KEY (n, id), UNIQUE (v) INCLUDE (c), UNIQUE (nn) DEFERRABLE)`,
		"ALTER TABLE t DROP COLUMN gone", "CREATE UNIQUE INDEX ON t (lower(v))", "CREATE UNIQUE INDEX ON t (s) WHERE s > 0", "CREATE INDEX ON t (c)",
		"COMMENT ON TABLE t IS 'it''s'",
		"CREATE VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW m AS SELECT 1", "CREATE UNLOGGED TABLE u (id int)", "CREATE SEQUENCE q",
		"CREATE TABLE p (id int) PARTITION BY RANGE (id)", "CREATE FOREIGN DATA WRAPPER w", "CREATE SERVER s FOREIGN DATA WRAPPER w",
		"CREATE FOREIGN TABLE f (id int) SERVER s",
	)
	d, ctx := postgres.Dialect{}, t.Context()
	got, err := d.Inspect(ctx, db, "public", "t")
	if err != nil {
		t.Fatal(err)
	}
	want := &dialect.Table{
		Schema: "public", Name: "t", Comment: "it's",
		Columns: []dialect.Column{
			{Name: "id", Type: "bigint", NotNull: true, Default: "nextval('public.t_id_seq')"},
			{Name: "s", Type: "integer", NotNull: true, Default: "nextval('t_s_seq'::regclass)"},
			{Name: "v", Type: "character varying(3)", Default: "'x'::character varying"},
			{Name: "n", Type: "numeric(10,2)", NotNull: true},
			{Name: "nn", Type: "numeric"},
			{Name: "c", Type: "character(1)"},
			{Name: "m", Type: "o.mood /* enum */"},
			{Name: "ms", Type: "o.mood[]"},
			{Name: "d", Type: `integer /* domain "sm * / aller" */`, NotNull: true, Default: "5"},
			{Name: "ci", Type: "o.citext"},
			{Name: "at", Type: "timestamp(3) without time zone"},
			{Name: "z", Type: "timestamp with time zone"},
			{Name: "g", Type: "integer", Generated: true},
			{Name: "a", Type: "integer[]"},
		},
		Unique: []dialect.Unique{{Primary: true, Columns: []string{"n", "id"}}, {Columns: []string{"v"}}, {}, {}, {}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Inspect mismatch (-want +got):\n%s", diff)
	}
	for table, want := range map[string]string{
		"v": "is a view", "m": "is a materialized view", "u": "is unlogged: a crash of the server empties it, and keeps the offsets",
		"q": "is no table", "p": "", "f": "is a foreign table, whose rows another server keeps", "t": "",
	} {
		got, err := d.Inspect(ctx, db, "public", table)
		if err != nil || got.Unfit != want {
			t.Errorf("Inspect(%s): %+v, %v; want %q", table, got, err, want)
		}
	}
	if got, err := d.Inspect(ctx, db, "public", "gone"); got != nil || err != nil {
		t.Errorf("Inspect of no table: %v, %v", got, err)
	}
	if text, found, err := d.CommentOf(ctx, db, "public", "t"); text != "it's" || !found || err != nil {
		t.Errorf("CommentOf: %q, %v, %v", text, found, err)
	}
	if _, found, err := d.CommentOf(ctx, db, "public", "gone"); found || err != nil {
		t.Errorf("CommentOf of no table: %v, %v", found, err)
	}
	if got, err := d.Schema(ctx, db); got != "public" || err != nil {
		t.Errorf("Schema: %q, %v", got, err)
	}
	db.SetMaxOpenConns(1)
	exec(t, db, "SET search_path = nowhere")
	if got, err := d.Schema(ctx, db); err == nil {
		t.Errorf("without a schema Schema is %q", got)
	}
}
