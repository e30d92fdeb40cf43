package snowflaketest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// TestArrowForms holds the types and values that Arrow results have, and that nothing of them stays allocated.
func TestArrowForms(t *testing.T) {
	at := time.Date(2024, 2, 29, 12, 0, 0, 123456789, time.FixedZone("", 90*60))
	before := time.Date(1969, 12, 31, 23, 59, 59, 500000000, time.UTC)
	number := func(p, s int) types.Type { return types.Type{Kind: types.Fixed, Precision: p, Scale: s} }
	stamp := func(k types.Kind, s int) types.Type { return types.Type{Kind: k, Scale: s} }
	for _, tc := range []struct {
		name   string
		t      types.Type
		values []any
		want   string // type and values
	}{
		{"int8", number(38, 0), []any{"-128", nil, "127"}, "int8 -128 (null) 127"},
		{"int16", number(38, 0), []any{"-129"}, "int16 -129"},
		{"int32", number(10, 2), []any{"327.68"}, "int32 32768"},
		{"int64", number(38, 0), []any{"2147483648", "-9223372036854775808"}, "int64 2147483648 -9223372036854775808"},
		{"decimal", number(38, 0), []any{"9223372036854775808"}, "decimal(38, 0) 9223372036854775808"},
		{"decimal scaled", number(38, 2), []any{"-99999999999999999999.05"}, "decimal(38, 2) -99999999999999999999.05"},
		{"real", types.Type{Kind: types.Real}, []any{1.5, nil}, "float64 1.5 (null)"},
		{"text", types.Type{Kind: types.Text}, []any{"a", "b"}, "utf8 a b"},
		{"variant", types.Type{Kind: types.Variant}, []any{"{}"}, "utf8 {}"},
		{"binary", types.Type{Kind: types.Binary}, []any{[]byte("a")}, "binary YQ=="},
		{"boolean", types.Type{Kind: types.Boolean}, []any{true, false}, "bool true false"},
		{"date", types.Type{Kind: types.Date}, []any{time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)}, "date32 1969-12-31"},
		{"time(4)", stamp(types.Time, 4), []any{time.Date(1970, 1, 1, 0, 0, 1, 500000, time.UTC)}, "int32 10005"},
		{"time(9)", stamp(types.Time, 9), []any{time.Date(1970, 1, 1, 0, 0, 1, 5, time.UTC)}, "int64 1000000005"},
		{"ntz(3)", stamp(types.TimestampNTZ, 3), []any{before}, "int64 -500"},
		{"ntz(9)", stamp(types.TimestampNTZ, 9), []any{before, nil}, `struct<epoch: int64, fraction: int32> {"epoch":-1,"fraction":500000000} (null)`},
		{"ltz(7)", stamp(types.TimestampLTZ, 7), []any{at}, "int64 17092026001234567"},
		{"tz(3)", stamp(types.TimestampTZ, 3), []any{at}, `struct<epoch: int64, timezone: int32> {"epoch":1709202600123,"timezone":1530}`},
		{"tz(9)", stamp(types.TimestampTZ, 9), []any{at}, `struct<epoch: int64, fraction: int32, timezone: int32> {"epoch":1709202600,"fraction":123456789,"timezone":1530}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			rows := make([][]any, len(tc.values))
			for i, v := range tc.values {
				rows[i] = []any{v}
			}
			stream, err := arrowStream(mem, []engine.Column{{Name: "X", Type: tc.t, Nullable: true}}, rows)
			if err != nil {
				t.Fatal(err)
			}
			r, err := ipc.NewReader(bytes.NewReader(stream), ipc.WithAllocator(mem))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Release()
			if !r.Next() {
				t.Fatal("no record")
			}
			field, column := r.Schema().Field(0), r.Record().Column(0)
			if got := shape(field.Type) + " " + valueTexts(column); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if kind, _ := field.Metadata.GetValue("logicalType"); kind != logicalTypes[tc.t.Kind] {
				t.Errorf("logicalType is %q", kind)
			}
		})
	}
}

// valueTexts are the values of an array, with blanks between.
func valueTexts(a arrow.Array) string {
	values := make([]string, a.Len())
	for i := range values {
		values[i] = a.ValueStr(i)
	}
	return strings.Join(values, " ")
}

// shape is a type without whether its fields may be null.
func shape(t arrow.DataType) string {
	s, ok := t.(*arrow.StructType)
	if !ok {
		return t.String()
	}
	out := "struct<"
	for i, f := range s.Fields() {
		if i > 0 {
			out += ", "
		}
		out += f.Name + ": " + f.Type.String()
	}
	return out + ">"
}

// TestArrowRefuses holds that values of another type are refused, and what was built until then is freed.
func TestArrowRefuses(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	good := engine.Column{Name: "A", Type: types.Type{Kind: types.Text}}
	for _, tc := range []struct {
		t     types.Type
		value any
	}{
		{types.Type{Kind: types.Fixed, Scale: 1}, "1"},
		{types.Type{Kind: types.Fixed}, "x"},
		{types.Type{Kind: types.Fixed}, 1.5},
		{types.Type{Kind: types.Real}, "1"},
		{types.Type{Kind: types.Text}, []byte("a")},
		{types.Type{Kind: types.Date}, "2024-01-01"},
		{types.Type{Kind: types.Text}, time.Now()},
	} {
		if _, err := arrowStream(mem, []engine.Column{good, {Name: "B", Type: tc.t}}, [][]any{{"a", tc.value}}); err == nil {
			t.Errorf("%v takes %v", tc.t, tc.value)
		}
	}
}
