package sourcetest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/sourcetest"
)

var numbers = arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)

// count returns a record with the numbers from first on.
func count(mem memory.Allocator, first, rows int64) arrow.Record {
	b := array.NewRecordBuilder(mem, numbers)
	defer b.Release()
	for n := range rows {
		b.Field(0).(*array.Int64Builder).Append(first + n)
	}
	return b.NewRecord()
}

// topicOf returns a topic with that many rows in each partition, in records of ten: row n is number n.
func topicOf(t testing.TB, partitions int, rows int64) *sourcetest.Topic {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	topic := sourcetest.NewTopic("events", partitions)
	t.Cleanup(func() {
		topic.Release()
		mem.AssertSize(t, 0)
	})
	for i := range partitions {
		for n := int64(0); n < rows; n += 10 {
			rec := count(mem, n, min(10, rows-n))
			topic.Append(i, rec)
			rec.Release()
		}
	}
	return topic
}

// member pulls partitions one by one, as they are asked for.
type member struct {
	*sourcetest.Member
	t      testing.TB
	next   func() (source.Partition, error, bool)
	cancel context.CancelFunc
}

func start(t testing.TB, g *sourcetest.Group) *member {
	ctx, cancel := context.WithCancel(context.Background())
	m := &member{Member: g.Member(), t: t, cancel: cancel}
	next, stop := iter.Pull2(m.Partitions(ctx))
	m.next = next
	t.Cleanup(stop)
	t.Cleanup(cancel)
	return m
}

func (m *member) partition() source.Partition {
	m.t.Helper()
	p, err, ok := m.next()
	if err != nil || !ok {
		m.t.Fatalf("no partition: %v, %v", err, ok)
	}
	return p
}

func open(t testing.TB, p source.Partition, after string) source.Reader {
	t.Helper()
	r, err := p.Open(context.Background(), after)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// numbersOf reads n batches.
func numbersOf(t testing.TB, r source.Reader, n int) (vals []int64, position string) {
	t.Helper()
	for range n {
		b, err := r.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		vals = append(vals, b.Record.Column(0).(*array.Int64).Int64Values()...)
		position = b.Position
		b.Release()
	}
	return vals, position
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestGroupMovesPartitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := topicOf(t, 1, 10)
		g := sourcetest.NewGroup(topic, nil)
		a := start(t, g)
		p := a.partition()
		if p.ID() != "events/0" || topic.ID(0) != p.ID() || !a.Unbounded() || g.Owner(0) != a.Member {
			t.Errorf("partition %q of %v", p.ID(), g.Owner(0))
		}
		r := open(t, p, "")
		if !r.Schema().Equal(numbers) {
			t.Errorf("schema %v", r.Schema())
		}
		numbersOf(t, r, 1)
		if r.Schema() != nil {
			t.Errorf("schema of what is not there: %v", r.Schema())
		}
		// Next waits for a row, and is woken by the loss of the partition.
		lost := make(chan error)
		go func() {
			_, err := r.Next(t.Context())
			lost <- err
		}()
		synctest.Wait()
		must(t, p.(source.Assigner).Assigned(t.Context()))
		g.Move(0, a.Member)
		if err := <-lost; !errors.Is(err, source.ErrRevoked) {
			t.Errorf("Next: %v", err)
		}
		if err := p.(source.Assigner).Assigned(t.Context()); !errors.Is(err, source.ErrRevoked) {
			t.Errorf("Assigned: %v", err)
		}
		if err := r.(source.Acker).Ack(t.Context(), "10"); !errors.Is(err, source.ErrRevoked) || g.Acked(0) != -1 {
			t.Errorf("Ack: %v, acked %d", err, g.Acked(0))
		}
		// The same ID comes again while the old reader is open; it reads beside it.
		again := a.partition()
		must(t, again.(source.Assigner).Assigned(t.Context()))
		r2 := open(t, again, "")
		if got, _ := numbersOf(t, r2, 1); again.ID() != p.ID() || len(got) != 10 {
			t.Errorf("again: %q with %v", again.ID(), got)
		}
		must(t, r.Close(t.Context()))
		if _, err := p.Open(t.Context(), ""); !errors.Is(err, source.ErrRevoked) {
			t.Errorf("Open: %v", err)
		}
		must(t, r2.(source.Acker).Ack(t.Context(), "10"))
		must(t, r2.Close(t.Context()))
		if _, err := again.Open(t.Context(), "11"); !isOffsetError(err, "11") {
			t.Errorf("Open: %v", err)
		}
		a.cancel()
		if _, _, ok := a.next(); ok {
			t.Error("Partitions went on")
		}
		must(t, a.Close(t.Context()))
		if g.Owner(0) != nil {
			t.Errorf("owner after Close: %v", g.Owner(0))
		}
		must(t, g.Err())
	})
}

func isOffsetError(err error, position string) bool {
	var lost *source.OffsetError
	return errors.As(err, &lost) && lost.Position == position && lost.Lost != ""
}

func TestGroupSharesAndResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := topicOf(t, 4, 30)
		g := sourcetest.NewGroup(topic, nil)
		a := start(t, g)
		for i := range 4 {
			p := a.partition()
			if p.ID() != topic.ID(i) {
				t.Errorf("partition %d is %q", i, p.ID())
			}
			r := open(t, p, "")
			_, pos := numbersOf(t, r, i)
			if i > 0 {
				must(t, r.(source.Acker).Ack(t.Context(), pos))
			}
			must(t, r.Close(t.Context()))
		}
		b := start(t, g)
		for _, i := range []int{1, 3} {
			p := b.partition()
			if p.ID() != topic.ID(i) || g.Acked(i) != int64(10*i) {
				t.Errorf("%q moved, acked %d", p.ID(), g.Acked(i))
			}
			if i == 3 {
				break
			}
			acked, err := p.(source.Resumer).Acked(t.Context())
			must(t, err)
			r := open(t, p, acked) // goes on where a stopped
			if got, pos := numbersOf(t, r, 2); got[0] != 10 || pos != "30" {
				t.Errorf("got %v up to %s", got, pos)
			}
			must(t, r.Close(t.Context()))
			r = open(t, p, "7") // or where it is told
			if got, _ := numbersOf(t, r, 1); cmp.Diff([]int64{7, 8, 9}, got) != "" {
				t.Errorf("after 7: %v", got)
			}
			must(t, r.Close(t.Context()))
		}
		b.Leave()
		if g.Owner(1) != a.Member {
			t.Error("b left, and a has not got its partition")
		}
		b.Join()
		if g.Owner(1) != b.Member {
			t.Error("b joined again and got nothing")
		}
		must(t, g.Err())
	})
}

func TestGroupRetention(t *testing.T) {
	topic := topicOf(t, 1, 30)
	g := sourcetest.NewGroup(topic, nil)
	a := start(t, g)
	p := a.partition()
	r := open(t, p, "")
	_, pos := numbersOf(t, r, 1)
	must(t, r.(source.Acker).Ack(t.Context(), pos))
	topic.Trim(0, 15)
	if low, high := topic.Bounds(0); low != 15 || high != 30 {
		t.Errorf("rows %d to %d", low, high)
	}
	if _, err := r.Next(t.Context()); !isOffsetError(err, "10") {
		t.Errorf("Next: %v", err)
	}
	must(t, r.Close(t.Context()))
	for _, after := range []string{"10", "14", "31", "x", "07", "-1"} { // what was acked is lost, not skipped
		if _, err := p.Open(t.Context(), after); !isOffsetError(err, after) {
			t.Errorf("Open after %q: %v", after, err)
		}
	}
	r = open(t, p, "15")
	if got, _ := numbersOf(t, r, 1); cmp.Diff([]int64{15, 16, 17, 18, 19}, got) != "" {
		t.Errorf("got %v", got)
	}
	must(t, r.Close(t.Context()))
	// A group that never acked begins at what there is.
	p = start(t, sourcetest.NewGroup(topic, nil)).partition()
	r = open(t, p, "")
	if got, _ := numbersOf(t, r, 1); got[0] != 15 {
		t.Errorf("got %v", got)
	}
	must(t, r.Close(t.Context()))
	must(t, g.Err())
}

func TestGroupNamesBreaches(t *testing.T) {
	for name, tc := range map[string]struct {
		misuse func(m *member, p source.Partition, r source.Reader)
		want   string
	}{
		"ack back": {func(_ *member, _ source.Partition, r source.Reader) {
			numbersOf(t, r, 2)
			_ = r.(source.Acker).Ack(t.Context(), "20")
			_ = r.(source.Acker).Ack(t.Context(), "10")
		}, "member 1: Ack of events/0 went back from 20 to 10"},
		"ack of nothing": {func(_ *member, _ source.Partition, r source.Reader) {
			numbersOf(t, r, 2)
			_ = r.(source.Acker).Ack(t.Context(), "15")
		}, `Ack of events/0 with "15", which its reader never gave`},
		"ack of something else": {func(_ *member, _ source.Partition, r source.Reader) {
			_ = r.(source.Acker).Ack(t.Context(), "floe1/x/0/0/20")
		}, `which its reader never gave`},
		"ack after close": {func(_ *member, _ source.Partition, r source.Reader) {
			numbersOf(t, r, 1)
			_ = r.Close(t.Context())
			_ = r.(source.Acker).Ack(t.Context(), "10")
		}, "Ack of events/0 after Close"},
		"next after close": {func(_ *member, _ source.Partition, r source.Reader) {
			_ = r.Close(t.Context())
			numbersOf(t, r, 1)
		}, "Next of events/0 after Close"},
		"reader closed twice": {func(_ *member, _ source.Partition, r source.Reader) {
			_ = r.Close(t.Context())
			_ = r.Close(t.Context())
		}, "Close of a reader of events/0 twice"},
		"two readers": {func(_ *member, p source.Partition, _ source.Reader) {
			open(t, p, "")
		}, "opened while another reader of it is open"},
		"closed too early": {func(m *member, _ source.Partition, _ source.Reader) {
			_ = m.Close(t.Context())
		}, "Close while 1 readers are open"},
		"closed twice": {func(m *member, _ source.Partition, r source.Reader) {
			_ = r.Close(t.Context())
			_ = m.Close(t.Context())
			_ = m.Close(t.Context())
		}, "member 1: Close twice"},
		"partitions after close": {func(m *member, _ source.Partition, r source.Reader) {
			_ = r.Close(t.Context())
			_ = m.Close(t.Context())
			for _, err := range m.Partitions(t.Context()) {
				if err == nil {
					t.Error("no error")
				}
			}
		}, "Partitions after Close"},
		"partitions twice": {func(m *member, _ source.Partition, _ source.Reader) {
			done, cancel := context.WithCancel(t.Context())
			cancel()
			for range m.Partitions(done) {
				t.Error("yielded")
			}
		}, "Partitions twice at once"},
		"open after close": {func(m *member, p source.Partition, r source.Reader) {
			_ = r.Close(t.Context())
			_ = m.Close(t.Context())
			_, _ = p.Open(t.Context(), "")
		}, "Open of events/0 after Close"},
	} {
		t.Run(name, func(t *testing.T) {
			g := sourcetest.NewGroup(topicOf(t, 1, 30), nil)
			m := start(t, g)
			p := m.partition()
			r := open(t, p, "")
			must(t, g.Err())
			tc.misuse(m, p, r)
			if err := g.Err(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v does not say %q", err, tc.want)
			}
		})
	}
}

func TestGroupNamesConcurrentNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := sourcetest.NewGroup(sourcetest.NewTopic("events", 1), nil)
		r := open(t, start(t, g).partition(), "")
		ctx, cancel := context.WithCancel(t.Context())
		for range 2 {
			go func() { _, _ = r.Next(ctx) }()
		}
		synctest.Wait()
		must(t, r.Close(ctx))
		cancel()
		synctest.Wait()
		err := g.Err()
		for _, want := range []string{"two calls of Next", "during Next"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not say %q", err, want)
			}
		}
	})
}

func TestGroupIsRepeatable(t *testing.T) {
	play := func(seed uint64) string {
		var log strings.Builder
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			topic := topicOf(t, 1, 200)
			g := sourcetest.NewGroup(topic, &sourcetest.GroupOptions{Seed: seed, BatchRows: 7, Latency: time.Second, Faults: 0.3, AckFaults: 0.3})
			r := open(t, start(t, g).partition(), "")
			for position := ""; position != "200"; {
				b, err := r.Next(t.Context())
				switch {
				case errors.Is(err, sourcetest.ErrInjected) && retry.IsTransient(err):
				case err != nil:
					t.Fatal(err)
				default:
					position = b.Position
					fmt.Fprintf(&log, "%v %s; ", time.Since(begin), position)
					b.Release()
					if err := r.(source.Acker).Ack(t.Context(), position); err != nil && !errors.Is(err, sourcetest.ErrInjected) {
						t.Fatal(err)
					}
				}
			}
			must(t, r.Close(t.Context()))
			must(t, g.WaitAcked(t.Context())) // the last ack never fails
			if g.Faults() < 10 {
				t.Errorf("%d faults", g.Faults())
			}
			must(t, g.Err())
		})
		return log.String()
	}
	if a, b := play(1), play(1); a != b {
		t.Errorf("one seed, two courses:\n%s\n%s", a, b)
	}
	if play(1) == play(2) {
		t.Error("the seed makes no difference")
	}
}

func TestGroupWaitAckedGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := sourcetest.NewGroup(topicOf(t, 2, 10), nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := g.WaitAcked(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "events/0 stands at 0 of 10") {
			t.Errorf("got %v", err)
		}
		// Loaded, but taken away before the ack: the next owner opens it after the last row, and has nothing to
		// ack.
		m := start(t, g)
		for range 2 {
			r := open(t, m.partition(), "10")
			must(t, r.Close(t.Context()))
		}
		must(t, g.WaitAcked(t.Context()))
		if g.Acked(0) != -1 {
			t.Errorf("acked %d", g.Acked(0))
		}
	})
}

// TestGroupUnderChurn reads 32 partitions by two members, as an engine would that fences by epoch: each row
// must be stored once.
func TestGroupUnderChurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const partitions, rows = 32, 200
		topic := topicOf(t, partitions, rows)
		g := sourcetest.NewGroup(topic, &sourcetest.GroupOptions{Seed: 7, BatchRows: 9, Latency: 50 * time.Millisecond, Faults: 0.1, AckFaults: 0.1})
		store := &store{rows: map[string][]int64{}, epoch: map[string]int{}, committed: map[string]string{}}
		ctx, drain := context.WithCancel(t.Context())
		var run sync.WaitGroup
		members := []*sourcetest.Member{g.Member(), g.Member()}
		for _, m := range members {
			run.Go(func() { consume(ctx, t, m, store) })
		}
		run.Go(func() { g.Churn(ctx, 100*time.Millisecond) })
		run.Go(func() {
			for wait := time.Second; ctx.Err() == nil; time.Sleep(wait) {
				members[1].Leave()
				time.Sleep(wait)
				members[1].Join()
			}
		})
		must(t, g.WaitAcked(ctx))
		drain()
		run.Wait()
		must(t, g.Err())
		if g.Faults() == 0 || store.fenced == 0 {
			t.Errorf("%d faults, fenced %d times: the group presses nobody", g.Faults(), store.fenced)
		}
		for i := range partitions {
			got := store.rows[topic.ID(i)]
			for n, v := range got {
				if v != int64(n) {
					t.Fatalf("%s: row %d is %d", topic.ID(i), n, v)
				}
			}
			if len(got) != rows {
				t.Errorf("%s: %d rows", topic.ID(i), len(got))
			}
		}
	})
}

// store is a sink reduced to its claims.
type store struct {
	mu        sync.Mutex
	rows      map[string][]int64
	epoch     map[string]int
	committed map[string]string
	fenced    int
}

func (s *store) claim(id string) (epoch int, committed string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch[id]++
	return s.epoch[id], s.committed[id]
}

func (s *store) load(id string, epoch int, b source.Batch) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch[id] != epoch {
		s.fenced++
		return false
	}
	s.rows[id] = append(s.rows[id], b.Record.Column(0).(*array.Int64).Int64Values()...)
	s.committed[id] = b.Position
	return true
}

func consume(ctx context.Context, t *testing.T, m *sourcetest.Member, s *store) {
	var lanes sync.WaitGroup
	for p, err := range m.Partitions(ctx) {
		if err != nil {
			t.Error(err)
			return
		}
		lanes.Go(func() { lane(ctx, t, p, s) })
	}
	lanes.Wait()
	if err := m.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func lane(ctx context.Context, t *testing.T, p source.Partition, s *store) {
	if p.(source.Assigner).Assigned(ctx) != nil {
		return
	}
	epoch, committed := s.claim(p.ID())
	r, err := p.Open(ctx, committed)
	if errors.Is(err, source.ErrRevoked) || ctx.Err() != nil {
		return
	}
	if err != nil {
		t.Error(err)
		return
	}
	defer func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	for {
		b, err := r.Next(ctx)
		switch {
		case retry.IsTransient(err):
			continue
		case errors.Is(err, source.ErrRevoked) || ctx.Err() != nil:
			return
		case err != nil:
			t.Errorf("%s: %v", p.ID(), err)
			return
		}
		time.Sleep(30 * time.Millisecond) // the load
		ok := s.load(p.ID(), epoch, b)
		b.Release()
		if !ok {
			return
		}
		err = r.(source.Acker).Ack(ctx, b.Position)
		if err != nil && !errors.Is(err, source.ErrRevoked) && !errors.Is(err, sourcetest.ErrInjected) && ctx.Err() == nil {
			t.Error(err)
		}
	}
}
