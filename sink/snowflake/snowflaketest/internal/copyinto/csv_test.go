package copyinto_test

import (
	"testing"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
)

const mismatch3of2 = "Number of columns in file (3) does not match that of the corresponding table (2), use file format option error_on_column_count_mismatch=false to ignore this error"

// Certain: all of it was seen on accounts.
func TestResultsOfCSV(t *testing.T) {
	b := newBench(t)
	two := []string{"ID INT", "NAME TEXT"}
	header := []string{"SKIP_HEADER=1"}
	for _, c := range []struct {
		name, text      string
		columns, format []string
		options         []string
		want, rows      string
	}{
		{"clean", "id,name\n1,alice\n2,bob\n", two, header, nil, "st/f.csv LOADED 2 2 1 0", "1|alice\n2|bob\n"},
		{"header alone", "id,name\n", two, header, []string{"ON_ERROR=CONTINUE"}, "st/f.csv LOADED 0 0 1 0", ""},
		{"nothing", "", two, nil, []string{"ON_ERROR=SKIP_FILE"}, "st/f.csv LOADED 0 0 1 0", ""},
		{
			"bad value", "id,name\n10,a\n11,b\n12,c\nBADX,d\n", two, header,
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 4 3 4 1 Numeric value 'BADX' is not recognized 5 1 "T"["ID":1]`, "10|a\n11|b\n12|c\n",
		},
		{
			"bad value, skip", "id,name\n10,a\n11,b\n12,c\nBADX,d\n", two, header,
			[]string{"ON_ERROR=SKIP_FILE_1"},
			`st/f.csv LOAD_FAILED 4 0 1 1 Numeric value 'BADX' is not recognized 5 1 "T"["ID":1]`, "",
		},
		{
			"bad value, skip 2", "id,name\n10,a\n11,b\n12,c\nBADX,d\n", two, header,
			[]string{"ON_ERROR='skip_file_2'"},
			`st/f.csv PARTIALLY_LOADED 4 3 2 1 Numeric value 'BADX' is not recognized 5 1 "T"["ID":1]`, "10|a\n11|b\n12|c\n",
		},
		{"clean, skip 0", "id,name\n1,a\n2,b\n", two, header, []string{"ON_ERROR=SKIP_FILE_0"}, "st/f.csv LOAD_FAILED 2 0 0 0", ""},
		{"clean, skip 0 %", "id,name\n1,a\n2,b\n", two, header, []string{"ON_ERROR='SKIP_FILE_0%'"}, "st/f.csv LOADED 2 2 1 0", "1|a\n2|b\n"},
		{
			"all bad", "id,name\nX,a\nY,b\n", two, header,
			[]string{"ON_ERROR=SKIP_FILE_5"},
			`st/f.csv LOAD_FAILED 2 0 5 2 Numeric value 'X' is not recognized 2 1 "T"["ID":1]`, "",
		},
		{
			"half bad, skip 50 %", "1,a\nX,b\nY,c\n4,d\n", two, nil,
			[]string{"ON_ERROR='SKIP_FILE_50%'"},
			`st/f.csv LOAD_FAILED 4 0 2 2 Numeric value 'X' is not recognized 2 1 "T"["ID":1]`, "",
		},
		{
			"half bad, skip 70 %: rounded down", "1,a\nX,b\nY,c\n4,d\n", two, nil,
			[]string{"ON_ERROR='SKIP_FILE_70%'"},
			`st/f.csv LOAD_FAILED 4 0 2 2 Numeric value 'X' is not recognized 2 1 "T"["ID":1]`, "",
		},
		{
			"one bad, skip 50 %", "1,a\nX,b\n3,c\n4,d\n", two, nil,
			[]string{"ON_ERROR='SKIP_FILE_50%'"},
			`st/f.csv PARTIALLY_LOADED 4 3 2 1 Numeric value 'X' is not recognized 2 1 "T"["ID":1]`, "1|a\n3|c\n4|d\n",
		},
		{
			"place of a field", "id,name,age\n1,alice,30\n2,bob,BADAGE\n",
			[]string{"ID INT", "NAME TEXT", "AGE INT"},
			header,
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 2 1 2 1 Numeric value 'BADAGE' is not recognized 3 7 "T"["AGE":3]`, "1|alice|30\n",
		},
		{
			"place after an enclosed field", "id,name,age\n1,\"al,ice\",30\n2,\"b,ob\",BADAGE\n",
			[]string{"ID INT", "NAME TEXT", "AGE INT"},
			[]string{"SKIP_HEADER=1", `FIELD_OPTIONALLY_ENCLOSED_BY='"'`},
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 2 1 2 1 Numeric value 'BADAGE' is not recognized 3 10 "T"["AGE":3]`, "1|al,ice|30\n",
		},
		{
			"NULL", "id,name\n30,\n31,\n",
			[]string{"ID INT", "NAME TEXT NOT NULL"},
			header,
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv LOAD_FAILED 2 0 2 2 NULL result in a non-nullable column 2 4 "T"["NAME":2]`, "",
		},
		{
			"too long", "id,name\n1,ab\n2,abcdefgh\n",
			[]string{"ID INT", "NAME TEXT(3)"},
			header,
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 2 1 2 1 User character length limit (3) exceeded by string 'abcdefgh' 3 3 "T"["NAME":2]`, "1|ab\n",
		},
		{"too long, cut", "1,ab\n2,äöüß\n", []string{"ID INT", "NAME TEXT(3)"}, nil, []string{"TRUNCATECOLUMNS=TRUE"}, "st/f.csv LOADED 2 2 1 0", "1|ab\n2|äöü\n"},
		{"too long, not enforced", "2,äöüß\n", []string{"ID INT", "NAME TEXT(3)"}, nil, []string{"ENFORCE_LENGTH=FALSE"}, "st/f.csv LOADED 1 1 1 0", "2|äöü\n"},
		{
			"extra field first", "id,name\n1,a,extra\n2,b\n", two, header,
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 2 1 2 1 ` + mismatch3of2 + ` 3 1 "T"[3]`, "2|b\n",
		},
		{
			"extra field alone", "id,name\n1,a,extra\n", two, header,
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv LOAD_FAILED 1 0 1 1 ` + mismatch3of2 + ` 2 10 "T"[3]`, "",
		},
		{
			"extra field later", "id|name\n1|a\n2|b|extra\n", two,
			[]string{"SKIP_HEADER=1", "FIELD_DELIMITER='|'"},
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 2 1 2 1 Field delimiter '|' found while expecting record delimiter '\n' 3 4 "T"["NAME":2]`, "1|a\n",
		},
		{
			"missing field first", "id,name\n1\n2,b\n", two, header,
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 2 1 2 1 Number of columns in file (1) does not match that of the corresponding table (2), use file format option error_on_column_count_mismatch=false to ignore this error 3 1 "T"["ID":1]`, "2|b\n",
		},
		{
			"missing field later", "id,name\n1,a\n2\n", two, header,
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 2 1 2 1 End of record reached while expected to parse column '"T"["NAME":2]' 3 2 "T"["NAME":2]`, "1|a\n",
		},
		{"fields as they are", "1\n2,b,extra\n", two, []string{"ERROR_ON_COLUMN_COUNT_MISMATCH=FALSE"}, nil, "st/f.csv LOADED 2 2 1 0", "1|-\n2|b\n"},
		{
			"blank line", "id,name\n1,a\n\n2,b\n", two, header,
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 3 2 3 1 End of record reached while expected to parse column '"T"["NAME":2]' 3 1 "T"["NAME":2]`, "1|a\n2|b\n",
		},
		{"blank line skipped", "id,name\n1,a\n\n2,b\n", two, []string{"SKIP_HEADER=1", "SKIP_BLANK_LINES=TRUE"}, nil, "st/f.csv LOADED 3 2 1 0", "1|a\n2|b\n"},
		{"blank line of one column", "1\n\n2\n", []string{"V TEXT"}, nil, nil, "st/f.csv LOADED 3 3 1 0", "1\n-\n2\n"},
		{
			"blank line at the end", "1,a\n\n", two, nil,
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 2 1 2 1 End of record reached while expected to parse column '"T"["NAME":2]' 2 1 "T"["NAME":2]`, "1|a\n",
		},
		{"no line feed at the end", "1,a\n2,b", two, nil, nil, "st/f.csv LOADED 2 2 1 0", "1|a\n2|b\n"},
		{"trimmed", " 1 , \" x y \" \n", two, []string{"TRIM_SPACE=TRUE", `FIELD_OPTIONALLY_ENCLOSED_BY='"'`}, nil, "st/f.csv LOADED 1 1 1 0", "1| x y \n"},
		{"empty and enclosed", "1,\"\"\n2,\n", two, []string{`FIELD_OPTIONALLY_ENCLOSED_BY='"'`}, nil, "st/f.csv LOADED 2 2 1 0", "1|\n2|-\n"},
		{"empty is text", "1,\n", two, []string{"EMPTY_FIELD_AS_NULL=FALSE"}, nil, "st/f.csv LOADED 1 1 1 0", "1|\n"},
		{"empty is NULL_IF", "1,\n", two, []string{"EMPTY_FIELD_AS_NULL=FALSE", "NULL_IF=('')"}, nil, "st/f.csv LOADED 1 1 1 0", "1|-\n"},
		{"NULL_IF", "1,NULL\n\\N,x\n", two, []string{"NULL_IF=('NULL','\\N')"}, nil, "st/f.csv LOADED 2 2 1 0", "1|-\n-|x\n"},
		{"NULL_IF by default", "\\N,a\\N\n", two, nil, nil, "st/f.csv LOADED 1 1 1 0", "-|aN\n"},
		{
			"JSON", "1,{\"b\": [1, 2.50],\"a\":null}\n2,\n",
			[]string{"ID INT", "V VARIANT"},
			[]string{"FIELD_DELIMITER=','", "FIELD_OPTIONALLY_ENCLOSED_BY=NONE", "ERROR_ON_COLUMN_COUNT_MISMATCH=FALSE", "EMPTY_FIELD_AS_NULL=FALSE", "ESCAPE_UNENCLOSED_FIELD=NONE"},
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 2 1 2 1 Error parsing JSON: incomplete array value 1 3 "T"["V":2]`, "2|-\n",
		},
		{
			"JSON enclosed", "1,'{\"b\": [1, 2.50],\"a\":null}'\n2,\n",
			[]string{"ID INT", "V VARIANT"},
			[]string{"FIELD_OPTIONALLY_ENCLOSED_BY='''", "EMPTY_FIELD_AS_NULL=FALSE"},
			nil,
			`st/f.csv LOADED 2 2 1 0`, "1|{\"a\":null,\"b\":[1,2.50]}\n2|-\n",
		},
		{
			"after an enclosure", "1,\"x\"y\n2,b\n", two,
			[]string{`FIELD_OPTIONALLY_ENCLOSED_BY='"'`},
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 2 1 2 1 Found character 'y' instead of record delimiter '\n' 1 6 "T"["NAME":2]`, "2|b\n",
		},
		{
			"not UTF-8", "1,a\xffb\n2,b\n", two, nil,
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 2 1 2 1 Invalid UTF8 detected in string 'a0xFFb' 1 3 "T"["NAME":2]`, "2|b\n",
		},
		{"not UTF-8, replaced", "1,a\xff\xfeb\n", two, []string{"REPLACE_INVALID_CHARACTERS=TRUE"}, nil, "st/f.csv LOADED 1 1 1 0", "1|a\uFFFD\uFFFDb\n"},
		{"other encoding", "1,\xe4\n", two, []string{"ENCODING='ISO-8859-1'"}, nil, "st/f.csv LOADED 1 1 1 0", "1|ä\n"},
		{"long delimiters", "1||a~~2||b~~", two, []string{"FIELD_DELIMITER='||'", "RECORD_DELIMITER='~~'"}, nil, "st/f.csv LOADED 2 2 1 0", "1|a\n2|b\n"},
		{"byte order mark and carriage returns", "\ufeff1,a\r\n2,b\r\n", two, nil, nil, "st/f.csv LOADED 2 2 1 0", "1|a\n2|b\n"},
		{"escapes", "1,a\\,b\\nc\\\\\n", two, nil, nil, "st/f.csv LOADED 1 1 1 0", "1|a,b\nc\\\n"},
		{
			"line feed enclosed", "1,\"a\nb\"\nX,c\n", two,
			[]string{`FIELD_OPTIONALLY_ENCLOSED_BY='"'`},
			[]string{"ON_ERROR=CONTINUE"},
			`st/f.csv PARTIALLY_LOADED 2 1 2 1 Numeric value 'X' is not recognized 3 1 "T"["ID":1]`, "1|a\nb\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bench{t, b.conn, b.look, t.TempDir()}
			req := b.table(format(t, "CSV", c.format...), c.columns...)
			req.Files = []copyinto.File{b.file("f.csv", c.text)}
			req.Options = options(t, c.options...)
			results := b.loaded(req)
			if len(results) != 1 {
				t.Fatalf("%d results", len(results))
			}
			equal(t, "result", line(results[0]), c.want)
			equal(t, "rows", b.rows(), c.rows)
		})
	}
}
