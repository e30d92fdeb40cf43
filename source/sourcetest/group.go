package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// GroupOptions says how a group behaves. The zero value, like nil, is a group without latency and faults that
// gives records as they were appended.
type GroupOptions struct {
	// Seed decides about everything that is left to chance.
	Seed uint64
	// BatchRows bounds a batch: it has from 1 to that many rows, at random, of one record; 0 = whole records.
	BatchRows int64
	// Latency: each Next waits up to that long, at random.
	Latency time.Duration
	// Faults is the fraction of the calls of Next that fail with a transient error; below 1.
	Faults float64
	// AckFaults is the fraction of the acks that fail; never one of the last row there is.
	AckFaults float64
}

// Group is a consumer group on a [Topic]: its members share the partitions, and each change of members, or
// [Group.Rebalance], takes partitions away from some and gives them to others at once, while the old owner is
// still busy with what it has read. It notes what was acked, and each time a member is not used as the
// contract says, see [Group.Err]. Its methods are safe for concurrent use.
type Group struct {
	t *Topic
	o GroupOptions

	// All below is guarded by t.mu.
	random  *rand.Rand
	members []*Member
	claims  []assignment
	made    int // members ever
	faults  int
	broken  []error
}

// assignment is who has a partition, and how far it was acked.
type assignment struct {
	owner   *Member // nil = nobody
	number  int64   // raised with each change
	yielded int64   // the number that Partitions gave last
	acked   int64   // -1 = never
	loaded  int64   // as far as acks, and positions that readers were opened after, tell
}

// NewGroup returns a group without members.
func NewGroup(t *Topic, opts *GroupOptions) *Group {
	g := &Group{t: t, claims: make([]assignment, len(t.logs))}
	if opts != nil {
		g.o = *opts
	}
	g.random = rand.New(rand.NewPCG(g.o.Seed, 0))
	for i := range g.claims {
		g.claims[i].acked = -1
	}
	return g
}

// Member returns a new member: an unbounded source. It joins the group with the first call of its Partitions
// and leaves it with Close.
func (g *Group) Member() *Member {
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	g.made++
	return &Member{g: g, name: fmt.Sprintf("member %d", g.made)}
}

// Rebalance gives each partition to a member drawn at random. Of those that draw their owner again, every
// second one is taken away from it all the same, and given back: its Partitions yields it once more.
func (g *Group) Rebalance() {
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	if len(g.members) == 0 {
		return
	}
	for i := range g.claims {
		to := g.members[g.random.IntN(len(g.members))]
		again := g.random.IntN(2) == 0
		if to != g.claims[i].owner || again {
			g.assign(i, to)
		}
	}
	g.t.notify()
}

// Move takes a partition away from its owner, also where that is to, and gives it to another member; nil =
// nobody.
func (g *Group) Move(partition int, to *Member) {
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	g.assign(partition, to)
	g.t.notify()
}

// Owner returns the member that has a partition, or nil.
func (g *Group) Owner(partition int) *Member {
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	return g.claims[partition].owner
}

// Churn rebalances the group again and again, after random waits of up to twice every, until ctx is done.
func (g *Group) Churn(ctx context.Context, every time.Duration) {
	random := rand.New(rand.NewPCG(g.o.Seed, 1))
	for wait(ctx, time.Duration(random.Int64N(int64(2*every)+1)), nil) == nil {
		g.Rebalance()
	}
}

// Acked returns how far a partition was acked; -1 = never.
func (g *Group) Acked(partition int) int64 {
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	return g.claims[partition].acked
}

// WaitAcked waits until every row of the topic is acked: the moment to drain a pipeline. A partition of which a
// reader was opened after the last row counts too: whoever loaded it lost it before the ack. Where ctx is
// done before, the error says what is missing.
func (g *Group) WaitAcked(ctx context.Context) error {
	for {
		missing, changed := g.unacked()
		if missing == "" {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("sourcetest: not all is acked: %s: %w", missing, ctx.Err())
		}
	}
}

// Faults returns how many faults were injected.
func (g *Group) Faults() int {
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	return g.faults
}

// Err returns every breach of the contract of sources by whoever used the members: acks out of order or of
// positions that were never given, use after Close, two calls at once, readers left open. nil = none.
func (g *Group) Err() error {
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	return errors.Join(g.broken...)
}

func (g *Group) unacked() (missing string, changed <-chan struct{}) {
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	for i, c := range g.claims {
		if high := g.t.logs[i].high; c.loaded < high {
			return fmt.Sprintf("%s stands at %d of %d", g.t.ID(i), c.loaded, high), g.t.changed
		}
	}
	return "", nil
}

// The functions below are called with t.mu held.

func (g *Group) breach(format string, args ...any) {
	g.broken = append(g.broken, fmt.Errorf("sourcetest: "+format, args...))
}

func (g *Group) assign(partition int, to *Member) {
	c := &g.claims[partition]
	c.owner = to
	c.number++
}

// spread shares the partitions out evenly after a change of members; only those that move are touched.
func (g *Group) spread() {
	for i := range g.claims {
		var to *Member
		if len(g.members) > 0 {
			to = g.members[i%len(g.members)]
		}
		if to != g.claims[i].owner {
			g.assign(i, to)
		}
	}
	g.t.notify()
}

func (g *Group) join(m *Member) {
	if !slices.Contains(g.members, m) {
		g.members = append(g.members, m)
		g.spread()
	}
}

func (g *Group) leave(m *Member) {
	if i := slices.Index(g.members, m); i >= 0 {
		g.members = slices.Delete(g.members, i, i+1)
		g.spread()
	}
}

func formatPosition(n int64) string { return strconv.FormatInt(n, 10) }

// parsePosition accepts only what formatPosition writes.
func parsePosition(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && formatPosition(n) == s
}

// wait returns after d, or with an error as soon as ctx is done. It returns early when woken.
func wait(ctx context.Context, d time.Duration, woken <-chan struct{}) error {
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-woken:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}
