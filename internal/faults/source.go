package faults

import (
	"context"
	"iter"

	"github.com/floedata/floe/source"
)

// Source wraps src. A batch whose Next fails after its effect is kept and given by the next call: the contract
// says that a transient error loses nothing.
func Source(src source.Source, in Injector) source.Source { return &faultySource{src, in} }

type faultySource struct {
	source.Source
	in Injector
}

func (s *faultySource) Partitions(ctx context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) {
		for p, err := range s.Source.Partitions(ctx) {
			if err == nil {
				err = run(ctx, s.in, Partitions, func() error { return nil })
			}
			if err == nil {
				p = wrapPartition(p, s.in)
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

func wrapPartition(p source.Partition, in Injector) source.Partition {
	f := &faultyPartition{p, in}
	if a, ok := p.(source.Assigner); ok {
		return &assignedPartition{f, a}
	}
	return f
}

type faultyPartition struct {
	source.Partition
	in Injector
}

type assignedPartition struct {
	*faultyPartition
	assigner source.Assigner
}

func (p *assignedPartition) Assigned(ctx context.Context) error {
	return run(ctx, p.in, Assigned, func() error { return p.assigner.Assigned(ctx) })
}

func (p *faultyPartition) Open(ctx context.Context, after string) (r source.Reader, err error) {
	err = run(ctx, p.in, OpenReader, func() (err error) {
		r, err = p.Partition.Open(ctx, after)
		return err
	})
	if err != nil {
		if r != nil {
			_ = r.Close(context.WithoutCancel(ctx)) // its error would hide the injected one
		}
		return nil, err
	}
	f := &faultyReader{Reader: r, in: p.in}
	if a, ok := r.(source.Acker); ok {
		return &ackingReader{f, a}, nil
	}
	return f, nil
}

type faultyReader struct {
	source.Reader
	in   Injector
	kept *source.Batch
}

func (r *faultyReader) Next(ctx context.Context) (b source.Batch, err error) {
	if r.kept != nil {
		b, r.kept = *r.kept, nil
		return b, nil
	}
	var called bool
	err = run(ctx, r.in, Next, func() (err error) {
		b, err = r.Reader.Next(ctx)
		called = err == nil
		return err
	})
	if err != nil && called {
		kept := b
		r.kept = &kept
		return source.Batch{}, err
	}
	return b, err
}

func (r *faultyReader) Close(ctx context.Context) error {
	if r.kept != nil {
		r.kept.Release()
	}
	return r.Reader.Close(ctx)
}

type ackingReader struct {
	*faultyReader
	acker source.Acker
}

func (r *ackingReader) Ack(ctx context.Context, position string) error {
	return run(ctx, r.in, Ack, func() error { return r.acker.Ack(ctx, position) })
}
