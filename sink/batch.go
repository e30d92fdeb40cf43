package sink

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
)

// Batch is the rows that become durable together, and the offsets that they span. The engine makes it, a
// sink loads it.
type Batch struct {
	Pipeline, Partition string
	// From and To are the offsets that the batch spans: it loads only where From is committed, and To is
	// committed then.
	From, To string
	// At returns the offset after n of the batch's rows, 0 <= n <= Rows: what inner steps of a streaming
	// append carry. At(0) is From and At(Rows) is To.
	At func(n int64) string
	// Schema is the schema of every record.
	Schema *arrow.Schema
	// Records are borrowed, their buffers never change, and Retain keeps one. nil for an empty batch, and
	// after Release.
	Records []arrow.Record
	// Rows and Bytes are the sums over Records; they stay after Release.
	Rows, Bytes int64
	// Gate makes rejects durable and checks that the receipt adds up. A Load calls it when the rows are in and
	// before the offset moves; an error means roll back. A repeated Load may call it again.
	Gate func(ctx context.Context, r Receipt) error
	// Release frees the records and their memory early, once a Stage has what Load needs. Records is nil then.
	Release func()
	// State is the sink's own: what Stage leaves for Load.
	State any
}

// Receipt is what a load answers. Rows + rejected rows = the batch's rows, or the batch rolls back.
type Receipt struct {
	Rows  int64    // loaded
	Bytes int64    // written to the target, as far as it tells; else the bytes of the rows
	Files []string // written, where the sink writes files
	// Rejected holds the rows that the target refused; Reason.Row is the number in the batch. nil = none.
	Rejected *deadletter.Rows
}
