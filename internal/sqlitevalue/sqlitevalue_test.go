package sqlitevalue_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/sqlitevalue"
)

// noted writes down what is bound to which parameter.
type noted map[int]string

func (n noted) BindNull(i int)             { n[i] = "NULL" }
func (n noted) BindInt64(i int, v int64)   { n[i] = fmt.Sprintf("int %d", v) }
func (n noted) BindFloat(i int, v float64) { n[i] = fmt.Sprintf("float %v", v) }
func (n noted) BindText(i int, v string)   { n[i] = "text " + strings.Clone(v) }
func (n noted) BindBytes(i int, v []byte)  { n[i] = fmt.Sprintf("bytes %x", v) }
func (n noted) list(first, by, k int) string {
	texts := make([]string, k)
	for i := range texts {
		texts[i] = n[first+i*by]
	}
	return strings.Join(texts, "|")
}

var uuid = arrow.MetadataFrom(map[string]string{"ARROW:extension:name": "arrow.uuid"})

func TestBind(t *testing.T) {
	d := func(p, s int32) arrow.DataType { return &arrow.Decimal128Type{Precision: p, Scale: s} }
	us, ns := &arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Nanosecond}
	for _, tc := range []struct {
		typ      arrow.DataType
		declared string
		in, want string // the rows; the parameters
	}{
		{arrow.FixedWidthTypes.Boolean, "BOOLEAN", `[true, false, null]`, "int 1|int 0|NULL"},
		{arrow.PrimitiveTypes.Int8, "int", `[-128, null, 127]`, "int -128|NULL|int 127"},
		{arrow.PrimitiveTypes.Int64, "BIGINT", `[-9223372036854775808, 9223372036854775807]`, "int -9223372036854775808|int 9223372036854775807"},
		{arrow.PrimitiveTypes.Uint32, "DOUBLE", `[4294967295]`, "float 4.294967295e+09"},
		{arrow.PrimitiveTypes.Int16, "DECIMAL TEXT(9,2)", `[-7, 0]`, "text -7.00|text 0.00"},
		{arrow.PrimitiveTypes.Uint64, "DECIMAL TEXT(20, 0)", `[18446744073709551615]`, "text 18446744073709551615"},
		{arrow.PrimitiveTypes.Float32, "REAL", `[0.5, null]`, "float 0.5|NULL"},
		{d(10, 2), "DECIMAL(10,2)", `["-12.50", "0.07", "99999999.99"]`, "float -12.5|float 0.07|float 9.999999999e+07"},
		{d(10, 2), "DECIMAL(12,3)", `["1.25"]`, "float 1.25"},
		{d(18, 0), "numeric", `["-999999999999999999"]`, "int -999999999999999999"},
		{d(10, 2), "TEXT", `["-12.50", "0"]`, "text -12.50|text 0.00"},
		{d(10, 2), "DECIMAL TEXT(12,4)", `["-12.50"]`, "text -12.5000"},
		{d(38, 0), "DECIMAL TEXT(38,0)", `["-99999999999999999999999999999999999999"]`, "text -99999999999999999999999999999999999999"},
		{arrow.BinaryTypes.String, "VARCHAR(2)", `["", "naïve", null]`, "text |text naïve|NULL"},
		{arrow.BinaryTypes.LargeString, "", `["12"]`, "text 12"},
		{arrow.BinaryTypes.Binary, "BLOB", `["", "AAH/"]`, "bytes |bytes 0001ff"},
		{arrow.FixedWidthTypes.Date32, "DATE", `["2024-02-29"]`, "text 2024-02-29"},
		{arrow.FixedWidthTypes.Date32, "DATETIME", `["1969-12-31"]`, "text 1969-12-31 00:00:00.000000"},
		{arrow.FixedWidthTypes.Time32s, "TIME", `["12:34:56"]`, "text 12:34:56.000000"},
		{arrow.FixedWidthTypes.Time64ns, "TIME", `["12:34:56.000000001"]`, "text 12:34:56.000000001"},
		{us, "TIMESTAMP", `["2024-02-29 12:34:56.000001"]`, "text 2024-02-29 12:34:56.000001"},
		{us, "TIMESTAMP(9)", `["2024-02-29 12:34:56.000001"]`, "text 2024-02-29 12:34:56.000001000"},
		{ns, "TEXT", `["2024-02-29 12:34:56.000000001"]`, "text 2024-02-29 12:34:56.000000001"},
		{&arrow.TimestampType{Unit: arrow.Second}, "VARCHAR(3)", `["2024-02-29 12:34:56"]`, "text 2024-02-29 12:34:56.000000"},
		{&arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}, "timestamp with  time zone", `["2024-02-29 12:34:56Z"]`, "text 2024-02-29 12:34:56.000000+00:00"},
		{arrow.ListOf(arrow.PrimitiveTypes.Int64), "JSON", `[[1, null], [], null]`, "text [1,null]|text []|NULL"},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, "TEXT", `["a", null, "b", "a"]`, "text a|NULL|text b|text a"},
		{arrow.Null, "whatever", `[null, null]`, "NULL|NULL"},
	} {
		t.Run(tc.typ.String()+" into "+tc.declared, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			a, _, err := array.FromJSON(mem, tc.typ, strings.NewReader(tc.in), array.WithUseNumber())
			if err != nil {
				t.Fatal(err)
			}
			defer a.Release()
			form, err := sqlitevalue.For(arrow.Field{Name: "c", Type: tc.typ}, tc.declared)
			if err != nil {
				t.Fatal(err)
			}
			form.Check(a, 0, a.Len(), func(row int, u *dialect.Unfit) { t.Errorf("row %d does not fit: %s", row, u.Message) })
			got := noted{}
			form.Bind(got, 3, 7, a, 0, a.Len())
			if s := got.list(3, 7, a.Len()); s != tc.want || len(got) != a.Len() {
				t.Errorf("bound %s, want %s: %v", s, tc.want, got)
			}
			one := noted{}
			form.Bind(one, 1, 1, a, a.Len()-1, a.Len())
			if last := tc.want[strings.LastIndex(tc.want, "|")+1:]; one[1] != last || len(one) != 1 {
				t.Errorf("of the last row alone: bound %v, want %s", one, last)
			}
		})
	}
}

func TestUUID(t *testing.T) {
	b := array.NewFixedSizeBinaryBuilder(memory.DefaultAllocator, &arrow.FixedSizeBinaryType{ByteWidth: 16})
	b.Append([]byte("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"))
	a := b.NewArray()
	f := arrow.Field{Name: "c", Type: a.DataType(), Metadata: uuid}
	for declared, want := range map[string]string{
		"UUID TEXT": "text 00112233-4455-6677-8899-aabbccddeeff", "UUID": "text 00112233-4455-6677-8899-aabbccddeeff",
		"BLOB": "bytes 00112233445566778899aabbccddeeff",
	} {
		form, err := sqlitevalue.For(f, declared)
		if err != nil {
			t.Fatal(err)
		}
		got := noted{}
		form.Bind(got, 1, 1, a, 0, 1)
		if got[1] != want {
			t.Errorf("into %s: %s, want %s", declared, got[1], want)
		}
	}
}

// TestCheck names the rows that do not fit, and no others.
func TestCheck(t *testing.T) {
	floats := array.NewFloat64Builder(memory.DefaultAllocator)
	floats.AppendValues([]float64{0, math.NaN(), math.Inf(1), math.NaN()}, []bool{true, true, true, false})
	texts := array.NewStringBuilder(memory.DefaultAllocator)
	texts.AppendValues([]string{"a", "\xff", "b\x00", "\xff"}, []bool{true, true, true, false})
	numbers := array.NewUint64Builder(memory.DefaultAllocator)
	numbers.AppendValues([]uint64{math.MaxInt64, math.MaxInt64 + 1}, nil)
	days := array.NewDate32Builder(memory.DefaultAllocator)
	days.AppendValues([]arrow.Date32{0, math.MaxInt32, math.MinInt32}, nil)
	ms := array.NewDate64Builder(memory.DefaultAllocator)
	ms.AppendValues([]arrow.Date64{86_400_000, 1}, nil)
	clock := array.NewTime32Builder(memory.DefaultAllocator, &arrow.Time32Type{Unit: arrow.Second})
	clock.AppendValues([]arrow.Time32{86_399, 86_400, -1}, nil)
	instants := array.NewTimestampBuilder(memory.DefaultAllocator, &arrow.TimestampType{Unit: arrow.Second})
	instants.AppendValues([]arrow.Timestamp{0, math.MaxInt64, math.MinInt64}, nil)
	lists := array.NewListBuilder(memory.DefaultAllocator, arrow.BinaryTypes.String)
	for _, s := range []string{"a", "\xff"} {
		lists.Append(true)
		lists.ValueBuilder().(*array.StringBuilder).Append(s)
	}
	words := array.NewDictionaryBuilder(memory.DefaultAllocator, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}).(*array.BinaryDictionaryBuilder)
	for _, s := range []string{"a", "\xff", "a", "\xff"} {
		if err := words.AppendString(s); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		in       arrow.Array
		declared string
		want     string
	}{
		{floats.NewArray(), "REAL", "[1]"},
		{texts.NewArray(), "TEXT", "[1 2]"},
		{numbers.NewArray(), "INTEGER", "[1]"},
		{days.NewArray(), "DATE", "[1 2]"},
		{ms.NewArray(), "DATE", "[1]"},
		{clock.NewArray(), "TIME", "[1 2]"},
		{instants.NewArray(), "TIMESTAMP", "[1 2]"},
		{lists.NewArray(), "JSON TEXT", "[1]"},
		{words.NewArray(), "TEXT", "[1 3]"},
	} {
		form, err := sqlitevalue.For(arrow.Field{Name: "c", Type: tc.in.DataType()}, tc.declared)
		if err != nil {
			t.Fatal(err)
		}
		rows := []int{}
		form.Check(tc.in, 0, tc.in.Len(), func(row int, u *dialect.Unfit) {
			rows = append(rows, row)
			if u.Message == "" || u.Code == "" {
				t.Errorf("%s: row %d has no reason", tc.in.DataType(), row)
			}
		})
		if got := fmt.Sprint(rows); got != tc.want {
			t.Errorf("%s into %s: rows %s do not fit, want %s", tc.in.DataType(), tc.declared, got, tc.want)
		}
	}
}

// TestPrecision: an array may hold more digits than its type says.
func TestPrecision(t *testing.T) {
	wide := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: 38, Scale: 2})
	for _, s := range []string{"999.99", "-999.99", "1000.00", "-1000.00", "123456789012345678901234567890.12"} {
		if err := wide.AppendValueFromString(s); err != nil {
			t.Fatal(err)
		}
	}
	data := wide.NewArray().Data().(*array.Data)
	narrow := &arrow.Decimal128Type{Precision: 5, Scale: 2}
	a := array.MakeFromData(array.NewData(narrow, data.Len(), data.Buffers(), nil, data.NullN(), 0))
	form, err := sqlitevalue.For(arrow.Field{Name: "c", Type: narrow}, "DECIMAL(5,2)")
	if err != nil {
		t.Fatal(err)
	}
	rows := []int{}
	form.Check(a, 0, a.Len(), func(row int, _ *dialect.Unfit) { rows = append(rows, row) })
	if fmt.Sprint(rows) != "[2 3 4]" {
		t.Errorf("rows %v have too many digits, want [2 3 4]", rows)
	}
}
