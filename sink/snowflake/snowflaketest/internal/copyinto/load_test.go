package copyinto_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

const advice = "\n  If you would like to continue loading when an error is encountered, use other values such as 'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option. For more information on loading options, please run 'info loading_data' in a SQL client."

// Certain: the texts were seen on accounts.
func TestAbort(t *testing.T) {
	b := newBench(t)
	req := b.table(format(t, "CSV", `FIELD_OPTIONALLY_ENCLOSED_BY='"'`), "A INT", "B TEXT")
	req.Files = []copyinto.File{b.file("good.csv", "1,x\n2,y\n"), b.file("bad.csv", "1,x\nNOPE,y\n3,z\n")}
	equal(t, "error", b.refused(req).Error(), "100038 (22018): Numeric value 'NOPE' is not recognized\n  File 'bad.csv', line 2, character 1\n  Row 2, column \"T\"[\"A\":1]"+advice)
	equal(t, "rows", b.rows(), "")
	req.Files = []copyinto.File{b.file("bad.csv", "1\n2,x\n")}
	equal(t, "a row that begins on another line", b.refused(req).Message, "Number of columns in file (1) does not match that of the corresponding table (2), use file format option error_on_column_count_mismatch=false to ignore this error\n"+
		"  File 'bad.csv', line 2, character 1\n  Row 1 starts at line 1, column \"T\"[\"A\":1]"+advice)
	req.Files = []copyinto.File{b.file("bad.csv", "1,\"x\ny\"z\n")}
	equal(t, "a row of two lines", b.refused(req).Message, "Found character 'z' instead of record delimiter '\\n'\n  File 'bad.csv', line 2, character 3\n  Row 1 starts at line 1, column \"T\"[\"B\":2]"+advice)
}

func TestNumbersOfText(t *testing.T) {
	b := newBench(t)
	texts := []string{" 1 ", "5.", ".5", "+5", "-1e+2", "1E2", "1e-400", "0012", "1_000", "1e", "e5", "+", ".", "0x10", "1.2.3", "--1", "+-1", "inf", "nan", "-Infinity", "1e400", "true"}
	for _, c := range []struct{ typ, rows, errors string }{
		{"NUMBER(10,2)", "1.00 5.00 0.50 5.00 -100.00 100.00 0.00 12.00", "100038:1_000 100038:1e 100038:e5 100038:+ 100038:. 100038:0x10 100038:1.2.3 100038:--1 100038:+-1 100038:inf 100038:nan 100038:-Infinity 100039:1e400 100038:true"},
		{"FLOAT", "1.0 5.0 0.5 5.0 -100.0 100.0 0.0 12.0 inf nan -inf", "100038:1_000 100038:1e 100038:e5 100038:+ 100038:. 100038:0x10 100038:1.2.3 100038:--1 100038:+-1 100038:1e400 100038:true"},
	} {
		req := b.table(format(t, "CSV"), "A "+c.typ)
		req.Files = []copyinto.File{b.file("f.csv", strings.Join(texts, "\n"))}
		req.Options = options(t, "ON_ERROR=CONTINUE")
		var found []string
		for _, e := range b.loaded(req)[0].Errors {
			found = append(found, fmt.Sprintf("%d:%s", e.Code, strings.Split(e.Message, "'")[1]))
		}
		equal(t, c.typ+" errors", strings.Join(found, " "), c.errors)
		equal(t, c.typ, strings.ReplaceAll(b.rows(), "\n", " "), c.rows+" ")
	}
}

// Certain: a limit is passed by the bytes that have been read, not reached.
func TestSizeLimit(t *testing.T) {
	b := newBench(t)
	req := b.table(format(t, "CSV"), "A INT", "B TEXT")
	req.Files = []copyinto.File{b.file("s1.csv", "1,a\n2,b\n"), b.file("s2.csv", "3,c\n4,d\n"), b.file("s3.csv", "5,e\n")}
	for limit, want := range map[string]int{"SIZE_LIMIT=0": 3, "SIZE_LIMIT=1": 1, "SIZE_LIMIT=8": 2, "SIZE_LIMIT=16": 3} {
		req.Options = options(t, limit)
		if got := b.loaded(req); len(got) != want {
			t.Errorf("%s: %d files, want %d", limit, len(got), want)
		}
	}
	req.Files = nil
	if got := b.loaded(req); len(got) != 0 {
		t.Errorf("no files: %d results", len(got))
	}
}

func TestCompressions(t *testing.T) {
	b := newBench(t)
	const text = "1,a\n2,b\n"
	pack := func(c func(*bytes.Buffer) interface {
		Write([]byte) (int, error)
		Close() error
	},
	) string {
		var buf bytes.Buffer
		w := c(&buf)
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return buf.String()
	}
	type writer = interface {
		Write([]byte) (int, error)
		Close() error
	}
	packed := map[string]string{
		"GZIP":    pack(func(b *bytes.Buffer) writer { return gzip.NewWriter(b) }),
		"DEFLATE": pack(func(b *bytes.Buffer) writer { return zlib.NewWriter(b) }),
		"ZSTD": pack(func(b *bytes.Buffer) writer {
			w, err := zstd.NewWriter(b, zstd.WithEncoderConcurrency(1))
			if err != nil {
				t.Fatal(err)
			}
			return w
		}),
		"NONE": text,
	}
	for name, content := range packed {
		for _, setting := range []string{"AUTO", name} {
			req := b.table(format(t, "CSV", "COMPRESSION="+setting), "A INT", "B TEXT")
			req.Files = []copyinto.File{b.file("f", content)}
			b.loaded(req)
			equal(t, name, b.rows(), "1|a\n2|b\n")
		}
	}
	req := b.table(format(t, "CSV", "COMPRESSION=GZIP"), "A INT", "B TEXT")
	req.Files = []copyinto.File{b.file("f", text)}
	if got := b.refused(req).Message; !strings.Contains(got, "not compressed as GZIP") {
		t.Error(got)
	}
	req.Format = format(t, "CSV", "COMPRESSION=BROTLI")
	equal(t, "Brotli", b.refused(req).Message, "Unsupported feature 'COMPRESSION BROTLI'.")
}

func TestColumnList(t *testing.T) {
	b := newBench(t)
	req := b.table(format(t, "CSV"), "A INT", "B TEXT", "C INT NOT NULL")
	req.Columns[2].Default = "41 + 1"
	req.Extra = []copyinto.Literal{{Name: "hidden", SQL: "17"}}
	b.exec(`ALTER TABLE "T" ADD COLUMN "hidden" BIGINT`)
	req.Into = []string{"B", "A"}
	req.Files = []copyinto.File{b.file("f.csv", "x,1\ny\nz,3,4\n")} // a list suspends the count of fields. Certain
	equal(t, "result", line(b.loaded(req)[0]), "st/f.csv LOADED 3 3 1 0")
	equal(t, "rows", b.rows(), "1|x|42|17\n-|y|42|17\n3|z|42|17\n")
	req.Into = []string{"B", "NO"}
	equal(t, "unknown", b.refused(req).Message, "SQL compilation error:\ninvalid identifier 'NO'")
	req.Into = []string{"B", "B"}
	equal(t, "twice", b.refused(req).Message, "SQL compilation error:\nduplicate column name 'B'")
}

func TestMatchedCSV(t *testing.T) {
	b := newBench(t)
	req := b.table(format(t, "CSV", "PARSE_HEADER=TRUE", `FIELD_OPTIONALLY_ENCLOSED_BY='"'`), "A INT", "B TEXT", "V VARIANT")
	req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE", "ON_ERROR=CONTINUE")
	req.Files = []copyinto.File{b.file("f.csv", "b,x,v,a\nhey,1,\"[1, 2]\",9\nyou,2,7,X\n")}
	equal(t, "result", line(b.loaded(req)[0]), `st/f.csv PARTIALLY_LOADED 2 1 2 1 Numeric value 'X' is not recognized 3 9 "T"["A":1]`)
	equal(t, "rows", b.rows(), "9|hey|[1,2]\n")
	req.Format = format(t, "CSV")
	equal(t, "without a header", b.refused(req).Message, "SQL compilation error: match_by_column_name option is not supported for file format CSV without PARSE_HEADER = TRUE")
}

func TestMetadata(t *testing.T) {
	b := newBench(t)
	req := b.table(format(t, "PARQUET"), "A INT", "FILE TEXT", "ROW INT", "TAG TEXT", "AT NTZ", "NOW LTZ")
	req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE")
	req.Options.Include = []copyinto.Metadata{
		{Column: "FILE", Field: "METADATA$FILENAME"},
		{Column: "ROW", Field: "METADATA$FILE_ROW_NUMBER"},
		{Column: "TAG", Field: "METADATA$FILE_CONTENT_KEY"},
		{Column: "AT", Field: "METADATA$FILE_LAST_MODIFIED"},
		{Column: "NOW", Field: "METADATA$START_SCAN_TIME"},
	}
	f := b.parquet("f.parquet", "SELECT unnest([7, 8]) AS a, 'file' AS file")
	f.ETag, f.Modified = "it's", time.Unix(1, 5)
	req.Files, req.Session.Start = []copyinto.File{f}, time.Unix(2, 0)
	b.loaded(req)
	equal(t, "rows", b.rows(), "7|f.parquet|1|it's|1000000005|2000000000\n8|f.parquet|2|it's|1000000005|2000000000\n")
	req.Options.Include[0].Field = "METADATA$NO"
	equal(t, "unknown", b.refused(req).Message, "SQL compilation error:\ninvalid identifier 'METADATA$NO'")
}

func TestScanAndTransform(t *testing.T) {
	b := newBench(t)
	csv := copyinto.Source{Format: format(t, "CSV"), Files: []copyinto.File{b.file("a.csv", "1,x\n2,y,z\n"), b.file("b.csv", "3\n")}, Width: 4}
	b.exec("BEGIN")
	r, err := copyinto.Scan(t.Context(), b.conn, b.look, csv)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "scan", selected(t, b.conn, `SELECT "$1", "$2", "$3", "$4", "METADATA$FILENAME", "METADATA$FILE_ROW_NUMBER" FROM `+r.SQL), "1|x|-|-|a.csv|1\n2|y|z|-|a.csv|2\n3|-|-|-|b.csv|1\n")
	if len(r.Columns) != 9 || r.Columns[3].Name != "$4" || r.Columns[0].Type.Kind != types.Text {
		t.Errorf("columns %v", r.Columns)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	none, err := copyinto.Scan(t.Context(), b.conn, b.look, copyinto.Source{Format: csv.Format})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "no files", selected(t, b.conn, "SELECT * FROM "+none.SQL), "")
	b.exec("COMMIT")
	b.tidy()

	req := b.table(csv.Format, "A INT", "B TEXT(2)", "C VARIANT")
	req.Source = csv
	req.Transform = &copyinto.Transform{As: "s", Items: []copyinto.Item{
		{SQL: `s."$1"`, Type: types.Type{Kind: types.Text}},
		{SQL: `s."$2" || s."$2"`, Type: types.Type{Kind: types.Text}},
		{SQL: `s."METADATA$FILE_ROW_NUMBER"`, Type: types.Type{Kind: types.Fixed, Precision: 19}},
	}}
	for _, r := range b.loaded(req) {
		if r.Status != copyinto.Loaded {
			t.Error(line(r))
		}
	}
	equal(t, "rows", b.rows(), "1|xx|1\n2|yy|2\n3|-|1\n")

	req.Source = copyinto.Source{Format: format(t, "JSON"), Files: []copyinto.File{b.file("mixed.json", "{\"id\": 1, \"name\": \"a\"}\n{\"id\": \"ZZ\", \"name\": \"b\"}\n")}}
	req.Transform = &copyinto.Transform{Items: []copyinto.Item{
		{SQL: `CAST(json_extract("$1", '$.id') AS VARCHAR)`, Type: types.Type{Kind: types.Variant}},
		{SQL: `CAST(json_extract("$1", '$.name') AS VARCHAR)`, Type: types.Type{Kind: types.Variant}},
		{SQL: `"$1"`, Type: types.Type{Kind: types.Variant}},
	}}
	req.Options = options(t, "ON_ERROR=CONTINUE")
	b.exec(`DELETE FROM "T"`)
	equal(t, "result", line(b.loaded(req)[0]), `st/mixed.json PARTIALLY_LOADED 2 1 2 1 Failed to cast variant value "ZZ" to FIXED 2 0 `)
	equal(t, "rows", b.rows(), `1|a|{"id":1,"name":"a"}`+"\n")

	req.Source = copyinto.Source{Format: format(t, "PARQUET"), Files: []copyinto.File{b.parquet("f.parquet", "SELECT 5 AS id, 'n' AS name")}}
	b.exec(`DELETE FROM "T"`)
	b.loaded(req)
	equal(t, "rows", b.rows(), `5|n|{"id":5,"name":"n"}`+"\n")

	req.Transform = &copyinto.Transform{As: "t1(n, c1, c2, m1, m2, m3, m4, m5)", Items: []copyinto.Item{
		{SQL: "t1.n", Type: types.Type{Kind: types.Fixed, Precision: 19}}, {SQL: "t1.m1", Type: types.Type{Kind: types.Text}}, {SQL: "t1.c2", Type: types.Type{Kind: types.Variant}},
	}}
	req.Columns[1].Type.Length, req.Width = 20, 2
	b.exec(`DELETE FROM "T"`)
	b.loaded(req)
	equal(t, "named", b.rows(), "1|f.parquet|-\n")

	req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_SENSITIVE")
	equal(t, "match", b.refused(req).Message, "SQL compilation error: match_by_column_name is not supported with copy transform.")
	req.Options = options(t, "VALIDATION_MODE=RETURN_ERRORS")
	equal(t, "validate", b.refused(req).Message, "SQL compilation error:\nVALIDATION_MODE does not support COPY with transform.")
	req.Options, req.Transform.Items = options(t), req.Transform.Items[:1]
	equal(t, "too few", b.refused(req).Message, "SQL compilation error:\nInsert value list does not match column list expecting 3 but got 1")
}

// Certain: columns and places.
func TestValidate(t *testing.T) {
	b := newBench(t)
	req := b.table(format(t, "CSV"), "A INT", "B INT NOT NULL")
	req.Files = []copyinto.File{b.file("a.csv", "1,2\n3,NO\n"), b.file("b.csv", "NOPE,\n3,4\n"), b.file("c.csv", "1\n")}
	validate := func(mode string) (*copyinto.Validated, error) {
		req.Options = options(t, "VALIDATION_MODE="+mode)
		return copyinto.Validate(t.Context(), b.conn, b.look, req)
	}
	v, err := validate("RETURN_ERRORS")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, e := range v.Errors {
		fmt.Fprintf(&got, "%s|%s|%d|%d|%d|%s|%d|%s|%s|%d|%d|%q\n", e.Message, e.File, e.Line, e.Character, e.ByteOffset, e.Category, e.Code, e.SQLState, e.Column, e.Row, e.RowStart, e.Rejected)
	}
	equal(t, "errors", got.String(), `Numeric value 'NO' is not recognized|a.csv|2|3|6|conversion|100038|22018|"T"["B":2]|2|2|"3,NO"
Numeric value 'NOPE' is not recognized|b.csv|1|1|0|conversion|100038|22018|"T"["A":1]|1|1|"NOPE,\n"
NULL result in a non-nullable column|b.csv|1|6|5|conversion|100072|22000|"T"["B":2]|1|1|"NOPE,\n"
Number of columns in file (1) does not match that of the corresponding table (2), use file format option error_on_column_count_mismatch=false to ignore this error|c.csv|1|2|1|parsing|100080|22000|"T"["A":1]|1|1|"1"
`)
	equal(t, "rows", b.rows(), "")

	if v, err = validate("RETURN_1_ROWS"); err != nil {
		t.Fatal(err)
	}
	equal(t, "rows", selected(t, b.conn, "SELECT * FROM "+v.Rows), "1|2\n")
	if err := v.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = validate("RETURN_2_ROWS")
	var refused *copyinto.Error
	if !errors.As(err, &refused) || refused.Code != 100038 {
		t.Errorf("got %v, want the error of row 2", err)
	}
	b.tidy()
	req.Options = options(t, "VALIDATION_MODE=RETURN_ERRORS", "MATCH_BY_COLUMN_NAME=CASE_SENSITIVE")
	if _, err := copyinto.Validate(t.Context(), b.conn, b.look, req); err == nil {
		t.Error("MATCH_BY_COLUMN_NAME is taken")
	}
}

func TestMissing(t *testing.T) {
	_, err := copyinto.Missing(options(t), "@st/x.csv", "x.csv")
	equal(t, "error", fmt.Sprint(err), "091016 (22000): Remote file '@st/x.csv' was not found. If you are running a copy command, please make sure files are not deleted when they are being loaded or files are not being loaded into two different tables concurrently with auto purge option.")
	r, err := copyinto.Missing(options(t, "ON_ERROR=SKIP_FILE"), "@st/x.csv", "x.csv")
	if err != nil || r.Status != copyinto.LoadFailed || !strings.Contains(r.Errors[0].Message, "There are several potential causes.") || r.Errors[0].Code != 100112 {
		t.Errorf("%v %+v", err, r)
	}
}

// The names of files are no patterns.
func TestOddNames(t *testing.T) {
	b := newBench(t)
	req := b.table(format(t, "PARQUET"), "A INT")
	req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE")
	f := b.parquet("f.parquet", "SELECT 1 AS a")
	odd := b.dir + "/year=2024/it's [a]*?.parquet"
	if err := os.Mkdir(b.dir+"/year=2024", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(f.Path, odd); err != nil {
		t.Fatal(err)
	}
	f.Path = odd
	req.Files = []copyinto.File{f}
	b.loaded(req)
	equal(t, "rows", b.rows(), "1\n")
}
