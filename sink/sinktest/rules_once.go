package sinktest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/retry"
)

func atomicityRules() []rule {
	return []rule{
		{"atomicity/invisible", "nothing of a batch is visible before its Load moves the offset", checkInvisible},
		{"atomicity/close", "Close before the load took effect leaves the target as it was", checkCloseBefore},
		{"atomicity/crash", "a sink that ends amid a load leaves the target as it was, and the next claim goes on from there", checkCrashBefore},
	}
}

func checkInvisible(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	if l.o.limits.StageIsFinal {
		return skip("rows of the sink land by themselves")
	}
	if err := k.exact(l.o); err != nil {
		return err
	}
	t := l.next(5)
	defer t.done()
	type seen struct {
		recs []arrow.Record
		err  error
	}
	read := make(chan seen, 1)
	var early *seen
	asked := false
	t.gate = func(context.Context) error {
		if asked {
			return nil
		}
		asked = true
		go func() {
			recs, err := k.read(ctx)
			read <- seen{recs, err}
		}()
		select {
		case s := <-read:
			early = &s
		case <-time.After(500 * time.Millisecond): // a read that waits for the load sees nothing of it either
		}
		return nil
	}
	err = l.load(ctx, t)
	if early == nil && asked {
		s := <-read
		releaseAll(s.recs)
	}
	if early != nil {
		defer releaseAll(early.recs)
	}
	switch {
	case err != nil:
		return err
	case early == nil:
		return nil
	case early.err != nil:
		return nil // refused while the load runs: nothing was seen
	}
	if err := expectIn(early.recs, idRange(0, 0, 3)); err != nil {
		return fmt.Errorf("while Gate runs: %w", err)
	}
	return k.expect(ctx, idRange(0, 0, 8))
}

func checkCloseBefore(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	if err := k.exact(l.o); err != nil {
		return err
	}
	committed, rows, err := l.failOnce(ctx, 5)
	if err != nil {
		return err
	}
	if err := l.close(ctx); err != nil {
		return err
	}
	if l.o.limits.StageIsFinal {
		return l.finalAfterCrash(ctx, rows+5)
	}
	if err := k.expect(ctx, idRange(0, 0, rows)); err != nil {
		return err
	}
	_, err = l.again(ctx, committed)
	return err
}

func checkCrashBefore(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	if err := k.exact(l.o); err != nil {
		return err
	}
	for range 3 {
		committed, rows, err := l.failOnce(ctx, 5)
		if err != nil {
			return err
		}
		if l.o.limits.StageIsFinal {
			return l.finalAfterCrash(ctx, rows+5)
		}
		if l, err = l.again(ctx, committed); err != nil {
			return err
		}
		if err := k.expect(ctx, idRange(0, 0, rows)); err != nil {
			return err
		}
		if err := l.loadRows(ctx, 2, 2); err != nil {
			return err
		}
	}
	return k.expect(ctx, idRange(0, 0, 9))
}

var errGate = errors.New("sinktest: the gate stays shut")

// failOnce loads n rows with a Gate that fails, and answers what is committed before.
func (l *lane) failOnce(ctx context.Context, n int64) (committed string, rows int64, err error) {
	t := l.next(n)
	t.gate = func(context.Context) error { return errGate }
	committed, rows = l.committed, l.ordinal()
	err = l.load(ctx, t)
	t.done()
	if err == nil {
		return "", 0, ruleGate.broken(errors.New("gate failed, and Load answered nil"))
	}
	return committed, rows, nil
}

func onceRules() []rule {
	return []rule{
		{"exactly-once/error-before", "the same batch loaded again after an error before the effect is there once", checkRetryBefore},
		{"exactly-once/reply-lost", "the same batch loaded again after it took effect is found complete: Load answers nil, and each row is there once", checkReplyLost},
		{"exactly-once/restart", "whatever was lost, a new claim answers the offset of exactly the rows that are there, and other batches go on from it", checkRestart},
		{"exactly-once/stale-batch", "a batch whose From is not committed does not load", checkStaleBatch},
	}
}

func checkRetryBefore(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	if err := k.exact(l.o); err != nil {
		return err
	}
	t := l.next(5)
	defer t.done()
	shut := true
	t.gate = func(context.Context) error {
		if shut {
			return retry.Transient(errGate)
		}
		return nil
	}
	if err := l.stage(ctx, t); err != nil {
		return err
	}
	for try := range 3 {
		shut = try < 2
		err := l.loadStaged(ctx, t)
		if (err == nil) != (try == 2) && !l.o.limits.StageIsFinal {
			return fmt.Errorf("try %d of a load whose Gate fails twice: %w", try+1, orNil(err))
		}
	}
	if l.o.limits.StageIsFinal {
		return l.finalAfterCrash(ctx, 8)
	}
	if err := l.loadRows(ctx, 2, 2); err != nil {
		return err
	}
	return k.expect(ctx, idRange(0, 0, 10))
}

func checkReplyLost(ctx context.Context, k *kit) error {
	l, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	if err := k.exact(l.o); err != nil {
		return err
	}
	for round := range 3 {
		t := l.next(4)
		if err := l.load(ctx, t); err != nil {
			t.done()
			return err
		}
		for range 2 {
			if err := l.loadStaged(ctx, t); err != nil {
				t.done()
				return fmt.Errorf("again, when it is complete: %w", err)
			}
		}
		t.done()
		if err := k.expect(ctx, idRange(0, 0, int64(round+1)*4)); err != nil {
			return err
		}
	}
	_, err = l.again(ctx, l.committed)
	return err
}

func checkRestart(ctx context.Context, k *kit) error {
	l, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	if err := k.exact(l.o); err != nil {
		return err
	}
	const end = 120
	random := rand.New(rand.NewPCG(1, 2))
	for l.ordinal() < end {
		n := min(1+random.Int64N(9), end-l.ordinal())
		t := l.next(n)
		committed, rows := t.From, l.ordinal()
		var err error
		switch random.IntN(4) {
		case 0: // ends before it begins
		case 1: // staged only
			err = l.stage(ctx, t)
		case 2: // fails inside
			t.gate = func(context.Context) error { return errGate }
			if l.load(ctx, t) == nil {
				err = ruleGate.broken(errors.New("gate failed, and Load answered nil"))
			}
		default: // done, and the reply lost
			err = l.load(ctx, t)
			committed, rows = t.To, rows+n
		}
		t.done()
		if err != nil {
			return err
		}
		if l.o.limits.StageIsFinal {
			l, err = l.againFinal(ctx)
		} else if l, err = l.again(ctx, committed); err == nil {
			err = k.expect(ctx, idRange(0, 0, rows))
		}
		if err != nil {
			return err
		}
	}
	return k.expect(ctx, idRange(0, 0, end))
}

// againFinal claims anew where an unknown part of a batch may have landed, and expects the rows that the offset
// counts.
func (l *lane) againFinal(ctx context.Context) (*lane, error) {
	l.k.crash(l.o)
	o, err := l.k.open(ctx)
	if err != nil {
		return nil, err
	}
	next, err := l.k.claim(ctx, o, l.number)
	if err != nil {
		return nil, err
	}
	return next, l.k.expect(ctx, idRange(l.number, 0, next.ordinal()))
}

func checkStaleBatch(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	if err := k.exact(l.o); err != nil {
		return err
	}
	if l.o.limits.StageIsFinal {
		return skip("an append of the sink carries To, and no From")
	}
	ahead := l.next(4)
	ahead.From, ahead.To = ahead.To, ahead.To+"X"
	committed := l.committed
	err = l.load(ctx, ahead)
	ahead.done()
	if err == nil {
		return errors.New("a batch that begins behind what is committed was loaded")
	}
	if err := k.expect(ctx, idRange(0, 0, 3)); err != nil {
		return err
	}
	_, err = l.again(ctx, committed)
	return err
}
