package sink_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

func ExampleNewMemory() {
	ctx := context.Background()
	target := sink.NewMemory(nil)
	defer target.Release()

	w, committed, err := target.Open(ctx, "nightly", "a.csv")
	if err != nil {
		fmt.Println(err)
		return
	}
	b := batchOf(memory.DefaultAllocator, committed, `[{"id": 1}, {"id": 2}]`)
	defer b.Release()
	if err := w.Prepare(ctx, b.Schema); err != nil {
		fmt.Println(err)
		return
	}
	r, err := w.Load(ctx, b)
	fmt.Println(r.Rows, err)

	_, committed, _ = target.Open(ctx, "nightly", "a.csv") // the next run
	fmt.Println(target.Rows(), committed == b.To)
	// Output:
	// 2 <nil>
	// 2 true
}

func TestMemoryReadsBack(t *testing.T) {
	ctx := t.Context()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	target := sink.NewMemory(&sink.MemoryOptions{AddColumns: true, Allocator: mem})
	defer target.Release()

	load(t, target, mem, "b", "", `[{"id": 3, "tag": "x"}]`)
	to := load(t, target, mem, "a", "", `[{"id": 1}]`)
	load(t, target, mem, "a", to, `[{"tag": "y", "id": 2}]`)

	var got []string
	for _, rec := range target.Records() {
		text, err := rec.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Fields(string(text))...)
		rec.Release()
	}
	want := []string{`[{"id":1,"tag":null}`, `]`, `[{"id":2,"tag":"y"}`, `]`, `[{"id":3,"tag":"x"}`, `]`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Records() mismatch (-want +got):\n%s", diff)
	}
	offsets, err := target.Committed(ctx, "p", "a", "none")
	if err != nil || len(offsets) != 1 {
		t.Errorf(`Committed("p", "a", "none") = %v, %v; want the offset of "a" alone`, offsets, err)
	}
	if n, err := offset.Ordinal(offsets["a"]); n != 2 || err != nil {
		t.Errorf("the offset of a counts %d rows, %v; want 2", n, err)
	}
	if err := target.Reset(ctx, "p"); err != nil {
		t.Fatal(err)
	}
	if offsets, err := target.Committed(ctx, "p"); err != nil || len(offsets) != 0 {
		t.Errorf("Committed after Reset = %v, %v; want none", offsets, err)
	}
	if target.Rows() != 3 {
		t.Errorf("Rows after Reset = %d, want 3: they stay", target.Rows())
	}
}

func TestMemoryFinish(t *testing.T) {
	target := sink.NewMemory(nil)
	if target.Finished("p") {
		t.Error("finished before Finish")
	}
	if err := target.Finish(t.Context(), "p", []string{"a"}); err != nil {
		t.Fatal(err)
	}
	if !target.Finished("p") || target.Finished("q") {
		t.Errorf("Finished(p), Finished(q) = %t, %t; want true, false", target.Finished("p"), target.Finished("q"))
	}
}

func TestMemoryCheckRejects(t *testing.T) {
	ctx := t.Context()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	target := sink.NewMemory(&sink.MemoryOptions{Allocator: mem, Check: func(rec arrow.Record) []deadletter.Reason {
		var bad []deadletter.Reason
		ids := rec.Column(0).(*array.Int64)
		for i, id := range ids.Int64Values() {
			if id < 0 {
				bad = append(bad, deadletter.Reason{Row: int64(i), Code: deadletter.CodeConstraint, Column: "id", Message: "id is negative"})
			}
		}
		return bad
	}})
	defer target.Release()
	w, from, err := target.Open(ctx, "p", "a")
	if err != nil {
		t.Fatal(err)
	}
	b := batchOf(mem, from, `[{"id": 1}, {"id": -1}]`, `[{"id": -2}]`, `[{"id": 2}]`)
	defer b.Release()
	var rows []int64
	b.Gate = func(_ context.Context, r sink.Receipt) error {
		for _, reason := range r.Rejected.Reasons {
			rows = append(rows, reason.Row)
		}
		r.Rejected.Release()
		return nil
	}
	if err := w.Prepare(ctx, b.Schema); err != nil {
		t.Fatal(err)
	}
	r, err := w.Load(ctx, b)
	if err != nil || r.Rows != 2 || target.Rows() != 2 {
		t.Errorf("Load = %d rows, %v, and %d are there; want 2 and 2", r.Rows, err, target.Rows())
	}
	if diff := cmp.Diff([]int64{1, 2}, rows); diff != "" {
		t.Errorf("rejected rows mismatch (-want +got):\n%s", diff)
	}
}

func TestMemorySchema(t *testing.T) {
	id := arrow.Field{Name: "id", Type: arrow.PrimitiveTypes.Int64}
	for _, tc := range []struct {
		name   string
		add    bool
		second arrow.Field
		column string // "" = no error
	}{
		{name: "same", second: id},
		{name: "new column", second: arrow.Field{Name: "n", Type: arrow.BinaryTypes.String}, column: "n"},
		{name: "new column added", add: true, second: arrow.Field{Name: "n", Type: arrow.BinaryTypes.String}},
		{name: "other type", add: true, second: arrow.Field{Name: "id", Type: arrow.BinaryTypes.String}, column: "id"},
		{name: "no nulls", add: true, second: arrow.Field{Name: "r", Type: arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64)}, column: "r"},
		{name: "no nulls inside", add: true, second: arrow.Field{Name: "l", Type: arrow.ListOf(arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64))}, column: "l"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			target := sink.NewMemory(&sink.MemoryOptions{AddColumns: tc.add})
			w, _, err := target.Open(t.Context(), "p", "a")
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Prepare(t.Context(), arrow.NewSchema([]arrow.Field{id}, nil)); err != nil {
				t.Fatal(err)
			}
			err = w.Prepare(t.Context(), arrow.NewSchema([]arrow.Field{tc.second}, nil))
			var se *sink.SchemaError
			switch {
			case tc.column == "" && err != nil:
				t.Errorf("Prepare = %v, want nil", err)
			case tc.column != "" && (!errors.As(err, &se) || se.Column != tc.column):
				t.Errorf("Prepare = %v, want a SchemaError of column %q", err, tc.column)
			}
		})
	}
}

func TestNewMemoryRefusesLimits(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("NewMemory took Limits with NoOffsets")
		}
	}()
	sink.NewMemory(&sink.MemoryOptions{Limits: sink.Limits{NoOffsets: true}})
}

// load puts rows into target through a new claim and returns the offset after them.
func load(t *testing.T, target sink.Sink, mem memory.Allocator, partition, from, rows string) string {
	t.Helper()
	ctx := t.Context()
	w, committed, err := target.Open(ctx, "p", partition)
	if err != nil || committed != from {
		t.Fatalf("Open = %q, %v; want %q", committed, err, from)
	}
	b := batchOf(mem, from, rows)
	defer b.Release()
	if err := w.Prepare(ctx, b.Schema); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Load(ctx, b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	return b.To
}

// batchOf makes a batch from records as JSON; all have the columns that the first row names, id a number and
// every other one text. Its Gate takes everything.
func batchOf(mem memory.Allocator, from string, records ...string) *sink.Batch {
	var fields []arrow.Field
	switch first, _, _ := strings.Cut(records[0], "}"); {
	case strings.HasPrefix(first, `[{"tag"`):
		fields = []arrow.Field{{Name: "tag", Type: arrow.BinaryTypes.String}, {Name: "id", Type: arrow.PrimitiveTypes.Int64}}
	case strings.Contains(first, `"tag"`):
		fields = []arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "tag", Type: arrow.BinaryTypes.String}}
	default:
		fields = []arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}
	}
	b := &sink.Batch{Pipeline: "p", Partition: "a", From: from, Schema: arrow.NewSchema(fields, nil)}
	for _, text := range records {
		rec, _, err := array.RecordFromJSON(mem, b.Schema, strings.NewReader(text))
		if err != nil {
			panic(err)
		}
		b.Records = append(b.Records, rec)
		b.Rows += rec.NumRows()
	}
	o, err := offset.Parse(from)
	if err != nil {
		panic(err)
	}
	b.At = func(n int64) string {
		if n == 0 {
			return from
		}
		return o.Advance(n).String()
	}
	b.To = b.At(b.Rows)
	b.Gate = func(_ context.Context, r sink.Receipt) error {
		r.Rejected.Release()
		return nil
	}
	b.Release = func() {
		for _, rec := range b.Records {
			rec.Release()
		}
		b.Records = nil
	}
	return b
}
