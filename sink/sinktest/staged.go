package sinktest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/sink"
)

// Staged is a [sink.Memory] whose writers stage: the records of a batch are handed over and released before its
// load. A batch that is staged and never loaded is given up when its writer closes.
type Staged struct {
	*sink.Memory
	limits sink.Limits
}

// NewStaged returns an empty target. Limits may have Stages; its zero value stands for four batches in flight, two
// of them in Stage at once.
func NewStaged(opts *sink.MemoryOptions) *Staged {
	o, limits := split(opts, sink.Limits{InFlight: 4, Stages: 2, EmptyBatches: true})
	return &Staged{sink.NewMemory(o), limits}
}

// split takes the limits out of opts, which go to the sink around the Memory.
func split(opts *sink.MemoryOptions, standard sink.Limits) (*sink.MemoryOptions, sink.Limits) {
	var o sink.MemoryOptions
	if opts != nil {
		o = *opts
	}
	limits := o.Limits
	if limits == (sink.Limits{}) {
		limits = standard
	}
	o.Limits = sink.Limits{}
	return &o, limits
}

// NewGrouped returns an empty target that loads groups, of up to eight batches; four of a partition may be in
// flight.
func NewGrouped(opts *sink.MemoryOptions) *sink.Memory {
	o, limits := split(opts, sink.Limits{InFlight: 4, Group: 8, EmptyBatches: true})
	o.Limits = limits
	return sink.NewMemory(o)
}

// Limits implements [sink.Limiter].
func (s *Staged) Limits() sink.Limits { return s.limits }

// Open implements [sink.Sink].
func (s *Staged) Open(ctx context.Context, pipeline, partition string) (sink.Writer, string, error) {
	w, committed, err := s.Memory.Open(ctx, pipeline, partition)
	if err != nil {
		return nil, "", err
	}
	return &stagedWriter{Writer: w, held: map[*staged]bool{}}, committed, nil
}

// LoadAll implements [sink.GroupLoader].
func (s *Staged) LoadAll(ctx context.Context, group []sink.Loading) ([]sink.Receipt, []error) {
	inner := make([]sink.Loading, len(group))
	errs := make([]error, len(group))
	for i, l := range group {
		w := l.Writer.(*stagedWriter)
		b, err := w.batch(l.Batch)
		inner[i], errs[i] = sink.Loading{Writer: w.Writer, Batch: b}, err
	}
	if errors.Join(errs...) != nil {
		for i := range errs {
			if errs[i] == nil {
				errs[i] = errors.New("sinktest: another batch of the group was never staged")
			}
		}
		return make([]sink.Receipt, len(group)), errs
	}
	return s.Memory.LoadAll(ctx, inner)
}

// staged is what Stage leaves in State.
type staged struct{ records []arrow.Record }

type stagedWriter struct {
	sink.Writer

	mu   sync.Mutex
	held map[*staged]bool // nil after Close
}

// Stage implements [sink.Stager].
func (w *stagedWriter) Stage(ctx context.Context, b *sink.Batch) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("sinktest: stage: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == nil {
		return errors.New("sinktest: stage: the writer is closed")
	}
	if st, ok := b.State.(*staged); ok && w.held[st] {
		return nil // the reply of an earlier call was lost, and the records are gone
	}
	st := &staged{}
	for _, rec := range b.Records {
		rec.Retain()
		st.records = append(st.records, rec)
	}
	w.held[st] = true
	b.State = st
	b.Release()
	return nil
}

func (w *stagedWriter) Load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	inner, err := w.batch(b)
	if err != nil {
		return sink.Receipt{}, err
	}
	return w.Writer.Load(ctx, inner)
}

// batch returns b with the records that were staged. They stay until Close, for a load that is repeated.
func (w *stagedWriter) batch(b *sink.Batch) (*sink.Batch, error) {
	st, ok := b.State.(*staged)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !ok || !w.held[st] {
		return nil, errors.New("sinktest: a batch was loaded that this writer has not staged, or after Close")
	}
	inner := *b
	inner.Records = st.records
	return &inner, nil
}

func (w *stagedWriter) Close(ctx context.Context) error {
	w.mu.Lock()
	for st := range w.held {
		releaseAll(st.records)
	}
	w.held = nil
	w.mu.Unlock()
	return w.Writer.Close(ctx)
}
