package main

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/trips"
	pgdialect "github.com/floedata/floe/dialect/postgres"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sql/postgres"
)

// copied is the file that a server's own COPY writes and reads.
const copied = "trips.copy"

// toPostgres loads the records by a pipeline.
func toPostgres(ctx context.Context, in input) (child.Result, error) {
	return intoPostgres(ctx, in, func(*pgx.Conn) (child.Result, error) {
		return fromMemory(ctx, in, func() (sink.Sink, error) { return postgres.Open(ctx, in.dsn, table, nil) })
	})
}

// toPostgresByPgx loads them by pgx's CopyFrom, as rows of any.
func toPostgresByPgx(ctx context.Context, in input) (child.Result, error) {
	return intoPostgres(ctx, in, func(*pgx.Conn) (r child.Result, err error) {
		recs, err := readAll(ctx, in.data)
		if err != nil {
			return r, err
		}
		clock := child.Start()
		if err := copyRows(ctx, in.dsn, recs); err != nil {
			return r, err
		}
		return clock.Stop()
	})
}

// toPostgresFromFile lets the server read the file that it wrote.
func toPostgresFromFile(ctx context.Context, in input) (child.Result, error) {
	return intoPostgres(ctx, in, func(c *pgx.Conn) (r child.Result, err error) {
		file, err := serverFile(ctx, c)
		if err != nil {
			return r, err
		}
		clock := child.Start()
		if _, err := c.Exec(ctx, fmt.Sprintf("COPY %s FROM '%s' (FORMAT binary)", table, file)); err != nil {
			return r, err
		}
		return clock.Stop()
	})
}

// copyFile makes the server write the table into its file.
func copyFile(ctx context.Context, in input) error {
	return withPostgres(ctx, in.dsn, func(c *pgx.Conn) error {
		if err := fillPostgres(ctx, in); err != nil {
			return err
		}
		file, err := serverFile(ctx, c)
		if err != nil {
			return err
		}
		_, err = c.Exec(ctx, fmt.Sprintf("COPY %s TO '%s' (FORMAT binary)", table, file))
		return err
	})
}

// fillPostgres makes the table with all rows.
func fillPostgres(ctx context.Context, in input) error {
	_, err := toPostgresByPgx(ctx, in)
	return err
}

// intoPostgres has load fill an empty table, and looks at it afterwards.
func intoPostgres(ctx context.Context, in input, load func(*pgx.Conn) (child.Result, error)) (r child.Result, err error) {
	err = withPostgres(ctx, in.dsn, func(c *pgx.Conn) error {
		create, err := createTable(pgdialect.Dialect{})
		if err != nil {
			return err
		}
		for _, s := range []string{"DROP TABLE IF EXISTS " + table + ", _floe_offsets", create, "CHECKPOINT"} {
			if _, err := c.Exec(ctx, s); err != nil {
				return err
			}
		}
		if r, err = load(c); err != nil {
			return err
		}
		query := fmt.Sprintf("SELECT count(*), sum(hash_record_extended((%s), 0)::numeric)::text FROM %s", strings.Join(trips.Names(), ", "), table)
		return c.QueryRow(ctx, query).Scan(&r.Rows, &r.Sum)
	})
	return r, err
}

func withPostgres(ctx context.Context, dsn string, do func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	return errors.Join(do(c), c.Close(ctx))
}

// serverFile is where the server may read and write: beside its data, which go with it.
func serverFile(ctx context.Context, c *pgx.Conn) (string, error) {
	var dir string
	err := c.QueryRow(ctx, "SHOW data_directory").Scan(&dir)
	return filepath.Join(dir, copied), err
}

func copyRows(ctx context.Context, dsn string, recs []arrow.Record) error {
	return withPostgres(ctx, dsn, func(c *pgx.Conn) error {
		rows := &pgxRows{recs: recs, values: make([]any, len(trips.Names()))}
		_, err := c.CopyFrom(ctx, pgx.Identifier{table}, trips.Names(), rows)
		return err
	})
}

// pgxRows implements [pgx.CopyFromSource] over records.
type pgxRows struct {
	recs    []arrow.Record // the first is being read
	row     row
	next, n int
	values  []any
	err     error
}

var pgxBoxer = boxer{
	decimal: func(unscaled int64, scale int32) any {
		return pgtype.Numeric{Int: big.NewInt(unscaled), Exp: -scale, Valid: true}
	},
	instant: func(t time.Time) any { return t },
	day:     func(t time.Time) any { return t },
}

func (r *pgxRows) Next() bool {
	for r.next == r.n {
		if len(r.recs) == 0 {
			return false
		}
		if r.row, r.err = pgxBoxer.rows(r.recs[0]); r.err != nil {
			return false
		}
		r.next, r.n, r.recs = 0, int(r.recs[0].NumRows()), r.recs[1:]
	}
	r.next++
	return true
}

func (r *pgxRows) Values() ([]any, error) {
	r.row(r.values, r.next-1)
	return r.values, nil
}

func (r *pgxRows) Err() error { return r.err }
