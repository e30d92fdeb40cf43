package sink

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
)

// teeWriter is one claim in every branch.
type teeWriter struct {
	tee                 *tee
	pipeline, partition string
	branches            []teeWriterBranch
	start               string // where this claim goes on

	mu   sync.Mutex
	open map[*teeBatch]bool // batches that may hold records; nil after Close
}

// teeWriterBranch is a branch's side of a claim. committed and ordinal are those of the claim: what the branch loads
// of a batch is told by them and the batch alone, so that batches may be staged in any order.
type teeWriterBranch struct {
	Writer
	exact     bool
	committed string
	ordinal   int64
	finger    string // of the transforms that made what is committed
	// reached is what the last load that answered nil has committed; unsure says that one failed since.
	reached string
	unsure  bool
}

// align finds the earliest offset of the branches.
func (w *teeWriter) align() error {
	first := true
	w.start = ""
	for i := range w.branches {
		b := &w.branches[i]
		if !b.exact {
			continue
		}
		o, err := offset.Parse(b.committed)
		if err != nil {
			return fmt.Errorf("sink: branch %d: %w", i, err)
		}
		b.ordinal, b.finger, b.reached, b.unsure = o.Ordinal, o.Fingerprint, b.committed, false
		if first {
			w.start, first = b.committed, false
		} else if w.start, err = earlier(w.start, b.committed); err != nil {
			return err
		}
	}
	return nil
}

// offered returns the writer with the optional methods that a branch's writer has.
func (w *teeWriter) offered() Writer {
	stages, rewinds := false, false
	for _, b := range w.branches {
		_, s := b.Writer.(Stager)
		_, r := b.Writer.(Rewinder)
		stages, rewinds = stages || s, rewinds || r
	}
	switch {
	case stages && rewinds:
		return struct {
			*teeWriter
			teeStager
			teeRewinder
		}{w, teeStager{w}, teeRewinder{w}}
	case stages:
		return struct {
			*teeWriter
			teeStager
		}{w, teeStager{w}}
	case rewinds:
		return struct {
			*teeWriter
			teeRewinder
		}{w, teeRewinder{w}}
	}
	return w
}

// Prepare prepares every branch.
func (w *teeWriter) Prepare(ctx context.Context, schema *arrow.Schema) error {
	return w.each(func(i int) error { return w.branches[i].Prepare(ctx, schema) })
}

// Load loads b in every branch that has not loaded it.
func (w *teeWriter) Load(ctx context.Context, b *Batch) (Receipt, error) {
	tb, err := w.batch(b)
	if err != nil {
		return Receipt{}, err
	}
	err = w.each(func(i int) error { return tb.load(ctx, i) })
	if err != nil {
		return Receipt{}, err
	}
	r := tb.receipt()
	w.forget(tb)
	return r, nil
}

// each calls f for every branch at once. Of several errors those of the gravest class count: a batch that one branch
// may try again and another may not is not to be tried again.
func (w *teeWriter) each(f func(i int) error) error {
	errs := make([]error, len(w.branches))
	var all sync.WaitGroup
	for i := range w.branches {
		all.Go(func() {
			if err := f(i); err != nil {
				errs[i] = fmt.Errorf("sink: branch %d: %w", i, err)
			}
		})
	}
	all.Wait()
	var worst []error
	for _, err := range errs {
		switch {
		case err == nil:
		case len(worst) == 0 || gravity(err) > gravity(worst[0]):
			worst = []error{err}
		case gravity(err) == gravity(worst[0]):
			worst = append(worst, err)
		}
	}
	return errors.Join(worst...)
}

// gravity orders errors by what is left to do after them.
func gravity(err error) int {
	switch {
	case errors.Is(err, ErrFenced):
		return 4
	case errors.Is(err, ErrRewind):
		return 2
	case retry.IsTransient(err):
		return 1
	}
	return 3
}

// batch returns what is kept of b from the first call for it on.
func (w *teeWriter) batch(b *Batch) (*teeBatch, error) {
	if tb, ok := b.State.(*teeBatch); ok {
		return tb, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == nil {
		return nil, errWriterClosed
	}
	tb, err := newTeeBatch(w, b)
	if err != nil {
		return nil, err
	}
	b.State = tb
	w.open[tb] = true
	return tb, nil
}

// forget gives back what a batch holds.
func (w *teeWriter) forget(tb *teeBatch) {
	w.mu.Lock()
	delete(w.open, tb)
	w.mu.Unlock()
	tb.release()
}

// forgetAll gives back what batches hold that were given up.
func (w *teeWriter) forgetAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for tb := range w.open {
		tb.release()
	}
	clear(w.open)
}

// Close closes every branch.
func (w *teeWriter) Close(ctx context.Context) error {
	w.forgetAll()
	w.mu.Lock()
	w.open = nil
	w.mu.Unlock()
	return w.each(func(i int) error { return w.branches[i].Close(ctx) })
}

type teeStager struct{ w *teeWriter }

// Stage stages b in the branches that stage.
func (s teeStager) Stage(ctx context.Context, b *Batch) error {
	tb, err := s.w.batch(b)
	if err != nil {
		return err
	}
	return s.w.each(func(i int) error {
		inner, ok := s.w.branches[i].Writer.(Stager)
		// What is staged in one branch is not staged again because another failed: its records may be gone.
		if !ok || tb.subs[i] == nil || tb.staged[i] {
			return nil
		}
		err := inner.Stage(ctx, tb.subs[i])
		tb.staged[i] = err == nil
		return err
	})
}

type teeRewinder struct{ w *teeWriter }

// Rewind goes back to what is committed in the branches that can, and aligns all of them again.
func (r teeRewinder) Rewind(ctx context.Context) (string, error) {
	w := r.w
	w.forgetAll()
	err := w.each(func(i int) (err error) {
		b := &w.branches[i]
		inner, ok := b.Writer.(Rewinder)
		switch {
		case ok:
			b.committed, err = inner.Rewind(ctx)
		case b.unsure:
			b.committed, err = w.inspect(ctx, i)
		default:
			b.committed = b.reached
		}
		return err
	})
	if err != nil {
		return "", err
	}
	err = w.align()
	return w.start, err
}

// inspect asks a branch what it has committed.
func (w *teeWriter) inspect(ctx context.Context, i int) (string, error) {
	n, ok := w.tee.branches[i].Sink.(Inspector)
	if !ok {
		return "", errors.New("the outcome of its last load is unknown, and it cannot be asked (no Inspector): run again")
	}
	offsets, err := n.Committed(ctx, w.pipeline, w.partition)
	return offsets[w.partition], err
}
