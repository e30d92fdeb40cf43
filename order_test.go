package floe_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/sink"
)

// TestStagingKeepsOrderAcrossBatchesWithoutRows seals a batch without rows between two with rows, for a sink
// that does not move an offset without rows and stages strictly in order: the third must not be staged before the first.
func TestStagingKeepsOrderAcrossBatchesWithoutRows(t *testing.T) {
	mem := checked(t)
	recs := ids(mem, 10, 10)
	defer release(recs)
	empty, last := make(chan struct{}), make(chan struct{})
	src := &script{steps: []step{
		{rec: recs[0], position: "1"},
		{position: "2"},
		{rec: recs[1], position: "3", wait: empty},
	}}
	var first atomic.Bool
	s := &spy{limits: sink.Limits{InFlight: 4, Stages: 1}}
	s.stage = func(_ context.Context, b *sink.Batch) error {
		if b.From == "" {
			<-last
			time.Sleep(10 * time.Millisecond)
			first.Store(true)
		} else if !first.Load() {
			t.Error("the third batch was staged before the first")
		}
		return nil
	}
	m := sink.NewMemory(nil)
	t.Cleanup(m.Release)
	s.Sink = m
	p := mustNew(t, src, s, &floe.Options{
		Batching: batching.Policy{Rows: 1, Delay: time.Millisecond}, Allocator: mem,
		Hooks: floe.Hooks{Sealed: func(b floe.BatchInfo) {
			switch b.Batch {
			case 2:
				close(empty)
			case 3:
				close(last)
			}
		}},
	})
	mustRun(t, p)
	if diff := cmp.Diff(upTo(20), idsOf(records(t, m))); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1", "2", "3"}, src.acks()); diff != "" {
		t.Errorf("acks mismatch (-want +got):\n%s", diff)
	}
}
