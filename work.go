package floe

import (
	"context"
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/transform"
)

// item is one source batch on its way from the reader into a lane's filling batch.
type item struct {
	schema   *arrow.Schema // of rec once it is done
	rec      arrow.Record  // nil = no rows
	read     int64         // rows that the source gave
	before   string        // position before its first row
	position string        // position after its last row
	rejects  []refusal
	charge   int64 // bytes charged to the budget
	err      error
	chain    *chain        // nil = nothing to do
	done     chan struct{} // closed once processed; nil where chain is
}

// refusal is rows refused by one stage, with what identifies them.
type refusal struct {
	rows   *deadletter.Rows
	stage  string
	before string
	end    int64 // output rows of the partition up to the end of the source batch
}

func (it *item) release() {
	if it.rec != nil {
		it.rec.Release()
		it.rec = nil
	}
	for _, r := range it.rejects {
		r.rows.Release()
	}
	it.rejects = nil
}

// holds is how many bytes the item's records view.
func (it *item) holds() int64 {
	n := int64(0)
	if it.rec != nil {
		n = batching.Bytes(it.rec)
	}
	for _, r := range it.rejects {
		n += batching.Bytes(r.rows.Record)
	}
	return n
}

// chain is a run's transforms bound to one source schema.
type chain struct {
	in         *arrow.Schema
	processors []transform.Processor
	out        *arrow.Schema
}

// bind binds the transforms to a source schema.
func bind(ctx context.Context, transforms []transform.Transform, in *arrow.Schema) (*chain, error) {
	c := &chain{in: in, out: in}
	for i, t := range transforms {
		p, err := t.Bind(ctx, c.out)
		if err != nil {
			return c, fmt.Errorf("transform %d: %w", i+1, err)
		}
		c.processors = append(c.processors, p)
		c.out = p.Schema()
	}
	return c, nil
}

func (c *chain) close(ctx context.Context) error {
	var first error
	for _, p := range c.processors {
		if err := p.Close(ctx); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// process runs the chain over the item's record, which it replaces by the result.
func (it *item) process(ctx context.Context) {
	defer close(it.done)
	for i, p := range it.chain.processors {
		if it.rec == nil {
			return
		}
		out, rejected, err := p.Process(ctx, it.rec)
		it.rec.Release()
		it.rec = out
		if rejected.Len() > 0 {
			it.rejects = append(it.rejects, refusal{rows: rejected, stage: fmt.Sprintf("transform %d", i+1), before: it.before})
		} else {
			rejected.Release()
		}
		if err != nil {
			it.err = fmt.Errorf("transform %d: %w", i+1, err)
			return
		}
		if out != nil && out.Schema() != p.Schema() && !out.Schema().Equal(p.Schema()) {
			it.err = fmt.Errorf("transform %d gave a record of schema {%v}, but had said {%v}", i+1, out.Schema(), p.Schema())
			return
		}
	}
}

// workers processes items of all lanes, a fixed number at once. A place is held only while an item is
// processed.
type workers struct {
	tasks chan *item
	wg    sync.WaitGroup
}

func startWorkers(ctx context.Context, n int) *workers {
	w := &workers{tasks: make(chan *item)}
	for range n {
		w.wg.Go(func() {
			for it := range w.tasks {
				it.process(ctx)
			}
		})
	}
	return w
}

// submit hands an item over. The workers never wait for anything but their work, so this ends soon.
func (w *workers) submit(it *item) { w.tasks <- it }

// stop ends the workers; nothing may be submitted any more.
func (w *workers) stop() {
	close(w.tasks)
	w.wg.Wait()
}
