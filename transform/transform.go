// Package transform has the contract of transforms, and the built-in ones.
//
// A transform works row for row: stateless, deterministic, and without looking at other rows or at where a
// record begins and ends, because records are cut differently from run to run. It may drop rows, multiply
// them, change columns, and reject rows with a reason. The engine runs a Processor on several records at once
// and puts the results in order.
package transform

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
)

// Transform is the description of a change to rows: a value, safe for concurrent use.
type Transform interface {
	// Bind prepares the transform for records of schema in. What cannot work with that schema (a missing
	// column, a wrong type) is an error here that names the column.
	Bind(ctx context.Context, in *arrow.Schema) (Processor, error)
	// Fingerprint is a text that changes when the effect on rows does. Going on inside a source batch under
	// another fingerprint is refused.
	Fingerprint() string
}

// Processor is a transform bound to a schema.
type Processor interface {
	// Schema is the schema of what Process returns.
	Schema() *arrow.Schema
	// Process transforms one record, which it borrows; what it returns is the caller's. A nil record means no
	// rows. Rejected rows have the input's schema and row numbers of rec; nil = none. Process is safe for
	// concurrent use, and an error ends the run.
	Process(ctx context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error)
	// Close releases what the processor holds. It is called once, after every Process has returned.
	Close(ctx context.Context) error
}
