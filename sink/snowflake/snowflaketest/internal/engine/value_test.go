package engine

import (
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// Values of all types come back as they went: through a table, and as literals of RESULT_SCAN.
func TestValuesOfAllTypes(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE TABLE v (n NUMBER(38,0), d NUMBER(20,4), f FLOAT, s VARCHAR, b BINARY, o BOOLEAN, a DATE, t TIME(9), ntz TIMESTAMP_NTZ(9),
		ltz TIMESTAMP_LTZ(9), tz TIMESTAMP_TZ(9), j VARIANT, r ARRAY, k OBJECT)`)
	run(t, s, `INSERT INTO v SELECT 99999999999999999999999999999999999999, -1234567890123456.7891, 1.5e300, 'it''s \\ "x" ü 🙂', X'00ff', TRUE,
		'0001-01-01', '23:59:59.999999999', '9999-12-31 23:59:59.999999999', '2026-06-01 12:00:00.000000001 +02:00',
		'2026-06-01 12:00:00.5 +05:30', PARSE_JSON('{"a":[1,null,"x"]}'), ARRAY_CONSTRUCT(1, 'b'), OBJECT_CONSTRUCT('k', 1.5)`)
	run(t, s, `INSERT INTO v SELECT -1, 0, 'NaN'::FLOAT, '', X'', FALSE, '9999-12-31', '00:00:00', '0001-01-01 00:00:00', '1969-12-31 23:59:59.999999999 Z',
		'1900-01-01 00:00:00 -12:00', PARSE_JSON('null'), ARRAY_CONSTRUCT(), OBJECT_CONSTRUCT()`)
	run(t, s, `INSERT INTO v (n) VALUES (0)`)
	want := run(t, s, `SELECT * FROM v ORDER BY n`)
	got := run(t, s, `SELECT * FROM TABLE(RESULT_SCAN(LAST_QUERY_ID())) ORDER BY n`)
	if names(got) != names(want) || text(got) != text(want) {
		t.Errorf("RESULT_SCAN answers\n%s\nof\n%s", text(got), text(want))
	}
	for i := range want.Columns {
		if got.Columns[i].Type != want.Columns[i].Type {
			t.Errorf("column %s has type %v, want %v", want.Columns[i].Name, got.Columns[i].Type, want.Columns[i].Type)
		}
		for r := range want.Rows {
			if a, b := got.Rows[r][i], want.Rows[r][i]; reflect.TypeOf(a) != reflect.TypeOf(b) {
				t.Errorf("column %s is %T, want %T", want.Columns[i].Name, a, b)
			}
		}
	}
	is(t, s, `SELECT n, d, s, b, t, tz FROM v WHERE n > 0`,
		`99999999999999999999999999999999999999|-1234567890123456.7891|it's \ "x" ü 🙂|00FF|23:59:59.999999999|2026-06-01 12:00:00.500 +0530`)
}

func TestBinds(t *testing.T) {
	_, s := start(t, Options{})
	bind := func(kind, text string) Bind { return Bind{Type: kind, Value: &text} }
	is(t, s, `SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?`,
		"-12.50|0.25|x'y|true|2026-01-02|01:02:03.000000004|2026-01-02 03:04:05.600|2026-01-02 03:04:05.600 +0000|2026-01-02 04:04:05.600 +0100|01AB|NULL",
		bind("FIXED", "-12.50"), bind("REAL", "0.25"), bind("TEXT", "x'y"), bind("BOOLEAN", "true"), bind("DATE", "1767312000000"),
		bind("TIME", "3723000000004"), bind("TIMESTAMP_NTZ", "1767323045600000000"), bind("TIMESTAMP_LTZ", "1767323045600000000"),
		bind("TIMESTAMP_TZ", "1767323045600000000 1500"), bind("BINARY", "01ab"), Bind{Type: "TEXT"})
	is(t, s, `EXECUTE IMMEDIATE 'SELECT ?, ?' USING (1 + 1, 'b')`, "2|b")
	is(t, s, `DECLARE d DATE DEFAULT '2026-01-02'; z TIMESTAMP_TZ DEFAULT '2026-01-02 03:04:05 +01:00'; BEGIN
		LET r RESULTSET := (EXECUTE IMMEDIATE 'SELECT ?, ?' USING (d, z)); RETURN TABLE(r); END`, "2026-01-02|2026-01-02 03:04:05.000 +0100")
	for _, b := range []Bind{bind("FIXED", "1e5"), bind("FIXED", "x"), bind("DATE", "x"), bind("BINARY", "0"), bind("BOOLEAN", "2"), bind("TIMESTAMP_TZ", "1")} {
		if _, err := s.Execute(t.Context(), Request{SQL: `SELECT ?`, Binds: []Bind{b}}); err == nil || err.(*Error).Code != 100038 {
			t.Errorf("%s %q: %v", b.Type, *b.Value, err)
		}
	}
	if _, err := s.Execute(t.Context(), Request{SQL: `SELECT ?, ?`, Binds: []Bind{bind("FIXED", "1")}}); err == nil || err.(*Error).Code != 2049 {
		t.Errorf("one bind for two placeholders: %v", err)
	}
	if _, err := s.Execute(t.Context(), Request{SQL: `SELECT ?`, Binds: []Bind{bind("MAP", "1")}}); err == nil || err.(*Error).Code != 2 {
		t.Errorf("a bind of an unknown type: %v", err)
	}
}

// Names are printed so that they can be read again.
func FuzzQuoted(f *testing.F) {
	for _, n := range []string{"T", "t", "A$1", "1A", `a"b`, "ü", "a b", "_", "$", "\x00"} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || !utf8.ValidString(name) {
			return // no text of SQL
		}
		parsed, err := syntax.ParseName(quote(name) + "." + quote(name))
		if err != nil || len(parsed.Parts) != 2 || parsed.Parts[0] != name || parsed.Last() != name {
			t.Errorf("%q comes back as %q, %v", name, parsed.Parts, err)
		}
		parsed, err = syntax.ParseName(quoted(name))
		if err == nil && parsed.Last() != name {
			t.Errorf("%q is printed as %s, and read as %q", name, quoted(name), parsed.Last())
		}
	})
}
