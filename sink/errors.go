package sink

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// ErrFenced: another claim has this partition. On a bounded source the run ends with it; on an unbounded one
// the lane closes and asks whether the partition is still its own.
var ErrFenced = errors.New("sink: fenced: another process has claimed the partition")

// ErrRewind: Stage or Load cannot go on from here. The engine calls Rewind and reads again from what is
// committed.
var ErrRewind = errors.New("sink: the writer must go back to what is committed")

// SchemaError: the target cannot hold a column, or has it otherwise.
type SchemaError struct {
	Target string         // the table or the like
	Column string         // the column at fault
	Type   arrow.DataType // its Arrow type; nil where the fault is not one of type
	Reason string         // what is wrong and what to do
}

func (e *SchemaError) Error() string {
	if e.Type == nil {
		return fmt.Sprintf("sink: %q: column %q: %s", e.Target, e.Column, e.Reason)
	}
	return fmt.Sprintf("sink: %q: column %q of type %s: %s", e.Target, e.Column, e.Type, e.Reason)
}
