package transform_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/transform"
)

// null stands for a null in the lists of values.
const null = "NULL"

// column makes a record of one column c from texts.
func column(t testing.TB, mem memory.Allocator, dt arrow.DataType, texts []string) arrow.Record {
	t.Helper()
	b := array.NewBuilder(mem, dt)
	defer b.Release()
	for _, s := range texts {
		if s == null {
			b.AppendNull()
		} else if err := b.AppendValueFromString(s); err != nil {
			t.Fatalf("%q as %s: %v", s, dt, err)
		}
	}
	a := b.NewArray()
	defer a.Release()
	return array.NewRecord(arrow.NewSchema([]arrow.Field{field("c", dt)}, nil), []arrow.Array{a}, int64(a.Len()))
}

// bad marks a value that is rejected, with the words that the message must have.
func bad(words string) string { return "BAD " + words }

func TestCast(t *testing.T) {
	var (
		i8, i16, i32, i64 = arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64
		u8, u32, u64      = arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64
		f32, f64          = arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64
		boolean           = arrow.FixedWidthTypes.Boolean
		dec52             = &arrow.Decimal128Type{Precision: 5, Scale: 2}
		dec38             = &arrow.Decimal128Type{Precision: 38, Scale: 0}
		dec76             = &arrow.Decimal256Type{Precision: 76, Scale: 10}
		bin, large, fsb2  = arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeString, &arrow.FixedSizeBinaryType{ByteWidth: 2}
		date32, date64    = arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64
		ts, tms           = &arrow.TimestampType{Unit: arrow.Second}, &arrow.TimestampType{Unit: arrow.Millisecond}
		tns               = &arrow.TimestampType{Unit: arrow.Nanosecond}
		utc               = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
		berlin            = &arrow.TimestampType{Unit: arrow.Second, TimeZone: "Europe/Berlin"}
		t32s, t64us       = arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time64us
		ds, dms           = arrow.FixedWidthTypes.Duration_s, arrow.FixedWidthTypes.Duration_ms
	)
	tests := []struct {
		from, to arrow.DataType
		in, want []string
	}{
		{i64, i8, []string{"127", "-128", "128", "-129", null}, []string{"127", "-128", bad("out of range"), bad("out of range"), null}},
		{i64, u8, []string{"255", "256", "-1", "0"}, []string{"255", bad("out of range"), bad("out of range"), "0"}},
		{u64, i64, []string{"9223372036854775807", "9223372036854775808"}, []string{"9223372036854775807", bad("out of range")}},
		{i64, u64, []string{"9223372036854775807", "-1"}, []string{"9223372036854775807", bad("out of range")}},
		{u64, u32, []string{"4294967295", "4294967296", "18446744073709551615"}, []string{"4294967295", bad("range"), bad("range")}},
		{i8, i64, []string{"-128", "127"}, []string{"-128", "127"}},
		{i64, f32, []string{"16777216", "16777217", "16777218", "-9223372036854775808"}, []string{"1.6777216e+07", bad("precision"), "1.6777218e+07", "-9.223372e+18"}},
		{i64, f64, []string{"9007199254740992", "9007199254740993", "9223372036854775807", "-9223372036854775808"}, []string{"9.007199254740992e+15", bad("precision"), bad("precision"), "-9.223372036854775808e+18"}},
		{u64, f64, []string{"18446744073709551615", "9223372036854775808"}, []string{bad("precision"), "9.223372036854775808e+18"}},
		{f64, i64, []string{"9223372036854775807", "-9223372036854775808", "1.5", "NaN", "+Inf", "-0"}, []string{bad("out of range"), "-9223372036854775808", bad("precision"), bad("range"), bad("range"), "0"}},
		{f64, u64, []string{"18446744073709551615", "18446744073709549568", "-1", "-0.5"}, []string{bad("range"), "18446744073709549568", bad("range"), bad("precision")}},
		{f64, i8, []string{"127", "128", "-128", "-129"}, []string{"127", bad("range"), "-128", bad("range")}},
		{f64, f32, []string{"1e39", "0.1", "NaN", "-Inf"}, []string{bad("range"), "0.1", "NaN", "-Inf"}},
		{f32, f64, []string{"0.5"}, []string{"0.5"}},
		{boolean, i16, []string{"true", "false", null}, []string{"1", "0", null}},
		{i32, boolean, []string{"0", "1", "2", null}, []string{"false", "true", bad("only 0 and 1"), null}},
		{boolean, text, []string{"true", "false"}, []string{"true", "false"}},

		{text, i32, []string{"010", "-7", "+7", "0x10", " 1", "1_0", "", "2147483648", "99999999999999999999", null}, []string{"10", "-7", "7", bad("cannot be read"), bad("read"), bad("read"), bad("read"), bad("range"), bad("range"), null}},
		{text, u64, []string{"18446744073709551615", "-1"}, []string{"18446744073709551615", bad("read")}},
		{text, f64, []string{"1e309", "1.5", "x", "nan"}, []string{bad("range"), "1.5", bad("read"), "NaN"}},
		{text, f32, []string{"1e39", "1.5"}, []string{bad("range"), "1.5"}},
		{text, boolean, []string{"true", "F", "yes", "1"}, []string{"true", "false", bad("read"), "true"}},
		{text, dec52, []string{"123.4", "-0.05", "1000", "1.234", "1.230", "1e2", "12e-1", "", "1/2", "1e99999999999"}, []string{"123.40", "-0.05", bad("range"), bad("precision"), "1.23", "100.00", "1.20", bad("read"), bad("read"), bad("read")}},
		{text, dec38, []string{"99999999999999999999999999999999999999", "100000000000000000000000000000000000000"}, []string{"99999999999999999999999999999999999999", bad("range")}},
		{large, i64, []string{"5"}, []string{"5"}},
		{text, large, []string{"é", null}, []string{"é", null}},
		{large, text, []string{"é", null}, []string{"é", null}},
		{text, bin, []string{"ab"}, []string{"YWI="}},
		{bin, text, []string{"YWI=", "/w==", null}, []string{"ab", bad("UTF-8"), null}},
		{bin, fsb2, []string{"YWI=", "YQ=="}, []string{"YWI=", bad("it has 1 bytes")}},
		{fsb2, text, []string{"YWI=", null}, []string{"ab", null}},

		{i64, text, []string{"-9223372036854775808", null}, []string{"-9223372036854775808", null}},
		{u64, text, []string{"18446744073709551615"}, []string{"18446744073709551615"}},
		{f64, text, []string{"1000000", "0.1", "1e300", "NaN"}, []string{"1000000", "0.1", "1e+300", "NaN"}},
		{f32, text, []string{"0.1"}, []string{"0.1"}},
		{dec52, text, []string{"-0.05", "123.4"}, []string{"-0.05", "123.40"}},

		{i64, dec52, []string{"999", "1000", "-999"}, []string{"999.00", bad("range"), "-999.00"}},
		{u64, dec38, []string{"18446744073709551615"}, []string{"18446744073709551615"}},
		{f64, dec52, []string{"0.1", "0.125", "NaN", "+Inf", "999.99", "1e300", "1e-300"}, []string{"0.10", bad("precision"), bad("no number"), bad("no number"), "999.99", bad("range"), bad("precision")}},
		{dec52, dec76, []string{"-123.45"}, []string{"-123.4500000000"}},
		{dec76, dec52, []string{"-123.45", "123.456", "12345"}, []string{"-123.45", bad("precision"), bad("range")}},
		{dec38, i64, []string{"9223372036854775807", "9223372036854775808", "-9223372036854775808"}, []string{"9223372036854775807", bad("range"), "-9223372036854775808"}},
		{dec38, u64, []string{"18446744073709551615", "18446744073709551616", "-1"}, []string{"18446744073709551615", bad("range"), bad("range")}},
		{dec52, i8, []string{"5.00", "5.50", "200"}, []string{"5", bad("precision"), bad("range")}},
		{dec52, f64, []string{"0.1", "-123.45"}, []string{"0.1", "-123.45"}},
		{dec38, f64, []string{"12345678901234567890123456789012345678"}, []string{"1.2345678901234568e+37"}},

		{text, date32, []string{"2024-02-29", "2023-02-29", "0001-01-01", "9999-12-31", "2024-2-9"}, []string{"2024-02-29", bad("read"), "0001-01-01", "9999-12-31", bad("read")}},
		{date32, text, []string{"2024-02-29", "0001-01-01"}, []string{"2024-02-29", "0001-01-01"}},
		{date32, date64, []string{"1969-12-31"}, []string{"1969-12-31"}},
		{date64, date32, []string{"1969-12-31"}, []string{"1969-12-31"}},
		{date32, tms, []string{"1969-12-31"}, []string{"1969-12-31 00:00:00"}},
		{date32, tns, []string{"0001-01-01", "2024-01-01"}, []string{bad("range"), "2024-01-01 00:00:00"}},
		{tms, date32, []string{"1969-12-31 23:59:59.999"}, []string{"1969-12-31"}},
		{berlin, date32, []string{"2024-06-30 22:30:00"}, []string{"2024-07-01"}},
		{berlin, t32s, []string{"2024-06-30 22:30:00"}, []string{"00:30:00"}},
		{berlin, text, []string{"2024-06-30 22:30:00"}, []string{"2024-07-01T00:30:00+02:00"}},
		{tms, ts, []string{"2024-01-01 00:00:01", "2024-01-01 00:00:01.5", "1969-12-31 23:59:59.5"}, []string{"2024-01-01 00:00:01", bad("precision"), bad("precision")}},
		{ts, tns, []string{"2262-04-11 23:47:16", "2262-04-11 23:47:17", "1677-09-21 00:12:44"}, []string{"2262-04-11 23:47:16", bad("range"), "1677-09-21 00:12:44"}},
		{tms, utc, []string{"2024-01-01 00:00:01.5"}, []string{"2024-01-01 00:00:01.5Z"}},
		{utc, text, []string{"2024-01-01T00:00:01.5Z"}, []string{"2024-01-01T00:00:01.500000Z"}},
		{ts, text, []string{"2024-01-01T00:00:01"}, []string{"2024-01-01T00:00:01"}},
		{text, ts, []string{"2024-01-01T00:00:01", "2024-01-01 00:00:01", "2024-01-01", "2024-01-01T00:00:01Z", "2024-01-01T00:00:01.5", "2024-01-01T25:00:00", "x"}, []string{"2024-01-01 00:00:01", "2024-01-01 00:00:01", "2024-01-01 00:00:00", bad("has a zone"), bad("between"), bad("read"), bad("read")}},
		{text, utc, []string{"2024-01-01T02:00:00+02:00", "2024-01-01 00:00:00.000001"}, []string{"2024-01-01 00:00:00Z", "2024-01-01 00:00:00.000001Z"}},
		{text, berlin, []string{"2024-07-01 00:30:00", "2024-03-31 02:30:00"}, []string{"2024-07-01 00:30:00+0200", bad("no such local time")}},
		{text, tns, []string{"1677-09-21T00:12:43.145224192", "1677-09-21T00:12:43.145224191"}, []string{"1677-09-21 00:12:43.145224192", bad("beyond")}},
		{text, t64us, []string{"23:59:59.000001", "24:00:00", "1:02:03"}, []string{"23:59:59.000001", bad("read"), bad("read")}},
		{t64us, t32s, []string{"10:00:01", "10:00:00.5"}, []string{"10:00:01", bad("precision")}},
		{t32s, text, []string{"10:00:01"}, []string{"10:00:01"}},
		{ds, dms, []string{"3s"}, []string{"3000ms"}},
		{dms, ds, []string{"3000ms", "3001ms"}, []string{"3s", bad("precision")}},
		{i64, ts, []string{"0"}, []string{"1970-01-01 00:00:00"}},
		{i64, date32, []string{"1", "4294967296"}, []string{"1970-01-02", bad("range")}},
		{tms, i64, []string{"1970-01-01 00:00:01"}, []string{"1000"}},
		{date32, i64, []string{"1970-01-02"}, []string{"1"}},
		{arrow.Null, dec52, []string{null}, []string{null}},
		{codeType, i16, []string{"7", "x", "7", null, "8"}, []string{"7", bad("read"), "7", null, "8"}},
	}
	for _, tc := range tests {
		t.Run(strings.ReplaceAll(fmt.Sprintf("%s to %s", tc.from, tc.to), "/", "_"), func(t *testing.T) {
			ctx, mem := checked(t)
			// Two rows ahead are sliced away, so that the column begins with an offset.
			rec := column(t, mem, tc.from, append([]string{null, tc.in[0]}, tc.in...))
			defer rec.Release()
			slice := rec.NewSlice(2, rec.NumRows())
			defer slice.Release()
			cast := transform.Cast(map[string]arrow.DataType{"c": tc.to}, nil)
			out, rejected, err := apply(ctx, cast, slice)
			if err != nil {
				t.Fatal(err)
			}
			defer rejected.Release()
			var kept, broken []string
			for i, w := range tc.want {
				if words, isBad := strings.CutPrefix(w, "BAD "); isBad {
					broken = append(broken, fmt.Sprintf("%d %s", i, words))
				} else {
					kept = append(kept, strings.Replace(w, null, array.NullValueStr, 1))
				}
			}
			if out != nil {
				defer out.Release()
			}
			if diff := cmp.Diff(valueStrings(t, mem, tc.to, kept), show(out)); diff != "" {
				t.Errorf("Cast mismatch (-want +got)\n%s", diff)
			}
			if int(rejected.Len()) != len(broken) {
				t.Fatalf("rejected %q; want %q", showRejects(rejected), broken)
			}
			for i := range broken {
				reason := rejected.Reasons[i]
				words := strings.SplitN(broken[i], " ", 2)
				if strconv.FormatInt(reason.Row, 10) != words[0] || !strings.Contains(reason.Message, words[1]) || reason.Column != "c" {
					t.Errorf("rejected %+v; want row %s with %q", reason, words[0], words[1])
				}
			}
		})
	}
}

// valueStrings gives the texts as a column of the type shows them.
func valueStrings(t *testing.T, mem memory.Allocator, dt arrow.DataType, texts []string) []string {
	t.Helper()
	if len(texts) == 0 {
		return nil
	}
	in := make([]string, len(texts))
	for i, s := range texts {
		in[i] = strings.Replace(s, array.NullValueStr, null, 1)
	}
	rec := column(t, mem, dt, in)
	defer rec.Release()
	return show(rec)
}

func TestCastNested(t *testing.T) {
	ctx, mem := checked(t)
	from := arrow.NewSchema([]arrow.Field{
		field("list", arrow.ListOf(text)),
		field("struct", arrow.StructOf(field("a", text), field("b", arrow.PrimitiveTypes.Int64))),
		field("map", arrow.MapOf(text, text)),
	}, nil)
	rec := fromJSON(t, mem, from, `[
		{"list": ["9"], "struct": {"a": "9", "b": 9}, "map": [{"key": "k", "value": "9"}]},
		{"list": ["1", null, "2"], "struct": {"a": "1", "b": 2}, "map": [{"key": "k", "value": "3"}]},
		{"list": ["1", "x"], "struct": {"a": "1", "b": 2}, "map": []},
		{"list": [], "struct": {"a": "y", "b": 2}, "map": []},
		{"list": null, "struct": null, "map": null},
		{"list": ["5"], "struct": {"a": null, "b": 300}, "map": []},
		{"list": ["5"], "struct": {"a": null, "b": null}, "map": [{"key": "k", "value": "z"}]},
		{"list": ["6"], "struct": {"a": "7", "b": 8}, "map": [{"key": "l", "value": null}]}
	]`)
	defer rec.Release()
	slice := rec.NewSlice(1, rec.NumRows())
	defer slice.Release()
	out, rejected, err := apply(ctx, transform.Cast(map[string]arrow.DataType{
		"list":   arrow.LargeListOf(arrow.PrimitiveTypes.Int8),
		"struct": arrow.StructOf(field("b", arrow.PrimitiveTypes.Int8), field("a", arrow.PrimitiveTypes.Int32)),
		"map":    arrow.MapOf(text, arrow.PrimitiveTypes.Int8),
	}, nil), slice)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	defer rejected.Release()
	want := []string{
		`[1,null,2]|{"a":1,"b":2}|[{"key":"k","value":3}]`,
		`(null)|(null)|(null)`,
		`[6]|{"a":7,"b":8}|[{"key":"l","value":null}]`,
	}
	if diff := cmp.Diff(want, show(out)); diff != "" {
		t.Errorf("Cast mismatch (-want +got)\n%s", diff)
	}
	var rows []int64
	for _, r := range rejected.Reasons {
		rows = append(rows, r.Row)
	}
	if diff := cmp.Diff([]int64{1, 2, 4, 5}, rows); diff != "" {
		t.Errorf("rejected rows mismatch (-want +got)\n%s\n%q", diff, showRejects(rejected))
	}
}

func TestCastFail(t *testing.T) {
	ctx, mem := checked(t)
	rec := column(t, mem, text, []string{"1", "x", "y"})
	defer rec.Release()
	_, _, err := apply(ctx, transform.Cast(map[string]arrow.DataType{"c": arrow.PrimitiveTypes.Int8}, &transform.CastOptions{OnError: transform.Fail}), rec)
	const want = `transform: cast: row 1: column "c": cannot cast "x" from utf8 to int8: it cannot be read`
	if err == nil || err.Error() != want {
		t.Errorf("Process: %v; want %s", err, want)
	}
}

func TestCastErrors(t *testing.T) {
	tests := []struct {
		name   string
		column string
		to     arrow.DataType
		want   string
	}{
		{"missing", "nope", text, `transform: cast: column "nope" is missing; there is "id"`},
		{"nil", "id", nil, `column "id": the type is nil`},
		{"date to int8 list", "day", arrow.ListOf(text), `column "day": there is no cast from date32 to list`},
		{"to dictionary", "origin", codeType, `there is no cast from utf8 to dictionary`},
		{"bool to decimal", "ok", &arrow.Decimal128Type{Precision: 3}, `there is no cast from bool to decimal`},
		{"time of a date", "day", arrow.FixedWidthTypes.Time32s, `there is no cast from date32 to time32[s]`},
		{"struct without the field", "place", arrow.StructOf(field("zip", text)), `field "zip" is missing`},
		{"inside a struct", "place", arrow.StructOf(field("city", codeType)), `field "city": there is no cast`},
		{"inside a list", "tags", arrow.ListOf(codeType), `there is no cast`},
		{"zone", "at", &arrow.TimestampType{TimeZone: "Nowhere/Land"}, `the zone of timestamp`},
		{"null to dictionary", "nothing", codeType, `there is no cast from null`},
		{"list to map", "tags", arrow.MapOf(text, text), `there is no cast`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := transform.Cast(map[string]arrow.DataType{tc.column: tc.to}, nil).Bind(t.Context(), wideSchema)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Bind: %v; want %s", err, tc.want)
			}
		})
	}
}

// FuzzCastInt compares the reading of integers with package strconv.
func FuzzCastInt(f *testing.F) {
	for _, s := range []string{"", "0", "-1", "+5", "007", "2147483648", "1e3", "0x1", " 1", "1_000", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ctx, mem := checked(t)
		b := array.NewStringBuilder(mem)
		defer b.Release()
		b.Append(s)
		a := b.NewArray()
		defer a.Release()
		rec := array.NewRecord(arrow.NewSchema([]arrow.Field{field("c", text)}, nil), []arrow.Array{a}, 1)
		defer rec.Release()
		want, wantErr := strconv.ParseInt(s, 10, 32)
		out, rejected, err := apply(ctx, transform.Cast(map[string]arrow.DataType{"c": arrow.PrimitiveTypes.Int32}, nil), rec)
		if err != nil {
			t.Fatal(err)
		}
		defer rejected.Release()
		if out != nil {
			defer out.Release()
		}
		switch {
		case wantErr != nil && rejected.Len() != 1:
			t.Errorf("%q was read as %q; strconv says %v", s, show(out), wantErr)
		case wantErr == nil && (out == nil || int64(out.Column(0).(*array.Int32).Value(0)) != want):
			t.Errorf("%q was read as %q; want %d", s, show(out), want)
		}
	})
}

// TestCastDecimalText compares the reading of decimals with package big, for few digits and many.
func TestCastDecimalText(t *testing.T) {
	ctx, mem := checked(t)
	random := rand.New(rand.NewPCG(5, 6))
	var in, want []string
	for range 500 {
		n, scale := new(big.Int), 1+random.IntN(9)
		for range 1 + random.IntN(25) {
			n.Mul(n, big.NewInt(10)).Add(n, big.NewInt(random.Int64N(10)))
		}
		sign := []string{"", "-", "+"}[random.IntN(3)]
		r := new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
		in = append(in, sign+r.FloatString(scale))
		if sign == "-" {
			r.Neg(r)
		}
		want = append(want, r.FloatString(10))
	}
	rec := column(t, mem, text, in)
	defer rec.Release()
	out, rejected, err := apply(ctx, transform.Chain(
		transform.Cast(map[string]arrow.DataType{"c": &arrow.Decimal128Type{Precision: 38, Scale: 10}}, nil),
		transform.Cast(map[string]arrow.DataType{"c": text}, nil),
	), rec)
	if err != nil || rejected.Len() > 0 {
		t.Fatal(err, showRejects(rejected))
	}
	defer out.Release()
	if diff := cmp.Diff(want, show(out)); diff != "" {
		t.Errorf("Cast mismatch (-want +got)\n%s", diff)
	}
}

// TestCastThereAndBack goes from numbers to texts and decimals and back: what came through is what it was.
func TestCastThereAndBack(t *testing.T) {
	ctx, mem := checked(t)
	random := rand.New(rand.NewPCG(3, 4))
	b := array.NewInt64Builder(mem)
	defer b.Release()
	fb := array.NewFloat64Builder(mem)
	defer fb.Release()
	for range 2000 {
		b.Append(int64(random.Uint64() >> random.IntN(64)))
		fb.Append(math.Float64frombits(random.Uint64()))
	}
	ints, floats := b.NewArray(), fb.NewArray()
	defer ints.Release()
	defer floats.Release()
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{field("i", ints.DataType()), field("f", floats.DataType())}, nil), []arrow.Array{ints, floats}, 2000)
	defer rec.Release()
	for _, via := range []map[string]arrow.DataType{
		{"i": text, "f": text},
		{"i": &arrow.Decimal128Type{Precision: 20, Scale: 1}, "f": arrow.BinaryTypes.LargeString},
		{"i": &arrow.Decimal256Type{Precision: 76, Scale: 50}, "f": text},
		{"i": &arrow.TimestampType{Unit: arrow.Nanosecond}, "f": text},
	} {
		out, rejected, err := apply(ctx, transform.Chain(
			transform.Cast(via, nil),
			transform.Cast(map[string]arrow.DataType{"i": arrow.PrimitiveTypes.Int64, "f": arrow.PrimitiveTypes.Float64}, nil),
		), rec)
		if err != nil || rejected.Len() > 0 {
			t.Fatalf("via %v: %v, %q", via, err, showRejects(rejected))
		}
		if diff := cmp.Diff(show(rec), show(out)); diff != "" {
			t.Errorf("via %v mismatch (-want +got)\n%s", via, diff)
		}
		out.Release()
	}
}

func BenchmarkCast(b *testing.B) {
	const rows = 65536
	random := rand.New(rand.NewPCG(1, 1))
	mem := memory.DefaultAllocator
	ib, sb, bb := array.NewInt64Builder(mem), array.NewStringBuilder(mem), array.NewStringBuilder(mem)
	for i := range rows {
		ib.Append(random.Int64N(1000))
		sb.Append(strconv.FormatInt(random.Int64N(1e9), 10))
		if i%100 == 0 {
			bb.Append("?")
		} else {
			bb.Append("17.25")
		}
	}
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{field("i", ib.Type()), field("s", text), field("bad", text)}, nil),
		[]arrow.Array{ib.NewArray(), sb.NewArray(), bb.NewArray()}, rows)
	for name, types := range map[string]map[string]arrow.DataType{
		"from=int64/to=int32":          {"i": arrow.PrimitiveTypes.Int32},
		"from=int64/to=string":         {"i": text},
		"from=string/to=int64":         {"s": arrow.PrimitiveTypes.Int64},
		"from=string/to=float64":       {"s": arrow.PrimitiveTypes.Float64},
		"from=string/to=decimal/bad=1": {"bad": &arrow.Decimal128Type{Precision: 10, Scale: 2}},
	} {
		b.Run(name, func(b *testing.B) { benchmark(b, transform.Cast(types, nil), rec) })
	}
}
