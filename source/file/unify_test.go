package file_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/floedata/floe/source/file"
)

// table returns an Arrow file of one record, from a schema and the rows as JSON.
func table(t *testing.T, rows string, fields ...arrow.Field) string {
	t.Helper()
	return arrowFile(t, false, recordOf(t, rows, fields...))
}

func recordOf(t *testing.T, rows string, fields ...arrow.Field) arrow.Record {
	t.Helper()
	schema := arrow.NewSchema(fields, nil)
	rec, _, err := array.RecordFromJSON(memory.NewGoAllocator(), schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func field(name string, dt arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: dt, Nullable: true}
}

func describeSchema(s *arrow.Schema) string {
	var out []string
	for _, f := range s.Fields() {
		null := ""
		if !f.Nullable {
			null = " not null"
		}
		out = append(out, fmt.Sprintf("%s %s%s", f.Name, f.Type, null))
	}
	return strings.Join(out, ", ")
}

func TestUnify(t *testing.T) {
	us, ns := &arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Nanosecond}
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	tests := []struct {
		name   string
		files  map[string]string
		opts   file.Options
		schema string
		rows   []string
		err    []string
	}{
		{
			name: "order and missing columns",
			files: map[string]string{
				"a.csv": "x,y\n1,a\n", "b.csv": "y,z,x\nb,2.5,2\n", "c.json": `{"z":1,"w":true}`,
			},
			schema: "x int64, y utf8, z float64, w bool",
			rows:   []string{"1|a|NULL|NULL", "2|b|2.5|NULL", "NULL|NULL|1|true"},
		},
		{
			name: "integers and floats",
			files: map[string]string{
				"a.arrow": table(t, `[{"i":1,"u":2,"f":3}]`, field("i", arrow.PrimitiveTypes.Int16), field("u", arrow.PrimitiveTypes.Uint8), field("f", arrow.PrimitiveTypes.Int16)),
				"b.arrow": table(t, `[{"i":70000,"u":-1,"f":0.5}]`, field("i", arrow.PrimitiveTypes.Int32), field("u", arrow.PrimitiveTypes.Int8), field("f", arrow.PrimitiveTypes.Float32)),
			},
			schema: "i int32, u int16, f float32",
			rows:   []string{"1|2|3", "70000|-1|0.5"},
		},
		{
			name: "decimals, times, texts, nulls",
			files: map[string]string{
				"a.arrow": table(t, `[{"d":"1.25","t":"2020-01-02T03:04:05","s":"x","n":null,"e":"p"}]`, field("d", &arrow.Decimal128Type{Precision: 5, Scale: 2}), field("t", us), field("s", arrow.BinaryTypes.String), field("n", arrow.Null), field("e", dict)),
				"b.arrow": table(t, `[{"d":7,"t":"2020-01-02","s":"y","n":5,"e":"q"}]`, field("d", arrow.PrimitiveTypes.Int16), field("t", arrow.FixedWidthTypes.Date32), field("s", arrow.BinaryTypes.LargeString), field("n", arrow.PrimitiveTypes.Int8), field("e", arrow.BinaryTypes.String)),
				"c.arrow": table(t, `[{"t":"2020-01-02T00:00:00.000000001"}]`, field("t", ns)),
			},
			schema: "d decimal(7, 2), t timestamp[ns], s large_utf8, n int8, e utf8",
			rows:   []string{"1.25|2020-01-02 03:04:05Z|x|NULL|p", "7|2020-01-02 00:00:00Z|y|5|q", "NULL|2020-01-02 00:00:00.000000001Z|NULL|NULL|NULL"},
		},
		{
			name: "lists and structs",
			files: map[string]string{
				"a.arrow": table(t, `[{"l":[1,2],"s":{"a":1,"b":"x"}},{"l":null,"s":null},{"l":[],"s":{"a":null,"b":"y"}}]`, field("l", arrow.ListOf(arrow.PrimitiveTypes.Int8)), field("s", arrow.StructOf(field("a", arrow.PrimitiveTypes.Int8), field("b", arrow.BinaryTypes.String)))),
				"b.arrow": table(t, `[{"l":[0.5,null],"s":{"c":true,"a":300}}]`, field("l", arrow.ListOf(arrow.PrimitiveTypes.Float32)), field("s", arrow.StructOf(field("c", arrow.FixedWidthTypes.Boolean), field("a", arrow.PrimitiveTypes.Int16)))),
			},
			opts:   file.Options{BatchRows: 2},
			schema: "l list<item: float32, nullable>, s struct<a: int16, b: utf8, c: bool>",
			rows: []string{
				`[1,2]|{"a":1,"b":"x","c":null}`, "NULL|NULL", `[]|{"a":null,"b":"y","c":null}`,
				`[0.5,null]|{"a":300,"b":null,"c":true}`,
			},
		},
		{
			name:   "inferred types become text",
			files:  map[string]string{"a.csv": "zip,d\n501,2020-01-01\n", "b.csv": "zip,d\n00501,true\n"},
			schema: "zip utf8, d utf8",
			rows:   []string{"501|2020-01-01", "00501|true"},
		},
		{
			name: "inferred types follow fixed ones",
			files: map[string]string{
				"a.csv":   "i,s,d\n1,2,3.50\n",
				"b.arrow": table(t, `[{"i":2,"s":"t","d":"1.25"}]`, field("i", arrow.PrimitiveTypes.Int32), field("s", arrow.BinaryTypes.String), field("d", &arrow.Decimal128Type{Precision: 9, Scale: 2})),
			},
			schema: "i int64, s utf8, d decimal(9, 2)",
			rows:   []string{"1|2|3.5", "2|t|1.25"},
		},
		{
			name:   "columns without values",
			files:  map[string]string{"a.csv": "x,y\n,\n", "b.csv": "x,y\n", "c.csv": "x,y\n5,\n", "d.json": `{"x":null,"z":null}`},
			schema: "x int64, y utf8, z utf8",
			rows:   []string{"NULL|NULL|NULL", "5|NULL|NULL", "NULL|NULL|NULL"},
		},
		{
			name: "values without values inside",
			files: map[string]string{
				"a.json": `{"l":[],"s":{"p":null,"q":[]}}`, "b.json": `{"l":[1],"s":{"p":2}}`,
				"c.arrow": table(t, `[{"n":null}]`, field("n", arrow.Null)), "d.json": `{"n":null}`,
			},
			schema: "l list<item: int64, nullable>, s struct<p: int64, q: list<item: utf8, nullable>>, n utf8",
			rows:   []string{`[]|{"p":null,"q":[]}|NULL`, `[1]|{"p":2,"q":null}|NULL`, "NULL|NULL|NULL", "NULL|NULL|NULL"},
		},
		{
			name:   "empty files",
			files:  map[string]string{"a.csv": "", "b.csv": "x\n1\n", "c.json": "", "d.csv": ""},
			schema: "x int64",
			rows:   []string{"1"},
		},
		{
			name:   "empty files and a schema",
			files:  map[string]string{"a.csv": "", "b.json": ""},
			opts:   file.Options{Schema: arrow.NewSchema([]arrow.Field{field("x", arrow.PrimitiveTypes.Int8)}, nil)},
			schema: "x int8",
		},
		{
			name:  "text and number",
			files: map[string]string{"a.arrow": table(t, `[{"x":1}]`, field("x", arrow.PrimitiveTypes.Int32)), "b.csv": "x\nhello\n"},
			err:   []string{"b.csv", `column "x" is utf8`, "a.arrow", "it is int32", "Options.Types"},
		},
		{
			name:  "zones",
			files: map[string]string{"a.arrow": table(t, `[]`, field("x", us)), "b.arrow": table(t, `[]`, field("x", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}))},
			err:   []string{"b.arrow", `column "x" is timestamp[us, tz=UTC]`, "a.arrow"},
		},
		{
			name:  "one name twice",
			files: map[string]string{"a.arrow": table(t, `[]`, field("x", us), field("x", us))},
			err:   []string{"a.arrow", `the name "x" is that of two columns`},
		},
		{
			name:   "types given",
			files:  map[string]string{"a.csv": "x,y\n1,2\nz,3\n", "b.arrow": table(t, `[{"x":3}]`, field("x", arrow.PrimitiveTypes.Int8))},
			opts:   file.Options{Types: map[string]arrow.DataType{"x": arrow.PrimitiveTypes.Int32, "y": arrow.BinaryTypes.String}},
			schema: "x int32, y utf8",
			rows:   []string{"1|2", "3|NULL"},
		},
		{
			name:  "a type that would lose",
			files: map[string]string{"a.arrow": table(t, `[{"x":3}]`, field("x", arrow.PrimitiveTypes.Int64))},
			opts:  file.Options{Types: map[string]arrow.DataType{"x": arrow.PrimitiveTypes.Int32}},
			err:   []string{"a.arrow", `column "x" is int64 and does not widen to the int32 of Options.Types`, "transform.Cast"},
		},
		{
			name:  "a type for nothing",
			files: map[string]string{"a.csv": "x\n1\n"},
			opts:  file.Options{Types: map[string]arrow.DataType{"X": arrow.PrimitiveTypes.Int32, "b": arrow.PrimitiveTypes.Int32}},
			err:   []string{`names "X", "b", which no file has; the columns are "x"`},
		},
		{
			name: "a schema given",
			files: map[string]string{
				"a.csv":     "x,y,z\n1,2,3\n",
				"b.json":    `{"z":7,"q":[1,2]}`,
				"c.arrow":   table(t, `[{"z":9,"w":1}]`, field("z", arrow.PrimitiveTypes.Int8), field("w", arrow.PrimitiveTypes.Int8)),
				"d.parquet": parquetFile(t, numbers(memory.NewGoAllocator(), 5, 1, 2)...),
			},
			opts:   file.Options{Schema: arrow.NewSchema([]arrow.Field{field("z", arrow.PrimitiveTypes.Int32), field("y", arrow.BinaryTypes.String)}, nil)},
			schema: "z int32, y utf8",
			rows:   []string{"3|2", "7|NULL", "9|NULL", "NULL|NULL", "NULL|NULL"},
		},
		{
			name:  "a schema given and a column missing",
			files: map[string]string{"a.csv": "x\n1\n"},
			opts:  file.Options{Schema: arrow.NewSchema([]arrow.Field{{Name: "y", Type: arrow.BinaryTypes.String}}, nil)},
			err:   []string{"a.csv", `column "y" of Options.Schema is missing`},
		},
		{
			name:   "no header and names from a schema",
			files:  map[string]string{"a.csv": "1,a\n2,b\n"},
			opts:   file.Options{CSV: file.CSVOptions{NoHeader: true}, Schema: arrow.NewSchema([]arrow.Field{field("n", arrow.PrimitiveTypes.Int8), field("s", arrow.BinaryTypes.String)}, nil)},
			schema: "n int8, s utf8",
			rows:   []string{"1|a", "2|b"},
		},
		{
			name:   "no header",
			files:  map[string]string{"a.csv": "1;a\n2;b\n"},
			opts:   file.Options{CSV: file.CSVOptions{NoHeader: true, Delimiter: ';'}},
			schema: "column0 int64, column1 utf8",
			rows:   []string{"1|a", "2|b"},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range tc.files {
				write(t, dir, name, text)
			}
			opts := tc.opts
			opts.Allocator = checked(t)
			res, err := read(t, &opts, dir)
			if len(tc.err) > 0 {
				for _, text := range tc.err {
					if err == nil || !strings.Contains(err.Error(), text) {
						t.Errorf("error %v, want one that says %q", err, text)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.schema, describeSchema(res.schema)); diff != "" {
				t.Errorf("schema mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.rows, res.rows()); diff != "" {
				t.Errorf("rows mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// Dictionaries stay dictionaries where all files have them so, also in joined records.
func TestDictionaries(t *testing.T) {
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	type row struct {
		Name *string `parquet:"name,optional,dict"`
		ID   int64   `parquet:"id"`
	}
	pq := func(from, rows int) string {
		var b bytes.Buffer
		w := parquet.NewGenericWriter[row](&b)
		for i := from; i < from+rows; i++ {
			name := fmt.Sprint("n", i%3)
			if _, err := w.Write([]row{{&name, int64(i)}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	dir := t.TempDir()
	write(t, dir, "a.parquet", pq(0, 4))
	write(t, dir, "b.parquet", pq(4, 2))
	write(t, dir, "c.arrow", table(t, `[{"name":"x","id":6},{"name":null,"id":7}]`, field("name", dict), field("id", arrow.PrimitiveTypes.Int64)))
	write(t, dir, "d.arrows", arrowFile(t, true, recordOf(t, `[{"name":"x","id":8},{"name":"y","id":9}]`, field("name", dict), field("id", arrow.PrimitiveTypes.Int64))))
	write(t, dir, "e.arrow", table(t, `[{"id":10}]`, field("id", arrow.PrimitiveTypes.Int64)))
	rows := []string{"n0|0", "n1|1", "n2|2", "n0|3", "n1|4", "n2|5", "x|6", "NULL|7", "x|8", "y|9", "NULL|10"}
	for _, batchRows := range []int64{2, 1000} {
		res := mustRead(t, &file.Options{Allocator: checked(t), Dictionaries: true, BatchRows: batchRows}, dir)
		if diff := cmp.Diff(fmt.Sprintf("name %s, id int64", dict), describeSchema(res.schema)); diff != "" {
			t.Errorf("schema mismatch (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(rows, res.rows()); diff != "" {
			t.Errorf("BatchRows %d: rows mismatch (-want +got):\n%s", batchRows, diff)
		}
	}
	write(t, dir, "f.csv", "id,name\n11,z\n")
	res := mustRead(t, &file.Options{Allocator: checked(t), Dictionaries: true}, dir)
	if diff := cmp.Diff("name utf8, id int64", describeSchema(res.schema)); diff != "" {
		t.Errorf("with text: schema mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(append(rows, "z|11"), res.rows()); diff != "" {
		t.Errorf("with text: rows mismatch (-want +got):\n%s", diff)
	}
}

// An integer beyond those that are all exact as floats is an error that names file and column.
func TestInexactFloat(t *testing.T) {
	tests := []struct {
		value string
		dt    arrow.DataType
		fits  bool
	}{
		{"9007199254740992", arrow.PrimitiveTypes.Int64, true},
		{"9007199254740994", arrow.PrimitiveTypes.Int64, false},
		{"-9007199254740994", arrow.PrimitiveTypes.Int64, false},
		{"9007199254740994", arrow.PrimitiveTypes.Uint64, false},
		{"null", arrow.PrimitiveTypes.Uint64, true},
	}
	for _, tc := range tests {
		t.Run(tc.value, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "a.arrow", table(t, `[{"x":`+tc.value+`}]`, field("x", tc.dt)))
			write(t, dir, "b.arrow", table(t, `[{"x":0.5}]`, field("x", arrow.PrimitiveTypes.Float64)))
			_, err := read(t, &file.Options{Allocator: checked(t)}, dir)
			if tc.fits {
				if err != nil {
					t.Error(err)
				}
				return
			}
			for _, text := range []string{"a.arrow", `column "x"`, "value " + tc.value + " not in range"} {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("error %v, want one that says %q", err, text)
				}
			}
		})
	}
}

// Where the sample cuts a row, that row is no fault.
func TestSampleCutsRows(t *testing.T) {
	for name, text := range map[string]string{
		"a.csv": csvNumbers(0, 200), "a.ndjson": jsonNumbers(0, 200), "a.csv.gz": gz(t, csvNumbers(0, 200)),
		"a.json": "[" + strings.ReplaceAll(strings.TrimSpace(jsonNumbers(0, 200)), "\n", ",") + "]",
	} {
		p := write(t, t.TempDir(), name, text)
		for _, sample := range []int{64, 100, 333, 1001} {
			res := mustRead(t, &file.Options{Allocator: checked(t), SampleBytes: sample}, p)
			if diff := cmp.Diff(want(0, 200), res.rows()); diff != "" {
				t.Errorf("%s, sample of %d: rows mismatch (-want +got):\n%s", name, sample, diff)
			}
		}
	}
}

// A first row that is longer than the brief sample of later files is read all the same; one that is longer than
// the sample is an error that says what to do, or is read where its columns are seen.
func TestLongFirstRow(t *testing.T) {
	dir := t.TempDir()
	var names, values []string
	for i := range 500 {
		names, values = append(names, fmt.Sprintf("column_number_%d", i)), append(values, "1")
	}
	for i := range 70 {
		write(t, dir, fmt.Sprintf("%03d.csv", i), strings.Join(names, ",")+"\n"+strings.Repeat(strings.Join(values, ",")+"\n", 10))
	}
	res := mustRead(t, &file.Options{Allocator: checked(t), SampleBytes: 10_000}, dir)
	if got := len(res.rows()); got != 700 || res.schema.NumFields() != 500 {
		t.Errorf("%d rows of %d columns, want 700 of 500", got, res.schema.NumFields())
	}
	_, err := read(t, &file.Options{Allocator: checked(t), SampleBytes: 500}, dir)
	if err == nil || !strings.Contains(err.Error(), "000.csv") || !strings.Contains(err.Error(), "Options.SampleBytes") {
		t.Errorf("error %v, want one that names the file and SampleBytes", err)
	}
	long := write(t, dir, "long.json", `{"id":1,"name":"`+strings.Repeat("x", 1000)+"\"}\n")
	_, err = read(t, &file.Options{Allocator: checked(t), SampleBytes: 500}, long)
	if err == nil || !strings.Contains(err.Error(), "long.json") || !strings.Contains(err.Error(), "Options.SampleBytes") {
		t.Errorf("error %v, want one that names the file and SampleBytes", err)
	}
}

func TestMixedJSON(t *testing.T) {
	dir := t.TempDir()
	p := write(t, dir, "a.json", `[{"a":1},{"a":2},{"a":"x"},{"a":null}]`)
	text := mustRead(t, &file.Options{Allocator: checked(t)}, p)
	if diff := cmp.Diff([]string{"1", "2", "x", "NULL"}, text.rows()); diff != "" {
		t.Errorf("MixedText: rows mismatch (-want +got):\n%s", diff)
	}
	rejected := mustRead(t, &file.Options{Allocator: checked(t), JSON: file.JSONOptions{Mixed: file.MixedReject}}, p)
	if diff := cmp.Diff([]string{"1", "2", "NULL"}, rejected.rows()); diff != "" {
		t.Errorf("MixedReject: rows mismatch (-want +got):\n%s", diff)
	}
	if r := rejected.rejected(); len(r) != 1 || !strings.HasPrefix(r[0], "2 a ") || !strings.Contains(r[0], "a.json: line 1") {
		t.Errorf("MixedReject: rejected %q", r)
	}
}
