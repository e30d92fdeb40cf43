package floe_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
)

// phases puts a run into each place where it may wait for long: stuck says that it is there.
var phases = []struct {
	name string
	// reading: nothing was read that is not loaded, so that a drain need not wait.
	reading bool
	set     func(src *script, s *spy, o *floe.Options, busy func(context.Context) error)
}{
	{"asking whether the partition is assigned", true, func(src *script, _ *spy, _ *floe.Options, stall func(context.Context) error) { src.assigned = stall }},
	{"claiming", true, func(_ *script, s *spy, _ *floe.Options, stall func(context.Context) error) { s.open = stall }},
	{"opening the reader", true, func(src *script, _ *spy, _ *floe.Options, stall func(context.Context) error) { src.open = stall }},
	{"reading", true, func(src *script, _ *spy, _ *floe.Options, stall func(context.Context) error) {
		src.steps = []step{{do: stall}}
	}},
	{"waiting for rows", true, func(src *script, _ *spy, _ *floe.Options, stall func(context.Context) error) {
		src.steps = []step{{do: func(ctx context.Context) error {
			_ = stall(ctx)
			<-ctx.Done()
			return ctx.Err()
		}}}
	}},
	{"claiming again after a fence", true, func(_ *script, s *spy, _ *floe.Options, stall func(context.Context) error) {
		s.load = func(ctx context.Context, _ *sink.Batch, _ func() (sink.Receipt, error)) (sink.Receipt, error) {
			_ = stall(ctx)
			return sink.Receipt{}, sink.ErrFenced
		}
	}},
	{"rewinding", true, func(_ *script, s *spy, _ *floe.Options, stall func(context.Context) error) {
		s.load = func(context.Context, *sink.Batch, func() (sink.Receipt, error)) (sink.Receipt, error) {
			return sink.Receipt{}, sink.ErrRewind
		}
		s.rewind = func(ctx context.Context) (string, error) { return "", stall(ctx) }
	}},
	{"waiting after a rewind", true, func(_ *script, s *spy, _ *floe.Options, stall func(context.Context) error) {
		s.load = func(context.Context, *sink.Batch, func() (sink.Receipt, error)) (sink.Receipt, error) {
			return sink.Receipt{}, sink.ErrRewind
		}
		s.rewind = func(ctx context.Context) (string, error) {
			_ = stall(ctx)
			return "", nil
		}
	}},
	{"preparing before any row is read", true, func(src *script, s *spy, _ *floe.Options, stall func(context.Context) error) {
		src.schema, s.prepare = src.steps[0].rec.Schema(), stall
	}},
	{"preparing", false, func(_ *script, s *spy, _ *floe.Options, stall func(context.Context) error) { s.prepare = stall }},
	{"staging", false, func(_ *script, s *spy, _ *floe.Options, stall func(context.Context) error) {
		s.stage = func(ctx context.Context, _ *sink.Batch) error { return stall(ctx) }
	}},
	{"loading", false, func(_ *script, s *spy, _ *floe.Options, stall func(context.Context) error) {
		s.load = func(ctx context.Context, _ *sink.Batch, _ func() (sink.Receipt, error)) (sink.Receipt, error) {
			return sink.Receipt{}, stall(ctx)
		}
	}},
	{"loading, and another batch waits for its place", false, func(_ *script, s *spy, o *floe.Options, stall func(context.Context) error) {
		o.Batching.Rows = 1
		s.load = func(ctx context.Context, _ *sink.Batch, _ func() (sink.Receipt, error)) (sink.Receipt, error) {
			return sink.Receipt{}, stall(ctx)
		}
	}},
	{"loading, and the reader waits for memory", false, func(_ *script, s *spy, o *floe.Options, stall func(context.Context) error) {
		o.MemoryLimit = 1
		s.load = func(ctx context.Context, _ *sink.Batch, _ func() (sink.Receipt, error)) (sink.Receipt, error) {
			return sink.Receipt{}, stall(ctx)
		}
	}},
	{"writing dead letters", false, func(_ *script, s *spy, o *floe.Options, stall func(context.Context) error) {
		o.DeadLetter = &spy{Sink: sink.NewMemory(nil), open: stall}
		s.load = func(ctx context.Context, b *sink.Batch, _ func() (sink.Receipt, error)) (sink.Receipt, error) {
			r := sink.Receipt{Rows: b.Rows - 1, Rejected: &deadletter.Rows{Record: b.Records[0].NewSlice(0, 1), Reasons: []deadletter.Reason{{Message: "no"}}}}
			return r, b.Gate(ctx, r)
		}
	}},
}

// phase makes a pipeline of an unbounded source that comes to that place; stuck is closed once it is there.
func phase(t *testing.T, mem memory.Allocator, set func(*script, *spy, *floe.Options, func(context.Context) error)) (p *floe.Pipeline, stuck <-chan struct{}) {
	t.Helper()
	recs := ids(mem, 5, 5, 5, 5, 5, 5)
	t.Cleanup(func() { release(recs) })
	src := &script{unbounded: true}
	for i, r := range recs {
		src.steps = append(src.steps, step{rec: r, position: string(rune('a' + i))})
	}
	src.steps = append(src.steps, step{wait: make(chan struct{})})
	m := sink.NewMemory(nil)
	t.Cleanup(m.Release)
	s := &spy{Sink: m, limits: sink.Limits{EmptyBatches: true}}
	o := &floe.Options{
		Batching: batching.Policy{Rows: 12, Delay: 2 * time.Millisecond}, Allocator: mem, Logger: silent,
		Retry: retry.Policy{Retries: 1000, Base: time.Hour, Max: time.Hour},
	}
	reached := make(chan struct{}, 1)
	set(src, s, o, func(context.Context) error {
		select {
		case reached <- struct{}{}:
		default:
		}
		return retry.Transient(errors.New("busy"))
	})
	return mustNew(t, src, s, o), reached
}

func TestAbortInEachPhase(t *testing.T) {
	for _, ph := range phases {
		t.Run(ph.name, func(t *testing.T) {
			p, stuck := phase(t, checked(t), ph.set)
			why := errors.New("enough")
			ctx, cancel := context.WithCancelCause(context.Background())
			done := make(chan error, 1)
			go func() {
				_, err := p.Run(ctx)
				done <- err
			}()
			<-stuck
			time.Sleep(5 * time.Millisecond) // so that others come to wait, too
			cancel(why)
			select {
			case err := <-done:
				if !errors.Is(err, why) {
					t.Errorf("Run answered %v, want the cause", err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("the run goes on")
			}
			left(t, p)
		})
	}
}

func TestDrainInEachPhase(t *testing.T) {
	for _, ph := range phases {
		if !ph.reading {
			continue
		}
		t.Run(ph.name, func(t *testing.T) {
			p, stuck := phase(t, checked(t), ph.set)
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() {
				_, err := p.Run(ctx)
				done <- err
			}()
			<-stuck
			time.Sleep(5 * time.Millisecond)
			waiting, stop := context.WithTimeout(ctx, 5*time.Second)
			defer stop()
			if err := p.Drain(waiting); err != nil {
				t.Errorf("Drain answered %v", err)
			}
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run answered %v", err)
			}
			left(t, p)
		})
	}
}

// TestDrainLosesNothingThatWasRead drains a source whose rows are gone once they are read, again and again, and
// while the engine waits for a load or for memory: each row that was taken from it is in the target.
func TestDrainLosesNothingThatWasRead(t *testing.T) {
	for name, o := range map[string]floe.Options{
		"batches":    {Batching: batching.Policy{Rows: 7}},
		"one":        {},
		"memory":     {MemoryLimit: 1},
		"transforms": {Transforms: keep("same")},
	} {
		t.Run(name, func(t *testing.T) {
			mem := checked(t)
			taken := int64(0)
			src := source.FromSeq("run-1", nil, endless(mem, &taken))
			defer src.Close(context.Background())
			m := sink.NewMemory(nil)
			t.Cleanup(m.Release)
			s := &spy{Sink: m, limits: sink.Limits{EmptyBatches: true}}
			s.load = func(_ context.Context, _ *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error) {
				time.Sleep(time.Millisecond)
				return next()
			}
			o.Allocator = mem
			p := mustNew(t, src, s, &o)
			for round := range 20 {
				done := make(chan error, 1)
				go func() {
					_, err := p.Run(context.Background())
					done <- err
				}()
				time.Sleep(time.Duration(round%5) * time.Millisecond)
				if err := p.Drain(context.Background()); err != nil {
					t.Fatal(err)
				}
				select {
				case err := <-done:
					if err != nil {
						t.Fatal(err)
					}
				case <-time.After(10 * time.Millisecond): // Drain came before Run
					if err := p.Drain(context.Background()); err != nil {
						t.Fatal(err)
					}
					if err := <-done; err != nil {
						t.Fatal(err)
					}
				}
				if m.Rows() != taken {
					t.Fatalf("round %d: %d rows were taken from the source, %d are loaded", round, taken, m.Rows())
				}
			}
			left(t, p)
		})
	}
}
