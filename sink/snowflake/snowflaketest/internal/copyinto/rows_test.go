package copyinto_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// TestLoadRows holds what becomes of rows: which values the table has, and which rows have errors.
func TestLoadRows(t *testing.T) {
	for _, c := range []struct {
		name    string
		columns []string
		rows    string
		want    string   // of the table, by N
		errors  []string // "row: message"
	}{
		{
			"values of the usual forms",
			[]string{"N INT NOT NULL", "S TEXT(5)", "B BINARY", "V VARIANT"},
			`{"N":1,"S":"a","B":"AQI=","V":{"b":1, "a":[ 1 ]}}` + "\n" + `{"N":2,"S":"\u00e4","V":"text"}` + "\r\n\n  \n" + `{"N":3}`,
			"1 a 0102 {\"a\":[1],\"b\":1}|2 ä NULL \"text\"|3 NULL NULL NULL", nil,
		},
		{
			"other forms",
			[]string{"N INT NOT NULL", "F FLOAT", "B BOOLEAN", "D DATE"},
			`{"N":"1","F":"NaN","B":"yes","D":"2024-02-29"}` + "\n" + `{"N":2.4,"F":"-Infinity","B":0}` + "\n" + `{"N":"3e0","F":"12","B":"1"}`,
			"1 nan true 2024-02-29|2 -inf false NULL|3 12 true NULL", nil,
		},
		{
			"names",
			[]string{"N INT", "m INT", "M INT"},
			`{"n":1,"m":2,"M":3,"more":4}` + "\n" + `{"N":5,"m":6}`,
			"1 2 3|5 6 NULL", nil,
		},
		{
			"null",
			[]string{"N INT", "V VARIANT", "O OBJECT", "A ARRAY"},
			`{"N":1,"V":null,"O":null,"A":null}` + "\n" + `{"N":"2.0","V":null,"O":null,"A":null}` + "\n" + `{"N":null}`,
			"1 null NULL NULL|2 null NULL NULL|NULL NULL NULL NULL", nil,
		},
		{
			"objects",
			[]string{"N INT", "O OBJECT", "A ARRAY"},
			`{"N":1,"O":"{\"b\":1,\"a\":2}","A":"x"}` + "\n" + `{"N":2,"O":{"a":1},"A":[1]}` + "\n" + `{"N":3,"O":"no"}`,
			`1 {"a":2,"b":1} ["x"]|2 {"a":1} [1]`,
			[]string{`3: Failed to cast variant value "no" to OBJECT`},
		},
		{
			"errors",
			[]string{"N INT NOT NULL", "S TEXT(3)"},
			`{"N":1,"S":"abc"}` + "\n" + `{"S":"no N"}` + "\n" + `{"N":3,"S":"long"}` + "\n" + `{"N":null}` + "\n" + `{"N":"five","S":"five"}` + "\n" + `{"N":6}`,
			"1 abc|6 NULL",
			[]string{
				"2: NULL result in a non-nullable column", "2: String 'no N' is too long and would be truncated",
				"3: String 'long' is too long and would be truncated", "4: NULL result in a non-nullable column",
				`5: Failed to cast variant value "five" to FIXED`, "5: String 'five' is too long and would be truncated",
			},
		},
		{
			"lines that are no objects",
			[]string{"N INT"},
			`{"N":1}` + "\n" + `[2]` + "\n" + `{"N":3,}` + "\n" + `{"N":4} x` + "\n" + `{"N":5,"n":5}` + "\n" + `{"N":6`,
			"1",
			[]string{
				"2: Error parsing JSON: a row is an object", "3: Error parsing JSON: incomplete object value",
				"4: Error parsing JSON: invalid character outside of a string: 'x'", "5: Error parsing JSON: more than one key for column N",
				"6: Error parsing JSON: incomplete object value",
			},
		},
		{
			"halves of surrogate pairs",
			[]string{"N INT", "S TEXT", "V VARIANT"},
			`{"N":1,"S":"\ud83d\ude00"}` + "\n" + `{"N":2,"S":"\ud83d"}` + "\n" + `{"N":3,"V":["\ude00\ud83d"]}` + "\n" + `{"N":4,"S":"\ufffd \\ud800"}`,
			`1 😀 NULL|4 � \ud800 NULL`,
			[]string{"2: Error parsing JSON: invalid escape in a string", "3: Error parsing JSON: invalid escape in a string"},
		},
		{"none", []string{"N INT"}, "\n", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			req := copyinto.Request{Table: "T", Dest: `"T"`, Source: copyinto.Source{Format: format(t, "JSON", "BINARY_FORMAT=BASE64")}}
			req.Options.Match = copyinto.MatchInsensitive
			var made, shown []string
			for i, text := range c.columns {
				name, typ, _ := strings.Cut(text, " ")
				typ, notNull := strings.CutSuffix(typ, " NOT NULL")
				// DuckDB's own names have no case.
				column := copyinto.Column{Name: name, Dest: fmt.Sprintf("c%d", i), Type: typeOf(typ), Nullable: !notNull}
				req.Columns = append(req.Columns, column)
				made = append(made, column.Dest+" "+column.Type.DuckDB())
				show := column.Dest
				if column.Type.Kind == types.Binary {
					show = "hex(" + show + ")"
				}
				shown = append(shown, "coalesce(CAST("+show+" AS VARCHAR), 'NULL')")
			}
			b.exec(`CREATE OR REPLACE TABLE "T" (` + strings.Join(made, ", ") + ")")
			req.Files = []copyinto.File{{Name: "C", Text: []byte(c.rows)}}
			b.exec("BEGIN")
			results, err := copyinto.LoadRows(t.Context(), b.conn, b.look, req)
			if err != nil {
				t.Fatal(err)
			}
			b.exec("COMMIT")
			var got string
			if err := b.conn.QueryRowContext(t.Context(), `SELECT coalesce(string_agg(concat_ws(' ', `+strings.Join(shown, ", ")+`), '|' ORDER BY c0), '') FROM "T"`).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if got = strings.ReplaceAll(got, "12.0", "12"); got != c.want {
				t.Errorf("the table has\n%s, want\n%s", got, c.want)
			}
			var errors []string
			for _, e := range results[0].Errors {
				errors = append(errors, fmt.Sprintf("%d: %s", e.Row, e.Message))
			}
			if diff := cmp.Diff(c.errors, errors); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if r := results[0]; r.Parsed != r.Loaded+r.ErrorsSeen {
				t.Errorf("of %d rows %d are loaded, %d have errors", r.Parsed, r.Loaded, r.ErrorsSeen)
			}
		})
	}
}

// TestLoadRowsDefaults holds that a key that is missing has the column's default, and a null has not, whether rows are quick or
// not, and that results are told by file.
func TestLoadRowsDefaults(t *testing.T) {
	b := newBench(t)
	req := b.table(format(t, "JSON"), "N INT NOT NULL", "D TEXT", "I INT NOT NULL")
	req.Options.Match = copyinto.MatchInsensitive
	b.exec("CREATE SEQUENCE seq START 100")
	req.Columns[1].Default, req.Columns[2].Default = "'made'", "nextval('seq')"
	req.Extra = []copyinto.Literal{{Name: "x", SQL: "7"}}
	b.exec(`ALTER TABLE "T" ADD COLUMN x INT`)
	req.Files = []copyinto.File{
		{Name: "A", Text: []byte(`{"N":1}` + "\n" + `{"N":2,"D":null,"I":5}` + "\n" + `{"N":"3.0"}` + "\n")},
		{Name: "B"},
		{Name: "C", Text: []byte(`{"N":"4.0","D":null}` + "\n" + `{"N":"5.0","I":null}` + "\n" + `{"N":6,"D":"six"}`)},
	}
	b.exec("BEGIN")
	results, err := copyinto.LoadRows(t.Context(), b.conn, b.look, req)
	if err != nil {
		t.Fatal(err)
	}
	b.exec("COMMIT")
	var got string
	query := `SELECT string_agg(concat_ws(' ', N, coalesce(D, 'NULL'), CASE WHEN I >= 100 THEN 'seq' ELSE I::VARCHAR END, x), '|' ORDER BY N) FROM "T"`
	if err := b.conn.QueryRowContext(t.Context(), query).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if want := "1 made seq 7|2 NULL 5 7|3 made seq 7|4 NULL seq 7|6 six seq 7"; got != want {
		t.Errorf("the table has\n%s, want\n%s", got, want)
	}
	var sums []string
	for _, r := range results {
		sums = append(sums, fmt.Sprintf("%s %d %d %d", r.File, r.Parsed, r.Loaded, r.ErrorsSeen))
	}
	if want := []string{"A 3 3 0", "B 0 0 0", "C 3 2 1"}; !cmp.Equal(sums, want) {
		t.Errorf("results %v, want %v", sums, want)
	}
	if e := results[2].Errors[0]; e.Row != 2 || e.Rejected != `{"N":"5.0","I":null}` || e.Code != 100072 {
		t.Errorf("the error is %+v", e)
	}
}

// TestNews holds what rows have that the table has not.
func TestNews(t *testing.T) {
	b := newBench(t)
	req := b.table(format(t, "JSON"), "N INT NOT NULL", "M INT NOT NULL", "D INT NOT NULL", "O INT")
	req.Columns[2].Default = "1"
	req.Options.Match = copyinto.MatchInsensitive
	req.Files = []copyinto.File{{Text: []byte(`{"N":1,"M":1}` + "\n" + `{"n":1,"x":1}` + "\n" + `no` + "\n")}, {Text: []byte(`{"N":1,"M":2,"y":null}`)}}
	unknown, lacking := copyinto.News(req)
	if want := `{"n":1,"x":1}` + "\n" + `{"N":1,"M":2,"y":null}` + "\n"; string(unknown) != want || !cmp.Equal(lacking, []string{"M"}) {
		t.Errorf("unknown %q, lacking %v", unknown, lacking)
	}
}
