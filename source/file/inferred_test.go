package file_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/source/file"
)

// sampled returns a text of 200 rows, the last of which is beyond a sample of 500 bytes.
func sampled(header, format, last string) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range 200 {
		b.WriteString(strings.ReplaceAll(format, "%d", strconv.Itoa(i)) + "\n")
	}
	return b.String() + last + "\n"
}

// A value beyond the sample that only looks like one of the inferred type rejects its row. Types that are given
// read it.
func TestCodesBeyondTheSample(t *testing.T) {
	tests := []struct {
		name, file, format, value string
		given                     arrow.DataType
		want                      string // as the given type reads it
	}{
		{"leading zeros", "a.csv", "%d", "00501", arrow.PrimitiveTypes.Int64, "501"},
		{"plus", "a.csv", "%d", "+5", arrow.PrimitiveTypes.Int64, "5"},
		{"exponent", "a.csv", "%d", "1e3", arrow.PrimitiveTypes.Int64, "1000"},
		{"point", "a.csv", "%d", "7.0", arrow.PrimitiveTypes.Int64, "7"},
		{"in quotes", "a.csv", "%d", `"00501"`, arrow.PrimitiveTypes.Int64, "501"},
		{"float with leading zeros", "a.csv", "%d.5", "007.5", arrow.PrimitiveTypes.Float64, "7.5"},
		{"float with a plus", "a.csv", "%d.5", "+1.5", arrow.PrimitiveTypes.Float64, "1.5"},
		{"integer too large among floats", "a.csv", "%d.5", "9223372036854775809", arrow.PrimitiveTypes.Float64, "9.223372036854776e+18"},
		{"word among true and false", "a.csv", "true", "yes", arrow.FixedWidthTypes.Boolean, "true"},
		{"zone", "a.csv", "2024-01-02 03:04:05", "2024-01-02 03:04:05+01:00", &arrow.TimestampType{Unit: arrow.Microsecond}, "2024-01-02 02:04:05"},
		{"JSON string", "a.json", "%d", `"00501"`, arrow.PrimitiveTypes.Int64, "501"},
		{"JSON string of a number", "a.json", "%d", `"77"`, arrow.PrimitiveTypes.Int64, "77"},
		{"JSON string among floats", "a.json", "%d.5", `"7.5"`, arrow.PrimitiveTypes.Float64, "7.5"},
		{"JSON string among literals", "a.json", "true", `"true"`, arrow.FixedWidthTypes.Boolean, "true"},
		{"JSON number among literals", "a.json", "true", "1", arrow.FixedWidthTypes.Boolean, "true"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			row := func(v string) string { return `k,` + v }
			header, line := "k,v\n", 202
			if tc.file == "a.json" {
				row = func(v string) string { return `{"k":"k","v":` + v + `}` }
				header, line = "", 201
			}
			format := strings.ReplaceAll(row(tc.format), "%d", "1%d")
			p := write(t, t.TempDir(), tc.file, sampled(header, format, row(tc.value)))
			opts := file.Options{SampleBytes: 500, Allocator: checked(t)}
			res := mustRead(t, &opts, p)
			if n := len(res.rows()); n != 200 {
				t.Errorf("%d rows, want 200", n)
			}
			r := res.rejected()
			if len(r) != 1 {
				t.Fatalf("rejected %q", r)
			}
			for _, says := range []string{"200 v ", fmt.Sprintf("line %d: column \"v\": ", line), strings.Trim(tc.value, `"`), "Options.Types"} {
				if !strings.Contains(r[0], says) {
					t.Errorf("reason %q does not say %q", r[0], says)
				}
			}
			opts.Types = map[string]arrow.DataType{"v": tc.given}
			given := mustRead(t, &opts, p)
			if rows := given.rows(); len(rows) != 201 || !strings.HasPrefix(rows[200], "k|"+tc.want) {
				t.Errorf("type %s is given: %d rows, the last %q, rejected %q", tc.given, len(rows), rows[len(rows)-1], given.rejected())
			}
		})
	}
}

// What stays what it is is taken.
func TestValuesBeyondTheSample(t *testing.T) {
	for name, tc := range map[string]struct{ file, header, format, last, want string }{
		"exponent among floats": {"a.csv", "v,k\n", "1%d.5,k", "1e3,k", "1000|k"},
		"integer among floats":  {"a.csv", "v,k\n", "1%d.5,k", "0,k", "0|k"},
		"whole JSON number":     {"a.json", "", `{"v":1%d}`, `{"v":1e3}`, "1000"},
	} {
		t.Run(name, func(t *testing.T) {
			p := write(t, t.TempDir(), tc.file, sampled(tc.header, tc.format, tc.last))
			res := mustRead(t, &file.Options{SampleBytes: 500, Allocator: checked(t)}, p)
			if rows := res.rows(); len(rows) != 201 || rows[200] != tc.want {
				t.Errorf("%d rows, the last %q, rejected %q", len(rows), rows[len(rows)-1], res.rejected())
			}
		})
	}
}

// Where another file says the type, a text is read as that: but codes are none of its numbers either.
func TestCodesBesideOtherFormats(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.parquet", parquetFile(t, numbers(memory.NewGoAllocator(), 0, 1, 1)...))
	write(t, dir, "b.csv", sampled("id,name\n", "1%d,n", "00501,n"))
	write(t, dir, "c.csv", sampled("name,id\n", "n%d,", "n,00502")) // the sample has no value
	res := mustRead(t, &file.Options{SampleBytes: 500, Allocator: checked(t)}, dir)
	if r := res.rejected(); len(r) != 2 || !strings.Contains(r[0], "00501") || !strings.Contains(r[1], "00502") {
		t.Errorf("rejected %q", r)
	}
}

// With MixedReject a column of strings takes nothing else. Columns that are text because nothing else holds their
// values go on taking all.
func TestMixedRejectAmongStrings(t *testing.T) {
	text := `{"title":"a","in":{"s":["x"]},"big":12345678901234567890,"none":null}
{"title":"b","in":{"s":["y"]},"big":1,"none":null}
{"title":"c","in":{"s":["2024-01-02"]},"big":2,"none":null}
{"title":300,"in":{"s":[]},"big":3,"none":null}
{"title":"d","in":{"s":["z",7]},"big":4,"none":null}
{"title":"e","in":null,"big":5,"none":true}
{"title":{"f":1},"in":null,"big":6,"none":null}
{"title":"2024-01-02","in":null,"big":7,"none":1}
`
	p := write(t, t.TempDir(), "a.json", text)
	for name, opts := range map[string]file.Options{
		"whole sample": {},
		"brief sample": {SampleBytes: strings.Index(text, `{"title":300`)},
	} {
		t.Run(name, func(t *testing.T) {
			opts.Allocator = checked(t)
			if n := len(mustRead(t, &opts, p).rows()); n != 8 {
				t.Errorf("MixedText: %d rows, want 8", n)
			}
			opts.JSON.Mixed = file.MixedReject
			if name == "whole sample" {
				opts.Types = map[string]arrow.DataType{"none": arrow.BinaryTypes.String} // it is bool, else
			}
			res := mustRead(t, &opts, p)
			var titles []string
			for _, row := range res.rows() {
				title, _, _ := strings.Cut(row, "|")
				titles = append(titles, title)
			}
			if diff := cmp.Diff([]string{"a", "b", "c", "e", "2024-01-02"}, titles); diff != "" {
				t.Errorf("rows mismatch (-want +got):\n%s", diff)
			}
			r := res.rejected()
			if len(r) != 3 {
				t.Fatalf("rejected %q", r)
			}
			for i, says := range []string{`line 4: column "title": "300" is no string`, `line 5: column "in.s[]": "7" is no string`, `line 7: column "title": "{\"f\":1}" is no string`} {
				if !strings.Contains(r[i], says) {
					t.Errorf("reason %q does not say %q", r[i], says)
				}
			}
			opts.Types = map[string]arrow.DataType{"title": arrow.BinaryTypes.String, "none": arrow.BinaryTypes.String}
			if n := len(mustRead(t, &opts, p).rows()); n != 7 {
				t.Errorf("the type of the column is given: %d rows, want 7", n)
			}
		})
	}
}
