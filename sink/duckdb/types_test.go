package duckdb_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	goduckdb "github.com/marcboeker/go-duckdb"
)

// loaded is one row of the published table: values in, the column's type and its texts out.
type loaded struct {
	name   string
	typ    arrow.DataType
	in     string // a JSON array
	column string
	want   []string
}

func dictionary(value arrow.DataType) arrow.DataType {
	return &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: value}
}

var published = []loaded{
	{name: "bool", typ: arrow.FixedWidthTypes.Boolean, in: `[true, null, false, true]`, column: "BOOLEAN", want: []string{"true", "NULL", "false", "true"}},
	{name: "int8", typ: arrow.PrimitiveTypes.Int8, in: `[-128, null, 127]`, column: "TINYINT", want: []string{"-128", "NULL", "127"}},
	{name: "int16", typ: arrow.PrimitiveTypes.Int16, in: `[-32768, null, 32767]`, column: "SMALLINT", want: []string{"-32768", "NULL", "32767"}},
	{name: "int32", typ: arrow.PrimitiveTypes.Int32, in: `[-2147483648, null, 2147483647]`, column: "INTEGER", want: []string{"-2147483648", "NULL", "2147483647"}},
	{name: "int64", typ: arrow.PrimitiveTypes.Int64, in: `[-9223372036854775808, null, 9223372036854775807]`, column: "BIGINT", want: []string{"-9223372036854775808", "NULL", "9223372036854775807"}},
	{name: "uint8", typ: arrow.PrimitiveTypes.Uint8, in: `[0, null, 255]`, column: "UTINYINT", want: []string{"0", "NULL", "255"}},
	{name: "uint16", typ: arrow.PrimitiveTypes.Uint16, in: `[0, null, 65535]`, column: "USMALLINT", want: []string{"0", "NULL", "65535"}},
	{name: "uint32", typ: arrow.PrimitiveTypes.Uint32, in: `[0, null, 4294967295]`, column: "UINTEGER", want: []string{"0", "NULL", "4294967295"}},
	{name: "uint64", typ: arrow.PrimitiveTypes.Uint64, in: `[0, null, 18446744073709551615]`, column: "UBIGINT", want: []string{"0", "NULL", "18446744073709551615"}},
	{name: "float16", typ: arrow.FixedWidthTypes.Float16, in: `[1.5, null, -65504]`, column: "FLOAT", want: []string{"1.5", "NULL", "-65504.0"}},
	{name: "float32", typ: arrow.PrimitiveTypes.Float32, in: `[1.5, null, -3.4028235e+38, "NaN", "+Inf"]`, column: "FLOAT", want: []string{"1.5", "NULL", "-3.4028235e+38", "nan", "inf"}},
	{name: "float64", typ: arrow.PrimitiveTypes.Float64, in: `[0.1, null, -1.7976931348623157e308, "NaN", "-Inf"]`, column: "DOUBLE", want: []string{"0.1", "NULL", "-1.7976931348623157e+308", "nan", "-inf"}},
	{name: "decimal128_4", typ: &arrow.Decimal128Type{Precision: 4, Scale: 1}, in: `["999.9", null, "-999.9"]`, column: "DECIMAL(4,1)", want: []string{"999.9", "NULL", "-999.9"}},
	{name: "decimal128_9", typ: &arrow.Decimal128Type{Precision: 9, Scale: 2}, in: `["9999999.99", null, "-0.01"]`, column: "DECIMAL(9,2)", want: []string{"9999999.99", "NULL", "-0.01"}},
	{name: "decimal128_18", typ: &arrow.Decimal128Type{Precision: 18, Scale: 0}, in: `["999999999999999999", null, "-999999999999999999"]`, column: "DECIMAL(18,0)", want: []string{"999999999999999999", "NULL", "-999999999999999999"}},
	{name: "decimal128_38", typ: &arrow.Decimal128Type{Precision: 38, Scale: 10}, in: `["9999999999999999999999999999.9999999999", null, "-9999999999999999999999999999.9999999999"]`, column: "DECIMAL(38,10)", want: []string{"9999999999999999999999999999.9999999999", "NULL", "-9999999999999999999999999999.9999999999"}},
	{name: "decimal256_38", typ: &arrow.Decimal256Type{Precision: 38, Scale: 2}, in: `["123456789012345678901234567890123456.78", null, "-1.5"]`, column: "DECIMAL(38,2)", want: []string{"123456789012345678901234567890123456.78", "NULL", "-1.50"}},
	{name: "string", typ: arrow.BinaryTypes.String, in: `["", null, "naïve ☃ 𝄞", "a longer text than twelve bytes"]`, column: "VARCHAR", want: []string{"", "NULL", "naïve ☃ 𝄞", "a longer text than twelve bytes"}},
	{name: "large_string", typ: arrow.BinaryTypes.LargeString, in: `["", null, "naïve", "a longer text than twelve bytes"]`, column: "VARCHAR", want: []string{"", "NULL", "naïve", "a longer text than twelve bytes"}},
	{name: "string_view", typ: arrow.BinaryTypes.StringView, in: `["", null, "naïve", "a longer text than twelve bytes"]`, column: "VARCHAR", want: []string{"", "NULL", "naïve", "a longer text than twelve bytes"}},
	{name: "binary", typ: arrow.BinaryTypes.Binary, in: `["", null, "AP8="]`, column: "BLOB", want: []string{"", "NULL", `\x00\xFF`}},
	{name: "large_binary", typ: arrow.BinaryTypes.LargeBinary, in: `["", null, "AP8="]`, column: "BLOB", want: []string{"", "NULL", `\x00\xFF`}},
	{name: "fixed_binary", typ: &arrow.FixedSizeBinaryType{ByteWidth: 2}, in: `["AQI=", null, "AP8="]`, column: "BLOB", want: []string{`\x01\x02`, "NULL", `\x00\xFF`}},
	{name: "date32", typ: arrow.FixedWidthTypes.Date32, in: `["0001-01-01", null, "9999-12-31"]`, column: "DATE", want: []string{"0001-01-01", "NULL", "9999-12-31"}},
	{name: "date64", typ: arrow.FixedWidthTypes.Date64, in: `["0001-01-01", null, "9999-12-31"]`, column: "DATE", want: []string{"0001-01-01", "NULL", "9999-12-31"}},
	{name: "time32_s", typ: arrow.FixedWidthTypes.Time32s, in: `["00:00:00", null, "23:59:59"]`, column: "TIME", want: []string{"00:00:00", "NULL", "23:59:59"}},
	{name: "time32_ms", typ: arrow.FixedWidthTypes.Time32ms, in: `["00:00:00.001", null, "23:59:59.999"]`, column: "TIME", want: []string{"00:00:00.001", "NULL", "23:59:59.999"}},
	{name: "time64_us", typ: arrow.FixedWidthTypes.Time64us, in: `["00:00:00.000001", null, "23:59:59.999999"]`, column: "TIME", want: []string{"00:00:00.000001", "NULL", "23:59:59.999999"}},
	{name: "time64_ns", typ: arrow.FixedWidthTypes.Time64ns, in: `["00:00:00.000001", null, "23:59:59.999999"]`, column: "TIME", want: []string{"00:00:00.000001", "NULL", "23:59:59.999999"}},
	{name: "timestamp_s", typ: &arrow.TimestampType{Unit: arrow.Second}, in: `["0001-01-01 00:00:00", null, "9999-12-31 23:59:59"]`, column: "TIMESTAMP_S", want: []string{"0001-01-01 00:00:00", "NULL", "9999-12-31 23:59:59"}},
	{name: "timestamp_ms", typ: &arrow.TimestampType{Unit: arrow.Millisecond}, in: `["0001-01-01 00:00:00", null, "9999-12-31 23:59:59.999"]`, column: "TIMESTAMP_MS", want: []string{"0001-01-01 00:00:00", "NULL", "9999-12-31 23:59:59.999"}},
	{name: "timestamp_us", typ: &arrow.TimestampType{Unit: arrow.Microsecond}, in: `["0001-01-01 00:00:00", null, "9999-12-31 23:59:59.999999"]`, column: "TIMESTAMP", want: []string{"0001-01-01 00:00:00", "NULL", "9999-12-31 23:59:59.999999"}},
	{name: "timestamp_ns", typ: &arrow.TimestampType{Unit: arrow.Nanosecond}, in: `["1677-09-22 00:00:00", null, "2262-04-11 23:47:16.854775806"]`, column: "TIMESTAMP_NS", want: []string{"1677-09-22 00:00:00", "NULL", "2262-04-11 23:47:16.854775806"}},
	{name: "timestamp_s_zone", typ: &arrow.TimestampType{Unit: arrow.Second, TimeZone: "Europe/Berlin"}, in: `["0001-01-01 00:00:00", null, "9999-12-31 22:59:59"]`, column: "TIMESTAMP WITH TIME ZONE", want: []string{"-62135596800000000", "NULL", "253402297199000000"}},
	{name: "timestamp_ms_zone", typ: &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}, in: `["0001-01-01 00:00:00", null, "9999-12-31 23:59:59.999"]`, column: "TIMESTAMP WITH TIME ZONE", want: []string{"-62135596800000000", "NULL", "253402300799999000"}},
	{name: "timestamp_us_zone", typ: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, in: `["0001-01-01 00:00:00", null, "9999-12-31 23:59:59.999999"]`, column: "TIMESTAMP WITH TIME ZONE", want: []string{"-62135596800000000", "NULL", "253402300799999999"}},
	{name: "timestamp_ns_zone", typ: &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}, in: `["1970-01-01 00:00:00.000001", null, "2262-04-11 23:47:16.854775"]`, column: "TIMESTAMP WITH TIME ZONE", want: []string{"1", "NULL", "9223372036854775"}},
	{name: "duration_s", typ: arrow.FixedWidthTypes.Duration_s, in: `["1s", null, "86400s"]`, column: "INTERVAL", want: []string{"00:00:01", "NULL", "24:00:00"}},
	{name: "duration_ms", typ: arrow.FixedWidthTypes.Duration_ms, in: `["1ms", null]`, column: "INTERVAL", want: []string{"00:00:00.001", "NULL"}},
	{name: "duration_us", typ: arrow.FixedWidthTypes.Duration_us, in: `["1us", null, "-1us"]`, column: "INTERVAL", want: []string{"00:00:00.000001", "NULL", "-00:00:00.000001"}},
	{name: "duration_ns", typ: arrow.FixedWidthTypes.Duration_ns, in: `["1000ns", null]`, column: "INTERVAL", want: []string{"00:00:00.000001", "NULL"}},
	{name: "interval_months", typ: arrow.FixedWidthTypes.MonthInterval, in: `[{"months":14}, null]`, column: "INTERVAL", want: []string{"1 year 2 months", "NULL"}},
	{name: "interval_day_time", typ: arrow.FixedWidthTypes.DayTimeInterval, in: `[{"days":3,"milliseconds":1}, null]`, column: "INTERVAL", want: []string{"3 days 00:00:00.001", "NULL"}},
	{name: "interval_month_day_nano", typ: arrow.FixedWidthTypes.MonthDayNanoInterval, in: `[{"months":1,"days":2,"nanoseconds":3000}, null]`, column: "INTERVAL", want: []string{"1 month 2 days 00:00:00.000003", "NULL"}},
	{name: "null", typ: arrow.Null, in: `[null, null]`, column: "INTEGER", want: []string{"NULL", "NULL"}},
	{name: "dictionary_string", typ: dictionary(arrow.BinaryTypes.String), in: `["b", null, "a", "b"]`, column: "VARCHAR", want: []string{"b", "NULL", "a", "b"}},
	{name: "dictionary_int64", typ: dictionary(arrow.PrimitiveTypes.Int64), in: `[7, null, 8, 7]`, column: "BIGINT", want: []string{"7", "NULL", "8", "7"}},
	{name: "dictionary_date64", typ: dictionary(arrow.FixedWidthTypes.Date64), in: `["2020-01-02", null, "2020-01-03", "2020-01-02"]`, column: "DATE", want: []string{"2020-01-02", "NULL", "2020-01-03", "2020-01-02"}},
	{name: "dictionary_decimal", typ: dictionary(&arrow.Decimal128Type{Precision: 9, Scale: 2}), in: `["1.25", null, "2.50"]`, column: "DECIMAL(9,2)", want: []string{"1.25", "NULL", "2.50"}},
	{name: "list", typ: arrow.ListOf(arrow.PrimitiveTypes.Int32), in: `[[1,null,3], null, [], [4]]`, column: "INTEGER[]", want: []string{"[1, NULL, 3]", "NULL", "[]", "[4]"}},
	{name: "list_of_bool", typ: arrow.ListOf(arrow.FixedWidthTypes.Boolean), in: `[[true,null,false], null, [], [true]]`, column: "BOOLEAN[]", want: []string{"[true, NULL, false]", "NULL", "[]", "[true]"}},
	{name: "large_list", typ: arrow.LargeListOf(arrow.BinaryTypes.String), in: `[["a",null], null, [], ["b"]]`, column: "VARCHAR[]", want: []string{"[a, NULL]", "NULL", "[]", "[b]"}},
	{name: "fixed_list", typ: arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int32), in: `[[1,null], null, [3,4]]`, column: "INTEGER[2]", want: []string{"[1, NULL]", "NULL", "[3, 4]"}},
	{name: "struct", typ: arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int32, Nullable: true}, arrow.Field{Name: "select", Type: arrow.BinaryTypes.String, Nullable: true}), in: `[{"a":1,"select":"x"}, null, {"a":null,"select":"y"}]`, column: `STRUCT(a INTEGER, "select" VARCHAR)`, want: []string{"{'a': 1, 'select': x}", "NULL", "{'a': NULL, 'select': y}"}},
	{name: "struct_of_bool", typ: arrow.StructOf(arrow.Field{Name: "a", Type: arrow.FixedWidthTypes.Boolean, Nullable: true}), in: `[{"a":true}, null, {"a":null}, {"a":false}]`, column: `STRUCT(a BOOLEAN)`, want: []string{"{'a': true}", "NULL", "{'a': NULL}", "{'a': false}"}},
	{name: "struct_of_list", typ: arrow.StructOf(arrow.Field{Name: "l", Type: arrow.ListOf(arrow.FixedWidthTypes.Date64), Nullable: true}), in: `[{"l":["2020-01-02",null]}, null, {"l":null}, {"l":[]}]`, column: `STRUCT(l DATE[])`, want: []string{"{'l': [2020-01-02, NULL]}", "NULL", "{'l': NULL}", "{'l': []}"}},
	{name: "list_of_struct", typ: arrow.ListOf(arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int32, Nullable: true})), in: `[[{"a":1},null], null, [], [{"a":2}]]`, column: `STRUCT(a INTEGER)[]`, want: []string{"[{'a': 1}, NULL]", "NULL", "[]", "[{'a': 2}]"}},
	{name: "list_of_dictionary", typ: arrow.ListOf(dictionary(arrow.BinaryTypes.String)), in: `[["x","y"], null, [], ["x"]]`, column: `VARCHAR[]`, want: []string{"[x, y]", "NULL", "[]", "[x]"}},
	{name: "map", typ: arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32), in: `[[{"key":"a","value":1},{"key":"b","value":null}], null, [], [{"key":"c","value":3}]]`, column: `MAP(VARCHAR, INTEGER)`, want: []string{"{a=1, b=NULL}", "NULL", "{}", "{c=3}"}},
}

// Every row of the published table, in every shape in which arrays come: as it is and cut from a longer one, in two
// records each, nulls alone, and across the vectors of 2,048 rows in which DuckDB scans, from an odd row on.
func TestTypes(t *testing.T) {
	connector, db := inMemory(t)
	for _, c := range published {
		t.Run(c.name, func(t *testing.T) {
			mem := checked(t)
			values, _, err := array.FromJSON(mem, c.typ, strings.NewReader(c.in), array.WithUseNumber())
			if err != nil {
				t.Fatal(err)
			}
			defer values.Release()
			nulls, _, err := array.FromJSON(mem, c.typ, strings.NewReader("[null, null, null]"))
			if err != nil {
				t.Fatal(err)
			}
			defer nulls.Release()
			parts := make([]arrow.Array, 800)
			var all []string
			for i := range parts {
				parts[i] = values
				all = append(all, c.want...)
			}
			whole, err := array.Concatenate(parts, mem)
			if err != nil {
				t.Fatal(err)
			}
			defer whole.Release()
			cut := array.NewSlice(values, 1, int64(values.Len()))
			defer cut.Release()
			long := array.NewSlice(whole, 3, int64(whole.Len())-1)
			defer long.Release()
			roundTrip(t, connector, db, c.column, []shape{
				{"plain", values, c.want},
				{"cut", cut, c.want[1:]},
				{"nulls", nulls, []string{"NULL", "NULL", "NULL"}},
				{"long", long, all[3 : len(all)-1]},
			})
		})
	}
}

// shape is an array as a column comes, and the texts of its values.
type shape struct {
	name   string
	values arrow.Array
	want   []string
}

// roundTrip loads each shape as one column of one table and compares what the table then has.
func roundTrip(t *testing.T, connector *goduckdb.Connector, db *sql.DB, column string, shapes []shape) {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "c", Type: shapes[0].values.DataType(), Nullable: true},
		{Name: "shape", Type: arrow.PrimitiveTypes.Int64},
		{Name: "row", Type: arrow.PrimitiveTypes.Int64},
	}, nil)
	s := open(t, connector, "t", nil)
	defer query(t, db, "DROP TABLE t")
	w, from := claim(t, s, "0")
	prepare(t, w, schema)
	for k, shape := range shapes {
		number, row := array.NewInt64Builder(memory.DefaultAllocator), array.NewInt64Builder(memory.DefaultAllocator)
		for i := range shape.values.Len() {
			number.Append(int64(k))
			row.Append(int64(i))
		}
		rec := array.NewRecord(schema, []arrow.Array{shape.values, number.NewArray(), row.NewArray()}, int64(shape.values.Len()))
		half := rec.NumRows() / 2
		first, second := rec.NewSlice(0, half), rec.NewSlice(half, rec.NumRows())
		rec.Release()
		from = load(t, w, from, first, second)
	}
	if got := query(t, db, "SELECT data_type FROM duckdb_columns() WHERE table_name = 't' AND column_name = 'c'"); got[0] != column {
		t.Errorf("type %s, want %s", got[0], column)
	}
	text := "CAST(c AS VARCHAR)"
	if column == "TIMESTAMP WITH TIME ZONE" {
		text = "epoch_us(c)"
	}
	for k, shape := range shapes {
		if diff := cmp.Diff(shape.want, query(t, db, fmt.Sprintf("SELECT %s FROM t WHERE shape = %d ORDER BY row", text, k))); diff != "" {
			if len(diff) > 2000 {
				diff = diff[:2000]
			}
			t.Errorf("%s: values (-want +got):\n%s", shape.name, diff)
		}
	}
}
