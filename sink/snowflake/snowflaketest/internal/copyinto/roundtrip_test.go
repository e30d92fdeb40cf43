package copyinto_test

import (
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/encode/parquet"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
)

// The files of the encoder that the sink stages by come in as they are.
func TestParquetOfEncoder(t *testing.T) {
	b := newBench(t)
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	at := func(unit arrow.TimeUnit, zone string) arrow.DataType {
		return &arrow.TimestampType{Unit: unit, TimeZone: zone}
	}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "I", Type: arrow.PrimitiveTypes.Int64},
		{Name: "U", Type: arrow.PrimitiveTypes.Uint32, Nullable: true},
		{Name: "D", Type: &arrow.Decimal128Type{Precision: 38, Scale: 10}, Nullable: true},
		{Name: "F", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "S", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "B", Type: arrow.BinaryTypes.Binary, Nullable: true},
		{Name: "OK", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "DAY", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
		{Name: "T", Type: arrow.FixedWidthTypes.Time64ns, Nullable: true},
		{Name: "NTZ", Type: at(arrow.Nanosecond, ""), Nullable: true},
		{Name: "LTZ", Type: at(arrow.Nanosecond, "UTC"), Nullable: true},
		{Name: "MICRO", Type: at(arrow.Microsecond, "UTC"), Nullable: true},
		{Name: "L", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64), Nullable: true},
		{Name: "O", Type: arrow.StructOf(arrow.Field{Name: "x", Type: arrow.BinaryTypes.String, Nullable: true}), Nullable: true},
		{Name: "M", Type: arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64), Nullable: true},
	}, nil)
	rec, _, err := array.RecordFromJSON(mem, schema, strings.NewReader(`[
		{"I": 1, "U": 4294967295, "D": "-0.0000000001", "F": 0.1, "S": "ä\"", "B": "AQI=", "OK": true, "DAY": "2024-01-02", "T": "01:02:03.123456789",
		 "NTZ": "2024-01-02 12:00:00.123456789", "LTZ": "1969-12-31 23:59:59.999999999", "MICRO": "9999-12-31 23:59:59.999999",
		 "L": [], "O": {"x": null}, "M": [{"key": "k", "value": 1}]},
		{"I": 2}
	]`))
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	f := b.file("f.parquet", "")
	out, err := os.Create(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := parquet.NewWriter(out, schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	req := b.table(format(t, "PARQUET", "USE_VECTORIZED_SCANNER=TRUE", "USE_LOGICAL_TYPE=TRUE", "BINARY_AS_TEXT=FALSE", "REPLACE_INVALID_CHARACTERS=FALSE"),
		"I INT NOT NULL", "U INT", "D NUMBER(38,10)", "F FLOAT", "S TEXT", "B BINARY", "OK BOOLEAN", "DAY DATE", "T TIME", "NTZ NTZ", "LTZ LTZ", "MICRO LTZ", "L ARRAY", "O OBJECT", "M VARIANT")
	req.Options = options(t, "MATCH_BY_COLUMN_NAME=CASE_SENSITIVE", "ON_ERROR=ABORT_STATEMENT")
	req.Files = []copyinto.File{f}
	equal(t, "result", line(b.loaded(req)[0]), "st/f.parquet LOADED 2 2 1 0")
	equal(t, "rows", b.rows(), `1|4294967295|-0.0000000001|0.1|ä"|\x01\x02|true|2024-01-02|3723123456789|1704196800123456789|-1|253402300799999999000|[]|{"x":null}|{"k":1}`+"\n2"+strings.Repeat("|-", 14)+"\n")
}
