package floe_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/internal/faults"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/transform"
)

// faulted are sinks of each kind, and the calls that a run makes of each; the n-th of each of these numbers fails.
var faulted = []struct {
	name string
	open func(mem memory.Allocator) target
	ops  map[faults.Op][]int
}{
	{"memory", func(mem memory.Allocator) target {
		m := sink.NewMemory(&sink.MemoryOptions{Allocator: mem, Limits: sink.Limits{Largest: batching.Policy{Rows: 7}, EmptyBatches: true}})
		return target{m, m.Records, m.Release}
	}, calls(faults.Load, faults.Gate, faults.Finish)},
	{"grouped", func(mem memory.Allocator) target {
		m := sinktest.NewGrouped(&sink.MemoryOptions{Allocator: mem, Limits: sink.Limits{InFlight: 3, Group: 2, Loads: 1, EmptyBatches: true}})
		return target{m, m.Records, m.Release}
	}, calls(faults.LoadAll, faults.Gate, faults.Finish)},
	{"staged", func(mem memory.Allocator) target {
		m := sinktest.NewStaged(&sink.MemoryOptions{Allocator: mem})
		return target{m, m.Records, m.Release}
	}, calls(faults.Stage, faults.Load, faults.Gate, faults.Finish)},
	{"staged and grouped", func(mem memory.Allocator) target {
		m := sinktest.NewStaged(&sink.MemoryOptions{Allocator: mem, Limits: sink.Limits{InFlight: 4, Stages: 2, Group: 3, Loads: 1, EmptyBatches: true}})
		return target{m, m.Records, m.Release}
	}, calls(faults.Stage, faults.LoadAll, faults.Gate, faults.Finish)},
	{"streaming", func(mem memory.Allocator) target {
		m := sinktest.NewStreaming(&sink.MemoryOptions{Allocator: mem, Limits: sink.Limits{InFlight: 3, RecordRows: 4}})
		m.FailAppends(sinktest.LostAfter, sinktest.LostBefore, sinktest.LostAfter)
		return target{m, m.Records, m.Release}
	}, calls(faults.Stage, faults.Load, faults.Gate, faults.Rewind, faults.Finish)},
	{"tee", func(mem memory.Allocator) target {
		a := sinktest.NewStaged(&sink.MemoryOptions{Allocator: mem})
		b := sink.NewMemory(&sink.MemoryOptions{Allocator: mem, Limits: sink.Limits{InFlight: 2, EmptyBatches: true}})
		return target{sink.Tee(a, b), b.Records, func() {
			a.Release()
			b.Release()
		}}
	}, calls(faults.Stage, faults.Load, faults.Gate, faults.Finish)},
}

// calls adds what every kind of sink meets.
func calls(ops ...faults.Op) map[faults.Op][]int {
	all := map[faults.Op][]int{
		faults.Partitions: {1, 2}, faults.OpenReader: {1, 2}, faults.Next: {1, 3}, faults.Claim: {1, 2}, faults.Prepare: {1, 2},
	}
	for _, op := range ops {
		all[op] = []int{1, 2}
	}
	if _, ok := all[faults.Finish]; ok {
		all[faults.Finish] = []int{1}
	}
	return all
}

// TestAFaultAtEveryCall makes one call of every contract fail: before its effect, after it, or late; by an error that
// is worth another try, or not. The first must not be seen from outside; the other ends the run, and the next run
// goes on. The rows are the same in any case.
func TestAFaultAtEveryCall(t *testing.T) {
	for _, kind := range faulted {
		for op, numbers := range kind.ops {
			for _, n := range numbers {
				for how, fault := range map[string]faults.Fault{
					"late":              {Delay: time.Millisecond},
					"before, transient": {Before: retry.Transient(faults.Error)},
					"after, transient":  {After: retry.Transient(faults.Error)},
					"before, permanent": {Before: faults.Error},
					"after, permanent":  {After: faults.Error},
				} {
					t.Run(fmt.Sprintf("%s/%s %d %s", kind.name, op, n, how), func(t *testing.T) {
						oneFault(t, kind.name, kind.open, &faults.OnNth{Op: op, N: n, Fault: fault})
					})
				}
			}
		}
	}
}

func oneFault(t *testing.T, kind string, open func(memory.Allocator) target, in *faults.OnNth) {
	mem := checked(t)
	dst := open(mem)
	defer dst.release()
	letters := sink.NewMemory(nil)
	defer letters.Release()
	recs := ids(mem, 10, 10, 10, 0, 10, 10)
	src := joined{source.FromRecords("a", recs[:3]...), source.FromRecords("b", recs[3:]...)}
	release(recs)
	defer src.Close(context.Background())
	opts := &floe.Options{
		Transforms: []transform.Transform{transform.Func("tens", nil, tens)},
		Batching:   batching.Policy{Rows: 5}, Retry: quick, Workers: 2, DeadLetter: letters, Allocator: mem, Logger: silent,
	}
	p := mustNew(t, faults.Source(src, in), faults.Sink(dst.Sink, in), opts)
	_, err := run(t, p)
	left(t, p)
	if !in.Met() {
		t.Fatalf("the fault was not met; Run answered %v", err)
	}
	passes := in.Fault.Before == nil && in.Fault.After == nil || retry.IsTransient(errors.Join(in.Fault.Before, in.Fault.After)) && in.Op != faults.Partitions
	switch {
	case passes && err != nil:
		t.Fatalf("Run answered %v, though another try would have helped", err)
	case !passes && err == nil && kind == "streaming" && (in.Op == faults.Stage || in.Op == faults.Next):
		// The lost reply of an append that lands by itself makes the writer go back; and where it does so for another
		// reason, what failed to be read is read again.
	case !passes && !errors.Is(err, faults.Error):
		t.Fatalf("Run answered %v, want the injected error", err)
	}
	if err != nil {
		p = mustNew(t, src, dst.Sink, opts)
		mustRun(t, p)
		left(t, p)
	}
	var want, refused []int64
	for _, v := range upTo(50) {
		if v%10 == 0 {
			refused = append(refused, v)
		} else {
			want = append(want, v)
		}
	}
	rows, dead := dst.rows(), letters.Records()
	defer release(rows)
	defer release(dead)
	if diff := cmp.Diff(want, idsOf(rows)); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(refused, unique(idsOf(dead))); diff != "" {
		t.Errorf("dead letters mismatch (-want +got):\n%s", diff)
	}
}
