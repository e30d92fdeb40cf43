package sql

import (
	"context"
	"errors"
	"fmt"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/retry"
)

// errClosed answers a call after Close.
var errClosed = errors.New("sink/sql: the writer or its sink is closed")

// hints say what to do about a class of errors.
var hints = map[dialect.Class]string{
	dialect.ReadOnly: "the database takes no writes: is it a replica, or open for reading?",
	dialect.Full:     "there is no room for more: make some, and run again, which goes on where it stopped",
	dialect.Denied:   "the login was refused, or lacks a privilege: grant it",
	dialect.Missing:  "it was there before, or is not to be seen by this login",
}

// classify marks err as transient where another try may succeed. A context that is done answers its own error.
func (s *Sink) classify(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	if retry.IsTransient(err) {
		return err
	}
	class := s.d.Classify(err)
	if class.Transient() {
		return retry.Transient(err)
	}
	if hint := hints[class]; hint != "" {
		err = fmt.Errorf("%w (%s)", err, hint)
	}
	return retry.Permanent(err)
}
