package floe_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	"github.com/floedata/floe/source"
)

// grouping stands before a sink that loads groups, and lets a test act at each of them.
type grouping struct {
	*sink.Memory
	loadAll func(group []sink.Loading, next func() ([]sink.Receipt, []error)) ([]sink.Receipt, []error)
}

func (g *grouping) LoadAll(ctx context.Context, group []sink.Loading) ([]sink.Receipt, []error) {
	return g.loadAll(group, func() ([]sink.Receipt, []error) { return g.Memory.LoadAll(ctx, group) })
}

// scripts are one source of several partitions.
type scripts []*script

func (s scripts) Partitions(context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) {
		for _, one := range s {
			if !yield(scriptPartition{one}, nil) {
				return
			}
		}
	}
}
func (s scripts) Unbounded() bool             { return s[0].unbounded }
func (s scripts) Close(context.Context) error { return nil }

// TestWaitingGroupGivesItsPlaceBack makes the load of one partition wait for another try, at a sink that bears one
// load at a time: the other partition's goes on meanwhile.
func TestWaitingGroupGivesItsPlaceBack(t *testing.T) {
	mem := checked(t)
	recs := ids(mem, 5, 5)
	defer release(recs)
	failed, other := make(chan struct{}), make(chan struct{})
	src := scripts{
		{id: "a", steps: []step{{rec: recs[0], position: "1"}}},
		{id: "b", steps: []step{{rec: recs[1], position: "1", wait: failed}}},
	}
	m := sinktest.NewGrouped(&sink.MemoryOptions{Limits: sink.Limits{Group: 4, Loads: 1, EmptyBatches: true}})
	t.Cleanup(m.Release)
	var once sync.Once
	dst := &grouping{Memory: m, loadAll: func(group []sink.Loading, next func() ([]sink.Receipt, []error)) ([]sink.Receipt, []error) {
		if group[0].Batch.Partition == "b" {
			defer close(other)
			return next()
		}
		defer once.Do(func() { close(failed) })
		return make([]sink.Receipt, len(group)), []error{busy}
	}}
	p := mustNew(t, src, dst, &floe.Options{Allocator: mem, Logger: silent, Workers: 2, Retry: retry.Policy{Base: time.Hour, Max: time.Hour}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := p.Run(ctx)
		done <- err
	}()
	select {
	case <-other:
	case <-time.After(5 * time.Second):
		t.Error("the other partition waits, too")
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run answered %v", err)
	}
	left(t, p)
}

// TestFencedBatchLeavesItsGroup fences one partition whose batches are in a group with another's: those of the other
// load, of the fenced one nothing does, and no call is made for its later batches.
func TestFencedBatchLeavesItsGroup(t *testing.T) {
	mem := checked(t)
	recs := ids(mem, 5, 5, 5, 5, 5)
	defer release(recs)
	queued := make(chan struct{})
	src := scripts{
		{id: "a", unbounded: true, steps: []step{
			{rec: recs[0], position: "1"}, {rec: recs[1], position: "2"}, {rec: recs[2], position: "3"}, {wait: make(chan struct{})},
		}},
		{id: "b", unbounded: true, steps: []step{{rec: recs[3], position: "1"}, {rec: recs[4], position: "2"}, {wait: make(chan struct{})}}},
	}
	// Another process claims the partition for good.
	gone := false
	src[0].assigned = func(context.Context) error {
		if gone {
			return source.ErrRevoked
		}
		return nil
	}
	m := sinktest.NewGrouped(&sink.MemoryOptions{Limits: sink.Limits{InFlight: 3, Group: 8, Loads: 1, EmptyBatches: true}})
	t.Cleanup(m.Release)
	var groups [][]string
	dst := &grouping{Memory: m, loadAll: func(group []sink.Loading, next func() ([]sink.Receipt, []error)) ([]sink.Receipt, []error) {
		if groups == nil {
			<-queued // all batches but those of this group are in the queue
		}
		var names []string
		for _, l := range group {
			names = append(names, l.Batch.Partition)
		}
		groups = append(groups, names)
		if len(groups) == 2 {
			gone = true
			if _, _, err := m.Open(context.Background(), "test", "a"); err != nil {
				t.Error(err)
			}
		}
		return next()
	}}
	var mu sync.Mutex
	sealed := 0
	p := mustNew(t, src, dst, &floe.Options{
		Batching: batching.Policy{Rows: 1}, Allocator: mem, Logger: silent, Retry: quick,
		Hooks: floe.Hooks{Sealed: func(floe.BatchInfo) {
			mu.Lock()
			defer mu.Unlock()
			if sealed++; sealed == 5 {
				time.AfterFunc(10*time.Millisecond, func() { close(queued) })
			}
		}},
	})
	done := make(chan error, 1)
	go func() {
		_, err := p.Run(context.Background())
		done <- err
	}()
	for deadline := time.Now().Add(10 * time.Second); p.Progress().Partitions != 1 && time.Now().Before(deadline) || p.Progress().Written < 10; {
		time.Sleep(time.Millisecond)
		if time.Now().After(deadline) {
			break
		}
	}
	if err := p.Drain(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Errorf("Run answered %v", err)
	}
	left(t, p)
	rows := records(t, m)
	got := idsOf(rows)
	var want []int64
	for _, v := range upTo(25) {
		if v >= 15 || len(groups) > 0 && groups[0][0] == "a" && v < 5 {
			want = append(want, v)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s\ngroups %v", diff, groups)
	}
}
