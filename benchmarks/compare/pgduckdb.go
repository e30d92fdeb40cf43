package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
	goduckdb "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/trips"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
	floesql "github.com/floedata/floe/source/sql"
	"github.com/floedata/floe/source/sql/postgres"
)

// postgresToDuckDB moves the table by a pipeline into a new database file, closing it included.
func postgresToDuckDB(ctx context.Context, in input) (child.Result, error) {
	file := filepath.Join(in.dir, "floe.duckdb")
	clock := child.Start()
	src, err := postgres.Open(ctx, in.dsn, floesql.Query{Name: table, Table: table, Ordered: true}, nil)
	if err != nil {
		return child.Result{}, err
	}
	if err := move(ctx, src, func() (sink.Sink, error) { return duckdb.Open(file, table, nil) }); err != nil {
		return child.Result{}, err
	}
	return measured(ctx, clock, file)
}

// postgresToDuckDBByScan moves it by database/sql and DuckDB's Appender, in one transaction.
func postgresToDuckDBByScan(ctx context.Context, in input) (child.Result, error) {
	file := filepath.Join(in.dir, "ref.duckdb")
	clock := child.Start()
	if err := scanAndAppend(ctx, in.dsn, file); err != nil {
		return child.Result{}, err
	}
	return measured(ctx, clock, file)
}

// appended is how many rows are kept for the Appender to write at once: without a flush it keeps all.
const appended = 122_880

func scanAndAppend(ctx context.Context, dsn, file string) error {
	return withDB("pgx", dsn, func(from *sql.DB) (err error) {
		rows, err := from.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s", strings.Join(trips.Names(), ", "), table))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		return withDB("duckdb", file, func(db *sql.DB) (err error) {
			into, err := db.Conn(ctx)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, into.Close()) }()
			for _, s := range []string{fmt.Sprintf("CREATE TABLE %s (%s)", table, trips.Table()), "BEGIN"} {
				if _, err := into.ExecContext(ctx, s); err != nil {
					return err
				}
			}
			err = into.Raw(func(c any) error {
				a, err := goduckdb.NewAppenderFromConn(c.(driver.Conn), "", table)
				if err != nil {
					return err
				}
				return errors.Join(appendAll(rows, a), a.Close())
			})
			if err != nil {
				return err
			}
			for _, s := range []string{"COMMIT", "CHECKPOINT"} {
				if _, err := into.ExecContext(ctx, s); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// appendAll scans values as the driver has them, which costs least, and makes of them what the Appender takes.
func appendAll(rows *sql.Rows, a *goduckdb.Appender) error {
	names := trips.Names()
	scanned, into, values := make([]any, len(names)), make([]any, len(names)), make([]driver.Value, len(names))
	for i := range names {
		into[i] = &scanned[i]
	}
	decimals := trips.Decimals()
	for n := 1; rows.Next(); n++ {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range scanned {
			values[i] = v
		}
		for i, t := range decimals {
			if text, ok := scanned[i].(string); ok {
				v, ok := new(big.Int).SetString(strings.Replace(text, ".", "", 1), 10)
				if !ok {
					return fmt.Errorf("column %q: %q is no decimal", names[i], text)
				}
				values[i] = goduckdb.Decimal{Width: uint8(t.Precision), Scale: uint8(t.Scale), Value: v}
			}
		}
		if err := a.AppendRow(values...); err != nil {
			return err
		}
		if n%appended == 0 {
			if err := a.Flush(); err != nil {
				return err
			}
		}
	}
	return rows.Err()
}
