package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/marcboeker/go-duckdb" // the "duckdb" driver

	"github.com/floedata/floe"
	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/trips"
	"github.com/floedata/floe/sink/duckdb"
	"github.com/floedata/floe/source/file"
)

const table = "trips"

// fileToDuckDB loads the file by a pipeline into a new database file, checkpoint included.
func fileToDuckDB(ctx context.Context, path, dir string) (child.Result, error) {
	db := filepath.Join(dir, "floe.duckdb")
	start := time.Now()
	if err := pipeline(ctx, path, db); err != nil {
		return child.Result{}, err
	}
	return measured(ctx, start, db)
}

func pipeline(ctx context.Context, path, db string) (err error) {
	opts := &file.Options{}
	if filepath.Ext(path) != ".parquet" {
		opts.Schema = trips.Schema() // the reference is told the types, too
	}
	src, err := file.New([]string{path}, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close(ctx)) }()
	dst, err := duckdb.Open(db, table, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close(ctx)) }()
	p, err := floe.New("compare", src, dst, nil)
	if err != nil {
		return err
	}
	_, err = p.Run(ctx)
	return err
}

// duckDBAlone loads the file by DuckDB's own reader, the function as given with the path for %s.
func duckDBAlone(function string) side {
	return func(ctx context.Context, path, dir string) (child.Result, error) {
		file := filepath.Join(dir, "ref.duckdb")
		from := strings.Replace(function, "%s", strings.ReplaceAll(path, "'", "''"), 1)
		start := time.Now()
		// Rows may come in any order on both sides: DuckDB loads faster so.
		err := exec(ctx, file, "SET preserve_insertion_order = false", fmt.Sprintf("CREATE TABLE %s (%s)", table, trips.Table()),
			fmt.Sprintf("INSERT INTO %s SELECT * FROM %s", table, from), "CHECKPOINT")
		if err != nil {
			return child.Result{}, err
		}
		return measured(ctx, start, file)
	}
}

func exec(ctx context.Context, file string, statements ...string) (err error) {
	db, err := sql.Open("duckdb", file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// measured stops the clock and then looks at what is in the database.
func measured(ctx context.Context, start time.Time, file string) (r child.Result, err error) {
	r.Seconds = time.Since(start).Seconds()
	if r.RSS, err = child.PeakRSS(); err != nil {
		return r, err
	}
	db, err := sql.Open("duckdb", file+"?access_mode=read_only")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	query := fmt.Sprintf(`SELECT count(*), %s::VARCHAR || ' ' || (SELECT string_agg(data_type, ',' ORDER BY column_index)
		FROM duckdb_columns() WHERE table_name = '%s') FROM %s`, trips.Sum(), table, table)
	err = db.QueryRowContext(ctx, query).Scan(&r.Rows, &r.Sum)
	return r, err
}
