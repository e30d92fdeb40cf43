package floe_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/internal/faults"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/source/sourcetest"
)

// TestGroup runs two pipelines as the members of one consumer group: 32 partitions on two workers each, moved
// back and forth while their lanes still drain.
func TestGroup(t *testing.T) {
	for seed := range uint64(6) {
		for _, kind := range []string{"memory", "grouped", "staged", "streaming"} {
			t.Run(fmt.Sprintf("sink=%s/seed=%d", kind, seed), func(t *testing.T) { group(t, seed, targets[kind]) })
		}
	}
}

// unlisted spares Partitions, whose error ends a run, and Ack, of which the last must come through: the group fails others.
type unlisted struct{ faults.Injector }

func (u unlisted) Inject(op faults.Op) faults.Fault {
	if op == faults.Partitions || op == faults.Ack {
		return faults.Fault{}
	}
	return u.Injector.Inject(op)
}

func group(t *testing.T, seed uint64, open func(*rand.Rand, memory.Allocator) target) {
	const partitions, batches, size = 32, 10, 20
	mem := checked(t)
	topic := sourcetest.NewTopic("t", partitions)
	defer topic.Release()
	var sizes []int
	for range partitions * batches {
		sizes = append(sizes, size)
	}
	recs := ids(mem, sizes...)
	for i, r := range recs {
		topic.Append(i%partitions, r)
	}
	release(recs)
	g := sourcetest.NewGroup(topic, &sourcetest.GroupOptions{Seed: seed, BatchRows: 15, Latency: time.Millisecond, Faults: 0.1, AckFaults: 0.1})
	dst := open(rand.New(rand.NewPCG(seed, 0)), mem)
	t.Cleanup(dst.release)

	in := unlisted{faults.NewRandom(seed, 0.05, 3)}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	churn, quiet := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { g.Churn(churn, 5*time.Millisecond) })
	var pipelines []*floe.Pipeline
	for i := range 2 {
		m := g.Member()
		p := mustNew(t, faults.Source(m, in), faults.Sink(dst.Sink, in), &floe.Options{
			Batching:    batching.Policy{Rows: 50, Delay: 2 * time.Millisecond},
			Workers:     2,
			MemoryLimit: 2000,
			Retry:       retry.Policy{Retries: 20, Base: time.Millisecond},
			Allocator:   mem,
			Logger:      silent,
		})
		pipelines = append(pipelines, p)
		wg.Go(func() {
			if _, err := p.Run(ctx); err != nil {
				t.Errorf("member %d: %v", i, err)
			}
			if err := m.Close(ctx); err != nil {
				t.Errorf("member %d: close: %v", i, err)
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	quiet()
	if err := g.WaitAcked(ctx); err != nil {
		t.Error(err)
	}
	for _, p := range pipelines {
		if err := p.Drain(ctx); err != nil {
			t.Error("drain:", err)
		}
	}
	wg.Wait()
	if err := g.Err(); err != nil {
		t.Error(err)
	}
	rows := dst.rows()
	defer release(rows)
	if diff := cmp.Diff(upTo(partitions*batches*size), idsOf(rows)); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
	if g.Faults() == 0 {
		t.Error("no fault was injected")
	}
}
