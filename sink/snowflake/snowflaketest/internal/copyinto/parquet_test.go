package copyinto_test

import (
	"os"
	"strings"
	"testing"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
)

// ns is a wall clock as the fake keeps it.
const (
	noon      = "1704196800000000000" // 2024-01-02 12:00:00
	noonMicro = "1704196800123456000"
)

func TestParquetMatched(t *testing.T) {
	b := newBench(t)
	const query = `SELECT 1::INTEGER AS id, 'x' AS "Name", 12.345::DECIMAL(10,3) AS dec, 1.5::DOUBLE AS dbl, true AS ok, DATE '2024-01-02' AS d,
		TIME '01:02:03.000004' AS ti, TIMESTAMP '2024-01-02 12:00:00.123456' AS ntz, TIMESTAMPTZ '2024-01-02 12:00:00.123456+00' AS ltz,
		'\xAA\x01'::BLOB AS bin, [1, NULL, 3] AS list, {'b': 1.50::DECIMAL(5,2), 'a': NULL::INTEGER} AS obj, MAP{'k': DATE '2024-01-02', 'j': NULL} AS m,
		'{"a":1}' AS js, 7 AS extra, 18446744073709551615::UBIGINT AS u`
	columns := []string{
		"ID INT", "NAME TEXT", "DEC NUMBER(10,3)", "DBL FLOAT", "OK BOOLEAN", "D DATE", "TI TIME", "NTZ NTZ", "LTZ LTZ",
		"BIN BINARY", "LIST ARRAY", "OBJ OBJECT", "M VARIANT", "JS VARIANT", "MISSING TEXT", "U INT",
	}
	req := b.table(format(t, "PARQUET", "USE_VECTORIZED_SCANNER=TRUE"), columns...)
	req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE")
	req.Files = []copyinto.File{b.parquet("f.parquet", query)}
	equal(t, "result", line(b.loaded(req)[0]), "st/f.parquet LOADED 1 1 1 0")
	equal(t, "rows", b.rows(), `1|x|12.345|1.5|true|2024-01-02|3723000004000|`+noonMicro+`|`+noonMicro+`|\xAA\x01|[1,null,3]|{"a":null,"b":1.5}|{"j":null,"k":"2024-01-02"}|"{\"a\":1}"|-|18446744073709551615`+"\n")

	req = b.table(format(t, "PARQUET"), columns...)
	req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_SENSITIVE")
	req.Files = []copyinto.File{b.parquet("f.parquet", `SELECT 1 AS "ID", 'x' AS name, 'y' AS "dec"`)}
	equal(t, "result", line(b.loaded(req)[0]), "st/f.parquet LOADED 1 1 1 0")
	equal(t, "rows", b.rows(), "1"+strings.Repeat("|-", 15)+"\n")
}

// Documented: what a forgotten USE_LOGICAL_TYPE, and BINARY_AS_TEXT as it is, make of a file.
func TestParquetTraps(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		name, query string
		columns     []string
		format      []string
		zone        string
		want, rows  string
	}{
		{"instant is taken for a wall clock", "SELECT TIMESTAMPTZ '2024-01-02 12:00:00+00' AS a", []string{"A NTZ"}, nil, "America/Los_Angeles", "LOADED 1 1 1 0", noon},
		{"and that for one of the session's zone", "SELECT TIMESTAMPTZ '2024-01-02 12:00:00+00' AS a", []string{"A LTZ"}, nil, "America/Los_Angeles", "LOADED 1 1 1 0", "1704225600000000000"},
		{"instant", "SELECT TIMESTAMPTZ '2024-01-02 12:00:00+00' AS a", []string{"A LTZ"}, []string{"USE_LOGICAL_TYPE=TRUE"}, "America/Los_Angeles", "LOADED 1 1 1 0", noon},
		{"instant, vectorized", "SELECT TIMESTAMPTZ '2024-01-02 12:00:00+00' AS a", []string{"A LTZ"}, []string{"USE_VECTORIZED_SCANNER=TRUE", "USE_LOGICAL_TYPE=FALSE"}, "America/Los_Angeles", "LOADED 1 1 1 0", noon},
		{"instant into wall clock", "SELECT TIMESTAMPTZ '2024-01-02 12:00:00+00' AS a", []string{"A NTZ"}, []string{"USE_LOGICAL_TYPE=TRUE"}, "America/Los_Angeles", "LOADED 1 1 1 0", "1704168000000000000"},
		{"wall clock into instant", "SELECT TIMESTAMP '2024-01-02 12:00:00' AS a", []string{"A LTZ"}, []string{"USE_LOGICAL_TYPE=TRUE"}, "America/Los_Angeles", "LOADED 1 1 1 0", "1704225600000000000"},
		{"wall clock of an older type is taken for an instant", "SELECT TIMESTAMP '2024-01-02 12:00:00' AS a", []string{"A NTZ"}, nil, "America/Los_Angeles", "LOADED 1 1 1 0", "1704168000000000000"},
		{"instant into instant with offset", "SELECT TIMESTAMPTZ '2024-01-02 12:00:00+00' AS a", []string{"A TZ"}, []string{"USE_LOGICAL_TYPE=TRUE"}, "America/Los_Angeles", "LOADED 1 1 1 0", "6980390092800000000960"},
		{"nanoseconds are integers", "SELECT TIMESTAMP '2024-01-02 12:00:00'::TIMESTAMP_NS AS a", []string{"A INT"}, nil, "", "LOADED 1 1 1 0", noon},
		{
			"and integers are seconds", "SELECT TIMESTAMP '2024-01-02 12:00:00'::TIMESTAMP_NS AS a",
			[]string{"A NTZ"},
			nil, "",
			`LOAD_FAILED 1 0 1 1 Failed to cast variant value 1704196800000000000 to TIMESTAMP_NTZ 1 0 "T"["A":1]`, "",
		},
		{"milliseconds that are integers become years after 50,000", "SELECT 1704196800000 AS a", []string{"A NTZ"}, nil, "", "LOADED 1 1 1 0", "1704196800000000000000"},
		{"seconds that are integers", "SELECT 1704196800 AS a", []string{"A NTZ"}, nil, "", "LOADED 1 1 1 0", noon},
		{"nor days", "SELECT 1630454400000 AS a", []string{"A DATE"}, nil, "", `LOAD_FAILED 1 0 1 1 Failed to cast variant value 1630454400000 to DATE 1 0 "T"["A":1]`, ""},
		{
			"timestamps are no dates", "SELECT TIMESTAMP '2025-01-01 00:00:00' AS a",
			[]string{"A DATE"},
			[]string{"USE_LOGICAL_TYPE=TRUE"},
			"",
			`LOAD_FAILED 1 0 1 1 Failed to cast variant value "2025-01-01 00:00:00.000" to DATE 1 0 "T"["A":1]`, "",
		},
		{"bytes are text", "SELECT encode('ä') AS b", []string{"B TEXT"}, nil, "", "LOADED 1 1 1 0", "ä"},
		{"bytes that are no text", `SELECT '\xFF\x00'::BLOB AS a`, []string{"A TEXT"}, nil, "", `LOAD_FAILED 1 0 1 1 Invalid UTF8 detected in string '0xFF00' 1 0 "T"["A":1]`, ""},
		{"nested bytes that are no text", `SELECT ['\xFF'::BLOB] AS a`, []string{"A VARIANT"}, nil, "", `LOAD_FAILED 1 0 1 1 Invalid UTF8 detected in string '0xFF' 1 0 "T"["A":1]`, ""},
		{"private characters", "SELECT chr(57346) AS a", []string{"A TEXT"}, nil, "", "LOADED 1 1 1 0", "\uE002"},
		{"bytes that are text that is digits", "SELECT encode('0A0B') AS a", []string{"A BINARY"}, nil, "", "LOADED 1 1 1 0", `\x0A\x0B`},
		{"bytes that are text that is no digits", "SELECT encode('hello') AS a", []string{"A BINARY"}, nil, "", `LOAD_FAILED 1 0 1 1 Failed to cast variant value "hello" to BINARY 1 0 "T"["A":1]`, ""},
		{"bytes", "SELECT encode('0A0B') AS a", []string{"A BINARY"}, []string{"BINARY_AS_TEXT=FALSE"}, "", "LOADED 1 1 1 0", "0A0B"},
		{"bytes, vectorized", "SELECT encode('0A0B') AS a", []string{"A BINARY"}, []string{"USE_VECTORIZED_SCANNER=TRUE"}, "", "LOADED 1 1 1 0", "0A0B"},
		{"nulls and maps", "SELECT MAP{'k': 1} AS a", []string{"A VARIANT"}, []string{"USE_LOGICAL_TYPE=TRUE"}, "", "LOADED 1 1 1 0", `{"key_value":[{"key":"k","value":1}]}`},
		{"nulls in lists", "SELECT [1, NULL] AS a", []string{"A VARIANT"}, nil, "", "LOADED 1 1 1 0", "[1]"},
		{"nulls in objects", "SELECT {'x': NULL::INTEGER, 'y': [{'z': NULL::INTEGER}]} AS a", []string{"A VARIANT"}, nil, "", "LOADED 1 1 1 0", `{"y":[{}]}`},
		{"text that is JSON stays text", `SELECT '{"a":1}' AS a`, []string{"A VARIANT"}, nil, "", "LOADED 1 1 1 0", `"{\"a\":1}"`},
		{"and is no object", `SELECT '{"a":1}' AS a`, []string{"A OBJECT"}, nil, "", `LOAD_FAILED 1 0 1 1 Failed to cast variant value "{\"a\":1}" to OBJECT 1 0 "T"["A":1]`, ""},
		{"out of range", "SELECT unnest([1.5, 999.995, 1000])::DECIMAL(10,3) AS a", []string{"A NUMBER(5,2)"}, nil, "", `PARTIALLY_LOADED 3 1 3 2 Numeric value '999.995' is out of range 2 0 "T"["A":1]`, "1.50"},
		{"rounded", "SELECT unnest([1.005, -1.005, 2.5])::DECIMAL(10,3) AS a", []string{"A NUMBER(5,2)"}, nil, "", "LOADED 3 3 1 0", "1.01\n-1.01\n2.50"},
		{"rounded doubles", "SELECT unnest([2.5, -2.5, 0.5])::DOUBLE AS a", []string{"A INT"}, nil, "", "LOADED 3 3 1 0", "3\n-3\n1"},
		{"NaN", "SELECT unnest(['nan', 'inf', '-inf'])::DOUBLE AS a", []string{"A FLOAT"}, nil, "", "LOADED 3 3 1 0", "nan\ninf\n-inf"},
		{"NaN in a VARIANT", "SELECT unnest(['nan', 'inf', '1'])::DOUBLE AS a", []string{"A VARIANT"}, nil, "", "LOADED 3 3 1 0", "\"NaN\"\n\"inf\"\n1"},
		{"NaN is no number", "SELECT 'nan'::DOUBLE AS a", []string{"A INT"}, nil, "", `LOAD_FAILED 1 0 1 1 Failed to cast variant value "NaN" to FIXED 1 0 "T"["A":1]`, ""},
		{"too long", "SELECT 'abcd' AS a", []string{"A TEXT(3)"}, nil, "", `LOAD_FAILED 1 0 1 1 String 'abcd' is too long and would be truncated 1 0 "T"["A":1]`, ""},
		{"no column, and NOT NULL", "SELECT 1 AS b", []string{"A TEXT NOT NULL"}, nil, "", `LOAD_FAILED 1 0 1 1 NULL result in a non-nullable column 1 0 "T"["A":1]`, ""},
		{"text that is a number", "SELECT '12' AS a", []string{"A INT"}, nil, "", "LOADED 1 1 1 0", "12"},
		{"text that is none", "SELECT 'value' AS a", []string{"A INT"}, nil, "", `LOAD_FAILED 1 0 1 1 Failed to cast variant value "value" to FIXED 1 0 "T"["A":1]`, ""},
		{"text that is a time", "SELECT '2024-01-02 12:00:00' AS a", []string{"A NTZ"}, nil, "", "LOADED 1 1 1 0", noon},
		{"numbers as text", "SELECT 1.50::DECIMAL(5,2) AS a", []string{"A TEXT"}, nil, "", "LOADED 1 1 1 0", "1.50"},
		{"NULL_IF and TRIM_SPACE", `SELECT unnest([' x ', '\N', ' NULL ']) AS a`, []string{"A TEXT"}, []string{"TRIM_SPACE=TRUE", `NULL_IF=('\N','NULL')`}, "", "LOADED 3 3 1 0", "x\n-\n-"},
		{"short times", "SELECT TIMESTAMP '1969-12-31 23:59:59.123456' AS a", []string{"A NTZ(3)"}, []string{"USE_LOGICAL_TYPE=TRUE"}, "", "LOADED 1 1 1 0", "-877000000"},
		{
			"instant in a VARIANT", "SELECT unnest([TIMESTAMPTZ '2024-01-02 12:00:00+00', TIMESTAMPTZ '2024-07-02 12:00:00.5+00']) AS a",
			[]string{"A VARIANT"},
			[]string{"USE_LOGICAL_TYPE=TRUE"},
			"America/Los_Angeles", "LOADED 2 2 1 0",
			`"2024-01-02 04:00:00.000 -0800"` + "\n" + `"2024-07-02 05:00:00.500 -0700"`,
		},
		{"half hours", "SELECT TIMESTAMPTZ '2024-01-02 12:00:00+00' AS a", []string{"A TEXT"}, []string{"USE_LOGICAL_TYPE=TRUE"}, "Asia/Kolkata", "LOADED 1 1 1 0", "2024-01-02 17:30:00.000 +0530"},
		{"wall clock in a VARIANT", "SELECT TIMESTAMP '1969-12-31 23:59:59.123456' AS a", []string{"A VARIANT"}, []string{"USE_LOGICAL_TYPE=TRUE"}, "", "LOADED 1 1 1 0", `"1969-12-31 23:59:59.123"`},
		{"uuid is bytes", "SELECT '00112233-4455-6677-8899-aabbccddeeff'::UUID AS a", []string{"A BINARY"}, nil, "", "LOADED 1 1 1 0", `\x00\x11\x223DUfw\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bench{t, b.conn, b.look, t.TempDir()}
			req := b.table(format(t, "PARQUET", c.format...), c.columns...)
			req.Files = []copyinto.File{b.parquet("f.parquet", c.query)}
			req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE", "ON_ERROR=CONTINUE")
			req.Session.TimeZone = c.zone
			want := c.want
			if strings.HasPrefix(want, "LOADED") {
				want = strings.TrimSuffix(want, " 1 0") + " " + strings.Fields(want)[1] + " 0" // CONTINUE has the rows for its limit
			}
			equal(t, "result", line(b.loaded(req)[0]), "st/f.parquet "+want)
			rows := c.rows
			if rows != "" {
				rows += "\n"
			}
			equal(t, "rows", b.rows(), rows)
		})
	}
}

func TestParquetWhole(t *testing.T) {
	b := newBench(t)
	f := b.parquet("f.parquet", `SELECT 1 AS b, NULL::INTEGER AS a, 'x"' AS "C", TIMESTAMP '2024-01-02 12:00:00.5' AS t`)
	req := b.table(format(t, "PARQUET", "USE_LOGICAL_TYPE=TRUE"), "V VARIANT")
	req.Files = []copyinto.File{f}
	equal(t, "result", line(b.loaded(req)[0]), "st/f.parquet LOADED 1 1 1 0")
	equal(t, "rows", b.rows(), `{"C":"x\"","b":1,"t":"2024-01-02 12:00:00.500"}`+"\n")
	req = b.table(format(t, "PARQUET", "USE_VECTORIZED_SCANNER=TRUE"), "V OBJECT")
	req.Files = []copyinto.File{f}
	b.loaded(req)
	equal(t, "rows", b.rows(), `{"C":"x\"","a":null,"b":1,"t":"2024-01-02 12:00:00.500"}`+"\n")

	req = b.table(format(t, "PARQUET"), "A INT", "B INT")
	req.Files = []copyinto.File{f}
	equal(t, "several columns", b.refused(req).Error(), "002019 (0A000): SQL compilation error:\nPARQUET file format can produce one and only one column of type variant, object, or array. Load data into separate columns using the MATCH_BY_COLUMN_NAME copy option or copy with transformation.")
}

func TestParquetTwins(t *testing.T) {
	b := newBench(t)
	req := b.table(format(t, "PARQUET"), "A INT")
	req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE")
	req.Files = []copyinto.File{b.file("f.parquet", "")}
	writeTwins(t, req.Files[0].Path)
	if got := b.refused(req).Message; !strings.Contains(got, "two columns in the file called A") {
		t.Error(got)
	}
	req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_SENSITIVE")
	b.loaded(req)
	equal(t, "rows", b.rows(), "2\n")
}

func TestParquetBroken(t *testing.T) {
	b := newBench(t)
	good := b.parquet("good.parquet", "SELECT range AS a FROM range(100000)")
	req := b.table(format(t, "PARQUET"), "A INT", "B TEXT")
	for _, text := range []string{"", "PAR1", "PAR1\x00\x00\x00\x00PAR1", strings.Repeat("x", 100)} {
		req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE", "ON_ERROR=SKIP_FILE")
		req.Files = []copyinto.File{b.file("bad.parquet", text), good}
		results := b.loaded(req)
		if len(results) != 2 || results[0].Status != copyinto.LoadFailed || results[0].ErrorsSeen != 1 || results[1].Loaded != 100000 {
			t.Errorf("%q: %+v", text, results)
		}
		if !strings.HasPrefix(results[0].Errors[0].Message, "Error parsing the parquet file: ") {
			t.Error(results[0].Errors[0].Message)
		}
		req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE")
		if got := b.refused(req).Message; !strings.Contains(got, "File 'bad.parquet'") {
			t.Error(got)
		}
	}
}

// A file with a page that cannot be read is left out as ON_ERROR says, although no value of it needs a look.
func TestParquetBrokenPage(t *testing.T) {
	b := newBench(t)
	good := b.parquet("good.parquet", "SELECT 7::BIGINT AS a")
	bad := b.parquet("bad.parquet", "SELECT (hash(range) // 4)::BIGINT AS a FROM range(1000)")
	data, err := os.ReadFile(bad.Path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4; i < 4000; i++ {
		data[i] ^= 0xa5
	}
	if err := os.WriteFile(bad.Path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	req := b.table(format(t, "PARQUET"), "A INT")
	req.Files = []copyinto.File{bad, good}
	req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE", "ON_ERROR=SKIP_FILE")
	results := b.loaded(req)
	if results[0].Status != copyinto.LoadFailed || results[0].Loaded != 0 || !strings.HasPrefix(results[0].Errors[0].Message, "Error parsing the parquet file: ") {
		t.Errorf("%+v", results[0])
	}
	equal(t, "rows", b.rows(), "7\n")
	req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE")
	if got := b.refused(req).Message; !strings.Contains(got, "File 'bad.parquet'") {
		t.Error(got)
	}
	equal(t, "rows", b.rows(), "7\n")
}
