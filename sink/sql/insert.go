package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/rejects"
)

// rowsPerInsert is how many rows one INSERT has at most: MariaDB was fastest with 100, and takes longer for each of a
// thousand.
const rowsPerInsert = 100

// Insert is the [Route] of every database: INSERT of many rows a statement, prepared once a load.
type Insert struct{ Dialect dialect.Dialect }

// Plan implements [Route].
func (r Insert) Plan(into Into) (Inserter, error) {
	p := &inserter{d: r.Dialect, into: into, binders: make([]dialect.Binder, len(into.Fields))}
	for i, f := range into.Fields {
		bind, err := r.Dialect.Bind(f, into.Columns[i])
		if err != nil {
			return nil, &Unloadable{Column: i, Err: err}
		}
		p.binders[i] = bind
	}
	p.rows = max(1, min(rowsPerInsert, r.Dialect.MaxParameters()/max(1, len(into.Fields))))
	return p, nil
}

type inserter struct {
	d       dialect.Dialect
	into    Into
	binders []dialect.Binder
	rows    int // a statement
}

// Check implements [Inserter].
func (p *inserter) Check(rec arrow.Record) []deadletter.Reason {
	var reasons [][]deadletter.Reason
	for i, col := range rec.Columns() {
		var list []deadletter.Reason
		for row := range col.Len() {
			if rejects.IsNull(col, row) {
				continue
			}
			if _, err := p.binders[i](col, row); err != nil {
				list = append(list, reasonOf(err, int64(row), p.into.Fields[i].Name))
			}
		}
		reasons = append(reasons, list)
	}
	return rejects.Merge(reasons...)
}

func reasonOf(err error, row int64, column string) deadletter.Reason {
	r := deadletter.Reason{Row: row, Code: deadletter.CodeInvalid, Column: column, Message: fmt.Sprintf("column %q: %v", column, err)}
	var unfit *dialect.Unfit
	if errors.As(err, &unfit) && unfit.Code != "" {
		r.Code = unfit.Code
	}
	return r
}

// Insert implements [Inserter].
func (p *inserter) Insert(ctx context.Context, c *sql.Conn, records []arrow.Record) error {
	rest := rowsOfAll(records)
	args := make([]any, 0, p.rows*len(p.binders))
	var full *sql.Stmt
	flush := func() error {
		n := len(args) / len(p.binders)
		defer func() { args = args[:0] }()
		if n < p.rows {
			return p.exec(ctx, c.ExecContext, args, n)
		}
		if full == nil {
			stmt, err := c.PrepareContext(ctx, p.statement(n))
			if err != nil {
				return fmt.Errorf("prepare the INSERT: %w", err)
			}
			full = stmt
		}
		return p.exec(ctx, func(ctx context.Context, _ string, args ...any) (sql.Result, error) {
			return full.ExecContext(ctx, args...)
		}, args, n)
	}
	defer func() {
		if full != nil {
			_ = full.Close()
		}
	}()
	for _, rec := range records {
		for row := range int(rec.NumRows()) {
			for i, bind := range p.binders {
				var v any
				if col := rec.Column(i); !rejects.IsNull(col, row) {
					var err error
					if v, err = bind(col, row); err != nil {
						return fmt.Errorf("column %q: %w", p.into.Fields[i].Name, err)
					}
				}
				args = append(args, v)
			}
			if rest--; rest == 0 || len(args) == cap(args) {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// exec inserts n rows, and checks that all arrived. Databases count a row that is replaced as they like.
func (p *inserter) exec(ctx context.Context, do func(context.Context, string, ...any) (sql.Result, error), args []any, n int) error {
	res, err := do(ctx, p.statement(n), args...)
	if err != nil || p.into.Key != nil {
		return err
	}
	inserted, err := res.RowsAffected()
	if err == nil && inserted != int64(n) {
		err = fmt.Errorf("%d rows were handed over and %d inserted", n, inserted)
	}
	return err
}

// statement is the INSERT of n rows.
func (p *inserter) statement(n int) string {
	names := make([]string, len(p.into.Columns))
	for i, c := range p.into.Columns {
		names[i] = c.Name
	}
	var b strings.Builder
	b.WriteString("INSERT INTO " + p.into.Table + " (" + dialect.Names(p.d, names) + ") VALUES ")
	k := 0
	for row := range n {
		if row > 0 {
			b.WriteString(", ")
		}
		for i := range names {
			b.WriteString(map[bool]string{true: "(", false: ", "}[i == 0])
			k++
			b.WriteString(p.d.Placeholder(k))
		}
		b.WriteByte(')')
	}
	if p.into.Key != nil {
		b.WriteString(p.d.Upsert(upsertOf(p.into, names)))
	}
	return b.String()
}

func upsertOf(into Into, names []string) dialect.Upsert {
	u := dialect.Upsert{Columns: names, Rest: into.Rest}
	for _, k := range into.Key {
		u.Key = append(u.Key, names[k])
	}
	return u
}

func rowsOfAll(records []arrow.Record) int64 {
	n := int64(0)
	for _, r := range records {
		n += r.NumRows()
	}
	return n
}
