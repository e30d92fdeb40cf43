package snowflake_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/dialect/snowflake"
)

func TestColumnType(t *testing.T) {
	decimal := func(p, s int32) arrow.DataType { return &arrow.Decimal128Type{Precision: p, Scale: s} }
	for _, tc := range []struct {
		dt   arrow.DataType
		want string // of an error a part
	}{
		{arrow.FixedWidthTypes.Boolean, "BOOLEAN"},
		{arrow.PrimitiveTypes.Int8, "NUMBER(38,0)"},
		{arrow.PrimitiveTypes.Uint64, "NUMBER(38,0)"},
		{arrow.FixedWidthTypes.Float16, "FLOAT"},
		{arrow.PrimitiveTypes.Float64, "FLOAT"},
		{decimal(10, 2), "NUMBER(10,2)"},
		{decimal(38, 37), "NUMBER(38,37)"},
		{decimal(38, 38), "convert the column"},
		{decimal(5, -1), "convert the column"},
		{&arrow.Decimal256Type{Precision: 38, Scale: 5}, "NUMBER(38,5)"},
		{&arrow.Decimal256Type{Precision: 39, Scale: 5}, "convert the column"},
		{arrow.BinaryTypes.LargeString, "VARCHAR"},
		{arrow.Null, "VARCHAR"},
		{arrow.BinaryTypes.Binary, "BINARY"},
		{&arrow.FixedSizeBinaryType{ByteWidth: 16}, "BINARY"},
		{arrow.FixedWidthTypes.Date64, "DATE"},
		{arrow.FixedWidthTypes.Time32s, "TIME(9)"},
		{&arrow.TimestampType{Unit: arrow.Second}, "TIMESTAMP_NTZ(9)"},
		{arrow.FixedWidthTypes.Timestamp_ns, "TIMESTAMP_LTZ(9)"},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, "VARCHAR"},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.ListOf(arrow.Null)}, "unpack the column"},
		{arrow.ListOf(arrow.PrimitiveTypes.Int64), "VARIANT"},
		{arrow.ListOf(arrow.FixedWidthTypes.Date32), "inside VARIANT"},
		{arrow.StructOf(arrow.Field{Name: "a", Type: arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Float64)}), "VARIANT"},
		{arrow.StructOf(), "without fields"},
		{arrow.MapOf(arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float64), "its keys are of type int64"},
		{arrow.FixedWidthTypes.Duration_us, "no type of Snowflake holds"},
		{arrow.FixedWidthTypes.MonthInterval, "no type of Snowflake holds"},
	} {
		got, err := (snowflake.Dialect{}).Type(arrow.Field{Name: "c", Type: tc.dt}, false)
		if err != nil {
			got = err.Error()
		}
		if got != tc.want && (err == nil || !strings.Contains(got, tc.want)) {
			t.Errorf("%s: %q, want %q", tc.dt, got, tc.want)
		}
	}
}

func TestParseType(t *testing.T) {
	for text, want := range map[string]snowflake.Type{
		"NUMBER(10,2)":      {Name: "NUMBER", Precision: 10, Scale: 2},
		"NUMBER":            {Name: "NUMBER", Precision: 38},
		"VARCHAR(20)":       {Name: "VARCHAR", Length: 20},
		"VARCHAR":           {Name: "VARCHAR", Length: 16777216},
		"BINARY":            {Name: "BINARY", Length: 8388608},
		"TIME(3)":           {Name: "TIME", Scale: 3},
		"TIMESTAMP_TZ":      {Name: "TIMESTAMP_TZ", Scale: 9},
		"VECTOR(FLOAT, 3)":  {Name: "VECTOR"},
		"OBJECT(a VARCHAR)": {Name: "OBJECT"},
		"":                  {},
	} {
		if got := snowflake.ParseType(text); got != want {
			t.Errorf("ParseType(%q) = %+v, want %+v", text, got, want)
		}
	}
}

func TestWiden(t *testing.T) {
	for _, tc := range []struct {
		have string
		dt   arrow.DataType
		want string // "" = it is not widened
	}{
		{"NUMBER(5,0)", arrow.PrimitiveTypes.Int64, "NUMBER(19,0)"},
		{"NUMBER(10,2)", &arrow.Decimal128Type{Precision: 20, Scale: 2}, "NUMBER(20,2)"},
		{"NUMBER(10,2)", &arrow.Decimal128Type{Precision: 20, Scale: 1}, "NUMBER(21,2)"},
		{"NUMBER(10,2)", &arrow.Decimal128Type{Precision: 20, Scale: 3}, ""}, // the scale of a column stays
		{"NUMBER(38,20)", arrow.PrimitiveTypes.Int64, ""},
		{"NUMBER(38,0)", arrow.PrimitiveTypes.Int64, ""},
		{"VARCHAR(20)", arrow.BinaryTypes.String, "VARCHAR(16777216)"},
		{"VARCHAR(134217728)", arrow.BinaryTypes.String, ""},
		{"VARCHAR(20)", arrow.PrimitiveTypes.Int64, ""},
		{"FLOAT", arrow.PrimitiveTypes.Int64, ""},
		{"VARCHAR(20)", arrow.FixedWidthTypes.Duration_s, ""},
	} {
		got, ok := (snowflake.Dialect{}).Widen(dialect.Column{Type: tc.have}, arrow.Field{Type: tc.dt})
		if !ok {
			got = ""
		}
		if got != tc.want {
			t.Errorf("%s for %s: %q, want %q", tc.have, tc.dt, got, tc.want)
		}
	}
}

// resultColumn is what a driver would say of a column.
type resultColumn struct {
	name             string
	precision, scale int64
}

func (c resultColumn) Name() string                  { return "c" }
func (c resultColumn) DatabaseTypeName() string      { return c.name }
func (c resultColumn) Nullable() (nullable, ok bool) { return true, true }
func (c resultColumn) DecimalSize() (precision, scale int64, ok bool) {
	return c.precision, c.scale, true
}

func TestField(t *testing.T) {
	for _, tc := range []struct {
		c    resultColumn
		want string
		key  bool
	}{
		{resultColumn{"FIXED", 10, 2}, "decimal(10, 2)", true},
		{resultColumn{"FIXED", 38, 0}, "decimal(38, 0)", true},
		{resultColumn{name: "REAL"}, "float64", true},
		{resultColumn{name: "TEXT"}, "utf8", true},
		{resultColumn{name: "VARIANT"}, "utf8", false},
		{resultColumn{name: "TIMESTAMP_NTZ"}, "timestamp[ns]", true},
		{resultColumn{name: "TIMESTAMP_TZ"}, "timestamp[ns, tz=UTC]", false},
	} {
		d := snowflake.Dialect{}
		f, err := d.Field(tc.c)
		if err != nil || fmt.Sprint(f.Type) != tc.want {
			t.Errorf("%+v: %v, %v, want %s", tc.c, f.Type, err, tc.want)
		}
		if key := d.KeyColumn(tc.c) == nil; key != tc.key {
			t.Errorf("%+v may be a key: %v", tc.c, key)
		}
	}
	if _, err := (snowflake.Dialect{}).Field(resultColumn{name: "GEOGRAPHY"}); err == nil {
		t.Error("a type that is not known is read")
	}
}
