package floe_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
)

// TestRevokedLaneNeverRewinds takes the partition away while a load fails by ErrRewind and a sealed batch waits
// for its place.
func TestRevokedLaneNeverRewinds(t *testing.T) {
	mem := checked(t)
	recs := ids(mem, 5, 5)
	defer release(recs)
	waiting, told := make(chan struct{}), make(chan struct{})
	src := &script{unbounded: true, steps: []step{
		{rec: recs[0], position: "1"},
		{rec: recs[1], position: "2"},
		{wait: waiting, do: func(context.Context) error { return nil }, err: source.ErrRevoked},
	}}
	m := sink.NewMemory(nil)
	t.Cleanup(m.Release)
	s := &spy{Sink: m, limits: sink.Limits{EmptyBatches: true}}
	rewinds := 0
	s.rewind = func(context.Context) (string, error) {
		rewinds++
		return "", nil
	}
	s.load = func(context.Context, *sink.Batch, func() (sink.Receipt, error)) (sink.Receipt, error) {
		<-waiting
		time.Sleep(20 * time.Millisecond) // the reader is told meanwhile
		return sink.Receipt{}, sink.ErrRewind
	}
	p := mustNew(t, src, s, &floe.Options{Batching: batching.Policy{Rows: 1}, Allocator: mem, Logger: silent, Retry: quick, Hooks: floe.Hooks{
		Sealed: func(b floe.BatchInfo) {
			if b.Batch == 2 {
				close(waiting)
			}
		},
		Ended: func(floe.Ended) { close(told) },
	}})
	done := make(chan error, 1)
	go func() {
		_, err := p.Run(context.Background())
		done <- err
	}()
	<-told
	if err := p.Drain(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil || rewinds != 0 {
		t.Errorf("Run answered %v after %d rewinds, want neither", err, rewinds)
	}
	left(t, p)
}

// TestRevokedLaneLoadsWhatItRead takes the partition away and gives it back while the load of what was read is tried
// again: it is loaded, and the new lane goes on behind it.
func TestRevokedLaneLoadsWhatItRead(t *testing.T) {
	mem := checked(t)
	recs := ids(mem, 5, 5)
	defer release(recs)
	again := make(chan struct{})
	revoked := false
	src := &script{unbounded: true, again: again, steps: []step{
		{rec: recs[0], position: "1"},
		{do: func(context.Context) error { // Next of one lane after the other
			if !revoked {
				revoked = true
				return source.ErrRevoked
			}
			return nil
		}, rec: recs[1], position: "2"},
		{wait: make(chan struct{})},
	}}
	m := sink.NewMemory(nil)
	t.Cleanup(m.Release)
	s := &spy{Sink: m, limits: sink.Limits{EmptyBatches: true}}
	tries := 0
	s.load = func(_ context.Context, _ *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error) {
		if tries++; tries == 1 {
			again <- struct{}{}
			return sink.Receipt{}, busy
		}
		return next()
	}
	p := mustNew(t, src, s, &floe.Options{Batching: batching.Policy{Rows: 1}, Allocator: mem, Logger: silent, Retry: quick})
	done := make(chan error, 1)
	go func() {
		_, err := p.Run(context.Background())
		done <- err
	}()
	for deadline := time.Now().Add(10 * time.Second); m.Rows() < 10 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if err := p.Drain(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Errorf("Run answered %v", err)
	}
	if diff := cmp.Diff(upTo(10), idsOf(records(t, m))); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
	left(t, p)
}

// TestBoundedPartitionTakenAwayIsAnError: a run that left rows behind must not say that all is well, whatever
// the sink.
func TestBoundedPartitionTakenAwayIsAnError(t *testing.T) {
	mem := checked(t)
	recs := ids(mem, 5)
	defer release(recs)
	src := &script{steps: []step{{rec: recs[0], position: "1"}, {err: source.ErrRevoked}}}
	m := sink.NewMemory(nil)
	t.Cleanup(m.Release)
	dst := struct{ sink.Sink }{m} // no Finisher
	res, err := run(t, mustNew(t, src, dst, &floe.Options{Allocator: mem}))
	if err == nil || !strings.Contains(err.Error(), "0 of 1 partitions ended") || res.Written != 5 {
		t.Errorf("%v, %v; want 5 rows written and an error", res, err)
	}
}
