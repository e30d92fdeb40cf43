package jsonvalue_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/jsonvalue"
)

func TestAppend(t *testing.T) {
	str, i64 := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64
	for _, tc := range []struct {
		name string
		typ  arrow.DataType
		in   string // as Arrow reads it from JSON
		want string
	}{
		{"bool", arrow.FixedWidthTypes.Boolean, `[true, false, null]`, `true|false|null`},
		{"int64", i64, `[-9223372036854775808, 9223372036854775807]`, `-9223372036854775808|9223372036854775807`},
		{"uint64", arrow.PrimitiveTypes.Uint64, `[18446744073709551615]`, `18446744073709551615`},
		{"float64", arrow.PrimitiveTypes.Float64, `[0, 1.5, 0.1, 1e21, 1e-7, 123456789012]`, `0|1.5|0.1|1e+21|1e-07|123456789012`},
		{"float32", arrow.PrimitiveTypes.Float32, `[0.1]`, `0.1`},
		{"decimal", &arrow.Decimal128Type{Precision: 5, Scale: 2}, `["-12.50", "0.05"]`, `"-12.50"|"0.05"`},
		{"text", str, `["", "a\"b\\c", "\n\r\t\u0001", "é✓🙂", "</script>"]`, `""|"a\"b\\c"|"\n\r\t\u0001"|"é✓🙂"|"</script>"`},
		{"bytes", arrow.BinaryTypes.Binary, `["", "AAH/"]`, `""|"AAH/"`},
		{"date", arrow.FixedWidthTypes.Date32, `["2024-02-29"]`, `"2024-02-29"`},
		{"time", arrow.FixedWidthTypes.Time64us, `["12:34:56.000001"]`, `"12:34:56.000001"`},
		{"timestamp", &arrow.TimestampType{Unit: arrow.Millisecond}, `["2024-02-29 12:34:56.007"]`, `"2024-02-29 12:34:56.007"`},
		{"zoned", arrow.FixedWidthTypes.Timestamp_us, `["2024-02-29 12:34:56.000007Z"]`, `"2024-02-29 12:34:56.000007+00:00"`},
		{"list", arrow.ListOf(i64), `[[], [1, null, 3], null]`, `[]|[1,null,3]|null`},
		{"fixed list", arrow.FixedSizeListOf(2, str), `[["a", "b"], [null, "c"]]`, `["a","b"]|[null,"c"]`},
		{
			"struct", arrow.StructOf(arrow.Field{Name: `z"`, Type: i64, Nullable: true}, arrow.Field{Name: "a", Type: arrow.ListOf(str), Nullable: true}),
			`[{"z\"": 1, "a": ["x"]}, {"z\"": null, "a": null}, null]`, `{"z\"":1,"a":["x"]}|{"z\"":null,"a":null}|null`,
		},
		{"map", arrow.MapOf(str, i64), `[[], [{"key": "k", "value": 1}, {"key": "l", "value": null}]]`, `[]|[{"key":"k","value":1},{"key":"l","value":null}]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			if err := jsonvalue.Check(tc.typ); err != nil {
				t.Fatalf("Check(%s): %v", tc.typ, err)
			}
			a, _, err := array.FromJSON(mem, tc.typ, strings.NewReader(tc.in), array.WithUseNumber())
			if err != nil {
				t.Fatal(err)
			}
			defer a.Release()
			if got := all(t, a); got != tc.want {
				t.Errorf("Append of %s:\n got %s\nwant %s", tc.in, got, tc.want)
			}
		})
	}
}

func all(t *testing.T, a arrow.Array) string {
	t.Helper()
	var texts []string
	for i := range a.Len() {
		b, err := jsonvalue.Append(nil, a, i)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(b) {
			t.Errorf("%s is not JSON", b)
		}
		texts = append(texts, string(b))
	}
	return strings.Join(texts, "|")
}

func TestNotANumber(t *testing.T) {
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	b.AppendValues([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)}, nil)
	if got, want := all(t, b.NewArray()), `"NaN"|"+Inf"|"-Inf"|-0`; got != want {
		t.Errorf("Append = %s, want %s", got, want)
	}
}

func TestDictionary(t *testing.T) {
	b := array.NewDictionaryBuilder(memory.DefaultAllocator, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}).(*array.BinaryDictionaryBuilder)
	for _, s := range []string{"a", "b", "a"} {
		if err := b.AppendString(s); err != nil {
			t.Fatal(err)
		}
	}
	b.AppendNull()
	if got, want := all(t, b.NewArray()), `"a"|"b"|"a"|null`; got != want {
		t.Errorf("Append = %s, want %s", got, want)
	}
}

func TestInvalid(t *testing.T) {
	text := array.NewStringBuilder(memory.DefaultAllocator)
	text.Append("a\xffb")
	year := array.NewDate32Builder(memory.DefaultAllocator)
	year.Append(math.MaxInt32)
	for _, a := range []arrow.Array{text.NewArray(), year.NewArray()} {
		if b, err := jsonvalue.Append(nil, a, 0); err == nil {
			t.Errorf("Append of %s wrote %s", a, b)
		}
	}
}

func TestCheck(t *testing.T) {
	i64 := arrow.PrimitiveTypes.Int64
	for _, dt := range []arrow.DataType{
		arrow.FixedWidthTypes.MonthInterval, arrow.ListOf(arrow.FixedWidthTypes.Duration_s), &arrow.Decimal128Type{Precision: 5, Scale: -2},
		arrow.StructOf(arrow.Field{Name: "a", Type: i64}, arrow.Field{Name: "a", Type: i64}), arrow.StructOf(arrow.Field{Name: "\xff", Type: i64}),
		arrow.MapOf(arrow.BinaryTypes.String, arrow.FixedWidthTypes.MonthInterval),
	} {
		if jsonvalue.Check(dt) == nil {
			t.Errorf("Check took %s", dt)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a\"b", "\x00\x1f\x7f", "\u2028", "é\\", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		b.Append(s)
		got, err := jsonvalue.Append(nil, b.NewArray(), 0)
		if err != nil {
			return
		}
		var back string
		if err := json.Unmarshal(got, &back); err != nil || back != s {
			t.Errorf("%q came back as %q from %s: %v", s, back, got, err)
		}
	})
}
