package floe_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/transform"
)

// TestDroppedRowsAreNotCharged drops most rows: the memory limit must not seal batches for rows that are gone.
func TestDroppedRowsAreNotCharged(t *testing.T) {
	mem := checked(t)
	sizes := make([]int, 500)
	for i := range sizes {
		sizes[i] = 100
	}
	recs := ids(mem, sizes...)
	src := source.FromRecords("p", recs...)
	defer src.Close(context.Background())
	release(recs)
	m := sink.NewMemory(nil)
	t.Cleanup(m.Release)
	first := transform.Func("first", nil, func(_ context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
		return rec.NewSlice(0, 1), nil, nil
	})
	p := mustNew(t, src, m, &floe.Options{Transforms: []transform.Transform{first}, Batching: batching.Policy{Rows: 100}, MemoryLimit: 10_000, Allocator: mem})
	if res := mustRun(t, p); res.Written != 500 || res.Batches > 10 {
		t.Errorf("%v in %d batches, want 500 rows in 5 or a few more", res, res.Batches)
	}
	left(t, p)
}

func TestTransformMustKeepItsSchema(t *testing.T) {
	other := arrow.NewSchema([]arrow.Field{{Name: "other", Type: arrow.PrimitiveTypes.Int64}}, nil)
	lie := transform.Func("lie", nil, func(_ context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
		return array.NewRecord(other, rec.Columns(), rec.NumRows()), nil, nil
	})
	p, _ := pipe(t, &spy{}, &floe.Options{Transforms: []transform.Transform{lie}}, 5)
	if _, err := run(t, p); err == nil || !strings.Contains(err.Error(), "transform") || !strings.Contains(err.Error(), "other") {
		t.Errorf("Run answered %v, want an error that names transform and schema", err)
	}
	left(t, p)
}

// TestSchemasThatComeBackAreBoundOnce alternates between two schemas.
func TestSchemasThatComeBackAreBoundOnce(t *testing.T) {
	mem := checked(t)
	recs := ids(mem, 2, 2, 2, 2, 2, 2)
	for i := 1; i < len(recs); i += 2 {
		schema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
		rec := array.NewRecord(schema, recs[i].Columns(), recs[i].NumRows())
		recs[i].Release()
		recs[i] = rec
	}
	src := source.FromRecords("p", recs...)
	defer src.Close(context.Background())
	release(recs)
	m := sink.NewMemory(nil)
	t.Cleanup(m.Release)
	var binds atomic.Int64
	same := transform.Func("same", func(in *arrow.Schema) (*arrow.Schema, error) {
		binds.Add(1)
		return in, nil
	}, func(_ context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
		rec.Retain()
		return rec, nil, nil
	})
	p := mustNew(t, src, m, &floe.Options{Transforms: []transform.Transform{same}, Allocator: mem})
	mustRun(t, p)
	if n := binds.Load(); n != 2 {
		t.Errorf("%d bindings, want 2", n)
	}
	if diff := cmp.Diff(upTo(12), idsOf(records(t, m))); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
	left(t, p)
}
