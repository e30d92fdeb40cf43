package sinktest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/floedata/floe/sink"
)

func fencingRules() []rule {
	return []rule{
		{"fencing/older", "of two claims on one partition the newer one wins: the older one gets ErrFenced, the very first load included, and changes nothing", checkOlder},
		{"fencing/same-sink", "a claim fences an older one of the same sink, and Close of the older one does not touch the newer", checkSameSink},
		{"fencing/staged", "what was staged before another claim does not load after it", checkStagedFenced},
		{"fencing/interleavings", "claims and loads of one partition that run at once leave each row once, and an offset that counts them", checkInterleavings},
		{"fencing/reset", "Reset forgets the offsets, keeps the rows, and fences every writer", checkReset},
	}
}

// two claims one partition from two sinks, the older one first.
func (k *kit) two(ctx context.Context, number int) (older, newer *lane, err error) {
	if older, err = k.lane(ctx, number); err != nil {
		return nil, nil, err
	}
	if err = k.exact(older.o); err != nil {
		return nil, nil, err
	}
	newer, err = k.lane(ctx, number)
	return older, newer, err
}

// fenced loads n rows, which must answer ErrFenced.
func (l *lane) fenced(ctx context.Context, n int64) error {
	t := l.next(n)
	defer t.done()
	err := l.persist(ctx, t)
	switch {
	case err == nil:
		return fmt.Errorf("the older claim loaded %s", t)
	case !errors.Is(err, sink.ErrFenced):
		return fmt.Errorf("the older claim's load answered no ErrFenced: %w", err)
	}
	return nil
}

func checkOlder(ctx context.Context, k *kit) error {
	older, newer, err := k.two(ctx, 0)
	if err != nil {
		return err
	}
	if err := older.fenced(ctx, 4); err != nil {
		return fmt.Errorf("the very first load: %w", err)
	}
	if err := k.expect(ctx); err != nil {
		return fmt.Errorf("after the older claim's load: %w", err)
	}
	for i := range int64(3) {
		if err := newer.loadRows(ctx, 5, 5); err != nil {
			return fmt.Errorf("the newer claim: %w", err)
		}
		if err := older.fenced(ctx, 4); err != nil {
			return err
		}
		if err := k.expect(ctx, idRange(0, 0, 5*(i+1))); err != nil {
			return err
		}
	}
	_, err = newer.again(ctx, newer.committed)
	return err
}

func checkSameSink(ctx context.Context, k *kit) error {
	older, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	if err := k.exact(older.o); err != nil {
		return err
	}
	newer, err := older.reclaim(ctx, older.o, older.committed)
	if err != nil {
		return err
	}
	if err := older.fenced(ctx, 4); err != nil {
		return err
	}
	if err := older.close(ctx); err != nil {
		return err
	}
	if err := newer.loadRows(ctx, 4, 2); err != nil {
		return fmt.Errorf("the newer claim, after the older one was closed: %w", err)
	}
	return k.expect(ctx, idRange(0, 0, 7))
}

func checkStagedFenced(ctx context.Context, k *kit) error {
	older, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	if _, ok := older.w.(sink.Stager); !ok {
		return skip("the sink stages nothing")
	}
	t := older.next(4)
	defer t.done()
	if err := older.stage(ctx, t); err != nil {
		return err
	}
	newer, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	if older.o.limits.StageIsFinal {
		// The rows may have landed before the newer claim, which counts them then.
		if err := newer.loadRows(ctx, 7-newer.ordinal(), 3); err != nil {
			return err
		}
		_ = older.loadStaged(ctx, t) // whatever it answers, the rows are there once
		return k.expect(ctx, idRange(0, 0, 7))
	}
	if err := older.loadStaged(ctx, t); !errors.Is(err, sink.ErrFenced) {
		return fmt.Errorf("Load of what was staged before the newer claim answered no ErrFenced: %w", orNil(err))
	}
	if err := newer.loadRows(ctx, 4, 4); err != nil {
		return err
	}
	return k.expect(ctx, idRange(0, 0, 7))
}

func checkInterleavings(ctx context.Context, k *kit) error {
	rounds := 100
	const rows = 12
	first, err := k.open(ctx)
	if err != nil {
		return err
	}
	if err := k.exact(first); err != nil {
		return err
	}
	second, err := k.open(ctx)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(3, 4))
	var want [][]int64
	for round := range rounds {
		// Odd rounds: the second claim falls somewhere into the loads of the first.
		barrier := round%2 == 0
		wait := time.Duration(random.IntN(300)) * time.Microsecond
		if err := k.interleave(ctx, first, second, round, rows, barrier, wait); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		want = append(want, idRange(round, 0, rows))
	}
	return k.expect(ctx, want...)
}

func (k *kit) interleave(ctx context.Context, first, second *opened, round int, rows int64, barrier bool, wait time.Duration) error {
	older, err := k.claim(ctx, first, round)
	if err != nil {
		return err
	}
	var newer *lane
	if barrier {
		if newer, err = k.claim(ctx, second, round); err != nil {
			return err
		}
	}
	var olderErr, newerErr error
	var both sync.WaitGroup
	both.Go(func() { olderErr = guard(func() error { return older.loadRows(ctx, rows, 2) }) })
	both.Go(func() {
		newerErr = guard(func() (err error) {
			if newer == nil {
				time.Sleep(wait)
				if newer, err = k.claim(ctx, second, round); err != nil {
					return err
				}
			}
			return newer.loadRows(ctx, rows-newer.ordinal(), 5)
		})
	})
	both.Wait()
	if newerErr != nil {
		return fmt.Errorf("the newer claim: %w", newerErr)
	}
	switch {
	case barrier && !errors.Is(olderErr, sink.ErrFenced), olderErr != nil && !errors.Is(olderErr, sink.ErrFenced):
		return fmt.Errorf("the older claim answered no ErrFenced: %w", orNil(olderErr))
	}
	if newer.committed != "" && newer.ordinal() != rows {
		return fmt.Errorf("the newer claim ended at row %d, want %d", newer.ordinal(), rows)
	}
	return errors.Join(older.close(ctx), newer.close(ctx))
}

func checkReset(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	r, ok := l.o.Sink.(sink.Resetter)
	if !ok {
		return skip("the sink cannot forget offsets")
	}
	if err := r.Reset(ctx, pipeline); err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	if err := l.fenced(ctx, 4); err != nil {
		return fmt.Errorf("after Reset: %w", err)
	}
	if k.h.Mode != sink.Replace {
		if err := k.expect(ctx, idRange(0, 0, 3)); err != nil {
			return fmt.Errorf("after Reset: %w", err)
		}
	}
	if i, ok := l.o.Sink.(sink.Inspector); ok {
		all, err := i.Committed(ctx, pipeline)
		if err != nil || len(all) != 0 {
			return fmt.Errorf("committed after Reset: %q, %w; want none", all, orNil(err))
		}
	}
	next, err := l.again(ctx, "")
	if err != nil {
		return fmt.Errorf("after Reset: %w", err)
	}
	return next.loadRows(ctx, 2, 2)
}
