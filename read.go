package floe

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/source"
)

// read takes batches from the reader, charges them to the budget and hands them on, in order, until the
// partition ends; it closes items then. The error says how reading ended: io.EOF, source.ErrRevoked, errDrained
// or what failed. A drain ends the reading only: what was read by then may be gone at the source, and is handed on. Only
// where handing has ended, because the session fails, is a batch given up.
func (s *session) read(reading, handing context.Context, items chan<- *item) error {
	defer close(items)
	position := s.cur.Position
	for {
		if reading.Err() != nil {
			return context.Cause(reading)
		}
		b, err := s.next(reading)
		if err != nil {
			return err
		}
		it, err := s.take(handing, b, position)
		if err != nil {
			return err
		}
		position = it.position
		select {
		case items <- it:
		case <-handing.Done():
			s.run.budget.drop(it.charge)
			it.release()
			return context.Cause(handing)
		}
		if it.chain != nil {
			s.run.workers.submit(it)
		}
	}
}

// next is one Next under the retry policy. The first call goes without it: a batch costs no allocation here.
func (s *session) next(ctx context.Context) (source.Batch, error) {
	b, err := s.reader.Next(ctx)
	if err != nil && retry.IsTransient(err) && ctx.Err() == nil {
		first := err
		var end error // io.EOF or ErrRevoked, which are answers and no failures
		err = s.lane.try(ctx, StepRead, func(ctx context.Context) (err error) {
			if first != nil {
				err, first = first, nil
				return err
			}
			b, err = s.reader.Next(ctx)
			if ends(err) {
				end, err = err, nil
			}
			return err
		})
		if err == nil && end != nil {
			err = end
		}
	}
	switch {
	case err == nil, ends(err):
		return b, err
	case ctx.Err() != nil:
		return b, context.Cause(ctx)
	}
	var be *BatchError
	if errors.As(err, &be) {
		return b, err
	}
	return b, s.lane.failed(StepRead, err)
}

// ends reports whether err says that there is nothing more to read. An error that merely wraps io.EOF is a
// failure: taking it for the end would lose rows.
func ends(err error) bool {
	return err == io.EOF || errors.Is(err, source.ErrRevoked) //nolint:errorlint // see above
}

// take checks a batch, binds the transforms where its schema is new, and charges it.
func (s *session) take(ctx context.Context, b source.Batch, before string) (*item, error) {
	it := &item{rec: b.Record, before: before, position: b.Position}
	if b.Record != nil {
		it.read = b.Record.NumRows()
	}
	if n := b.Rejected.Len(); n > 0 {
		it.read += n
		it.rejects = []refusal{{rows: b.Rejected, stage: "source", before: before}}
	} else {
		b.Rejected.Release()
	}
	it.charge = it.holds()
	if it.read > 0 && it.position == before {
		it.release()
		return nil, s.lane.failed(StepRead, fmt.Errorf("the source gave %d rows without moving its position %.200q", it.read, before))
	}
	if it.rec != nil {
		if err := s.bind(ctx, it.rec.Schema()); err != nil {
			it.release()
			return nil, err
		}
		it.schema = s.bound.out
		if len(s.bound.processors) > 0 {
			it.chain, it.done = s.bound, make(chan struct{})
		}
	}
	if err := s.run.budget.acquire(ctx, it.charge); err != nil {
		it.release()
		return nil, err
	}
	return it, nil
}

// bind makes s.bound the transforms for a source schema. Those of earlier schemas live until the session ends: items
// under way use them, and a schema may come back.
func (s *session) bind(ctx context.Context, in *arrow.Schema) error {
	if s.bound != nil && (in == s.bound.in || in.Equal(s.bound.in)) {
		return nil
	}
	for _, c := range s.chains {
		if in.Equal(c.in) {
			s.bound = c
			return nil
		}
	}
	c, err := bind(ctx, s.run.opts.Transforms, in)
	s.chains = append(s.chains, c)
	if err != nil {
		return s.lane.failed(StepTransform, err)
	}
	s.bound = c
	return nil
}
