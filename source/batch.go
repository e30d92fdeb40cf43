package source

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
)

// Batch is what one call of [Reader.Next] gives.
type Batch struct {
	// Record holds the rows; the receiver owns it and releases it, and its buffers never change. nil = no rows.
	Record arrow.Record
	// Position is the one after the batch's last row. A batch with rows, or with rejected ones, must move it;
	// one without may repeat it.
	Position string
	// Rejected holds the rows that were read between the position before and Position, but cannot be given as
	// rows of Record; the receiver owns it. Reason.Row counts all rows since the position before, those of
	// Record included. nil = none.
	Rejected *deadletter.Rows
}

// Release gives back the record and the rejected rows.
func (b Batch) Release() {
	if b.Record != nil {
		b.Record.Release()
	}
	b.Rejected.Release()
}
