package sinktest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// rule is one sentence of the contract, and how it is tested.
type rule struct {
	name     string
	sentence string
	check    func(ctx context.Context, k *kit) error
}

// by returns the rule with its test.
func (r rule) by(check func(ctx context.Context, k *kit) error) rule {
	r.check = check
	return r
}

// ruleTime bounds one rule, so that a sink that hangs is named too. A hundred races on a busy machine take minutes.
const ruleTime = 5 * time.Minute

// Rules that every other rule watches on its way.
var (
	ruleLeak       = rule{name: "ownership/leak", sentence: "a sink that is closed holds no record any more"}
	ruleBorrowed   = rule{name: "ownership/borrowed", sentence: "the records of a batch are borrowed: a sink never releases more than it retained, never changes a buffer, and reads nothing after its last release"}
	ruleGoroutines = rule{name: "concurrency/nothing-left", sentence: "no goroutine of a sink is left running after Close"}
)

// rules lists all rules in the order in which they run.
func rules() []rule {
	var all []rule
	for _, group := range [][]rule{
		lifeRules(), ownershipRules(), typeRules(), shapeRules(), contextRules(), atomicityRules(), onceRules(), fencingRules(),
		gateRules(), rejectRules(), errorRules(), schemaRules(), modeRules(), groupRules(), concurrencyRules(),
	} {
		all = append(all, group...)
	}
	return all
}

// skip is the error of a rule that does not apply.
type skip string

func (s skip) Error() string { return string(s) }

// run tests the rule on a harness of its own. It answers what is broken, and else why the rule was skipped.
func (r rule) run(ctx context.Context, short bool, newHarness func() (Harness, error)) (broken []error, skipped string) {
	ctx, cancel := context.WithTimeoutCause(ctx, ruleTime, fmt.Errorf("the rule took longer than %v", ruleTime))
	defer cancel()
	running := goroutines()
	h, err := newHarness()
	if err != nil {
		return []error{r.broken(fmt.Errorf("no harness: %w", err))}, ""
	}
	k := &kit{h: h, short: short, newHarness: newHarness}
	err = returns(ctx, func() error { return r.check(ctx, k) })
	if errors.Is(err, errHangs) {
		return []error{r.broken(err)}, "" // what it still holds cannot be closed
	}
	closeErr := returns(context.Background(), func() error { return k.close(r) })
	var s skip
	if errors.As(err, &s) {
		skipped, err = string(s), nil
	}
	if err != nil {
		broken = append(broken, r.broken(err))
	}
	broken = append(broken, k.found...)
	if closeErr != nil {
		broken = append(broken, r.broken(closeErr))
	}
	// A rule that broke off may leave batches behind: its leaks are not the sink's.
	if len(broken) == 0 {
		if live := k.mem.live.Load(); live != 0 {
			broken = append(broken, ruleLeak.broken(fmt.Errorf("%d bytes of records are held after Close (seen in %s)", live, r.name)))
		}
		if err := settled(running); err != nil {
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

// errHangs marks the error of a rule whose sink does not return.
var errHangs = errors.New("a call does not return though its context is done")

// grace is how long after the end of its context a call may still return.
const grace = time.Second

// returns runs f, and gives it up when it goes on after ctx is done.
func returns(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, ruleTime)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		err := errors.New("the harness ended the test from inside a rule (FailNow)")
		defer func() { done <- err }()
		err = guard(f)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(grace):
		buf := make([]byte, 1<<18)
		return fmt.Errorf("%w:\n%s", errHangs, buf[:runtime.Stack(buf, true)])
	}
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

// goroutines returns the stacks of all goroutines by their ids.
func goroutines() map[string]string {
	buf := make([]byte, 1<<16)
	n := runtime.Stack(buf, true)
	for ; n == len(buf); n = runtime.Stack(buf, true) {
		buf = make([]byte, 2*len(buf))
	}
	all := map[string]string{}
	for _, stack := range strings.Split(string(buf[:n]), "\n\n") {
		id, _, _ := strings.Cut(strings.TrimPrefix(stack, "goroutine "), " ")
		all[id] = stack
	}
	return all
}

// settled waits until every goroutine that runs did so before.
func settled(before map[string]string) error {
	const patience = 5 * time.Second // on a busy machine goroutines of drivers end late
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		var left []string
		for id, stack := range goroutines() {
			if _, ran := before[id]; !ran {
				left = append(left, stack)
			}
		}
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d goroutines were started and run on:\n%s", len(left), strings.Join(left, "\n\n"))
		}
	}
}
