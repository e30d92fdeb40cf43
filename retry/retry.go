// Package retry says which errors may be tried again, and tries.
//
// A connector classifies an error where it arises: [Transient], [After] or [Permanent]. An error without a
// class is permanent, because most calls of a loader have effects that must not happen twice. Only the engine
// loops, by [Policy.Do]; a connector never does, so that attempts do not multiply.
//
// The package does not stand on cenkalti/backoff/v5, whose Retry tries everything that is not marked
// permanent, answers a done context without the operation's own error, ends after fifteen minutes unless told
// otherwise, and keeps the state of a curve in the value that configures it. What would be left of it here is
// one multiplication.
package retry

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Policy says how often and after which waits an operation is tried again. It is a value: share it and copy
// it freely. The zero value is the default of each field.
type Policy struct {
	// Retries is how many times a failed operation is tried again; 0 means 3, a negative number none.
	Retries int
	// Base is the wait before the first retry; 0 means 1 s, a negative duration no wait at all.
	Base time.Duration
	// Factor multiplies the wait from one retry to the next; 0 means 2. Below 1 counts as 1.
	Factor float64
	// Max bounds a single wait; 0 means 1 min. A wait that [After] asks for is not bounded by it.
	Max time.Duration
	// Jitter spreads each wait by up to this fraction either way; 0 means 0.2, a negative number none.
	Jitter float64
}

// Default values of [Policy].
const (
	DefaultRetries = 3
	DefaultBase    = time.Second
	DefaultFactor  = 2.0
	DefaultMax     = time.Minute
	DefaultJitter  = 0.2
)

// Attempt describes a failed attempt that will be repeated.
type Attempt struct {
	Number int           // 1 for the first
	Err    error         // why it failed
	Wait   time.Duration // until the next
}

// Do calls op until it succeeds, fails with an error that is not retryable, has used up its retries, or ctx
// is done. It passes the number of the attempt, from 1. notify, which may be nil, is called before each wait.
// The error is an *[Error], or nil.
func (p Policy) Do(ctx context.Context, op func(ctx context.Context, attempt int) error, notify func(Attempt)) error {
	for n := 1; ; n++ {
		err := op(ctx, n)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return &Error{Attempts: n, Last: err, Cause: context.Cause(ctx)}
		}
		wait, again := p.Next(n, err)
		if !again {
			return &Error{Attempts: n, Last: err}
		}
		if notify != nil {
			notify(Attempt{Number: n, Err: err, Wait: wait})
		}
		if !sleep(ctx, wait) {
			return &Error{Attempts: n, Last: err, Cause: context.Cause(ctx)}
		}
	}
}

// Next says whether an operation whose n-th attempt (from 1) failed with err is to be tried again, and after
// which wait.
func (p Policy) Next(n int, err error) (wait time.Duration, again bool) {
	retries := p.Retries
	if retries == 0 {
		retries = DefaultRetries
	}
	after, ok := retryable(err)
	if !ok || n > retries {
		return 0, false
	}
	if after > 0 {
		return after, true
	}
	return p.wait(n), true
}

func (p Policy) wait(n int) time.Duration {
	base, factor, limit, jitter := p.Base, p.Factor, p.Max, p.Jitter
	if base == 0 {
		base = DefaultBase
	}
	if factor == 0 {
		factor = DefaultFactor
	}
	if limit <= 0 {
		limit = DefaultMax
	}
	if jitter == 0 {
		jitter = DefaultJitter
	}
	if base < 0 {
		return 0
	}
	wait := min(float64(base)*math.Pow(max(factor, 1), float64(n-1)), float64(limit))
	if jitter > 0 {
		wait *= 1 + min(jitter, 1)*(2*rand.Float64()-1)
	}
	return time.Duration(wait)
}

// sleep waits and answers false as soon as ctx is done, also when both are true at once.
func sleep(ctx context.Context, d time.Duration) bool {
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}

// Error is how an operation ended that did not succeed.
type Error struct {
	Attempts int   // how many times the operation was called
	Last     error // what the last call answered
	Cause    error // why ctx was done, where that ended the tries; else nil
}

func (e *Error) Error() string {
	s := e.Last.Error()
	if e.Attempts > 1 {
		s = fmt.Sprintf("%s (after %d attempts)", s, e.Attempts)
	}
	if e.Cause != nil {
		s = fmt.Sprintf("%s; given up: %v", s, e.Cause)
	}
	return s
}

// Unwrap returns the last error and the cause, so that errors.Is and errors.As see both.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Last}
	}
	return []error{e.Last, e.Cause}
}
