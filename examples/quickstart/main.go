// Quickstart loads files into a DuckDB file, exactly once: run it again, or kill it half-way and run it again,
// and each row is there once.
//
//	go run ./examples/quickstart                      # the weather of Seattle, through a transform
//	go run ./examples/quickstart a.parquet 'b/*.csv'  # any files, a table for each argument
//
// Progress and rejected rows go to standard error, the rest to standard output.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	_ "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
	"github.com/floedata/floe/source/file"
	"github.com/floedata/floe/transform"
)

const weather = "examples/quickstart/seattle-weather.csv"

// tell is how often the progress of a run is printed.
var tell = 500 * time.Millisecond

func main() {
	db := flag.String("db", "quickstart.duckdb", "DuckDB file to load into")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *db, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run loads the paths, or the weather where there are none, and tells out what there is now.
func run(ctx context.Context, out io.Writer, db string, paths []string) error {
	var transforms []transform.Transform
	demo := len(paths) == 0
	if demo {
		paths = []string{weather}
		transforms = []transform.Transform{
			transform.Rename(map[string]string{"date": "day"}),
			transform.Cast(map[string]arrow.DataType{"wind": arrow.PrimitiveTypes.Float32}, nil),
		}
	}
	var total floe.Result
	var tables []string
	for _, p := range paths {
		table := tableOf(p, tables)
		res, err := load(ctx, db, table, p, transforms)
		if err != nil {
			return err
		}
		tables = append(tables, table)
		total.Read += res.Read
		total.Written += res.Written
		total.Rejected += res.Rejected
		total.Elapsed += res.Elapsed
	}
	if err := show(ctx, out, db, tables, demo); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, total)
	return err
}

// load moves the files of one argument into one table.
func load(ctx context.Context, db, table, path string, transforms []transform.Transform) (res floe.Result, err error) {
	src, err := file.New([]string{path}, nil)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, src.Close(context.WithoutCancel(ctx))) }()
	dst, err := duckdb.Open(db, table, &duckdb.Options{Evolve: sink.AddColumns})
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, dst.Close(context.WithoutCancel(ctx))) }()
	p, err := floe.New("quickstart "+table, src, dst, &floe.Options{
		Transforms: transforms,
		DeadLetter: sink.Func(complain),
		MaxRejects: 1000,
	})
	if err != nil {
		return res, err
	}
	stop := watch(p, table)
	defer stop()
	return p.Run(ctx)
}

// complain prints why rows were rejected. A program that means to load them again keeps them: any sink takes them.
func complain(_ context.Context, rejected arrow.Record) error {
	reasons := rejected.Column(rejected.Schema().FieldIndices("_floe_reason")[0]).(*array.String)
	for i := range reasons.Len() {
		if _, err := fmt.Fprintln(os.Stderr, "rejected:", reasons.Value(i)); err != nil {
			return err
		}
	}
	return nil
}

// watch prints the progress of a run until stop is called.
func watch(p *floe.Pipeline, table string) (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(tell)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			now := p.Progress()
			of := ""
			if now.EstimatedRows > 0 {
				of = fmt.Sprintf(" of %d", now.EstimatedRows)
			}
			fmt.Fprintf(os.Stderr, "%s: %.1f s: %d%s rows read, %d written, %d rejected\n",
				table, now.Elapsed.Seconds(), now.Read, of, now.Written, now.Rejected)
		}
	}()
	return func() {
		close(quit)
		<-ended
	}
}

// tableOf names a table after the last part of a path that has a name beside its format and wildcards.
func tableOf(p string, taken []string) string {
	name := ""
	for p = filepath.ToSlash(p); name == "" && p != "." && p != "/"; p = path.Dir(p) {
		name, _, _ = strings.Cut(path.Base(p), ".")
		name = strings.Trim(name, "*?[]_- ")
	}
	if name == "" {
		name = "rows"
	}
	first := name
	for n := 2; slices.ContainsFunc(taken, func(t string) bool { return strings.EqualFold(t, name) }); n++ {
		name = fmt.Sprintf("%s_%d", first, n)
	}
	return name
}

// show prints how many rows each table has, and something about the weather.
func show(ctx context.Context, out io.Writer, path string, tables []string, demo bool) error {
	db, err := sql.Open("duckdb", path)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, t := range tables {
		var rows int64
		quoted := `"` + strings.ReplaceAll(t, `"`, `""`) + `"`
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+quoted).Scan(&rows); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d rows in %s\n", t, rows, path)
	}
	if !demo {
		return nil
	}
	rows, err := db.QueryContext(ctx, `SELECT weather, count(*), round(avg(temp_max), 1) FROM "seattle-weather" GROUP BY weather ORDER BY 2 DESC`)
	if err != nil {
		return err
	}
	defer rows.Close()
	fmt.Fprintln(out, "weather   days  mean of highest °C")
	for rows.Next() {
		var kind string
		var days int
		var mean float64
		if err := rows.Scan(&kind, &days, &mean); err != nil {
			return err
		}
		fmt.Fprintf(out, "%-8s %5d %6.1f\n", kind, days, mean)
	}
	return rows.Err()
}
