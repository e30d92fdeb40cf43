package copyinto_test

import (
	"testing"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
)

func TestResultsOfJSON(t *testing.T) {
	b := newBench(t)
	match := []string{"MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE", "ON_ERROR=CONTINUE"}
	whole := []string{"ON_ERROR=CONTINUE"}
	for _, c := range []struct {
		name, text      string
		columns, format []string
		options         []string
		want, rows      string
	}{
		{
			"values", "{\"b\" : 1, \"a\": [ 1, {\"x\": null} ]}\n[1 ,2]\n\"t\" 1.50 null",
			[]string{"V VARIANT"},
			nil, whole,
			"st/f.json LOADED 5 5 5 0", "{\"a\":[1,{\"x\":null}],\"b\":1}\n[1,2]\n\"t\"\n1.50\nnull\n",
		},
		{"outer array", "[{\"a\":1},\n{\"a\":2},\n]", []string{"V VARIANT"}, []string{"STRIP_OUTER_ARRAY=TRUE"}, whole, "st/f.json LOADED 2 2 2 0", "{\"a\":1}\n{\"a\":2}\n"},
		{"outer array kept", "[{\"a\":1}]", []string{"V VARIANT"}, nil, whole, "st/f.json LOADED 1 1 1 0", "[{\"a\":1}]\n"},
		{
			"nulls stripped", `{"a":null,"b":null,"c":123}{"a":[1,2],"b":{"x":null,"y":88}}`,
			[]string{"V VARIANT"},
			[]string{"STRIP_NULL_VALUES=TRUE"},
			whole,
			"st/f.json LOADED 2 2 2 0", "{\"c\":123}\n{\"a\":[1,2],\"b\":{\"y\":88}}\n",
		},
		{"duplicates", `{"a":1,"b":2,"a":3}`, []string{"V VARIANT"}, []string{"ALLOW_DUPLICATE=TRUE"}, whole, "st/f.json LOADED 1 1 1 0", "{\"a\":3,\"b\":2}\n"},
		{
			"duplicates refused", "{\"a\":1,\"a\":3}\n{\"a\":4}",
			[]string{"V VARIANT"},
			nil, whole,
			`st/f.json PARTIALLY_LOADED 2 1 2 1 Error parsing JSON: duplicate object attribute "a" 1 13 `, "{\"a\":4}\n",
		},
		{
			"no JSON", "{\"a\":1}\n{\"a\":All}\n{\"a\":2}\n",
			[]string{"V VARIANT"},
			nil, whole,
			`st/f.json PARTIALLY_LOADED 3 2 3 1 Error parsing JSON: unknown keyword "All" 2 6 `, "{\"a\":1}\n{\"a\":2}\n",
		},
		{"cut off", `{"a":1`, []string{"V VARIANT"}, nil, whole, `st/f.json LOAD_FAILED 1 0 1 1 Error parsing JSON: incomplete object value 1 7 `, ""},
		{
			"array cut off", `[{"a":1},`,
			[]string{"V VARIANT"},
			[]string{"STRIP_OUTER_ARRAY=TRUE"},
			whole,
			`st/f.json PARTIALLY_LOADED 2 1 2 1 Error parsing JSON: incomplete array value 1 10 `, "{\"a\":1}\n",
		},
		{
			"several lines refused", "{\"a\":\n1}\n{\"a\":2}",
			[]string{"V VARIANT"},
			[]string{"MULTI_LINE=FALSE"},
			whole,
			`st/f.json PARTIALLY_LOADED 2 1 2 1 Error parsing JSON: line feed in a record, and MULTI_LINE is FALSE 1 1 `, "{\"a\":2}\n",
		},
		{
			"members", `{"id":1,"Name":"x","z":1}{"id":"2","name":null}{"ID":3.7,"NAME":4}{"name":true}`,
			[]string{"ID INT", "NAME TEXT", "M VARIANT"},
			nil, match,
			"st/f.json LOADED 4 4 4 0", "1|x|-\n2|-|-\n4|4|-\n-|true|-\n",
		},
		{
			"bad members", "{\"id\":\"ZZ\",\"n\":1}\n{\"id\":[1],\"n\":null}\n{\"id\":1,\"n\":true}",
			[]string{"ID INT", "N INT NOT NULL"},
			nil, match,
			`st/f.json PARTIALLY_LOADED 3 1 3 2 Failed to cast variant value "ZZ" to FIXED 1 0 "T"["ID":1]`, "1|1\n",
		},
		{
			"JSON types", `{"v":null,"a":1,"o":{"x":1}}{"v":"s","a":[1],"o":{}}`,
			[]string{"V VARIANT", "A ARRAY", "O OBJECT"},
			nil, match,
			"st/f.json LOADED 2 2 2 0", "null|[1]|{\"x\":1}\n\"s\"|[1]|{}\n",
		},
		{
			"times", `{"d":"2024-01-02","n":"2024-01-02T12:00:00.123456789","t":"01:02:03","l":"2024-01-02 12:00:00 +0200"}`,
			[]string{"D DATE", "N NTZ", "T TIME", "L LTZ"},
			nil, match, "st/f.json LOADED 1 1 1 0", "2024-01-02|1704196800123456789|3723000000000|1704189600000000000\n",
		},
		{"times of formats", `{"d":"02.01.2024"}`, []string{"D DATE"}, []string{"DATE_FORMAT='DD.MM.YYYY'"}, match, "st/f.json LOADED 1 1 1 0", "2024-01-02\n"},
		{
			"numbers and texts of NULL_IF", `{"a":"x","b":2}{"a":" NULL ","b":3}`,
			[]string{"A TEXT", "B INT"},
			[]string{"NULL_IF=('NULL','2')", "TRIM_SPACE=TRUE"},
			match,
			"st/f.json LOADED 2 2 2 0", "x|-\n-|3\n",
		},
		{
			"big numbers", `{"a":12345678901234567890123456789012345678,"b":1e3}`,
			[]string{"A INT", "B NUMBER(10,2)"},
			nil, match,
			"st/f.json LOADED 1 1 1 0", "12345678901234567890123456789012345678|1000.00\n",
		},
		{"base64", `{"b":"AQI="}`, []string{"B BINARY"}, []string{"BINARY_FORMAT=BASE64"}, match, "st/f.json LOADED 1 1 1 0", "\\x01\\x02\n"},
		{"escapes", `{"a":"\u00e4\n\"x"}`, []string{"A TEXT"}, nil, match, "st/f.json LOADED 1 1 1 0", "ä\n\"x\n"},
		{"not UTF-8", "{\"a\":\"\xff\"}", []string{"A TEXT"}, nil, match, "st/f.json LOAD_FAILED 1 0 1 1 Invalid UTF8 detected in string '{\"a\":\"0xFF\"}' 1 1 ", ""},
		{"not UTF-8, replaced", "{\"a\":\"\xff\"}", []string{"A TEXT"}, []string{"IGNORE_UTF8_ERRORS=TRUE"}, match, "st/f.json LOADED 1 1 1 0", "\uFFFD\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bench{t, b.conn, b.look, t.TempDir()}
			req := b.table(format(t, "JSON", c.format...), c.columns...)
			req.Files = []copyinto.File{b.file("f.json", c.text)}
			req.Options = options(t, c.options...)
			equal(t, "result", line(b.loaded(req)[0]), c.want)
			equal(t, "rows", b.rows(), c.rows)
		})
	}
}

func TestJSONNeedsOneColumn(t *testing.T) {
	b := newBench(t)
	req := b.table(format(t, "JSON"), "A INT", "B INT")
	equal(t, "error", b.refused(req).Error(), "002019 (0A000): SQL compilation error:\nJSON file format can produce one and only one column of type variant, object, or array. Load data into separate columns using the MATCH_BY_COLUMN_NAME copy option or copy with transformation.")
	req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE")
	req.Files = []copyinto.File{b.file("f.json", `{"a":1,"A":2}`)}
	equal(t, "twins", b.refused(req).Message, "Unsupported feature 'MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE with two columns in the file called A but for case'.")
}
