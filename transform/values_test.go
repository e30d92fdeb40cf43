package transform_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/transform"
)

func TestMask(t *testing.T) {
	in := []string{"", "a", "ab", "abcdef", "naïveté", null}
	tests := []struct {
		name string
		opts *transform.MaskOptions
		want []string
	}{
		{"all", nil, []string{"", "*", "**", "******", "*******", "(null)"}},
		{"last", &transform.MaskOptions{KeepLast: 2}, []string{"", "*", "**", "****ef", "*****té", "(null)"}},
		{"first", &transform.MaskOptions{KeepFirst: 3}, []string{"", "*", "**", "abc***", "naï****", "(null)"}},
		{"both", &transform.MaskOptions{KeepFirst: 1, KeepLast: 1, With: '•'}, []string{"", "•", "••", "a••••f", "n•••••é", "(null)"}},
		{"text", &transform.MaskOptions{Text: "gone"}, []string{"gone", "gone", "gone", "gone", "gone", "(null)"}},
	}
	for _, dt := range []arrow.DataType{text, arrow.BinaryTypes.LargeString, codeType} {
		for _, tc := range tests {
			t.Run(fmt.Sprintf("%s %s", tc.name, dt.ID()), func(t *testing.T) {
				ctx, mem := checked(t)
				rec := column(t, mem, dt, in)
				defer rec.Release()
				out, _, err := apply(ctx, transform.Mask([]string{"c"}, tc.opts), rec)
				if err != nil {
					t.Fatal(err)
				}
				defer out.Release()
				if diff := cmp.Diff(tc.want, show(out)); diff != "" {
					t.Errorf("Mask mismatch (-want +got)\n%s", diff)
				}
			})
		}
	}
}

// FuzzMask: a masked value has as many letters as it had, shows no more than the options say, and is UTF-8.
func FuzzMask(f *testing.F) {
	f.Add("anna@example.com", 2, 3)
	f.Add("é", 0, 1)
	f.Add("\xff\xfe", 1, 0)
	f.Fuzz(func(t *testing.T, s string, first, last int) {
		first, last = first&0xFF, last&0xFF
		ctx, mem := checked(t)
		b := array.NewStringBuilder(mem)
		defer b.Release()
		b.Append(s)
		a := b.NewArray()
		defer a.Release()
		rec := array.NewRecord(arrow.NewSchema([]arrow.Field{field("c", text)}, nil), []arrow.Array{a}, 1)
		defer rec.Release()
		out, _, err := apply(ctx, transform.Mask([]string{"c"}, &transform.MaskOptions{KeepFirst: first, KeepLast: last, With: '█'}), rec)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Release()
		old, now := []rune(s), []rune(out.Column(0).(*array.String).Value(0))
		if len(old) != len(now) {
			t.Fatalf("%q of %d letters became %q of %d", s, len(old), string(now), len(now))
		}
		for i := range now {
			want := '█'
			if len(old) > first+last && (i < first || i >= len(old)-last) {
				want = old[i]
			}
			if now[i] != want {
				t.Errorf("letter %d of %q became %q", i, s, now[i])
			}
		}
		if utf8.ValidString(s) && !utf8.ValidString(string(now)) {
			t.Errorf("%q became %q", s, string(now))
		}
	})
}

func TestHash(t *testing.T) {
	ctx, mem := checked(t)
	rec := column(t, mem, text, []string{"a", "", null, "a"})
	defer rec.Release()
	plain := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	out, _, err := apply(ctx, transform.Hash([]string{"c"}, nil), rec)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	if diff := cmp.Diff([]string{plain("a"), plain(""), "(null)", plain("a")}, show(out)); diff != "" {
		t.Errorf("Hash mismatch (-want +got)\n%s", diff)
	}
	for _, dt := range []arrow.DataType{arrow.BinaryTypes.LargeString, codeType} {
		same := column(t, mem, dt, []string{"a", "", null, "a"})
		got, _, err := apply(ctx, transform.Hash([]string{"c"}, nil), same)
		same.Release()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(show(out), show(got)); diff != "" {
			t.Errorf("Hash of %s mismatch (-want +got)\n%s", dt, diff)
		}
		got.Release()
	}
}

// TestHashSecret: no way of printing the transform, alone or in a chain, shows the key.
func TestHashSecret(t *testing.T) {
	key := []byte("hunter2hunter2")
	h := transform.Hash([]string{"c"}, key)
	key2 := bytes.Clone(key)
	clear(key) // the transform has its own copy
	if again := transform.Hash([]string{"c"}, key2); again.Fingerprint() != h.Fingerprint() {
		t.Error("the fingerprint follows the caller's slice")
	}
	for _, tr := range []transform.Transform{h, transform.Chain(h, h)} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			s := fmt.Sprintf(format, tr) + tr.Fingerprint()
			for _, secret := range []string{string(key2), fmt.Sprintf("%x", key2), fmt.Sprintf("%X", key2), strings.Trim(fmt.Sprintf("%d", key2), "[]"), fmt.Sprintf("%#v", key2)[8:]} {
				if strings.Contains(s, secret) {
					t.Errorf("%s shows the key: %s", format, s)
				}
			}
		}
	}
}

func TestFlatten(t *testing.T) {
	inner := arrow.StructOf(field("x", arrow.PrimitiveTypes.Int64), field("d", codeType))
	schema := arrow.NewSchema([]arrow.Field{
		field("row", arrow.PrimitiveTypes.Int64),
		{Name: "s", Type: arrow.StructOf(
			arrow.Field{Name: "a", Type: text},
			field("in", inner),
			field("tags", arrow.ListOf(text)),
		), Nullable: true},
	}, nil)
	const rows = `[
		{"row": 0, "s": {"a": "p", "in": {"x": 1, "d": "k"}, "tags": ["t"]}},
		{"row": 1, "s": null},
		{"row": 2, "s": {"a": "q", "in": null, "tags": null}},
		{"row": 3, "s": {"a": "r", "in": {"x": null, "d": "m"}, "tags": []}}
	]`
	tests := []struct {
		name       string
		opts       *transform.FlattenOptions
		names      string
		start, end int64
		want       []string
	}{
		{"all", nil, "row s_a s_in_x s_in_d s_tags", 0, 4, []string{`0|p|1|k|["t"]`, `1|(null)|(null)|(null)|(null)`, `2|q|(null)|(null)|(null)`, `3|r|(null)|m|[]`}},
		{"one level", &transform.FlattenOptions{Depth: 1, Separator: "."}, "row s.a s.in s.tags", 0, 4, []string{`0|p|{"d":"k","x":1}|["t"]`, `1|(null)|(null)|(null)`, `2|q|(null)|(null)`, `3|r|{"d":"m","x":null}|[]`}},
		{"slice", nil, "row s_a s_in_x s_in_d s_tags", 1, 4, []string{`1|(null)|(null)|(null)|(null)`, `2|q|(null)|(null)|(null)`, `3|r|(null)|m|[]`}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			ctx, mem := checked(t)
			rec := fromJSON(t, mem, schema, rows)
			defer rec.Release()
			slice := rec.NewSlice(tc.start, tc.end)
			defer slice.Release()
			out, _, err := apply(ctx, transform.Flatten(tc.opts), slice)
			if err != nil {
				t.Fatal(err)
			}
			defer out.Release()
			var names []string
			for _, f := range out.Schema().Fields() {
				names = append(names, f.Name)
				if !f.Nullable {
					t.Errorf("column %q is not nullable, but its struct is", f.Name)
				}
			}
			if got := strings.Join(names, " "); got != tc.names {
				t.Errorf("the columns are %s; want %s", got, tc.names)
			}
			if diff := cmp.Diff(tc.want, show(out)); diff != "" {
				t.Errorf("Flatten mismatch (-want +got)\n%s", diff)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		field("n", arrow.PrimitiveTypes.Int64), field("s", text), field("d", codeType), field("f", arrow.PrimitiveTypes.Float64),
	}, nil)
	long := strings.Repeat("x", 150)
	rows := `[
		{"n": 1, "s": "abc", "d": "x", "f": 1},
		{"n": null, "s": null, "d": null, "f": null},
		{"n": 11, "s": "` + long + `", "d": "zz", "f": "NaN"},
		{"n": 10, "s": "éé", "d": "y", "f": 2}
	]`
	tests := []struct {
		name string
		in   []transform.Rule
		want []string
	}{
		{"not null", []transform.Rule{transform.NotNull("n")}, []string{`1 null n: column "n": null breaks the rule not null`}},
		{"not null of a dictionary", []transform.Rule{transform.NotNull("d")}, []string{`1 null d: column "d": null breaks the rule not null`}},
		{"range", []transform.Rule{transform.Range("n", 1, 10)}, []string{`2 validation n: column "n": "11" breaks the rule range 1 to 10`}},
		{"NaN is in no range", []transform.Rule{transform.Range("f", 0, 9)}, []string{`2 validation f: column "f": "NaN" breaks the rule range 0 to 9`}},
		{"one of", []transform.Rule{transform.OneOf("d", "x", "y")}, []string{`2 validation d: column "d": "zz" breaks the rule one of x y`}},
		{"pattern", []transform.Rule{transform.Pattern("s", "^[a-w]")}, []string{
			`2 validation s: column "s": "` + long[:100] + `"... breaks the rule pattern ^[a-w]`,
			`3 validation s: column "s": "éé" breaks the rule pattern ^[a-w]`,
		}},
		{"length", []transform.Rule{transform.Length("s", 2, 3)}, []string{`2 validation s: column "s": "` + long[:100] + `"... breaks the rule length 2 to 3`}},
		{"length of a dictionary", []transform.Rule{transform.Length("d", 1, 1)}, []string{`2 validation d: column "d": "zz" breaks the rule length 1 to 1`}},
		{"holds", []transform.Rule{transform.Holds(transform.Where("n").Less(10).Or(transform.Where("d").Equal("y")))}, []string{`2 validation : it breaks the rule holds or(less("n", int 10), equal("d", "y"))`}},
		{"the first rule stands", []transform.Rule{transform.Length("s", 0, 3), transform.Range("n", 0, 9)}, []string{
			`2 validation s: column "s": "` + long[:100] + `"... breaks the rule length 0 to 3`,
			`3 validation n: column "n": "10" breaks the rule range 0 to 9`,
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			ctx, mem := checked(t)
			rec := fromJSON(t, mem, schema, rows)
			defer rec.Release()
			out, rejected, err := apply(ctx, transform.Validate(tc.in...), rec)
			if err != nil {
				t.Fatal(err)
			}
			if out != nil {
				defer out.Release()
			}
			defer rejected.Release()
			if diff := cmp.Diff(tc.want, showRejects(rejected)); diff != "" {
				t.Errorf("Validate mismatch (-want +got)\n%s", diff)
			}
			if out.NumRows()+rejected.Len() != rec.NumRows() {
				t.Errorf("%d rows came out and %d were rejected", out.NumRows(), rejected.Len())
			}
		})
	}
}

func TestDeriveTypes(t *testing.T) {
	ctx, mem := checked(t)
	rec := wide(mem)
	defer rec.Release()
	slice := rec.NewSlice(2, 9)
	defer slice.Release()
	check := func(t *testing.T, tr transform.Transform, want []string) {
		t.Helper()
		out, rejected, err := apply(ctx, transform.Chain(tr, transform.Select("out")), slice)
		if err != nil || rejected.Len() > 0 {
			t.Fatal(err, showRejects(rejected))
		}
		defer out.Release()
		if diff := cmp.Diff(want, show(out)); diff != "" {
			t.Errorf("Derive mismatch (-want +got)\n%s", diff)
		}
	}
	t.Run("string of a dictionary", func(t *testing.T) {
		check(t, echo[string]("code"), []string{"SFO", "JFK", "(null)", "SFO", "JFK", "LAX", "SFO"})
	})
	t.Run("bytes", func(t *testing.T) {
		check(t, echo[[]byte]("blob"), []string{"", "AAE=", "aGVsbG8=", "(null)", "AAE=", "aGVsbG8=", ""})
	})
	t.Run("int64 of int32", func(t *testing.T) {
		check(t, echo[int64]("delay"), []string{"-56", "-51", "-44", "-35", "-24", "-11", "(null)"})
	})
	t.Run("float64", func(t *testing.T) {
		check(t, echo[float64]("ratio"), []string{"-7.5", "-6.5", "(null)", "-4.5", "-3.5", "-2.5", "-1.5"})
	})
	t.Run("bool", func(t *testing.T) {
		check(t, echo[bool]("ok"), []string{"true", "false", "true", "false", "true", "(null)", "true"})
	})
	t.Run("time of a timestamp", func(t *testing.T) {
		var want []string
		for i := 2; i < 9; i++ {
			if i == 5 {
				want = append(want, "(null)")
			} else {
				want = append(want, fmt.Sprintf("2024-02-%02d 10:%02d:07.25Z", i+1, i))
			}
		}
		check(t, echo[time.Time]("at"), want)
	})
	t.Run("time of a date", func(t *testing.T) {
		var want []string
		for i := 2; i < 9; i++ {
			if i == 6 {
				want = append(want, "(null)")
			} else {
				want = append(want, fmt.Sprintf("20%02d-01-31 00:00:00Z", i))
			}
		}
		check(t, echo[time.Time]("day"), want)
	})
	t.Run("decimal", func(t *testing.T) {
		check(t, transform.Derive("out", "v1", func(in *transform.Inputs) func(transform.Row) (int64, error) {
			price := transform.Column[decimal128.Num](in, "price")
			return func(r transform.Row) (int64, error) { return price.At(r).BigInt().Int64(), nil }
		}), []string{"-50025", "0", "-30025", "-20025", "-10025", "25", "10025"})
	})
	t.Run("null type", func(t *testing.T) {
		_, err := echo[string]("nothing").Bind(ctx, slice.Schema())
		if err == nil || !strings.Contains(err.Error(), `column "nothing" of type null cannot be read as string`) {
			t.Errorf("Bind: %v", err)
		}
	})
	t.Run("in place", func(t *testing.T) {
		out, _, err := apply(ctx, transform.Derive("delay", "v1", func(*transform.Inputs) func(transform.Row) (string, error) {
			return func(transform.Row) (string, error) { return "late", nil }
		}), slice)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Release()
		if f := out.Schema().Field(1); f.Name != "delay" || f.Type.ID() != arrow.STRING || out.NumCols() != slice.NumCols() {
			t.Errorf("column 1 of %d is %v", out.NumCols(), f)
		}
	})
	t.Run("rejects", func(t *testing.T) {
		out, rejected, err := apply(ctx, transform.Derive("out", "v1", func(in *transform.Inputs) func(transform.Row) (bool, error) {
			id := transform.Column[int64](in, "id")
			return func(r transform.Row) (bool, error) {
				if id.At(r)%2 == 0 {
					return false, errors.New("even")
				}
				return true, nil
			}
		}), slice)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Release()
		defer rejected.Release()
		want := []string{}
		for _, row := range []int{0, 2, 4, 6} {
			want = append(want, fmt.Sprintf(`%d failed out: column "out": even`, row))
		}
		if diff := cmp.Diff(want, showRejects(rejected)); diff != "" {
			t.Errorf("rejects mismatch (-want +got)\n%s", diff)
		}
	})
}

// echo derives a column that is another.
func echo[T interface {
	transform.Value
	transform.Derived
}](name string) transform.Transform {
	return transform.Derive("out", "echo", func(in *transform.Inputs) func(transform.Row) (T, error) {
		c := transform.Column[T](in, name)
		return func(r transform.Row) (T, error) {
			if c.IsNull(r) {
				var zero T
				return zero, transform.ErrNull
			}
			return c.At(r), nil
		}
	})
}

// numbersRecord has rows of three numbers.
func numbersRecord(rows int) arrow.Record {
	random := rand.New(rand.NewPCG(1, 1))
	fb, ib := array.NewFloat64Builder(memory.DefaultAllocator), array.NewInt32Builder(memory.DefaultAllocator)
	for range rows {
		fb.Append(random.Float64())
		ib.Append(random.Int32N(100))
	}
	schema := arrow.NewSchema([]arrow.Field{field("price", arrow.PrimitiveTypes.Float64), field("count", arrow.PrimitiveTypes.Int32)}, nil)
	return array.NewRecord(schema, []arrow.Array{fb.NewArray(), ib.NewArray()}, int64(rows))
}

func total(in *transform.Inputs) func(transform.Row) (float64, error) {
	price, count := transform.Column[float64](in, "price"), transform.Column[int64](in, "count")
	return func(r transform.Row) (float64, error) { return price.At(r) * float64(count.At(r)), nil }
}

// TestDeriveAllocations: what a record costs does not grow with its rows.
func TestDeriveAllocations(t *testing.T) {
	p, err := transform.Derive("total", "v1", total).Bind(t.Context(), numbersRecord(1).Schema())
	if err != nil {
		t.Fatal(err)
	}
	per := func(rows int) float64 {
		rec := numbersRecord(rows)
		return testing.AllocsPerRun(10, func() {
			out, _, err := p.Process(context.Background(), rec)
			if err != nil {
				t.Fatal(err)
			}
			out.Release()
		})
	}
	if small, large := per(100), per(10_000); large > small+5 {
		t.Errorf("10,000 rows cost %v allocations, 100 rows %v", large, small)
	}
}

func BenchmarkDerive(b *testing.B) {
	b.Run("of=float64,int32", func(b *testing.B) { benchmark(b, transform.Derive("total", "v1", total), numbersRecord(65536)) })
}
