package transform_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/transform"
)

// TestArguments: what is wrong with the arguments of a constructor is an error of Bind that says so.
func TestArguments(t *testing.T) {
	two := arrow.NewSchema([]arrow.Field{field("a", text), field("a", text), field("b", text), field("n", arrow.PrimitiveTypes.Int64)}, nil)
	clash := arrow.NewSchema([]arrow.Field{field("place_city", text), field("place", placeType)}, nil)
	none := func(*transform.Inputs) func(transform.Row) (int64, error) { return nil }
	nothing := func(*transform.Inputs) func(transform.Row) bool { return nil }
	tests := []struct {
		name   string
		in     transform.Transform
		schema *arrow.Schema
		want   string
	}{
		{"select nothing", transform.Select(), two, "transform: select: no column is named"},
		{"select twice", transform.Select("b", "b"), two, `transform: select: column "b" is named twice`},
		{"select missing", transform.Select("x"), two, `transform: select: column "x" is missing; there is "a", "a", "b", "n"`},
		{"select ambiguous", transform.Select("a"), two, `transform: select: column "a" is there 2 times`},
		{"drop nothing", transform.Drop(), two, "no column is named"},
		{"drop twice", transform.Drop("b", "b"), two, `column "b" is named twice`},
		{"drop missing", transform.Drop("x"), two, `transform: drop: column "x" is missing`},
		{"drop all", transform.Drop("place_city", "place"), clash, `no column is left without "place_city", "place"`},
		{"rename nothing", transform.Rename(nil), two, "no column is named"},
		{"rename missing", transform.Rename(map[string]string{"x": "y"}), two, `transform: rename: column "x" is missing`},
		{"rename to another", transform.Rename(map[string]string{"b": "n"}), two, `"b" to "n": then 2 columns have that name`},
		{"cast nothing", transform.Cast(nil, nil), two, "transform: cast: no column is named"},
		{"cast option", transform.Cast(map[string]arrow.DataType{"b": text}, &transform.CastOptions{OnError: 7}), two, "CastOptions.OnError is 7"},
		{"filterfunc fingerprint", transform.FilterFunc("", nothing), two, "the fingerprint is empty"},
		{"filterfunc nil", transform.FilterFunc("v1", nil), two, "the function is nil"},
		{"filterfunc gives nil", transform.FilterFunc("v1", nothing), two, "the function is nil"},
		{"derive name", transform.Derive("", "v1", none), two, "the column's name is empty"},
		{"derive fingerprint", transform.Derive("x", "", none), two, "the fingerprint is empty"},
		{"derive nil", transform.Derive[int64]("x", "v1", nil), two, "the function is nil"},
		{"derive gives nil", transform.Derive("x", "v1", none), two, "the function is nil"},
		{"derive ambiguous", transform.Derive("a", "v1", zero), two, `column "a" is there 2 times`},
		{"derive missing and wrong", transform.Derive("x", "v1", func(in *transform.Inputs) func(transform.Row) (int64, error) {
			transform.Column[int64](in, "nope")
			transform.Column[float64](in, "b")
			return func(transform.Row) (int64, error) { return 0, nil }
		}), two, "transform: derive \"x\": column \"nope\" is missing; there is \"a\", \"a\", \"b\", \"n\"\ntransform: derive \"x\": column \"b\" of type utf8 cannot be read as float64"},
		{"mask nothing", transform.Mask(nil, nil), two, "no column is named"},
		{"mask twice", transform.Mask([]string{"b", "b"}, nil), two, `column "b" is named twice`},
		{"mask type", transform.Mask([]string{"n"}, nil), two, `column "n" of type int64: only strings can be masked`},
		{"mask negative", transform.Mask([]string{"b"}, &transform.MaskOptions{KeepLast: -1}), two, "cannot be negative"},
		{"mask both", transform.Mask([]string{"b"}, &transform.MaskOptions{Text: "x", KeepLast: 1}), two, "MaskOptions.Text replaces the whole value"},
		{"mask text", transform.Mask([]string{"b"}, &transform.MaskOptions{Text: "\xff"}), two, "not UTF-8"},
		{"mask letter", transform.Mask([]string{"b"}, &transform.MaskOptions{With: -1}), two, "MaskOptions.With is no letter"},
		{"hash nothing", transform.Hash(nil, nil), two, "no column is named"},
		{"hash type", transform.Hash([]string{"n"}, nil), two, `column "n" of type int64: only strings and binaries`},
		{"flatten depth", transform.Flatten(&transform.FlattenOptions{Depth: -1}), two, "FlattenOptions.Depth cannot be negative"},
		{"flatten clash", transform.Flatten(nil), clash, `"place_city" and "place"."city" both become the column "place_city"`},
		{"validate nothing", transform.Validate(), two, "no rule is given"},
		{"validate empty rule", transform.Validate(transform.Rule{}), two, "rule 1 is empty"},
		{"validate missing", transform.Validate(transform.NotNull("x")), two, `transform: validate: column "x" is missing`},
		{"validate pattern", transform.Validate(transform.Pattern("b", "(")), two, `column "b": the pattern`},
		{"validate type", transform.Validate(transform.Length("n", 1, 2)), two, `column "n" of type int64: only strings`},
		{"validate bound", transform.Validate(transform.Range("n", "a", 2)), two, `column "n" of type int64: it cannot be compared`},
		{"validate no values", transform.Validate(transform.OneOf("n")), two, `has no values`},
		{"validate empty condition", transform.Validate(transform.Holds(transform.Condition{})), two, "the Condition is empty"},
		{"func fingerprint", transform.Func("", nil, same), two, "the fingerprint is empty"},
		{"func nil", transform.Func("v1", nil, nil), two, "the function is nil"},
		{"func schema", transform.Func("v1", func(*arrow.Schema) (*arrow.Schema, error) { return nil, errors.New("no way") }, same), two, `transform: func "v1": no way`},
		{"func no schema", transform.Func("v1", func(*arrow.Schema) (*arrow.Schema, error) { return nil, nil }, same), two, "it gave no schema"},
		{"chain nothing", transform.Chain(), two, "no transform is given"},
		{"chain nil", transform.Chain(transform.Select("b"), nil), two, "transform 2 is nil"},
		{"chain stage", transform.Chain(transform.Select("b"), transform.Drop("n")), two, `transform: chain: 2: transform: drop: column "n" is missing; there is "b"`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := tc.in.Bind(t.Context(), tc.schema)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Bind: %v; want %s", err, tc.want)
			}
			if tc.in.Fingerprint() == "" {
				t.Error("the fingerprint is empty")
			}
		})
	}
}

func zero(*transform.Inputs) func(transform.Row) (int64, error) {
	return func(transform.Row) (int64, error) { return 0, nil }
}

// TestOtherSchema: a record of another schema than the one bound to is refused, not misread.
func TestOtherSchema(t *testing.T) {
	ctx, mem := checked(t)
	rec := wide(mem)
	defer rec.Release()
	other := fromJSON(t, mem, arrow.NewSchema([]arrow.Field{field("id", text)}, nil), `[{"id": "x"}]`)
	defer other.Release()
	for name, tr := range map[string]transform.Transform{
		"select": transform.Select("id"),
		"func":   transform.Func("same", nil, same),
		"chain":  transform.Chain(transform.Select("id")),
	} {
		p, err := tr.Bind(ctx, rec.Schema())
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.Process(ctx, other); err == nil || !strings.Contains(err.Error(), "another schema") {
			t.Errorf("%s: Process: %v", name, err)
		}
	}
}

func TestFuncSchemaBroken(t *testing.T) {
	ctx, mem := checked(t)
	rec := wide(mem)
	defer rec.Release()
	lies := transform.Func("lies", func(in *arrow.Schema) (*arrow.Schema, error) {
		return arrow.NewSchema(in.Fields()[:1], nil), nil
	}, func(_ context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
		rec.Retain()
		return rec, nil, nil
	})
	if _, _, err := apply(ctx, lies, rec); err == nil || !strings.Contains(err.Error(), `func "lies": it returned a record of schema`) {
		t.Errorf("Process: %v", err)
	}
}
