package sinktest_test

import (
	"context"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
)

func TestMemory(t *testing.T) {
	for _, add := range []bool{false, true} {
		name := "strict"
		if add {
			name = "add columns"
		}
		t.Run(name, func(t *testing.T) {
			sinktest.Run(t, func(testing.TB) sinktest.Harness {
				m := sink.NewMemory(&sink.MemoryOptions{AddColumns: add, Check: refuse("refused")})
				return sinktest.Harness{
					Open:        func(context.Context) (sink.Sink, error) { return m, nil },
					Read:        func(context.Context) ([]arrow.Record, error) { return m.Records(), nil },
					Close:       func() error { m.Release(); return nil },
					Types:       sinktest.AllTypes(),
					Unclaimed:   []arrow.DataType{arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String)},
					AddColumns:  add,
					RefusedName: "refused",
				}
			})
		})
	}
}

func TestReferences(t *testing.T) {
	for _, tc := range []struct {
		name string
		open func(*sink.MemoryOptions) (sink.Sink, *sink.Memory)
	}{
		{"staged", func(o *sink.MemoryOptions) (sink.Sink, *sink.Memory) {
			s := sinktest.NewStaged(o)
			return s, s.Memory
		}},
		{"grouped", func(o *sink.MemoryOptions) (sink.Sink, *sink.Memory) {
			s := sinktest.NewGrouped(o)
			return s, s
		}},
		{"staged groups", func(o *sink.MemoryOptions) (sink.Sink, *sink.Memory) {
			o.Limits = sink.Limits{InFlight: 4, Stages: 2, Group: 8, EmptyBatches: true}
			s := sinktest.NewStaged(o)
			return s, s.Memory
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) {
				s, m := tc.open(&sink.MemoryOptions{AddColumns: true, Check: refuse("refused")})
				return sinktest.Harness{
					Open:        func(context.Context) (sink.Sink, error) { return s, nil },
					Read:        func(context.Context) ([]arrow.Record, error) { return m.Records(), nil },
					Close:       func() error { m.Release(); return nil },
					Types:       sinktest.AllTypes(),
					AddColumns:  true,
					RefusedName: "refused",
				}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStreaming(t *testing.T) {
	err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) {
		s := sinktest.NewStreaming(nil)
		lose := func(f ...sinktest.AppendFailure) sinktest.Fault {
			return sinktest.Fault{Class: sinktest.Rewind, Inject: func(context.Context) (func(), error) {
				s.FailAppends(f...)
				return nil, nil
			}}
		}
		return sinktest.Harness{
			Open:  func(context.Context) (sink.Sink, error) { return s, nil },
			Read:  func(context.Context) ([]arrow.Record, error) { return s.Records(), nil },
			Close: func() error { s.Release(); return nil },
			Types: sinktest.AllTypes(),
			Faults: map[string]sinktest.Fault{
				"lost before": lose(sinktest.LostBefore),
				"lost after":  lose(sinktest.LostAfter),
				"one by one":  lose(sinktest.LostAfter, sinktest.LostBefore, sinktest.LostAfter),
			},
		}, nil
	})
	if err != nil {
		t.Error(err)
	}
}

// refuse is a constraint on the column name, for tables that have one.
func refuse(value string) func(arrow.Record) []deadletter.Reason {
	return func(rec arrow.Record) []deadletter.Reason {
		at := rec.Schema().FieldIndices("name")
		if len(at) == 0 {
			return nil
		}
		names, ok := rec.Column(at[0]).(*array.String)
		if !ok {
			return nil
		}
		var bad []deadletter.Reason
		for i := range names.Len() {
			if names.IsValid(i) && names.Value(i) == value {
				bad = append(bad, deadletter.Reason{Row: int64(i), Code: deadletter.CodeConstraint, Column: "name", Message: "the name is refused"})
			}
		}
		return bad
	}
}
