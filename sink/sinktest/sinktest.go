// Package sinktest is the contract of sinks as tests. [Run] holds a sink against every rule, a subtest each;
// [Check] does the same outside a test and answers one joined error. A rule that is broken prints its sentence
// and what was seen.
//
// The suite drives the sink by the contract alone, as the engine would: it makes batches, stages and loads
// them, loses replies, fences claims, abandons sinks and reads back what is visible. Its records stand in
// memory that is watched and overwritten when it is freed, so that a sink which reads a record after its last
// release reads rubbish, and one that releases what it borrowed is caught. Run it under the race detector too.
//
// The rows that most rules load have two columns: id (int64, never null, unique) and name (utf8).
//
// [NewStreaming], [NewStaged] and [NewGrouped] are reference sinks with the optional parts of the contract,
// for tests of what drives sinks.
package sinktest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/sink"
)

// Harness says how the suite reaches a sink and its target, and what the sink claims. Only Open and Read are
// required. Each rule has a Harness of its own, on a target that is empty and not yet made.
type Harness struct {
	// Open opens the sink on the harness's target. Every call stands for another process on the same target:
	// sinks opened earlier may still be open.
	Open func(ctx context.Context) (sink.Sink, error)
	// Read returns all rows that are visible to others, in any order and with columns in any order; none where the
	// target is not made yet. The suite releases the records.
	Read func(ctx context.Context) ([]arrow.Record, error)
	// Close takes the target down after the rule; nil = nothing to do. The sinks are closed by then.
	Close func() error

	// Types are claimed: the kinds of types (arrow.Type) that are not among them must be a SchemaError. nil = int64
	// and utf8 only, which every sink needs. See [LeastTypes] and [AllTypes].
	Types []Type
	// Unclaimed are further types that must be a SchemaError.
	Unclaimed []arrow.DataType
	// Strict: the target takes the schema that it was made with and no other; a column more, less or elsewhere is a
	// SchemaError. Without it columns are matched by name, and a missing one is null.
	Strict bool
	// Mode is how the sink writes.
	Mode sink.Mode
	// Loading returns the rows that are loaded aside. Required for Replace.
	Loading func(ctx context.Context) ([]arrow.Record, error)
	// AddColumns: Prepare adds columns that the target lacks. Without it they must be a SchemaError.
	AddColumns bool
	// Widen: Prepare widens an int32 column to int64. Without it that must be a SchemaError.
	Widen bool
	// MaxColumns is the most that the target takes; 0 = at least 300.
	MaxColumns int
	// OneCase: column names that differ in case only cannot stand in one table: they must be a SchemaError.
	OneCase bool
	// RefusedName is a value of the column name that the target refuses by a constraint of its own; "" = it has
	// none, and the rules on rejects are skipped.
	RefusedName string
	// Named returns a harness for a target of that name; nil = names are not the user's.
	Named func(name string) (Harness, error)
	// Faults are what can go wrong between the sink and its target, by name.
	Faults map[string]Fault
	// Crash cuts off a sink as the end of its process would; nil = the suite abandons it, and closes it
	// after the rule.
	Crash func(s sink.Sink)
}

// Class is what becomes of an error.
type Class int

// Classes of errors.
const (
	Permanent Class = iota
	Transient       // marked by package retry; the same call again completes
	Rewind          // ErrRewind; Rewind answers where to go on
)

func (c Class) String() string { return [...]string{"permanent", "transient", "ErrRewind"}[c] }

// Fault is something that goes wrong while a batch loads.
type Fault struct {
	// Inject makes the next Stage or Load of any sink of the harness fail, and returns how to mend it; mend may be
	// nil for a fault that strikes once. It may strike before or after the load took effect.
	Inject func(ctx context.Context) (mend func(), err error)
	// Class is what the sink claims of the error.
	Class Class
}

// RuleError is a broken rule.
type RuleError struct {
	Rule     string // "exactly-once/reply-lost"
	Sentence string // what the rule says
	Err      error  // what was seen
}

func (e *RuleError) Error() string {
	return fmt.Sprintf("%s: %s\n\tthe rule: %s", e.Rule, strings.ReplaceAll(e.Err.Error(), "\n", "\n\t"), e.Sentence)
}

func (e *RuleError) Unwrap() error { return e.Err }

// Run runs the suite, a subtest a rule. newHarness is called once or more for each, with the subtest's t.
func Run(t *testing.T, newHarness func(t testing.TB) Harness) {
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			errs, skipped := r.run(t.Context(), testing.Short(), func() (Harness, error) { return newHarness(t), nil })
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
// not apply to the sink are passed over. Where names are given, only rules whose name begins with one of them
// run.
func Check(ctx context.Context, newHarness func() (Harness, error), names ...string) error {
	var all []error
	for _, r := range rules() {
		if len(names) > 0 && !hasPrefix(r.name, names) {
			continue
		}
		errs, _ := r.run(ctx, true, newHarness)
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

// Rules lists the names of all rules, in the order in which they run.
func Rules() []string {
	var names []string
	for _, r := range rules() {
		names = append(names, r.name)
	}
	return names
}
