// Package source has the contract of sources, and adapters that make sources of what a program has at hand.
//
// A source is a set of partitions; a partition is an ordered, replayable run of rows with a stable name. It
// is read by one Reader at a time, which says with each batch the position after its last row: a text that
// the source makes, that is opaque to everyone else, and from which a later Open goes on.
//
// A source must be deterministic: reading again after a position gives the same rows in the same order, or
// an [OffsetError]. The rows must not depend on how often or when they are read; where they are cut into
// batches may.
//
// Besides the interfaces below a source may implement, and the engine looks for:
//
//   - [Assigner] on a Partition: every unbounded source has it; asked before each claim.
//   - [Resumer] on a Partition whose origin keeps what was acked: asked for sinks that keep no offsets.
//   - [Acker] on a Reader: told what is loaded.
//   - [Estimator] on a Source: feeds progress.
//   - [NotReplayable] on a Source: rows that are gone once read.
package source

import (
	"context"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"
)

// Source gives partitions. Its methods are called from one goroutine at a time, but Close may be called while
// partitions that it gave are still closing.
type Source interface {
	// Partitions yields partitions as they become available. A bounded source yields each once and returns.
	// An unbounded one goes on until ctx is done, may yield an ID again after it was taken away, and its
	// yield never blocks for long. An error ends the run, unless ctx is done.
	Partitions(ctx context.Context) iter.Seq2[Partition, error]
	// Unbounded reports whether Partitions goes on until its context is done.
	Unbounded() bool
	// Close releases what the source holds. It is called once, after every Reader is closed; a bounded source
	// may be read again by another run only where its own documentation says so.
	Close(ctx context.Context) error
}

// Partition is an ordered run of rows.
type Partition interface {
	// ID is stable across restarts and never empty: offsets are kept under it.
	ID() string
	// Open starts reading after a position that a Reader of this partition once gave, or at the beginning
	// for "", whatever was acked. It answers an *[OffsetError] where that position is no longer to be had, and [ErrRevoked] where the
	// partition was taken away. ctx bounds the opening only.
	Open(ctx context.Context, after string) (Reader, error)
}

// Reader reads one partition. One goroutine uses it at a time, but for Ack (see [Acker]).
type Reader interface {
	// Schema is the schema of the rows to come as far as it is known; nil = not yet. The record of a Batch may
	// have another: the schema changed there.
	Schema() *arrow.Schema
	// Next returns the next batch; io.EOF where the partition ends, [ErrRevoked] where it was taken away. An error
	// that is classified as transient (package retry) is worth another call of Next, which goes on where this
	// one failed; any other ends the run.
	Next(ctx context.Context) (Batch, error)
	// Close ends the reading. It is called once, after Next and Ack have returned.
	Close(ctx context.Context) error
}

// Assigner is what a Partition of an unbounded source implements.
type Assigner interface {
	// Assigned answers nil while the partition is still this process's, else [ErrRevoked]. It is asked before
	// each claim at the sink, so that a partition that moved on is not fenced away from its new owner.
	Assigned(ctx context.Context) error
}

// Resumer is what a Partition implements whose origin keeps what was acked.
type Resumer interface {
	// Acked returns the position that was acked last, by whichever process; "" where there is none. A sink that keeps
	// no offsets goes on from there. Any other goes on from its own offset, and where that is "" from the beginning,
	// whatever was acked.
	Acked(ctx context.Context) (position string, err error)
}

// Acker is what a Reader implements whose origin wants to know what is loaded.
type Acker interface {
	// Ack says that everything up to position is durable in the target. It is called in the order of positions,
	// after the load, and on another goroutine than Next; not every position is acked, a later one stands for
	// the earlier. After a failed Ack the next one makes up for it: the error is logged, the run goes on.
	Ack(ctx context.Context, position string) error
}

// Estimator is what a Source implements that can say how much there is.
type Estimator interface {
	// Estimate returns the rows and bytes of the whole source; -1 = unknown.
	Estimate(ctx context.Context) (rows, bytes int64)
}

// NotReplayable is what a Source implements whose rows are gone once read: channels, plain iterators. Its
// adapter takes an id that is fresh for each run and uses it as the partition's ID; with an empty one an
// exactly-once sink is refused.
type NotReplayable interface {
	// RunID returns that id, or "" where the user gave none, and reports whether the source cannot be replayed.
	RunID() (id string, notReplayable bool)
}
