package transform_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/transform"
)

// TestChainRejects has rejects in several stages, behind filters and behind functions that multiply rows: all
// come back as rows of the input.
func TestChainRejects(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{field("id", arrow.PrimitiveTypes.Int64), field("n", text), field("m", text)}, nil)
	const rows = `[
		{"id": 0, "n": "1", "m": "a"}, {"id": 1, "n": "x", "m": "b"}, {"id": 2, "n": "2", "m": "c"},
		{"id": 3, "n": "300", "m": "d"}, {"id": 4, "n": "4", "m": "bad"}, {"id": 5, "n": "y", "m": "bad"},
		{"id": 6, "n": "7", "m": "e"}
	]`
	double := transform.Func("twice", nil, func(ctx context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
		out, err := twice(compute.GetAllocator(ctx), rec)
		return out, nil, err
	})
	notTwo := transform.Filter(transform.Where("id").NotEqual(2))
	number := transform.Cast(map[string]arrow.DataType{"n": arrow.PrimitiveTypes.Int8}, nil)
	good := transform.Validate(transform.Pattern("m", "^.$"))
	rename := transform.Rename(map[string]string{"n": "number"})
	rejected := []string{"1|x|b", "3|300|d", "4|4|bad", "5|y|bad"}
	tests := []struct {
		name     string
		in       []transform.Transform
		want     []string
		rejected []string
	}{
		{"in two stages", []transform.Transform{notTwo, number, good, rename}, []string{"0|1|a", "6|7|e"}, rejected},
		{"behind a function", []transform.Transform{double, notTwo, number, good}, []string{"0|1|a", "0|1|a", "6|7|e", "6|7|e"}, rejected},
		{"around a function", []transform.Transform{number, double, good, notTwo}, []string{"0|1|a", "0|1|a", "6|7|e", "6|7|e"}, rejected},
		{"in chains", []transform.Transform{transform.Chain(notTwo, double), transform.Chain(number), transform.Chain(good, rename)}, []string{"0|1|a", "0|1|a", "6|7|e", "6|7|e"}, rejected},
		{"nothing left", []transform.Transform{number, transform.Filter(transform.Where("id").Equal(9)), good}, nil, []string{"1|x|b", "3|300|d", "5|y|bad"}},
		{"none", []transform.Transform{rename, notTwo}, []string{"0|1|a", "1|x|b", "3|300|d", "4|4|bad", "5|y|bad", "6|7|e"}, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			ctx, mem := checked(t)
			rec := fromJSON(t, mem, schema, rows)
			defer rec.Release()
			out, refused, err := apply(ctx, transform.Chain(tc.in...), rec)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, show(out)); diff != "" {
				t.Errorf("rows mismatch (-want +got)\n%s", diff)
			}
			var got []string
			if refused != nil {
				got = show(refused.Record)
				for i, r := range refused.Reasons {
					if want := show(rec)[r.Row]; want != got[i] {
						t.Errorf("reason %+v is for the row %s, not %s", r, want, got[i])
					}
				}
			}
			if diff := cmp.Diff(tc.rejected, got); diff != "" {
				t.Errorf("rejected rows mismatch (-want +got)\n%s", diff)
			}
			if out != nil {
				out.Release()
			}
			refused.Release()
		})
	}
}

// closer counts what is open.
type closer struct {
	open *int
	fail error
}

func (c closer) Fingerprint() string { return "closer" }

func (c closer) Bind(_ context.Context, in *arrow.Schema) (transform.Processor, error) {
	*c.open++
	return closing{c, in}, nil
}

type closing struct {
	closer
	in *arrow.Schema
}

func (c closing) Schema() *arrow.Schema { return c.in }

func (c closing) Process(context.Context, arrow.Record) (arrow.Record, *deadletter.Rows, error) {
	return nil, nil, nil
}

func (c closing) Close(context.Context) error {
	*c.open--
	return c.fail
}

func TestChainClose(t *testing.T) {
	ctx := t.Context()
	open, fail := 0, errors.New("no")
	stage := closer{&open, fail}
	if _, err := transform.Chain(stage, stage, transform.Select("nope")).Bind(ctx, wideSchema); !errors.Is(err, fail) || !strings.Contains(err.Error(), `"nope"`) {
		t.Errorf("Bind: %v; want both the fault and the error of Close", err)
	}
	if open != 0 {
		t.Errorf("%d stages are open after a failed Bind", open)
	}
	p, err := transform.Chain(stage, stage).Bind(ctx, wideSchema)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(ctx); !errors.Is(err, fail) || open != 0 {
		t.Errorf("Close: %v with %d stages open", err, open)
	}
}

func TestChainStageFails(t *testing.T) {
	ctx, mem := checked(t)
	rec := wide(mem)
	defer rec.Release()
	fault := errors.New("no luck")
	fails := transform.Func("fails", nil, func(_ context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
		rec.Retain()
		return rec, nil, fault // what comes with an error is released
	})
	_, _, err := apply(ctx, transform.Chain(transform.Filter(transform.Where("id").Less(9)), fails), rec)
	if !errors.Is(err, fault) || !strings.Contains(err.Error(), `func "fails"`) {
		t.Errorf("Process: %v", err)
	}
}
