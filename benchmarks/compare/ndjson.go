package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	gojson "github.com/goccy/go-json"

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/trips"
	"github.com/floedata/floe/internal/encode/ndjson"
)

// requestBytes is what a request of Snowpipe Streaming holds at most.
const requestBytes = 4_000_000

// lines is what writes the rows of records as NDJSON, of which some is made ready before the clock starts.
type lines func(recs []arrow.Record) (write func(w io.Writer) error, err error)

// toNDJSON is a side that writes the table, in memory already, as NDJSON that is dropped, and again into a file, off the
// clock, for DuckDB to say what is in it.
func toNDJSON(ready lines) side {
	return func(ctx context.Context, in input) (child.Result, error) {
		recs, err := readAll(ctx, in.data)
		if err != nil {
			return child.Result{}, err
		}
		write, err := ready(recs)
		if err != nil {
			return child.Result{}, err
		}
		clock := child.Start()
		if err := write(io.Discard); err != nil {
			return child.Result{}, err
		}
		r, err := clock.Stop()
		if err != nil {
			return r, err
		}
		path := filepath.Join(in.dir, "rows.ndjson")
		if err := toFile(path, write); err != nil {
			return r, err
		}
		return r, sumNDJSON(ctx, path, &r)
	}
}

func toFile(path string, write func(w io.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	return errors.Join(write(w), w.Flush())
}

// sumNDJSON asks DuckDB what is in a file.
func sumNDJSON(ctx context.Context, path string, r *child.Result) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	row := db.QueryRowContext(ctx, fmt.Sprintf("SELECT count(*), %s::VARCHAR FROM read_json('%s', format = 'newline_delimited', columns = %s)",
		trips.Sum(), strings.ReplaceAll(path, "'", "''"), trips.Types()))
	return row.Scan(&r.Rows, &r.Sum)
}

// linesOurs writes requests of Snowpipe Streaming.
func linesOurs(recs []arrow.Record) (func(io.Writer) error, error) {
	e, err := ndjson.New(recs[0].Schema(), nil)
	if err != nil {
		return nil, err
	}
	buf := make([]byte, 0, requestBytes)
	return func(w io.Writer) error {
		for _, rec := range recs {
			if err := e.Bind(rec); err != nil {
				return err
			}
			for row, rows := 0, int(rec.NumRows()); row < rows; {
				out, next := e.Append(buf[:0], row, rows, requestBytes)
				if _, err := w.Write(out); err != nil {
					return err
				}
				row, buf = next, out
			}
		}
		return nil
	}, nil
}

// linesByArrow writes as Arrow does.
func linesByArrow(recs []arrow.Record) (func(io.Writer) error, error) {
	return func(w io.Writer) error {
		for _, rec := range recs {
			if err := array.RecordToJSON(rec, w); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// linesOfStructs writes structs that are there already.
func linesOfStructs(recs []arrow.Record) (func(io.Writer) error, error) {
	var list []trip
	for _, rec := range recs {
		fill, err := newFiller(rec)
		if err != nil {
			return nil, err
		}
		for row := range int(rec.NumRows()) {
			list = append(list, trip{})
			fill.row(&list[len(list)-1], row)
		}
	}
	return func(w io.Writer) error {
		enc := gojson.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for i := range list {
			if err := enc.Encode(&list[i]); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
