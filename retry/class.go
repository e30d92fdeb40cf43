package retry

import (
	"errors"
	"time"
)

// Transient marks err as worth another try: nothing of the operation took effect, or it is safe to repeat. A
// nil err stays nil.
func Transient(err error) error { return mark(err, true, 0) }

// After is [Transient] with the wait that the other side asked for; wait <= 0 leaves it to the policy.
func After(err error, wait time.Duration) error { return mark(err, true, wait) }

// Permanent marks err as final, also where an error inside it is marked transient.
func Permanent(err error) error { return mark(err, false, 0) }

// IsTransient reports whether err is marked for another try. The outermost mark counts; no mark means no.
func IsTransient(err error) bool {
	_, ok := retryable(err)
	return ok
}

type classified struct {
	err   error
	again bool
	wait  time.Duration
}

func (c *classified) Error() string { return c.err.Error() }
func (c *classified) Unwrap() error { return c.err }

func mark(err error, again bool, wait time.Duration) error {
	if err == nil {
		return nil
	}
	return &classified{err: err, again: again, wait: wait}
}

func retryable(err error) (wait time.Duration, again bool) {
	var c *classified
	if !errors.As(err, &c) {
		return 0, false
	}
	return c.wait, c.again
}
