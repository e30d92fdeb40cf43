package sink_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
)

func ExampleTee() {
	ctx := context.Background()
	table, archive := sink.NewMemory(nil), sink.NewMemory(nil)
	defer table.Release()
	defer archive.Release()
	both := sink.Tee(table, archive)

	w, committed, _ := both.Open(ctx, "nightly", "a.csv")
	b := batchOf(memory.DefaultAllocator, committed, `[{"id": 1}, {"id": 2}]`)
	defer b.Release()
	if err := w.Prepare(ctx, b.Schema); err != nil {
		fmt.Println(err)
		return
	}
	r, err := w.Load(ctx, b)
	fmt.Println(r.Rows, err)
	fmt.Println(table.Rows(), archive.Rows())
	// Output:
	// 2 <nil>
	// 2 2
}

// fewer returns the rows of the branch that has fewer: what all branches have.
func fewer(a, b *sink.Memory) []arrow.Record {
	if a.Rows() > b.Rows() {
		a = b
	}
	return a.Records()
}

func TestTeeConforms(t *testing.T) {
	refuse := func(rec arrow.Record) []deadletter.Reason {
		at := rec.Schema().FieldIndices("name")
		if len(at) == 0 || rec.Column(at[0]).DataType().ID() != arrow.STRING {
			return nil
		}
		var bad []deadletter.Reason
		for i, names := 0, rec.Column(at[0]).(*array.String); i < names.Len(); i++ {
			if names.Value(i) == "refused" {
				bad = append(bad, deadletter.Reason{Row: int64(i), Code: deadletter.CodeConstraint, Column: "name", Message: "refused"})
			}
		}
		return bad
	}
	type branches func() (a, b sink.Sink, am, bm *sink.Memory)
	options := &sink.MemoryOptions{AddColumns: true, Check: refuse}
	for name, open := range map[string]branches{
		"memory": func() (a, b sink.Sink, am, bm *sink.Memory) {
			am, bm = sink.NewMemory(options), sink.NewMemory(&sink.MemoryOptions{AddColumns: true})
			return am, bm, am, bm
		},
		"staged": func() (a, b sink.Sink, am, bm *sink.Memory) {
			s, m := sinktest.NewStaged(options), sink.NewMemory(&sink.MemoryOptions{AddColumns: true, Check: refuse, Limits: sink.Limits{InFlight: 3, EmptyBatches: true}})
			return s, m, s.Memory, m
		},
		"streaming": func() (a, b sink.Sink, am, bm *sink.Memory) {
			s, m := sinktest.NewStreaming(&sink.MemoryOptions{AddColumns: true}), sink.NewMemory(&sink.MemoryOptions{AddColumns: true})
			return s, m, s.Memory, m
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) {
				a, b, am, bm := open()
				tee := sink.Tee(a, b)
				h := sinktest.Harness{
					Open: func(context.Context) (sink.Sink, error) { return tee, nil },
					Read: func(context.Context) ([]arrow.Record, error) { return fewer(am, bm), nil },
					Close: func() error {
						am.Release()
						bm.Release()
						return nil
					},
					Types:      sinktest.AllTypes(),
					AddColumns: true,
				}
				if name != "streaming" {
					h.RefusedName = "refused"
				}
				return h, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
