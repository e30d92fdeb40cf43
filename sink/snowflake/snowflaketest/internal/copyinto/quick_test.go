package copyinto

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/marcboeker/go-duckdb"

	scalars "github.com/floedata/floe/sink/snowflake/snowflaketest/internal/scalar"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

var quickTypes = []types.Type{
	{Kind: types.Fixed, Precision: 38},
	{Kind: types.Fixed, Precision: 3},
	{Kind: types.Fixed, Precision: 12, Scale: 2},
	{Kind: types.Fixed, Precision: 38, Scale: 20},
	{Kind: types.Real},
	{Kind: types.Text, Length: 10},
	{Kind: types.Text, Length: types.DefaultText},
	{Kind: types.Binary, Length: 4},
	{Kind: types.Boolean},
	{Kind: types.Date},
	{Kind: types.Time, Scale: 9},
	{Kind: types.Time, Scale: 3},
	{Kind: types.TimestampNTZ, Scale: 9},
	{Kind: types.TimestampNTZ, Scale: 0},
	{Kind: types.TimestampLTZ, Scale: 9},
	{Kind: types.TimestampLTZ, Scale: 6},
	{Kind: types.TimestampTZ, Scale: 9},
	{Kind: types.TimestampTZ, Scale: 3},
	{Kind: types.Variant},
	{Kind: types.Object},
	{Kind: types.Array},
}

// quickTexts are values as rows have them. What is quick for a type must be what DuckDB makes of it.
var quickTexts = []string{
	`null`, `true`, `false`, `0`, `1`, `-1`, `-0`, `12`, `1000`, `123456789012345678`, `1234567890123456789`, `99999999999999999999999999999999999999`,
	`1.5`, `-1.25`, `0.001`, `1.005`, `12.30`, `9999999999.99`, `-0.0`, `1e3`, `1E-3`, `1.5e300`, `1e400`, `3.141592653589793`, `0.1`,
	`""`, `"a"`, `"0"`, `"12"`, `"-12.5"`, `" 12 "`, `"+5"`, `".5"`, `"5."`, `"1_000"`, `"-"`, `"true"`, `"NaN"`, `"inf"`, `"-inf"`, `"Infinity"`, `"1e5"`,
	`"0123456789"`, `"0123456789a"`, `"ähnlich"`, `"\u00e4\n\t\"x\""`, `"\ud83d\ude00"`, `"日本語日本語日本語日"`,
	`"AQID"`, `"AQIDBA=="`, `"AQIDBAU="`, `"AQIDB"`, `"AQ=="`, `"AR=="`, `"00ff"`,
	`"2024-02-29"`, `"2023-02-29"`, `"0001-01-01"`, `"0000-01-01"`, `"9999-12-31"`, `"2024-2-9"`, `"24-02-29"`,
	`"12:34:56"`, `"12:34"`, `"00:00:00"`, `"23:59:59.999999999"`, `"24:00:00"`, `"12:34:56.5"`, `"12:34:56.1234567891"`, `"12:34:60"`,
	`"2024-02-29T12:34:56"`, `"2024-02-29 12:34:56"`, `"2024-02-29T12:34:56.7"`, `"2024-02-29T12:34:56.123456789"`, `"2024-02-29T12:34:56Z"`,
	`"2024-02-29T12:34:56.123456789+07:00"`, `"2024-02-29T12:34:56.5-03:30"`, `"2024-02-29T12:34:56+00:00"`, `"2024-02-29T12:34:56 +0100"`,
	`"1969-12-31T23:59:59.999999999"`, `"1969-12-31T23:59:59.999999999Z"`, `"0001-01-01T00:00:00"`, `"9999-12-31T23:59:59.999999999Z"`, `"1677-01-01T00:00:00Z"`,
	`"2024-02-29T25:00:00"`, `"2024-02-30T00:00:00"`, `"2024-02-29T12:34:56+24:00"`, `"2024-02-29T12:34:56+14:00"`, `"2024-02-29T12:34"`, `1709210096`,
	`[]`, `[1,"a",null]`, `{}`, `{"a":1,"b":[true]}`, `"{\"a\":1}"`,
}

// newQuickBench returns a connection that the conversions run on.
func newQuickBench(tb testing.TB) *sql.Conn {
	tb.Helper()
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		tb.Fatal(err)
	}
	db := sql.OpenDB(connector)
	tb.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	if err := scalars.Register(tb.Context(), conn); err != nil {
		tb.Fatal(err)
	}
	return conn
}

// disagree appends what is quick of the texts to a table, has DuckDB convert the texts too, and returns those where the two
// differ or DuckDB finds a fault, with how many were quick.
func disagree(tb testing.TB, conn *sql.Conn, typ types.Type, texts []string) (wrong []string, n int) {
	tb.Helper()
	format := defaultJSON()
	format.BinaryFormat = Base64
	c := newConverter(Source{Format: format})
	if _, err := conn.ExecContext(tb.Context(), "CREATE OR REPLACE TEMP TABLE quick (t VARCHAR, q "+typ.DuckDB()+")"); err != nil {
		tb.Fatal(err)
	}
	i := 0
	err := fill(tb.Context(), conn, "quick", func() ([]driver.Value, error) {
		for ; i < len(texts); i++ {
			if v, ok := quick(typ, []byte(texts[i]), Base64); ok {
				n++
				i++
				return []driver.Value{texts[i-1], v}, nil
			}
		}
		return nil, nil
	})
	if err != nil {
		tb.Fatalf("%v: %v", typ, err)
	}
	s := "nullif(t, 'null')"
	if typ.Kind == types.Variant {
		s = "t"
	}
	made := c.convert(types.Type{Kind: types.Variant}, typ)
	var rules []string
	for _, r := range made.rules {
		rules = append(rules, fmt.Sprintf("(s0 IS NOT NULL AND (%s) IS TRUE)", named(r.when, 0)))
	}
	rows, err := conn.QueryContext(tb.Context(), fmt.Sprintf("SELECT t, CAST(q AS VARCHAR), CAST(v0 AS VARCHAR) FROM (SELECT *, CAST(%s AS %s) AS v0 FROM (SELECT *, %s AS s0 FROM quick)) WHERE v0 IS DISTINCT FROM q OR %s",
		named(made.value, 0), typ.DuckDB(), s, strings.Join(append(rules, "FALSE"), " OR ")))
	if err != nil {
		tb.Fatalf("%v: %v", typ, err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var q, v *string
		if err := rows.Scan(&text, &q, &v); err != nil {
			tb.Fatal(err)
		}
		shown := func(s *string) string {
			if s == nil {
				return "NULL"
			}
			return *s
		}
		wrong = append(wrong, fmt.Sprintf("%v of %s: %s, DuckDB says %s", typ, text, shown(q), shown(v)))
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return wrong, n
}

// TestQuickAgrees holds that what is converted quickly is what is converted slowly, and that each type has something that is.
func TestQuickAgrees(t *testing.T) {
	conn := newQuickBench(t)
	for _, typ := range quickTypes {
		wrong, n := disagree(t, conn, typ, quickTexts)
		for _, w := range wrong {
			t.Error(w)
		}
		if n == 0 {
			t.Errorf("%v: no value is quick", typ)
		}
	}
}

// FuzzQuick is [TestQuickAgrees] for whatever JSON there is.
func FuzzQuick(f *testing.F) {
	for i := 0; i < len(quickTexts); i += 12 {
		f.Add(quickTexts[i])
	}
	conn := newQuickBench(f)
	format := defaultJSON()
	f.Fuzz(func(t *testing.T, text string) {
		p := &jsonParser{text: []byte(text), format: format}
		if !json.Valid([]byte(text)) || p.value(nil) != nil || strings.ContainsRune(text, 0) {
			t.Skip()
		}
		for _, typ := range quickTypes {
			if typ.Kind == types.Object || typ.Kind == types.Array {
				continue // what a null is to them the loader sees to
			}
			if wrong, _ := disagree(t, conn, typ, []string{string(p.out)}); wrong != nil {
				t.Error(wrong)
			}
		}
	})
}

// FuzzLoadRows holds that no row makes a load fail: it is inserted, or has an error.
func FuzzLoadRows(f *testing.F) {
	for _, text := range []string{
		`{"N":1,"S":"a"}`, `{"N":"1e5","F":"NaN","O":"{}","V":null}` + "\n" + `{"n":{},"more":[]}`, `{"S":"\u0000","B":"AQ==","D":"x","T":1e300}`, "[]\n{", `{"N":1,"n":2}`,
		`{"S":"\ud800"}`, `{"O":"[1]","A":{},"B":12}`, "{\"S\":\"\xff\"}",
	} {
		f.Add([]byte(text))
	}
	conn := newQuickBench(f)
	format := defaultJSON()
	format.BinaryFormat = Base64
	req := Request{Table: "T", Dest: "t", Source: Source{Format: format}, Options: Options{Match: MatchInsensitive}}
	var made []string
	for i, c := range []struct {
		name string
		typ  types.Type
	}{
		{"N", types.Type{Kind: types.Fixed, Precision: 10, Scale: 2}},
		{"F", types.Type{Kind: types.Real}},
		{"S", types.Type{Kind: types.Text, Length: 5}},
		{"B", types.Type{Kind: types.Binary, Length: 4}},
		{"L", types.Type{Kind: types.Boolean}},
		{"D", types.Type{Kind: types.Date}},
		{"T", types.Type{Kind: types.Time, Scale: 3}},
		{"TS", types.Type{Kind: types.TimestampNTZ, Scale: 6}},
		{"TZ", types.Type{Kind: types.TimestampTZ, Scale: 3}},
		{"V", types.Type{Kind: types.Variant}},
		{"O", types.Type{Kind: types.Object}},
		{"A", types.Type{Kind: types.Array}},
	} {
		column := Column{Name: c.name, Dest: fmt.Sprintf("c%d", i), Type: c.typ, Nullable: c.name != "N"}
		if c.name == "S" {
			column.Default = "'none'"
		}
		req.Columns = append(req.Columns, column)
		made = append(made, column.Dest+" "+c.typ.DuckDB())
	}
	if _, err := conn.ExecContext(f.Context(), "CREATE TEMP TABLE t ("+strings.Join(made, ", ")+")"); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := conn.ExecContext(t.Context(), "DELETE FROM t"); err != nil {
			t.Fatal(err)
		}
		req := req
		req.Files = []File{{Name: "C", Text: text}}
		results, err := LoadRows(t.Context(), conn, conn, req)
		if err != nil {
			t.Fatal(err)
		}
		var rows int64
		if err := conn.QueryRowContext(t.Context(), "SELECT count(*) FROM t").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if r := results[0]; rows != r.Loaded || r.Loaded+r.ErrorsSeen != r.Parsed {
			t.Errorf("%d rows in the table: %+v", rows, r)
		}
	})
}
