package faults

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// Sink wraps dst. The result loads groups only where dst does, and its writers stage and rewind only where
// those of dst do.
func Sink(dst sink.Sink, in Injector) sink.Sink {
	s := &faultySink{dst, in}
	if g, ok := dst.(sink.GroupLoader); ok {
		return &groupSink{s, g}
	}
	return s
}

type faultySink struct {
	sink.Sink
	in Injector
}

func (s *faultySink) Limits() sink.Limits {
	if l, ok := s.Sink.(sink.Limiter); ok {
		return l.Limits()
	}
	return sink.Limits{}
}

func (s *faultySink) Open(ctx context.Context, pipeline, partition string) (w sink.Writer, committed string, err error) {
	err = run(ctx, s.in, Claim, func() (err error) {
		w, committed, err = s.Sink.Open(ctx, pipeline, partition)
		return err
	})
	if err != nil {
		if w != nil { // claimed, but the reply is lost
			err = errors.Join(err, w.Close(context.WithoutCancel(ctx)))
		}
		return nil, "", err
	}
	f := &faultyWriter{w, s.in}
	st, stages := w.(sink.Stager)
	rw, rewinds := w.(sink.Rewinder)
	switch {
	case stages && rewinds:
		return &stagingRewinder{&stagingWriter{f, st, s.Limits().StageIsFinal}, rw}, committed, nil
	case stages:
		return &stagingWriter{f, st, false}, committed, nil
	}
	return f, committed, nil
}

func (s *faultySink) Finish(ctx context.Context, pipeline string, partitions []string) error {
	return run(ctx, s.in, Finish, func() error {
		if f, ok := s.Sink.(sink.Finisher); ok {
			return f.Finish(ctx, pipeline, partitions)
		}
		return nil
	})
}

type groupSink struct {
	*faultySink
	loader sink.GroupLoader
}

func (s *groupSink) LoadAll(ctx context.Context, group []sink.Loading) ([]sink.Receipt, []error) {
	inner := make([]sink.Loading, len(group))
	for i, l := range group {
		inner[i] = sink.Loading{Writer: bare(l.Writer), Batch: gated(l.Batch, s.in)}
	}
	receipts, errs := make([]sink.Receipt, len(group)), make([]error, len(group))
	var injected bool
	err := run(ctx, s.in, LoadAll, func() error {
		receipts, errs = s.loader.LoadAll(ctx, inner)
		for _, err := range errs {
			injected = injected || err != nil
		}
		return nil
	})
	if err != nil && !injected {
		for i := range errs {
			errs[i] = err
		}
	}
	return receipts, errs
}

// bare undoes Open's wrapping.
func bare(w sink.Writer) sink.Writer {
	switch w := w.(type) {
	case *stagingRewinder:
		return w.Writer
	case *stagingWriter:
		return w.Writer
	case *faultyWriter:
		return w.Writer
	}
	return w
}

type faultyWriter struct {
	sink.Writer
	in Injector
}

func (w *faultyWriter) Prepare(ctx context.Context, schema *arrow.Schema) error {
	return run(ctx, w.in, Prepare, func() error { return w.Writer.Prepare(ctx, schema) })
}

func (w *faultyWriter) Load(ctx context.Context, b *sink.Batch) (receipt sink.Receipt, err error) {
	err = run(ctx, w.in, Load, func() (err error) {
		inner := gated(b, w.in)
		receipt, err = w.Writer.Load(ctx, inner)
		b.State = inner.State
		return err
	})
	return receipt, err
}

// gated is b with faults in its Gate.
func gated(b *sink.Batch, in Injector) *sink.Batch {
	inner := *b
	inner.Gate = func(ctx context.Context, r sink.Receipt) error {
		called := false
		err := run(ctx, in, Gate, func() error {
			called = true
			return b.Gate(ctx, r)
		})
		if !called {
			r.Rejected.Release() // they pass with the call
		}
		return err
	}
	return &inner
}

type stagingWriter struct {
	*faultyWriter
	stager sink.Stager
	final  bool
}

// Stage lets the records go only once it answers nil: a Stage that fails must not have released them. Where
// staging is final, a reply that is lost is no reason to do it again but to rewind.
func (w *stagingWriter) Stage(ctx context.Context, b *sink.Batch) error {
	inner, done := gated(b, w.in), false
	inner.Release = func() { inner.Records, done = nil, true }
	err := run(ctx, w.in, Stage, func() error { return w.stager.Stage(ctx, inner) })
	b.State = inner.State
	if w.final && inner.Records == nil && errors.Is(err, Error) {
		err = fmt.Errorf("%w: %w", sink.ErrRewind, retry.Permanent(err))
	}
	if err == nil && done {
		b.Release()
	}
	return err
}

type stagingRewinder struct {
	*stagingWriter
	rewinder sink.Rewinder
}

func (w *stagingRewinder) Rewind(ctx context.Context) (committed string, err error) {
	err = run(ctx, w.in, Rewind, func() (err error) {
		committed, err = w.rewinder.Rewind(ctx)
		return err
	})
	return committed, err
}
