package floe_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/sourcetest"
)

// TestMemoryPressureSealsIdleLanes fills two lanes whose batches never fill up: one goes idle, the other needs
// its memory.
func TestMemoryPressureSealsIdleLanes(t *testing.T) {
	const each, size = 100, 10
	mem := checked(t)
	topic := sourcetest.NewTopic("t", 2)
	defer topic.Release()
	sizes := make([]int, each+5)
	for i := range sizes {
		sizes[i] = size
	}
	recs := ids(mem, sizes...)
	topic.Append(0, recs[:5]...)
	topic.Append(1, recs[5:]...)
	release(recs)
	g := sourcetest.NewGroup(topic, nil)
	m := g.Member()
	dst := sink.NewMemory(nil)
	t.Cleanup(dst.Release)
	const limit = 1000 // bytes: about twelve records
	p := mustNew(t, m, dst, &floe.Options{
		Batching:    batching.Policy{Rows: 1 << 40, Delay: time.Hour},
		MemoryLimit: limit, Allocator: mem,
	})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	done := make(chan error)
	go func() {
		_, err := p.Run(ctx)
		done <- err
	}()
	for p.Progress().Read < (each+5)*size && ctx.Err() == nil {
		if held := p.Progress().Memory; held > limit {
			t.Errorf("%d bytes held, more than %d", held, limit)
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := p.Drain(ctx); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := m.Close(ctx); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(upTo((each+5)*size), idsOf(records(t, dst))); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
}

func TestRecordLargerThanTheMemoryProceedsAlone(t *testing.T) {
	mem := checked(t)
	recs := ids(mem, 1000, 1, 1000, 1000)
	src := source.FromRecords("p", recs...)
	defer src.Close(context.Background())
	release(recs)
	dst := sink.NewMemory(nil)
	t.Cleanup(dst.Release)
	res, err := run(t, mustNew(t, src, dst, &floe.Options{MemoryLimit: 100, Allocator: mem}))
	if err != nil || res.Written != 3001 {
		t.Errorf("%v, %v; want 3001 rows written", res, err)
	}
}
