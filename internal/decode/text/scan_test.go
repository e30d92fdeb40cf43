package text_test

import (
	stdjson "encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/decode/text"
)

// behind is what stands behind a value: long enough for every value to be read in one pass.
var behind = `,"next":"` + strings.Repeat("x", 80) + `"}`

// TestAppendJSON: which values are read in one pass, and to what. The others are for Append.
func TestAppendJSON(t *testing.T) {
	money := &arrow.Decimal128Type{Precision: 10, Scale: 2}
	micros, millis := &arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Millisecond}
	instant := &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	i8, i64, u8, u64, f64 := arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint64, arrow.PrimitiveTypes.Float64
	for _, tc := range []struct {
		dt     arrow.DataType
		in     string
		want   string // "" = is not read in one pass
		strict bool
	}{
		{dt: i64, in: "0", want: "0"},
		{dt: i64, in: "-0", want: "0"},
		{dt: i64, in: "7", want: "7"},
		{dt: i64, in: "1234567", want: "1234567"},
		{dt: i64, in: "12345678", want: "12345678"},
		{dt: i64, in: "-123456789", want: "-123456789"},
		{dt: i64, in: "1234567890123456", want: "1234567890123456"},
		{dt: i64, in: "-12345678901234567", want: "-12345678901234567"},
		{dt: i64, in: "999999999999999999", want: "999999999999999999"},
		{dt: i64, in: "1000000000000000000"},
		{dt: i64, in: "-9223372036854775808"},
		{dt: i64, in: strings.Repeat("9", 60)},
		{dt: i64, in: "01"},
		{dt: i64, in: "-01"},
		{dt: i64, in: "00000000"},
		{dt: i64, in: "1.0"},
		{dt: i64, in: "1e3"},
		{dt: i64, in: "12345678E3"},
		{dt: i64, in: "1."},
		{dt: i64, in: "-"},
		{dt: i64, in: "--1"},
		{dt: i64, in: "+1"},
		{dt: i64, in: `"1"`},
		{dt: i64, in: "null"},
		{dt: i8, in: "127", want: "127"},
		{dt: i8, in: "-128", want: "-128"},
		{dt: i8, in: "128"},
		{dt: i8, in: "-129"},
		{dt: u8, in: "255", want: "255"},
		{dt: u8, in: "256"},
		{dt: u8, in: "-1"},
		{dt: u64, in: "123456789012345678", want: "123456789012345678"},
		{dt: f64, in: "0", want: "0"},
		{dt: f64, in: "-0", want: "-0"},
		{dt: f64, in: "-0.0", want: "-0"},
		{dt: f64, in: "0.1", want: "0.1"},
		{dt: f64, in: "12.3456", want: "12.3456"},
		{dt: f64, in: "123.4567", want: "123.4567"},
		{dt: f64, in: "-1234567.8", want: "-1.2345678e+06"},
		{dt: f64, in: "12345678.9", want: "1.23456789e+07"},
		{dt: f64, in: "1.23456789012345", want: "1.23456789012345"},
		{dt: f64, in: "0.00000000000000001", want: "1e-17"},
		{dt: f64, in: "0.000000000000000001"},
		{dt: f64, in: "9007199254740991", want: "9.007199254740991e+15"},
		{dt: f64, in: "900719925474099.1", want: "9.007199254740991e+14"},
		{dt: f64, in: "9007199254740992"},
		{dt: f64, in: "900719925474099.2"},
		{dt: f64, in: "1e5"},
		{dt: f64, in: "1.5E5"},
		{dt: f64, in: "1.e5"},
		{dt: f64, in: "1."},
		{dt: f64, in: "1234567."},
		{dt: f64, in: "12345678."},
		{dt: f64, in: ".5"},
		{dt: f64, in: "-.5"},
		{dt: f64, in: "00.5"},
		{dt: f64, in: "NaN"},
		{dt: f64, in: "900719925474099", want: "9.00719925474099e+14", strict: true},
		{dt: arrow.PrimitiveTypes.Float32, in: "0.1"},
		{dt: money, in: "0", want: "0"},
		{dt: money, in: "-0.5", want: "-0.5"},
		{dt: money, in: "12.34", want: "12.34"},
		{dt: money, in: "99999999.99", want: "99999999.99"},
		{dt: money, in: "-99999999.99", want: "-99999999.99", strict: true},
		{dt: money, in: "100000000"},
		{dt: money, in: "1.234"},
		{dt: money, in: "1.230"},
		{dt: &arrow.Decimal128Type{Precision: 38, Scale: 10}, in: "12345678.1234567891", want: "12345678.1234567891"},
		{dt: &arrow.Decimal128Type{Precision: 38, Scale: 10}, in: "123456789.1"},
		{dt: &arrow.Decimal128Type{Precision: 38, Scale: 20}, in: "0"},
		{dt: &arrow.Decimal128Type{Precision: 5, Scale: -2}, in: "100"},
		{dt: arrow.FixedWidthTypes.Boolean, in: "true", want: "true"},
		{dt: arrow.FixedWidthTypes.Boolean, in: "false", want: "false"},
		{dt: arrow.FixedWidthTypes.Boolean, in: "falsy"},
		{dt: arrow.FixedWidthTypes.Boolean, in: "True"},
		{dt: arrow.FixedWidthTypes.Boolean, in: "1"},
		{dt: arrow.FixedWidthTypes.Date32, in: `"2024-02-29"`, want: "2024-02-29"},
		{dt: arrow.FixedWidthTypes.Date32, in: `"2023-02-29"`},
		{dt: arrow.FixedWidthTypes.Date32, in: `"2024-02-29 "`},
		{dt: micros, in: `"2024-02-29 23:59:59"`, want: "2024-02-29 23:59:59Z"},
		{dt: micros, in: `"2024-02-29T23:59:59.5"`, want: "2024-02-29 23:59:59.5Z"},
		{dt: micros, in: `"1969-12-31 23:59:59.000001"`, want: "1969-12-31 23:59:59.000001Z"},
		{dt: micros, in: `"2024-02-29 23:59:59.123456Z"`, want: "2024-02-29 23:59:59.123456Z"},
		{dt: micros, in: `"2024-02-29 23:59:59Z"`, want: "2024-02-29 23:59:59Z"},
		{dt: micros, in: `"2024-02-29 23:59:59Z"`, strict: true},
		{dt: micros, in: `"2024-02-29 23:59:59.1"`, want: "2024-02-29 23:59:59.1Z", strict: true},
		{dt: micros, in: `"2024-02-29 23:59:59.1234560"`},
		{dt: micros, in: `"2024-02-29 23:59:59."`},
		{dt: micros, in: `"2024-02-29 23:59:60"`},
		{dt: micros, in: `"2024-02-29 23:59:59+01"`},
		{dt: micros, in: `"2024-02-29 23:59"`},
		{dt: micros, in: `"2024-02-29"`},
		{dt: millis, in: `"2024-02-29 23:59:59.12"`, want: "2024-02-29 23:59:59.12Z"},
		{dt: millis, in: `"2024-02-29 23:59:59.1234"`},
		{dt: &arrow.TimestampType{Unit: arrow.Second}, in: `"2024-02-29 23:59:59.000"`, want: "2024-02-29 23:59:59Z"},
		{dt: &arrow.TimestampType{Unit: arrow.Second}, in: `"2024-02-29 23:59:59.5"`},
		{dt: instant, in: `"2024-02-29T23:59:59Z"`, want: "2024-02-29 23:59:59Z", strict: true},
		{dt: instant, in: `"2024-02-29T23:59:59"`, strict: true},
		{dt: arrow.BinaryTypes.String, in: `""`, want: "(empty)"},
		{dt: arrow.BinaryTypes.String, in: `"é"`, want: "é"},
		{dt: arrow.BinaryTypes.String, in: `"` + strings.Repeat("a", 63) + `"`, want: strings.Repeat("a", 63)},
		{dt: arrow.BinaryTypes.LargeString, in: `"` + strings.Repeat("a", 63) + `"`, want: strings.Repeat("a", 63)},
		{dt: arrow.BinaryTypes.String, in: `"` + strings.Repeat("a", 64) + `"`},
		{dt: arrow.BinaryTypes.String, in: `"a\n"`},
		{dt: arrow.BinaryTypes.String, in: "\"a\n\""},
		{dt: arrow.BinaryTypes.String, in: "1"},
		{dt: arrow.BinaryTypes.Binary, in: `"a"`, want: "YQ=="},
	} {
		t.Run(fmt.Sprintf("%s/%s/strict=%v", tc.dt, tc.in, tc.strict), func(t *testing.T) {
			got, n := appendJSON(t, tc.dt, tc.strict, tc.in+behind)
			if got != tc.want || tc.want != "" && n != len(tc.in) {
				t.Errorf("%q of %d bytes, want %q of %d", got, n, tc.want, len(tc.in))
			}
			// Where the text ends soon, the value is for Append, or the same.
			for _, more := range []string{"", ",", `,"x":1}`, behind[:30]} {
				if short, n := appendJSON(t, tc.dt, tc.strict, tc.in+more); n > 0 && short != got {
					t.Errorf("before %q: %q, want %q", more, short, got)
				}
			}
		})
	}
}

// appendJSON appends the value that in begins with to a column that has others already: the value, "" where it was not
// appended.
func appendJSON(t *testing.T, dt arrow.DataType, strict bool, in string) (value string, n int) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	newColumn := text.NewColumn
	if strict {
		newColumn = text.NewStrictColumn
	}
	c, err := newColumn(mem, dt, text.Raw)
	if err != nil {
		t.Fatal(err)
	}
	for range 9 {
		c.AppendNull()
	}
	n = c.AppendJSON([]byte(in))
	if had := c.Len(); had != 9+min(n, 1) {
		t.Fatalf("%d values after one of %d bytes, want 9 and that", had, n)
	}
	c.AppendNull()
	a := c.Finish()
	defer a.Release()
	switch {
	case n == 0:
		return "", 0
	case a.NullN() != 10 || a.IsNull(9):
		t.Fatalf("%v, want 10 nulls around the value", a)
	case a.ValueStr(9) == "":
		return "(empty)", n
	}
	return a.ValueStr(9), n
}

// TestAppendJSONFindsEnds: what ends a string is found at every place of a word.
func TestAppendJSONFindsEnds(t *testing.T) {
	for n := range 64 {
		s := strings.Repeat("a", n)
		if got, took := appendJSON(t, arrow.BinaryTypes.String, false, `"`+s+`"`+behind); took != n+2 || n > 0 && got != s {
			t.Errorf("a string of %d bytes: %q of %d", n, got, took)
		}
		for _, c := range []string{"\\", "\x00", "\x1f", "\n"} {
			if got, took := appendJSON(t, arrow.BinaryTypes.String, false, `"`+s+c+`"`+behind); took != 0 {
				t.Errorf("%q behind %d bytes: %q of %d", c, n, got, took)
			}
		}
		for _, c := range []string{"\x20", "\x7f", "é", "😀", "!", "#", "[", "]"} {
			want := s + c
			got, took := appendJSON(t, arrow.BinaryTypes.String, false, `"`+want+`"`+behind)
			if fits := len(want) < 64; fits != (took > 0) || fits && got != want {
				t.Errorf("%q behind %d bytes: %q of %d", c, n, got, took)
			}
		}
	}
}

// FuzzAppendJSON: what is read in one pass is a JSON value, all of it, and is what Append makes of it.
func FuzzAppendJSON(f *testing.F) {
	for _, s := range strictSeeds {
		f.Add(s)
		f.Add(`"` + s + `"`)
	}
	for _, s := range []string{
		"1234567.8", "12345678.25", "-12345678", "123456789012345.678", "0.30000000000000004", "9007199254740993", "72057594037927936.5",
		`"2024-01-02 03:04:05.123456"`, `"2024-01-02T03:04:05.12Z"`, `"2024-01-02 03:04:05.1234567"`, `"😀 and text"`, `"a\u0000"`, "false", "1.2.3", "1e", "2024-01-02",
	} {
		f.Add(s)
	}
	types := []arrow.DataType{
		arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Uint64, arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Float64, arrow.PrimitiveTypes.Float32,
		&arrow.Decimal128Type{Precision: 12, Scale: 3}, &arrow.Decimal128Type{Precision: 38, Scale: 0}, &arrow.Decimal256Type{Precision: 50, Scale: 2},
		arrow.FixedWidthTypes.Boolean, arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time64us, arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString,
		&arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Second}, &arrow.TimestampType{Unit: arrow.Nanosecond}, &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: time.UTC.String()},
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		data := s + behind
		for _, dt := range types {
			for _, strict := range []bool{false, true} {
				got, n := appendJSON(t, dt, strict, data)
				if n == 0 {
					continue
				}
				if !stdjson.Valid([]byte(data[:n])) || data[0] != '"' && strings.Contains("+-.0123456789eE", data[n:n+1]) && stdjson.Valid([]byte(data[:n+1])) {
					t.Errorf("%q as %s: took %q", s, dt, data[:n])
					continue
				}
				value := data[:n]
				if data[0] == '"' {
					value = data[1 : n-1]
				}
				if want, fault := parsed(t, dt, strict, value); fault != text.None || got != want {
					t.Errorf("%q as %s, strict %v: %s, but Append answers %s with fault %d", s, dt, strict, got, want, fault)
				}
			}
		}
	})
}

// parsed is what Append makes of a value.
func parsed(t *testing.T, dt arrow.DataType, strict bool, value string) (string, text.Fault) {
	t.Helper()
	newColumn := text.NewColumn
	if strict {
		newColumn = text.NewStrictColumn
	}
	c, err := newColumn(memory.DefaultAllocator, dt, text.Raw)
	if err != nil {
		t.Fatal(err)
	}
	fault := c.Append([]byte(value), true)
	a := c.Finish()
	defer a.Release()
	if a.ValueStr(0) == "" {
		return "(empty)", fault
	}
	return a.ValueStr(0), fault
}
