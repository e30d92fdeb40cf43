package floe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// groups loads what is ready in groups: batches of several lanes, and consecutive ones of a lane. It never
// waits to fill a group: what queues up while all places are taken becomes the next one.
type groups struct {
	run    *run
	loader sink.GroupLoader

	mu    sync.Mutex
	queue []*ticket
	wg    sync.WaitGroup
}

// ticket is a flight that is ready to load.
type ticket struct {
	f      *flight
	before *ticket // of the flight before, where that has one in the queue or under way
	answer chan error
	ended  bool  // answered; guarded by groups.mu
	err    error // as answered
}

// enter queues a flight, behind the one before it. Its answer comes once the group that loaded it has ended.
func (g *groups) enter(ctx context.Context, f *flight, before *ticket) *ticket {
	t := &ticket{f: f, before: before, answer: make(chan error, 1)}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue = append(g.queue, t)
	g.startLocked(ctx)
	return t
}

// stop waits for the goroutines of ended groups.
func (g *groups) stop() { g.wg.Wait() }

// startLocked starts groups while there are places and tickets that may load.
func (g *groups) startLocked(ctx context.Context) {
	limits := g.run.limits
	for g.run.loads.takeNow() {
		group := g.pickLocked(limits.Group, limits.Batch)
		if len(group) == 0 {
			g.run.loads.free()
			return
		}
		g.wg.Go(func() { g.load(ctx, group) })
	}
}

// leave gives a place back, and starts what waited for it.
func (g *groups) leave(ctx context.Context) {
	g.run.loads.free()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.startLocked(ctx)
}

// pickLocked takes a group from the queue: in order, no batch without the one before it.
func (g *groups) pickLocked(most int, size batching.Policy) []*ticket {
	var group, left []*ticket
	picked := map[*ticket]bool{}
	var rows, bytes int64
	for _, t := range g.queue {
		switch b := t.before; {
		case b != nil && b.ended && b.err != nil:
			t.end(errGivenUp)
		case len(group) == most || size.Reached(rows, bytes) || b != nil && !b.ended && !picked[b]:
			left = append(left, t)
		default:
			group = append(group, t)
			picked[t] = true
			rows += t.f.b.Rows
			bytes += t.f.b.Bytes
		}
	}
	g.queue = left
	return group
}

// end answers a ticket; g.mu is held.
func (t *ticket) end(err error) {
	t.ended, t.err, t.before = true, err, nil
	t.answer <- err
}

// load takes a group into the target. Batches that are at fault are answered and leave it; the others are
// loaded again, without them at once, else after a wait, during which others have the place.
func (g *groups) load(ctx context.Context, group []*ticket) {
	defer g.leave(ctx)
	for attempt := 1; len(group) > 0; {
		receipts, errs := g.call(ctx, group)
		at, failed := firstError(errs)
		if failed == nil {
			for i, t := range group {
				g.answer(t, attempt, t.f.settle(ctx, receipts[i]))
			}
			break
		}
		rest := make([]*ticket, 0, len(group))
		for i, t := range group {
			t.f.s.hold.note(t.f.number, failed)
			if errs[i] == nil || retry.IsTransient(errs[i]) {
				rest = append(rest, t)
			} else {
				g.answer(t, attempt, errs[i])
			}
		}
		rest = g.withoutOrphans(rest)
		if len(rest) == len(group) {
			wait, again := g.run.opts.Retry.Next(attempt, failed)
			if again {
				g.run.retried(group[at].f.where(StepLoad), retry.Attempt{Number: attempt, Err: failed, Wait: wait})
				if err := g.pause(ctx, wait); err != nil {
					failed, again = &retry.Error{Attempts: attempt, Last: failed, Cause: err}, false
				}
			}
			if !again {
				for _, t := range rest {
					g.answer(t, attempt, failed)
				}
				break
			}
			attempt++
		}
		group = rest
	}
}

// pause waits without the place, which is taken again in any case.
func (g *groups) pause(ctx context.Context, wait time.Duration) error {
	g.leave(ctx)
	err := pause(ctx, wait)
	// Whatever became of ctx: the groups that have the places end soon where it is done.
	return errors.Join(err, g.run.loads.take(context.WithoutCancel(ctx)))
}

func (g *groups) call(ctx context.Context, group []*ticket) ([]sink.Receipt, []error) {
	loading := make([]sink.Loading, len(group))
	for i, t := range group {
		loading[i] = sink.Loading{Writer: t.f.s.writer, Batch: t.f.b}
	}
	receipts, errs := g.loader.LoadAll(ctx, loading)
	if len(errs) != len(group) || len(receipts) != len(group) {
		err := retry.Permanent(fmt.Errorf("the sink answered %d receipts and %d errors for a group of %d batches", len(receipts), len(errs), len(group)))
		errs = make([]error, len(group))
		for i := range errs {
			errs[i] = err
		}
	}
	return receipts, errs
}

// firstError prefers a transient error: the rest of the group waits for what that one waits for.
func firstError(errs []error) (at int, err error) {
	for i, e := range errs {
		if e != nil && (err == nil || retry.IsTransient(e) && !retry.IsTransient(err)) {
			err, at = e, i
		}
	}
	return at, err
}

// withoutOrphans answers tickets whose batch before was given up.
func (g *groups) withoutOrphans(group []*ticket) []*ticket {
	g.mu.Lock()
	defer g.mu.Unlock()
	kept := group[:0]
	for _, t := range group {
		if b := t.before; b != nil && b.ended && b.err != nil {
			t.end(errGivenUp)
		} else {
			kept = append(kept, t)
		}
	}
	return kept
}

func (g *groups) answer(t *ticket, attempts int, err error) {
	t.f.s.hold.note(t.f.number, err)
	if err != nil {
		err = g.run.failed(t.f.where(StepLoad), &retry.Error{Attempts: attempts, Last: err})
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	t.end(err)
}
