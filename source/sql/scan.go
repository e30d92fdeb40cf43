package sql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/decode/text"
)

// scanRoute is the [Route] of database/sql.
type scanRoute struct {
	db *sql.DB
	d  dialect.Reader
}

// Close implements [Route]: the database is the caller's.
func (t *scanRoute) Close(context.Context) error { return nil }

// Query implements [Route].
func (t *scanRoute) Query(ctx context.Context, s Statement) (_ Rows, err error) {
	conn, err := t.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	r := &scanRows{conn: conn, statement: s}
	r.noZero, r.wallClock = t.d.Times()
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	begin, end := t.d.Session()
	r.end = end
	for _, text := range begin {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			return nil, err
		}
	}
	// A prepared statement has the values as they are; without, MySQL writes them as text, floats clipped.
	if r.prepared, err = conn.PrepareContext(ctx, s.Text); err != nil {
		return nil, err
	}
	if r.rows, err = r.prepared.QueryContext(ctx, s.Args...); err != nil {
		return nil, err
	}
	types, err := r.rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	fields := make([]arrow.Field, len(types))
	for i, c := range types {
		if fields[i], err = t.field(c, s.Types[c.Name()]); err != nil {
			return nil, err
		}
		if _, err := newColumn(fields[i], nil); err != nil {
			return nil, err
		}
		if slices.Contains(s.Key, c.Name()) {
			if err := t.d.KeyColumn(c); err != nil {
				return nil, err
			}
		}
	}
	r.schema = arrow.NewSchema(fields, nil)
	return r, nil
}

// field returns the field of a column; override may be nil.
func (t *scanRoute) field(c *sql.ColumnType, override arrow.DataType) (arrow.Field, error) {
	if override != nil {
		return dialect.ReadField(c, override)
	}
	return t.d.Field(c)
}

// scanRows is an open result of database/sql.
type scanRows struct {
	statement Statement
	conn      *sql.Conn
	end       []string // statements that undo those before
	prepared  *sql.Stmt
	rows      *sql.Rows
	schema    *arrow.Schema

	noZero, wallClock bool // see dialect.Reader.Times
}

// Schema implements [Rows].
func (r *scanRows) Schema() *arrow.Schema { return r.schema }

// Read implements [Rows].
func (r *scanRows) Read(rows, bytes int64) (Chunk, error) {
	b := array.NewRecordBuilder(r.statement.Allocator, r.schema)
	defer b.Release()
	columns := make([]*column, len(b.Fields()))
	dest := make([]any, len(columns))
	for i, f := range r.schema.Fields() {
		c, err := newColumn(f, b.Field(i))
		if err != nil {
			return Chunk{}, err
		}
		columns[i], dest[i] = c, c
		if r.noZero || r.wallClock {
			dest[i] = &timed{c, r.noZero, r.wallClock}
		}
	}
	var faults []Fault
	n, size := int64(0), int64(0)
	for n < rows && size < bytes && r.rows.Next() {
		if err := r.rows.Scan(dest...); err != nil {
			return Chunk{}, err
		}
		size = 0
		for i, c := range columns {
			size += c.bytes
			if c.fault != nil {
				faults = addFault(faults, n, i, c.fault)
				c.fault = nil
			}
		}
		n++
	}
	if n < rows && size < bytes {
		if err := r.rows.Err(); err != nil {
			return Chunk{}, err
		}
	}
	if n == 0 {
		return Chunk{}, io.EOF
	}
	return Chunk{Record: b.NewRecord(), Faults: faults}, nil
}

// timed is a column of a driver whose times are not simply instants.
type timed struct {
	*column
	noZero, wallClock bool
}

// Scan implements sql.Scanner.
func (c *timed) Scan(src any) error {
	if t, ok := src.(time.Time); ok {
		switch {
		case c.noZero && t.IsZero():
			c.refuse(src, text.Invalid)
			return nil
		case c.wallClock:
			return c.column.Scan(time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC))
		}
	}
	return c.column.Scan(src)
}

// addFault adds a value that did not fit to those of its row.
func addFault(faults []Fault, row int64, i int, f *columnFault) []Fault {
	if n := len(faults); n == 0 || faults[n-1].Row != row {
		faults = append(faults, Fault{Row: row, Column: i, Code: f.code, Message: f.message, Texts: map[int]string{}})
	}
	if f.words != nil {
		faults[len(faults)-1].Texts[i] = *f.words
	}
	return faults
}

// Close implements [Rows].
func (r *scanRows) Close() error {
	var errs []error
	if r.rows != nil {
		errs = append(errs, r.rows.Close())
	}
	if r.prepared != nil {
		errs = append(errs, r.prepared.Close())
	}
	if err := r.undo(); err != nil {
		// The connection is not what it was: nobody else is to get it.
		_ = r.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	if err := r.conn.Close(); !errors.Is(err, sql.ErrConnDone) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// undo runs the statements that end a session.
func (r *scanRows) undo() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, text := range r.end {
		if _, err := r.conn.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("undo what the session was set to: %w", err)
		}
	}
	return nil
}
