package sink_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

func ExampleFunc() {
	ctx := context.Background()
	out := sink.Func(func(_ context.Context, rec arrow.Record) error {
		fmt.Println(rec.NumRows(), "rows of", rec.ColumnName(0))
		return nil
	})
	w, _, _ := out.Open(ctx, "nightly", "a.csv")
	b := batchOf(memory.DefaultAllocator, "", `[{"id": 1}, {"id": 2}]`, `[{"id": 3}]`)
	defer b.Release()
	r, err := w.Load(ctx, b)
	fmt.Println(r.Rows, err)
	// Output:
	// 2 rows of id
	// 1 rows of id
	// 3 <nil>
}

func TestFuncErrors(t *testing.T) {
	full := errors.New("disk full")
	gate := errors.New("gate")
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		name      string
		ctx       context.Context
		write     error
		gate      error
		close     bool
		want      error
		transient bool
		writes    int
	}{
		{name: "none", ctx: t.Context(), writes: 2},
		{name: "unmarked", ctx: t.Context(), write: full, want: full, writes: 1},
		{name: "transient", ctx: t.Context(), write: retry.Transient(full), want: full, transient: true, writes: 1},
		{name: "gate", ctx: t.Context(), gate: gate, want: gate, writes: 2},
		{name: "context", ctx: done, want: context.Canceled},
		{name: "closed", ctx: t.Context(), close: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			writes := 0
			out := sink.Func(func(context.Context, arrow.Record) error { writes++; return tc.write })
			w, _, err := out.Open(t.Context(), "p", "a")
			if err != nil {
				t.Fatal(err)
			}
			b := batchOf(mem, "", `[{"id": 1}]`, `[{"id": 2}]`)
			defer b.Release()
			b.Gate = func(context.Context, sink.Receipt) error { return tc.gate }
			if tc.close {
				if err := w.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			_, err = w.Load(tc.ctx, b)
			if (err == nil) != (tc.want == nil && !tc.close) || !errors.Is(err, tc.want) && tc.want != nil {
				t.Errorf("Load = %v, want %v", err, tc.want)
			}
			if retry.IsTransient(err) != tc.transient {
				t.Errorf("IsTransient(%v) = %t", err, !tc.transient)
			}
			if writes != tc.writes {
				t.Errorf("%d records written, want %d", writes, tc.writes)
			}
		})
	}
}
