// Package sourcetest has the contract of sources as tests, and a consumer group in memory that presses whoever
// reads sources as a broker would.
//
// [Run] holds a source against every rule, a subtest each; [Check] does the same outside a test and answers one
// joined error. A rule that is broken prints its sentence and what was seen. The suite drives the source by the
// contract alone, as the engine would. It hands out an allocator that is watched and overwrites what is freed,
// so that a record that is no longer its receiver's reads as rubbish. Run it under the race detector too.
//
// [NewTopic] and [NewGroup] make unbounded sources whose partitions are taken away and given back.
package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/source"
)

// Harness says how the suite reaches a source and what it may do to its origin. Only Open is required. Each
// rule has a Harness of its own, on an origin of its own that always holds the same rows; it should have
// several batches of several rows in at least one partition, or many rules see nothing.
type Harness struct {
	// Open makes the source. Every call stands for another process on the same origin; of a bounded source
	// several may be open at once. mem is watched: a source that has an allocator of its own ignores it.
	Open func(ctx context.Context, mem memory.Allocator) (source.Source, error)
	// Close takes the origin down after the rule; nil = nothing to do. The sources are closed by then.
	Close func() error

	// Want has the rows of each partition by its ID; nil = not known, and only agreement is checked. The records
	// are borrowed. Required for an unbounded source, which never says that this was all.
	Want map[string][]arrow.Record
	// Rejects is how many rows of each partition cannot be read; it is looked at where Want is given.
	Rejects map[string]int64

	// Patience is how long a call may take that has no reason to wait, and how long a row or a partition may take
	// that is there; 0 = DefaultPatience.
	Patience time.Duration

	// Revoke takes a partition away from the source that has it, and assigns it to that source again. nil = this
	// does not happen.
	Revoke func(ctx context.Context, partition string) error
	// Lose makes the rows of a partition up to a position unavailable, as retention does, and keeps those behind
	// it. nil = this does not happen.
	Lose func(ctx context.Context, partition, position string) error
	// Acked returns the position that the origin has noted for a partition; nil = it cannot be asked.
	Acked func(ctx context.Context, partition string) (string, error)
	// Fail makes one call of Next that is to come fail with a transient error. nil = it has none.
	Fail func(ctx context.Context) error
}

// DefaultPatience is that of a [Harness] that names none.
const DefaultPatience = 2 * time.Second

// RuleError is a broken rule.
type RuleError struct {
	Rule     string // "positions/resume"
	Sentence string // what the rule says
	Err      error  // what was seen
}

func (e *RuleError) Error() string {
	return fmt.Sprintf("%s: %s\n\tthe rule: %s", e.Rule, strings.ReplaceAll(e.Err.Error(), "\n", "\n\t"), e.Sentence)
}

func (e *RuleError) Unwrap() error { return e.Err }

// Run runs the suite, a subtest a rule. newHarness is called once for each, with the subtest's t.
func Run(t *testing.T, newHarness func(t testing.TB) Harness) {
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			errs, skipped := r.run(t.Context(), func() (Harness, error) { return newHarness(t), nil })
			for _, err := range errs {
				t.Error(err)
			}
			if len(errs) == 0 && skipped != "" {
				t.Skip(skipped)
			}
		})
	}
}

// Check runs the suite and answers all broken rules as one joined error of [RuleError]s, or nil. Rules that do
// not apply to the source are passed over. Where names are given, only rules whose name begins with one of
// them run.
func Check(ctx context.Context, newHarness func() (Harness, error), names ...string) error {
	var all []error
	for _, r := range rules() {
		if len(names) > 0 && !hasPrefix(r.name, names) {
			continue
		}
		errs, _ := r.run(ctx, newHarness)
		all = append(all, errs...)
	}
	return errors.Join(all...)
}

func hasPrefix(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}
