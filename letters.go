package floe

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// letters writes the rejected rows of one claim to the dead-letter sink. It opens the sink with the first of
// them. Its offsets count letters: they keep one batch of letters from being loaded twice, but a crash between
// the letters and their rows' batch writes the letters again, with equal origins.
//
// Batches of a lane that stage side by side may pass their gates side by side, so it locks.
type letters struct {
	lane   *lane
	mu     sync.Mutex
	writer sink.Writer // nil = not open
	schema *arrow.Schema
	from   string
}

func newLetters(l *lane) *letters { return &letters{lane: l} }

// pipelineOf is the name under which a pipeline's dead letters keep their offsets, so that both may go to one
// sink.
func pipelineOf(name string) string { return name + "/dead-letters" }

func (l *letters) write(ctx context.Context, rows *deadletter.Rows, origin deadletter.Origin) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	run := l.lane.run
	if l.writer == nil {
		err := l.lane.try(ctx, StepClaim, func(ctx context.Context) (err error) {
			l.writer, l.from, err = run.opts.DeadLetter.Open(ctx, pipelineOf(run.p.name), l.lane.id)
			return err
		})
		if err != nil {
			l.writer = nil
			return err
		}
	}
	rec := rows.WithReasons(run.opts.Allocator, origin)
	defer rec.Release()
	if l.schema == nil || !l.schema.Equal(rec.Schema()) {
		if err := l.lane.try(ctx, StepPrepare, func(ctx context.Context) error {
			return l.writer.Prepare(ctx, rec.Schema())
		}); err != nil {
			return err
		}
		l.schema = rec.Schema()
	}
	return l.sendAll(ctx, rec, origin)
}

// sendAll loads the rows of rec. Going back is bounded by progress, as a lane's is.
func (l *letters) sendAll(ctx context.Context, rec arrow.Record, origin deadletter.Origin) error {
	retrying := l.lane.run.opts.Retry
	for at, stalled := int64(0), 1; at < rec.NumRows(); {
		piece := l.fitting(rec, at)
		n, err := l.send(ctx, piece, origin)
		piece.Release()
		at += n
		switch {
		case err == nil, errors.Is(err, sink.ErrRewind) && n > 0:
			stalled = 1
			continue
		case !errors.Is(err, sink.ErrRewind):
			return err
		}
		wait, again := retrying.Next(stalled, retry.Transient(err))
		if !again {
			return fmt.Errorf("%v", err) // nothing that would make the lane's own writer go back
		}
		stalled++
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
	return nil
}

// fitting returns the rows of rec from at on, as many as the sink takes in one batch.
func (l *letters) fitting(rec arrow.Record, at int64) arrow.Record {
	rest := rec.NewSlice(at, rec.NumRows())
	n := fitting(limitsOf(l.lane.run.opts.DeadLetter).Largest, rest)
	if n == rest.NumRows() {
		return rest
	}
	defer rest.Release()
	return rest.NewSlice(0, n)
}

// send loads rec as one batch, and answers how many of its rows are there: all, or with sink.ErrRewind those that
// were committed before the writer went back.
func (l *letters) send(ctx context.Context, rec arrow.Record, origin deadletter.Origin) (int64, error) {
	b, err := l.batch(rec, origin)
	if err != nil {
		return 0, err
	}
	defer b.Release()
	err = l.lane.try(ctx, StepLoad, func(ctx context.Context) error { return l.load(ctx, b) })
	if err == nil {
		l.from = b.To
		return rec.NumRows(), nil
	}
	rw, ok := l.writer.(sink.Rewinder)
	if !ok || !errors.Is(err, sink.ErrRewind) {
		return 0, err
	}
	if rerr := l.lane.try(ctx, StepRewind, func(ctx context.Context) (err error) {
		l.from, err = rw.Rewind(ctx)
		return err
	}); rerr != nil {
		return 0, rerr
	}
	before, berr := offset.Ordinal(b.From)
	now, nerr := offset.Ordinal(l.from)
	if berr != nil || nerr != nil {
		return 0, errors.Join(berr, nerr)
	}
	return max(0, min(now-before, rec.NumRows())), err
}

// batch makes a batch of letters. Its Gate bears no rejects: a letter that cannot be written ends the run.
func (l *letters) batch(rec arrow.Record, origin deadletter.Origin) (*sink.Batch, error) {
	at, err := offset.Parse(l.from)
	if err != nil {
		return nil, err
	}
	n := rec.NumRows()
	to := offset.Offset{Position: origin.Offset, Ordinal: at.Ordinal + n, Fingerprint: l.lane.run.fingerprint}
	from := l.from
	rec.Retain()
	b := &sink.Batch{
		Pipeline: pipelineOf(l.lane.run.p.name), Partition: l.lane.id, From: from, To: to.String(),
		Schema: rec.Schema(), Records: []arrow.Record{rec}, Rows: n, Bytes: batching.Bytes(rec),
	}
	b.At = func(k int64) string {
		switch {
		case k <= 0:
			return from
		case k >= n:
			return b.To
		}
		return offset.Offset{Position: origin.Offset, Ordinal: at.Ordinal + k, Skip: k, Fingerprint: to.Fingerprint}.String()
	}
	b.Gate = func(_ context.Context, r sink.Receipt) error {
		defer r.Rejected.Release()
		if r.Rejected.Len() > 0 {
			return fmt.Errorf("the dead-letter sink rejected a letter itself: %s", r.Rejected.Reasons[0].Message)
		}
		if r.Rows != n {
			return fmt.Errorf("the dead-letter sink loaded %d of %d letters", r.Rows, n)
		}
		return nil
	}
	b.Release = func() {
		for _, r := range b.Records {
			r.Release()
		}
		b.Records = nil
	}
	return b, nil
}

// load stages and loads b. A dead-letter sink gets one batch of a partition at a time, so both are one step to it.
func (l *letters) load(ctx context.Context, b *sink.Batch) error {
	if err := l.lane.run.letterLoads.take(ctx); err != nil {
		return err
	}
	defer l.lane.run.letterLoads.free()
	if st, ok := l.writer.(sink.Stager); ok && b.Records != nil {
		if err := st.Stage(ctx, b); err != nil {
			return err
		}
	}
	_, err := l.writer.Load(ctx, b)
	return err
}

func (l *letters) close(ctx context.Context) error {
	if l.writer == nil {
		return nil
	}
	closing, cancel := l.lane.run.opts.closing(ctx)
	defer cancel()
	return l.writer.Close(closing)
}
