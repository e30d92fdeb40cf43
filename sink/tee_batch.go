package sink

import (
	"context"
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/offset"
)

// teeBatch is a batch on its way through a Tee: what each branch takes of it, and what became of that.
type teeBatch struct {
	w     *teeWriter
	outer *Batch
	subs  []*Batch // by branch; nil where it has all rows already
	skips []int64  // rows of the batch that the branch has
	// By branch: Stage or Load has answered nil. Each entry belongs to the goroutine of its branch.
	staged, done []bool

	mu       sync.Mutex
	slices   [][]arrow.Record // of records that a branch has in part; owned
	unfreed  int              // branches that have not released their records
	rejects  []*deadletter.Rows
	receipts []Receipt
}

func newTeeBatch(w *teeWriter, b *Batch) (*teeBatch, error) {
	from, err := offset.Parse(b.From)
	if err != nil {
		return nil, err
	}
	to, err := offset.Parse(b.To)
	if err != nil {
		return nil, err
	}
	n := len(w.branches)
	tb := &teeBatch{
		w: w, outer: b, subs: make([]*Batch, n), skips: make([]int64, n), staged: make([]bool, n), done: make([]bool, n),
		slices: make([][]arrow.Record, n), rejects: make([]*deadletter.Rows, n), receipts: make([]Receipt, n),
	}
	for i := range w.branches {
		br := &w.branches[i]
		switch passes := !br.exact || br.committed == w.start || from.Ordinal > br.ordinal; {
		case passes:
			tb.subs[i] = tb.sub(i, 0, b.From)
		case br.ordinal > from.Ordinal && to.Fingerprint != br.finger:
			tb.release()
			return nil, fmt.Errorf("sink: branch %d is %d rows ahead of this batch, and those were made by other transforms: run the former ones until the branches meet, or reset the pipeline", i, br.ordinal-from.Ordinal)
		case to.Ordinal <= br.ordinal:
			tb.done[i] = true
		default:
			tb.skips[i] = br.ordinal - from.Ordinal
			tb.subs[i] = tb.sub(i, tb.skips[i], br.committed)
		}
	}
	return tb, nil
}

// sub returns what branch i takes of the batch: the rows after the first skip, from an offset of its own.
func (tb *teeBatch) sub(i int, skip int64, from string) *Batch {
	b := *tb.outer
	b.From, b.State = from, nil
	b.Rows -= skip
	b.At = func(n int64) string {
		if n == 0 {
			return from
		}
		return tb.outer.At(n + skip)
	}
	if skip > 0 {
		b.Records, b.Bytes = nil, 0
		left := skip
		for _, rec := range tb.outer.Records {
			if rec.NumRows() <= left {
				left -= rec.NumRows()
				continue
			}
			part := rec.NewSlice(left, rec.NumRows())
			left = 0
			tb.slices[i] = append(tb.slices[i], part)
			b.Records = append(b.Records, part)
		}
		b.Bytes = tb.outer.Bytes * b.Rows / tb.outer.Rows
	}
	b.Gate = func(ctx context.Context, r Receipt) error { return tb.gate(ctx, i, r) }
	b.Release = func() { tb.free(i) }
	tb.unfreed++
	return &b
}

// free is a branch's Release. Once no branch needs the records any more, those of the batch are released.
func (tb *teeBatch) free(i int) {
	tb.mu.Lock()
	first := tb.subs[i].Records != nil
	tb.subs[i].Records = nil
	releaseAll(tb.slices[i])
	tb.slices[i] = nil
	if first {
		tb.unfreed--
	}
	last := first && tb.unfreed == 0
	tb.mu.Unlock()
	if last {
		tb.outer.Release()
	}
}

// load loads what branch i takes, unless it has.
func (tb *teeBatch) load(ctx context.Context, i int) error {
	if tb.done[i] {
		return nil
	}
	br := &tb.w.branches[i]
	r, err := br.Load(ctx, tb.subs[i])
	if err != nil {
		br.unsure = true
		return err
	}
	br.reached, br.unsure = tb.outer.To, false
	tb.done[i] = true
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.receipts[i].Bytes, tb.receipts[i].Files = r.Bytes, r.Files
	return nil
}

// gate passes the rejects of all branches so far to the batch's Gate.
func (tb *teeBatch) gate(ctx context.Context, i int, r Receipt) error {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	if rows := tb.subs[i].Rows; r.Rows+r.Rejected.Len() != rows {
		defer r.Rejected.Release()
		return fmt.Errorf("the receipt does not add up: %d rows loaded and %d rejected of %d", r.Rows, r.Rejected.Len(), rows)
	}
	tb.rejects[i].Release() // of an earlier try
	tb.rejects[i] = nil
	if r.Rejected != nil {
		r.Rejected.Reasons = shiftReasons(r.Rejected.Reasons, tb.skips[i])
		tb.rejects[i] = r.Rejected
	}
	all, err := tb.allRejects()
	if err != nil {
		return err
	}
	r.Rows, r.Rejected = tb.outer.Rows-all.Len(), all
	return tb.outer.Gate(ctx, r)
}

// allRejects joins the rejects of all branches, each row once. The result is the caller's.
func (tb *teeBatch) allRejects() (*deadletter.Rows, error) {
	var sets []*deadletter.Rows
	seen := map[int64]bool{}
	for _, rows := range tb.rejects {
		fresh, err := unseen(rows, seen)
		if err == nil && fresh != nil && len(sets) > 0 && !fresh.Record.Schema().Equal(sets[0].Record.Schema()) {
			fresh.Release()
			err = fmt.Errorf("sink: branches reject rows of different schemas")
		}
		if err != nil {
			for _, s := range sets {
				s.Release()
			}
			return nil, err
		}
		if fresh != nil {
			sets = append(sets, fresh)
		}
	}
	return joinRejected(memory.DefaultAllocator, sets)
}

// unseen returns the rows that are not in seen, and adds them; nil = none. rows is borrowed.
func unseen(rows *deadletter.Rows, seen map[int64]bool) (*deadletter.Rows, error) {
	if rows.Len() == 0 {
		return nil, nil
	}
	var twice, once []deadletter.Reason
	for i, r := range rows.Reasons {
		if seen[r.Row] {
			twice = append(twice, deadletter.Reason{Row: int64(i)})
			continue
		}
		seen[r.Row] = true
		once = append(once, r)
	}
	kept, doubled, err := deadletter.Split(memory.DefaultAllocator, rows.Record, twice)
	if err != nil {
		return nil, err
	}
	doubled.Release()
	if kept == nil {
		return nil, nil
	}
	return &deadletter.Rows{Record: kept, Reasons: once}, nil
}

// receipt is what all branches have loaded: a row counts where every one has it.
func (tb *teeBatch) receipt() Receipt {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	rejected := map[int64]bool{}
	var all Receipt
	for i, rows := range tb.rejects {
		if rows != nil {
			for _, r := range rows.Reasons {
				rejected[r.Row] = true
			}
		}
		all.Bytes += tb.receipts[i].Bytes
		all.Files = append(all.Files, tb.receipts[i].Files...)
	}
	all.Rows = tb.outer.Rows - int64(len(rejected))
	return all
}

// release gives back what the batch holds beside the records that it borrowed.
func (tb *teeBatch) release() {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	for i := range tb.slices {
		releaseAll(tb.slices[i])
		tb.slices[i] = nil
		tb.rejects[i].Release()
		tb.rejects[i] = nil
	}
}
