package ndjson_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/encode/ndjson"
)

// fromJSON makes an array of values that Arrow reads from JSON.
func fromJSON(t testing.TB, mem memory.Allocator, dt arrow.DataType, text string) arrow.Array {
	t.Helper()
	arr, _, err := array.FromJSON(mem, dt, strings.NewReader(text), array.WithUseNumber())
	if err != nil {
		t.Fatal(err)
	}
	return arr
}

// record makes a record of a column c, which takes over arr.
func record(t testing.TB, arr arrow.Array) arrow.Record {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: arr.DataType(), Nullable: true}}, nil)
	rec := array.NewRecord(schema, []arrow.Array{arr}, int64(arr.Len()))
	arr.Release()
	t.Cleanup(rec.Release)
	return rec
}

func checked(t testing.TB) memory.Allocator {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// lines are the rows of a record, as an encoder with these options writes them.
func lines(t testing.TB, rec arrow.Record, opts *ndjson.Options) []string {
	t.Helper()
	e, err := ndjson.New(rec.Schema(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Bind(rec); err != nil {
		t.Fatal(err)
	}
	var list []string
	for row := range int(rec.NumRows()) {
		line := string(e.AppendRow(nil, row))
		if !strings.HasSuffix(line, "\n") || strings.Count(line, "\n") != 1 {
			t.Errorf("row %d is %q, want one line", row, line)
		}
		list = append(list, strings.TrimSuffix(line, "\n"))
	}
	return list
}

// TestTypes holds the form of every type, of whole arrays and of slices.
func TestTypes(t *testing.T) {
	str, i64 := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64
	zoned := func(u arrow.TimeUnit) arrow.DataType { return &arrow.TimestampType{Unit: u, TimeZone: "Asia/Tokyo"} }
	local := func(u arrow.TimeUnit) arrow.DataType { return &arrow.TimestampType{Unit: u} }
	for _, tc := range []struct {
		name string
		typ  arrow.DataType
		in   string // as Arrow reads it
		want string // values of c, "-" where there is none
	}{
		{"null", arrow.Null, `[null, null]`, `-|-`},
		{"bool", arrow.FixedWidthTypes.Boolean, `[true, false, null]`, `true|false|-`},
		{"int8", arrow.PrimitiveTypes.Int8, `[-128, 127, 0, 9, 10]`, `-128|127|0|9|10`},
		{"int16", arrow.PrimitiveTypes.Int16, `[-32768, 32767, 99, 100]`, `-32768|32767|99|100`},
		{"int32", arrow.PrimitiveTypes.Int32, `[-2147483648, 2147483647, 999, 1000]`, `-2147483648|2147483647|999|1000`},
		{"int64", i64, `[-9223372036854775808, null, 9223372036854775807]`, `-9223372036854775808|-|9223372036854775807`},
		{"uint8", arrow.PrimitiveTypes.Uint8, `[0, 255]`, `0|255`},
		{"uint16", arrow.PrimitiveTypes.Uint16, `[65535]`, `65535`},
		{"uint32", arrow.PrimitiveTypes.Uint32, `[4294967295]`, `4294967295`},
		{"uint64", arrow.PrimitiveTypes.Uint64, `[18446744073709551615, 10000000000000000000, 9999999999999999999]`, `18446744073709551615|10000000000000000000|9999999999999999999`},
		{"float32", arrow.PrimitiveTypes.Float32, `[0.1, 16777216, null]`, `0.10000000149011612|16777216|-`},
		{"float64", arrow.PrimitiveTypes.Float64, `[0, -1.5, 0.1, 12.34, 0.000001, 1e-7, 123456789.123456, 1e15, 1e21, 1e-300, 0.1234567]`, `0|-1.5|0.1|12.34|0.000001|1e-07|123456789.123456|1000000000000000|1e+21|1e-300|0.1234567`},
		{"decimal128", &arrow.Decimal128Type{Precision: 38, Scale: 2}, `["-12.50", "0.05", "0", "123456789012345678901234567890123456.78", "-0.01"]`, `-12.50|0.05|0.00|123456789012345678901234567890123456.78|-0.01`},
		{"decimal128 of scale 0", &arrow.Decimal128Type{Precision: 38}, `["-12", "99999999999999999999999999999999999999"]`, `-12|99999999999999999999999999999999999999`},
		{"decimal128 of small scale", &arrow.Decimal128Type{Precision: 38, Scale: 38}, `["0.00000000000000000000000000000000000001", "-0.1"]`, `0.00000000000000000000000000000000000001|-0.10000000000000000000000000000000000000`},
		{"decimal256", &arrow.Decimal256Type{Precision: 76, Scale: 1}, `["-999999999999999999999999999999999999999999999999999999999999999999999999999.9", "0.0", "7.5", "10000000000000000000"]`, `-999999999999999999999999999999999999999999999999999999999999999999999999999.9|0.0|7.5|10000000000000000000.0`},
		{"string", str, `["", "a\"b\\c", "\n\r\t\u0001\u001f\u007f", "é✓🙂", "</script>&", null, "0123456", "01234567", "012345678\n", "0123456\"", "\"0123456789abcdef\""]`, `""|"a\"b\\c"|"\n\r\t\u0001\u001f` + "\x7f" + `"|"é✓🙂"|"</script>&"|-|"0123456"|"01234567"|"012345678\n"|"0123456\""|"\"0123456789abcdef\""`},
		{"large_string", arrow.BinaryTypes.LargeString, `["a", null, "\""]`, `"a"|-|"\""`},
		{"string_view", arrow.BinaryTypes.StringView, `["a", null, "longer than what is inline"]`, `"a"|-|"longer than what is inline"`},
		{"binary", arrow.BinaryTypes.Binary, `["", "AAH/", null]`, `""|"AAH/"|-`},
		{"large_binary", arrow.BinaryTypes.LargeBinary, `["AQ=="]`, `"AQ=="`},
		{"binary_view", arrow.BinaryTypes.BinaryView, `["AQI="]`, `"AQI="`},
		{"fixed_size_binary", &arrow.FixedSizeBinaryType{ByteWidth: 3}, `["AAH/", null]`, `"AAH/"|-`},
		{"date32", arrow.FixedWidthTypes.Date32, `["2024-02-29", "2024-02-29", "0001-01-01", "9999-12-31", null]`, `"2024-02-29"|"2024-02-29"|"0001-01-01"|"9999-12-31"|-`},
		{"date64", arrow.FixedWidthTypes.Date64, `["2024-02-29", "1969-12-31"]`, `"2024-02-29"|"1969-12-31"`},
		{"time32[s]", arrow.FixedWidthTypes.Time32s, `["23:59:59", "00:00:00"]`, `"23:59:59"|"00:00:00"`},
		{"time32[ms]", arrow.FixedWidthTypes.Time32ms, `["12:34:56.007", "12:34:56"]`, `"12:34:56.007"|"12:34:56"`},
		{"time64[us]", arrow.FixedWidthTypes.Time64us, `["12:34:56.000001"]`, `"12:34:56.000001"`},
		{"time64[ns]", arrow.FixedWidthTypes.Time64ns, `["12:34:56.000000001", null]`, `"12:34:56.000000001"|-`},
		{"timestamp[s]", local(arrow.Second), `["2024-02-29 12:34:56", "9999-12-31 23:59:59", "0001-01-01 00:00:00"]`, `"2024-02-29T12:34:56"|"9999-12-31T23:59:59"|"0001-01-01T00:00:00"`},
		{"timestamp[ms]", local(arrow.Millisecond), `["2024-02-29 12:34:56.007", "1969-12-31 23:59:59.999"]`, `"2024-02-29T12:34:56.007"|"1969-12-31T23:59:59.999"`},
		{"timestamp[us]", local(arrow.Microsecond), `["2024-02-29 12:34:56.000007", "2024-02-29 00:00:00"]`, `"2024-02-29T12:34:56.000007"|"2024-02-29T00:00:00"`},
		{"timestamp[ns]", local(arrow.Nanosecond), `["2024-02-29 12:34:56.000000007", null, "1677-09-21 00:12:43.145224193"]`, `"2024-02-29T12:34:56.000000007"|-|"1677-09-21T00:12:43.145224193"`},
		{"zoned[s]", zoned(arrow.Second), `["2024-02-29 12:34:56"]`, `"2024-02-29T12:34:56+00:00"`},
		{"zoned[ns]", zoned(arrow.Nanosecond), `["2024-02-29 12:34:56.000000007"]`, `"2024-02-29T12:34:56.000000007+00:00"`},
		{"list", arrow.ListOf(i64), `[[], [1, null, 3], null]`, `[]|[1,null,3]|-`},
		{"large_list", arrow.LargeListOf(str), `[["a"], null]`, `["a"]|-`},
		{"fixed_size_list", arrow.FixedSizeListOf(2, str), `[["a", "b"], [null, "c"], null]`, `["a","b"]|[null,"c"]|-`},
		{"list_view", arrow.ListViewOf(i64), `[[], [1, 2], null, [3]]`, `[]|[1,2]|-|[3]`},
		{"list of lists", arrow.ListOf(arrow.ListOf(arrow.FixedWidthTypes.Boolean)), `[[[true], null, []]]`, `[[true],null,[]]`},
		{
			"struct", arrow.StructOf(arrow.Field{Name: `z"`, Type: i64, Nullable: true}, arrow.Field{Name: "a", Type: arrow.ListOf(str), Nullable: true}),
			`[{"z\"": 1, "a": ["x"]}, {"z\"": null, "a": null}, null]`, `{"z\"":1,"a":["x"]}|{"z\"":null,"a":null}|-`,
		},
		{"struct without fields", arrow.StructOf(), `[{}, null]`, `{}|-`},
		{"struct of nothing", arrow.StructOf(arrow.Field{Name: "n", Type: arrow.Null, Nullable: true}), `[{"n": null}]`, `{"n":null}`},
		{"map", arrow.MapOf(str, i64), `[[], [{"key": "k\n", "value": 1}, {"key": "l", "value": null}], null]`, `{}|{"k\n":1,"l":null}|-`},
		{"list of times", arrow.ListOf(arrow.FixedWidthTypes.Date32), `[["2024-02-29"]]`, `["2024-02-29"]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			arr := fromJSON(t, checked(t), tc.typ, tc.in)
			rec := record(t, arr)
			want := strings.Split(tc.want, "|")
			for i, v := range want {
				if want[i] = `{"c":` + v + `}`; v == "-" {
					want[i] = `{}`
				}
			}
			equal(t, lines(t, rec, nil), want)
			for from := range want {
				for to := from; to <= len(want); to++ {
					slice := rec.NewSlice(int64(from), int64(to))
					equal(t, lines(t, slice, nil), want[from:to])
					slice.Release()
				}
			}
		})
	}
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w || len(got) != len(want) {
		t.Errorf("rows mismatch\n got %s\nwant %s", g, w)
	}
}

func TestFloats(t *testing.T) {
	b := array.NewFloat64Builder(checked(t))
	defer b.Release()
	b.AppendValues([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64, 5e14, 2251799813685249.5}, nil)
	equal(t, lines(t, record(t, b.NewArray()), nil), []string{
		`{"c":"NaN"}`, `{"c":"inf"}`, `{"c":"-inf"}`, `{"c":-0.0}`, `{"c":1.7976931348623157e+308}`, `{"c":5e-324}`, `{"c":500000000000000}`, `{"c":2251799813685249.5}`,
	})
	half := array.NewFloat16Builder(checked(t))
	defer half.Release()
	half.AppendValues([]float16.Num{float16.New(1.5), float16.Inf(), float16.New(0).Negate()}, nil)
	equal(t, lines(t, record(t, half.NewArray()), nil), []string{`{"c":1.5}`, `{"c":"inf"}`, `{"c":-0.0}`})
}

func TestNegativeScale(t *testing.T) {
	for _, dt := range []arrow.DataType{&arrow.Decimal128Type{Precision: 5, Scale: -2}, &arrow.Decimal256Type{Precision: 5, Scale: -2}} {
		b := array.NewBuilder(memory.DefaultAllocator, dt)
		for _, n := range []string{"0", "12", "-3"} {
			if err := b.AppendValueFromString(n + "00"); err != nil {
				t.Fatal(err)
			}
		}
		equal(t, lines(t, record(t, b.NewArray()), nil), []string{`{"c":0}`, `{"c":1200}`, `{"c":-300}`})
	}
}

// TestDictionary has nulls among the indices and among the values, and more values than rows and fewer; by itself, and as
// the elements of a list.
func TestDictionary(t *testing.T) {
	mem := checked(t)
	for _, tc := range []struct {
		name, indices, values string
		want, inner           string
	}{
		{"fewer", `[0, 1, null, 2, 1, 0]`, `["a", null, "b\n"]`, `{"c":"a"}|{}|{}|{"c":"b\n"}|{}|{"c":"a"}`, `["a",null,null,"b\n",null,"a"]`},
		{"more", `[2, 3]`, `["x", "y", "z", null]`, `{"c":"z"}|{}`, `["z",null]`},
		{"no nulls", `[0, 0]`, `["x"]`, `{"c":"x"}|{"c":"x"}`, `["x","x"]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			indices := fromJSON(t, mem, arrow.PrimitiveTypes.Int16, tc.indices)
			defer indices.Release()
			values := fromJSON(t, mem, arrow.BinaryTypes.String, tc.values)
			defer values.Release()
			dt := &arrow.DictionaryType{IndexType: indices.DataType(), ValueType: values.DataType()}
			rec := record(t, array.NewDictionaryArray(dt, indices, values))
			want := strings.Split(tc.want, "|")
			equal(t, lines(t, rec, nil), want)
			slice := rec.NewSlice(1, rec.NumRows())
			defer slice.Release()
			equal(t, lines(t, slice, nil), want[1:])

			offsets := memory.NewBufferBytes(arrow.Int32Traits.CastToBytes([]int32{0, int32(len(want))}))
			data := array.NewData(arrow.ListOf(dt), 1, []*memory.Buffer{nil, offsets}, []arrow.ArrayData{rec.Column(0).Data()}, 0, 0)
			defer data.Release()
			equal(t, lines(t, record(t, array.NewListData(data)), nil), []string{`{"c":` + tc.inner + `}`})
		})
	}
}

// TestFaultyDictionary has a value without a form, which matters where a row has it.
func TestFaultyDictionary(t *testing.T) {
	mem := checked(t)
	b := array.NewStringBuilder(mem)
	defer b.Release()
	b.AppendStringValues([]string{"a", "\xff", "b"}, nil)
	values := b.NewArray()
	defer values.Release()
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: values.DataType()}
	of := func(text string) arrow.Record {
		indices := fromJSON(t, mem, dt.IndexType, text)
		defer indices.Release()
		return record(t, array.NewDictionaryArray(dt, indices, values))
	}
	without, with := of(`[0, 2, null, 0]`), of(`[0, null, 1]`)
	equal(t, lines(t, without, nil), []string{`{"c":"a"}`, `{"c":"b"}`, `{}`, `{"c":"a"}`})
	e, err := ndjson.New(with.Schema(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var fault *ndjson.ValueError
	if err := e.Bind(with); !errors.As(err, &fault) || fault.Row != 2 {
		t.Errorf("Bind = %v, want one of row 2", err)
	}
}

// tagged is an extension type.
type tagged struct{ arrow.ExtensionBase }

type taggedArray struct{ array.ExtensionArrayBase }

func (*tagged) ArrayType() reflect.Type { return reflect.TypeFor[taggedArray]() }
func (*tagged) ExtensionName() string   { return "tagged" }
func (*tagged) Serialize() string       { return "" }

func (*tagged) Deserialize(arrow.DataType, string) (arrow.ExtensionType, error) {
	return nil, errors.New("not for files")
}
func (*tagged) ExtensionEquals(o arrow.ExtensionType) bool { return o.ExtensionName() == "tagged" }

func TestExtension(t *testing.T) {
	dt := &tagged{arrow.ExtensionBase{Storage: &arrow.FixedSizeBinaryType{ByteWidth: 3}}}
	arr := fromJSON(t, checked(t), dt.Storage, `["AAH/", null, "AQID"]`)
	ext := array.NewExtensionArrayWithStorage(dt, arr)
	arr.Release()
	rec := record(t, ext)
	want := []string{`{"c":"0001ff"}`, `{}`, `{"c":"010203"}`}
	equal(t, lines(t, rec, &ndjson.Options{Binary: ndjson.Hex}), want)
	slice := rec.NewSlice(1, 3)
	defer slice.Release()
	equal(t, lines(t, slice, &ndjson.Options{Binary: ndjson.Hex}), want[1:])
}

func TestOptions(t *testing.T) {
	mem := checked(t)
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "bytes", Type: arrow.BinaryTypes.Binary, Nullable: true},
		{Name: "doc", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	rec, _, err := array.RecordFromJSON(mem, schema, strings.NewReader(`[
		{"bytes": "AP8=", "doc": "{\"a\": [1,\r\n 2.50]}", "text": "{}"},
		{"bytes": null, "doc": "null", "text": null},
		{"bytes": null, "doc": null, "text": null}]`))
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	opts := &ndjson.Options{
		Binary: ndjson.Hex, Names: strings.ToUpper,
		JSON: func(f arrow.Field) bool { return f.Name == "doc" },
	}
	equal(t, lines(t, rec, opts), []string{`{"BYTES":"00ff","DOC":{"a": [1,   2.50]},"TEXT":"{}"}`, `{"DOC":null}`, `{}`})
}

// TestRefused are schemas that no encoder is made for.
func TestRefused(t *testing.T) {
	i64, str := arrow.PrimitiveTypes.Int64, arrow.BinaryTypes.String
	for _, tc := range []struct {
		name   string
		fields []arrow.Field
		opts   *ndjson.Options
		want   string
	}{
		{"a type", []arrow.Field{{Name: "a", Type: arrow.FixedWidthTypes.Duration_s}, {Name: "b", Type: i64}, {Name: "c", Type: arrow.FixedWidthTypes.MonthInterval}}, nil, `column "a": values of type duration[s] have no form`},
		{"the second too", []arrow.Field{{Name: "a", Type: arrow.FixedWidthTypes.Duration_s}, {Name: "c", Type: arrow.FixedWidthTypes.MonthInterval}}, nil, `column "c": values of type month_interval have no form`},
		{"in a list", []arrow.Field{{Name: "a", Type: arrow.ListOf(arrow.FixedWidthTypes.Duration_s)}}, nil, `column "a": its elements: values of type duration[s]`},
		{"in a struct", []arrow.Field{{Name: "a", Type: arrow.StructOf(arrow.Field{Name: "x", Type: arrow.FixedWidthTypes.Duration_s})}}, nil, `its field "x": values of type duration[s]`},
		{"fields of one name", []arrow.Field{{Name: "a", Type: arrow.StructOf(arrow.Field{Name: "x", Type: i64}, arrow.Field{Name: "x", Type: i64})}}, nil, `its field "x": comes twice`},
		{"a map of numbers", []arrow.Field{{Name: "a", Type: arrow.MapOf(i64, str)}}, nil, `column "a": its keys are of type int64`},
		{"items of a map", []arrow.Field{{Name: "a", Type: arrow.MapOf(str, arrow.FixedWidthTypes.Duration_s)}}, nil, `column "a": its items: values of type duration[s]`},
		{"a name", []arrow.Field{{Name: "\xff", Type: i64}}, nil, `column "\xff": its name "\xff" is not UTF-8`},
		{"one name", []arrow.Field{{Name: "a", Type: i64}, {Name: "A", Type: i64}}, &ndjson.Options{Names: strings.ToUpper}, `column "A": its key "A" is that of column "a" too`},
		{"numbers as JSON", []arrow.Field{{Name: "a", Type: i64}}, &ndjson.Options{JSON: func(arrow.Field) bool { return true }}, `column "a": its values are of type int64, and Options.JSON is for text`},
		{"an option", []arrow.Field{{Name: "a", Type: i64}}, &ndjson.Options{Binary: 7}, `Options.Binary: there is no form 7`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := ndjson.New(arrow.NewSchema(tc.fields, nil), tc.opts)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("New = %v, want an error with %q", err, tc.want)
			}
		})
	}
}

// TestFaults are values without a form: the row and the column are named.
func TestFaults(t *testing.T) {
	mem := checked(t)
	str := arrow.BinaryTypes.String
	text := func(list ...string) arrow.Array {
		b := array.NewStringBuilder(mem)
		defer b.Release()
		b.AppendStringValues(list, nil)
		return b.NewArray()
	}
	numbers := func(dt arrow.DataType, list ...int64) arrow.Array { return ofNumbers(t, mem, dt, list) }
	large := array.NewLargeStringBuilder(mem)
	defer large.Release()
	large.AppendStringValues([]string{"a", "b", "\xff"}, nil)
	doubles := array.NewListBuilder(mem, arrow.PrimitiveTypes.Float64)
	defer doubles.Release()
	for _, v := range []float64{1, math.Inf(1), math.NaN()} {
		doubles.Append(true)
		doubles.ValueBuilder().(*array.Float64Builder).Append(v)
	}
	for _, tc := range []struct {
		name string
		arr  arrow.Array
		opts *ndjson.Options
		row  int64
		want string
	}{
		{"text", text("fine", "é", "a\xffb"), nil, 2, `"a\xffb" is not UTF-8`},
		{"text cut amid a character", text("a", "\xc3", "\xa9"), nil, 1, `"\xc3" is not UTF-8`},
		{"large text", large.NewArray(), nil, 2, `"\xff" is not UTF-8`},
		{"date", numbers(arrow.FixedWidthTypes.Date32, 0, 2_932_897), nil, 1, "day 2932897"},
		{"date64", numbers(arrow.FixedWidthTypes.Date64, 0, 1), nil, 1, "1 ms from 1970-01-01 is amid a day"},
		{"time32", numbers(arrow.FixedWidthTypes.Time32s, 86_399, 86_400), nil, 1, "86400s is no time"},
		{"time64", numbers(arrow.FixedWidthTypes.Time64ns, -1), nil, 0, "-1ns is no time"},
		{"timestamp", numbers(&arrow.TimestampType{Unit: arrow.Second}, 253_402_300_799, 253_402_300_800), nil, 1, "253402300800s from 1970"},
		{"timestamp before", numbers(&arrow.TimestampType{Unit: arrow.Microsecond}, math.MinInt64), nil, 0, "from 1970"},
		{"infinity in a list", doubles.NewArray(), nil, 1, "an element: +Inf inside a nested value"},
		{"JSON", text(`{"a":1}`, `{`), &ndjson.Options{JSON: func(arrow.Field) bool { return true }}, 1, "the text is not JSON"},
		{"JSON that is not UTF-8", text("\"\xff\""), &ndjson.Options{JSON: func(arrow.Field) bool { return true }}, 0, "the text is not JSON"},
		{"key of a map", fromJSON(t, mem, arrow.MapOf(str, str), `[[{"key":"a","value":"b"}], [{"key":"a","value":null},{"key":"b","value":null},{"key":"a","value":null}]]`), nil, 1, `the key "a" comes twice`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rec := record(t, tc.arr)
			e, err := ndjson.New(rec.Schema(), tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			err = e.Bind(rec)
			var fault *ndjson.ValueError
			if !errors.As(err, &fault) || fault.Column != "c" || fault.Row != tc.row || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("Bind = %v, want one of row %d with %q", err, tc.row, tc.want)
			}
			if tc.row > 0 { // the rows before it are fine
				slice := rec.NewSlice(0, tc.row)
				defer slice.Release()
				if err := e.Bind(slice); err != nil {
					t.Errorf("Bind without the row: %v", err)
				}
			}
		})
	}
}

// ofNumbers makes an array of a type of which a number is the value.
func ofNumbers(t testing.TB, mem memory.Allocator, dt arrow.DataType, list []int64) arrow.Array {
	b := array.NewBuilder(mem, dt)
	defer b.Release()
	for _, n := range list {
		switch b := b.(type) {
		case *array.Date32Builder:
			b.Append(arrow.Date32(n))
		case *array.Date64Builder:
			b.Append(arrow.Date64(n))
		case *array.Time32Builder:
			b.Append(arrow.Time32(n))
		case *array.Time64Builder:
			b.Append(arrow.Time64(n))
		case *array.TimestampBuilder:
			b.Append(arrow.Timestamp(n))
		default:
			t.Fatalf("no numbers of type %s", dt)
		}
	}
	return b.NewArray()
}
