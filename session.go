package floe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
)

// session moves a partition from a committed offset on: one goroutine reads, one fills batches (run), and
// each sealed batch is a flight with a goroutine of its own, in order behind the flight before it.
type session struct {
	lane    *lane
	run     *run
	writer  sink.Writer
	reader  source.Reader
	letters *letters

	// Of the reading goroutine, once it has started.
	bound  *chain
	chains []*chain

	// Of the filling goroutine.
	schema  *arrow.Schema // that the target is prepared for; nil = not yet
	batcher *batching.Batcher
	batch   pending       // what fills
	cur     offset.Offset // after the last row taken; between source batches its Skip is what is still to be skipped
	from    string        // text of the offset before the filling batch
	timer   *time.Timer   // runs while something fills and Delay bounds it
	flights sync.WaitGroup
	recent  []*flight     // the newest ones, as many as may stage at once
	places  chan struct{} // one for each flight at once
	hold    hold
	failed  chan struct{} // closed by the first flight that fails

	mu    sync.Mutex
	err   error     // of the earliest flight that failed
	first int64     // number of that flight
	lost  []*flight // that have failed or were given up
}

func newSession(l *lane, w sink.Writer, r source.Reader, letters *letters, committed string, from offset.Offset) *session {
	s := &session{
		lane: l, run: l.run, writer: w, reader: r, letters: letters,
		cur: from, from: committed, batch: pending{start: from},
		places: make(chan struct{}, max(1, l.run.limits.InFlight)),
		failed: make(chan struct{}), timer: time.NewTimer(time.Hour),
	}
	s.timer.Stop()
	s.hold.changed = make(chan struct{})
	return s
}

// move moves the partition until it ends. The error is nil where all that was read is loaded, sink.ErrRewind or
// sink.ErrFenced inside a *BatchError, or what ends the run.
func (s *session) move(ctx context.Context) (err error) {
	defer func() {
		s.discard()
		closing, cancel := s.run.opts.closing(ctx)
		defer cancel()
		for _, c := range s.chains {
			if cerr := c.close(closing); cerr != nil && err == nil {
				err = s.lane.failed(StepTransform, fmt.Errorf("close: %w", cerr))
			}
		}
	}()
	if schema := s.reader.Schema(); schema != nil {
		if err := s.bind(ctx, schema); err != nil {
			return err
		}
		if err := s.lane.begin(ctx, func(ctx context.Context) error { return s.prepare(ctx, s.bound.out) }); err != nil {
			return err
		}
	}
	// A crash or a revocation between the load and its ack left the origin behind.
	s.ack(ctx, s.cur.Position)
	handing, stop := context.WithCancel(ctx)
	reading, stopReading := s.run.untilDrained(handing)
	items := make(chan *item, s.run.opts.Workers)
	var end error
	var reader sync.WaitGroup
	reader.Go(func() { end = s.read(reading, handing, items) })

	err = s.fill(ctx, items)
	stop()
	stopReading(nil)
	for it := range items { // what is left after a failure
		if it.done != nil {
			<-it.done
		}
		s.run.budget.drop(it.charge)
		it.release()
	}
	reader.Wait()
	s.lane.revoked = s.lane.revoked || errors.Is(end, source.ErrRevoked)
	if err == nil {
		err = s.ended(ctx, end)
	}
	s.flights.Wait()
	s.lane.lost = append(s.lane.lost, s.lost...)
	if ferr := s.failure(); ferr != nil {
		return ferr
	}
	if err == nil && errors.Is(end, io.EOF) {
		s.lane.atEnd = true
	}
	return err
}

// ended seals what is left once reading has ended in good order, else answers why it has not.
func (s *session) ended(ctx context.Context, end error) error {
	switch {
	case end == io.EOF: //nolint:errorlint // read answers it bare
		if s.cur.Skip > 0 {
			return s.lane.failed(StepOpen, fmt.Errorf("the committed offset lies %d rows behind the end of the partition: the source has fewer rows than were loaded", s.cur.Skip))
		}
	case errors.Is(end, source.ErrRevoked), errors.Is(end, errDrained):
	default:
		return end
	}
	return s.sealBatch(ctx)
}

// fill takes items in order until there are no more, and seals batches.
func (s *session) fill(ctx context.Context, items <-chan *item) error {
	for {
		select {
		case it, ok := <-items:
			if !ok {
				return nil
			}
			if err := s.add(ctx, it); err != nil {
				return err
			}
		case <-s.timer.C:
			if err := s.sealBatch(ctx); err != nil {
				return err
			}
		case <-s.lane.pressed:
			if err := s.sealBatch(ctx); err != nil {
				return err
			}
		case <-s.failed:
			return s.failure()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// prepare makes the target ready for schema: a barrier, which everything sealed passes first.
func (s *session) prepare(ctx context.Context, schema *arrow.Schema) error {
	if s.schema != nil {
		if err := s.sealBatch(ctx); err != nil {
			return err
		}
		s.flights.Wait()
		if err := s.failure(); err != nil {
			return err
		}
	}
	if err := s.lane.try(ctx, StepPrepare, func(ctx context.Context) error { return s.writer.Prepare(ctx, schema) }); err != nil {
		return err
	}
	s.schema = schema
	s.batcher = batching.NewBatcher(s.run.opts.Allocator, batching.Policy{}, s.run.limits.RecordRows)
	return nil
}

// ack tells the origin what is loaded, where it wants to know. A later ack makes up for one that fails.
func (s *session) ack(ctx context.Context, position string) {
	a, ok := s.reader.(source.Acker)
	if !ok || position == "" {
		return
	}
	if err := a.Ack(ctx, position); err != nil {
		s.run.opts.Logger.Warn("floe: ack failed; a later one makes up for it",
			"pipeline", s.run.p.name, "partition", s.lane.id, "error", err)
	}
}

// discard gives back what fills and will never be sealed.
func (s *session) discard() {
	s.timer.Stop()
	if s.batcher != nil {
		s.batcher.Release()
	}
	for _, r := range s.batch.rejects {
		r.rows.Release()
	}
	s.batch = pending{}
	s.run.budget.abandon(s.lane)
}

// fail notes that a flight failed. The earliest one counts: later ones failed because of it, or are void.
func (s *session) fail(f *flight, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = append(s.lost, f)
	if errors.Is(err, errGivenUp) {
		return
	}
	if s.err == nil {
		close(s.failed)
	}
	if s.err == nil || f.number < s.first {
		s.err, s.first = err, f.number
	}
}

func (s *session) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
