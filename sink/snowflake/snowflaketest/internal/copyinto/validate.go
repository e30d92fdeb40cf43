package copyinto

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Validated is what VALIDATION_MODE answers: errors, or rows.
type Validated struct {
	Errors []RowError
	Rows   string // a temporary table with the columns of Request.Dest, but for Extra; "" with RETURN_ERRORS and RETURN_ALL_ERRORS
	conn   *sql.Conn
}

// Close drops the rows.
func (v *Validated) Close(ctx context.Context) error {
	if v.Rows == "" {
		return nil
	}
	_, err := v.conn.ExecContext(context.WithoutCancel(ctx), "DROP TABLE "+v.Rows)
	return err
}

// Validate checks the request's files as its VALIDATION_MODE says, and loads nothing. See [Load] about the connections and
// errors. The caller closes the answer in the same transaction.
func Validate(ctx context.Context, conn, look *sql.Conn, req Request) (*Validated, error) {
	if req.Options.Validation.Mode == ReturnRows {
		return validateRows(ctx, conn, look, req)
	}
	req.Options.OnError = OnError{Action: Continue}
	l, err := newLoader(conn, look, req)
	if err != nil {
		return nil, err
	}
	v := &Validated{}
	for _, f := range req.Files {
		found, err := l.find(ctx, f)
		if err != nil {
			return nil, err
		}
		v.Errors = append(v.Errors, found...)
	}
	return v, nil
}

// find finds the errors of a file.
func (l *loader) find(ctx context.Context, f File) (_ []RowError, err error) {
	in, err := l.open(ctx, f)
	if err == nil {
		defer func() {
			if closed := in.close(context.WithoutCancel(ctx)); err == nil && closed != nil {
				err = closed
			}
		}()
		var made []made
		if made, err = l.columns(f, in); err == nil {
			var found []RowError
			if found, err = l.errors(ctx, &query{in: in, columns: made}, f); err == nil {
				return found, nil
			}
		}
	}
	var broken *fileError
	if errors.As(err, &broken) {
		return []RowError{broken.row(f)}, nil
	}
	return nil, fmt.Errorf("validate %s: %w", f.Name, err)
}

// validateRows converts the first rows. An error among them is that of the statement.
func validateRows(ctx context.Context, conn, look *sql.Conn, req Request) (_ *Validated, err error) {
	var columns []string
	for _, c := range req.Columns {
		columns = append(columns, ident(c.dest())+" "+c.Type.DuckDB())
	}
	in := &input{}
	name, err := in.table(ctx, conn, strings.Join(columns, ", "))
	if err != nil {
		return nil, err
	}
	v := &Validated{Rows: "temp." + name, conn: conn}
	defer func() {
		if err != nil {
			_ = v.Close(ctx)
		}
	}()
	req.Dest, req.Extra, req.Options.OnError = v.Rows, nil, OnError{}
	l, err := newLoader(conn, look, req)
	if err != nil {
		return nil, err
	}
	l.remaining = req.Options.Validation.Rows
	for _, f := range req.Files {
		if l.remaining == 0 {
			break
		}
		result, err := l.file(ctx, f)
		if err != nil {
			return nil, err
		}
		l.remaining -= result.Loaded
	}
	return v, nil
}
