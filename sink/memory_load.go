package sink

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/retry"
)

// memoryLoad is a batch on its way into a Memory.
type memoryLoad struct {
	w       *memoryWriter
	b       *Batch
	done    bool // it was there before
	kept    []arrow.Record
	receipt Receipt
	err     error
}

// LoadAll implements [GroupLoader].
func (m *Memory) LoadAll(ctx context.Context, group []Loading) ([]Receipt, []error) {
	loads := make([]*memoryLoad, len(group))
	for i, l := range group {
		w, ok := l.Writer.(*memoryWriter)
		if !ok || w.sink != m {
			panic("sink: Memory.LoadAll: a writer of another sink")
		}
		loads[i] = &memoryLoad{w: w, b: l.Batch}
	}
	loadTogether(ctx, loads)
	receipts, errs := make([]Receipt, len(group)), make([]error, len(group))
	for i, e := range loads {
		receipts[i], errs[i] = e.receipt, e.err
	}
	return receipts, errs
}

// loadTogether loads all batches or none, and leaves in each what became of it.
func loadTogether(ctx context.Context, loads []*memoryLoad) {
	ok := standing(ctx, loads)
	for _, e := range loads {
		if ok && !e.done {
			if e.kept, e.receipt, e.err = e.w.keep(e.b); e.err == nil {
				// Without the mutex: a Gate may take its time, and write to other sinks.
				e.err = e.b.Gate(ctx, e.receipt)
			}
			ok = e.err == nil
		}
	}
	if ok && commit(ctx, loads) {
		return
	}
	for _, e := range loads {
		releaseAll(e.kept)
		e.kept, e.receipt = nil, Receipt{}
		if e.err == nil {
			e.err = retry.Transient(errGroup)
		}
		e.err = fmt.Errorf("sink: load partition %q into memory: %w", e.w.partition, e.err)
	}
}

var errGroup = errors.New("another batch of the group was not loaded")

// standing finds out which of the batches are there, and whether the others can be loaded.
func standing(ctx context.Context, loads []*memoryLoad) (ok bool) {
	m := loads[0].w.sink
	m.mu.Lock()
	defer m.mu.Unlock()
	// What is committed may be the end of the last of several batches of one partition: those before are there too.
	last := map[*memoryPart]int{}
	for i, e := range loads {
		if e.b.To == e.w.part.committed {
			last[e.w.part] = i
		}
	}
	ok = true
	next := map[*memoryPart]string{} // committed by the batches looked at so far
	for i, e := range loads {
		part := e.w.part
		if _, seen := next[part]; !seen {
			next[part] = part.committed
		}
		e.err = e.w.usable(ctx)
		if end, there := last[part]; e.err == nil && there && i <= end {
			e.done = true
			continue
		}
		if e.err == nil && next[part] != e.b.From {
			e.err = ErrFenced
		}
		if e.err == nil {
			e.err = covered(m.schema, e.b.Schema)
		}
		next[part] = e.b.To
		ok = ok && e.err == nil
	}
	return ok
}

// commit makes the rows of all batches visible with their offsets, unless a claim or a load came in between.
func commit(ctx context.Context, loads []*memoryLoad) (ok bool) {
	m := loads[0].w.sink
	m.mu.Lock()
	defer m.mu.Unlock()
	ok = true
	next := map[*memoryPart]string{}
	for _, e := range loads {
		if e.done {
			continue
		}
		committed, seen := next[e.w.part]
		if !seen {
			committed = e.w.part.committed
		}
		if e.err = e.w.usable(ctx); e.err == nil && committed != e.b.From {
			e.err = ErrFenced
		}
		next[e.w.part] = e.b.To
		ok = ok && e.err == nil
	}
	if !ok {
		return false
	}
	for _, e := range loads {
		if !e.done {
			e.w.part.records = append(e.w.part.records, e.kept...)
			e.w.part.committed = e.b.To
		}
	}
	return true
}

// keep divides the rows of b into those to keep, which are retained, and the rejected ones.
func (w *memoryWriter) keep(b *Batch) (kept []arrow.Record, r Receipt, err error) {
	var rejected []*deadletter.Rows
	defer func() {
		if err != nil {
			releaseAll(kept)
			kept = nil
			for _, rows := range rejected {
				rows.Release()
			}
		}
	}()
	start := int64(0)
	for _, rec := range b.Records {
		var reasons []deadletter.Reason
		if w.sink.opts.Check != nil {
			reasons = w.sink.opts.Check(rec)
		}
		good, bad, err := deadletter.Split(w.sink.opts.Allocator, rec, reasons)
		if err != nil {
			return kept, r, err
		}
		if good != nil {
			kept = append(kept, good)
			r.Rows += good.NumRows()
		}
		if bad != nil {
			bad.Reasons = shiftReasons(bad.Reasons, start)
			rejected = append(rejected, bad)
		}
		start += rec.NumRows()
	}
	r.Bytes = b.Bytes
	r.Rejected, err = joinRejected(w.sink.opts.Allocator, rejected)
	return kept, r, err
}
