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
					AddColumns:  add,
					RefusedName: "refused",
				}
			})
		})
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
