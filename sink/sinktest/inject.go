package sinktest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/sink"
)

// Op is a call of the contract.
type Op string

// Calls into which faults can be injected.
const (
	OpOpen    Op = "open"
	OpPrepare Op = "prepare"
	OpStage   Op = "stage"
	OpLoad    Op = "load"
	OpLoadAll Op = "load all"
	OpRewind  Op = "rewind"
	OpFinish  Op = "finish"
)

// Call is one call: the N-th of its kind at this sink, from 1, over all partitions.
type Call struct {
	Op Op
	N  int
}

// Effect is what happens to a call: it waits for Delay, or until its context is done; then it fails with Before and
// has no effect; or it takes effect, and its reply is lost: it fails with After. The zero Effect leaves it as it is.
type Effect struct {
	Delay         time.Duration
	Before, After error
}

// Injector says what happens to a call. It is used by several goroutines at once.
type Injector func(c Call) Effect

// On is an effect on the calls of one kind with these numbers; without numbers on all of them.
func On(op Op, e Effect, numbers ...int) Injector {
	return func(c Call) Effect {
		if c.Op == op && (len(numbers) == 0 || slices.Contains(numbers, c.N)) {
			return e
		}
		return Effect{}
	}
}

// Sometimes is one of several effects, each with the same chance, on a share of all calls. The same seed gives the
// same sequence.
func Sometimes(seed uint64, share float64, effects ...Effect) Injector {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, seed))
	return func(Call) Effect {
		mu.Lock()
		defer mu.Unlock()
		if random.Float64() >= share {
			return Effect{}
		}
		return effects[random.IntN(len(effects))]
	}
}

// First is the first effect that one of the injectors has.
func First(injectors ...Injector) Injector {
	return func(c Call) Effect {
		for _, in := range injectors {
			if e := in(c); e != (Effect{}) {
				return e
			}
		}
		return Effect{}
	}
}

// Inject returns s with faults in its calls. It has those optional methods that s has; GroupLoader counts where
// Limits has a Group.
func Inject(s sink.Sink, in Injector) sink.Sink {
	f := &injected{Sink: s, in: in, calls: map[Op]int{}}
	finisher, finishes := s.(sink.Finisher)
	inspector, inspects := s.(sink.Inspector)
	resetter, resets := s.(sink.Resetter)
	finish := injectedFinisher{f, finisher}
	switch {
	case finishes && inspects && resets:
		return struct {
			*injected
			injectedFinisher
			sink.Inspector
			sink.Resetter
		}{f, finish, inspector, resetter}
	case finishes && inspects:
		return struct {
			*injected
			injectedFinisher
			sink.Inspector
		}{f, finish, inspector}
	case finishes && resets:
		return struct {
			*injected
			injectedFinisher
			sink.Resetter
		}{f, finish, resetter}
	case inspects && resets:
		return struct {
			*injected
			sink.Inspector
			sink.Resetter
		}{f, inspector, resetter}
	case finishes:
		return struct {
			*injected
			injectedFinisher
		}{f, finish}
	case inspects:
		return struct {
			*injected
			sink.Inspector
		}{f, inspector}
	case resets:
		return struct {
			*injected
			sink.Resetter
		}{f, resetter}
	}
	return f
}

type injected struct {
	sink.Sink
	in Injector

	mu    sync.Mutex
	calls map[Op]int
}

// call makes one call amid its faults.
func (f *injected) call(ctx context.Context, op Op, do func() error) error {
	f.mu.Lock()
	f.calls[op]++
	c := Call{op, f.calls[op]}
	f.mu.Unlock()
	e := f.in(c)
	if e.Delay > 0 {
		wait := time.NewTimer(e.Delay)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	if e.Before != nil {
		return fmt.Errorf("sinktest: before %s %d: %w", op, c.N, e.Before)
	}
	if err := do(); err != nil || e.After == nil {
		return err
	}
	return fmt.Errorf("sinktest: after %s %d: %w", op, c.N, e.After)
}

func (f *injected) Limits() sink.Limits {
	if l, ok := f.Sink.(sink.Limiter); ok {
		return l.Limits()
	}
	return sink.Limits{}
}

func (f *injected) Open(ctx context.Context, pipeline, partition string) (sink.Writer, string, error) {
	var inner sink.Writer
	var committed string
	err := f.call(ctx, OpOpen, func() (err error) {
		inner, committed, err = f.Sink.Open(ctx, pipeline, partition)
		return err
	})
	if err != nil {
		if inner != nil {
			err = errors.Join(err, inner.Close(context.WithoutCancel(ctx)))
		}
		return nil, "", err
	}
	w := &injectedWriter{Writer: inner, f: f}
	stager, stages := inner.(sink.Stager)
	rewinder, rewinds := inner.(sink.Rewinder)
	switch {
	case stages && rewinds:
		return struct {
			*injectedWriter
			injectedStager
			injectedRewinder
		}{w, injectedStager{f, stager}, injectedRewinder{f, rewinder}}, committed, nil
	case stages:
		return struct {
			*injectedWriter
			injectedStager
		}{w, injectedStager{f, stager}}, committed, nil
	case rewinds:
		return struct {
			*injectedWriter
			injectedRewinder
		}{w, injectedRewinder{f, rewinder}}, committed, nil
	}
	return w, committed, nil
}

// LoadAll implements [sink.GroupLoader], for a sink that is one.
func (f *injected) LoadAll(ctx context.Context, group []sink.Loading) ([]sink.Receipt, []error) {
	inner := make([]sink.Loading, len(group))
	for i, l := range group {
		inner[i] = sink.Loading{Writer: l.Writer.(interface{ wrapped() sink.Writer }).wrapped(), Batch: l.Batch}
	}
	var receipts []sink.Receipt
	var errs []error
	err := f.call(ctx, OpLoadAll, func() error {
		receipts, errs = f.Sink.(sink.GroupLoader).LoadAll(ctx, inner)
		return errors.Join(errs...)
	})
	if err == nil || errs != nil && errors.Join(errs...) != nil {
		return receipts, errs
	}
	errs = make([]error, len(group))
	for i := range errs {
		errs[i] = err
	}
	return make([]sink.Receipt, len(group)), errs
}

type injectedWriter struct {
	sink.Writer
	f *injected
}

func (w *injectedWriter) wrapped() sink.Writer { return w.Writer }

func (w *injectedWriter) Prepare(ctx context.Context, schema *arrow.Schema) error {
	return w.f.call(ctx, OpPrepare, func() error { return w.Writer.Prepare(ctx, schema) })
}

func (w *injectedWriter) Load(ctx context.Context, b *sink.Batch) (r sink.Receipt, err error) {
	err = w.f.call(ctx, OpLoad, func() (err error) {
		r, err = w.Writer.Load(ctx, b)
		return err
	})
	return r, err
}

type injectedStager struct {
	f     *injected
	inner sink.Stager
}

// Stage implements [sink.Stager].
func (s injectedStager) Stage(ctx context.Context, b *sink.Batch) error {
	return s.f.call(ctx, OpStage, func() error { return s.inner.Stage(ctx, b) })
}

type injectedRewinder struct {
	f     *injected
	inner sink.Rewinder
}

// Rewind implements [sink.Rewinder].
func (s injectedRewinder) Rewind(ctx context.Context) (committed string, err error) {
	err = s.f.call(ctx, OpRewind, func() (err error) {
		committed, err = s.inner.Rewind(ctx)
		return err
	})
	return committed, err
}

type injectedFinisher struct {
	f     *injected
	inner sink.Finisher
}

// Finish implements [sink.Finisher].
func (s injectedFinisher) Finish(ctx context.Context, pipeline string, partitions []string) error {
	return s.f.call(ctx, OpFinish, func() error { return s.inner.Finish(ctx, pipeline, partitions) })
}
