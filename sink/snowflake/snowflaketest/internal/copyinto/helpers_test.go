package copyinto_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/scalar"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// bench is a DuckDB with a table T and a directory of files.
type bench struct {
	t          testing.TB
	conn, look *sql.Conn
	dir        string
}

func newBench(t testing.TB) *bench {
	t.Helper()
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	b := &bench{t: t, dir: t.TempDir()}
	for _, c := range []**sql.Conn{&b.conn, &b.look} {
		if *c, err = db.Conn(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = (*c).Close() })
	}
	if err := scalar.Register(t.Context(), b.conn); err != nil {
		t.Fatal(err)
	}
	return b
}

// file writes a file of text.
func (b *bench) file(name, text string) copyinto.File {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return copyinto.File{Name: "st/" + name, Relative: name, Path: path, Size: int64(len(text)), ETag: "etag of " + name}
}

// parquet writes a file of what DuckDB selects.
func (b *bench) parquet(name, query string) copyinto.File {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	b.exec("COPY (" + query + ") TO '" + path + "' (FORMAT PARQUET)")
	return copyinto.File{Name: "st/" + name, Relative: name, Path: path}
}

func (b *bench) exec(query string) {
	b.t.Helper()
	if _, err := b.conn.ExecContext(b.t.Context(), query); err != nil {
		b.t.Fatalf("%s: %v", query, err)
	}
}

// table makes T with the columns, which are written NAME TYPE, with NOT NULL after it, and returns a request of files in a
// format.
func (b *bench) table(format copyinto.Format, columns ...string) copyinto.Request {
	b.t.Helper()
	req := copyinto.Request{Table: "T", Dest: `"T"`, Source: copyinto.Source{Format: format}}
	var made []string
	for _, text := range columns {
		name, typ, _ := strings.Cut(text, " ")
		typ, notNull := strings.CutSuffix(typ, " NOT NULL")
		c := copyinto.Column{Name: name, Type: typeOf(typ), Nullable: !notNull}
		req.Columns = append(req.Columns, c)
		made = append(made, fmt.Sprintf("%q %s", name, c.Type.DuckDB()))
	}
	b.exec(`CREATE OR REPLACE TABLE "T" (` + strings.Join(made, ", ") + ")")
	return req
}

// typeOf reads a type as the tests write it.
func typeOf(text string) types.Type {
	name, rest, _ := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	var a, b int
	n, _ := fmt.Sscanf(rest, "%d,%d", &a, &b)
	scale := types.DefaultScale
	if n > 0 {
		scale = a
	}
	switch name {
	case "INT":
		return types.Type{Kind: types.Fixed, Precision: 38}
	case "NUMBER":
		return types.Type{Kind: types.Fixed, Precision: a, Scale: b}
	case "FLOAT":
		return types.Type{Kind: types.Real}
	case "TEXT":
		return types.Type{Kind: types.Text, Length: max(int64(a), int64((1-n)*types.DefaultText))}
	case "BINARY":
		return types.Type{Kind: types.Binary, Length: max(int64(a), int64((1-n)*types.DefaultBinary))}
	case "BOOLEAN":
		return types.Type{Kind: types.Boolean}
	case "DATE":
		return types.Type{Kind: types.Date}
	case "TIME":
		return types.Type{Kind: types.Time, Scale: scale}
	case "NTZ":
		return types.Type{Kind: types.TimestampNTZ, Scale: scale}
	case "LTZ":
		return types.Type{Kind: types.TimestampLTZ, Scale: scale}
	case "TZ":
		return types.Type{Kind: types.TimestampTZ, Scale: scale}
	case "VARIANT":
		return types.Type{Kind: types.Variant}
	case "OBJECT":
		return types.Type{Kind: types.Object}
	case "ARRAY":
		return types.Type{Kind: types.Array}
	}
	panic("no type " + text)
}

// format makes a format of settings like "SKIP_HEADER=1".
func format(t *testing.T, typ string, settings ...string) copyinto.Format {
	t.Helper()
	f, err := copyinto.NewFormat(nil, settingsOf(append([]string{"TYPE=" + typ}, settings...)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// settingsOf reads NAME=text, NAME='text' and NAME=('a','b').
func settingsOf(texts []string) []copyinto.Setting {
	var all []copyinto.Setting
	for _, text := range texts {
		name, value, _ := strings.Cut(text, "=")
		s := copyinto.Setting{Name: name, Text: value}
		if inner, ok := strings.CutPrefix(value, "("); ok {
			s.IsList, s.Text = true, ""
			for _, item := range strings.Split(strings.TrimSuffix(inner, ")"), ",") {
				if item != "" {
					s.List = append(s.List, strings.Trim(item, "'"))
				}
			}
		} else if inner, ok := strings.CutPrefix(value, "'"); ok {
			s.Quoted, s.Text = true, strings.TrimSuffix(inner, "'")
		}
		all = append(all, s)
	}
	return all
}

func options(t *testing.T, settings ...string) copyinto.Options {
	t.Helper()
	o, err := copyinto.NewOptions(copyinto.Options{}, settingsOf(settings))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// load loads in a transaction, which it commits or rolls back, and checks that nothing is left behind.
func (b *bench) load(req copyinto.Request) ([]copyinto.FileResult, error) {
	b.t.Helper()
	b.exec("BEGIN")
	results, err := copyinto.Load(b.t.Context(), b.conn, b.look, req)
	if err != nil {
		b.exec("ROLLBACK")
	} else {
		b.exec("COMMIT")
	}
	b.tidy()
	return results, err
}

func (b *bench) tidy() {
	b.t.Helper()
	var left int
	if err := b.conn.QueryRowContext(b.t.Context(), "SELECT count(*) FROM duckdb_tables() WHERE temporary").Scan(&left); err != nil || left > 0 {
		b.t.Fatalf("%d temporary tables are left (%v)", left, err)
	}
}

// loaded loads and fails the test on an error.
func (b *bench) loaded(req copyinto.Request) []copyinto.FileResult {
	b.t.Helper()
	results, err := b.load(req)
	if err != nil {
		b.t.Fatal(err)
	}
	return results
}

// refused is the error of a request that Snowflake refuses.
func (b *bench) refused(req copyinto.Request) *copyinto.Error {
	b.t.Helper()
	_, err := b.load(req)
	var refused *copyinto.Error
	if !errors.As(err, &refused) {
		b.t.Fatalf("got %v, want an error of Snowflake", err)
	}
	return refused
}

// rows are the table's rows, a line each, their values as text with a bar between and NULL as -.
func (b *bench) rows() string {
	b.t.Helper()
	return selected(b.t, b.conn, `SELECT * FROM "T"`)
}

func selected(t testing.TB, conn *sql.Conn, query string) string {
	t.Helper()
	rows, err := conn.QueryContext(context.WithoutCancel(t.Context()), "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ("+query+")")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for rows.Next() {
		values := make([]*string, len(names))
		into := make([]any, len(names))
		for i := range into {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if i > 0 {
				b.WriteByte('|')
			}
			if v == nil {
				b.WriteByte('-')
			} else {
				b.WriteString(*v)
			}
		}
		b.WriteByte('\n')
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s\n got %s\nwant %s", what, strings.ReplaceAll(got, "\n", "\n     "), strings.ReplaceAll(want, "\n", "\n     "))
	}
}

// line is a result as a row of COPY's answer.
func line(r copyinto.FileResult) string {
	text := fmt.Sprintf("%s %s %d %d %d %d", r.File, r.Status, r.Parsed, r.Loaded, r.ErrorLimit, r.ErrorsSeen)
	if len(r.Errors) > 0 {
		e := r.Errors[0]
		text += fmt.Sprintf(" %s %d %d %s", e.Message, e.Line, e.Character, e.Column)
	}
	return text
}
