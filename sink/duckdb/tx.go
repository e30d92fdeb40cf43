package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// errRollback ends a transaction of [Sink.inTx] without an error.
var errRollback = errors.New("roll back")

// commitError is an error of COMMIT: whether the transaction is there is unknown.
type commitError struct{ err error }

func (e *commitError) Error() string { return "commit: " + e.err.Error() }
func (e *commitError) Unwrap() error { return e.err }

// inTx runs do in a transaction on one connection and commits. database/sql's own transactions are rolled back
// by a goroutine once their context is done; here it is done before the call returns.
func (s *Sink) inTx(ctx context.Context, do func(c *sql.Conn) error) error {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, "BEGIN TRANSACTION"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := do(c); err != nil {
		rollback(ctx, c)
		if errors.Is(err, errRollback) {
			return nil
		}
		return err
	}
	if err := ctx.Err(); err != nil {
		rollback(ctx, c)
		return err
	}
	// A COMMIT that is interrupted may take effect all the same. It is short: the rows are written by then.
	if _, err := c.ExecContext(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		rollback(ctx, c)
		return &commitError{err}
	}
	return nil
}

// rollback ends the transaction, also where ctx is done. A failed COMMIT has ended it already; a connection of
// which that is not certain is thrown away.
func rollback(ctx context.Context, c *sql.Conn) {
	if _, err := c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err != nil {
		_ = c.Raw(func(any) error { return driver.ErrBadConn })
	}
}
