package engine

import (
	"context"
	"errors"
	"slices"
	"time"
)

// lock is a table's: UPDATE, DELETE, MERGE and TRUNCATE take it until their transaction ends. Who waits is served in the order of
// coming.
type lock struct {
	holder *transaction
	query  string // the statement that took it
	queue  []*waiter
}

type waiter struct {
	tx    *transaction // nil: a statement in no transaction
	table int64
	since time.Time
}

// most is how many statements may wait for one lock.
const most = 20

// fileLock keeps two COPYs from loading a file into a table at the same time.
type fileLock struct {
	table int64
	file  string
}

// busyError says that a table is locked by another transaction: the statement is to be tried again when it is not.
type busyError struct{ table int64 }

func (busyError) Error() string { return "the table is locked" }

// lock takes the lock of a table for the open transaction, or finds it free for a statement that commits at once.
func (w *work) lock(o *object, me *waiter) error {
	l := w.e.locks[o.ID]
	if l == nil {
		l = &lock{}
		w.e.locks[o.ID] = l
	}
	mine := w.tx != nil && l.holder == w.tx
	if !mine && (l.holder != nil || len(l.queue) > 0 && l.queue[0] != me) {
		return busyError{table: o.ID}
	}
	if w.tx != nil && !mine {
		l.holder, l.query = w.tx, w.s.queryID
	}
	return nil
}

// alone runs f as atomically does. When f meets a locked table, it runs again once the lock is free, up to LOCK_TIMEOUT.
func (s *Session) alone(ctx context.Context, f func(w *work, me *waiter) error) error {
	e := s.e
	e.mu.Lock()
	defer e.mu.Unlock()
	me := &waiter{tx: s.tx}
	defer me.leave(e)
	for {
		if err := e.idle(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		if s.tx != me.tx {
			return canceled() // it was aborted while the statement waited
		}
		err := s.locked(ctx, func(w *work) error { return f(w, me) })
		var busy busyError
		if !errors.As(err, &busy) {
			return err
		}
		if err := s.wait(ctx, me, busy.table); err != nil {
			return err
		}
	}
}

// wait waits until something was let go of. It gives the engine's lock up meanwhile.
func (s *Session) wait(ctx context.Context, me *waiter, table int64) error {
	e := s.e
	l := e.locks[table]
	if me.table != table {
		me.leave(e)
		if len(l.queue) >= most {
			return s.lockError(l, table, "the number of waiters for this lock exceeds the 20 statements limit")
		}
		me.table, me.since = table, e.now()
		l.queue = append(l.queue, me)
		if s.tx != nil {
			s.tx.waits = me
			if e.deadlock(s.tx) {
				// Approximate: the victim is as documented, the code is not.
				return s.lockError(l, table, "it would wait for itself: a deadlock was detected")
			}
		}
	}
	limit, _ := s.parameter("LOCK_TIMEOUT").(int64)
	if e.now().Sub(me.since) >= time.Duration(limit)*time.Second {
		// Approximate: the message.
		return s.lockError(l, table, "the lock timeout was exceeded")
	}
	released := e.released
	e.mu.Unlock()
	defer e.mu.Lock()
	// The clock may be a test's, so that no timer tells when a limit is over.
	poll := time.NewTimer(10 * time.Millisecond)
	defer poll.Stop()
	select {
	case <-released:
	case <-poll.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

func (s *Session) lockError(l *lock, table int64, reason string) *Error {
	var tx int64
	if l.holder != nil {
		tx = l.holder.id
	}
	return execution(625, "57014", "Statement '%s' has locked table '%s' in transaction %d and this lock has not yet been released.\n"+
		"Your statement '%s' was aborted because %s.", l.query, s.e.catalog.name(table), tx, s.queryID, reason)
}

// leave takes the waiter out of the queue that it stands in.
func (me *waiter) leave(e *Engine) {
	if l := e.locks[me.table]; l != nil {
		if i := slices.Index(l.queue, me); i >= 0 {
			l.queue = slices.Delete(l.queue, i, i+1)
			e.wake()
		}
	}
	if me.tx != nil {
		me.tx.waits = nil
	}
	me.table = 0
}

// deadlock reports whether the transaction waits for itself, over the locks of others.
func (e *Engine) deadlock(t *transaction) bool {
	seen := map[*transaction]bool{}
	for at := t; at != nil && at.waits != nil; {
		l := e.locks[at.waits.table]
		if l == nil || l.holder == nil {
			return false
		}
		at = l.holder
		if at == t {
			return true
		}
		if seen[at] {
			return false
		}
		seen[at] = true
	}
	return false
}

// blocking reports whether somebody waits for a lock of the transaction.
func (e *Engine) blocking(t *transaction) bool {
	for _, l := range e.locks {
		if l.holder == t && len(l.queue) > 0 {
			return true
		}
	}
	return false
}

// letGo gives up all that a transaction has locked.
func (e *Engine) letGo(t *transaction) {
	for id, l := range e.locks {
		if l.holder == t {
			l.holder, l.query = nil, ""
		}
		if l.holder == nil && len(l.queue) == 0 {
			delete(e.locks, id)
		}
	}
	for f, holder := range e.busy {
		if holder == t {
			delete(e.busy, f)
		}
	}
	e.wake()
}

func (e *Engine) wake() {
	close(e.released)
	e.released = make(chan struct{})
}
