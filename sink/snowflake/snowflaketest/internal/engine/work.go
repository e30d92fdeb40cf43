package engine

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
)

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// work is what one statement does under the engine's lock: what it writes, in one DuckDB transaction.
type work struct {
	ctx  context.Context // of the statement: work lives no longer than it
	e    *Engine
	s    *Session
	tx   *transaction // the open one, or nil: then what is written is committed at once
	conn *sql.Conn
	base *object // the schema of the view that is read: what its names without one mean

	asOwner bool // a view is read: its owner's privileges hold
	depth   int  // of views in views
	reads   bool // tables are read, which takes a warehouse

	numbered      *syntax.TableRef // the target of the statement, whose rows it needs the numbers of
	numberedTable *object

	array  []translate.Value                 // what placeholders of array binds are
	closes []func(ctx context.Context) error // what is to be done in the transaction once the statement is done

	fetched []string // objects of buckets on this machine, which go with the statement

	begun  bool     // the DuckDB transaction was
	dirty  bool     // the catalog was changed
	erased []string // directories to remove once the statement is committed
	done   []func() // what else is to be done then
}

// atomically runs f under the engine's lock. What f writes is committed if it has no error; otherwise everything is as before,
// in DuckDB, in the catalog and in memory.
func (s *Session) atomically(ctx context.Context, f func(*work) error) error {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	return s.locked(ctx, f)
}

// locked is atomically for who holds the engine's lock.
func (s *Session) locked(ctx context.Context, f func(*work) error) (err error) {
	e := s.e
	if e.closed {
		return sessionGone()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &work{ctx: ctx, e: e, s: s, tx: s.tx, conn: e.conn}
	defer func() {
		for _, path := range w.fetched {
			_ = os.Remove(path)
		}
	}()
	finished := false
	defer func() {
		if finished {
			return
		}
		// Also when f panics: the connection is everybody's.
		back := w.end(`ROLLBACK`)
		if w.dirty {
			back = errors.Join(back, e.catalog.load(context.WithoutCancel(ctx), e.conn))
		}
		if err == nil {
			err = back
		}
	}()
	if err := f(w); err != nil {
		return err
	}
	for _, f := range w.closes {
		if err := f(ctx); err != nil {
			return err
		}
	}
	if err := w.end(`COMMIT`); err != nil {
		return err
	}
	finished = true
	for _, dir := range w.erased {
		_ = os.RemoveAll(dir)
	}
	for _, f := range w.done {
		f()
	}
	return nil
}

// begin begins the DuckDB transaction, which what only reads can do without: nobody writes meanwhile.
func (w *work) begin() error {
	if w.begun {
		return nil
	}
	_, err := w.conn.ExecContext(w.ctx, `BEGIN TRANSACTION`)
	w.begun = err == nil
	return err
}

// end ends it, which is told even if the client gives up meanwhile.
func (w *work) end(how string) error {
	if !w.begun {
		return nil
	}
	_, err := w.conn.ExecContext(context.WithoutCancel(w.ctx), how)
	return err
}

func (w *work) exec(query string, args ...any) error {
	if err := w.begin(); err != nil {
		return err
	}
	_, err := w.conn.ExecContext(w.ctx, query, args...)
	return err
}

// affected runs a statement and returns how many rows it touched.
func (w *work) affected(query string, args ...any) (int64, error) {
	if err := w.begin(); err != nil {
		return 0, err
	}
	res, err := w.conn.ExecContext(w.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (w *work) number(query string, args ...any) (int64, error) {
	var n int64
	err := w.conn.QueryRowContext(w.ctx, query, args...).Scan(&n)
	return n, err
}

// eraseFiles removes a directory of a stage once the statement is committed.
func (w *work) eraseFiles(dir string) {
	if dir != "" {
		w.erased = append(w.erased, filepath.Join(w.e.stages, dir))
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
