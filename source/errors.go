package source

import (
	"errors"
	"fmt"
)

// ErrRevoked: the partition was taken away from this process. What was read of it may still be loaded.
var ErrRevoked = errors.New("source: the partition was taken away")

// OffsetError: Open was asked for a position that the source no longer has: retention passed it, the file
// changed, the topic was made anew. Nothing is skipped silently.
type OffsetError struct {
	Partition string
	Position  string // as asked for
	Lost      string // what is lost or changed, and by which option the user may go on
	Err       error  // the cause, or nil
}

func (e *OffsetError) Error() string {
	s := fmt.Sprintf("source: partition %q cannot go on after %.200q: %s", e.Partition, e.Position, e.Lost)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *OffsetError) Unwrap() error { return e.Err }
