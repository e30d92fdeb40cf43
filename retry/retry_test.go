package retry_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/retry"
)

var errBroken = errors.New("broken")

// exact has no jitter, so that waits can be compared.
var exact = retry.Policy{Jitter: -1}

func TestClasses(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want bool
	}{
		{"nil", nil, false},
		{"unclassified", errBroken, false},
		{"transient", retry.Transient(errBroken), true},
		{"after", retry.After(errBroken, time.Second), true},
		{"permanent", retry.Permanent(errBroken), false},
		{"wrapped", fmt.Errorf("load: %w", retry.Transient(errBroken)), true},
		{"joined", errors.Join(errBroken, retry.Transient(errBroken)), true},
		{"permanent outside", retry.Permanent(fmt.Errorf("load: %w", retry.Transient(errBroken))), false},
		{"transient outside", retry.Transient(retry.Permanent(errBroken)), true},
		{"context", context.DeadlineExceeded, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := retry.IsTransient(tc.err); got != tc.want {
				t.Errorf("IsTransient(%v) = %v, want %v", tc.err, got, tc.want)
			}
		})
	}
}

func TestClassKeepsTheError(t *testing.T) {
	for _, mark := range []func(error) error{
		retry.Transient, retry.Permanent,
		func(err error) error { return retry.After(err, time.Second) },
	} {
		if err := mark(nil); err != nil {
			t.Errorf("a nil error became %v", err)
		}
		err := mark(errBroken)
		if !errors.Is(err, errBroken) {
			t.Errorf("errors.Is does not find the cause in %v", err)
		}
		if err.Error() != errBroken.Error() {
			t.Errorf("Error() = %q, want %q: a class is not text", err, errBroken)
		}
	}
}

func TestNext(t *testing.T) {
	transient := retry.Transient(errBroken)
	for _, tc := range []struct {
		name   string
		policy retry.Policy
		n      int
		err    error
		wait   time.Duration
		again  bool
	}{
		{"first", exact, 1, transient, time.Second, true},
		{"second", exact, 2, transient, 2 * time.Second, true},
		{"third", exact, 3, transient, 4 * time.Second, true},
		{"used up", exact, 4, transient, 0, false},
		{"permanent", exact, 1, errBroken, 0, false},
		{"no retries", retry.Policy{Retries: -1}, 1, transient, 0, false},
		{"no wait", retry.Policy{Base: -1}, 3, transient, 0, true},
		{"bounded", retry.Policy{Retries: 100, Jitter: -1}, 50, transient, time.Minute, true},
		{"own bound", retry.Policy{Max: 3 * time.Second, Jitter: -1}, 3, transient, 3 * time.Second, true},
		{"own factor", retry.Policy{Base: time.Millisecond, Factor: 10, Jitter: -1}, 3, transient, 100 * time.Millisecond, true},
		{"factor below 1", retry.Policy{Factor: 0.1, Jitter: -1}, 3, transient, time.Second, true},
		{"after", exact, 3, retry.After(errBroken, time.Millisecond), time.Millisecond, true},
		{"after beyond the bound", exact, 1, retry.After(errBroken, time.Hour), time.Hour, true},
		{"after 0", exact, 1, retry.After(errBroken, 0), time.Second, true},
		{"after used up", exact, 4, retry.After(errBroken, time.Second), 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wait, again := tc.policy.Next(tc.n, tc.err)
			if wait != tc.wait || again != tc.again {
				t.Errorf("Next(%d, %v) = %v, %v; want %v, %v", tc.n, tc.err, wait, again, tc.wait, tc.again)
			}
		})
	}
}

func TestNextSpreadsWaits(t *testing.T) {
	low, high := time.Hour, time.Duration(0)
	for range 1000 {
		wait, _ := retry.Policy{Jitter: 0.5}.Next(1, retry.Transient(errBroken))
		low, high = min(low, wait), max(high, wait)
	}
	if low < 500*time.Millisecond || high > 1500*time.Millisecond {
		t.Errorf("waits from %v to %v, want them within half of 1 s", low, high)
	}
	if high-low < 500*time.Millisecond {
		t.Errorf("1,000 waits from %v to %v are not spread", low, high)
	}
}

// TestDo runs operations that fail so many times before they succeed, in fake time.
func TestDo(t *testing.T) {
	for _, tc := range []struct {
		name     string
		policy   retry.Policy
		failures []error // of the first attempts
		attempts int
		elapsed  time.Duration
		failed   bool
	}{
		{"at once", exact, nil, 1, 0, false},
		{"third attempt", exact, []error{retry.Transient(errBroken), retry.Transient(errBroken)}, 3, 3 * time.Second, false},
		{"last attempt", exact, repeat(retry.Transient(errBroken), 3), 4, 7 * time.Second, false},
		{"used up", exact, repeat(retry.Transient(errBroken), 9), 4, 7 * time.Second, true},
		{"permanent", exact, []error{errBroken}, 1, 0, true},
		{"permanent later", exact, []error{retry.Transient(errBroken), retry.Permanent(errBroken)}, 2, time.Second, true},
		{"after", exact, []error{retry.After(errBroken, time.Hour)}, 2, time.Hour, false},
		{"no waiting", retry.Policy{Base: -1}, repeat(retry.Transient(errBroken), 3), 4, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var calls []int
				var told []retry.Attempt
				err := tc.policy.Do(t.Context(), func(_ context.Context, attempt int) error {
					calls = append(calls, attempt)
					if attempt <= len(tc.failures) {
						return tc.failures[attempt-1]
					}
					return nil
				}, func(a retry.Attempt) { told = append(told, a) })

				var want []int
				for i := range tc.attempts {
					want = append(want, i+1)
				}
				if diff := cmp.Diff(want, calls); diff != "" {
					t.Errorf("attempts mismatch (-want +got):\n%s", diff)
				}
				if got := time.Since(start); got != tc.elapsed {
					t.Errorf("took %v, want %v", got, tc.elapsed)
				}
				if len(told) != tc.attempts-1 {
					t.Errorf("notified %d times, want %d: once before each wait", len(told), tc.attempts-1)
				}
				for i, a := range told {
					if a.Number != i+1 || !errors.Is(a.Err, errBroken) {
						t.Errorf("notification %d is %+v", i, a)
					}
				}
				if !tc.failed {
					if err != nil {
						t.Errorf("Do = %v", err)
					}
					return
				}
				var e *retry.Error
				if !errors.As(err, &e) {
					t.Fatalf("Do = %v, want an *Error", err)
				}
				if e.Attempts != tc.attempts || !errors.Is(e.Last, errBroken) || e.Cause != nil {
					t.Errorf("Do = %+v, want %d attempts, no cause", e, tc.attempts)
				}
			})
		})
	}
}

func repeat(err error, n int) []error {
	list := make([]error, n)
	for i := range list {
		list[i] = err
	}
	return list
}

func TestDoEndsWithTheContext(t *testing.T) {
	errStop := errors.New("stopped by hand")
	transient := func(context.Context, int) error { return retry.Transient(errBroken) }
	for _, tc := range []struct {
		name    string
		cancel  time.Duration
		op      func(context.CancelCauseFunc) func(context.Context, int) error
		elapsed time.Duration
	}{
		{"while waiting", 1500 * time.Millisecond, func(context.CancelCauseFunc) func(context.Context, int) error { return transient }, 1500 * time.Millisecond},
		{"as the wait ends", time.Second, func(context.CancelCauseFunc) func(context.Context, int) error { return transient }, time.Second},
		{"inside the operation", time.Hour, func(cancel context.CancelCauseFunc) func(context.Context, int) error {
			return func(context.Context, int) error {
				cancel(errStop)
				return retry.Transient(errBroken)
			}
		}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				stop := time.AfterFunc(tc.cancel, func() { cancel(errStop) })
				defer stop.Stop()
				start := time.Now()
				err := exact.Do(ctx, tc.op(cancel), nil)
				if got := time.Since(start); got != tc.elapsed {
					t.Errorf("took %v, want %v", got, tc.elapsed)
				}
				for _, want := range []error{errBroken, errStop} {
					if !errors.Is(err, want) {
						t.Errorf("errors.Is does not find %q in %q: both errors are kept", want, err)
					}
				}
			})
		})
	}
}

// TestDoneContextOfASuccess: what succeeded has succeeded, also under a done context.
func TestDoneContextOfASuccess(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := exact.Do(ctx, func(context.Context, int) error {
		cancel()
		return nil
	}, nil)
	if err != nil {
		t.Errorf("Do = %v, want nil", err)
	}
}

func TestErrorText(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  retry.Error
		want string
	}{
		{"one attempt", retry.Error{Attempts: 1, Last: errBroken}, "broken"},
		{"several", retry.Error{Attempts: 4, Last: errBroken}, "broken (after 4 attempts)"},
		{"given up", retry.Error{Attempts: 2, Last: errBroken, Cause: context.Canceled}, "broken (after 2 attempts); given up: context canceled"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.err.Error()); diff != "" {
				t.Errorf("Error() mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func ExamplePolicy_Do() {
	policy := retry.Policy{Retries: 5, Base: time.Millisecond}
	err := policy.Do(context.Background(), func(_ context.Context, attempt int) error {
		if attempt < 3 {
			return retry.Transient(errors.New("connection refused"))
		}
		fmt.Println("loaded by attempt", attempt)
		return nil
	}, func(a retry.Attempt) {
		fmt.Printf("attempt %d: %v\n", a.Number, a.Err)
	})
	fmt.Println(err)
	// Output:
	// attempt 1: connection refused
	// attempt 2: connection refused
	// loaded by attempt 3
	// <nil>
}

func ExampleTransient() {
	err := fmt.Errorf("load: %w", retry.Transient(errors.New("server busy")))
	fmt.Println(err)
	fmt.Println(retry.IsTransient(err), retry.IsTransient(errors.New("no class")))
	// Output:
	// load: server busy
	// true false
}
