// Package transformtest tests transforms against the rules of their contract. Give it a [Harness] for each
// transform of yours: [Run] makes a subtest of every rule, [Check] gives the same as one error.
//
// Run it with the race detector too: the rule on concurrency is proved by it.
package transformtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/transform"
)

// Harness says what is tested, and what the transform claims.
type Harness struct {
	// New makes the transform, the same for every call.
	New func() transform.Transform
	// Variant makes a transform of the same kind with another effect on rows: its fingerprint must be another.
	// nil: there is none.
	Variant func() transform.Transform
	// Input makes a record to work on, the same for every call, with at least 8 rows and some nulls where
	// columns are nullable. Its buffers come from mem; the suite releases it.
	Input func(mem memory.Allocator) arrow.Record
	// Needs names columns of Input without which Bind must fail, naming the column.
	Needs []string
	// OneToOne claims that every row comes out once, unless it is rejected.
	OneToOne bool
	// Rejects has the numbers of the rows of Input that are rejected, in ascending order.
	Rejects []int64
	// NoNulls says that the transform cannot take a record in which everything is null.
	NoNulls bool
	// Seed makes the random cuts; it is printed where they show a fault.
	Seed uint64
}

// rule is one sentence of the contract and what checks it.
type rule struct {
	name, sentence string
	check          func(ctx context.Context, h Harness) error
}

func rules() []rule {
	return []rule{
		{"schema", "Process returns records of the schema that Schema says", checkSchema},
		{"borrowed", "Process leaves the record that it is given as it was, and does not release it", checkBorrowed},
		{"owned", "what Process returns is the caller's: it outlives the input, and nothing stays held", checkOwned},
		{"boundaries", "the rows do not depend on where records begin and end", checkBoundaries},
		{"repeatable", "the same record gives the same rows every time", checkRepeatable},
		{"concurrency", "Process is safe for concurrent use", checkConcurrency},
		{"rejects", "rejected rows are rows of the input in its schema, in order, with their numbers and reasons", checkRejects},
		{"count", "rows in are rows out and rows rejected, where the transform claims that", checkCount},
		{"context", "a done context is answered with its error and no rows", checkContext},
		{"empty", "a record without rows gives none", checkEmpty},
		{"nulls", "a record in which all is null is no trouble", checkNulls},
		{"fingerprint", "the fingerprint is a text that changes when the effect on rows does, and only then", checkFingerprint},
		{"bind", "Bind refuses a schema that lacks a column, and names the column", checkBind},
		{"rebind", "a transform can be bound several times, and what was bound is closed on its own", checkRebind},
	}
}

// Run tests every rule in a subtest; newHarness is called for each.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	t.Helper()
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			if err := r.try(t.Context(), newHarness(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Check tests every rule and returns what they found as one error; nil = the transform keeps its contract.
func Check(ctx context.Context, h Harness) error {
	var errs []error
	for _, r := range rules() {
		errs = append(errs, r.try(ctx, h))
	}
	return errors.Join(errs...)
}

// try checks the rule; a panic is a fault like any other.
func (r rule) try(ctx context.Context, h Harness) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if err != nil {
			err = fmt.Errorf("transformtest: rule %s (%s): %w", r.name, r.sentence, err)
		}
	}()
	if h.New == nil || h.Input == nil {
		return errors.New("the Harness needs New and Input")
	}
	return r.check(ctx, h)
}
