package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"

	litedialect "github.com/floedata/floe/dialect/sqlite"
)

// borrower lends the connections of another pool, made patient: where the database is busy they wait as long as
// the context allows. Drivers wait for a time that has nothing to do with it, some for none.
type borrower struct {
	db *sql.DB

	mu      sync.Mutex
	checked bool // that there is one database
}

// Driver implements [driver.Connector].
func (b *borrower) Driver() driver.Driver { return b.db.Driver() }

// Connect implements [driver.Connector].
func (b *borrower) Connect(ctx context.Context) (driver.Conn, error) {
	if err := b.check(ctx); err != nil {
		return nil, err
	}
	c, err := b.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &borrowed{c}, nil
}

// check refuses a database in memory, of which each connection of the pool has its own. Where they share one, by
// cache=shared, drivers wait for one another without looking at a context.
func (b *borrower) check(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.checked {
		return nil
	}
	var file string
	if err := b.db.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file); err != nil {
		return err
	}
	if file == "" && b.db.Stats().MaxOpenConnections != 1 {
		return errors.New("the database is in memory, and each connection of the pool has one of its own: call SetMaxOpenConns(1), or use a file")
	}
	b.checked = true
	return nil
}

// borrowed is a connection of the other pool. It reaches the driver's by Raw, call by call.
type borrowed struct{ c *sql.Conn }

var (
	_ driver.ExecerContext      = (*borrowed)(nil)
	_ driver.QueryerContext     = (*borrowed)(nil)
	_ driver.ConnPrepareContext = (*borrowed)(nil)
)

// raw runs do on the driver's connection.
func raw[T any](c *sql.Conn, do func(T) error) error {
	return c.Raw(func(driverConn any) error {
		as, ok := driverConn.(T)
		if !ok {
			return fmt.Errorf("the driver's connection, a %T, is no %T: it is too old", driverConn, *new(T))
		}
		return do(as)
	})
}

// Close gives the connection back, without a transaction: one that was left open must not go on in the caller's hands.
func (b *borrowed) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, _ = b.c.ExecContext(ctx, "ROLLBACK") // fails where there is none
	return b.c.Close()
}

// Begin implements [driver.Conn].
func (b *borrowed) Begin() (driver.Tx, error) {
	return nil, errors.New("transactions begin by a statement, BEGIN IMMEDIATE")
}

// Prepare implements [driver.Conn].
func (b *borrowed) Prepare(query string) (driver.Stmt, error) {
	return b.PrepareContext(context.Background(), query)
}

// ExecContext implements [driver.ExecerContext].
func (b *borrowed) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (res driver.Result, err error) {
	err = patiently(ctx, func() error {
		return raw(b.c, func(c driver.ExecerContext) error {
			res, err = c.ExecContext(ctx, query, args)
			return err
		})
	})
	return res, err
}

// QueryContext implements [driver.QueryerContext].
func (b *borrowed) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r := borrowedRows{c: b.c}
	err := patiently(ctx, func() error {
		return raw(b.c, func(c driver.QueryerContext) (err error) {
			r.Rows, err = c.QueryContext(ctx, query, args)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// PrepareContext implements [driver.ConnPrepareContext].
func (b *borrowed) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s := borrowedStmt{c: b.c}
	err := raw(b.c, func(c driver.ConnPrepareContext) (err error) {
		s.Stmt, err = c.PrepareContext(ctx, query)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// patiently runs do again as long as the database is busy and ctx allows. A statement that was refused because of that
// has done nothing.
func patiently(ctx context.Context, do func() error) error {
	const longest = 50 * time.Millisecond
	for wait := time.Millisecond; ; wait = min(2*wait, longest) {
		err := do()
		if err == nil || !(litedialect.Dialect{}).IsBusy(err) {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-timer.C:
		}
	}
}

// borrowedRows steps through a result.
type borrowedRows struct {
	driver.Rows
	c *sql.Conn
}

// Next implements [driver.Rows].
func (r borrowedRows) Next(into []driver.Value) error {
	return r.c.Raw(func(any) error { return r.Rows.Next(into) })
}

// Close implements [driver.Rows].
func (r borrowedRows) Close() error { return r.c.Raw(func(any) error { return r.Rows.Close() }) }

// borrowedStmt is a statement that the driver prepared.
type borrowedStmt struct {
	driver.Stmt
	c *sql.Conn
}

var _ driver.StmtExecContext = borrowedStmt{}

// ExecContext implements [driver.StmtExecContext].
func (s borrowedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (res driver.Result, err error) {
	stmt, ok := s.Stmt.(driver.StmtExecContext)
	if !ok {
		return nil, fmt.Errorf("the driver's statement, a %T, takes no context: it is too old", s.Stmt)
	}
	err = patiently(ctx, func() error {
		return s.c.Raw(func(any) error {
			res, err = stmt.ExecContext(ctx, args)
			return err
		})
	})
	return res, err
}

// Close implements [driver.Stmt].
func (s borrowedStmt) Close() error { return s.c.Raw(func(any) error { return s.Stmt.Close() }) }
