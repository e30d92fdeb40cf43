package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/dialect/postgres"
	"github.com/floedata/floe/internal/pgvalue"
	"github.com/floedata/floe/internal/rejects"
	floesql "github.com/floedata/floe/sink/sql"
)

var dia = postgres.Dialect{}

// route loads by COPY.
type route struct{}

// Plan implements [floesql.Route].
func (route) Plan(into floesql.Into) (floesql.Inserter, error) {
	p := &copier{binary: true, names: make([]string, len(into.Fields)), codecs: make([]*pgvalue.Codec, len(into.Fields))}
	for i, f := range into.Fields {
		codec, err := pgvalue.For(f, pgvalue.Parse(into.Columns[i].Type))
		if err != nil {
			return nil, &floesql.Unloadable{Column: i, Err: err}
		}
		p.codecs[i], p.names[i] = codec, into.Columns[i].Name
		p.binary = p.binary && codec.HasBinary()
	}
	columns := dialect.Names(dia, p.names)
	p.table = into.Table
	if into.Key != nil {
		p.stage(into, columns)
	}
	format := "text"
	if p.binary {
		format = "binary"
	}
	p.copy = fmt.Sprintf("COPY %s (%s) FROM STDIN (FORMAT %s)", p.table, columns, format)
	return p, nil
}

// copier puts rows into one table.
type copier struct {
	names  []string // of the columns
	codecs []*pgvalue.Codec
	binary bool   // else the columns are loaded as texts
	table  string // that COPY fills: the target, or a temporary one
	copy   string
	// before makes a temporary table empty, after moves its rows into the target. "" = there is none.
	before []string
	after  string
	// bare: the rows are nothing but their keys, so that those that are there already stay, and are not counted.
	bare bool
}

// stage makes the plan one of an upsert: the rows go into a temporary table, which is the transaction's own, and from there into the
// target. It is made where it is missing, and emptied: a transaction inserts several times where rows are at fault, and a
// rollback to a savepoint may take the table away.
func (p *copier) stage(into floesql.Into, columns string) {
	h := fnv.New64a()
	h.Write([]byte(into.Table + " " + columns))
	p.table = fmt.Sprintf("pg_temp._floe_%016x", h.Sum64())
	p.before = []string{
		fmt.Sprintf("CREATE TEMPORARY TABLE IF NOT EXISTS %s ON COMMIT DROP AS SELECT %s FROM %s WITH NO DATA", p.table, columns, into.Table),
		"TRUNCATE " + p.table,
	}
	p.bare = len(into.Key) == len(into.Fields) && len(into.Rest) == 0
	u := dialect.Upsert{Columns: p.names, Rest: into.Rest}
	for _, k := range into.Key {
		u.Key = append(u.Key, p.names[k])
	}
	p.after = fmt.Sprintf("INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s%s", into.Table, columns, columns, p.table, dia.Upsert(u))
}

// Check implements [floesql.Inserter].
func (p *copier) Check(rec arrow.Record) []deadletter.Reason {
	var lists [][]deadletter.Reason
	for i, col := range rec.Columns() {
		check := p.codecs[i].CheckAll(col)
		if check == nil {
			continue
		}
		var list []deadletter.Reason
		for row := range col.Len() {
			if pgvalue.IsNull(col, row) {
				continue
			}
			if fault := check(row); fault != nil {
				list = append(list, deadletter.Reason{
					Row: int64(row), Code: fault.Code, Column: rec.ColumnName(i),
					Message: fmt.Sprintf("column %q: %s", rec.ColumnName(i), fault.Message),
				})
			}
		}
		lists = append(lists, list)
	}
	return rejects.Merge(lists...)
}

// Insert implements [floesql.Inserter].
func (p *copier) Insert(ctx context.Context, c *sql.Conn, records []arrow.Record) error {
	rows := int64(0)
	for _, rec := range records {
		rows += rec.NumRows()
	}
	for _, query := range p.before {
		if _, err := c.ExecContext(ctx, query); err != nil {
			return fmt.Errorf("make a temporary table: %w", err)
		}
	}
	copied, err := p.copyIn(ctx, c, records)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	if copied != rows {
		return lost(rows, copied)
	}
	if p.after == "" {
		return nil
	}
	res, err := c.ExecContext(ctx, p.after)
	if err != nil {
		return fmt.Errorf("move the rows from the temporary table: %w", err)
	}
	moved, err := res.RowsAffected()
	if err == nil && moved != rows && !p.bare {
		err = lost(rows, moved)
	}
	return err
}

// lost: a trigger or a rule kept rows back.
func lost(rows, arrived int64) error {
	return fmt.Errorf("%d rows were handed over and %d arrived: does a trigger of the table keep rows back? It must raise an error instead", rows, arrived)
}

// copyIn runs COPY on the connection that c holds, and returns how many rows the server counted.
func (p *copier) copyIn(ctx context.Context, c *sql.Conn, records []arrow.Record) (rows int64, err error) {
	err = c.Raw(func(conn any) error {
		pg, ok := conn.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the connection is a %T, not pgx's: open the database by this package", conn)
		}
		var tag pgconn.CommandTag
		r := newReader(p, records)
		tag, err = pg.Conn().PgConn().CopyFrom(ctx, r, p.copy)
		r.close()
		rows = tag.RowsAffected()
		return err
	})
	return rows, err
}
