package floe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
)

// lane is one partition on its way. It claims the partition at the sink, and moves it in one session after
// another: a session ends with the partition, or by a rewind, after which the next one reads again from what
// is committed.
type lane struct {
	run     *run
	id      string
	part    source.Partition
	batches int64         // numbers given to batches so far
	pressed chan struct{} // the budget asks for a seal
	gone    chan struct{} // closed once the lane has ended
	revoked bool          // the partition was taken away
	atEnd   bool          // the partition ended with io.EOF and all of it is loaded
	reached string        // offset up to which all is counted as loaded
	lost    []*flight     // that failed since the last account
}

// live claims and moves the partition until it ends. Only on an unbounded source is a lane that was fenced
// allowed to claim again, and only while the partition is still assigned: elsewhere, or later, the claim would
// fence the rightful owner.
func (l *lane) live(ctx context.Context) error {
	for fenced := 1; ; fenced++ {
		if l.run.isDraining() {
			return nil
		}
		if a, ok := l.part.(source.Assigner); ok {
			err := l.begin(ctx, func(ctx context.Context) error { return l.try(ctx, StepClaim, a.Assigned) })
			if errors.Is(err, source.ErrRevoked) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		before := l.batches
		err := l.hold(ctx)
		l.disown()
		if !errors.Is(err, sink.ErrFenced) || !l.run.p.src.Unbounded() {
			return err
		}
		if l.revoked {
			return nil
		}
		if l.batches > before {
			fenced = 1
		}
		wait, _ := l.run.opts.Retry.Next(1, retry.Transient(err))
		l.run.opts.Logger.Warn("floe: fenced by another claim; asking whether the partition is still assigned",
			"pipeline", l.run.p.name, "partition", l.id, "times", fenced, "wait", wait)
		err = l.begin(ctx, func(ctx context.Context) error { return pause(ctx, wait*time.Duration(min(fenced, 8))) })
		if err != nil {
			return err
		}
	}
}

// begin does what comes before anything is read that is to be loaded. A drain ends it, with errDrained: there is
// nothing to wait for.
func (l *lane) begin(ctx context.Context, op func(context.Context) error) error {
	starting, stop := l.run.untilDrained(ctx)
	defer stop(nil)
	err := op(starting)
	if err != nil && starting.Err() != nil && ctx.Err() == nil {
		return errDrained
	}
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// hold claims the partition and moves it under that claim.
func (l *lane) hold(ctx context.Context) (err error) {
	var w sink.Writer
	var committed string
	err = l.begin(ctx, func(ctx context.Context) error {
		return l.try(ctx, StepClaim, func(ctx context.Context) (err error) {
			w, committed, err = l.run.p.dst.Open(ctx, l.run.p.name, l.id)
			return err
		})
	})
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := l.run.opts.closing(ctx)
		defer cancel()
		if cerr := w.Close(closing); cerr != nil && err == nil {
			err = l.failed(StepClaim, fmt.Errorf("close the writer: %w", cerr))
		}
	}()
	if f := l.run.opts.Hooks.Claimed; f != nil {
		f(Claimed{Pipeline: l.run.p.name, Partition: l.id, Offset: committed})
	}
	l.reached = committed
	letters := newLetters(l)
	defer func() {
		if cerr := letters.close(ctx); cerr != nil && err == nil {
			err = l.failed(StepLoad, fmt.Errorf("close the dead-letter writer: %w", cerr))
		}
	}()
	return undrained(l.sessions(ctx, w, committed, letters))
}

// undrained is err, but nil where a drain is all that happened.
func undrained(err error) error {
	if err == errDrained { //nolint:errorlint // begin answers it bare
		return nil
	}
	return err
}

// sessions runs sessions under one claim. Rewinding is bounded by progress: as many times without any as a call
// may be repeated.
func (l *lane) sessions(ctx context.Context, w sink.Writer, committed string, letters *letters) error {
	for stalled := 1; ; stalled++ {
		err := l.session(ctx, w, committed, letters)
		if !errors.Is(err, sink.ErrRewind) {
			return err
		}
		// What could not be loaded is read again by the next owner, or the next Run.
		if l.revoked || l.run.isDraining() {
			return nil
		}
		rw, ok := w.(sink.Rewinder)
		if !ok {
			return err
		}
		var next string
		terr := l.begin(ctx, func(ctx context.Context) error {
			return l.try(ctx, StepRewind, func(ctx context.Context) (err error) {
				next, err = rw.Rewind(ctx)
				return err
			})
		})
		if terr != nil {
			return terr
		}
		if err := l.account(next); err != nil {
			return err
		}
		if next != committed {
			committed, stalled = next, 0
			continue
		}
		wait, again := l.run.opts.Retry.Next(stalled, retry.Transient(err))
		if !again {
			return err
		}
		l.run.retried(where{step: StepRewind, partition: l.id}, retry.Attempt{Number: stalled, Err: err, Wait: wait})
		if err := l.begin(ctx, func(ctx context.Context) error { return pause(ctx, wait) }); err != nil {
			return err
		}
	}
}

// session opens the reader after what is committed and moves the partition from there.
func (l *lane) session(ctx context.Context, w sink.Writer, committed string, letters *letters) (err error) {
	var from offset.Offset
	var reader source.Reader
	err = l.begin(ctx, func(ctx context.Context) (err error) {
		if from, err = l.resume(ctx, committed); err != nil {
			return err
		}
		return l.try(ctx, StepOpen, func(ctx context.Context) (err error) {
			reader, err = l.part.Open(ctx, from.Position)
			return err
		})
	})
	if errors.Is(err, source.ErrRevoked) {
		l.revoked = true
		return nil
	}
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := l.run.opts.closing(ctx)
		defer cancel()
		if cerr := reader.Close(closing); cerr != nil && err == nil {
			err = l.failed(StepRead, fmt.Errorf("close the reader: %w", cerr))
		}
	}()
	return newSession(l, w, reader, letters, committed, from).move(ctx)
}

// resume says where a session begins: at the committed offset; or, where the sink keeps none, at what the
// origin says was acked. Rows inside a source batch are skipped by number, which is right only for the transforms
// that numbered them.
func (l *lane) resume(ctx context.Context, committed string) (from offset.Offset, err error) {
	if l.run.limits.NoOffsets {
		from.Fingerprint = l.run.fingerprint
		if origin, ok := l.part.(source.Resumer); ok {
			err = l.try(ctx, StepOpen, func(ctx context.Context) (err error) {
				from.Position, err = origin.Acked(ctx)
				return err
			})
		}
		return from, err
	}
	from, err = offset.Parse(committed)
	if err != nil {
		return from, l.failed(StepOpen, err)
	}
	if from.Skip > 0 && from.Fingerprint != l.run.fingerprint && !l.run.opts.AcceptChangedTransforms {
		return from, l.failed(StepOpen, fmt.Errorf("the committed offset lies %d rows inside a source batch that other transforms made (fingerprint %s, now %s): "+
			"finish it with the old ones, set Options.AcceptChangedTransforms, or Reset and load anew", from.Skip, from.Fingerprint, l.run.fingerprint))
	}
	from.Fingerprint = l.run.fingerprint
	return from, nil
}

func (l *lane) try(ctx context.Context, step Step, op func(context.Context) error) error {
	return l.run.try(ctx, where{step: step, partition: l.id}, op)
}

func (l *lane) failed(step Step, err error) error {
	return l.run.failed(where{step: step, partition: l.id}, err)
}
