package pgvalue_test

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/internal/pgvalue"
)

// TestColumnType: the column that is made for a field holds its values, in the binary form.
func TestColumnType(t *testing.T) {
	p := arrow.PrimitiveTypes
	for want, types := range map[string][]arrow.DataType{
		"text":                        {arrow.Null, arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.StringView},
		"boolean":                     {arrow.FixedWidthTypes.Boolean},
		"smallint":                    {p.Int8, p.Int16, p.Uint8},
		"integer":                     {p.Int32, p.Uint16},
		"bigint":                      {p.Int64, p.Uint32},
		"numeric(20,0)":               {p.Uint64},
		"real":                        {arrow.FixedWidthTypes.Float16, p.Float32},
		"double precision":            {p.Float64},
		"numeric(38,10)":              {&arrow.Decimal128Type{Precision: 38, Scale: 10}},
		"numeric(76,75)":              {&arrow.Decimal256Type{Precision: 76, Scale: 75}},
		"numeric(12,0)":               {&arrow.Decimal128Type{Precision: 10, Scale: -2}},
		"numeric(5,5)":                {&arrow.Decimal128Type{Precision: 3, Scale: 5}},
		"bytea":                       {arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary, &arrow.FixedSizeBinaryType{ByteWidth: 3}},
		"date":                        {arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64},
		"time without time zone":      {arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time64ns},
		"timestamp without time zone": {&arrow.TimestampType{Unit: arrow.Nanosecond}},
		"timestamp with time zone":    {arrow.FixedWidthTypes.Timestamp_s},
		"interval":                    {arrow.FixedWidthTypes.Duration_ns, arrow.FixedWidthTypes.MonthInterval, arrow.FixedWidthTypes.DayTimeInterval, arrow.FixedWidthTypes.MonthDayNanoInterval},
		"bigint[]":                    {arrow.ListOf(p.Int64), arrow.LargeListOf(p.Int64), arrow.FixedSizeListOf(2, p.Int64)},
		"jsonb": {
			arrow.StructOf(arrow.Field{Name: "a", Type: p.Int8}), arrow.MapOf(p.Int8, p.Int8), arrow.ListOf(arrow.ListOf(p.Int8)),
			arrow.ListOf(arrow.StructOf(arrow.Field{Name: "a", Type: p.Int8})),
		},
		"uuid[]": {arrow.ListOfField(arrow.Field{Name: "item", Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}, Metadata: uuidMeta})},
	} {
		for _, dt := range types {
			f := arrow.Field{Name: "v", Type: dt}
			got, err := pgvalue.ColumnType(f)
			if err != nil || got != want {
				t.Errorf("ColumnType(%s) = %q, %v; want %q", dt, got, err, want)
				continue
			}
			if c, err := pgvalue.For(f, pgvalue.Parse(got)); err != nil || !c.HasBinary() {
				t.Errorf("%s has no binary form in %s: %v", dt, got, err)
			}
		}
	}
	for want, f := range map[string]arrow.Field{
		"json": {Type: arrow.BinaryTypes.String, Metadata: arrow.MetadataFrom(map[string]string{"ARROW:extension:name": "arrow.json"})},
		"uuid": {Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}, Metadata: uuidMeta},
	} {
		if got, err := pgvalue.ColumnType(f); err != nil || got != want {
			t.Errorf("ColumnType(%s) = %q, %v; want %q", f, got, err, want)
		}
	}
	for _, f := range []arrow.Field{
		{Type: arrow.SparseUnionOf(nil, nil)},
		{Type: arrow.RunEndEncodedOf(p.Int32, p.Int32)},
		{Type: arrow.StructOf(arrow.Field{Name: "a", Type: p.Int8}, arrow.Field{Name: "a", Type: p.Int8})},
		{Type: arrow.ListOf(arrow.SparseUnionOf(nil, nil))},
	} {
		if got, err := pgvalue.ColumnType(f); err == nil {
			t.Errorf("ColumnType(%s) = %q; want an error", f.Type, got)
		}
	}
}

var uuidMeta = arrow.MetadataFrom(map[string]string{"ARROW:extension:name": "arrow.uuid"})

func TestWiden(t *testing.T) {
	p := arrow.PrimitiveTypes
	dec := func(precision, scale int32) arrow.DataType {
		return &arrow.Decimal128Type{Precision: precision, Scale: scale}
	}
	for _, tc := range []struct {
		column string
		field  arrow.DataType
		want   string // "" = there is none
	}{
		{"smallint", p.Int32, "integer"},
		{"smallint", p.Int64, "bigint"},
		{"smallint", p.Uint64, "numeric(20,0)"},
		{"smallint", p.Float32, "real"},
		{"integer", p.Int64, "bigint"},
		{"integer", p.Float64, "double precision"},
		{"integer", p.Float32, "double precision"},
		{"integer", dec(5, 2), "numeric(12,2)"},
		{"bigint", p.Uint64, "numeric(20,0)"},
		{"bigint", p.Float64, ""},
		{"real", p.Float64, "double precision"},
		{"real", p.Int64, ""},
		{"numeric(10,2)", dec(10, 5), "numeric(13,5)"},
		{"numeric(5,2)", p.Int64, "numeric(21,2)"},
		{"character varying(3)", arrow.BinaryTypes.String, "text"},
		{"date", &arrow.TimestampType{Unit: arrow.Microsecond}, "timestamp without time zone"},
		{"date", arrow.FixedWidthTypes.Timestamp_us, ""},
		{"smallint[]", arrow.ListOf(p.Int64), "bigint[]"},
		{"text", p.Int64, ""},
		{"boolean", p.Int64, ""},
		{"integer /* domain positive */", p.Int64, ""},
		{"mood /* enum */", p.Int64, ""},
		{"integer", arrow.SparseUnionOf(nil, nil), ""},
	} {
		got, ok := pgvalue.Widen(pgvalue.Parse(tc.column), arrow.Field{Name: "v", Type: tc.field})
		if got != tc.want || ok != (tc.want != "") {
			t.Errorf("Widen(%s, %s) = %q, %v; want %q", tc.column, tc.field, got, ok, tc.want)
		}
	}
}
