package translate_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

func TestLiteral(t *testing.T) {
	conn, _ := open(t)
	at := time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.FixedZone("", -8*3600))
	for _, c := range []struct {
		v    any
		of   types.Type
		want string
	}{
		{nil, number, "NULL"},
		{"12.50", types.Type{Kind: types.Fixed, Precision: 10, Scale: 2}, "12.50"},
		{"it's \x00 ä", types.Type{Kind: types.Text, Length: 10}, "it's \x00 ä"},
		{1.5e300, types.Type{Kind: types.Real}, "1.5e+300"},
		{math.Inf(1), types.Type{Kind: types.Real}, "+Inf"},
		{[]byte{0, 255}, types.Type{Kind: types.Binary, Length: 2}, "x00FF"},
		{[]byte{}, types.Type{Kind: types.Binary, Length: 2}, "x"},
		{true, types.Type{Kind: types.Boolean}, "true"},
		{time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), types.Type{Kind: types.Date}, "0001-01-01"},
		{time.Date(1970, 1, 1, 1, 2, 3, 4, time.UTC), types.Type{Kind: types.Time, Scale: 9}, "1h2m3.000000004s"},
		{at.UTC(), types.Type{Kind: types.TimestampNTZ, Scale: 9}, "10000-01-01T07:59:59.999999999"},
		{at, types.Type{Kind: types.TimestampTZ, Scale: 9}, "9999-12-31T23:59:59.999999999-08:00"},
		{`{"a":1}`, types.Type{Kind: types.Variant}, `{"a":1}`},
	} {
		l, err := translate.Literal(c.v, c.of)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := conn.QueryRowContext(context.Background(), "SELECT "+l.SQL).Scan(&v); err != nil {
			t.Errorf("%s: %v", l.SQL, err)
			continue
		}
		if got := cell(v, c.of); got != c.want {
			t.Errorf("%v as %v is %q, want %q", c.v, c.of, got, c.want)
		}
	}
	if _, err := translate.Literal(5, number); err == nil {
		t.Error("an int became a literal")
	}
}

func TestCast(t *testing.T) {
	conn, s := open(t)
	s.parameters["DATE_OUTPUT_FORMAT"] = "DD/MM/YYYY"
	s.parameters["TIMESTAMP_OUTPUT_FORMAT"] = "YYYY TZH"
	s.parameters["DATE_INPUT_FORMAT"] = "DD/MM/YYYY"
	text := types.Type{Kind: types.Text, Length: types.DefaultText}
	day := types.Type{Kind: types.Date}
	ltz := types.Type{Kind: types.TimestampLTZ, Scale: 9}
	for _, c := range []struct {
		x        string
		from, to types.Type
		want     string
	}{
		{"DATE '2024-02-01'", day, text, "01/02/2024"},
		{"'01/02/2024'", text, day, "2024-02-01"},
		{"CAST(0 AS HUGEINT)", ltz, text, "1970 +01"},
		{"CAST(0 AS HUGEINT)", ltz, types.Type{Kind: types.TimestampTZ, Scale: 9}, "1970-01-01T01:00:00+01:00"},
		{"CAST(0 AS HUGEINT)", ltz, types.Type{Kind: types.Time, Scale: 9}, "1h0m0s"},
		{"unhex('00FF')", types.Type{Kind: types.Binary, Length: 2}, text, "00FF"},
		{"'00ff'", text, types.Type{Kind: types.Binary, Length: 1}, "100078 (22000): Binary value '00FF' is too long and would be truncated"},
		{"CAST('nan' AS DOUBLE)", types.Type{Kind: types.Real}, types.Type{Kind: types.Variant}, `"NaN"`},
	} {
		duck, err := translate.Cast(c.x, c.from, c.to, s)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		err = conn.QueryRowContext(context.Background(), "SELECT "+duck).Scan(&v)
		got := cell(v, c.to)
		if err != nil {
			got = err.Error()
			if f, ok := translate.Fault(err); ok {
				got = f.Error()
			}
		}
		if got != c.want {
			t.Errorf("%s to %v is %s, want %s", c.x, c.to, got, c.want)
		}
	}
}

// ExampleQuery shows what DuckDB is told.
func ExampleQuery() {
	parsed, err := syntax.Parse(`SELECT COUNT(*) AS n, SUM(price) FROM t WHERE "lower" = 'x'`)
	if err != nil {
		fmt.Println(err)
		return
	}
	s := &session{tables: map[string]translate.Relation{"T": {
		SQL: `SELECT price, word FROM store.t`,
		Columns: []translate.Column{
			{Name: "PRICE", Type: types.Type{Kind: types.Fixed, Precision: 10, Scale: 2}},
			{Name: "lower", Type: types.Type{Kind: types.Text, Length: 10}},
		},
	}}}
	duck, columns, err := translate.Query(parsed[0].(*syntax.QueryStmt).Query, s)
	fmt.Println(duck, err)
	for _, c := range columns {
		fmt.Println(c.Name, c.Type)
	}
	// Output:
	// SELECT CAST(COUNT(*) AS DECIMAL(18,0)) AS c1, CAST(SUM(t1.c1) AS DECIMAL(22,2)) AS c2 FROM (SELECT price, word FROM store.t) AS t1(c1, c2) WHERE (t1.c2 = 'x') <nil>
	// N NUMBER(18,0)
	// SUM(PRICE) NUMBER(22,2)
}
