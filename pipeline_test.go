package floe_test

import (
	"context"
	"errors"
	"sort"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe"
	"github.com/floedata/floe/config"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
)

// ids returns records whose one column "id" counts up from 0: sizes rows each.
func ids(mem memory.Allocator, sizes ...int) []arrow.Record {
	schema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)
	var recs []arrow.Record
	next := int64(0)
	for _, n := range sizes {
		b := array.NewRecordBuilder(mem, schema)
		for range n {
			b.Field(0).(*array.Int64Builder).Append(next)
			next++
		}
		recs = append(recs, b.NewRecord())
		b.Release()
	}
	return recs
}

func release(recs []arrow.Record) {
	for _, r := range recs {
		r.Release()
	}
}

// idsOf returns the sorted values of column "id".
func idsOf(recs []arrow.Record) []int64 {
	var got []int64
	for _, r := range recs {
		i := r.Schema().FieldIndices("id")[0]
		got = append(got, r.Column(i).(*array.Int64).Int64Values()...)
	}
	sort.Slice(got, func(i, j int) bool { return got[i] < got[j] })
	return got
}

func upTo(n int) []int64 {
	want := make([]int64, n)
	for i := range want {
		want[i] = int64(i)
	}
	return want
}

// checked returns an allocator that must be at zero when the test ends.
func checked(t *testing.T) *memory.CheckedAllocator {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// records reads what a memory sink holds.
func records(t *testing.T, m *sink.Memory) []arrow.Record {
	t.Helper()
	recs := m.Records()
	t.Cleanup(func() { release(recs) })
	return recs
}

func mustRun(t *testing.T, p *floe.Pipeline) floe.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	res, err := p.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func mustNew(t *testing.T, src source.Source, dst sink.Sink, opts *floe.Options) *floe.Pipeline {
	t.Helper()
	p, err := floe.New("test", src, dst, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRunLoadsEachRowOnce(t *testing.T) {
	mem := checked(t)
	recs := ids(mem, 10, 1, 0, 100, 7)
	src := source.FromRecords("p", recs...)
	release(recs)
	dst := sink.NewMemory(nil)
	t.Cleanup(dst.Release)
	t.Cleanup(func() { src.Close(context.Background()) })
	p := mustNew(t, src, dst, &floe.Options{Allocator: mem})

	res := mustRun(t, p)
	if res.Read != 118 || res.Written != 118 || res.Rejected != 0 {
		t.Errorf("result %v, want 118 rows read and written", res)
	}
	if diff := cmp.Diff(upTo(118), idsOf(records(t, dst))); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
	// A second run finds everything loaded.
	if res := mustRun(t, p); res.Read != 0 || res.Written != 0 {
		t.Errorf("second run: %v, want nothing read or written", res)
	}
	if err := p.Reset(context.Background()); err != nil {
		t.Fatal(err)
	}
	if res := mustRun(t, p); res.Written != 118 {
		t.Errorf("run after Reset: %v, want 118 rows written", res)
	}
}

func TestNewReportsAllFaults(t *testing.T) {
	_, err := floe.New("", nil, sink.NewMemory(nil), &floe.Options{Workers: -1, MemoryLimit: -2, MaxRejects: 3})
	var ce *config.Error
	if !errors.As(err, &ce) {
		t.Fatalf("New answered %v, want a *config.Error", err)
	}
	var fields []string
	for _, f := range ce.Faults {
		fields = append(fields, f.Field)
	}
	want := []string{"name", "source", "Options.Workers", "Options.MemoryLimit", "Options.MaxRejects"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("faults mismatch (-want +got):\n%s", diff)
	}
}
