package sql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"
)

// commitError is an error of COMMIT: whether the transaction is there is unknown.
type commitError struct{ err error }

func (e *commitError) Error() string { return "commit: " + e.err.Error() }
func (e *commitError) Unwrap() error { return e.err }

// inTx runs do in a transaction on one connection and commits. The connection is at hand for a route that reaches the
// driver, and the transaction has ended when inTx returns, which database/sql's own does not promise once its context is
// done.
func (s *Sink) inTx(ctx context.Context, do func(c *sql.Conn) error) error {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Close()
	return s.transact(ctx, c, do)
}

func (s *Sink) transact(ctx context.Context, c *sql.Conn, do func(c *sql.Conn) error) error {
	for _, begin := range s.d.Begin() {
		if _, err := c.ExecContext(ctx, begin); err != nil {
			discard(c)
			return fmt.Errorf("begin: %w", err)
		}
	}
	if err := do(c); err != nil {
		rollback(ctx, c)
		return err
	}
	if err := ctx.Err(); err != nil {
		rollback(ctx, c)
		return err
	}
	if _, err := c.ExecContext(ctx, "COMMIT"); err != nil {
		rollback(ctx, c)
		return &commitError{err}
	}
	return nil
}

// inDDL runs do, which changes tables, with others kept from it: in one transaction where DDL is transactional, else
// as it comes, so that every step of do must bear to be found done.
func (s *Sink) inDDL(ctx context.Context, do func(c *sql.Conn) error) error {
	s.ddl.Lock()
	defer s.ddl.Unlock()
	c, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Close()
	if s.d.TransactionalDDL() {
		return s.transact(ctx, c, func(c *sql.Conn) error {
			if err := execAll(ctx, c, s.d.Lock(s.lockName())); err != nil {
				return err
			}
			return do(c)
		})
	}
	if err := execAll(ctx, c, s.d.Lock(s.lockName())); err != nil {
		return err
	}
	defer func() {
		// A lock that cannot be given back goes with its connection.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if execAll(ctx, c, s.d.Unlock(s.lockName())) != nil {
			discard(c)
		}
	}()
	return do(c)
}

// lockName is one for all that share a table of offsets.
func (s *Sink) lockName() string { return "floe " + s.schema }

func execAll(ctx context.Context, c *sql.Conn, statements []string) error {
	for _, q := range statements {
		if _, err := c.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("%.200s: %w", q, err)
		}
	}
	return nil
}

// rollback ends the transaction, also where ctx is done. A connection of which that is not certain is thrown away.
func rollback(ctx context.Context, c *sql.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := c.ExecContext(ctx, "ROLLBACK"); err != nil {
		discard(c)
	}
}

func discard(c *sql.Conn) { _ = c.Raw(func(any) error { return driver.ErrBadConn }) }
