// Package batching says when a batch is full and joins records into batches.
package batching

import "time"

// Policy bounds a batch. A zero field does not bound; the zero Policy bounds nothing. The bound that is
// reached first seals the batch.
type Policy struct {
	// Rows bounds the rows.
	Rows int64
	// Bytes bounds the bytes of Arrow buffers that the rows view.
	Bytes int64
	// Delay bounds the time since the first row came in.
	Delay time.Duration
}

// Stricter returns the policy that keeps the bounds of both p and q.
func (p Policy) Stricter(q Policy) Policy {
	return Policy{
		Rows:  stricter(p.Rows, q.Rows),
		Bytes: stricter(p.Bytes, q.Bytes),
		Delay: stricter(p.Delay, q.Delay),
	}
}

func stricter[T int64 | time.Duration](a, b T) T {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// Reached reports whether a batch of that size is full. Delay is not looked at: time is the caller's.
func (p Policy) Reached(rows, bytes int64) bool {
	return p.Rows > 0 && rows >= p.Rows || p.Bytes > 0 && bytes >= p.Bytes
}
