package floe_test

import (
	"context"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/sink"
)

// spy stands before a sink and lets a test act at each call. Its writers stage only where stage is set.
type spy struct {
	sink.Sink
	limits sink.Limits
	// Before the call, whose error they answer; nil = nothing.
	open, prepare, finish func(ctx context.Context) error

	stage  func(ctx context.Context, b *sink.Batch) error
	load   func(ctx context.Context, b *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error)
	rewind func(ctx context.Context) (string, error)

	mu       sync.Mutex
	prepared []*arrow.Schema
	claims   int
}

func (s *spy) Limits() sink.Limits { return s.limits }

func (s *spy) Open(ctx context.Context, pipeline, partition string) (sink.Writer, string, error) {
	if s.open != nil {
		if err := s.open(ctx); err != nil {
			return nil, "", err
		}
	}
	w, committed, err := s.Sink.Open(ctx, pipeline, partition)
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	s.claims++
	s.mu.Unlock()
	sw := &spyWriter{w, s}
	switch {
	case s.rewind != nil:
		return spyRewinder{sw}, committed, nil
	case s.stage != nil:
		return spyStager{sw}, committed, nil
	}
	return sw, committed, nil
}

func (s *spy) Finish(ctx context.Context, pipeline string, partitions []string) error {
	if s.finish != nil {
		if err := s.finish(ctx); err != nil {
			return err
		}
	}
	if f, ok := s.Sink.(sink.Finisher); ok {
		return f.Finish(ctx, pipeline, partitions)
	}
	return nil
}

type spyWriter struct {
	sink.Writer
	s *spy
}

func (w *spyWriter) Prepare(ctx context.Context, schema *arrow.Schema) error {
	w.s.mu.Lock()
	w.s.prepared = append(w.s.prepared, schema)
	w.s.mu.Unlock()
	if w.s.prepare != nil {
		if err := w.s.prepare(ctx); err != nil {
			return err
		}
	}
	return w.Writer.Prepare(ctx, schema)
}

func (w *spyWriter) Load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	next := func() (sink.Receipt, error) { return w.Writer.Load(ctx, b) }
	if w.s.load == nil {
		return next()
	}
	return w.s.load(ctx, b, next)
}

type spyStager struct{ *spyWriter }

func (w spyStager) Stage(ctx context.Context, b *sink.Batch) error { return w.s.stage(ctx, b) }

type spyRewinder struct{ *spyWriter }

func (w spyRewinder) Rewind(ctx context.Context) (string, error) { return w.s.rewind(ctx) }
