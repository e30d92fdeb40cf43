package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/source"
)

// Member is one member of a [Group]: an unbounded source for one run. Its partitions know what the group acked
// ([source.Resumer]).
type Member struct {
	g    *Group
	name string

	// Guarded by the topic's mu.
	running bool // Partitions is being ranged over
	closed  bool
	open    int // readers
}

// Join makes m a member again after [Member.Leave].
func (m *Member) Join() {
	m.g.t.mu.Lock()
	defer m.g.t.mu.Unlock()
	m.g.join(m)
}

// Leave takes all partitions away from m, as a broker does that has not heard of it for long. Partitions goes
// on.
func (m *Member) Leave() {
	m.g.t.mu.Lock()
	defer m.g.t.mu.Unlock()
	m.g.leave(m)
}

// Unbounded answers true.
func (m *Member) Unbounded() bool { return true }

// Partitions joins the group and yields what is assigned to m, until ctx is done.
func (m *Member) Partitions(ctx context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) {
		if err := m.begin(); err != nil {
			yield(nil, err)
			return
		}
		defer m.end()
		for ctx.Err() == nil {
			p, changed := m.assigned()
			if p != nil {
				if !yield(p, nil) {
					return
				}
				continue
			}
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	}
}

func (m *Member) begin() error {
	m.g.t.mu.Lock()
	defer m.g.t.mu.Unlock()
	switch {
	case m.closed:
		m.g.breach("%s: Partitions after Close", m.name)
		return fmt.Errorf("sourcetest: %s is closed", m.name)
	case m.running:
		m.g.breach("%s: Partitions twice at once", m.name)
	}
	m.running = true
	m.g.join(m)
	return nil
}

func (m *Member) end() {
	m.g.t.mu.Lock()
	defer m.g.t.mu.Unlock()
	m.running = false
}

// assigned returns a partition of m that was not yielded yet, or what to wait for.
func (m *Member) assigned() (source.Partition, <-chan struct{}) {
	m.g.t.mu.Lock()
	defer m.g.t.mu.Unlock()
	for i := range m.g.claims {
		if c := &m.g.claims[i]; c.owner == m && c.yielded < c.number {
			c.yielded = c.number
			return &memberPartition{m: m, index: i, number: c.number}, nil
		}
	}
	return nil, m.g.t.changed
}

// Close leaves the group.
func (m *Member) Close(context.Context) error {
	m.g.t.mu.Lock()
	defer m.g.t.mu.Unlock()
	switch {
	case m.closed:
		m.g.breach("%s: Close twice", m.name)
	case m.open > 0:
		m.g.breach("%s: Close while %d readers are open", m.name, m.open)
	}
	m.closed = true
	m.g.leave(m)
	return nil
}

// memberPartition is a partition as it was assigned once.
type memberPartition struct {
	m      *Member
	index  int
	number int64
	opened bool // guarded by the topic's mu: a reader is open
}

// ID names the partition of the topic: it is the same for all members.
func (p *memberPartition) ID() string { return p.m.g.t.ID(p.index) }

// Assigned heeds this assignment alone: a later one of the same partition is another [source.Partition].
func (p *memberPartition) Assigned(ctx context.Context) error {
	p.m.g.t.mu.Lock()
	defer p.m.g.t.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sourcetest: %s: %w", p.ID(), err)
	}
	return p.revoked()
}

// revoked is called with the topic's mu held.
func (p *memberPartition) revoked() error {
	if c := p.m.g.claims[p.index]; c.owner != p.m || c.number != p.number {
		return fmt.Errorf("sourcetest: %s of %s: %w", p.ID(), p.m.name, source.ErrRevoked)
	}
	return nil
}

// Acked tells what the group noted, whichever member acked it.
func (p *memberPartition) Acked(ctx context.Context) (string, error) {
	g := p.m.g
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("sourcetest: %s: %w", p.ID(), err)
	}
	if acked := g.claims[p.index].acked; acked >= 0 {
		return formatPosition(acked), nil
	}
	return "", nil
}

// Open starts reading.
func (p *memberPartition) Open(ctx context.Context, after string) (source.Reader, error) {
	g := p.m.g
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sourcetest: open %s: %w", p.ID(), err)
	}
	if p.m.closed {
		g.breach("%s: Open of %s after Close", p.m.name, p.ID())
	}
	if p.opened {
		g.breach("%s: %s was opened while another reader of it is open", p.m.name, p.ID())
	}
	if err := p.revoked(); err != nil {
		return nil, err
	}
	start := g.t.logs[p.index].low
	if after != "" {
		n, ok := parsePosition(after)
		if !ok {
			return nil, &source.OffsetError{Partition: p.ID(), Position: after, Lost: "the position is none of a topic"}
		}
		start = n
	}
	if err := g.t.check(p.index, start); err != nil {
		return nil, err
	}
	if after != "" {
		g.claims[p.index].loaded = max(g.claims[p.index].loaded, start)
		g.t.notify()
	}
	p.m.open++
	p.opened = true
	draw := uint64(p.index)<<32 | uint64(p.number)<<1
	return &memberReader{
		p: p, next: start, acked: start, given: []int64{start},
		random:    rand.New(rand.NewPCG(g.o.Seed, draw)),
		ackRandom: rand.New(rand.NewPCG(g.o.Seed, draw+1)),
	}, nil
}

// memberReader reads one assignment of a partition. Its fields are guarded by the topic's mu.
type memberReader struct {
	p      *memberPartition
	next   int64
	acked  int64
	given  []int64    // positions given since the last ack, that one included
	random *rand.Rand // of Next
	// Acks come when they do: they must not disturb what Next draws.
	ackRandom *rand.Rand
	busy      bool // in Next
	closed    bool
}

// Schema is that of the next record, once it is appended.
func (r *memberReader) Schema() *arrow.Schema {
	t := r.p.m.g.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := &t.logs[r.p.index]; r.next >= l.low && r.next < l.high {
		return l.find(r.next).rec.Schema()
	}
	return nil
}

// Next waits for a row.
func (r *memberReader) Next(ctx context.Context) (source.Batch, error) {
	delay, fault := r.enter()
	defer r.leave()
	if err := r.sleep(ctx, delay); err != nil {
		return source.Batch{}, err
	}
	for {
		b, changed, err := r.take(ctx, fault)
		if changed == nil {
			return b, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// enter draws what the call is to suffer.
func (r *memberReader) enter() (delay time.Duration, fault bool) {
	g := r.p.m.g
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	switch {
	case r.closed:
		g.breach("%s: Next of %s after Close", r.p.m.name, r.p.ID())
	case r.busy:
		g.breach("%s: two calls of Next of %s at once", r.p.m.name, r.p.ID())
	}
	r.busy = true
	return time.Duration(r.random.Int64N(int64(g.o.Latency) + 1)), r.random.Float64() < g.o.Faults
}

func (r *memberReader) leave() {
	r.p.m.g.t.mu.Lock()
	defer r.p.m.g.t.mu.Unlock()
	r.busy = false
}

// sleep also ends when the partition is taken away.
func (r *memberReader) sleep(ctx context.Context, d time.Duration) error {
	t := r.p.m.g.t
	for until := time.Now().Add(d); ; {
		t.mu.Lock()
		revoked, changed := r.p.revoked(), t.changed
		t.mu.Unlock()
		left := time.Until(until)
		if revoked != nil || left <= 0 {
			return nil
		}
		if err := wait(ctx, left, changed); err != nil {
			return fmt.Errorf("sourcetest: read %s: %w", r.p.ID(), err)
		}
	}
}

// take returns what there is to return, or what to wait for.
func (r *memberReader) take(ctx context.Context, fault bool) (b source.Batch, changed <-chan struct{}, err error) {
	g := r.p.m.g
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return b, nil, fmt.Errorf("sourcetest: read %s: %w", r.p.ID(), err)
	}
	if err := r.p.revoked(); err != nil {
		return b, nil, err
	}
	if err := g.t.check(r.p.index, r.next); err != nil {
		return b, nil, err
	}
	if fault {
		g.faults++
		return b, nil, retry.Transient(fmt.Errorf("sourcetest: read %s: %w", r.p.ID(), ErrInjected))
	}
	l := &g.t.logs[r.p.index]
	if r.next == l.high {
		return b, g.t.changed, nil
	}
	s := l.find(r.next)
	end := s.end()
	if g.o.BatchRows > 0 {
		end = min(end, r.next+1+r.random.Int64N(g.o.BatchRows))
	}
	b.Record = s.rec.NewSlice(r.next-s.start, end-s.start)
	b.Position = formatPosition(end)
	r.next = end
	r.given = append(r.given, end)
	return b, nil, nil
}

// ErrInjected is inside every error that a group made up.
var ErrInjected = errors.New("injected fault")

// Ack notes how far the group is. A member from which the partition was taken away cannot.
func (r *memberReader) Ack(ctx context.Context, position string) error {
	g := r.p.m.g
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	n, ok := parsePosition(position)
	i := slices.Index(r.given, n)
	switch {
	case r.closed:
		g.breach("%s: Ack of %s after Close", r.p.m.name, r.p.ID())
	case ok && n < r.acked:
		g.breach("%s: Ack of %s went back from %d to %d", r.p.m.name, r.p.ID(), r.acked, n)
		return fmt.Errorf("sourcetest: ack %s: %d is acked already", r.p.ID(), r.acked)
	case !ok || i < 0:
		g.breach("%s: Ack of %s with %q, which its reader never gave", r.p.m.name, r.p.ID(), position)
		return fmt.Errorf("sourcetest: ack %s: %q is no position of it", r.p.ID(), position)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sourcetest: ack %s: %w", r.p.ID(), err)
	}
	if err := r.p.revoked(); err != nil {
		return err
	}
	if n < g.t.logs[r.p.index].high && r.ackRandom.Float64() < g.o.AckFaults {
		g.faults++
		return retry.Transient(fmt.Errorf("sourcetest: ack %s: %w", r.p.ID(), ErrInjected))
	}
	r.acked = n
	r.given = r.given[i:]
	c := &g.claims[r.p.index]
	c.acked, c.loaded = n, max(c.loaded, n)
	g.t.notify()
	return nil
}

// Close ends the reading.
func (r *memberReader) Close(context.Context) error {
	g := r.p.m.g
	g.t.mu.Lock()
	defer g.t.mu.Unlock()
	if r.closed {
		g.breach("%s: Close of a reader of %s twice", r.p.m.name, r.p.ID())
		return nil
	}
	if r.busy {
		g.breach("%s: Close of a reader of %s during Next", r.p.m.name, r.p.ID())
	}
	r.closed = true
	r.p.m.open--
	r.p.opened = false
	return nil
}
