package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	_ "github.com/marcboeker/go-duckdb" // the "duckdb" driver

	"github.com/floedata/floe"
	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/trips"
	"github.com/floedata/floe/sink/duckdb"
	"github.com/floedata/floe/source/file"
)

const table = "trips"

// fileToDuckDB loads the file by a pipeline into a new database file, checkpoint included.
func fileToDuckDB(ctx context.Context, in input) (child.Result, error) {
	db := filepath.Join(in.dir, "floe.duckdb")
	clock := child.Start()
	if err := pipeline(ctx, in.data, db); err != nil {
		return child.Result{}, err
	}
	return measured(ctx, clock, db)
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
	return func(ctx context.Context, in input) (child.Result, error) {
		file := filepath.Join(in.dir, "ref.duckdb")
		from := strings.Replace(function, "%s", strings.ReplaceAll(in.data, "'", "''"), 1)
		clock := child.Start()
		// Rows may come in any order on both sides: DuckDB loads faster so.
		err := execAll(ctx, file, "SET preserve_insertion_order = false", fmt.Sprintf("CREATE TABLE %s (%s)", table, trips.Table()),
			fmt.Sprintf("INSERT INTO %s SELECT * FROM %s", table, from), "CHECKPOINT")
		if err != nil {
			return child.Result{}, err
		}
		return measured(ctx, clock, file)
	}
}

func execAll(ctx context.Context, file string, statements ...string) (err error) {
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
func measured(ctx context.Context, clock child.Clock, file string) (child.Result, error) {
	r, err := clock.Stop()
	if err != nil {
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
