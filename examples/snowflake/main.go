// Snowflake loads a file into Snowflake, exactly once, by files on a stage and COPY INTO: run it again, or kill it half-way
// and run it again, and each row is there once.
//
//	go run ./examples/snowflake
//
// needs no account: it loads into a fake Snowflake, which runs in the program itself. With SNOWFLAKE_DSN, such as
//
//	SNOWFLAKE_DSN='user:password@account/database/schema?warehouse=wh' go run ./examples/snowflake
//
// it loads into that account: a table FLOE_WEATHER, one of offsets beside it, and a stage, all of which it makes.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	_ "github.com/snowflakedb/gosnowflake" // the "snowflake" driver

	"github.com/floedata/floe"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
	"github.com/floedata/floe/source/file"
)

const (
	weather = "examples/quickstart/seattle-weather.csv"
	table   = "floe_weather"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Getenv("SNOWFLAKE_DSN"), weather); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run loads a file into the account, or into a fake one where there is none, and shows what is there.
func run(ctx context.Context, out io.Writer, dsn, path string) (err error) {
	if dsn == "" {
		fake, err := snowflaketest.New(snowflaketest.Options{})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, fake.Close()) }()
		dsn = fake.DSN()
		fmt.Fprintln(out, "a fake Snowflake; set SNOWFLAKE_DSN to load into an account")
	}
	res, err := load(ctx, dsn, path)
	if err != nil {
		return err
	}
	if err := show(ctx, out, dsn); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, res)
	return err
}

// load is the pipeline.
func load(ctx context.Context, dsn, path string) (res floe.Result, err error) {
	src, err := file.New([]string{path}, nil)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, src.Close(context.WithoutCancel(ctx))) }()
	dst, err := snowflake.Open(ctx, snowflake.Config{DSN: dsn}, table, nil)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, dst.Close(context.WithoutCancel(ctx))) }()
	p, err := floe.New("weather", src, dst, nil)
	if err != nil {
		return res, err
	}
	return p.Run(ctx)
}

// show prints how many rows the table has, and its last ones.
func show(ctx context.Context, out io.Writer, dsn string) (err error) {
	db, err := sql.Open("snowflake", dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var rows int
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table).Scan(&rows); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d rows in %s, of which the last are\n", rows, table)
	last, err := db.QueryContext(ctx, "SELECT TO_VARCHAR(date, 'YYYY-MM-DD'), weather, temp_max, wind FROM "+table+" ORDER BY date DESC LIMIT 3")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, last.Close()) }()
	for last.Next() {
		var day, kind string
		var highest, wind float64
		if err := last.Scan(&day, &kind, &highest, &wind); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s %-7s %5.1f °C, wind %.1f m/s\n", day, kind, highest, wind)
	}
	return last.Err()
}
