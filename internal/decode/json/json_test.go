package json_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/floedata/floe/internal/decode/json"
	"github.com/floedata/floe/internal/decode/text"
)

// result is what came of a text: the values of all rows as text, nulls as "NULL", the messages of rejects, and
// the error that ended it.
type result struct {
	Rows    [][]string
	Rejects []string
	Err     string
}

// decode decodes in with blocks of that size.
func decode(t *testing.T, in string, schema *arrow.Schema, o json.Options, blockBytes int) (res result) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	d, err := json.NewDecoder(mem, schema, o)
	if err != nil {
		t.Fatal(err)
	}
	s := json.NewSplitter(iotest.OneByteReader(strings.NewReader(in)), o, blockBytes, text.Mark{})
	for {
		b, err := s.Next()
		if errors.Is(err, io.EOF) {
			return res
		}
		if err != nil {
			res.Err = err.Error()
			return res
		}
		rec, rejected, err := d.Decode(b)
		b.Free()
		if err != nil {
			res.Err = err.Error()
			return res
		}
		if rec != nil {
			for row := range int(rec.NumRows()) {
				res.Rows = append(res.Rows, values(rec, row))
			}
			rec.Release()
		}
		if rejected != nil {
			for _, r := range rejected.Reasons {
				res.Rejects = append(res.Rejects, r.Code+" "+r.Column+": "+r.Message)
			}
			rejected.Release()
		}
	}
}

func values(rec arrow.Record, row int) []string {
	vs := make([]string, rec.NumCols())
	for i, c := range rec.Columns() {
		vs[i] = "NULL"
		if c.IsValid(row) {
			vs[i] = c.ValueStr(row)
		}
	}
	return vs
}

// blank is nothing, but enough behind a value for it to be read in one pass.
var blank = "\n" + strings.Repeat(" ", 100)

func schemaOf(types ...arrow.DataType) *arrow.Schema {
	fields := make([]arrow.Field, len(types))
	for i, dt := range types {
		fields[i] = arrow.Field{Name: string(rune('a' + i)), Type: dt, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

var (
	str    = arrow.BinaryTypes.String
	i64    = arrow.PrimitiveTypes.Int64
	f64    = arrow.PrimitiveTypes.Float64
	bit    = arrow.FixedWidthTypes.Boolean
	micros = &arrow.TimestampType{Unit: arrow.Microsecond}
	list   = arrow.ListOf(i64)
	object = arrow.StructOf(arrow.Field{Name: "x", Type: i64, Nullable: true}, arrow.Field{Name: "y", Type: arrow.ListOf(str), Nullable: true})
	array  = json.Options{Array: true}
)

func TestDecode(t *testing.T) {
	for _, tc := range []struct {
		name   string
		in     string
		schema *arrow.Schema
		o      json.Options
		want   result
	}{
		{
			name: "lines", in: "\xef\xbb\xbf{\"a\":1,\"b\":\"x\"}\n\n {\"b\" : \"y\" , \"a\" : 2 }\r\n{\"b\":null}\n{}", schema: schemaOf(i64, str),
			want: result{Rows: [][]string{{"1", "x"}, {"2", "y"}, {"NULL", "NULL"}, {"NULL", "NULL"}}},
		},
		{
			name: "array", in: "\xef\xbb\xbf [\n  {\"a\": 1,\n   \"b\": \"],[{\\\"\"},{\"a\":2,\"b\":\"y\"}\n ,\n {\"a\":3}\n]\n", schema: schemaOf(i64, str), o: array,
			want: result{Rows: [][]string{{"1", `],[{"`}, {"2", "y"}, {"3", "NULL"}}},
		},
		{name: "empty array", in: " [ ] ", schema: schemaOf(i64), o: array},
		{name: "nothing", in: " \n", schema: schemaOf(i64), o: array},
		{name: "no lines", in: " \n\n", schema: schemaOf(i64)},
		{
			name: "escapes", in: `{"a":"\u00e9\ud83d\ude00\n\"\\\/\t\b\f\r"}` + "\n" + `{"\u0061":"k"}`, schema: schemaOf(str),
			want: result{Rows: [][]string{{"é😀\n\"\\/\t\b\f\r"}, {"k"}}},
		},
		{
			name: "numbers", in: "{\"a\":1.0,\"b\":1}\n{\"a\":-2e3,\"b\":-1.5e-3}\n{\"a\":\"7\",\"b\":\"0.25\"}\n{\"a\":9223372036854775807,\"b\":1e400}\n{\"a\":1.5,\"b\":0}\n", schema: schemaOf(i64, f64),
			want: result{
				Rows: [][]string{{"1", "1"}, {"-2000", "-0.0015"}, {"7", "0.25"}},
				Rejects: []string{
					`outofrange b: line 4: column "b": "1e400" does not fit float64`,
					`outofrange a: line 5: column "a": "1.5" does not fit int64`,
				},
			},
		},
		{
			name: "scalars", in: "{\"a\":true,\"b\":\"2024-02-29T01:02:03.5+01:00\",\"c\":12.50}\n{\"a\":false,\"b\":\"2024-02-29\",\"c\":\"-1\"}\n", schema: schemaOf(bit, micros, &arrow.Decimal128Type{Precision: 6, Scale: 2}),
			want: result{Rows: [][]string{{"true", "2024-02-29 00:02:03.5Z", "12.5"}, {"false", "2024-02-29 00:00:00Z", "-1"}}},
		},
		{
			name: "anything is text", in: `{"a":1.50,"b":{"k": [1, "x"]}}` + "\n" + `{"a":true,"b":[ ]}` + "\n", schema: schemaOf(str, str),
			want: result{Rows: [][]string{{"1.50", `{"k": [1, "x"]}`}, {"true", "[ ]"}}},
		},
		{
			name: "nested", in: `{"a":[1,null,3],"b":{"y":["p"],"x":5}}` + "\n" + `{"a":[],"b":null}` + "\n" + `{"a":null,"b":{}}` + "\n", schema: schemaOf(list, object),
			want: result{Rows: [][]string{{"[1,null,3]", `{"x":5,"y":["p"]}`}, {"[]", "NULL"}, {"NULL", `{"x":null,"y":null}`}}},
		},
		{
			name: "misfits", in: `{"a":"x","b":[1]}` + "\n" + `{"a":1,"b":2}` + "\n" + `{"a":[1],"b":["x"]}` + "\n" + `{"a":2,"b":[1,"x"]}` + "\n" + `{"a":3,"b":[]}`, schema: schemaOf(i64, list),
			want: result{
				Rows: [][]string{{"3", "[]"}},
				Rejects: []string{
					`invalid a: line 1: column "a": "x" is not a value of type int64`,
					`invalid b: line 2: column "b": "2" is not a value of type list<item: int64, nullable>`,
					`invalid a: line 3: column "a": "[1]" is not a value of type int64`,
					`invalid b: line 4: column "b[]": "x" is not a value of type int64`,
				},
			},
		},
		{
			name: "unknown and double keys", in: `{"a":1,"z":[{"q":1}]}` + "\n" + `{"a":1,"a":2}` + "\n" + `{"b":{"x":1,"x":2}}` + "\n" + `{"b":{"w":1}}` + "\n" + `{"a":4}` + "\n", schema: schemaOf(i64, object),
			want: result{
				Rows: [][]string{{"4", "NULL"}},
				Rejects: []string{
					`invalid z: line 1: column "z": the key is no column; add one, or let unknown keys be ignored`,
					`invalid a: line 2: column "a": the key stands there twice`,
					`invalid b: line 3: column "b.x": the key stands there twice`,
					`invalid b: line 4: column "b.w": the key is no column; add one, or let unknown keys be ignored`,
				},
			},
		},
		{
			name: "double keys out of order", in: `{"c":1,"a":2,"b":null,"c":4}` + "\n" + `{"b":{"y":"p","x":3,"y":"q"}}` + "\n" + `{"c":5,"b":{"y":"r","x":6},"a":7}` + "\n", schema: schemaOf(i64, arrow.StructOf(arrow.Field{Name: "x", Type: i64, Nullable: true}, arrow.Field{Name: "y", Type: str, Nullable: true}), i64),
			want: result{
				Rows: [][]string{{"7", `{"x":6,"y":"r"}`, "5"}},
				Rejects: []string{
					`invalid c: line 1: column "c": the key stands there twice`,
					`invalid b: line 2: column "b.y": the key stands there twice`,
				},
			},
		},
		{
			name: "unknown keys ignored", in: `{"z":{"q":[1,"}"]},"a":1,"y":-0.5e+1}` + "\n", schema: schemaOf(i64), o: json.Options{IgnoreUnknown: true},
			want: result{Rows: [][]string{{"1"}}},
		},
		{
			name: "broken lines", in: "{\"a\":1,}\n{\"a\" 1}\n{a:1}\n[1]\n{\"a\":01}\n{\"a\":1} x\n{\"a\":\"\\x\"}\n{\"a\":\"\\ud800\"}\n{\"a\":tru}\n{\"a\":1\n7\n", schema: schemaOf(str),
			want: result{Rejects: []string{
				`invalid : line 1, byte 7: invalid JSON: a key should stand behind a comma: "}"`,
				`invalid : line 2, byte 14: invalid JSON: a colon should stand behind a key: "1}"`,
				`invalid : line 3, byte 18: invalid JSON: a key in quotes should stand here: "a:1}"`,
				`invalid : line 4, byte 26: invalid JSON: the row is no JSON object: "[1]"`,
				`invalid : line 5, byte 32: invalid JSON: a number is not written as JSON writes them: "01}"`,
				`invalid : line 6, byte 44: invalid JSON: text stands behind the object: "x"`,
				`invalid : line 7, byte 51: invalid JSON: a string has an escape in it that is none: "\"\\x\"}"`,
				`invalid : line 8, byte 62: invalid JSON: a string has an escape in it that is none: "\"\\ud800\"}"`,
				`invalid : line 9, byte 77: invalid JSON: a value should stand here: "tru}"`,
				`invalid : line 10, byte 88: invalid JSON: a comma or a closing brace should stand here: "{\"a\":1"`,
				`invalid : line 11, byte 90: invalid JSON: the row is no JSON object: "7"`,
			}},
		},
		{
			name: "broken in the middle of nested values", in: `{"a":[1,2],"b":{"x":1,"y":["p",}}` + "\n" + `{"a":[3,x],"b":{"x":1}}` + "\n" + `{"a":[4],"b":{"x":5}}` + "\n", schema: schemaOf(list, object),
			want: result{
				Rows: [][]string{{"[4]", `{"x":5,"y":null}`}},
				Rejects: []string{
					`invalid : line 1, byte 31: invalid JSON: a value should stand here: "}}"`,
					`invalid : line 2, byte 42: invalid JSON: a value should stand here: "x],\"b\":{\"x\":1}}"`,
				},
			},
		},
		{
			name: "broken elements", in: "[{\"a\":1},{\"a\" 2},\n{\"a\":[}},5,{\"a\":3}]", schema: schemaOf(i64), o: array,
			want: result{
				Rows: [][]string{{"1"}, {"3"}},
				Rejects: []string{
					`invalid : line 1, byte 14: invalid JSON: a colon should stand behind a key: "2}"`,
					`invalid : line 2, byte 24: invalid JSON: a value should stand here: "}}"`,
					`invalid : line 2, byte 28: invalid JSON: the row is no JSON object: "5"`,
				},
			},
		},
		{
			name: "no UTF-8", in: "{\"a\":\"x\xff\"}\n{\"a\":\"é\"}\n", schema: schemaOf(str),
			want: result{Rows: [][]string{{"é"}}, Rejects: []string{`invalid a: line 1: column "a": "x\xff" is not valid UTF-8`}},
		},
		{
			name: "too deep", in: `{"a":[[[[]]]]}` + "\n" + `{"a":[[[]]]}`, schema: schemaOf(str), o: json.Options{MaxDepth: 4},
			want: result{Rows: [][]string{{"[[[]]]"}}, Rejects: []string{`invalid : line 1, byte 8: invalid JSON: values are nested too deep (option MaxDepth): "[]]]]}"`}},
		},
		{
			name: "nulls where none may be", in: `{"a":null}` + "\n{}\n" + `{"a":1}`, schema: arrow.NewSchema([]arrow.Field{{Name: "a", Type: i64}}, nil),
			want: result{
				Rows: [][]string{{"1"}},
				Rejects: []string{
					`null a: line 1: column "a": the value is missing and the column takes no null`,
					`null a: line 2: column "a": the value is missing and the column takes no null`,
				},
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, size := range []int{1, 3, 8, 17, 1 << 16} {
				got := decode(t, tc.in, tc.schema, tc.o, size)
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("blocks of %d bytes: mismatch (-want +got):\n%s", size, diff)
				}
			}
			got := decode(t, tc.in+blank, tc.schema, tc.o, 1<<16)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("with space behind: mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCutOff(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		o        json.Options
		want     string
	}{
		{name: "line", in: "{\"a\":1}\n{\"a\":\"x", want: "line 2, byte 8: the text is cut off: it ends within this row"},
		{name: "line in a number", in: "{\"a\":1}\n{\"a\":-", want: "line 2, byte 8: the text is cut off: it ends within this row"},
		{name: "line in a literal", in: "{\"a\":nul", want: "line 1, byte 0: the text is cut off: it ends within this row"},
		{name: "element", in: "[{\"a\":1},\n{\"a\":", o: array, want: "line 2, byte 10: the JSON array is cut off: the text ends before its closing bracket"},
		{name: "behind a comma", in: "[{\"a\":1},", o: array, want: "line 1, byte 9: the JSON array is cut off: the text ends before its closing bracket"},
		{name: "behind an element", in: "[{\"a\":1}", o: array, want: "line 1, byte 1: the JSON array is cut off: the text ends before its closing bracket"},
		{name: "bracket alone", in: "[", o: array, want: "line 1, byte 1: the JSON array is cut off: the text ends before its closing bracket"},
		{name: "no array", in: "{}", o: array, want: `line 1, byte 0: the text is no JSON array: it begins with "{}"`},
		{name: "text behind", in: "[{\"a\":1}] x", o: array, want: `line 1, byte 10: text stands behind the JSON array: "x"`},
		{name: "no comma", in: "[{\"a\":1} {}]", o: array, want: `line 1, byte 9: a comma or the closing bracket of the JSON array should stand here, not "{}]"`},
		{name: "no element", in: "[{\"a\":1},,{}]", o: array, want: `line 1, byte 9: an element of the JSON array should stand here, not ",{}]"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := decode(t, tc.in, schemaOf(str), tc.o, 1<<16)
			if diff := cmp.Diff(tc.want, got.Err); diff != "" {
				t.Errorf("error mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSplitterResumes(t *testing.T) {
	for _, tc := range []struct {
		in string
		o  json.Options
	}{
		{in: "{\"a\":1}\n{\"a\":2}\n\n{\"a\":3}"},
		{in: " [{\"a\":1}, {\"a\":2}\n,{\"a\":3}\n] \n", o: array},
	} {
		read := func(from text.Mark) (data []string, marks []text.Mark) {
			s := json.NewSplitter(strings.NewReader(tc.in[from.Offset:]), tc.o, 11, from)
			for {
				b, err := s.Next()
				if errors.Is(err, io.EOF) {
					return data, marks
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := tc.in[b.Offset : b.Offset+int64(len(b.Data))]; got != string(b.Data) {
					t.Errorf("the block at %d is %q, not %q", b.Offset, b.Data, got)
				}
				if line := int64(1 + strings.Count(tc.in[:b.Offset], "\n")); b.Line != line {
					t.Errorf("the block at %d is on line %d, not %d", b.Offset, b.Line, line)
				}
				data = append(data, strings.TrimSpace(string(b.Data)))
				marks = append(marks, b.After)
			}
		}
		all, marks := read(text.Mark{})
		if len(all) != 3 {
			t.Fatalf("%d blocks, want 3: %q", len(all), all)
		}
		for i, m := range marks {
			got, _ := read(m)
			if diff := cmp.Diff(all[i+1:], got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("after block %d: mismatch (-want +got):\n%s", i, diff)
			}
		}
	}
}

func TestInfer(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		o        json.Options
		want     string
	}{
		{name: "scalars", in: `{"a":1,"b":2.5,"c":true,"d":"x","e":null,"f":"2024-01-01","g":"2024-01-01T00:00:00Z"}`, want: "a int64, b float64, c bool, d utf8, e null, f date32, g timestamp[us, tz=UTC]"},
		{name: "union of keys", in: "{\"b\":1}\n{\"a\":2,\"b\":1.5}\n{\"c\":[]}", want: "b float64, a int64, c list<item: null, nullable>"},
		{name: "mixed", in: "{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":2}", want: "a utf8"},
		{name: "majority", in: "{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":2}", o: json.Options{Majority: true}, want: "a int64"},
		{name: "large numbers", in: "{\"a\":123456789012345678901234567890}\n{\"a\":1}", want: "a utf8"},
		{name: "dates and timestamps", in: "{\"a\":\"2024-01-01\"}\n{\"a\":\"2024-01-01 01:02:03\"}", want: "a timestamp[us]"},
		{name: "no dates", in: "{\"a\":\"2024-01-01\"}", o: json.Options{NoDates: true}, want: "a utf8"},
		{name: "times are text", in: "{\"a\":\"10:00:00\"}", want: "a utf8"},
		{name: "nested", in: "{\"a\":{\"x\":1,\"y\":[{\"p\":1}]}}\n{\"a\":{\"z\":true,\"y\":[{\"q\":\"s\"},null]}}", want: "a struct<x: int64, y: list<item: struct<p: int64, q: utf8>, nullable>, z: bool>"},
		{name: "empty object", in: `{"a":{}}`, want: "a utf8"},
		{name: "broken rows", in: "{\"a\":1}\n{\"b\":tru}\nx\n", want: "a int64"},
		{name: "array", in: ` [ {"a":1}, {"a":"]"} ] `, o: array, want: "a utf8"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			schema, _, err := json.Infer([]byte(tc.in), true, tc.o, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range schema.Fields() {
				got = append(got, f.Name+" "+f.Type.String())
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("schema mismatch (-want +got):\n%s", diff)
			}
		})
	}
	schema, _, err := json.Infer([]byte("[{\"a\":1,\"b\":2},{\"c\""), false, array, map[string]arrow.DataType{"b": str})
	if err != nil {
		t.Fatal(err)
	}
	if got := schema.Field(0).Type.String() + " " + schema.Field(1).Type.String(); got != "int64 utf8" || schema.NumFields() != 2 {
		t.Errorf("Infer with an override: %v", schema)
	}
	for in, o := range map[string]json.Options{`{"a":1}`: {}, `[{"a":1}`: array, "[": array, "": {}} {
		if _, _, err := json.Infer([]byte(in), false, o, nil); err == nil || !strings.Contains(err.Error(), "the first row does not end within") {
			t.Errorf("Infer of a sample %q without a whole row answered %v", in, err)
		}
	}
	if _, _, err := json.Infer([]byte(`{"a":1}`), true, json.Options{}, map[string]arrow.DataType{"x": i64}); err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("an override of no column answered %v", err)
	}
}

func TestNewDecoderNamesFaults(t *testing.T) {
	for want, schema := range map[string]*arrow.Schema{
		`column "a": values of type`: schemaOf(arrow.MapOf(str, i64)),
		`column "a[]": values of`:    schemaOf(arrow.ListOf(arrow.FixedWidthTypes.Duration_s)),
		"the schema has no columns":  schemaOf(),
		`column "a": there are two`:  arrow.NewSchema([]arrow.Field{{Name: "a", Type: i64}, {Name: "a", Type: i64}}, nil),
	} {
		if _, err := json.NewDecoder(memory.DefaultAllocator, schema, json.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewDecoder answered %v, want %q", err, want)
		}
	}
	if _, err := json.NewDecoder(memory.DefaultAllocator, schemaOf(i64), json.Options{MaxDepth: -1}); err == nil || !strings.Contains(err.Error(), "MaxDepth") {
		t.Errorf("NewDecoder answered %v", err)
	}
}
