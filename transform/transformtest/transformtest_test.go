package transformtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/transform"
	"github.com/floedata/floe/transform/transformtest"
)

var schema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

// input has ten rows; ids 3 and 7 are negative, some names are null.
func input(mem memory.Allocator) arrow.Record {
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	for i := range int64(10) {
		id := i
		if i == 3 || i == 7 {
			id = -i
		}
		b.Field(0).(*array.Int64Builder).Append(id)
		if i%4 == 1 {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("name %d", i))
		}
	}
	return b.NewRecord()
}

type process func(ctx context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error)

// positive is a correct transform in which mutants change one thing: it rejects rows whose id is negative.
type positive struct {
	fingerprint func() string
	bind        func(in *arrow.Schema) error
	process     process
	close       func() error
}

func correct() *positive {
	return &positive{
		fingerprint: func() string { return "positive" },
		bind: func(in *arrow.Schema) error {
			if !in.HasField("id") {
				return errors.New(`column "id" is missing`)
			}
			return nil
		},
		process: rejectNegative,
		close:   func() error { return nil },
	}
}

func rejectNegative(ctx context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	var reasons []deadletter.Reason
	for i, id := range rec.Column(0).(*array.Int64).Int64Values() {
		if id < 0 {
			reasons = append(reasons, deadletter.Reason{Row: int64(i), Code: deadletter.CodeValidation, Column: "id", Message: "it is negative"})
		}
	}
	return deadletter.Split(compute.GetAllocator(ctx), rec, reasons)
}

func (p *positive) Fingerprint() string { return p.fingerprint() }

func (p *positive) Bind(_ context.Context, in *arrow.Schema) (transform.Processor, error) {
	if err := p.bind(in); err != nil {
		return nil, err
	}
	return bound{p, in}, nil
}

type bound struct {
	*positive
	in *arrow.Schema
}

func (b bound) Schema() *arrow.Schema { return b.in }

func (b bound) Process(ctx context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
	return b.process(ctx, rec)
}

func (b bound) Close(context.Context) error { return b.close() }

func harness(change func(*positive)) transformtest.Harness {
	return transformtest.Harness{
		New: func() transform.Transform {
			p := correct()
			change(p)
			return p
		},
		Variant: func() transform.Transform {
			p := correct()
			change(p)
			if p.fingerprint() == "positive" {
				p.fingerprint = func() string { return "other" }
			}
			return p
		},
		Input:    input,
		Needs:    []string{"id"},
		OneToOne: true,
		Rejects:  []int64{3, 7},
	}
}

func TestRun(t *testing.T) {
	transformtest.Run(t, func(*testing.T) transformtest.Harness { return harness(func(*positive) {}) })
}

// instead replaces what the correct Process returned.
func instead(change func(ctx context.Context, rec, out arrow.Record, rejected *deadletter.Rows) (arrow.Record, *deadletter.Rows, error)) func(*positive) {
	return func(p *positive) {
		p.process = func(ctx context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
			out, rejected, err := rejectNegative(ctx, rec)
			if err != nil {
				return out, rejected, err
			}
			return change(ctx, rec, out, rejected)
		}
	}
}

// reasons changes the reasons of rejected rows.
func reasons(change func(r []deadletter.Reason)) func(*positive) {
	return instead(func(_ context.Context, _, out arrow.Record, rejected *deadletter.Rows) (arrow.Record, *deadletter.Rows, error) {
		if rejected.Len() > 0 {
			change(rejected.Reasons)
		}
		return out, rejected, nil
	})
}

// TestMutants breaks the transform in one way at a time; the suite must name the rule.
func TestMutants(t *testing.T) {
	type rows = *deadletter.Rows
	tests := []struct {
		name, rule string
		change     func(*positive)
	}{
		{"renamed column", "schema", instead(func(_ context.Context, _, out arrow.Record, rejected rows) (arrow.Record, rows, error) {
			if out == nil {
				return out, rejected, nil
			}
			defer out.Release()
			fields := schema.Fields()
			fields[1].Name = "other"
			return array.NewRecord(arrow.NewSchema(fields, nil), out.Columns(), out.NumRows()), rejected, nil
		})},
		{"input released", "borrowed", instead(func(_ context.Context, rec, out arrow.Record, rejected rows) (arrow.Record, rows, error) {
			rec.Release()
			return out, rejected, nil
		})},
		{"input changed", "borrowed", func(p *positive) {
			var once sync.Once // more would be a data race in the rule on concurrency
			p.process = func(ctx context.Context, rec arrow.Record) (arrow.Record, rows, error) {
				if rec.NumRows() > 0 {
					once.Do(func() { rec.Column(0).(*array.Int64).Int64Values()[0]++ })
				}
				return rejectNegative(ctx, rec)
			}
		}},
		{"input kept", "owned", instead(func(_ context.Context, rec, out arrow.Record, rejected rows) (arrow.Record, rows, error) {
			rec.Retain()
			return out, rejected, nil
		})},
		{"rejects leak", "owned", instead(func(_ context.Context, _, out arrow.Record, rejected rows) (arrow.Record, rows, error) {
			if rejected != nil {
				rejected.Record.Retain()
			}
			return out, rejected, nil
		})},
		{"buffers without a reference", "owned", instead(func(_ context.Context, rec, out arrow.Record, rejected rows) (arrow.Record, rows, error) {
			if out == nil || out.NumRows() == 0 || rec.NumRows() != 10 {
				return out, rejected, nil
			}
			defer out.Release()
			old := rec.Column(0).Data().Buffers()[1].Bytes() // not this function's to keep
			data := array.NewData(arrow.PrimitiveTypes.Int64, int(out.NumRows()), []*memory.Buffer{nil, memory.NewBufferBytes(old)}, nil, 0, 0)
			defer data.Release()
			ids := array.NewInt64Data(data)
			defer ids.Release()
			return array.NewRecord(schema, []arrow.Array{ids, out.Column(1)}, out.NumRows()), rejected, nil
		})},
		{"first row of each record", "boundaries", instead(func(_ context.Context, _, out arrow.Record, rejected rows) (arrow.Record, rows, error) {
			if out == nil || out.NumRows() == 0 {
				return out, rejected, nil
			}
			defer out.Release()
			return out.NewSlice(1, out.NumRows()), rejected, nil
		})},
		{"reason tells the record's length", "boundaries", instead(func(_ context.Context, rec, out arrow.Record, rejected rows) (arrow.Record, rows, error) {
			if rejected.Len() > 0 {
				rejected.Reasons[0].Message = fmt.Sprint(rec.NumRows())
			}
			return out, rejected, nil
		})},
		{"state", "repeatable", func(p *positive) {
			var calls atomic.Int64
			p.process = func(ctx context.Context, rec arrow.Record) (arrow.Record, rows, error) {
				if calls.Add(1)%3 == 0 {
					return nil, nil, ctx.Err()
				}
				return rejectNegative(ctx, rec)
			}
		}},
		{"one at a time", "concurrency", func(p *positive) {
			var inside atomic.Int64
			p.process = func(ctx context.Context, rec arrow.Record) (arrow.Record, rows, error) {
				defer inside.Add(-1)
				if inside.Add(1) > 1 {
					return nil, nil, errors.New("busy")
				}
				time.Sleep(time.Millisecond)
				return rejectNegative(ctx, rec)
			}
		}},
		{"row numbers", "rejects", reasons(func(r []deadletter.Reason) { r[0].Row++ })},
		{"row numbers beyond", "rejects", reasons(func(r []deadletter.Reason) { r[len(r)-1].Row += 100 })},
		{"no code", "rejects", reasons(func(r []deadletter.Reason) { r[0].Code = "" })},
		{"no message", "rejects", reasons(func(r []deadletter.Reason) { r[0].Message = "" })},
		{"fewer reasons", "rejects", instead(func(_ context.Context, _, out arrow.Record, rejected rows) (arrow.Record, rows, error) {
			if rejected.Len() > 1 {
				rejected.Reasons = rejected.Reasons[:1]
			}
			return out, rejected, nil
		})},
		{"schema of the rejects", "rejects", instead(func(_ context.Context, _, out arrow.Record, rejected rows) (arrow.Record, rows, error) {
			if rejected.Len() > 0 {
				old := rejected.Record
				rejected.Record = array.NewRecord(deadletter.Original(arrow.NewSchema(schema.Fields()[:1], nil)), old.Columns()[:1], old.NumRows())
				old.Release()
			}
			return out, rejected, nil
		})},
		{"unclaimed rejects", "rejects", func(p *positive) {
			p.process = func(ctx context.Context, rec arrow.Record) (arrow.Record, rows, error) {
				if ctx.Err() != nil || rec.NumRows() == 0 {
					return nil, nil, ctx.Err()
				}
				all := make([]deadletter.Reason, rec.NumRows())
				for i := range all {
					all[i] = deadletter.Reason{Row: int64(i), Code: "x", Message: "x"}
				}
				return deadletter.Split(compute.GetAllocator(ctx), rec, all)
			}
		}},
		{"a row is lost", "count", func(p *positive) {
			p.process = func(ctx context.Context, rec arrow.Record) (arrow.Record, rows, error) {
				out, rejected, err := rejectNegative(ctx, rec)
				rejected.Release()
				return out, nil, err
			}
		}},
		{"context ignored", "context", func(p *positive) {
			p.process = func(ctx context.Context, rec arrow.Record) (arrow.Record, rows, error) {
				return rejectNegative(context.WithoutCancel(ctx), rec)
			}
		}},
		{"another error than the context's", "context", func(p *positive) {
			p.process = func(ctx context.Context, rec arrow.Record) (arrow.Record, rows, error) {
				if ctx.Err() != nil {
					return nil, nil, errors.New("stopped")
				}
				return rejectNegative(ctx, rec)
			}
		}},
		{"no rows", "empty", func(p *positive) {
			p.process = func(ctx context.Context, rec arrow.Record) (arrow.Record, rows, error) {
				_ = rec.Column(0).(*array.Int64).Int64Values()[0]
				return rejectNegative(ctx, rec)
			}
		}},
		{"all null", "nulls", func(p *positive) {
			p.process = func(ctx context.Context, rec arrow.Record) (arrow.Record, rows, error) {
				if rec.NumRows() > 2 && rec.Column(1).NullN() == int(rec.NumRows()) {
					return nil, nil, errors.New("no name at all")
				}
				return rejectNegative(ctx, rec)
			}
		}},
		{"empty fingerprint", "fingerprint", func(p *positive) { p.fingerprint = func() string { return "" } }},
		{"fingerprint of the variant", "fingerprint", func(p *positive) { p.fingerprint = func() string { return "same" } }},
		{"fingerprint of the moment", "fingerprint", func(p *positive) {
			now := time.Now().String()
			p.fingerprint = func() string { return now }
		}},
		{"fingerprint of the use", "fingerprint", func(p *positive) {
			var calls atomic.Int64
			p.fingerprint = func() string { return fmt.Sprint(calls.Load()) }
			p.process = func(ctx context.Context, rec arrow.Record) (arrow.Record, rows, error) {
				calls.Add(1)
				return rejectNegative(ctx, rec)
			}
		}},
		{"any schema", "bind", func(p *positive) { p.bind = func(*arrow.Schema) error { return nil } }},
		{"column not named", "bind", func(p *positive) {
			p.bind = func(in *arrow.Schema) error {
				if !in.HasField("id") {
					return errors.New("a column is missing")
				}
				return nil
			}
		}},
		{"one binding", "rebind", func(p *positive) {
			closed := false
			p.close = func() error { closed = true; return nil }
			p.process = func(ctx context.Context, rec arrow.Record) (arrow.Record, rows, error) {
				if closed {
					return nil, nil, errors.New("closed")
				}
				return rejectNegative(ctx, rec)
			}
		}},
		{"close fails", "schema", func(p *positive) { p.close = func() error { return errors.New("no") } }},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			err := transformtest.Check(t.Context(), harness(tc.change))
			if err == nil {
				t.Fatalf("Check found nothing; want rule %s", tc.rule)
			}
			if !strings.Contains(err.Error(), "rule "+tc.rule+" (") {
				t.Errorf("Check does not name the rule %s: %v", tc.rule, err)
			}
		})
	}
}

func TestCheckHarness(t *testing.T) {
	small := harness(func(*positive) {})
	small.Input = func(mem memory.Allocator) arrow.Record {
		rec := input(mem)
		defer rec.Release()
		return rec.NewSlice(0, 7)
	}
	for name, tc := range map[string]struct {
		in   transformtest.Harness
		want string
	}{
		"empty": {transformtest.Harness{}, "the Harness needs New and Input"},
		"small": {small, "the input of the Harness has 7 rows; give at least 8"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := transformtest.Check(t.Context(), tc.in); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Check: %v; want %s", err, tc.want)
			}
		})
	}
}

func ExampleCheck() {
	err := transformtest.Check(context.Background(), transformtest.Harness{
		New:      func() transform.Transform { return transform.Drop("name") },
		Variant:  func() transform.Transform { return transform.Drop("id") },
		Input:    input,
		Needs:    []string{"name"},
		OneToOne: true,
	})
	fmt.Println(err)
	// Output: <nil>
}
