package snowflake

import (
	"context"
	"errors"
	"fmt"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

var (
	// errClosed answers a call after Close.
	errClosed = errors.New("sink/snowflake: the writer or its sink is closed")
	// errMoved: the offset was not the batch's From under the claim's epoch.
	errMoved = errors.New("the offset has moved")
)

// hints say what to do about a class of errors.
var hints = map[dialect.Class]string{
	dialect.Denied:  "the login was refused, or the role lacks a privilege: grant it; Preflight lists what is lacking",
	dialect.Missing: "it was there before, or is not to be seen by this role",
}

// classify marks err as transient where another try may succeed. A context that is done answers its own error.
func (s *Sink) classify(ctx context.Context, err error) error {
	var schema *sink.SchemaError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	case retry.IsTransient(err) || errors.Is(err, sink.ErrFenced) || errors.Is(err, sink.ErrRewind) || errors.As(err, &schema):
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
