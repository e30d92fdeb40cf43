package floe_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/transform"
)

// tens rejects the rows that end in 0.
func tens(_ context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
	var reasons []deadletter.Reason
	for i, v := range rec.Column(0).(*array.Int64).Int64Values() {
		if v%10 == 0 {
			reasons = append(reasons, deadletter.Reason{Row: int64(i), Code: deadletter.CodeFailed, Message: fmt.Sprint("ten: ", v)})
		}
	}
	return deadletter.Split(memory.DefaultAllocator, rec, reasons)
}

func TestRewoundRejectsCountOnce(t *testing.T) {
	letters := sink.NewMemory(nil)
	defer letters.Release()
	s := &spy{}
	p, m := pipe(t, s, &floe.Options{
		Transforms: []transform.Transform{transform.Func("tens", nil, tens)}, DeadLetter: letters, MaxRejects: 2, Logger: silent,
	}, 10, 10)
	tries := 0
	s.rewind = func(context.Context) (string, error) { return "", nil }
	s.load = func(ctx context.Context, b *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error) {
		if tries++; tries < 3 {
			if err := b.Gate(ctx, sink.Receipt{Rows: b.Rows}); err != nil {
				return sink.Receipt{}, err
			}
			return sink.Receipt{}, sink.ErrRewind
		}
		return next()
	}
	res, err := run(t, p)
	if err != nil || res.Rejected != 2 || res.Written != 18 {
		t.Errorf("%v, %v; want 2 rows rejected and 18 written", res, err)
	}
	if n := m.Rows(); n != 18 {
		t.Errorf("%d rows in the target, want 18", n)
	}
	left(t, p)
}

// TestStreamedRowsCountOnce loses replies of appends, so that batches land without their load, whole and in part: the
// result says how many rows are there all the same.
func TestStreamedRowsCountOnce(t *testing.T) {
	for _, how := range []sinktest.AppendFailure{sinktest.LostBefore, sinktest.LostAfter} {
		for after := range 6 {
			t.Run(fmt.Sprint(how, after), func(t *testing.T) {
				mem := checked(t)
				letters := sink.NewMemory(nil)
				t.Cleanup(letters.Release)
				recs := ids(mem, 10, 10, 10, 10, 10, 10)
				src := source.FromRecords("p", recs...)
				release(recs)
				t.Cleanup(func() { src.Close(context.Background()) })
				m := sinktest.NewStreaming(&sink.MemoryOptions{Allocator: mem, Limits: sink.Limits{InFlight: 2, RecordRows: 5}})
				t.Cleanup(m.Release)
				p := mustNew(t, src, m, &floe.Options{
					Batching: batching.Policy{Rows: 20}, DeadLetter: letters, MaxRejects: 6, Allocator: mem, Logger: silent, Retry: quick,
					Transforms: []transform.Transform{transform.Func("tens", nil, tens)},
					Hooks: floe.Hooks{Sealed: func(b floe.BatchInfo) {
						if int(b.Batch) == after/2+1 {
							m.FailAppends(how)
						}
					}},
				})
				res := mustRun(t, p)
				if m.Rows() != 54 || res.Written != 54 || res.Rejected != 6 {
					t.Errorf("%v and %d rows in the target; want 54 rows written and 6 rejected", res, m.Rows())
				}
				left(t, p)
			})
		}
	}
}

// TestDeadLetterSinkIsUsedWithinItsLimits writes dead letters of many partitions to a sink that bears one load at a
// time and small batches.
func TestDeadLetterSinkIsUsedWithinItsLimits(t *testing.T) {
	mem := checked(t)
	var src joined
	recs := ids(mem, 40, 40, 40, 40)
	for i, r := range recs {
		src = append(src, source.FromRecords(fmt.Sprint("p", i), r))
	}
	release(recs)
	t.Cleanup(func() { src.Close(context.Background()) })
	m, letters := sink.NewMemory(nil), sink.NewMemory(nil)
	t.Cleanup(m.Release)
	t.Cleanup(letters.Release)
	var loads atomic.Int64
	bounded := &spy{Sink: letters, limits: sink.Limits{Loads: 1, Largest: batching.Policy{Rows: 3}}}
	bounded.load = func(_ context.Context, b *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error) {
		if loads.Add(1) > 1 {
			t.Error("two loads at once")
		}
		defer loads.Add(-1)
		if b.Rows > 3 {
			t.Errorf("a batch of %d letters, more than the sink takes", b.Rows)
		}
		time.Sleep(time.Millisecond)
		return next()
	}
	refuse := func(_ context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
		var reasons []deadletter.Reason
		for i := range rec.NumRows() {
			reasons = append(reasons, deadletter.Reason{Row: i, Code: deadletter.CodeFailed, Message: "no"})
		}
		return deadletter.Split(memory.DefaultAllocator, rec, reasons)
	}
	p := mustNew(t, src, m, &floe.Options{
		Transforms: []transform.Transform{transform.Func("none", nil, refuse)}, DeadLetter: bounded, Workers: 4, Allocator: mem,
	})
	if res := mustRun(t, p); res.Rejected != 160 {
		t.Errorf("%v, want 160 rows rejected", res)
	}
	if diff := cmp.Diff(upTo(160), idsOf(records(t, letters))); diff != "" {
		t.Errorf("dead letters mismatch (-want +got):\n%s", diff)
	}
	left(t, p)
}

// TestDeadLetterSinkRewinds writes dead letters to a streaming sink whose appends fail: its writer goes back, the
// pipeline's does not.
func TestDeadLetterSinkRewinds(t *testing.T) {
	mem := checked(t)
	letters := sinktest.NewStreaming(&sink.MemoryOptions{Allocator: mem})
	letters.FailAppends(sinktest.LostBefore, sinktest.LostAfter, sinktest.LostBefore)
	t.Cleanup(letters.Release)
	recs := ids(mem, 30, 30)
	src := source.FromRecords("p", recs...)
	release(recs)
	t.Cleanup(func() { src.Close(context.Background()) })
	m := sink.NewMemory(nil)
	t.Cleanup(m.Release)
	p := mustNew(t, src, m, &floe.Options{
		Transforms: []transform.Transform{transform.Func("tens", nil, tens)}, DeadLetter: letters, Allocator: mem, Retry: quick, Logger: silent,
	})
	res, err := run(t, p)
	if err != nil || res.Rejected != 6 || res.Written != 54 {
		t.Fatalf("%v, %v; want 6 rows rejected and 54 written", res, err)
	}
	dead := letters.Records()
	defer release(dead)
	if diff := cmp.Diff([]int64{0, 10, 20, 30, 40, 50}, idsOf(dead)); diff != "" {
		t.Errorf("dead letters mismatch (-want +got):\n%s", diff)
	}
	left(t, p)
}
