package floe

import "time"

// Hooks are functions that a run calls while it works; nil ones are left out. They are called from several
// goroutines, and the run waits for them: they must be quick, and must not call the pipeline but for
// [Pipeline.Progress].
type Hooks struct {
	// Claimed: a partition was claimed and goes on from an offset.
	Claimed func(Claimed)
	// Sealed: a batch was closed and is on its way.
	Sealed func(BatchInfo)
	// Loaded: a batch is visible and durable.
	Loaded func(BatchInfo)
	// Retried: a step failed and will be repeated.
	Retried func(Retried)
	// Rejected: rows of a batch were refused and are durable as dead letters.
	Rejected func(Rejected)
	// Ended: a partition has ended, was taken away or failed.
	Ended func(Ended)
}

// Claimed tells of a claim.
type Claimed struct {
	Pipeline, Partition string
	Offset              string // "" = the beginning
}

// BatchInfo tells of a batch.
type BatchInfo struct {
	Pipeline, Partition string
	Batch               int64 // number in this run and partition, from 1
	From, To            string
	Rows, Bytes         int64
	Files               []string      // of the receipt, once loaded
	Took                time.Duration // from seal to here
}

// Retried tells of a step that will be repeated.
type Retried struct {
	Pipeline, Partition string
	Batch               int64 // 0 where the step is not one of a batch
	Step                Step
	Attempt             int // that failed, from 1
	Err                 error
	Wait                time.Duration
}

// Rejected tells of rows refused.
type Rejected struct {
	Pipeline, Partition string
	Stage               string
	Rows                int64
	Message             string // the reason of the first
}

// Ended tells of the end of a partition.
type Ended struct {
	Pipeline, Partition string
	Err                 error // nil where all that was read is loaded
}
