package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"zombiezen.com/go/sqlite"
)

// connector opens connections for database/sql: claims, DDL and offsets go through it, rows reach the connection inside.
type connector struct{ path string }

func (c connector) Driver() driver.Driver { return c }

// Open implements [driver.Driver], for which nobody asks.
func (c connector) Open(string) (driver.Conn, error) { return c.Connect(context.Background()) }

// Connect implements [driver.Connector].
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	// WAL is switched on below: the flag for it waits without looking at the context.
	db, err := sqlite.OpenConn(c.path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		return nil, failure(ctx, fmt.Errorf("open %q: %w", c.path, err))
	}
	conn := &conn{db: db}
	for _, set := range []string{"journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -32768"} {
		if _, err := conn.ExecContext(ctx, "PRAGMA "+set, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("open %q: %w", c.path, err), db.Close())
		}
	}
	return conn, nil
}

// conn waits, where another connection is in the way, until the context of the call is done: that is how zombiezen's
// connections come.
type conn struct{ db *sqlite.Conn }

var (
	_ driver.ExecerContext   = (*conn)(nil)
	_ driver.QueryerContext  = (*conn)(nil)
	_ driver.SessionResetter = (*conn)(nil)
)

func (c *conn) Close() error { return c.db.Close() }

// Prepare implements [driver.Conn].
func (c *conn) Prepare(query string) (driver.Stmt, error) { return statement{c, query}, nil }

// Begin implements [driver.Conn].
func (c *conn) Begin() (driver.Tx, error) {
	return nil, errors.New("transactions begin by a statement, BEGIN IMMEDIATE")
}

// ResetSession ends a transaction that was left open.
func (c *conn) ResetSession(context.Context) error {
	if !c.db.AutocommitEnabled() {
		if _, err := c.ExecContext(context.Background(), "ROLLBACK", nil); err != nil {
			return driver.ErrBadConn
		}
	}
	return nil
}

// within runs do, which ends early once ctx is done.
func (c *conn) within(ctx context.Context, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.db.SetInterrupt(ctx.Done())
	defer c.db.SetInterrupt(nil)
	return failure(ctx, do())
}

// ExecContext implements [driver.ExecerContext].
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	err := c.within(ctx, func() error {
		stmt, err := c.prepare(query, args)
		if err != nil {
			return err
		}
		for more := true; more && err == nil; {
			more, err = stmt.Step()
		}
		return errors.Join(err, finalize(stmt, err))
	})
	return driver.RowsAffected(c.db.Changes()), err
}

// finalize ends a statement. After an error it only tells that again.
func finalize(stmt *sqlite.Stmt, failed error) error {
	if err := stmt.Finalize(); failed == nil {
		return err
	}
	return nil
}

func (c *conn) prepare(query string, args []driver.NamedValue) (*sqlite.Stmt, error) {
	stmt, rest, err := c.db.PrepareTransient(query)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(query[len(query)-rest:]) != "" {
		return nil, errors.Join(errors.New("there is more than one statement"), stmt.Finalize())
	}
	for _, a := range args {
		switch v := a.Value.(type) {
		case nil:
			stmt.BindNull(a.Ordinal)
		case int64:
			stmt.BindInt64(a.Ordinal, v)
		case float64:
			stmt.BindFloat(a.Ordinal, v)
		case bool:
			stmt.BindBool(a.Ordinal, v)
		case string:
			stmt.BindText(a.Ordinal, v)
		case []byte:
			stmt.BindBytes(a.Ordinal, v)
		default:
			return nil, errors.Join(fmt.Errorf("parameter %d is of type %T, which is not bound", a.Ordinal, v), stmt.Finalize())
		}
	}
	return stmt, nil
}

// QueryContext implements [driver.QueryerContext].
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r := &rows{conn: c, done: ctx.Done()}
	err := c.within(ctx, func() (err error) {
		r.stmt, err = c.prepare(query, args)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// rows steps through a result. done interrupts it: database/sql closes the rows of a context that is done, but
// not while a step is under way.
type rows struct {
	conn *conn
	stmt *sqlite.Stmt
	done <-chan struct{}
}

// Columns implements [driver.Rows].
func (r *rows) Columns() []string {
	names := make([]string, r.stmt.ColumnCount())
	for i := range names {
		names[i] = r.stmt.ColumnName(i)
	}
	return names
}

// Next implements [driver.Rows].
func (r *rows) Next(into []driver.Value) error {
	r.conn.db.SetInterrupt(r.done)
	defer r.conn.db.SetInterrupt(nil)
	more, err := r.stmt.Step()
	if err != nil {
		return failure(context.Background(), err)
	}
	if !more {
		return io.EOF
	}
	for i := range into {
		switch r.stmt.ColumnType(i) {
		case sqlite.TypeInteger:
			into[i] = r.stmt.ColumnInt64(i)
		case sqlite.TypeFloat:
			into[i] = r.stmt.ColumnFloat(i)
		case sqlite.TypeText:
			into[i] = r.stmt.ColumnText(i)
		case sqlite.TypeBlob:
			b := make([]byte, r.stmt.ColumnLen(i))
			r.stmt.ColumnBytes(i, b)
			into[i] = b
		default:
			into[i] = nil
		}
	}
	return nil
}

// Close implements [driver.Rows].
func (r *rows) Close() error { return r.stmt.Finalize() }

// statement is a query for which database/sql asks to be prepared: it is, when it runs.
type statement struct {
	conn  *conn
	query string
}

func (s statement) Close() error  { return nil }
func (s statement) NumInput() int { return -1 }

// Exec implements [driver.Stmt].
func (s statement) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), named(args))
}

// Query implements [driver.Stmt].
func (s statement) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

// ExecContext implements [driver.StmtExecContext].
func (s statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.conn.ExecContext(ctx, s.query, args)
}

// QueryContext implements [driver.StmtQueryContext].
func (s statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.QueryContext(ctx, s.query, args)
}

func named(args []driver.Value) []driver.NamedValue {
	list := make([]driver.NamedValue, len(args))
	for i, v := range args {
		list[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return list
}

// codeError is an error of SQLite with its code, by which the dialect knows it.
type codeError struct {
	code int
	err  error
}

func (e *codeError) Error() string { return e.err.Error() }
func (e *codeError) Unwrap() error { return e.err }

// Code is the extended result code.
func (e *codeError) Code() int { return e.code }

// failure gives an error its code, and the context's where that is done.
func failure(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	if known := (*codeError)(nil); errors.As(err, &known) {
		return err
	}
	return &codeError{code: int(sqlite.ErrCode(err)), err: err}
}
