package transform_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/transform"
)

// ordered gives for k of 0..9 the text of a value of the type and the constant that equals it; both ascend
// with k.
type ordered struct {
	dt    arrow.DataType
	text  func(k int) string
	value func(k int) any
}

func orderedTypes() []ordered {
	number := func(k int) string { return fmt.Sprint(k) }
	half := func(k int) string { return fmt.Sprintf("%d.5", k) }
	word := func(k int) string { return fmt.Sprintf("v%dé", k) }
	clock := time.Date(2024, 2, 28, 0, 0, 0, 0, time.UTC)
	var all []ordered
	for _, dt := range []arrow.DataType{
		arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
	} {
		all = append(all, ordered{dt, number, func(k int) any { return uint8(k) }})
	}
	for _, dt := range []arrow.DataType{arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64} {
		all = append(all, ordered{dt, half, func(k int) any { return float32(k) + 0.5 }})
	}
	for _, dt := range []arrow.DataType{&arrow.Decimal128Type{Precision: 30, Scale: 3}, &arrow.Decimal256Type{Precision: 60, Scale: 3}} {
		all = append(all, ordered{dt, half, func(k int) any { return half(k) }})
	}
	for _, dt := range []arrow.DataType{
		arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString,
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint16, ValueType: arrow.BinaryTypes.String},
	} {
		all = append(all, ordered{dt, word, func(k int) any { return word(k) }})
	}
	for _, unit := range arrow.TimeUnitValues {
		for _, zone := range []string{"", "UTC", "Europe/Berlin"} {
			all = append(all, ordered{
				&arrow.TimestampType{Unit: unit, TimeZone: zone},
				func(k int) string {
					s := clock.Add(time.Duration(k) * time.Hour).Format("2006-01-02T15:04:05")
					if zone != "" {
						s += "Z"
					}
					return s
				},
				func(k int) any { return clock.Add(time.Duration(k) * time.Hour).In(time.FixedZone("", 3600)) },
			})
		}
		all = append(all, ordered{
			&arrow.DurationType{Unit: unit},
			func(k int) string { return fmt.Sprintf("%d%s", k, unit) },
			func(k int) any { return time.Duration(k) * unit.Multiplier() },
		})
	}
	for _, dt := range []arrow.DataType{arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64} {
		all = append(all, ordered{
			dt,
			func(k int) string { return clock.AddDate(0, 0, k).Format("2006-01-02") },
			func(k int) any { return clock.AddDate(0, 0, k) },
		})
	}
	for _, dt := range []arrow.DataType{
		arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Time64ns,
	} {
		all = append(all, ordered{
			dt,
			func(k int) string { return fmt.Sprintf("10:00:0%d", k) },
			func(k int) any { return 10*time.Hour + time.Duration(k)*time.Second },
		})
	}
	return all
}

// TestFilterTypes compares every comparison of every type with the same on integers, on slices that begin
// anywhere.
func TestFilterTypes(t *testing.T) {
	comparisons := []struct {
		name  string
		where func(o transform.Operand, v any) transform.Condition
		holds func(k, v int) bool
	}{
		{"equal", transform.Operand.Equal, func(k, v int) bool { return k == v }},
		{"not equal", transform.Operand.NotEqual, func(k, v int) bool { return k != v }},
		{"less", transform.Operand.Less, func(k, v int) bool { return k < v }},
		{"less equal", transform.Operand.LessEqual, func(k, v int) bool { return k <= v }},
		{"greater", transform.Operand.Greater, func(k, v int) bool { return k > v }},
		{"greater equal", transform.Operand.GreaterEqual, func(k, v int) bool { return k >= v }},
	}
	for _, ty := range orderedTypes() {
		t.Run(strings.ReplaceAll(ty.dt.String(), "/", "_"), func(t *testing.T) {
			ctx, mem := checked(t)
			random := rand.New(rand.NewPCG(1, 2))
			const rows = 300
			ks := make([]int, rows) // -1: null
			b := array.NewBuilder(mem, ty.dt)
			defer b.Release()
			for i := range ks {
				ks[i] = random.IntN(11) - 1
				if ks[i] < 0 {
					b.AppendNull()
				} else if err := b.AppendValueFromString(ty.text(ks[i])); err != nil {
					t.Fatal(err)
				}
			}
			col := b.NewArray()
			defer col.Release()
			numbers := make([]int64, rows)
			for i := range numbers {
				numbers[i] = int64(i)
			}
			nb := array.NewInt64Builder(mem)
			defer nb.Release()
			nb.AppendValues(numbers, nil)
			row := nb.NewArray()
			defer row.Release()
			schema := arrow.NewSchema([]arrow.Field{field("c", ty.dt), field("row", arrow.PrimitiveTypes.Int64)}, nil)
			rec := array.NewRecord(schema, []arrow.Array{col, row}, rows)
			defer rec.Release()
			all := show(rec)
			for _, c := range comparisons {
				start := random.Int64N(100)
				end := start + random.Int64N(rows-start)
				v := random.IntN(10)
				var want []string
				for i := start; i < end; i++ {
					if ks[i] >= 0 && c.holds(ks[i], v) {
						want = append(want, all[i])
					}
				}
				slice := rec.NewSlice(start, end)
				out, _, err := apply(ctx, transform.Filter(c.where(transform.Where("c"), ty.value(v))), slice)
				slice.Release()
				if err != nil {
					t.Fatal(err)
				}
				got := show(out)
				if out != nil {
					out.Release()
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s %d on rows %d to %d mismatch (-want +got)\n%s", c.name, v, start, end, diff)
				}
			}
		})
	}
}

// rowsKept applies the filter and returns the column "row".
func rowsKept(ctx context.Context, f transform.Transform, rec arrow.Record) ([]int64, error) {
	out, _, err := apply(ctx, f, rec)
	if err != nil || out == nil {
		return nil, err
	}
	defer out.Release()
	col := out.Column(out.Schema().FieldIndices("row")[0]).(*array.Int64)
	return append([]int64(nil), col.Int64Values()...), nil
}

func TestFilterConditions(t *testing.T) {
	where := transform.Where
	schema := arrow.NewSchema([]arrow.Field{
		field("row", arrow.PrimitiveTypes.Int64),
		field("a", arrow.PrimitiveTypes.Int32),
		field("b", arrow.FixedWidthTypes.Boolean),
		field("d", codeType),
		field("n", arrow.Null),
		field("f", arrow.PrimitiveTypes.Float64),
	}, nil)
	const rows = `[
		{"row": 0, "a": 1, "b": true, "d": "x", "f": 1},
		{"row": 1, "a": null, "b": true, "d": "y", "f": null},
		{"row": 2, "a": 3, "b": false, "d": null, "f": "NaN"},
		{"row": 3, "a": 4, "b": null, "d": "x", "f": -0.0}
	]`
	tests := []struct {
		name string
		in   transform.Condition
		want []int64
	}{
		{"in", where("a").In(1, 4, 9), []int64{0, 3}},
		{"not in", where("a").In(1, 9).Not(), []int64{2, 3}},
		{"null", where("a").IsNull(), []int64{1}},
		{"not null", where("a").IsNotNull(), []int64{0, 2, 3}},
		{"null dictionary entry", where("d").IsNull(), []int64{2}},
		{"null type", where("n").IsNull(), []int64{0, 1, 2, 3}},
		{"null type has no value", where("n").IsNotNull(), nil},
		{"and: unknown and false is false", where("a").Greater(0).And(where("b").Equal(false)).Not(), []int64{0, 1}},
		{"or: unknown or true is true", where("a").Greater(0).Or(where("b").Equal(true)), []int64{0, 1, 2, 3}},
		{"not unknown is unknown", where("a").Equal(1).Not(), []int64{2, 3}},
		{"twice not", where("a").Equal(1).Not().Not(), []int64{0}},
		{"bool in", where("b").In(true, false), []int64{0, 1, 2}},
		{"dictionary", where("d").NotEqual("x"), []int64{1}},
		{"NaN equals nothing", where("f").Equal(0).Or(where("f").NotEqual(0)), []int64{0, 2, 3}},
		{"NaN has no order", where("f").LessEqual(1e300).Or(where("f").Greater(0)), []int64{0, 3}},
		{"-0 is 0", where("f").Equal(0), []int64{3}},
		{"and alone", where("a").Equal(1).And(), []int64{0}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			ctx, mem := checked(t)
			rec := fromJSON(t, mem, schema, rows)
			defer rec.Release()
			got, err := rowsKept(ctx, transform.Filter(tc.in), rec)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Filter mismatch (-want +got)\n%s", diff)
			}
		})
	}
}

func TestFilterErrors(t *testing.T) {
	where := transform.Where
	day := time.Date(2024, 1, 2, 0, 0, 0, 1, time.UTC)
	tests := []struct {
		name string
		in   transform.Condition
		want string
	}{
		{"missing", where("nope").Equal(1), `transform: filter: column "nope" is missing; there is "id", "delay", `},
		{"missing null", where("nope").IsNull(), `column "nope" is missing`},
		{"missing in and", where("id").Equal(1).And(where("nope").Equal(1)), `column "nope" is missing`},
		{"type", where("id").Equal("1"), `column "id" of type int64: it cannot be compared with the string "1"`},
		{"nil", where("id").Equal(nil), `cannot be compared with the <nil>`},
		{"does not fit", where("delay").Less(1 << 40), `column "delay" of type int32: it cannot hold 1099511627776`},
		{"negative", where("id").Equal(uint64(1 << 63)), `it cannot hold 9223372036854775808`},
		{"float for int", where("id").Equal(1.5), `cannot be compared with the float64`},
		{"decimal digits", where("price").Equal("1.234"), `it cannot hold 1.234`},
		{"decimal text", where("price").Equal("1/2"), `cannot be compared`},
		{"decimal float", where("price").Equal(0.1), `cannot be compared`},
		{"timestamp fraction", where("at").Equal(day), `it cannot hold time 2024-01-02T00:00:00.000000001Z exactly`},
		{"date with time", where("day").Equal(day), `exactly`},
		{"bool order", where("ok").Less(true), `column "ok" of type bool: its values have no order`},
		{"nested", where("tags").Equal("a"), `cannot be compared`},
		{"duration for timestamp", where("at").Equal(time.Second), `cannot be compared`},
		{"empty in", where("id").In(), `Where("id").In has no values`},
		{"empty", transform.Condition{}, `the Condition is empty`},
		{"empty inside", where("id").Equal(1).Or(transform.Condition{}), `a Condition is empty`},
		{"empty not", transform.Condition{}.Not(), `the Condition is empty`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := transform.Filter(tc.in).Bind(t.Context(), wideSchema)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Bind: %v; want %s", err, tc.want)
			}
		})
	}
}

// TestFilterColumns keeps rows of columns of every kind, on slices that begin anywhere.
func TestFilterColumns(t *testing.T) {
	ctx, mem := checked(t)
	rec := wide(mem)
	defer rec.Release()
	keepRandom(ctx, t, rec)

	rest := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		field("half", arrow.FixedWidthTypes.Float16),
		field("three", &arrow.FixedSizeBinaryType{ByteWidth: 3}),
		field("large", arrow.LargeListOf(arrow.ListOf(arrow.PrimitiveTypes.Int16))),
		field("two", arrow.FixedSizeListOf(2, text)),
		field("months", arrow.FixedWidthTypes.MonthInterval),
		field("mixed", arrow.FixedWidthTypes.MonthDayNanoInterval),
		field("coded", arrow.StructOf(field("code", codeType), field("bytes", arrow.BinaryTypes.LargeBinary))),
		field("wide", &arrow.Decimal256Type{Precision: 50, Scale: 2}),
	}, nil)
	var rows []string
	for i := range 24 {
		if i%5 == 3 {
			rows = append(rows, fmt.Sprintf(`{"id": %d}`, i))
			continue
		}
		rows = append(rows, fmt.Sprintf(`{"id": %d, "half": %d, "three": "AAE%c", "large": [[%d, null], [], null], "two": ["a%d", null],
			"months": {"months": %d}, "mixed": {"months": %d, "days": 2, "nanoseconds": 3}, "coded": {"code": "c%d", "bytes": "AAE="}, "wide": "%d.25"}`,
			i, i, 'A'+i, i, i, i, i, i%3, i))
	}
	other := fromJSON(t, mem, rest, "["+strings.Join(rows, ",")+"]")
	defer other.Release()
	keepRandom(ctx, t, other)
}

// keepRandom keeps random rows of slices of a record of 24 rows by its column id.
func keepRandom(ctx context.Context, t *testing.T, rec arrow.Record) {
	t.Helper()
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		start := random.Int64N(12)
		slice := rec.NewSlice(start, start+12)
		var ids []any
		var want []string
		rows := show(slice)
		for i := range 12 {
			if random.IntN(3) > 0 {
				ids = append(ids, start+int64(i))
				want = append(want, rows[i])
			}
		}
		out, _, err := apply(ctx, transform.Filter(transform.Where("id").In(append(ids, -1)...)), slice)
		slice.Release()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, show(out)); diff != "" {
			t.Errorf("seed %d mismatch (-want +got)\n%s", seed, diff)
		}
		if out != nil {
			out.Release()
		}
	}
}

func BenchmarkFilter(b *testing.B) {
	const rows = 65536
	ctx := context.Background()
	nb := array.NewInt32Builder(compute.GetAllocator(ctx))
	sb := array.NewStringBuilder(compute.GetAllocator(ctx))
	random := rand.New(rand.NewPCG(1, 1))
	for range rows {
		nb.Append(random.Int32N(1000))
		sb.Append([]string{"JFK", "LAX", "SFO", "ORD"}[random.IntN(4)])
	}
	schema := arrow.NewSchema([]arrow.Field{field("delay", arrow.PrimitiveTypes.Int32), field("origin", text)}, nil)
	rec := array.NewRecord(schema, []arrow.Array{nb.NewArray(), sb.NewArray()}, rows)
	for name, c := range map[string]transform.Condition{
		"where=int":    transform.Where("delay").Less(100),
		"where=string": transform.Where("origin").Equal("JFK"),
		"where=both":   transform.Where("delay").Less(500).And(transform.Where("origin").In("JFK", "LAX")),
	} {
		b.Run(name, func(b *testing.B) { benchmark(b, transform.Filter(c), rec) })
	}
}

// benchmark measures Process alone.
func benchmark(b *testing.B, tr transform.Transform, rec arrow.Record) {
	p, err := tr.Bind(b.Context(), rec.Schema())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		out, rejected, err := p.Process(b.Context(), rec)
		if err != nil {
			b.Fatal(err)
		}
		if out != nil {
			out.Release()
		}
		rejected.Release()
	}
	b.ReportMetric(float64(rec.NumRows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
