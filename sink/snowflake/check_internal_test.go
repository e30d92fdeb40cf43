package snowflake

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/dialect"
)

// TestChecks loads arrays into columns: rows that the column does not hold as they are, are named.
func TestChecks(t *testing.T) {
	decimal := func(p, s int32) arrow.DataType { return &arrow.Decimal128Type{Precision: p, Scale: s} }
	wide := func(p, s int32) arrow.DataType { return &arrow.Decimal256Type{Precision: p, Scale: s} }
	dictionary := func(dt arrow.DataType) arrow.DataType {
		return &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: dt}
	}
	timestamp := func(u arrow.TimeUnit, zone string) arrow.DataType {
		return &arrow.TimestampType{Unit: u, TimeZone: zone}
	}
	struct1 := arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Float64, Nullable: true})
	for _, tc := range []struct {
		dt     arrow.DataType
		column string // type, with NOT NULL behind
		values string
		bad    string // the rows, or an error's part
	}{
		{arrow.PrimitiveTypes.Int64, "NUMBER(38,0)", `[-9223372036854775808, 9223372036854775807, null]`, ``},
		{arrow.PrimitiveTypes.Int64, "NUMBER(5,2)", `[999, 1000, -999, -1000, null, -9223372036854775808]`, `1 3 5`},
		{arrow.PrimitiveTypes.Uint64, "NUMBER(19,0)", `[9999999999999999999, 10000000000000000000]`, `1`},
		{arrow.PrimitiveTypes.Int8, "NUMBER(2,0)", `[99, 100, -128]`, `1 2`},
		{arrow.PrimitiveTypes.Int8, "NUMBER(2,2)", `[0, 1]`, `1`},
		{arrow.PrimitiveTypes.Int32, "FLOAT", `[1, null]`, ``},
		{arrow.PrimitiveTypes.Int64, "FLOAT", `[1]`, `does not hold`},
		{arrow.PrimitiveTypes.Int64, "VARCHAR(10)", `[1]`, `does not hold`},
		{arrow.PrimitiveTypes.Int64, "VARIANT", `[1]`, ``},
		{arrow.PrimitiveTypes.Int64, "NUMBER(38,0) NOT NULL", `[1, null]`, `1`},
		{decimal(5, 2), "NUMBER(5,2)", `["999.99", "-999.99", null]`, ``},
		{decimal(5, 2), "NUMBER(4,2)", `["99.99", "100.00", "-100.00"]`, `1 2`},
		{decimal(5, 2), "NUMBER(5,1)", `["1.10", "1.11", "-1.20", "-1.21"]`, `1 3`},
		{decimal(5, 2), "NUMBER(38,37)", `["9.99", "10.00"]`, `1`},
		{decimal(38, 0), "NUMBER(38,0)", `["99999999999999999999999999999999999999", "-99999999999999999999999999999999999999"]`, ``},
		{decimal(38, 0), "NUMBER(20,0)", `["99999999999999999999", "100000000000000000000", "-18446744073709551616"]`, `1`},
		{wide(38, 2), "NUMBER(10,1)", `["1.10", "1.11"]`, `1`},
		{decimal(5, 2), "FLOAT", `["1.10"]`, `does not hold`},
		{arrow.PrimitiveTypes.Float64, "FLOAT", `["NaN", 1]`, ``},
		{arrow.PrimitiveTypes.Float32, "NUMBER(38,0)", `[1]`, `does not hold`},
		{arrow.PrimitiveTypes.Float64, "VARIANT", `[1, "NaN", "+Inf"]`, `1 2`},
		{arrow.BinaryTypes.String, "VARCHAR(3)", `["abc", "abcd", "", "ïïï", "ïïïï", null]`, `1 4`},
		{arrow.BinaryTypes.LargeString, "VARCHAR(3)", `["abc", "abcd"]`, `1`},
		{arrow.BinaryTypes.String, "VARIANT", `["a"]`, ``},
		{arrow.BinaryTypes.String, "BINARY(3)", `["a"]`, `does not hold`},
		{dictionary(arrow.BinaryTypes.String), "VARCHAR(3)", `["abc", "abcd", null, "abcd"]`, `1 3`},
		{dictionary(arrow.BinaryTypes.String), "VARCHAR(3) NOT NULL", `["abc", null]`, `1`},
		{arrow.BinaryTypes.Binary, "BINARY(2)", `["YWI=", "YWJj"]`, `1`},
		{&arrow.FixedSizeBinaryType{ByteWidth: 3}, "BINARY(2)", `["YWJj", null]`, `0`},
		{arrow.FixedWidthTypes.Boolean, "BOOLEAN", `[true, null]`, ``},
		{arrow.FixedWidthTypes.Boolean, "NUMBER(1,0)", `[true]`, `does not hold`},
		{arrow.FixedWidthTypes.Date32, "DATE", `["0001-01-01", "9999-12-31"]`, ``},
		{arrow.PrimitiveTypes.Int32, "DATE", `[1]`, `does not hold`},
		{arrow.FixedWidthTypes.Time64us, "TIME(6)", `["23:59:59.999999"]`, ``},
		{arrow.FixedWidthTypes.Time64us, "TIME(3)", `["23:59:59.999", "00:00:00.000001"]`, `1`},
		{arrow.FixedWidthTypes.Time32s, "TIME(0)", `["23:59:59"]`, ``},
		{timestamp(arrow.Microsecond, ""), "TIMESTAMP_NTZ(9)", `["0001-01-01", "9999-12-31 23:59:59.999999"]`, ``},
		{timestamp(arrow.Nanosecond, ""), "TIMESTAMP_NTZ(6)", `["2020-01-01 00:00:00.000001", "2020-01-01 00:00:00.000000001"]`, `1`},
		{timestamp(arrow.Microsecond, "UTC"), "TIMESTAMP_LTZ(9)", `["2020-01-01"]`, ``},
		{timestamp(arrow.Microsecond, "UTC"), "TIMESTAMP_TZ(9)", `["2020-01-01"]`, ``},
		{timestamp(arrow.Microsecond, "UTC"), "TIMESTAMP_NTZ(9)", `["2020-01-01"]`, `does not hold`},
		{timestamp(arrow.Microsecond, ""), "TIMESTAMP_LTZ(9)", `["2020-01-01"]`, `does not hold`},
		{arrow.ListOf(arrow.PrimitiveTypes.Float64), "VARIANT", `[[1, null], ["NaN"], null, []]`, `1`},
		{arrow.ListOf(struct1), "ARRAY", `[[{"a": 1}], [{"a": "-Inf"}, {"a": 1}], [null]]`, `1`},
		{arrow.ListOf(struct1), "OBJECT", `[[]]`, `does not hold`},
		{struct1, "OBJECT", `[{"a": 1}, null]`, ``},
		{arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64), "VARIANT", `[[{"key": "a", "value": 1}, {"key": "b", "value": null}], [{"key": "a", "value": 1}, {"key": "a", "value": 2}]]`, `1`},
		{arrow.Null, "VARCHAR(1)", `[null, null]`, ``},
		{arrow.Null, "DATE NOT NULL", `[null, null]`, `0 1`},
		{arrow.FixedWidthTypes.Duration_s, "VARCHAR(1)", `[]`, `no type of Snowflake holds`},
	} {
		t.Run(fmt.Sprintf("%s in %s", tc.dt, tc.column), func(t *testing.T) {
			a, _, err := array.FromJSON(memory.DefaultAllocator, tc.dt, strings.NewReader(tc.values))
			if err != nil {
				t.Fatal(err)
			}
			defer a.Release()
			if got := badRows(t, a, tc.column); got != tc.bad && (tc.bad == "" || !strings.Contains(got, tc.bad)) {
				t.Errorf("%s: %q, want %q", tc.values, got, tc.bad)
			}
		})
	}
}

// badRows names the rows of an array that a column does not hold, or says why it holds none.
func badRows(t *testing.T, a arrow.Array, into string) string {
	t.Helper()
	typ, notNull := strings.CutSuffix(into, " NOT NULL")
	f := arrow.Field{Name: "c", Type: a.DataType(), Nullable: true}
	c, err := newColumn(f, dialect.Column{Name: "C", Type: typ, NotNull: notNull})
	if err != nil {
		return err.Error()
	}
	schema := arrow.NewSchema([]arrow.Field{f}, nil)
	p := &plan{schema: schema, columns: []column{c}}
	rec := array.NewRecord(schema, []arrow.Array{a}, int64(a.Len()))
	defer rec.Release()
	var rows []string
	for _, r := range p.check(rec) {
		if r.Column != "c" || !strings.HasPrefix(r.Message, `column "c": `) || r.Code == "" {
			t.Errorf("a reason without its column: %+v", r)
		}
		rows = append(rows, fmt.Sprint(r.Row))
	}
	return strings.Join(rows, " ")
}

// TestChecksOfSlices: offsets are those of the slice, and null slots are not looked at.
func TestChecksOfSlices(t *testing.T) {
	a, _, err := array.FromJSON(memory.DefaultAllocator, arrow.BinaryTypes.String, strings.NewReader(`["abcd", "abc", null, "abcd", "ïï"]`))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	part := array.NewSlice(a, 1, 5)
	defer part.Release()
	if got := badRows(t, part, "VARCHAR(3)"); got != "2" {
		t.Errorf("rows %q, want 2", got)
	}
	b := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: 3, Scale: 0})
	defer b.Release()
	b.AppendValues([]decimal128.Num{decimal128.FromI64(999), decimal128.FromI64(100_000), decimal128.FromI64(1000)}, []bool{true, false, true})
	d := b.NewArray()
	defer d.Release()
	if got := badRows(t, d, "NUMBER(38,0)"); got != "2" {
		t.Errorf("rows %q, want 2: 1000 has more digits than its own type", got)
	}
}

// TestChecksOfBrokenText: bytes that are no UTF-8, also where those of a value are valid only with its neighbour's.
func TestChecksOfBrokenText(t *testing.T) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	for _, v := range []string{"a", "\xff", "\xc3", "\xaf", "ï"} {
		b.Append(v)
	}
	a := b.NewArray()
	defer a.Release()
	if diff := cmp.Diff("1 2 3", badRows(t, a, "VARCHAR(16777216)")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	split := array.NewSlice(a, 2, 4)
	defer split.Release()
	if diff := cmp.Diff("0 1", badRows(t, split, "VARCHAR(16777216)")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
