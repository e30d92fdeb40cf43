package floe

import (
	"context"
	"sort"
	"time"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// flight is one sealed batch on its way into the target: staged beside others, loaded in order behind the
// flight before it.
type flight struct {
	s           *session
	number      int64
	b           *sink.Batch
	still       bool          // no rows, and the sink does not move an offset without
	start       offset.Offset // before the first row
	marks       []mark
	rejects     []refusal // of source and transforms
	batchBytes  int64     // charged for the records
	rejectBytes int64     // charged for the rejects
	released    bool      // records and their bytes are given back
	sealed      time.Time
	gated       gated

	before  *flight // nil once that has ended
	earlier *flight // whose staging makes room for this one's
	staged  chan struct{}
	entered chan struct{} // closed once ticket is set, or never will be
	ticket  *ticket       // in the queue of the group loader; nil = not, or not yet
	done    chan struct{}
	err     error // once done
}

// fly takes the batch into the target and ends the flight.
func (f *flight) fly(ctx context.Context) {
	err := f.stage(ctx)
	close(f.staged)
	if err == nil {
		err = f.load(ctx)
	}
	if err != nil {
		f.s.hold.lose(f.number)
		f.s.fail(f, err)
	} else {
		f.landed(ctx)
	}
	f.giveUp()
	f.err = err
	f.before, f.earlier = nil, nil
	close(f.done)
	if f.ticket == nil {
		close(f.entered)
	}
	<-f.s.places
}

// stage runs Stage where the writer has it: as many at once as the sink bears. A batch without rows has nothing
// to stage, but keeps its turn: those behind it wait for its staging, and so for that of those before it.
func (f *flight) stage(ctx context.Context) error {
	st, ok := f.s.writer.(sink.Stager)
	if !ok {
		return nil
	}
	if f.earlier != nil {
		select {
		case <-f.earlier.staged:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if f.still {
		return nil
	}
	return f.s.run.try(ctx, f.where(StepStage), func(ctx context.Context) error {
		return f.s.hold.call(ctx, f.number, func(ctx context.Context) error {
			// An append that lands by itself moves the offset: what was rejected before it must be durable by then.
			if f.s.run.limits.StageIsFinal {
				if err := f.refuseOwn(ctx); err != nil {
					return err
				}
			}
			return st.Stage(ctx, f.b)
		})
	})
}

// load runs Load once the flight before this one has landed; in a group, once that one is in the queue.
func (f *flight) load(ctx context.Context) error {
	if g := f.s.run.groups; g != nil && !f.still {
		return f.loadInGroup(ctx, g)
	}
	if err := f.follow(); err != nil {
		return err
	}
	if f.still {
		return f.s.run.failed(f.where(StepLoad), f.gate(ctx, sink.Receipt{}))
	}
	return f.s.run.try(ctx, f.where(StepLoad), func(ctx context.Context) error {
		return f.s.hold.call(ctx, f.number, f.loadOnce)
	})
}

// follow waits until the flight before this one has ended.
func (f *flight) follow() error {
	if f.before == nil {
		return nil
	}
	<-f.before.done
	if f.before.err != nil {
		return errGivenUp
	}
	return nil
}

func (f *flight) loadInGroup(ctx context.Context, g *groups) error {
	var before *ticket
	if f.before != nil {
		<-f.before.entered
		before = f.before.ticket
	}
	if before == nil { // it needs no group, or has failed before it could enter one
		if err := f.follow(); err != nil {
			return err
		}
	}
	f.ticket = g.enter(ctx, f, before)
	close(f.entered)
	err := <-f.ticket.answer
	if ferr := f.follow(); ferr != nil && err == nil {
		return ferr
	}
	return err
}

// loadOnce is one Load, in a place that it gives back before any wait for another try.
func (f *flight) loadOnce(ctx context.Context) error {
	if err := f.s.run.loads.take(ctx); err != nil {
		return err
	}
	defer f.s.run.loads.free()
	receipt, err := f.s.writer.Load(ctx, f.b)
	if err != nil {
		return err
	}
	return f.settle(ctx, receipt)
}

// settle passes the gate for a sink that loaded without calling it: one that keeps no offsets has no step
// between the rows and the offset.
func (f *flight) settle(ctx context.Context, receipt sink.Receipt) error {
	if f.gated.passed {
		return nil
	}
	return retry.Permanent(f.gate(ctx, receipt))
}

// landed counts what is loaded and tells source and user, in the order of batches.
func (f *flight) landed(ctx context.Context) {
	c, receipt := f.s.run.counters, f.gated.receipt
	c.written.Add(receipt.Rows)
	c.bytes.Add(receipt.Bytes)
	c.rejected.Add(f.gated.rows)
	if !f.still {
		c.batches.Add(1)
		c.moved(f.b.Partition, f.b.To)
		f.s.lane.reached = f.b.To
		if h := f.s.run.opts.Hooks.Loaded; h != nil {
			h(f.info())
		}
	}
	if n := len(f.marks); n > 0 {
		f.s.ack(ctx, f.marks[n-1].at.Position)
	}
}

// release gives back the records and their memory; the sink may call it early.
func (f *flight) release() {
	if f.released {
		return
	}
	f.released = true
	for _, r := range f.b.Records {
		r.Release()
	}
	f.b.Records = nil
	f.s.run.budget.free(f.batchBytes)
}

// giveUp releases all that the flight holds, landed or not.
func (f *flight) giveUp() {
	f.release()
	for _, r := range f.rejects {
		r.rows.Release()
	}
	f.s.run.budget.free(f.rejectBytes)
	f.rejectBytes = 0
}

// at returns the offset after n rows of the flight's batch.
func (f *flight) at(n int64) string {
	switch {
	case n <= 0:
		return f.b.From
	case n >= f.b.Rows:
		return f.b.To
	}
	return f.offsetAt(n).String()
}

// offsetAt counts from the last end of a source batch at or before n; the batch may begin inside one.
func (f *flight) offsetAt(n int64) offset.Offset {
	i := sort.Search(len(f.marks), func(i int) bool { return f.marks[i].rows > n }) - 1
	if i < 0 {
		return f.start.Advance(n)
	}
	return f.marks[i].at.Advance(n - f.marks[i].rows)
}

func (f *flight) where(step Step) where {
	return where{step: step, partition: f.b.Partition, batch: f.number}
}

func (f *flight) info() BatchInfo {
	return BatchInfo{
		Pipeline: f.b.Pipeline, Partition: f.b.Partition, Batch: f.number, From: f.b.From, To: f.b.To,
		Rows: f.b.Rows, Bytes: f.b.Bytes, Files: f.gated.receipt.Files, Took: time.Since(f.sealed),
	}
}
