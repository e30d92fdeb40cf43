package file

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/floedata/floe/deadletter"
)

// piece is a run of rows of one file: what one decoding step gives.
type piece struct {
	rec      arrow.Record     // in the schema of all files; nil = no rows
	rejected *deadletter.Rows // as in source.Batch, counted from the beginning of the piece
	after    place
	last     bool // the file ends with it
	some     bool // it has rows, be it rejected ones
	file     *entry
	err      error
}

func (p piece) rows() int64 {
	if p.rec == nil {
		return 0
	}
	return p.rec.NumRows()
}

func (p piece) release() {
	if p.rec != nil {
		p.rec.Release()
	}
	p.rejected.Release()
}

// task is a piece that is being made; its channel has room for it.
type task struct {
	done chan piece
	last bool
}

// feed hands the pieces of one file from the goroutine that scans it to the reader.
type feed struct {
	file  *entry
	tasks chan task
	held  *task // handed over, but not passed on: it may be the last
	pool  *errgroup.Group
	free  func() // gives the file's share of the read-ahead back
}

// put hands over a piece that is made.
func (f *feed) put(ctx context.Context, p piece) error {
	t := task{done: make(chan piece, 1)}
	t.done <- p
	return f.push(ctx, t)
}

// decode makes a piece on one of the pool's goroutines and hands it over; it waits until one is free.
func (f *feed) decode(ctx context.Context, work func() piece) error {
	t := task{done: make(chan piece, 1)}
	f.pool.Go(func() error {
		t.done <- work()
		return nil
	})
	return f.push(ctx, t)
}

func (f *feed) push(ctx context.Context, t task) error {
	before := f.held
	f.held = &t
	if before == nil {
		return ctx.Err()
	}
	return f.send(ctx, *before)
}

func (f *feed) send(ctx context.Context, t task) error {
	select {
	case f.tasks <- t:
		return nil
	case <-ctx.Done():
		(<-t.done).release()
		return ctx.Err()
	}
}

// finish passes the last piece on, or the error that ended the file.
func (f *feed) finish(ctx context.Context, err error) {
	defer close(f.tasks)
	if err == nil && f.held == nil {
		err = f.put(ctx, piece{})
	}
	if t := f.held; t != nil {
		t.last = err == nil
		if sent := f.send(ctx, *t); sent != nil {
			return
		}
	}
	if err != nil {
		t := task{done: make(chan piece, 1)}
		t.done <- piece{err: fmt.Errorf("source/file: %q: %w", f.file.name, err)}
		_ = f.send(ctx, t) // fails only where nobody waits for it any more
	}
}

// scan reads a file from a place and hands its pieces to out.
type scan func(ctx context.Context, e *entry, at place, out *feed) error

// The read-ahead, in shares: files together of about aheadBytes are open at once, at least two and at most
// aheadShares/smallShare.
const (
	aheadShares = 64
	largeShare  = aheadShares / 2
	smallShare  = 2
	aheadBytes  = 16 << 20
)

func share(size int64) int64 {
	return max(smallShare, min(largeShare, size*aheadShares/aheadBytes))
}

// pump is the goroutines that read files in order: one that opens them ahead, one a file that scans it, and a
// pool that decodes. Pieces wait in bounded channels, in order: feeds has the files, each feed its tasks.
type pump struct {
	cancel context.CancelFunc
	feeds  chan *feed
	group  errgroup.Group // the goroutine that opens, and those that scan
	pool   errgroup.Group // those that decode
}

// startPump reads files, the first of them from a place. It lives until stop, whatever becomes of ctx.
func startPump(ctx context.Context, files []*entry, at place, parallel int, read scan) *pump {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := &pump{cancel: cancel, feeds: make(chan *feed, aheadShares/smallShare)}
	p.pool.SetLimit(parallel)
	ahead := semaphore.NewWeighted(aheadShares)
	p.group.Go(func() error {
		defer close(p.feeds)
		for _, e := range files {
			n := share(e.size)
			if err := ahead.Acquire(ctx, n); err != nil {
				return nil // stopped
			}
			f := &feed{file: e, tasks: make(chan task, parallel), pool: &p.pool, free: func() { ahead.Release(n) }}
			from := at
			at = place{}
			p.group.Go(func() error {
				f.finish(ctx, read(ctx, e, from, f))
				return nil
			})
			p.feeds <- f // has room for every feed that has a share
		}
		return nil
	})
	return p
}

// stop ends and joins the goroutines and releases what was not taken.
func (p *pump) stop() {
	p.cancel()
	for f := range p.feeds {
		f.drain()
	}
	_ = p.group.Wait() // errors travel as pieces
	_ = p.pool.Wait()
}

// drain releases what a feed still brings.
func (f *feed) drain() {
	for t := range f.tasks {
		(<-t.done).release()
	}
}
