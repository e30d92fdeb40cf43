package floe

// In the package, because a budget has no surface: its sums, and who is asked to seal, are seen only here.

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// TestBudgetEndsAtZero moves bytes through all places from many goroutines, some of which give up waiting.
func TestBudgetEndsAtZero(t *testing.T) {
	b := newBudget(1000)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 0))
			l := &lane{pressed: make(chan struct{}, 1)}
			for range 2000 {
				n := rng.Int64N(600)
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.IntN(200))*time.Microsecond)
				err := b.acquire(ctx, n)
				cancel()
				switch {
				case err != nil && rng.IntN(3) == 0:
					b.abandon(l)
				case err != nil:
				case rng.IntN(3) == 0:
					b.drop(n)
				default:
					b.recharge(n, n/2)
					b.fill(l, n/2)
				}
				select {
				case <-l.pressed:
					holds := rng.Int64N(700) // grown or shrunk
					b.seal(l, holds)
					b.free(holds)
				default:
				}
			}
			b.abandon(l)
		})
	}
	wg.Wait()
	if b.used != 0 || b.transit != 0 || b.sealed != 0 || len(b.filling) != 0 || b.waiting.Len() != 0 {
		t.Errorf("used %d, in transit %d, sealed %d, %d lanes fill, %d wait; want nothing", b.used, b.transit, b.sealed, len(b.filling), b.waiting.Len())
	}
}

func TestBudgetAsksTheLargestLaneToSeal(t *testing.T) {
	b := newBudget(100)
	small, large := &lane{pressed: make(chan struct{}, 1)}, &lane{pressed: make(chan struct{}, 1)}
	for l, n := range map[*lane]int64{small: 30, large: 60} {
		if err := b.acquire(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		b.fill(l, n)
	}
	granted := make(chan error)
	go func() { granted <- b.acquire(t.Context(), 50) }()
	<-large.pressed
	if len(small.pressed) != 0 {
		t.Error("the small lane was asked, too")
	}
	b.seal(large, 60)
	b.free(60)
	if err := <-granted; err != nil || b.held() != 80 {
		t.Errorf("%v and %d bytes held, want 80", err, b.held())
	}
	gone, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if err := b.acquire(gone, 1); !errors.Is(err, why) {
		t.Errorf("acquire answered %v, want the cause", err)
	}
}

// TestHoldKeepsLaterBatchesBack is in the package, because what it must not do cannot be waited for from outside.
func TestHoldKeepsLaterBatchesBack(t *testing.T) {
	h := &hold{changed: make(chan struct{})}
	boom := errors.New("boom")
	fail := func(context.Context) error { return boom }
	if err := h.call(t.Context(), 2, fail); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if err := h.call(t.Context(), 1, func(context.Context) error { return nil }); err != nil {
		t.Errorf("an earlier batch was kept back: %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if err := h.call(short, 3, func(context.Context) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a later batch was not kept back: %v", err)
	}
	later := make(chan error)
	go func() { later <- h.call(t.Context(), 3, func(context.Context) error { return nil }) }()
	if err := h.call(t.Context(), 2, func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
	if err := <-later; err != nil {
		t.Errorf("a later batch, once the failing one has come through: %v", err)
	}
	h.lose(4)
	if err := h.call(t.Context(), 5, fail); !errors.Is(err, errGivenUp) {
		t.Errorf("a batch behind a lost one: %v, want errGivenUp", err)
	}
}
