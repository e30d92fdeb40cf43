// Package sink has the contract of sinks, an in-memory reference sink, and small sinks to build on.
//
// A sink is a claim and a load. [Sink.Open] claims a partition, fences whoever held it, and answers the offset
// from which it goes on; [Writer.Load] makes a batch's rows visible and durable together with its offset, in
// one step. Everything else is the engine's: batches, order, retrying, memory, life cycles. So a sink never
// loops over a failing call: it classifies the error (package retry; unclassified is permanent) and returns.
//
// A sink or its writer may implement more, and the engine looks for it:
//
//   - [Stager] on a Writer: work ahead of the load, also while earlier batches load.
//   - [Rewinder] on a Writer: go on after an outcome that is unknown.
//   - [Limiter] on a Sink: what it prefers and bears.
//   - [GroupLoader] on a Sink: one load of batches of several partitions.
//   - [Finisher] on a Sink: told when every partition has ended.
//   - [Inspector] and [Resetter] on a Sink: offsets seen and forgotten from outside a run.
//
// After an error from Stage or Load the engine starts nothing for that batch or a later one of its partition
// but the same call again; earlier batches still load, calls under way are awaited. Close comes after every
// batch is done or given up.
package sink

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/batching"
)

// Sink is a target of rows. It is safe for concurrent use.
type Sink interface {
	// Open claims the partition for this process, fences whoever held it, and answers the offset from which
	// it goes on; "" is the beginning.
	Open(ctx context.Context, pipeline, partition string) (w Writer, committed string, err error)
	// Close releases what the sink holds, after every writer is closed. It is called once.
	Close(ctx context.Context) error
}

// Writer loads one partition. One goroutine uses it at a time, but for Stage (see [Stager] and
// [Limits.InFlight]).
type Writer interface {
	// Prepare creates or evolves the target for schema: before the first Load, and again, between batches,
	// when the schema changes. What the target cannot hold is a *[SchemaError].
	Prepare(ctx context.Context, schema *arrow.Schema) error
	// Load makes b's rows visible and durable together with b.To, in one step, and answers nil only then.
	// Called again for the same b after a transient error, it completes it or finds it complete. Before the
	// offset moves it calls b.Gate with its receipt, and rolls back where Gate fails. The rejected rows of
	// the receipt pass to the engine with Gate; of a load that called it, the engine keeps the receipt that
	// Gate saw.
	Load(ctx context.Context, b *Batch) (Receipt, error)
	// Close gives the claim up. It works also when the context of the run is done, and once only.
	Close(ctx context.Context) error
}

// Stager is what a Writer implements that has work to do ahead of the load: encode, upload, append.
type Stager interface {
	// Stage does that work and leaves in b.State what Load needs; it may call b.Release once nothing that needs
	// the records can fail any more. It runs while earlier batches load, and beside other Stages of the same
	// writer where [Limits.Stages] allows it. Called again for the same b after a transient error, it does it
	// again.
	Stage(ctx context.Context, b *Batch) error
}

// Rewinder is what a Writer implements that answers [ErrRewind].
type Rewinder interface {
	// Rewind claims the partition again where this writer's epoch still stands, else it answers [ErrFenced]; it
	// answers the offset from which the partition goes on.
	Rewind(ctx context.Context) (committed string, err error)
}

// Limiter is what a Sink implements that has preferences or bounds.
type Limiter interface {
	Limits() Limits
}

// Limits says what a sink prefers and bears. The zero value is a sink that takes what comes, one batch of a
// partition at a time, with its offset.
type Limits struct {
	// Batch is what the sink prefers in one load, of a batch or of a group.
	Batch batching.Policy
	// Largest is what one batch may be at most. A source batch that is larger is cut inside.
	Largest batching.Policy
	// RecordRows: records are joined and cut to multiples of this; 0 = as they come.
	RecordRows int64
	// InFlight is how many sealed batches of one partition the writer bears at once; 0 = 1: nothing else of
	// this writer is called during Load.
	InFlight int
	// Stages is how many of them may Stage at once; 0 = 1 = strictly in order.
	Stages int
	// Loads is how many Loads the whole sink bears at once; 0 = no bound.
	Loads int
	// Group is how many batches one LoadAll takes at most; 0 = no groups.
	Group int
	// EmptyBatches says that an offset may move without rows.
	EmptyBatches bool
	// StageIsFinal says that staged rows cannot be taken back: an append that lands by itself.
	StageIsFinal bool
	// NoOffsets marks an at-least-once sink: it keeps no offsets, and sources then start at their own acked
	// position, not at the beginning.
	NoOffsets bool
	// KeepsRejects says that the sink makes the rows that it rejects durable itself, in the step that moves the
	// offset: they need no dead-letter sink, and none gets them.
	KeepsRejects bool
	// BoundedOnly says why the sink needs a source that ends; "" = it does not. An endless one is refused.
	BoundedOnly string
	// Database names the place of a sink that bears one load at a time over a whole database; "" = it bears more. A
	// sink over several such places has a line for each. A dead-letter sink on the same one is refused: its load
	// would wait for the one that waits for it.
	Database string
}

// GroupLoader is what a Sink implements that can load batches of several partitions, and consecutive batches
// of one, in one atomic step. The engine groups what is ready and never waits to fill a group.
type GroupLoader interface {
	// LoadAll loads the group. It answers one receipt and one error for each entry, in order: all nil, or none of
	// the rows are there. An entry that was fenced gets [ErrFenced], and the others may be grouped again.
	LoadAll(ctx context.Context, group []Loading) ([]Receipt, []error)
}

// Loading is one entry of a group: a batch, and the writer of its partition.
type Loading struct {
	Writer Writer
	Batch  *Batch
}

// Finisher is what a Sink implements that has something to do when all is loaded: replace swaps here.
type Finisher interface {
	// Finish is called once every partition of a bounded source ended with io.EOF and all is loaded; never
	// after a drain. It can be repeated after a crash at any point.
	Finish(ctx context.Context, pipeline string, partitions []string) error
}

// Inspector is what a Sink implements that can say what is committed without claiming it.
type Inspector interface {
	// Committed returns the offsets of the partitions named, or of all where none is named. A partition
	// without one is absent.
	Committed(ctx context.Context, pipeline string, partitions ...string) (map[string]string, error)
}

// Resetter is what a Sink implements that can forget a pipeline's offsets.
type Resetter interface {
	// Reset forgets all offsets of the pipeline and fences its writers; rows stay.
	Reset(ctx context.Context, pipeline string) error
}
