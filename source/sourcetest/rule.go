package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// rule is one sentence of the contract, and how it is tested.
type rule struct {
	name     string
	sentence string
	check    func(ctx context.Context, k *kit) error
}

// ruleTime bounds one rule, so that a source that hangs is named too.
const ruleTime = 2 * time.Minute

// Rules that every other rule watches on its way.
var (
	ruleLeak       = rule{name: "ownership/leak", sentence: "a source that is closed holds no memory any more, once its records are released"}
	ruleGoroutines = rule{name: "concurrency/nothing-left", sentence: "no goroutine of a source is left running after Close"}
	ruleMove       = rule{name: "positions/move", sentence: "a batch with rows, or with rejected ones, moves the position, which is never empty and never comes again"}
	ruleBatch      = rule{name: "read/batch", sentence: "the columns of a record fit its schema, in type, length and nullability, and a call that fails gives no batch"}
	ruleReasons    = rule{name: "rejects/reasons", sentence: "each rejected row has a reason with a code and a message, and the number of its row since the position before"}
)

// rules lists all rules in the order in which they run.
func rules() []rule {
	var all []rule
	for _, group := range [][]rule{
		partitionRules(), readRules(), positionRules(), ownershipRules(), lifeRules(), contextRules(), concurrencyRules(),
		goneRules(), ackRules(), revokeRules(),
	} {
		all = append(all, group...)
	}
	return all
}

// skip is the error of a rule that does not apply.
type skip string

func (s skip) Error() string { return string(s) }

// run tests the rule on a harness of its own. It answers what is broken, and else why the rule was skipped.
func (r rule) run(ctx context.Context, newHarness func() (Harness, error)) (broken []error, skipped string) {
	ctx, cancel := context.WithTimeoutCause(ctx, ruleTime, fmt.Errorf("the rule took longer than %v", ruleTime))
	defer cancel()
	running := goroutines()
	h, err := newHarness()
	if err != nil {
		return []error{r.broken(fmt.Errorf("no harness: %w", err))}, ""
	}
	if h.Patience == 0 {
		h.Patience = DefaultPatience
	}
	k := &kit{h: h}
	err = inTime(ruleTime+2*k.h.Patience, func() error { return r.check(ctx, k) })
	if err == errLate {
		// The kit is still in use: there is no closing it.
		return []error{r.broken(err)}, ""
	}
	var s skip
	if errors.As(err, &s) {
		skipped, err = string(s), nil
	}
	if err != nil {
		broken = append(broken, r.broken(err))
	}
	if err := guard(k.close); err != nil {
		broken = append(broken, r.broken(err))
	}
	// A rule that broke off may leave records behind: its leaks are not the source's.
	if len(broken) == 0 {
		if live := k.mem.live.Load(); live != 0 {
			broken = append(broken, ruleLeak.broken(fmt.Errorf("%d bytes are held after Close (seen in %s)", live, r.name)))
		}
		if err := settled(running, h.Patience); err != nil {
			broken = append(broken, ruleGoroutines.broken(fmt.Errorf("%w (seen in %s)", err, r.name)))
		}
	}
	return broken, skipped
}

func (r rule) broken(err error) error {
	var own *RuleError
	if errors.As(err, &own) {
		return err
	}
	return &RuleError{Rule: r.name, Sentence: r.sentence, Err: err}
}

// guard turns a panic into an error.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// errLate is in the error of a call that did not return.
var errLate = errors.New("too late")

// promptly calls f on a goroutine of its own and answers an error where it does not return soon.
func (k *kit) promptly(what string, f func() error) error {
	err := inTime(k.h.Patience, f)
	if err == errLate {
		return fmt.Errorf("%s did not return within %v: %w", what, k.h.Patience, errLate)
	}
	return err
}

// inTime answers errLate itself where f does not return in time.
func inTime(limit time.Duration, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- guard(f) }()
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		return errLate
	}
}
