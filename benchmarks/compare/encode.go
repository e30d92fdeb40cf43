package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	pq "github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/trips"
	encode "github.com/floedata/floe/internal/encode/parquet"
)

// writer writes records to a Parquet file, compressed by zstd at its fastest.
type writer func(f *os.File, recs []arrow.Record) error

// toParquet is a side that encodes the table, in memory already, as files of as many rows each, one a core.
func toParquet(files int, write writer) side {
	return func(ctx context.Context, in input) (child.Result, error) {
		recs, err := readAll(ctx, in.data)
		if err != nil {
			return child.Result{}, err
		}
		runtime.GOMAXPROCS(files)
		clock := child.Start()
		errs := make(chan error, files)
		for i, part := range cut(recs, files) {
			go func() { errs <- writeFile(filepath.Join(in.dir, fmt.Sprintf("%d.parquet", i)), part, write) }()
		}
		for range files {
			err = errors.Join(err, <-errs)
		}
		if err != nil {
			return child.Result{}, err
		}
		r, err := clock.Stop()
		if err != nil {
			return r, err
		}
		return r, readBack(ctx, in.dir, &r)
	}
}

func writeFile(path string, recs []arrow.Record, write writer) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return write(f, recs)
}

// cut divides the rows of recs evenly.
func cut(recs []arrow.Record, parts int) [][]arrow.Record {
	total := int64(0)
	for _, rec := range recs {
		total += rec.NumRows()
	}
	list := make([][]arrow.Record, parts)
	row := int64(0)
	for _, rec := range recs {
		for i := range int64(parts) {
			first, last := max(total*i/int64(parts), row), min(total*(i+1)/int64(parts), row+rec.NumRows())
			if first < last {
				list[i] = append(list[i], rec.NewSlice(first-row, last-row))
			}
		}
		row += rec.NumRows()
	}
	return list
}

// readBack asks DuckDB what is in the files of dir.
func readBack(ctx context.Context, dir string, r *child.Result) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	pattern := strings.ReplaceAll(filepath.Join(dir, "*.parquet"), "'", "''")
	row := db.QueryRowContext(ctx, fmt.Sprintf("SELECT count(*), %s::VARCHAR FROM read_parquet('%s')", trips.Sum(), pattern))
	return row.Scan(&r.Rows, &r.Sum)
}

func encodeOurs(f *os.File, recs []arrow.Record) error {
	w, err := encode.NewWriter(f, recs[0].Schema(), nil)
	if err != nil {
		return err
	}
	for _, rec := range recs {
		if err := w.Write(rec); err != nil {
			return err
		}
	}
	return w.Close()
}

// encodePqarrow is the reference at its best: dictionaries where values repeat and nowhere else, decimals as
// integers, one large row group.
func encodePqarrow(f *os.File, recs []arrow.Record) error {
	options := []pq.WriterProperty{
		pq.WithCompression(compress.Codecs.Zstd), pq.WithCompressionLevel(1),
		pq.WithStoreDecimalAsInteger(true), pq.WithDictionaryDefault(false),
	}
	for _, name := range repeating {
		options = append(options, pq.WithDictionaryFor(name, true))
	}
	w, err := pqarrow.NewFileWriter(recs[0].Schema(), struct{ io.Writer }{f}, pq.NewWriterProperties(options...), pqarrow.DefaultWriterProps())
	if err != nil {
		return err
	}
	for _, rec := range recs {
		if err := w.WriteBuffered(rec); err != nil {
			return err
		}
	}
	return w.Close()
}

// repeating are the columns of few different values.
var repeating = []string{"vendor_id", "pickup_zone", "dropoff_zone", "passengers", "day", "payment", "borough"}
