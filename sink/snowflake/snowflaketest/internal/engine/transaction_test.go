package engine

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestTransactions(t *testing.T) {
	e, a := start(t, Options{})
	b := connect(t, e, Login{User: "ADMIN"})
	run(t, a, `CREATE TABLE t (id INT, v INT); INSERT INTO t VALUES (1, 1), (2, 2)`)
	sum := `SELECT COUNT(*), SUM(v) FROM t`

	// READ COMMITTED: own changes are seen, those of others once they are committed, also within a transaction.
	run(t, a, `BEGIN; INSERT INTO t VALUES (3, 3); UPDATE t SET v = 10 WHERE id = 1; DELETE FROM t WHERE id = 2`)
	run(t, b, `BEGIN`)
	is(t, a, sum, "2|13")
	is(t, b, sum, "2|3")
	run(t, a, `COMMIT`)
	is(t, b, sum, "2|13")
	run(t, b, `INSERT INTO t VALUES (4, 4); ROLLBACK`)
	is(t, b, sum, "2|13")

	// A failed statement leaves the transaction and what it did before.
	run(t, a, `BEGIN; INSERT INTO t VALUES (5, 5)`)
	fails(t, a, `INSERT INTO t VALUES ('x', 6)`, 100038, "22018", "Numeric value 'x' is not recognized")
	run(t, a, `COMMIT`)
	is(t, b, sum, "3|18")

	// Rows that the transaction itself has made are changed and deleted, and a rollback takes all of it back.
	run(t, a, `BEGIN; INSERT INTO t VALUES (6, 6); UPDATE t SET v = v + 1; UPDATE t SET v = v + 1; DELETE FROM t WHERE id = 6`)
	is(t, a, sum, "3|24")
	run(t, a, `ROLLBACK`)
	is(t, a, sum, "3|18")

	// BEGIN in a transaction is ignored; COMMIT without one does nothing.
	run(t, a, `BEGIN; INSERT INTO t VALUES (7, 7); BEGIN; ROLLBACK; COMMIT`)
	is(t, a, sum, "3|18")

	// DDL commits.
	run(t, a, `BEGIN; INSERT INTO t VALUES (8, 8); CREATE TABLE u (id INT); ROLLBACK`)
	is(t, b, sum, "4|26")
	run(t, a, `BEGIN; INSERT INTO t VALUES (9, 9)`)
	fails(t, a, `CREATE TABLE u (id INT)`, 2002, "42710", "already exists")
	run(t, a, `ROLLBACK`)
	is(t, b, sum, "5|35")

	// SHOW and USE do not.
	run(t, a, `BEGIN; INSERT INTO t VALUES (10, 10); SHOW TABLES; USE SCHEMA DB.PUBLIC; ROLLBACK`)
	is(t, b, sum, "5|35")

	// TRUNCATE is DML.
	run(t, a, `BEGIN; TRUNCATE TABLE t`)
	is(t, a, sum, "0|NULL")
	is(t, b, sum, "5|35")
	run(t, a, `ROLLBACK`)
	is(t, a, sum, "5|35")
}

func TestAutocommitOff(t *testing.T) {
	e, a := start(t, Options{})
	b := connect(t, e, Login{User: "ADMIN"})
	run(t, a, `CREATE TABLE t (id INT); ALTER SESSION SET AUTOCOMMIT = FALSE; INSERT INTO t VALUES (1)`)
	is(t, b, `SELECT COUNT(*) FROM t`, "0")
	run(t, a, `COMMIT; INSERT INTO t VALUES (2); ALTER SESSION SET AUTOCOMMIT = FALSE`)
	is(t, b, `SELECT COUNT(*) FROM t`, "2")
	run(t, a, `INSERT INTO t VALUES (3)`)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	is(t, b, `SELECT COUNT(*) FROM t`, "2")
}

// later runs a statement beside the test, and returns what waits for it.
func later(t *testing.T, s *Session, sql string) func() (string, error) {
	t.Helper()
	var got string
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		var results []*Result
		if results, err = s.Execute(ctx, Request{SQL: sql}); err == nil {
			got = text(results...)
		}
	}()
	return func() (string, error) { <-done; return got, err }
}

// waiters waits until n statements wait for locks.
func waiters(t *testing.T, e *Engine, n int) {
	t.Helper()
	until(t, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		got := 0
		for _, l := range e.locks {
			got += len(l.queue)
		}
		return got == n
	})
}

// until waits until something is so.
func until(t *testing.T, so func() bool) {
	t.Helper()
	for range 10_000 {
		if so() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("what the test waits for does not come")
}

// A conflicting UPDATE waits, and then sees what it waited for; INSERT and SELECT wait for nobody.
func TestUpdatesWait(t *testing.T) {
	e, a := start(t, Options{})
	b, c := connect(t, e, Login{User: "ADMIN"}), connect(t, e, Login{User: "ADMIN"})
	run(t, a, `CREATE TABLE t (id INT, v INT); INSERT INTO t VALUES (1, 1), (2, 2); BEGIN; UPDATE t SET v = 10 WHERE id = 1`)
	updated := later(t, b, `UPDATE t SET v = v + 1 WHERE id = 1`)
	waiters(t, e, 1)
	deleted := later(t, c, `DELETE FROM t WHERE v = 11`)
	waiters(t, e, 2)
	d := connect(t, e, Login{User: "ADMIN"})
	is(t, d, `INSERT INTO t VALUES (3, 3)`, "1")
	is(t, d, `SELECT SUM(v) FROM t`, "6")
	run(t, a, `COMMIT`)
	if got, err := updated(); got != "1|0" || err != nil {
		t.Errorf("the UPDATE answered %q, %v", got, err)
	}
	if got, err := deleted(); got != "1" || err != nil {
		t.Errorf("the DELETE, which came after the UPDATE, answered %q, %v", got, err)
	}
}

func TestLockTimeout(t *testing.T) {
	clock := &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	e, a := start(t, Options{Now: clock.now})
	b := connect(t, e, Login{User: "ADMIN"})
	run(t, a, `CREATE TABLE t (v INT); INSERT INTO t VALUES (1); BEGIN; UPDATE t SET v = 2`)
	run(t, b, `ALTER SESSION SET LOCK_TIMEOUT = 0`)
	fails(t, b, `UPDATE t SET v = 3`, 625, "57014", "has locked table 'T'")
	run(t, b, `ALTER SESSION SET LOCK_TIMEOUT = 60`)
	updated := later(t, b, `MERGE INTO t USING (SELECT 1 AS k) s ON t.v = s.k WHEN MATCHED THEN DELETE`)
	waiters(t, e, 1)
	clock.add(59 * time.Second)
	time.Sleep(50 * time.Millisecond)
	waiters(t, e, 1)
	clock.add(time.Second)
	if _, err := updated(); err == nil || err.(*Error).Code != 625 {
		t.Errorf("after its time: %v", err)
	}
	run(t, a, `COMMIT`)
	is(t, b, `UPDATE t SET v = 3`, "1|0")
}

func TestDeadlock(t *testing.T) {
	e, a := start(t, Options{})
	b := connect(t, e, Login{User: "ADMIN"})
	run(t, a, `CREATE TABLE t (v INT); CREATE TABLE u (v INT); INSERT INTO t VALUES (1); INSERT INTO u VALUES (1)`)
	run(t, a, `BEGIN; UPDATE t SET v = 2`)
	run(t, b, `BEGIN; UPDATE u SET v = 2`)
	first := later(t, a, `UPDATE u SET v = 3`)
	waiters(t, e, 1)
	fails(t, b, `UPDATE t SET v = 3`, 625, "57014", "deadlock")
	// The victim's transaction is still open, and so are its locks.
	run(t, b, `COMMIT`)
	if _, err := first(); err != nil {
		t.Error(err)
	}
	run(t, a, `COMMIT`)
	is(t, a, `SELECT t.v, u.v FROM t, u`, "2|3")
}

func TestTooManyWait(t *testing.T) {
	e, a := start(t, Options{})
	run(t, a, `CREATE TABLE t (v INT); INSERT INTO t VALUES (0); BEGIN; UPDATE t SET v = v + 1`)
	var done []func() (string, error)
	for i := range most {
		done = append(done, later(t, connect(t, e, Login{User: "ADMIN"}), `UPDATE t SET v = v + 1`))
		waiters(t, e, i+1)
	}
	fails(t, connect(t, e, Login{User: "ADMIN"}), `UPDATE t SET v = v + 1`, 625, "57014", "exceeds the 20 statements limit")
	run(t, a, `COMMIT`)
	for _, d := range done {
		if _, err := d(); err != nil {
			t.Error(err)
		}
	}
	is(t, a, `SELECT v FROM t`, fmt.Sprint(most+1))
}

// clock is a time that a test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// A client that is gone leaves its transaction and locks, until they have been idle for five minutes while somebody waits, or for four
// hours.
func TestClientIsGone(t *testing.T) {
	clock := &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	e, a := start(t, Options{Now: clock.now})
	b := connect(t, e, Login{User: "ADMIN"})
	run(t, a, `CREATE TABLE t (v INT); INSERT INTO t VALUES (1); BEGIN; UPDATE t SET v = 2`)
	updated := later(t, b, `UPDATE t SET v = v + 10`)
	waiters(t, e, 1)
	clock.add(4 * time.Minute)
	time.Sleep(50 * time.Millisecond)
	waiters(t, e, 1)
	clock.add(time.Minute)
	if _, err := updated(); err != nil {
		t.Fatal(err)
	}
	is(t, b, `SELECT v FROM t`, "11")
	is(t, a, `SELECT CURRENT_TRANSACTION()`, "NULL")

	run(t, a, `BEGIN; UPDATE t SET v = 2`)
	clock.add(4*time.Hour - time.Second)
	is(t, b, `SELECT CURRENT_TRANSACTION()`, "NULL")
	is(t, b, `SHOW TRANSACTIONS`, text(run(t, b, `SHOW TRANSACTIONS`)))
	if got := len(run(t, b, `SHOW TRANSACTIONS`).Rows); got != 1 {
		t.Errorf("%d transactions are open before their time is over", got)
	}
	clock.add(time.Second)
	is(t, b, `UPDATE t SET v = 12`, "1|0")
}

func TestAbort(t *testing.T) {
	e, a := start(t, Options{})
	b := connect(t, e, Login{User: "ADMIN"})
	run(t, a, `CREATE TABLE t (v INT); INSERT INTO t VALUES (1); BEGIN; UPDATE t SET v = 2`)
	errs := make(chan error)
	go func() {
		_, err := b.Execute(context.Background(), Request{SQL: `UPDATE t SET v = 3`, QueryID: "the-one"})
		errs <- err
	}()
	waiters(t, e, 1)
	if !e.Abort("the-one") || e.Abort("another") {
		t.Error("Abort does not know what runs")
	}
	if err := <-errs; err == nil || err.(*Error).Code != 604 || err.(*Error).SQLState != "57014" {
		t.Errorf("the aborted statement: %v", err)
	}
	waiters(t, e, 0)

	run(t, b, `ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 1`)
	fails(t, b, `SELECT SYSTEM$WAIT(60)`, 630, "57014", "timeout of 1 second(s)")

	// A statement that waits for its turn in the session is aborted, too.
	slow := later(t, b, `SELECT SYSTEM$WAIT(1)`)
	until(t, func() bool {
		if b.turn.TryLock() {
			b.turn.Unlock()
			return false
		}
		return true
	})
	go func() {
		_, err := b.Execute(context.Background(), Request{SQL: `SELECT 1`, QueryID: "queued"})
		errs <- err
	}()
	until(t, func() bool { return e.Abort("queued") })
	_, _ = slow()
	if err := <-errs; err == nil || err.(*Error).Code != 604 {
		t.Errorf("the statement that waited for its turn: %v", err)
	}

	id := text(run(t, a, `SELECT CURRENT_TRANSACTION()`))
	run(t, b, `SELECT SYSTEM$ABORT_TRANSACTION(`+id+`)`)
	is(t, b, `UPDATE t SET v = 3`, "1|0")
	is(t, a, `SELECT v FROM t`, "3")
}

// Sessions at once: what they add up is right, whatever the interleaving, and no lock is left.
func TestSessionsAtOnce(t *testing.T) {
	e, a := start(t, Options{})
	run(t, a, `CREATE TABLE counter (n INT); INSERT INTO counter VALUES (0); CREATE TABLE log (who INT)`)
	const sessions, rounds = 4, 15
	var done []func() (string, error)
	for i := range sessions {
		s := connect(t, e, Login{User: "ADMIN"})
		done = append(done, later(t, s, fmt.Sprintf(`BEGIN
			FOR i IN 1 TO %d DO
				BEGIN TRANSACTION;
				INSERT INTO log VALUES (%d);
				UPDATE counter SET n = n + 1;
				IF (MOD(i, 3) = 0) THEN ROLLBACK; ELSE COMMIT; END IF;
			END FOR;
		END`, rounds, i)))
	}
	for _, d := range done {
		if _, err := d(); err != nil {
			t.Error(err)
		}
	}
	want := fmt.Sprint(sessions * rounds * 2 / 3)
	is(t, a, `SELECT n FROM counter`, want)
	is(t, a, `SELECT COUNT(*) FROM log`, want)
	is(t, a, `SHOW LOCKS`, "")
}

// Close aborts what waits and rolls back what is open.
func TestCloseAborts(t *testing.T) {
	e, a := start(t, Options{})
	b := connect(t, e, Login{User: "ADMIN"})
	run(t, a, `CREATE TABLE t (v INT); INSERT INTO t VALUES (1); BEGIN; UPDATE t SET v = 2`)
	updated := later(t, b, `UPDATE t SET v = 3`)
	waiters(t, e, 1)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := updated(); err == nil || err.(*Error).Code != 604 {
		t.Errorf("the statement that waited: %v", err)
	}
	if _, err := a.Execute(t.Context(), Request{SQL: `SELECT 1`}); err == nil || err.(*Error).Code != 390111 {
		t.Errorf("a statement after Close: %v", err)
	}
	_, s := reopened(t, e.dir, Options{})
	is(t, s, `SELECT v FROM t`, "1")
}
