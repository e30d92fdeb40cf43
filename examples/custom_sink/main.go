// Custom_sink has two sinks of one's own, both exactly once and both held against the conformance suite by their
// tests: shelf keeps rows in memory, table in a SQL database. The program loads a file into each of them, twice.
//
//	go run ./examples/custom_sink
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/floedata/floe"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source/file"
	"github.com/floedata/floe/transform"
)

const weather = "examples/quickstart/seattle-weather.csv"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, weather); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, path string) error {
	s := newShelf()
	defer func() { _ = s.Empty() }() // it never fails
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	t, err := newTable(ctx, db, "weather")
	if err != nil {
		return err
	}
	for range 2 {
		onShelf, err := load(ctx, path, s)
		if err != nil {
			return err
		}
		inTable, err := load(ctx, path, t)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "shelf: %s\ntable: %s\n", onShelf, inTable)
	}
	return nil
}

// load moves the columns that both sinks can hold.
func load(ctx context.Context, path string, dst sink.Sink) (res floe.Result, err error) {
	src, err := file.New([]string{path}, nil)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, src.Close(context.WithoutCancel(ctx))) }()
	p, err := floe.New("weather", src, dst, &floe.Options{Transforms: []transform.Transform{transform.Select("date", "weather")}})
	if err != nil {
		return res, err
	}
	return p.Run(ctx)
}
