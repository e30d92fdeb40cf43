// Postgres loads files into a table of PostgreSQL, exactly once: run it again, or kill it half-way and run it again,
// and each row is there once.
//
//	export DATABASE_URL=postgres://user:password@localhost/database
//	go run ./examples/postgres -table weather examples/quickstart/seattle-weather.csv
//	go run ./examples/postgres -table weather -key date 'weather/*.parquet'  # rows with the same date are replaced
//
// The table is made where it is missing. Rows that it refuses are in weather_rejects, each with its reason.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"

	"github.com/floedata/floe"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/postgres"
	"github.com/floedata/floe/source/file"
)

func main() {
	table := flag.String("table", "", "table to load into")
	key := flag.String("key", "", "columns, with commas between, by which rows are replaced; none: rows are added")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Getenv("DATABASE_URL"), *table, *key, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run loads the paths into the table, and tells out what became of the rows.
func run(ctx context.Context, out io.Writer, database, table, key string, paths []string) (err error) {
	src, err := file.New(paths, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close(context.WithoutCancel(ctx))) }()
	opts := &floesql.Options{
		Evolve:  sink.AddColumns,
		Rejects: table + "_rejects",
		Logger:  slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
	if key != "" {
		opts.Mode, opts.Key = sink.Upsert, strings.Split(key, ",")
	}
	dst, err := postgres.Open(ctx, database, table, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close(context.WithoutCancel(ctx))) }()
	p, err := floe.New("files into "+table, src, dst, &floe.Options{MaxRejects: 1000})
	if err != nil {
		return err
	}
	res, err := p.Run(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, res)
	return err
}
