package copyinto_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
)

func inferred(all []copyinto.Inferred, ignoreCase bool) string {
	var b strings.Builder
	for _, i := range all {
		fmt.Fprintf(&b, "%s %s %v %s %s %d\n", i.Name, i.TypeName(), i.Nullable, i.Expression(ignoreCase), strings.Join(i.Files, ","), i.Order)
	}
	return b.String()
}

func TestInfer(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		name       string
		source     copyinto.Source
		ignoreCase bool
		want       string
	}{
		{"Parquet", copyinto.Source{Format: format(t, "PARQUET", "USE_LOGICAL_TYPE=TRUE"), Files: []copyinto.File{
			b.parquet("a.parquet", `SELECT 1::INTEGER AS id, 1.5::DECIMAL(10,2) AS n, 'x' AS t, TIMESTAMPTZ '2024-01-02 12:00:00+00' AS at, [1] AS l, {'a': 1} AS o, true AS ok, 1.5::DOUBLE AS f, DATE '2024-01-02' AS d, 'x'::BLOB AS b`),
			b.parquet("b.parquet", `SELECT 1.25::DECIMAL(10,4) AS n, 2 AS more`),
		}}, false, `id NUMBER(38, 0) true $1:id::NUMBER(38, 0) a.parquet 0
n NUMBER(12, 4) true $1:n::NUMBER(12, 4) a.parquet,b.parquet 1
t TEXT true $1:t::TEXT a.parquet 2
at TIMESTAMP_NTZ true $1:at::TIMESTAMP_NTZ a.parquet 3
l VARIANT true $1:l::VARIANT a.parquet 4
o VARIANT true $1:o::VARIANT a.parquet 5
ok BOOLEAN true $1:ok::BOOLEAN a.parquet 6
f REAL true $1:f::REAL a.parquet 7
d DATE true $1:d::DATE a.parquet 8
b TEXT true $1:b::TEXT a.parquet 9
more NUMBER(38, 0) true $1:more::NUMBER(38, 0) b.parquet 1
`},
		{
			"CSV",
			copyinto.Source{Format: format(t, "CSV"), Files: []copyinto.File{b.file("a.csv", "1,1.5,true,2024-01-02,2024-01-02 12:00:00,x,1E2,12:00:00\n-12,22.25,FALSE,2024-01-03T01:02:03,,2,3,\n")}},
			false,
			`c1 NUMBER(2, 0) true $1:c1::NUMBER(2, 0) a.csv 0
c2 NUMBER(4, 2) true $1:c2::NUMBER(4, 2) a.csv 1
c3 BOOLEAN true $1:c3::BOOLEAN a.csv 2
c4 TIMESTAMP_NTZ true $1:c4::TIMESTAMP_NTZ a.csv 3
c5 TIMESTAMP_NTZ true $1:c5::TIMESTAMP_NTZ a.csv 4
c6 TEXT true $1:c6::TEXT a.csv 5
c7 REAL true $1:c7::REAL a.csv 6
c8 TIME true $1:c8::TIME a.csv 7
`,
		},
		{
			"CSV with a header",
			copyinto.Source{Format: format(t, "CSV", "PARSE_HEADER=TRUE"), Files: []copyinto.File{b.file("h1.csv", "Id,name\n1,\n"), b.file("h2.csv", "ID\n1234567890123456789012345678901234567890\n")}},
			true,
			`ID REAL true GET_IGNORE_CASE ($1, ID)::REAL h1.csv,h2.csv 0
NAME TEXT true GET_IGNORE_CASE ($1, NAME)::TEXT h1.csv 1
`,
		},
		{
			"JSON",
			copyinto.Source{Format: format(t, "JSON"), Files: []copyinto.File{b.file("a.json", `{"col_bool":true,"col_date":"2024-01-02","col_ts":"2024-01-02T12:00:00Z","n":1,"o":{},"a":[],"v":1,"z":null}{"n":2.5,"v":{},"s":"12"}`)}},
			false,
			`a ARRAY true $1:a::ARRAY a.json 0
col_bool BOOLEAN true $1:col_bool::BOOLEAN a.json 1
col_date DATE true $1:col_date::DATE a.json 2
col_ts TIMESTAMP_NTZ true $1:col_ts::TIMESTAMP_NTZ a.json 3
n NUMBER(2, 1) true $1:n::NUMBER(2, 1) a.json 4
o OBJECT true $1:o::OBJECT a.json 5
v VARIANT true $1:v::VARIANT a.json 6
z TEXT true $1:z::TEXT a.json 7
s TEXT true $1:s::TEXT a.json 8
`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := copyinto.Infer(t.Context(), b.look, c.source, c.ignoreCase)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "columns", inferred(got, c.ignoreCase), c.want)
		})
	}
	_, err := copyinto.Infer(t.Context(), b.look, copyinto.Source{Format: format(t, "PARQUET"), Files: []copyinto.File{b.file("bad.parquet", "")}}, false)
	if err == nil || !strings.Contains(err.Error(), "File 'bad.parquet'") {
		t.Error(err)
	}
}

func TestEvolve(t *testing.T) {
	b := newBench(t)
	req := b.table(format(t, "PARQUET"), "COL1 TEXT", "COL2 TEXT NOT NULL", "COL3 TEXT NOT NULL")
	req.Files = []copyinto.File{
		b.parquet("file2.parquet", "SELECT 'd' AS col1, 'e' AS COL3, 'f' AS col4, 1 AS n"), b.parquet("file3.parquet", "SELECT 'd' AS col2, 2.5::DOUBLE AS n, 3 AS m"),
	}
	evolve := func(settings ...string) string {
		t.Helper()
		req.Options = options(t, settings...)
		got, err := copyinto.Evolve(t.Context(), b.look, req)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprint(got)
	}
	equal(t, "no match", evolve(), "{[] []}")
	equal(t, "match", evolve("MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE"), "{[{COL4 VARCHAR(16777216) file2.parquet} {N FLOAT file2.parquet} {M NUMBER(38,0) file3.parquet}] [{COL2 file2.parquet} {COL3 file3.parquet}]}")
	equal(t, "case", evolve("MATCH_BY_COLUMN_NAME=CASE_SENSITIVE"), "{[{col1 VARCHAR(16777216) file2.parquet} {col4 VARCHAR(16777216) file2.parquet} {n FLOAT file2.parquet} {col2 VARCHAR(16777216) file3.parquet} {m NUMBER(38,0) file3.parquet}] [{COL2 file2.parquet} {COL3 file3.parquet}]}")
	req.Files = []copyinto.File{b.file("bad.parquet", ""), req.Files[1]}
	equal(t, "broken, skipped", evolve("MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE", "ON_ERROR=SKIP_FILE"), "{[{N FLOAT file3.parquet} {M NUMBER(38,0) file3.parquet}] [{COL3 file3.parquet}]}")
	if got := evolve("MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE"); !strings.Contains(got, "File 'bad.parquet'") {
		t.Error(got)
	}
	var wide []string
	for i := range 101 {
		wide = append(wide, fmt.Sprintf("%d AS w%d", i, i))
	}
	req.Files = []copyinto.File{b.parquet("wide.parquet", "SELECT "+strings.Join(wide, ", "))}
	if got := evolve("MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE"); !strings.Contains(got, "adds 101 columns to table T") {
		t.Error(got)
	}
}
