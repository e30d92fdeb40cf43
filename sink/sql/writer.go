package sql

import (
	"context"
	"sync/atomic"

	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/sink"
)

// writer loads one partition under the epoch that its claim raised.
type writer struct {
	s *Sink
	claim.Claim
	table string // where rows go: the sink's table, or the shadow of it
	plan  *plan  // nil before Prepare
	// doubt: a COMMIT failed, so that the batch it was for may be there.
	doubt  bool
	closed atomic.Bool
}

var _ sink.Writer = (*writer)(nil)

func (w *writer) done() bool { return w.closed.Load() || w.s.closed.Load() }

// Close implements [sink.Writer]. The claim stands until another one is made: there is nothing to give back.
func (w *writer) Close(context.Context) error {
	w.closed.Store(true)
	return nil
}
