package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/dialect"
	floesql "github.com/floedata/floe/source/sql"
)

// New returns the source of the rows of q. db is opened with the driver's name, "duckdb", or its connector; it stays the
// caller's. Each partition that is being read has a connection.
func New(db *sql.DB, q floesql.Query, opts *floesql.Options) (*floesql.Source, error) {
	if db == nil {
		var f config.Faults
		f.Add("db", "it is nil")
		return nil, f.Err("source/sql/duckdb")
	}
	return floesql.NewRoute(&route{db}, duckDB{}, q, opts)
}

// duckDB is the dialect, as far as reading goes.
type duckDB struct{ dialect.Standard }

// Name implements [floesql.Dialect].
func (duckDB) Name() string { return "duckdb" }

// TieOrder implements [dialect.Reader]: a text may have a collation.
func (duckDB) TieOrder(t arrow.DataType, column string) string {
	if t.ID() == arrow.STRING {
		return "CAST(" + column + " AS VARCHAR) COLLATE C"
	}
	return column
}

// Limit implements [dialect.Reader].
func (duckDB) Limit(rows int64) string { return fmt.Sprintf(" LIMIT %d", rows) }

// KeyParameter implements [dialect.Reader]: DuckDB compares a column with a parameter by what it thinks is the type of both.
func (duckDB) KeyParameter(t arrow.DataType, placeholder string) string {
	as := ""
	switch t := t.(type) {
	case arrow.DecimalType:
		as = fmt.Sprintf("DECIMAL(%d,%d)", t.GetPrecision(), t.GetScale())
	case *arrow.Date32Type:
		as = "DATE"
	case *arrow.Time64Type:
		as = "TIME"
	case *arrow.TimestampType:
		switch {
		case t.TimeZone != "":
			as = "TIMESTAMPTZ"
		case t.Unit == arrow.Nanosecond:
			as = "TIMESTAMP_NS"
		default:
			as = "TIMESTAMP"
		}
	default:
		return placeholder
	}
	return "CAST(" + placeholder + " AS " + as + ")"
}

// Classify implements [floesql.Dialect]: an embedded database has nothing that passes by itself.
func (duckDB) Classify(err error) dialect.Class {
	if errors.Is(err, driver.ErrBadConn) {
		return dialect.Unavailable
	}
	return dialect.Unknown
}

// route implements [floesql.Route].
type route struct{ db *sql.DB }

// Close implements [floesql.Route]: the database is the caller's.
func (t *route) Close(context.Context) error { return nil }

// Query implements [floesql.Route].
func (t *route) Query(ctx context.Context, s floesql.Statement) (_ floesql.Rows, err error) {
	c, err := t.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	r := &rows{conn: c, mem: s.Allocator}
	err = c.Raw(func(driverConn any) error {
		conn, err := handle(driverConn)
		if err != nil {
			return err
		}
		schema, err := describe(ctx, driverConn, s)
		if err != nil {
			return err
		}
		r.stream, err = openStream(ctx, conn, schema, s.Text, s.Args)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return r, nil
}

// describe returns the schema of a statement's rows.
func describe(ctx context.Context, driverConn any, s floesql.Statement) (*arrow.Schema, error) {
	conn, ok := driverConn.(driver.Conn)
	if !ok {
		return nil, fmt.Errorf("a %T is not a connection of a driver", driverConn)
	}
	a, err := duckdb.NewArrowFromConn(conn)
	if err != nil {
		return nil, err
	}
	got, err := a.QueryContext(ctx, "SELECT * FROM ("+strings.TrimRight(s.Text, "; \n")+"\n) LIMIT 0", s.Args...)
	if err != nil {
		return nil, err
	}
	defer got.Release()
	schema := arrow.NewSchema(got.Schema().Fields(), nil)
	for name, t := range s.Types {
		for _, i := range schema.FieldIndices(name) {
			if f := schema.Field(i); !arrow.TypeEqual(f.Type, t) {
				return nil, fmt.Errorf("the column %q is of type %s and cannot be read as %s: cast it in the query", name, f.Type, t)
			}
		}
	}
	return schema, nil
}
