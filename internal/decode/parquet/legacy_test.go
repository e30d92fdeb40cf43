package parquet_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"
	pgo "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/floedata/floe/internal/decode/parquet"
)

// rewrite changes the footer of a file.
func rewrite(t *testing.T, b []byte, change func(*format.FileMetaData)) []byte {
	t.Helper()
	size := int(binary.LittleEndian.Uint32(b[len(b)-8:]))
	body, footer := b[:len(b)-8-size], b[len(b)-8-size:len(b)-8]
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer, &meta); err != nil {
		t.Fatal(err)
	}
	change(&meta)
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		t.Fatal(err)
	}
	out := append(bytes.Clone(body), footer...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
	return append(out, "PAR1"...)
}

// writeGo writes rows with parquet-go.
func writeGo[T any](t *testing.T, rows []T, options ...pgo.WriterOption) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := pgo.NewGenericWriter[T](&buf, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func text(t *testing.T, b []byte) (schema string, rows []string) {
	t.Helper()
	s, recs := drain(t, open(t, b), parquet.Options{Allocator: checked(t)})
	for _, f := range s.Fields() {
		schema += f.Name + ": " + f.Type.String() + "\n"
	}
	for _, rec := range recs {
		for i := range int(rec.NumRows()) {
			var cells []string
			for _, c := range rec.Columns() {
				cells = append(cells, c.ValueStr(i))
			}
			rows = append(rows, strings.Join(cells, " "))
		}
	}
	return schema, rows
}

// TestOldLists reads lists of before and beside the rules of today.
func TestOldLists(t *testing.T) {
	type pair struct {
		A int32 `parquet:"a"`
		B int32 `parquet:"b"`
	}
	type bare struct {
		L []int32 `parquet:"l"`
	}
	type bareStruct struct {
		L []pair `parquet:"l"`
	}
	list := func(m *format.FileMetaData, child int, name string) {
		// The repeated field becomes the only child of a group that says LIST.
		e := m.Schema[child]
		e.Name = name
		group := format.SchemaElement{
			Name:           "l",
			RepetitionType: thrift.New(format.Required),
			NumChildren:    thrift.New(int32(1)),
			ConvertedType:  thrift.New(deprecated.List),
		}
		rest := append([]format.SchemaElement{group, e}, m.Schema[child+1:]...)
		m.Schema = append(m.Schema[:child:child], rest...)
	}
	ints := writeGo(t, []bare{{[]int32{1, 2}}, {nil}, {[]int32{3}}})
	pairs := writeGo(t, []bareStruct{{[]pair{{1, 2}, {3, 4}}}, {nil}})
	drop := func(b []byte) []byte {
		return rewrite(t, b, func(m *format.FileMetaData) {
			m.Schema = m.Schema[:len(m.Schema)-1]
			m.Schema[1].NumChildren.V = 1
			m.RowGroups[0].Columns = m.RowGroups[0].Columns[:1]
		})
	}
	tests := []struct {
		name   string
		file   []byte
		schema string
		rows   []string
	}{
		{"repeated", ints, "l: list<l: int32>\n", []string{"[1,2]", "[]", "[3]"}},
		{"repeated group", pairs, "l: list<l: struct<a: int32, b: int32>>\n", []string{`[{"a":1,"b":2},{"a":3,"b":4}]`, "[]"}},
		{
			"two levels", rewrite(t, ints, func(m *format.FileMetaData) { list(m, 1, "anything") }),
			"l: list<anything: int32>\n",
			[]string{"[1,2]", "[]", "[3]"},
		},
		{
			"two levels of a struct", rewrite(t, pairs, func(m *format.FileMetaData) { list(m, 1, "bag") }),
			"l: list<bag: struct<a: int32, b: int32>>\n",
			[]string{`[{"a":1,"b":2},{"a":3,"b":4}]`, "[]"},
		},
		{
			"a struct of one field named array", rewrite(t, drop(pairs), func(m *format.FileMetaData) { list(m, 1, "array") }),
			"l: list<array: struct<a: int32>>\n",
			[]string{`[{"a":1},{"a":3}]`, "[]"},
		},
		{
			"a struct of one field named after the list", rewrite(t, drop(pairs), func(m *format.FileMetaData) { list(m, 1, "l_tuple") }),
			"l: list<l_tuple: struct<a: int32>>\n",
			[]string{`[{"a":1},{"a":3}]`, "[]"},
		},
		{
			"three levels", rewrite(t, drop(pairs), func(m *format.FileMetaData) { list(m, 1, "bag") }),
			"l: list<a: int32>\n",
			[]string{"[1,3]", "[]"},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			schema, rows := text(t, tc.file)
			schema = strings.ReplaceAll(schema, ", nullable", "")
			if diff := cmp.Diff(tc.schema, schema); diff != "" {
				t.Errorf("schema mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.rows, rows); diff != "" {
				t.Errorf("rows mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestConvertedTypes reads columns that have no logical type but the old converted type.
func TestConvertedTypes(t *testing.T) {
	type row struct {
		I int32    `parquet:"i"`
		L int64    `parquet:"l"`
		B []byte   `parquet:"b"`
		F [12]byte `parquet:"f"`
	}
	b := writeGo(t, []row{{200, 1500, []byte("x"), [12]byte{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}}})
	tests := []struct {
		column    int
		converted deprecated.ConvertedType
		want      arrow.DataType
		value     string
	}{
		{1, deprecated.Uint8, arrow.PrimitiveTypes.Uint8, "200"},
		{1, deprecated.Int8, arrow.PrimitiveTypes.Int8, "-56"},
		{1, deprecated.Int16, arrow.PrimitiveTypes.Int16, "200"},
		{1, deprecated.Uint32, arrow.PrimitiveTypes.Uint32, "200"},
		{1, deprecated.Date, arrow.FixedWidthTypes.Date32, "1970-07-20"},
		{1, deprecated.TimeMillis, arrow.FixedWidthTypes.Time32ms, "00:00:00.200"},
		{1, deprecated.Decimal, &arrow.Decimal128Type{Precision: 5, Scale: 1}, "20"},
		{2, deprecated.Uint64, arrow.PrimitiveTypes.Uint64, "1500"},
		{2, deprecated.TimeMicros, arrow.FixedWidthTypes.Time64us, "00:00:00.001500"},
		{2, deprecated.TimestampMillis, arrow.FixedWidthTypes.Timestamp_ms, "1970-01-01 00:00:01.5Z"},
		{2, deprecated.TimestampMicros, arrow.FixedWidthTypes.Timestamp_us, "1970-01-01 00:00:00.0015Z"},
		{3, deprecated.UTF8, arrow.BinaryTypes.String, "x"},
		{3, deprecated.Json, arrow.BinaryTypes.String, "x"},
		{3, deprecated.Bson, arrow.BinaryTypes.Binary, "eA=="},
		{3, deprecated.Decimal, &arrow.Decimal128Type{Precision: 5, Scale: 1}, "12"},
		{4, deprecated.Interval, arrow.FixedWidthTypes.MonthDayNanoInterval, `{"months":1,"days":2,"nanoseconds":3000000}`},
	}
	for _, tc := range tests {
		t.Run(tc.want.String(), func(t *testing.T) {
			b := rewrite(t, b, func(m *format.FileMetaData) {
				e := &m.Schema[tc.column]
				e.LogicalType = format.LogicalType{}
				e.ConvertedType = thrift.New(tc.converted)
				e.Precision, e.Scale = thrift.New(int32(5)), thrift.New(int32(1))
			})
			f := open(t, b)
			if got := f.Schema().Field(tc.column - 1).Type; !arrow.TypeEqual(tc.want, got) {
				t.Fatalf("type %s, want %s", got, tc.want)
			}
			_, recs := drain(t, f, parquet.Options{Allocator: checked(t)})
			if got := recs[0].Column(tc.column - 1).ValueStr(0); got != tc.value {
				t.Errorf("value %s, want %s", got, tc.value)
			}
		})
	}
}

// TestRefused names what is not read.
func TestRefused(t *testing.T) {
	type row struct {
		A int64 `parquet:"a"`
	}
	b := writeGo(t, []row{{1}, {2}})
	change := func(do func(*format.FileMetaData)) []byte { return rewrite(t, b, do) }
	chunk := func(do func(*format.ColumnChunk)) []byte {
		return change(func(m *format.FileMetaData) { do(&m.RowGroups[0].Columns[0]) })
	}
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "not a Parquet file: 0 bytes are too few for one"},
		{"text", []byte("this is surely not Parquet"), `not a Parquet file: it begins with "this"`},
		{"truncated", b[:len(b)-3], "the file is truncated"},
		{"encrypted footer", append(bytes.Clone(b[:len(b)-4]), "PARE"...), "the file is encrypted"},
		{"encrypted column", chunk(func(c *format.ColumnChunk) { c.EncryptedColumnMetadata = []byte{1} }), `column "a", row group 0: the column is encrypted`},
		{"another file", chunk(func(c *format.ColumnChunk) { c.FilePath = "b.parquet" }), `column "a", row group 0: its data are in another file ("b.parquet")`},
		{"codec", chunk(func(c *format.ColumnChunk) { c.MetaData.Codec = format.LZO }), `column "a", row group 0: compression codec LZO (3) is not supported`},
		{"offset", chunk(func(c *format.ColumnChunk) { c.MetaData.DataPageOffset = 1 << 40 }), "the file is truncated or corrupt"},
		{"rows", change(func(m *format.FileMetaData) { m.NumRows = 3 }), "the row groups have 2 rows, the file 3"},
		{"decimal", change(func(m *format.FileMetaData) {
			m.Schema[1].LogicalType.Value = &format.DecimalType{Precision: 77}
		}), `column "a": a decimal of 77 digits`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := parquet.Open(context.Background(), bytes.NewReader(tc.file), int64(len(tc.file)))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error %v, want %q in it", err, tc.want)
			}
		})
	}
}

// TestChecksum finds every page that was changed, by its checksum.
func TestChecksum(t *testing.T) {
	b := testdata(t, "flat-v2-zstd-crc.parquet")
	found := 0
	for at := 4; at < 2000; at += 3 {
		b[at] ^= 1
		found += checksumError(t, b)
		b[at] ^= 1
	}
	if found < 300 {
		t.Fatalf("%d of 666 changes were found by a checksum", found)
	}
}

// checksumError answers 1 if reading b fails for a checksum.
func checksumError(t *testing.T, b []byte) int {
	t.Helper()
	r, err := open(t, b).Reader(parquet.Options{Allocator: checked(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rec, err := r.Next(context.Background())
	if err == nil {
		rec.Release() // the change hit a statistic
		return 0
	}
	if !strings.Contains(err.Error(), "the page is corrupt: its checksum is") {
		return 0
	}
	if !strings.HasPrefix(err.Error(), `decode/parquet: column "`) || !strings.Contains(err.Error(), `", row group 0, page `) {
		t.Fatalf("the error does not say where: %v", err)
	}
	if _, again := r.Next(context.Background()); again != err {
		t.Fatalf("the next call answers %v", again)
	}
	return 1
}
