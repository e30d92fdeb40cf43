package main

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	_ "github.com/marcboeker/go-duckdb" // the "duckdb" driver

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/sink/duckdb"
)

// duckDB loads into a new database file, closing it included.
func duckDB(ctx context.Context, l load) (child.Result, error) {
	db := filepath.Join(l.Dir, "scale.duckdb")
	clock := child.Start()
	if err := l.intoDuckDB(ctx, db); err != nil {
		return child.Result{}, err
	}
	r, err := clock.Stop()
	if err != nil {
		return r, err
	}
	info, err := os.Stat(db)
	if err != nil {
		return r, err
	}
	r.Size = info.Size()
	r.Rows, err = count(ctx, db)
	return r, err
}

func (l load) intoDuckDB(ctx context.Context, db string) (err error) {
	dst, err := duckdb.Open(db, table, &duckdb.Options{MemoryLimit: l.DuckDB})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close(ctx)) }()
	return l.pipe(ctx, dst)
}

func count(ctx context.Context, file string) (rows int64, err error) {
	db, err := sql.Open("duckdb", file+"?access_mode=read_only")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&rows)
	return rows, err
}
