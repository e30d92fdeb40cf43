package engine

import (
	"context"
	"fmt"
	"time"
)

// The hidden columns of every table: which transaction inserted the row, 0 once that is committed, and which one deleted
// it, NULL as long as none did.
const (
	inserted = `"metadata$inserted"`
	deleted  = `"metadata$deleted"`
)

// transaction is one that is open: BEGIN began it, or with AUTOCOMMIT off a statement. The engine's lock guards it.
type transaction struct {
	id      int64
	name    string
	session *Session
	started time.Time
	used    time.Time // when the last statement ended
	scope   *frame    // the block that began it, or nil
	tables  map[int64]bool
	waits   *waiter // what its statement waits for

	committed []func() // what is done once it is committed
}

// begin opens a transaction unless one is open: then Snowflake ignores it.
func (s *Session) begin(name string) {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	if s.tx != nil {
		return
	}
	now := s.e.now()
	s.tx = &transaction{
		id: s.e.number(), name: name, session: s, started: now, used: now, scope: s.frame.outermost(),
		tables: map[int64]bool{},
	}
	if name == "" {
		s.tx.name = queryID(s.tx.id)
	}
	s.lastTransaction = s.tx.id
}

// commit makes what the open transaction did everybody's, and gives its locks up.
func (s *Session) commit(ctx context.Context) error { return s.end(ctx, confirm) }

// rollback takes back what the open transaction did, and gives its locks up.
func (s *Session) rollback(ctx context.Context) error { return s.end(ctx, undo) }

func (s *Session) end(ctx context.Context, how outcome) error {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	if s.tx == nil {
		return nil
	}
	return s.locked(ctx, func(w *work) error { return w.settle(s.tx, how) })
}

// outcome is how a transaction ends, as statements of DuckDB: of a table (%s, its hidden columns %s and %s, and the
// transaction %d), and of the load history.
type outcome struct {
	rows, loads []string
	committed   bool
}

var (
	confirm = outcome{
		rows:      []string{`DELETE FROM %[1]s WHERE %[3]s = %[4]d`, `UPDATE %[1]s SET %[2]s = 0 WHERE %[2]s = %[4]d`},
		loads:     []string{`DELETE FROM floe_loads WHERE gone = ?`, `UPDATE floe_loads SET tx = 0 WHERE tx = ?`},
		committed: true,
	}
	undo = outcome{
		rows:  []string{`DELETE FROM %[1]s WHERE %[2]s = %[4]d`, `UPDATE %[1]s SET %[3]s = NULL WHERE %[3]s = %[4]d`},
		loads: []string{`DELETE FROM floe_loads WHERE tx = ?`, `UPDATE floe_loads SET gone = NULL WHERE gone = ?`},
	}
)

// settle ends a transaction, of this session or another.
func (w *work) settle(t *transaction, how outcome) error {
	for id := range t.tables {
		o := w.e.catalog.objects[id]
		if o == nil {
			continue // dropped since
		}
		for _, q := range how.rows {
			if err := w.exec(fmt.Sprintf(q, physical(o), inserted, deleted, t.id)); err != nil {
				return err
			}
		}
	}
	for _, q := range how.loads {
		if err := w.exec(q, t.id); err != nil {
			return err
		}
	}
	w.done = append(w.done, func() {
		t.session.tx = nil
		w.e.letGo(t)
		if how.committed {
			for _, f := range t.committed {
				f()
			}
		}
	})
	return nil
}

// touch notes that the open transaction wrote to a table, and returns the number that its rows carry.
func (w *work) touch(o *object) int64 {
	if w.tx == nil {
		return 0
	}
	w.tx.tables[o.ID] = true
	return w.tx.id
}

// own is the number of the open transaction, or 0.
func (w *work) own() int64 {
	if w.tx == nil {
		return 0
	}
	return w.tx.id
}

// visibleTo is the condition by which a statement of the open transaction sees a row of a table: it is committed or its own,
// and not deleted by a commit or by itself. What another open transaction deleted is still there.
func visibleTo(tx int64) string {
	if tx == 0 {
		return inserted + " = 0"
	}
	return fmt.Sprintf("%s IN (0, %d) AND %s IS DISTINCT FROM %[2]d", inserted, tx, deleted)
}

// idle rolls back the transactions that have done nothing for too long, of sessions whose clients are gone. Of one that
// somebody waits for, that is sooner.
func (e *Engine) idle(ctx context.Context) error {
	now := e.now()
	for _, s := range e.sessions {
		t := s.tx
		if t == nil || s.executing > 0 {
			continue
		}
		limit := e.options.IdleTransaction
		if e.blocking(t) {
			limit = min(limit, e.options.IdleBlocking)
		}
		if now.Sub(t.used) >= limit {
			if err := s.locked(ctx, func(w *work) error { return w.settle(t, undo) }); err != nil {
				return err
			}
		}
	}
	return nil
}
