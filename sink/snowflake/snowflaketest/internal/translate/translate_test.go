package translate_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/scalar"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// session resolves names for tests.
type session struct {
	tables     map[string]translate.Relation
	parameters map[string]string
}

func (s *session) Table(ref *syntax.TableRef) (translate.Relation, error) {
	parts := ref.Name.Parts
	if ref.Name.Dynamic != nil {
		parts = []string{"T"}
	}
	rel, ok := s.tables[parts[len(parts)-1]]
	if !ok {
		return rel, &translate.Error{Code: 2003, SQLState: "42S02", Message: "no " + strings.Join(parts, ".")}
	}
	return rel, nil
}

func (s *session) Stage(ref *syntax.StageRef) (translate.Relation, error) {
	return translate.Relation{
		SQL: "SELECT 'a', '1', 'file'",
		Columns: []translate.Column{
			{Name: "$1", Type: types.Type{Kind: types.Text, Length: 10}},
			{Name: "$2", Type: types.Type{Kind: types.Text, Length: 10}},
			{Name: "METADATA$FILENAME", Type: types.Type{Kind: types.Text, Length: 10}, Hidden: true},
		},
		Open: true,
	}, nil
}

func (s *session) TableFunc(f *syntax.TableFunc) (translate.Relation, error) {
	return translate.Relation{}, translate.UnknownFunction(strings.Join(f.Name.Parts, "."))
}

var number = types.Type{Kind: types.Fixed, Precision: 38}

func (s *session) Variable(name string) (translate.Value, error) {
	if name == "N" {
		return translate.Literal("5", number)
	}
	return translate.Value{}, translate.InvalidIdentifier(syntax.Pos{}, name)
}

func (s *session) Field(row, name string) (translate.Value, error) {
	return translate.Literal(row+"."+name, types.Type{Kind: types.Text, Length: 100})
}

func (s *session) SessionVariable(name string) (translate.Value, error) {
	return translate.Literal("$"+name, types.Type{Kind: types.Text, Length: 100})
}

func (s *session) Bind(index int) (translate.Value, error) {
	return translate.Literal(fmt.Sprint(index), number)
}

func (s *session) Context(f *syntax.Func) (translate.Value, bool, error) {
	if f.Name == "CURRENT_ROLE" {
		v, err := translate.Literal("LOADER", types.Type{Kind: types.Text, Length: 6})
		return v, true, err
	}
	return translate.Value{}, false, nil
}

func (s *session) Parameter(name string) string { return s.parameters[name] }

func (s *session) Now() time.Time { return time.Date(2024, 2, 29, 23, 30, 0, 123_456_789, time.UTC) }

func open(t testing.TB) (*sql.Conn, *session) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(conn.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	if err := scalar.Register(context.Background(), conn); err != nil {
		t.Fatal(err)
	}
	s := &session{tables: map[string]translate.Relation{}, parameters: map[string]string{"TIMEZONE": "Europe/Berlin"}}
	for _, def := range []struct{ name, query string }{
		{"T", `SELECT column1::NUMBER(38,0) AS id, column2::VARCHAR(20) AS name, column3::NUMBER(10,2) AS price, column4::FLOAT AS f, column5::BOOLEAN AS ok, column6::DATE AS d, column7::TIMESTAMP_NTZ AS ts, column8::VARIANT AS v, column9 AS "lower"
			FROM VALUES (1, 'one', 1.50, 0.5, TRUE, '2024-01-31', '2024-01-31 10:00:00.123456789', '{"a":{"b":[1,"x"]},"n":null}', 'l1'),
				(2, 'two', 2.25, 1e20, FALSE, '9999-12-31', '0001-01-01 00:00:00', '[1,2]', 'l2'), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`},
		{"U", `SELECT column1::NUMBER(38,0) AS id, column2::VARCHAR(20) AS "NAME", column3::VARCHAR(5) AS "Name" FROM VALUES (1, 'uno', 'x'), (4, 'quattro', 'y')`},
	} {
		rel := relation(t, s, def.query)
		if def.name == "T" {
			// What stands in JSON's text becomes a VARIANT of its structure.
			rel.SQL = fmt.Sprintf("SELECT * REPLACE (floe_json(floe_variant_text(c8), false) AS c8) FROM (%s)", rel.SQL)
		}
		s.tables[def.name] = rel
	}
	return conn, s
}

func relation(t testing.TB, s *session, query string) translate.Relation {
	t.Helper()
	parsed, err := syntax.Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	duck, columns, err := translate.Query(parsed[0].(*syntax.QueryStmt).Query, s)
	if err != nil {
		t.Fatal(err)
	}
	return translate.Relation{SQL: duck, Columns: columns}
}

// answer runs a query and returns its columns and rows as text, or the error that Snowflake would give.
func answer(conn *sql.Conn, s *session, query string) (columns, rows string) {
	parsed, err := syntax.Parse(query)
	if err != nil {
		return "", err.Error()
	}
	duck, described, err := translate.Query(parsed[0].(*syntax.QueryStmt).Query, s)
	if err != nil {
		return "", err.Error()
	}
	var names []string
	for i, c := range described {
		if c.Type.Kind == 0 {
			c.Type = types.Type{Kind: types.Text, Length: types.DefaultText}
			described[i] = c
		}
		names = append(names, c.Name+" "+c.Type.String())
	}
	result, err := conn.QueryContext(context.Background(), duck)
	if err == nil {
		var text string
		if text, err = read(result, described); err == nil {
			return strings.Join(names, ", "), text
		}
	}
	if fault, ok := translate.Fault(err); ok {
		return "", fault.Error()
	}
	return "", err.Error() + "\n" + duck
}

func read(result *sql.Rows, columns []translate.Column) (string, error) {
	defer func() { _ = result.Close() }()
	var lines []string
	kinds, err := result.ColumnTypes()
	if err != nil {
		return "", err
	}
	for result.Next() {
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := result.Scan(into...); err != nil {
			return "", err
		}
		texts := make([]string, len(cells))
		for i, v := range cells {
			if want := columns[i].Type.DuckDB(); kinds[i].DatabaseTypeName() != want && kinds[i].DatabaseTypeName() != strings.Split(want, "(")[0] {
				return "", fmt.Errorf("column %d is %s, want %s", i+1, kinds[i].DatabaseTypeName(), want)
			}
			texts[i] = cell(v, columns[i].Type)
		}
		lines = append(lines, strings.Join(texts, "|"))
	}
	return strings.Join(lines, "\n"), result.Err()
}

func cell(v any, of types.Type) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case duckdb.Decimal:
		if int(v.Scale) != of.Scale || int(v.Width) != of.Precision {
			return fmt.Sprintf("DECIMAL(%d,%d) for %v", v.Width, v.Scale, of)
		}
		s := new(big.Int).Abs(v.Value).String()
		if of.Scale > 0 {
			s = strings.Repeat("0", max(0, of.Scale+1-len(s))) + s
			s = s[:len(s)-of.Scale] + "." + s[len(s)-of.Scale:]
		}
		if v.Value.Sign() < 0 {
			s = "-" + s
		}
		return s
	case *big.Int:
		if of.Kind == types.TimestampTZ {
			return types.AtZoned(v).Format("2006-01-02T15:04:05.999999999-07:00")
		}
		return types.AtNanos(v).Format("2006-01-02T15:04:05.999999999")
	case time.Time:
		return v.Format("2006-01-02")
	case int64:
		return time.Duration(v).String()
	case []byte:
		return fmt.Sprintf("x%X", v)
	}
	return fmt.Sprint(v)
}

func TestQuery(t *testing.T) {
	conn, s := open(t)
	for _, c := range queries {
		columns, rows := answer(conn, s, c.sql)
		if c.columns != "" && columns != c.columns {
			t.Errorf("%s\ncolumns %s\nwant    %s", c.sql, columns, c.columns)
		}
		if rows != c.rows {
			t.Errorf("%s\ngot  %s\nwant %s", c.sql, rows, c.rows)
		}
	}
}

func TestExpr(t *testing.T) {
	conn, s := open(t)
	for _, c := range []struct{ expr, want string }{
		{`n + 1`, "NUMBER(38,0) 6"},
		{`(n > 4 AND NOT FALSE)`, "BOOLEAN true"},
		{`r.a || :n`, "VARCHAR(140) R.A5"},
		{`$x`, "VARCHAR(100) $X"},
		{`(SELECT MAX(id) FROM t)`, "NUMBER(38,0) 3"},
		{`(SELECT name FROM t WHERE id = :n - 4)`, "VARCHAR(20) one"},
		{`? + :2`, "NUMBER(38,0) 3"},
		{`missing`, "000904 (42000): SQL compilation error:\ninvalid identifier 'MISSING'"},
	} {
		x, err := syntax.ParseExpr(c.expr)
		if err != nil {
			t.Fatal(err)
		}
		duck, of, err := translate.Expr(x, s)
		got := fmt.Sprint(err)
		if err == nil {
			var v any
			if err := conn.QueryRowContext(context.Background(), "SELECT "+duck).Scan(&v); err != nil {
				t.Fatalf("%s: %v", duck, err)
			}
			got = of.String() + " " + cell(v, of)
		}
		if got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.expr, got, c.want)
		}
	}
}

func TestAssign(t *testing.T) {
	conn, s := open(t)
	varchar2 := types.Type{Kind: types.Text, Length: 2}
	text := types.Type{Kind: types.Text, Length: 100}
	for _, c := range []struct {
		x        string
		from, to types.Type
		want     string
	}{
		{`'abc'`, text, varchar2, "100078 (22000): String 'abc' is too long and would be truncated"},
		{`'äb'`, text, varchar2, "äb"},
		{`'abc'`, text, number, "100038 (22018): Numeric value 'abc' is not recognized"},
		{`' 12 '`, text, number, "12"},
		{`CAST(1234.5 AS DECIMAL(10,1))`, types.Type{Kind: types.Fixed, Precision: 10, Scale: 1}, types.Type{Kind: types.Fixed, Precision: 4}, "1235"},
		{`CAST(1234.5 AS DECIMAL(10,1))`, types.Type{Kind: types.Fixed, Precision: 10, Scale: 1}, types.Type{Kind: types.Fixed, Precision: 3}, "100046 (22003): Number out of representable range: type FIXED[SB2](3,0){nullable}, value 1235"},
		{`TRUE`, types.Type{Kind: types.Boolean}, types.Type{Kind: types.Date}, "002023 (22000): SQL compilation error:\nExpression type does not match column data type, expecting DATE but got BOOLEAN for column C"},
		{`'2024-01-01 10:00:00 +0200'`, text, types.Type{Kind: types.TimestampLTZ, Scale: 9}, "2024-01-01T08:00:00"},
		{`'2024-01-01 10:00:00.123456'`, text, types.Type{Kind: types.TimestampNTZ, Scale: 3}, "2024-01-01T10:00:00.123"},
		{`NULL`, types.Type{}, number, "NULL"},
		{`'x'`, text, types.Type{Kind: types.Variant}, `"x"`},
	} {
		duck, err := translate.Assign(c.x, c.from, c.to, "C", s)
		var v any
		if err == nil {
			err = conn.QueryRowContext(context.Background(), "SELECT "+duck).Scan(&v)
		}
		got := cell(v, c.to)
		if err != nil {
			got = err.Error()
			if f, ok := translate.Fault(err); ok {
				got = f.Error()
			}
		}
		if got != c.want {
			t.Errorf("%s to %v\ngot  %s\nwant %s", c.x, c.to, got, c.want)
		}
	}
}

func TestItems(t *testing.T) {
	conn, s := open(t)
	parsed, err := syntax.Parse(`SELECT t.$2::INT + 1, METADATA$FILENAME, $1 FROM @s/p t`)
	if err != nil {
		t.Fatal(err)
	}
	items, from, err := translate.Items(parsed[0].(*syntax.QueryStmt).Query.Body.(*syntax.Select), s)
	if err != nil {
		t.Fatal(err)
	}
	var n, file, first string
	query := fmt.Sprintf("SELECT %s::VARCHAR, %s, %s FROM %s", items[0].SQL, items[1].SQL, items[2].SQL, from)
	if err := conn.QueryRowContext(context.Background(), query).Scan(&n, &file, &first); err != nil {
		t.Fatal(err)
	}
	if n != "2" || file != "file" || first != "a" {
		t.Errorf("got %s, %s, %s", n, file, first)
	}
}

// FuzzQuery: whatever parses is translated or refused, and what comes out is SQL for DuckDB's parser.
func FuzzQuery(f *testing.F) {
	for _, q := range queries {
		f.Add(q.sql)
	}
	conn, s := open(f)
	f.Fuzz(func(t *testing.T, query string) {
		parsed, err := syntax.Parse(query)
		if err != nil || len(parsed) != 1 {
			return
		}
		q, ok := parsed[0].(*syntax.QueryStmt)
		if !ok {
			return
		}
		duck, columns, err := translate.Query(q.Query, s)
		if err != nil {
			return
		}
		if len(columns) == 0 {
			t.Fatalf("%s\nhas no columns", query)
		}
		rows, err := conn.QueryContext(context.Background(), "EXPLAIN "+duck)
		if err != nil {
			if strings.Contains(err.Error(), "Parser Error") {
				t.Fatalf("%s\nbecame\n%s\n%v", query, duck, err)
			}
			return
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
