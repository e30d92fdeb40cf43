package floe

import (
	"errors"
	"fmt"
)

// Step names what a pipeline was doing.
type Step string

// Steps of a run.
const (
	StepPartitions Step = "list partitions"
	StepClaim      Step = "claim"
	StepOpen       Step = "open"
	StepRead       Step = "read"
	StepTransform  Step = "transform"
	StepPrepare    Step = "prepare"
	StepStage      Step = "stage"
	StepLoad       Step = "load"
	StepRewind     Step = "rewind"
	StepFinish     Step = "finish"
)

// BatchError says where a run failed. The cause is reachable by errors.Is and errors.As.
type BatchError struct {
	Step      Step
	Pipeline  string
	Partition string // "" where the step is not one of a partition
	Batch     int64  // number of the batch in this run and partition, from 1; 0 where the step is not one of a batch
	Attempt   int    // how many times the step was tried
	Err       error
}

func (e *BatchError) Error() string {
	s := fmt.Sprintf("floe: pipeline %q", e.Pipeline)
	if e.Partition != "" {
		s += fmt.Sprintf(", partition %q", e.Partition)
	}
	if e.Batch > 0 {
		s += fmt.Sprintf(", batch %d", e.Batch)
	}
	s += ": " + string(e.Step)
	if e.Attempt > 1 {
		s += fmt.Sprintf(" (attempt %d)", e.Attempt)
	}
	return s + ": " + e.Err.Error()
}

func (e *BatchError) Unwrap() error { return e.Err }

// RejectError ends a run that met a row which cannot be loaded and has no dead-letter sink, or met more of
// them than it bears.
type RejectError struct {
	Rows    int64  // rejected so far in this run
	Message string // the reason of the first of the latest ones
	TooMany bool   // more than Options.MaxRejects
}

func (e *RejectError) Error() string {
	if e.TooMany {
		return fmt.Sprintf("%d rows rejected, more than Options.MaxRejects allows; the latest: %s", e.Rows, e.Message)
	}
	return fmt.Sprintf("row rejected, and there is no Options.DeadLetter: %s", e.Message)
}

// ErrRunning: a pipeline runs once at a time.
var ErrRunning = errors.New("floe: the pipeline is running already")

// errDrained ends the reading of a drained run; it never leaves the package.
var errDrained = errors.New("floe: drained")
