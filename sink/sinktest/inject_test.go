package sinktest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
)

// TestInjected holds sinks whose calls fail at random against the suite: what it repeats as the engine does must end
// exact.
func TestInjected(t *testing.T) {
	lost := retry.Transient(errors.New("injected"))
	for name, open := range map[string]func() (sink.Sink, *sink.Memory){
		"memory":    func() (sink.Sink, *sink.Memory) { m := sink.NewMemory(nil); return m, m },
		"staged":    func() (sink.Sink, *sink.Memory) { s := sinktest.NewStaged(nil); return s, s.Memory },
		"streaming": func() (sink.Sink, *sink.Memory) { s := sinktest.NewStreaming(nil); return s, s.Memory },
		"tee": func() (sink.Sink, *sink.Memory) {
			s := sinktest.NewStaged(nil)
			return sink.Tee(s, sink.Func(func(context.Context, arrow.Record) error { return nil })), s.Memory
		},
		"grouped": func() (sink.Sink, *sink.Memory) { s := sinktest.NewGrouped(nil); return s, s },
	} {
		for _, in := range []struct {
			name  string
			in    sinktest.Injector
			rules []string
		}{
			{"nothing", sinktest.Sometimes(1, 0), []string{"life", "ownership", "atomicity", "exactly-once", "gate", "group", "fencing/reset", "concurrency"}},
			{
				"errors", sinktest.First(
					sinktest.On(sinktest.OpOpen, sinktest.Effect{Before: lost}, 1, 3, 8),
					sinktest.On(sinktest.OpOpen, sinktest.Effect{After: lost}, 2, 9),
					sinktest.Sometimes(3, 0.3, sinktest.Effect{Before: lost}, sinktest.Effect{Delay: time.Microsecond}, sinktest.Effect{After: lost}),
				), []string{"life/two-partitions", "shape/partition-names", "fencing/interleavings", "concurrency/partitions"},
			},
		} {
			t.Run(name+"/"+in.name, func(t *testing.T) {
				err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) {
					s, m := open()
					return sinktest.Harness{
						Open:  func(context.Context) (sink.Sink, error) { return sinktest.Inject(s, in.in), nil },
						Read:  func(context.Context) ([]arrow.Record, error) { return m.Records(), nil },
						Close: func() error { m.Release(); return nil },
						Types: sinktest.AllTypes(),
					}, nil
				}, in.rules...)
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestInjectStrikes(t *testing.T) {
	before, after := errors.New("before"), errors.New("after")
	m := sink.NewMemory(nil)
	defer m.Release()
	s := sinktest.Inject(m, sinktest.First(
		sinktest.On(sinktest.OpLoad, sinktest.Effect{Before: before}, 1),
		sinktest.On(sinktest.OpLoad, sinktest.Effect{After: after}, 2),
		sinktest.On(sinktest.OpFinish, sinktest.Effect{Before: before}),
	))
	w, committed, err := s.Open(t.Context(), "p", "a")
	if err != nil {
		t.Fatal(err)
	}
	rec := idRecord([]int64{1, 2})
	defer rec.Release()
	b, err := sinktest.NewBatch("p", "a", committed, "end", rec.Schema(), rec)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	if err := w.Prepare(t.Context(), rec.Schema()); err != nil {
		t.Fatal(err)
	}
	for i, tc := range []struct {
		err  error
		rows int64
	}{{before, 0}, {after, 2}, {nil, 2}} {
		if _, err := w.Load(t.Context(), b); !errors.Is(err, tc.err) || m.Rows() != tc.rows {
			t.Errorf("load %d = %v, and %d rows are there; want %v and %d", i+1, err, m.Rows(), tc.err, tc.rows)
		}
	}
	if err := s.(sink.Finisher).Finish(t.Context(), "p", nil); !errors.Is(err, before) || m.Finished("p") {
		t.Errorf("Finish = %v, finished=%t; want the injected error and no effect", err, m.Finished("p"))
	}
	if _, ok := w.(sink.Stager); ok {
		t.Error("the writer stages, and the sink's does not")
	}
}
