// Sql_copy copies a table from one database into another one, of another kind or the same. Run again, it copies the rows
// that came since.
//
//	go run ./examples/sql_copy -from sqlite:shop.db -to duckdb:warehouse.duckdb -table orders -key id
//
// Databases are sqlite:FILE, duckdb:FILE, postgres://…, and mysql:DSN, the DSN as github.com/go-sql-driver/mysql takes it.
// Environment variables in them are filled in, so that passwords need not stand in the command line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/floedata/floe"
	"github.com/floedata/floe/sink"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run copies as the arguments say, and prints how much.
func run(ctx context.Context, out io.Writer, args []string) (err error) {
	flags := flag.NewFlagSet("sql_copy", flag.ContinueOnError)
	from := flags.String("from", "", "database to read")
	to := flags.String("to", "", "database to write")
	table := flags.String("table", "", "table, in both")
	key := flags.String("key", "", "columns by which its rows are ordered and unique, with commas between")
	upsert := flags.Bool("upsert", false, "replace rows with the same key")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *from == "" || *to == "" || *table == "" || *key == "" {
		return errors.New("-from, -to, -table and -key are needed")
	}
	columns := strings.Split(*key, ",")
	src, closeSource, err := openSource(ctx, os.ExpandEnv(*from), *table, columns)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close(context.WithoutCancel(ctx)), closeSource()) }()
	mode := sink.Append
	if *upsert {
		mode = sink.Upsert
	} else {
		columns = nil
	}
	dst, err := openSink(ctx, os.ExpandEnv(*to), *table, mode, columns)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close(context.WithoutCancel(ctx))) }()

	p, err := floe.New("copy "+*table, src, dst, nil)
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
