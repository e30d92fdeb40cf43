// Command adbc is the reference of the case staged-local: the bulk ingestion of arrow-adbc's driver for Snowflake. It is a
// program of its own because the two releases of Arrow's Parquet package cannot be linked into one.
//
// Its arguments are a Parquet file, how many times its records are loaded, the size of the files to stage in bytes, the
// table, and the DSN; it prints a child.Result, as JSON.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-adbc/go/adbc/driver/snowflake"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/floedata/floe/benchmarks/internal/child"
)

func main() { child.Answer(run(context.Background(), os.Args[1:])) }

func run(ctx context.Context, args []string) (r child.Result, err error) {
	if len(args) != 5 {
		return r, errors.New("usage: adbc FILE TIMES BYTES TABLE DSN")
	}
	path, size, table, dsn := args[0], args[2], args[3], args[4]
	times, err := strconv.Atoi(args[1])
	if err != nil {
		return r, err
	}
	recs, err := read(ctx, path)
	if err != nil {
		return r, err
	}
	var all []arrow.Record
	for range times {
		all = append(all, recs...)
	}
	clock := child.Start()
	if err := load(ctx, dsn, table, size, all); err != nil {
		return r, err
	}
	return clock.Stop()
}

func read(ctx context.Context, path string) ([]arrow.Record, error) {
	f, err := file.OpenParquetFile(path, false)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{BatchSize: 64 << 10}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	rows, err := r.GetRecordReader(ctx, nil, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Release()
	var recs []arrow.Record
	for rows.Next() {
		rec := rows.Record()
		rec.Retain()
		recs = append(recs, rec)
	}
	if err := rows.Err(); !errors.Is(err, io.EOF) { // which is how it ends
		return nil, err
	}
	return recs, nil
}

func load(ctx context.Context, dsn, table, size string, recs []arrow.Record) (err error) {
	db, err := snowflake.NewDriver(memory.DefaultAllocator).NewDatabase(map[string]string{adbc.OptionKeyURI: dsn})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	c, err := db.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	st, err := c.NewStatement()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	for option, value := range map[string]string{
		adbc.OptionKeyIngestTargetTable:               table,
		adbc.OptionKeyIngestMode:                      adbc.OptionValueIngestModeReplace,
		snowflake.OptionStatementIngestTargetFileSize: size,
	} {
		if err := st.SetOption(option, value); err != nil {
			return fmt.Errorf("%s: %w", option, err)
		}
	}
	r, err := array.NewRecordReader(recs[0].Schema(), recs)
	if err != nil {
		return err
	}
	defer r.Release()
	if err := st.BindStream(ctx, r); err != nil {
		return err
	}
	_, err = st.ExecuteUpdate(ctx)
	return err
}
