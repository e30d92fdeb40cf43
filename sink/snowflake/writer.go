package snowflake

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/sink"
)

// writer loads one partition under the epoch that its claim raised.
type writer struct {
	s *Sink
	claim.Claim
	table string // where rows go: the sink's table, or the shadow of it
	lane  string // where its files go, below the sink's directory
	// batchID is that of a Loader; "" = the writer is of a partition.
	batchID string
	// plan is nil before Prepare. Stages read it while another partition's Prepare has the sink make a new one.
	plan atomic.Pointer[plan]
	// doubt: the reply of a load was lost, so that its batch may be there.
	doubt  bool
	closed atomic.Bool

	mu     sync.Mutex
	staged map[*staged]bool // staged and neither loaded nor given up
	litter []leftover       // on the stage, of attempts that came to nothing
}

var (
	_ sink.Writer = (*writer)(nil)
	_ sink.Stager = (*writer)(nil)
)

func (w *writer) done() bool { return w.closed.Load() || w.s.closed.Load() }

// Close implements [sink.Writer]. The claim stands until another one is made: there is nothing to give back.
func (w *writer) Close(context.Context) error {
	w.closed.Store(true)
	w.mu.Lock()
	defer w.mu.Unlock()
	for st := range w.staged {
		st.rejected.Release()
	}
	w.staged = nil
	return nil
}

// hold keeps what a batch left on the stage until it is loaded or the writer closes.
func (w *writer) hold(st *staged) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.staged == nil {
		w.staged = map[*staged]bool{}
	}
	w.staged[st] = true
}

// drop gives up what hold keeps.
func (w *writer) drop(st *staged) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.staged[st] {
		delete(w.staged, st)
		st.rejected.Release()
	}
}
