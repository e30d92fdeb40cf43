package copyinto_test

import (
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
)

// writeArrow writes a file of JSON rows, by pqarrow.
func writeArrow(t *testing.T, path string, schema *arrow.Schema, rows string) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	rec, _, err := array.RecordFromJSON(mem, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pqarrow.NewFileWriter(schema, f, parquet.NewWriterProperties(parquet.WithAllocator(mem)), pqarrow.NewArrowWriterProperties(pqarrow.WithAllocator(mem)))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil { // closes f
		t.Fatal(err)
	}
}

// writeTwins writes columns whose names differ in case alone.
func writeTwins(t *testing.T, path string) {
	t.Helper()
	writeArrow(t, path, arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}, {Name: "A", Type: arrow.PrimitiveTypes.Int64}}, nil), `[{"a": 1, "A": 2}]`)
}

// Nanoseconds come as they are, although DuckDB cuts some; so do times before 1677 and after 2262.
func TestParquetOfArrow(t *testing.T) {
	b := newBench(t)
	at := func(unit arrow.TimeUnit, zone string) arrow.DataType {
		return &arrow.TimestampType{Unit: unit, TimeZone: zone}
	}
	for _, c := range []struct {
		name       string
		typ        arrow.DataType
		value      string
		column     string
		want, raw  string
		vectorized string
	}{
		{"wall clock of nanoseconds", at(arrow.Nanosecond, ""), `"2024-01-02 12:00:00.123456789"`, "NTZ", "1704196800123456789", "", ""},
		{"instant of nanoseconds", at(arrow.Nanosecond, "UTC"), `"2024-01-02 12:00:00.123456789"`, "LTZ", "1704196800123456789", "", ""},
		{"instant of microseconds", at(arrow.Microsecond, "UTC"), `"0001-01-01 00:00:00.000001"`, "LTZ", "-62135596799999999000", "", ""},
		{"wall clock of milliseconds", at(arrow.Millisecond, ""), `"9999-12-31 23:59:59.999"`, "NTZ", "253402300799999000000", "", ""},
		{"time of nanoseconds", arrow.FixedWidthTypes.Time64ns, `"01:02:03.123456789"`, "TIME", "3723123456789", "3723123456789", ""},
		{"time of milliseconds", arrow.FixedWidthTypes.Time32ms, `"01:02:03.123"`, "TIME", "3723123000000", "", ""},
		{"date", arrow.FixedWidthTypes.Date32, `"2024-01-02"`, "DATE", "2024-01-02", "", ""},
		{"decimal", &arrow.Decimal128Type{Precision: 38, Scale: 10}, `"1234567890123456789012345678.0123456789"`, "NUMBER(38,10)", "1234567890123456789012345678.0123456789", "", ""},
		{"unsigned", arrow.PrimitiveTypes.Uint32, `4294967295`, "INT", "4294967295", "", ""},
		{"small", arrow.PrimitiveTypes.Int8, `-128`, "INT", "-128", "", ""},
		{"float", arrow.PrimitiveTypes.Float32, `0.5`, "FLOAT", "0.5", "", ""},
		{"nested times", arrow.ListOf(at(arrow.Nanosecond, "UTC")), `["2024-01-02 12:00:00.123456789"]`, "VARIANT", `["2024-01-02 12:00:00.123 +0000"]`, "[1704196800123456789]", ""},
		{"map", arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64), `[{"key": "b", "value": 1}, {"key": "a", "value": null}]`, "VARIANT", `{"key_value":[{"key":"a"},{"key":"b","value":1}]}`, "", `{"a":null,"b":1}`},
		{"struct", arrow.StructOf(arrow.Field{Name: "x", Type: arrow.ListOf(arrow.StructOf(arrow.Field{Name: "y", Type: arrow.BinaryTypes.String, Nullable: true})), Nullable: true}), `{"x": [{"y": "z"}, null, {"y": null}]}`, "VARIANT", `{"x":[{"y":"z"},{}]}`, "", `{"x":[{"y":"z"},null,{"y":null}]}`},
		{"empty list", arrow.ListOf(arrow.ListOf(arrow.PrimitiveTypes.Int64)), `[[0, 1], [], null, [null]]`, "ARRAY", `[[0,1],[],[]]`, "", `[[0,1],[],null,[null]]`},
		{"no lists", arrow.ListOf(arrow.PrimitiveTypes.Int64), `[]`, "ARRAY", `[]`, "", ""},
		{"empty map", arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64), `[]`, "VARIANT", `{"key_value":[]}`, "", `{}`},
		{"empty struct", arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int64, Nullable: true}), `{"x": null}`, "VARIANT", `{}`, "", `{"x":null}`},
		{"binary", arrow.BinaryTypes.Binary, `"AQI="`, "BINARY", `\x01\x02`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bench{t, b.conn, b.look, t.TempDir()}
			f := b.file("f.parquet", "")
			writeArrow(t, f.Path, arrow.NewSchema([]arrow.Field{{Name: "a", Type: c.typ, Nullable: true}}, nil), `[{"a": `+c.value+`}, {"a": null}]`)
			load := func(typ, want string, settings ...string) {
				t.Helper()
				req := b.table(format(t, "PARQUET", settings...), "A "+typ)
				req.Files = []copyinto.File{f}
				req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE")
				b.loaded(req)
				equal(t, strings.Join(settings, " "), b.rows(), want+"\n-\n")
			}
			load(c.column, c.want, "USE_LOGICAL_TYPE=TRUE", "BINARY_AS_TEXT=FALSE")
			if c.vectorized == "" {
				c.vectorized = c.want
			}
			load(c.column, c.vectorized, "USE_VECTORIZED_SCANNER=TRUE")
			if c.raw != "" && c.column == "VARIANT" {
				load(c.column, c.raw)
			} else if c.raw != "" {
				load("INT", c.raw)
			}
		})
	}
}
