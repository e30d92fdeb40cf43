package floe_test

import (
	"context"
	"io"
	"iter"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/source"
)

// script is a source of one partition that does what its steps say, one after the other. Its partition is
// replayable: Open goes on behind the step that has the position.
type script struct {
	unbounded bool
	id        string        // "" = "p"
	schema    *arrow.Schema // as known at Open
	steps     []step
	open      func(ctx context.Context) error // before each Open; nil = nothing
	assigned  func(ctx context.Context) error // nil = always
	again     <-chan struct{}                 // yields the partition again for each; nil = never

	mu    sync.Mutex
	acked []string
}

// step is one answer of Next, once wait is closed or ctx done.
type step struct {
	wait     <-chan struct{}
	do       func(ctx context.Context) error // before all else; its error is answered instead
	rec      arrow.Record                    // the script's; Next retains it
	position string
	rejected func() *deadletter.Rows
	err      error // answered instead, each time
}

func (s *script) Partitions(ctx context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) {
		if !yield(scriptPartition{s}, nil) || !s.unbounded {
			return
		}
		for {
			select {
			case <-s.again:
				if !yield(scriptPartition{s}, nil) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

func (s *script) Unbounded() bool             { return s.unbounded }
func (s *script) Close(context.Context) error { return nil }

func (s *script) acks() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.acked...)
}

type scriptPartition struct{ *script }

func (p scriptPartition) ID() string {
	if p.id == "" {
		return "p"
	}
	return p.id
}

func (p scriptPartition) Assigned(ctx context.Context) error {
	if p.assigned == nil {
		return nil
	}
	return p.assigned(ctx)
}

func (p scriptPartition) Open(ctx context.Context, after string) (source.Reader, error) {
	if p.script.open != nil {
		if err := p.script.open(ctx); err != nil {
			return nil, err
		}
	}
	r := &scriptReader{script: p.script}
	for i, st := range p.steps {
		if after != "" && st.position == after {
			r.at = i + 1
		}
	}
	return r, nil
}

type scriptReader struct {
	*script
	at int
}

func (r *scriptReader) Schema() *arrow.Schema { return r.schema }

func (r *scriptReader) Next(ctx context.Context) (source.Batch, error) {
	if r.at == len(r.steps) {
		return source.Batch{}, io.EOF
	}
	st := r.steps[r.at]
	if st.do != nil {
		if err := st.do(ctx); err != nil {
			return source.Batch{}, err
		}
	}
	if st.wait != nil {
		select {
		case <-st.wait:
		case <-ctx.Done():
			return source.Batch{}, context.Cause(ctx)
		}
	}
	if st.err != nil {
		return source.Batch{}, st.err
	}
	r.at++
	b := source.Batch{Record: st.rec, Position: st.position}
	if b.Record != nil {
		b.Record.Retain()
	}
	if st.rejected != nil {
		b.Rejected = st.rejected()
	}
	return b, nil
}

func (r *scriptReader) Ack(_ context.Context, position string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acked = append(r.acked, position)
	return nil
}
