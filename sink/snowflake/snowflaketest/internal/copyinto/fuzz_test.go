package copyinto

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever text there is, splitting ends, records follow one another without a gap, fields are inside them, and a record is
// split alike a second time.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{"1,a\n2,b\n", "\"a\"\"b\",\"c\nd\"\r\n", "a\\,b\\\n\nc", "\"open", "\"x\"y,z\n1", " \" a \" ,b\n", "\xff,\n", "||~~", "\\", "\\\n\n\"0"} {
		for _, kind := range []uint8{0, 1, 2, 3, 4, 5, 6, 7, 8} {
			f.Add(text, kind)
		}
	}
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		format := defaultCSV()
		if kind&1 != 0 {
			format.Enclosure = '"'
		}
		if kind&2 != 0 {
			format.TrimSpace, format.MultiLine, format.SkipHeader = true, false, 1
		}
		if kind&4 != 0 {
			format.FieldDelimiter, format.RecordDelimiter, format.Escape = "||", "~~", '\\'
		}
		if kind&8 != 0 {
			format.EscapeUnenclosed = 0
		}
		r := newCSVReader(format, []byte(text))
		var rec csvRecord
		for at := r.at; r.record(&rec); at = r.at {
			if rec.start != at || rec.end < rec.start || rec.next < rec.end || rec.next != r.at || r.at <= at || r.at > len(text) {
				t.Fatalf("a record at %d is %d, %d, %d", at, rec.start, rec.end, rec.next)
			}
			if rec.stray == nil && len(rec.fields) == 0 {
				t.Fatal("a record without fields")
			}
			for _, field := range rec.fields {
				if field.start < rec.start || field.start > rec.end {
					t.Fatalf("a field at %d of a record at %d to %d", field.start, rec.start, rec.end)
				}
			}
			if rec.stray != nil && (rec.stray.at < rec.start || rec.stray.at > len(text)) {
				t.Fatalf("what is wrong is at %d", rec.stray.at)
			}
			var again csvRecord
			r.split(&again, rec.start, rec.line)
			if again.end != rec.end || !slices.Equal(again.fields, rec.fields) {
				t.Fatal("a record is split otherwise the second time")
			}
			r.place(rec.end, rec.start, rec.line)
		}
	})
}

// Fields that are written with enclosures come back.
func FuzzCSVEnclosed(f *testing.F) {
	f.Add("a", "b\"c\n")
	f.Add("", "\\,")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a + b) {
			return
		}
		quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
		format := defaultCSV()
		format.Enclosure, format.NullIf = '"', nil
		r := newCSVReader(format, []byte(quote(a)+","+quote(b)+"\n1,2\n"))
		var rec csvRecord
		if !r.record(&rec) || len(rec.fields) != 2 || rec.fields[0].text != a || rec.fields[1].text != b || rec.fields[0].null || rec.fields[1].null {
			t.Fatalf("%q and %q became %+v", a, b, rec)
		}
		if !r.record(&rec) || rec.fields[1].text != "2" {
			t.Fatalf("the next record is %+v", rec)
		}
	})
}

// What the parser takes for JSON is JSON to encoding/json, of the same meaning, without white space, and comes out the same a
// second time; and what encoding/json takes the parser does.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{`{"a" : [1, -2.5e3, true, null, "x\u00e4"]}`, `[]`, `"\ud83d\ude00"`, `{"b":1,"a":{"d":2,"c":[]}}`, `{"a":1,"a":2}`, `nul`, `[1,]`, `01`, `{"a"}`, "\"\x01\"", `TRUE`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out, failure := parseJSON(text)
		var want any
		std := json.Unmarshal([]byte(text), &want)
		if failure != nil {
			if std == nil && utf8.ValidString(text) && !strings.HasPrefix(failure.text, "duplicate") && !strings.HasPrefix(failure.text, "more than") {
				t.Fatalf("%q is refused: %s at %d", text, failure.text, failure.at)
			}
			if failure.at < 0 || failure.at > len(text) {
				t.Fatalf("the failure is at %d", failure.at)
			}
			return
		}
		if std == nil {
			var got any
			if err := json.Unmarshal([]byte(out), &got); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%q became %q: %v", text, out, err)
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, []byte(out)); err != nil || compact.String() != out {
				t.Fatalf("%q has white space", out)
			}
		}
		if again, failure := parseJSON(out); failure != nil || again != out {
			t.Fatalf("%q became %q, and that %q", text, out, again)
		}
	})
}

// Records of JSON end, and follow one another.
func FuzzJSONRecords(f *testing.F) {
	for _, text := range []string{"[1,2,]\n{}", "{\"a\":1}\n{\n}", "[", "]", "[1 2]", "x\n1", "[]1", ","} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, strip bool) {
		format := defaultJSON()
		format.StripOuterArray = strip
		r := newJSONReader(format, []byte(text))
		for last := 0; ; {
			rec, ok := r.record()
			if !ok {
				if r.at < len(text) {
					t.Fatalf("it ends at %d", r.at)
				}
				return
			}
			if rec.start < last || rec.end < rec.start || rec.end > len(text) || rec.failure != nil && (rec.failure.at < rec.start || rec.failure.at > len(text)) {
				t.Fatalf("%+v after %d", rec, last)
			}
			last = rec.end
		}
	})
}

func FuzzUnescape(f *testing.F) {
	for _, text := range []string{`\t`, `\\`, `\x41`, `\101`, `0x5e`, `\x4`, `\`, `\777`, "ä"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain, ok := unescape(text)
		if !strings.ContainsAny(text, `\`) && !strings.HasPrefix(strings.ToLower(text), "0x") && (!ok || plain != text) {
			t.Fatalf("%q became %q", text, plain)
		}
		if ok && utf8.ValidString(plain) && !strings.HasPrefix(strings.ToLower(plain), "0x") && !strings.ContainsFunc(plain, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\r", r) }) {
			if again, ok := unescape(shownText(plain)); !ok || again != plain {
				t.Fatalf("%q is shown as %q, which is %q", plain, shownText(plain), again)
			}
		}
	})
}
