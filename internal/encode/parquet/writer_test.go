package parquet_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	pqgo "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/floedata/floe/internal/encode/internal/sample"
	"github.com/floedata/floe/internal/encode/parquet"
)

// column makes a record of one column, "c", from JSON.
func column(t testing.TB, dt arrow.DataType, nullable bool, json string) arrow.Record {
	t.Helper()
	arr, _, err := array.FromJSON(memory.DefaultAllocator, dt, strings.NewReader(json))
	if err != nil {
		t.Fatal(err)
	}
	defer arr.Release()
	schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: dt, Nullable: nullable}}, nil)
	rec := array.NewRecord(schema, []arrow.Array{arr}, int64(arr.Len()))
	t.Cleanup(rec.Release)
	return rec
}

func footer(t testing.TB, b []byte) *format.FileMetaData {
	t.Helper()
	f, err := pqgo.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return f.Metadata()
}

// TestShapes writes what is at the edge of what records may be.
func TestShapes(t *testing.T) {
	str, i64 := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64
	deep := arrow.DataType(i64)
	for i := range 12 {
		if i%2 == 0 {
			deep = arrow.ListOf(deep)
		} else {
			deep = arrow.StructOf(arrow.Field{Name: "x", Type: deep, Nullable: true})
		}
	}
	tests := []struct {
		name string
		rec  arrow.Record
		opts parquet.Options
	}{
		{"no rows", column(t, i64, true, `[]`), parquet.Options{}},
		{"no rows of lists", column(t, arrow.ListOf(str), true, `[]`), parquet.Options{}},
		{"one row", column(t, str, false, `["x"]`), parquet.Options{}},
		{"one null", column(t, str, true, `[null]`), parquet.Options{}},
		{"all null", column(t, arrow.StructOf(arrow.Field{Name: "a", Type: i64, Nullable: true}), true, `[null,null,{"a":null}]`), parquet.Options{}},
		{"empty lists", column(t, arrow.ListOf(i64), true, `[[],null,[],[null]]`), parquet.Options{}},
		{"lists of lists", column(t, arrow.ListOf(arrow.ListOf(i64)), true, `[[[1,2],[]],null,[null,[3]],[],[[]],[[null,4]]]`), parquet.Options{PageBytes: 1}},
		{"a map of lists", column(t, arrow.MapOf(str, arrow.ListOf(i64)), true, `[[{"key":"a","value":[1,null]},{"key":"b","value":null}],[],null]`), parquet.Options{}},
		{"12 levels", column(t, deep, true, `[{"x":[{"x":[{"x":[{"x":[{"x":[{"x":[1,2]},{"x":[]}]}]}]}]},null]},null]`), parquet.Options{}},
		{"an empty text and an empty page bound", column(t, str, true, `["","",null]`), parquet.Options{}},
		{"a text larger than a page", column(t, str, true, `["`+strings.Repeat("é", 5_000)+`","b",null,"`+strings.Repeat("z", 9_000)+`"]`), parquet.Options{PageBytes: 100}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			readBack(t, encode(t, tc.rec.Schema(), &tc.opts, tc.rec), tc.rec)
		})
	}
}

// TestWithoutWrite: a file that nothing was written to has no rows.
func TestWithoutWrite(t *testing.T) {
	rec := column(t, arrow.BinaryTypes.String, true, `[]`)
	readBack(t, encode(t, rec.Schema(), nil), rec)
}

// TestTypes says what each type is in the file.
func TestTypes(t *testing.T) {
	want := []string{
		"NULL INT32 NULL -", "BOOL BOOLEAN - -",
		"INT8 INT32 INT(8,true) INT8", "INT16 INT32 INT(16,true) INT16", "INT32 INT32 - -", "INT64 INT64 - -",
		"UINT8 INT32 INT(8,false) UINT8", "UINT16 INT32 INT(16,false) UINT16", "UINT32 INT32 INT(32,false) UINT32", "UINT64 INT64 INT(64,false) UINT64",
		"FLOAT16 FLOAT - -", "FLOAT32 FLOAT - -", "FLOAT64 DOUBLE - -",
		"STRING BYTE_ARRAY STRING UTF8", "LARGE_STRING BYTE_ARRAY STRING UTF8", "STRING_VIEW BYTE_ARRAY STRING UTF8",
		"BINARY BYTE_ARRAY - -", "LARGE_BINARY BYTE_ARRAY - -", "BINARY_VIEW BYTE_ARRAY - -",
		"FIXED_SIZE_BINARY FIXED_LEN_BYTE_ARRAY[1] - -", "FIXED_SIZE_BINARY FIXED_LEN_BYTE_ARRAY[16] - -",
		"DATE32 INT32 DATE DATE", "DATE64 INT32 DATE DATE",
		"TIME32 INT32 TIME(isAdjustedToUTC=false,unit=MILLIS) TIME_MILLIS", "TIME32 INT32 TIME(isAdjustedToUTC=false,unit=MILLIS) TIME_MILLIS",
		"TIME64 INT64 TIME(isAdjustedToUTC=false,unit=MICROS) TIME_MICROS", "TIME64 INT64 TIME(isAdjustedToUTC=false,unit=NANOS) -",
	}
	for _, unit := range []string{"MILLIS", "MILLIS", "MICROS", "NANOS"} {
		converted := "TIMESTAMP_" + unit
		if unit == "NANOS" {
			converted = "-"
		}
		for _, utc := range []bool{false, true} {
			want = append(want, fmt.Sprintf("TIMESTAMP INT64 TIMESTAMP(isAdjustedToUTC=%t,unit=%s) %s", utc, unit, converted))
		}
	}
	for _, d := range []string{
		"%s INT32 DECIMAL(1,0) DECIMAL", "%s INT32 DECIMAL(5,2) DECIMAL", "%s INT32 DECIMAL(9,4) DECIMAL",
		"%s INT64 DECIMAL(10,5) DECIMAL", "%s INT64 DECIMAL(18,9) DECIMAL",
		"%s FIXED_LEN_BYTE_ARRAY[9] DECIMAL(19,9) DECIMAL", "%s FIXED_LEN_BYTE_ARRAY[12] DECIMAL(27,13) DECIMAL", "%s FIXED_LEN_BYTE_ARRAY[16] DECIMAL(38,19) DECIMAL",
	} {
		want = append(want, fmt.Sprintf(d, "DECIMAL128"), fmt.Sprintf(d, "DECIMAL256"))
	}
	var fields []arrow.Field
	for i, dt := range sample.Leaves() {
		fields = append(fields, arrow.Field{Name: fmt.Sprint(i), Type: dt, Nullable: true})
	}
	// DECIMAL128, as String says it, is only DECIMAL.
	names := map[arrow.Type]string{arrow.DECIMAL128: "DECIMAL128", arrow.DECIMAL256: "DECIMAL256"}
	var got []string
	for i, e := range footer(t, encode(t, arrow.NewSchema(fields, nil), nil)).Schema[1:] {
		id := fields[i].Type.ID()
		name := names[id]
		if name == "" {
			name = id.String()
		}
		got = append(got, name+" "+elementText(&e))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("types mismatch (-want +got):\n%s", diff)
	}
}

func elementText(e *format.SchemaElement) string {
	text := e.Type.V.String()
	if e.TypeLength.Valid {
		text += fmt.Sprintf("[%d]", e.TypeLength.V)
	}
	if e.LogicalType.Value != nil {
		text += " " + e.LogicalType.String()
	} else {
		text += " -"
	}
	if e.ConvertedType.Valid {
		return text + " " + converted[e.ConvertedType.V]
	}
	return text + " -"
}

var converted = map[deprecated.ConvertedType]string{
	deprecated.UTF8: "UTF8", deprecated.Decimal: "DECIMAL", deprecated.Date: "DATE", deprecated.Json: "JSON",
	deprecated.TimeMillis: "TIME_MILLIS", deprecated.TimeMicros: "TIME_MICROS",
	deprecated.TimestampMillis: "TIMESTAMP_MILLIS", deprecated.TimestampMicros: "TIMESTAMP_MICROS",
	deprecated.Uint8: "UINT8", deprecated.Uint16: "UINT16", deprecated.Uint32: "UINT32", deprecated.Uint64: "UINT64",
	deprecated.Int8: "INT8", deprecated.Int16: "INT16", deprecated.Int32: "INT32", deprecated.Int64: "INT64",
}

// TestNestedSchema has the names and repetitions that the format asks for.
func TestNestedSchema(t *testing.T) {
	i32 := arrow.PrimitiveTypes.Int32
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "l", Type: arrow.ListOfField(arrow.Field{Name: "item", Type: i32, Nullable: false}), Nullable: true},
		{Name: "m", Type: arrow.MapOf(arrow.BinaryTypes.String, i32)},
		{Name: "s", Type: arrow.StructOf(arrow.Field{Name: "a", Type: i32, Nullable: true}), Nullable: true},
	}, nil)
	var got []string
	for _, e := range footer(t, encode(t, schema, nil)).Schema[1:] {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.RepetitionType.V, e.Name, e.LogicalType.String())))
	}
	want := []string{
		"OPTIONAL l LIST", "REPEATED list", "REQUIRED element",
		"REQUIRED m MAP", "REPEATED key_value", "REQUIRED key STRING", "OPTIONAL value",
		"OPTIONAL s", "OPTIONAL a",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("elements mismatch (-want +got):\n%s", diff)
	}
}

// TestExtensions: UUID and JSON, by the name in the metadata of the field.
func TestExtensions(t *testing.T) {
	named := func(name string) arrow.Metadata {
		return arrow.MetadataFrom(map[string]string{"ARROW:extension:name": name})
	}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "u", Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}, Metadata: named("arrow.uuid")},
		{Name: "j", Type: arrow.BinaryTypes.LargeString, Metadata: named("arrow.json")},
	}, nil)
	var got []string
	for _, e := range footer(t, encode(t, schema, nil)).Schema[1:] {
		got = append(got, elementText(&e))
	}
	want := []string{"FIXED_LEN_BYTE_ARRAY[16] UUID -", "BYTE_ARRAY JSON JSON"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("elements mismatch (-want +got):\n%s", diff)
	}
}

func TestCheck(t *testing.T) {
	i64 := arrow.PrimitiveTypes.Int64
	tests := []struct {
		dt   arrow.DataType
		want string
	}{
		{arrow.FixedWidthTypes.Duration_us, `column "c": values of type duration[us] have no form`},
		{arrow.FixedWidthTypes.MonthDayNanoInterval, `column "c": values of type month_day_nano_interval have no form`},
		{arrow.ListOf(arrow.FixedWidthTypes.Duration_s), `column "c.list.element": values of type duration[s] have no form`},
		{arrow.SparseUnionOf(nil, nil), `column "c": values of type sparse_union`},
		{arrow.ListViewOf(i64), `column "c": values of type list_view`},
		{arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, i64), `column "c": values of type run_end_encoded`},
		{arrow.StructOf(), `column "c": a struct without fields`},
		{arrow.StructOf(arrow.Field{Name: "a", Type: i64}, arrow.Field{Name: "b", Type: &arrow.Decimal128Type{Precision: 3, Scale: -1}}), `column "c.b": a decimal with scale -1`},
		{&arrow.Decimal128Type{Precision: 3, Scale: 4}, `column "c": a decimal with scale 4 of 3 digits`},
		{&arrow.FixedSizeBinaryType{}, `column "c": values of no bytes`},
		{&arrow.DictionaryType{IndexType: i64, ValueType: arrow.ListOf(i64)}, `column "c": values of type list`},
		{&arrow.DictionaryType{IndexType: i64, ValueType: arrow.Null}, `column "c": a dictionary of nulls`},
	}
	for _, tc := range tests {
		schema := arrow.NewSchema([]arrow.Field{{Name: "good", Type: i64}, {Name: "c", Type: tc.dt, Nullable: true}}, nil)
		err := parquet.Check(schema)
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "good") {
			t.Errorf("Check of %s: %v, want %s", tc.dt, err, tc.want)
		}
		if _, err2 := parquet.NewWriter(new(bytes.Buffer), schema, nil); err2 == nil || err2.Error() != err.Error() {
			t.Errorf("NewWriter of %s: %v, want %v", tc.dt, err2, err)
		}
	}
	if err := parquet.Check(arrow.NewSchema(nil, nil)); err == nil {
		t.Error("a schema without columns is good")
	}
	twice := arrow.NewSchema([]arrow.Field{{Name: "a", Type: i64}, {Name: "a", Type: i64}}, nil)
	if err := parquet.Check(twice); err == nil || !strings.Contains(err.Error(), `column "a": there are two`) {
		t.Errorf("Check of two columns of a name: %v", err)
	}
	for seed := range sample.Leaves() {
		schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: sample.Leaves()[seed]}}, nil)
		if err := parquet.Check(schema); err != nil {
			t.Error(err)
		}
	}
}

// TestMisfits: values that their type, or the file, has no room for are refused and named.
func TestMisfits(t *testing.T) {
	i64 := arrow.PrimitiveTypes.Int64
	// as has the buffers of a column in an array of another type, which does not look at the values.
	as := func(dt arrow.DataType, rec arrow.Record) arrow.Record {
		data := rec.Column(0).Data()
		other := array.NewData(dt, data.Len(), data.Buffers(), data.Children(), data.NullN(), 0)
		defer other.Release()
		arr := array.MakeFromData(other)
		defer arr.Release()
		out := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "c", Type: dt, Nullable: true}}, nil), []arrow.Array{arr}, rec.NumRows())
		t.Cleanup(out.Release)
		return out
	}
	decimals := func(digits int32, json string) arrow.Record {
		return as(&arrow.Decimal128Type{Precision: digits}, column(t, &arrow.Decimal128Type{Precision: 38}, true, json))
	}
	ints := func(dt arrow.DataType, json string) arrow.Record { return as(dt, column(t, i64, true, json)) }
	required := arrow.NewSchema([]arrow.Field{{Name: "c", Type: i64}}, nil)
	full := arrow.ListOfField(arrow.Field{Name: "item", Type: i64})
	tests := []struct {
		name   string
		schema *arrow.Schema // nil = the record's
		rec    arrow.Record
		want   string
	}{
		{"a null", required, column(t, i64, true, `[1,2,null]`), `column "c", row 12: a null`},
		{"a null element", nil, as(full, column(t, arrow.ListOf(i64), true, `[[1],[2,null]]`)), `column "c.list.element", rows 10 to 11: a null`},
		{"9 digits", nil, decimals(9, `["999999999","-999999999","1000000000"]`), `column "c", row 12: a decimal with the digits 1000000000 has more than the 9`},
		{"18 digits", nil, decimals(18, `["999999999999999999","-1000000000000000000"]`), `column "c", row 11: a decimal with the digits -1000000000000000000`},
		{"more than 64 bits", nil, decimals(18, `["18446744073709551616"]`), `column "c", row 10: a decimal with the digits 18446744073709551616`},
		{"20 digits", nil, decimals(20, `["99999999999999999999","100000000000000000000"]`), `column "c", row 11: a decimal`},
		{"a date of half a day", nil, ints(arrow.FixedWidthTypes.Date64, `[86400000,43200000]`), `column "c", row 11: 43200000 milliseconds are not a date`},
		{"a date too far", nil, ints(arrow.FixedWidthTypes.Date64, `[-9223372036800000000]`), `column "c", row 10`},
		{"seconds too far", nil, ints(arrow.FixedWidthTypes.Timestamp_s, `[null,9300000000000000]`), `column "c", row 11: 9300000000000000 seconds`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			schema := tc.schema
			if schema == nil {
				schema = tc.rec.Schema()
			}
			var buf bytes.Buffer
			w, err := parquet.NewWriter(&buf, schema, nil)
			if err != nil {
				t.Fatal(err)
			}
			first := array.NewRecord(schema, []arrow.Array{ten(t, schema.Field(0))}, 10)
			defer first.Release()
			if err := w.Write(first); err != nil {
				t.Fatal(err)
			}
			err = w.Write(tc.rec)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("%v, want %s", err, tc.want)
			}
			if again := w.Write(first); again == nil || again.Error() != err.Error() {
				t.Errorf("the next Write: %v, want %v", again, err)
			}
			if end := w.Close(); end == nil || end.Error() != err.Error() {
				t.Errorf("Close: %v, want %v", end, err)
			}
			if buf.Len() > 0 {
				t.Errorf("%d bytes were written", buf.Len())
			}
		})
	}
}

// ten is an array of ten zeros.
func ten(t testing.TB, f arrow.Field) arrow.Array {
	t.Helper()
	b := array.NewBuilder(memory.DefaultAllocator, f.Type)
	defer b.Release()
	for range 10 {
		b.AppendEmptyValue()
	}
	arr := b.NewArray()
	t.Cleanup(arr.Release)
	return arr
}

func TestOtherRecord(t *testing.T) {
	rec := column(t, arrow.PrimitiveTypes.Int64, true, `[1]`)
	for name, other := range map[string]*arrow.Schema{
		`the file has "d"`: arrow.NewSchema([]arrow.Field{{Name: "d", Type: arrow.PrimitiveTypes.Int64}}, nil),
		`of type int32`:    arrow.NewSchema([]arrow.Field{{Name: "c", Type: arrow.PrimitiveTypes.Int32}}, nil),
		`for a file of 2`:  arrow.NewSchema([]arrow.Field{{Name: "c", Type: arrow.PrimitiveTypes.Int64}, {Name: "d", Type: arrow.PrimitiveTypes.Int64}}, nil),
	} {
		w, err := parquet.NewWriter(new(bytes.Buffer), other, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(rec); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %s", err, name)
		}
	}
}

func TestOptions(t *testing.T) {
	_, err := parquet.NewWriter(new(bytes.Buffer), column(t, arrow.Null, true, `[]`).Schema(), &parquet.Options{Codec: 9, PageBytes: -1, RowGroupRows: -1, RowGroupBytes: -1})
	for _, want := range []string{"Options.Codec", "Options.PageBytes", "Options.RowGroupRows", "Options.RowGroupBytes"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// full is a disk that takes some bytes.
type full struct{ room int }

var errFull = errors.New("disk full")

func (f *full) Write(b []byte) (int, error) {
	if len(b) > f.room {
		return 0, errFull
	}
	f.room -= len(b)
	return len(b), nil
}

// TestFailingFile: wherever writing fails, the caller is told, by Write or Close and all calls after it.
func TestFailingFile(t *testing.T) {
	rec := column(t, arrow.ListOf(arrow.BinaryTypes.String), true, `[["a","b"],["a"],null,["a"]]`)
	size := len(encode(t, rec.Schema(), &parquet.Options{RowGroupRows: 2}, rec))
	for room := range size {
		w, err := parquet.NewWriter(&full{room}, rec.Schema(), &parquet.Options{RowGroupRows: 2})
		if err != nil {
			t.Fatal(err)
		}
		err = w.Write(rec)
		if end := w.Close(); !errors.Is(end, errFull) || err != nil && !errors.Is(err, errFull) {
			t.Fatalf("with room for %d bytes of %d: Write %v, Close %v", room, size, err, end)
		}
	}
}

func TestClosed(t *testing.T) {
	rec := column(t, arrow.PrimitiveTypes.Int64, true, `[1]`)
	w, err := parquet.NewWriter(new(bytes.Buffer), rec.Schema(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Reset(new(bytes.Buffer)); err == nil {
		t.Error("an open writer begins another file")
	}
	if err := errors.Join(w.Write(rec), w.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rec); err == nil {
		t.Error("a closed writer writes")
	}
	if err := w.Reset(new(full)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(rec), w.Close()); !errors.Is(err, errFull) {
		t.Errorf("a writer without room answers %v", err)
	}
	if err := w.Reset(new(bytes.Buffer)); err == nil {
		t.Error("a writer that failed begins another file")
	}
}

// TestStatistics of chunks.
func TestStatistics(t *testing.T) {
	long := strings.Repeat("x", 300)
	zero := func(f float64) []byte { return le(math.Float64bits(f), 8) }
	tests := []struct {
		name     string
		dt       arrow.DataType
		json     string
		min, max []byte
		nulls    int64
	}{
		{"signed", arrow.PrimitiveTypes.Int32, `[3,-2,null]`, le(0xfffffffe, 4), le(3, 4), 1},
		{"unsigned", arrow.PrimitiveTypes.Uint32, `[3,4294967295,7]`, le(3, 4), le(0xffffffff, 4), 0},
		{"unsigned 64", arrow.PrimitiveTypes.Uint64, `[1,9223372036854775808]`, le(1, 8), le(1<<63, 8), 0},
		{"bytes", arrow.PrimitiveTypes.Uint8, `[200,3]`, le(3, 4), le(200, 4), 0},
		{"booleans", arrow.FixedWidthTypes.Boolean, `[true,null,true]`, []byte{1}, []byte{1}, 1},
		{"both booleans", arrow.FixedWidthTypes.Boolean, `[true,false]`, []byte{0}, []byte{1}, 0},
		{"zeros", arrow.PrimitiveTypes.Float64, `[0,0]`, zero(math.Copysign(0, -1)), zero(0), 0},
		{"a negative zero", arrow.PrimitiveTypes.Float64, `[-0.0,-1]`, zero(-1), zero(0), 0},
		{"NaN first", arrow.PrimitiveTypes.Float64, `["NaN",2,1]`, nil, nil, 0},
		{"NaN last", arrow.PrimitiveTypes.Float64, `[2,1,null,"NaN"]`, nil, nil, 1},
		{"infinities", arrow.PrimitiveTypes.Float32, `["-Inf",1,"+Inf"]`, le(0xff800000, 4), le(0x7f800000, 4), 0},
		{"texts", arrow.BinaryTypes.String, `["b","","zz",null,"é"]`, []byte{}, []byte("é"), 1},
		{"a long text", arrow.BinaryTypes.String, `["a","` + long + `"]`, nil, nil, 0},
		{"nulls", arrow.BinaryTypes.String, `[null,null]`, nil, nil, 2},
		{"small decimals", &arrow.Decimal128Type{Precision: 5, Scale: 2}, `["-1.5","2"]`, le(0xffffff6a, 4), le(200, 4), 0},
		{"large decimals", &arrow.Decimal128Type{Precision: 20}, `["-1","1","0"]`, bytes.Repeat([]byte{0xff}, 9), append(make([]byte, 8), 1), 0},
		{"lists", arrow.ListOf(arrow.PrimitiveTypes.Int32), `[[3,null],null,[]]`, le(3, 4), le(3, 4), 3},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			rec := column(t, tc.dt, true, tc.json)
			s := footer(t, encode(t, rec.Schema(), nil, rec)).RowGroups[0].Columns[0].MetaData.Statistics
			if !cmp.Equal(s.MinValue, tc.min) || !cmp.Equal(s.MaxValue, tc.max) || s.NullCount != tc.nulls {
				t.Errorf("min %x, max %x, %d nulls; want %x, %x, %d", s.MinValue, s.MaxValue, s.NullCount, tc.min, tc.max, tc.nulls)
			}
		})
	}
}

func le(v uint64, n int) (b []byte) {
	for i := range n {
		b = append(b, byte(v>>(8*i)))
	}
	return b
}

// TestBoundaryOrder: bounds are ordered if both are, whatever the pages of nulls between them. Each row is a page.
func TestBoundaryOrder(t *testing.T) {
	for json, want := range map[string]format.BoundaryOrder{
		`[[1,2],[],[2,2],null,[2,7]]`: format.Ascending,
		`[[7,9],null,[7,8],[-1]]`:     format.Descending,
		`[[1,5],[2,3]]`:               format.Unordered,
		`[[2,3],[1,5]]`:               format.Unordered,
		`[[1],[2],[1]]`:               format.Unordered,
		`[[3],null,[3]]`:              format.Ascending,
	} {
		rec := column(t, arrow.ListOf(arrow.PrimitiveTypes.Int32), true, json)
		file := encode(t, rec.Schema(), &parquet.Options{PageBytes: 1}, rec)
		f, err := pqgo.OpenFile(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		x := f.ColumnIndexes()[0]
		if len(x.NullPages) != int(rec.NumRows()) || x.BoundaryOrder != want {
			t.Errorf("%s: %d pages, order %d, want %d", json, len(x.NullPages), x.BoundaryOrder, want)
		}
	}
}

// TestLongBounds: the page index keeps 64 bytes, whole characters of a text, and its bounds are bounds.
func TestLongBounds(t *testing.T) {
	tests := []struct {
		name     string
		dt       arrow.DataType
		value    string
		min, max string // none = no index
	}{
		{"letters", arrow.BinaryTypes.String, strings.Repeat("a", 65), strings.Repeat("a", 64), strings.Repeat("a", 63) + "b"},
		{"characters", arrow.BinaryTypes.String, strings.Repeat("日", 22), strings.Repeat("日", 21), strings.Repeat("日", 20) + "旦"},
		{"before the surrogates", arrow.BinaryTypes.String, strings.Repeat("a", 61) + "\ud7ff" + "bbb", strings.Repeat("a", 61) + "\ud7ff", strings.Repeat("a", 61) + "\ue000"},
		{"the last character", arrow.BinaryTypes.String, "a" + strings.Repeat("\U0010ffff", 20), "a" + strings.Repeat("\U0010ffff", 15), "b"},
		{"nothing above", arrow.BinaryTypes.String, strings.Repeat("\U0010ffff", 20), "", ""},
		{"bytes", arrow.BinaryTypes.Binary, "a" + strings.Repeat("\xff", 80), "a" + strings.Repeat("\xff", 63), "b"},
		{"no bytes above", arrow.BinaryTypes.Binary, strings.Repeat("\xff", 80), "", ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			b := array.NewBuilder(memory.DefaultAllocator, tc.dt)
			defer b.Release()
			switch b := b.(type) {
			case *array.StringBuilder:
				b.Append(tc.value)
			case *array.BinaryBuilder:
				b.Append([]byte(tc.value))
			}
			arr := b.NewArray()
			defer arr.Release()
			rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "c", Type: tc.dt}}, nil), []arrow.Array{arr}, 1)
			defer rec.Release()
			file := encode(t, rec.Schema(), nil, rec)
			readBack(t, file, rec)
			f, err := pqgo.OpenFile(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				t.Fatal(err)
			}
			if tc.max == "" {
				if n := len(f.ColumnIndexes()); n > 0 && len(f.ColumnIndexes()[0].MinValues) > 0 {
					t.Errorf("a column index of %q", f.ColumnIndexes()[0].MaxValues)
				}
				return
			}
			x := f.ColumnIndexes()[0]
			if got := string(x.MinValues[0]); got != tc.min || got > tc.value {
				t.Errorf("min %q, want %q", got, tc.min)
			}
			if got := string(x.MaxValues[0]); got != tc.max || got <= tc.value {
				t.Errorf("max %q, want %q", got, tc.max)
			}
		})
	}
}

// TestChecksums: a reader finds a byte that has changed in any page.
func TestChecksums(t *testing.T) {
	rec := column(t, arrow.BinaryTypes.String, true, `["abc","abc","abc","abc","def",null,"abc","abc","abc","abc","abc"]`)
	file := encode(t, rec.Schema(), &parquet.Options{Codec: parquet.None}, rec)
	meta := footer(t, file).RowGroups[0].Columns[0].MetaData
	if meta.DictionaryPageOffset == 0 {
		t.Fatal("there is no dictionary")
	}
	for name, end := range map[string]int64{"dictionary": meta.DataPageOffset, "data": meta.DictionaryPageOffset + meta.TotalCompressedSize} {
		broken := slices.Clone(file)
		broken[end-1] ^= 1
		if _, err := drain(broken); err == nil || !strings.Contains(err.Error(), "checksum") {
			t.Errorf("a change in the %s page: %v", name, err)
		}
	}
}
