package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/internal/decode/json"
	"github.com/floedata/floe/internal/decode/text"
)

// FuzzLines compares each line with encoding/json: the same are valid, and their scalars have the same values.
func FuzzLines(f *testing.F) {
	for _, in := range []string{"{\"a\":1,\"b\":\"x\\u00e9\"}\n{\"b\":null}", "{\"a\":[1,{\"c\":2}],\"b\":-1.5e3}", "{\"a\":tru", "{\"a\":\"\\ud83d\\ude00\"} \n 1", "{\"a\":{\"x\":[]}}\n\n{"} {
		f.Add(in)
	}
	schema := schemaOf(str, str)
	f.Fuzz(func(t *testing.T, in string) {
		if !utf8.ValidString(in) || strings.Contains(in, "\\u") && strings.Contains(strings.ToLower(in), "\\ud") {
			return // encoding/json puts another rune for what is none
		}
		var want [][]string
		for line := range strings.SplitSeq(strings.TrimPrefix(in, "\ufeff"), "\n") {
			if row, ok := standard(line); ok {
				want = append(want, row)
			}
		}
		got := decode(t, in+"\n", schema, json.Options{IgnoreUnknown: true, MaxDepth: 10000}, 1<<16)
		if strings.Contains(strings.Join(got.Rejects, "\n"), "stands there twice") {
			return // encoding/json takes the last one
		}
		if diff := cmp.Diff(want, got.Rows); diff != "" {
			t.Errorf("mismatch (-encoding/json +got):\n%s", diff)
		}
		if diff := cmp.Diff(got, decode(t, in+"\n", schema, json.Options{IgnoreUnknown: true, MaxDepth: 10000}, 5)); diff != "" {
			t.Errorf("other blocks: mismatch (-large +small):\n%s", diff)
		}
		if diff := cmp.Diff(got, decode(t, in+blank, schema, json.Options{IgnoreUnknown: true, MaxDepth: 10000}, 1<<16)); diff != "" {
			t.Errorf("mismatch (-as it is +with space behind):\n%s", diff)
		}
	})
}

// FuzzOnePass: values are the same whether they are read in one pass or not.
func FuzzOnePass(f *testing.F) {
	for _, in := range []string{
		`{"a":1,"b":2.5,"c":"x","d":true,"e":"2024-01-02 03:04:05.678","f":1.25,"g":{"h":[1],"i":"y"}}`,
		`{"a": -12345678, "b": null, "c": "12345678\"", "d": false, "e": "2024-01-02", "f": -0.5, "g": {"i": "z", "h": null}}`,
		"{\"g\":null,\"a\":01}\n{\"b\":1.,\"a\":2}\n{\"a\":9223372036854775807,\"b\":9007199254740993}",
		`{"a":1,"a":2}` + "\n" + `{"b":1,"a":2,"b":3}` + "\n" + `{"a":5,"c":"` + "\xff" + `"}`,
		`{"a" :1,"b":  2 ,"c":"",}`, `{"a":12` + "\n" + `{"c":"x` + "\n" + `{"d":tru`,
	} {
		f.Add(in)
	}
	types := []arrow.DataType{i64, f64, str, bit, micros, &arrow.Decimal128Type{Precision: 10, Scale: 2}, arrow.StructOf(arrow.Field{Name: "h", Type: list, Nullable: true}, arrow.Field{Name: "i", Type: str, Nullable: true})}
	schema := schemaOf(types...)
	f.Fuzz(func(t *testing.T, in string) {
		for _, inferred := range []bool{false, true} {
			o := json.Options{Inferred: slices.Repeat([]bool{inferred}, len(types))}
			// In small blocks, little stands behind any value.
			got, slow := decode(t, in+blank, schema, o, 1<<16), decode(t, in+"\n", schema, o, 1)
			if diff := cmp.Diff(slow, got); diff != "" {
				t.Errorf("inferred %v: mismatch (-parsed +in one pass):\n%s", inferred, diff)
			}
		}
	})
}

// standard reads the keys a and b of the object on a line by way of encoding/json.
func standard(line string) (row []string, ok bool) {
	if !strings.HasPrefix(strings.TrimLeft(line, " \t\r"), "{") {
		return nil, false
	}
	var object map[string]stdjson.RawMessage
	if stdjson.Unmarshal([]byte(line), &object) != nil {
		return nil, false
	}
	for _, key := range []string{"a", "b"} {
		raw, ok := object[key]
		var s string
		switch {
		case !ok || string(raw) == "null":
			s = "NULL"
		case raw[0] == '"':
			if stdjson.Unmarshal(raw, &s) != nil {
				return nil, false
			}
		default:
			s = string(raw)
		}
		row = append(row, s)
	}
	return row, true
}

// FuzzArray compares the elements of an array with encoding/json, and blocks of any size with one another,
// whatever the text and the schema that is inferred of it.
func FuzzArray(f *testing.F) {
	for _, in := range []string{`[{"a":1},{"a":{"x":[1,2]}}]`, "[\n{\"a\":[{\"x\":\"]\"},null]} , {}]\n", `[{"a":tru},[`, `[]`, `[1,"x",{"a":2}`, `[{"a":[}},{"a":1}]`} {
		f.Add(in, uint8(3))
	}
	f.Fuzz(func(t *testing.T, in string, size uint8) {
		schema, _, err := json.Infer([]byte(in), true, array, nil)
		if err != nil || schema.NumFields() == 0 {
			return
		}
		schema = nullsAsText(schema)
		got := decode(t, in, schema, array, 1<<16)
		small := decode(t, in, schema, array, int(size)+1)
		// An error shows as much of the text as was read.
		if head, _, ok := strings.Cut(got.Err, ": "); ok && strings.HasPrefix(small.Err, head) {
			small.Err = got.Err
		}
		if diff := cmp.Diff(got, small); diff != "" {
			t.Errorf("other blocks: mismatch (-large +small):\n%s", diff)
		}
		var want []map[string]stdjson.RawMessage
		if got.Rejects != nil || !utf8.ValidString(in) || stdjson.Unmarshal([]byte(in), &want) != nil {
			return
		}
		if got.Err != "" || len(got.Rows) != len(want) {
			t.Fatalf("%d rows and error %q, encoding/json has %d", len(got.Rows), got.Err, len(want))
		}
		names := map[string]bool{}
		for _, row := range want {
			for k := range row {
				names[k] = true
			}
		}
		var fields []string
		for _, f := range schema.Fields() {
			fields = append(fields, f.Name)
		}
		slices.Sort(fields)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(names)), fields); diff != "" {
			t.Errorf("fields mismatch (-encoding/json +got):\n%s", diff)
		}
	})
}

// FuzzNested checks that nested values come back as encoding/json reads them.
func FuzzNested(f *testing.F) {
	f.Add(`{"a":[{"x":1.5,"y":["p",null]},null],"b":{"z":{"w":true}}}`)
	f.Add(`{"a":[[1],[],[2,3]],"b":"x"}`)
	f.Fuzz(func(t *testing.T, in string) {
		var want map[string]any
		d := stdjson.NewDecoder(strings.NewReader(in))
		d.UseNumber()
		if !utf8.ValidString(in) || strings.ContainsAny(in, "\n") || d.Decode(&want) != nil {
			return
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return
		}
		o := json.Options{NoDates: true}
		schema, _, err := json.Infer([]byte(in), true, o, nil)
		if err != nil || schema.NumFields() == 0 {
			return
		}
		schema = nullsAsText(schema)
		got := decode(t, in, schema, o, 1<<16)
		if got.Rejects != nil || got.Err != "" || len(got.Rows) != 1 {
			return // keys that stand there twice, half surrogate pairs
		}
		for i, f := range schema.Fields() {
			if f.Type.ID() != arrow.STRUCT && f.Type.ID() != arrow.LIST {
				continue
			}
			var ours any
			r := stdjson.NewDecoder(bytes.NewReader([]byte(got.Rows[0][i])))
			r.UseNumber()
			if err := r.Decode(&ours); err != nil {
				t.Fatalf("column %q: %q: %v", f.Name, got.Rows[0][i], err)
			}
			if a, b := plain(want[f.Name]), plain(ours); a != b {
				t.Errorf("column %q: %s, encoding/json has %s", f.Name, b, a)
			}
		}
	})
}

// nullsAsText makes a schema that was inferred one that can be read.
func nullsAsText(schema *arrow.Schema) *arrow.Schema {
	fields := schema.Fields()
	for i := range fields {
		fields[i].Type = text.NullsAsText(fields[i].Type)
	}
	return arrow.NewSchema(fields, nil)
}

// plain writes a value in one way: without nulls in objects, numbers as float64, and what became text as text.
func plain(v any) string {
	switch v := v.(type) {
	case map[string]any:
		s := "{"
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if v[k] != nil {
				s += strconv.Quote(k) + ":" + plain(v[k]) + ","
			}
		}
		return s + "}"
	case []any:
		s := "["
		for _, e := range v {
			s += plain(e) + ","
		}
		return s + "]"
	case stdjson.Number:
		x, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return strconv.FormatFloat(x, 'g', -1, 64)
	case string:
		var inner any
		d := stdjson.NewDecoder(strings.NewReader(v))
		d.UseNumber()
		if d.Decode(&inner) == nil {
			return plain(inner)
		}
		return v
	case bool:
		return strconv.FormatBool(v)
	}
	return "null"
}
