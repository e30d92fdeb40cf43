package file

import (
	"context"
	"fmt"
	"io"

	"github.com/floedata/floe/internal/decode/parquet"
)

// smallParquet is the size of a file up to which its columns are not worth several goroutines.
const smallParquet = 1 << 20

// probeParquet reads the footer.
func probeParquet(ctx context.Context, e *entry, dictionaries bool) (shape, error) {
	r, err := e.store.openAt(ctx, e)
	if err != nil {
		return shape{}, err
	}
	defer r.Close()
	f, err := parquet.Open(ctx, r, e.size)
	if err != nil {
		return shape{}, err
	}
	s := shape{schema: f.Schema(), rows: f.NumRows()}
	if dictionaries {
		reader, err := f.Reader(parquet.Options{Dictionaries: true})
		if err != nil {
			return shape{}, err
		}
		s.schema = reader.Schema()
		reader.Close()
	}
	return s, nil
}

// scanParquet gives the rows from a place on. Batches end at multiples of BatchRows, wherever reading begins.
func scanParquet(ctx context.Context, e *entry, v *view, opts *Options, at place, out *feed) error {
	r, err := e.store.openAt(ctx, e)
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := parquet.Open(ctx, r, e.size)
	if err != nil {
		return err
	}
	if at.row > f.NumRows() {
		return fmt.Errorf("the file has %d rows, %d were read already", f.NumRows(), at.row)
	}
	parallel := opts.Parallel
	if e.size <= smallParquet {
		parallel = 1
	}
	columns := make([]string, 0, v.schema.NumFields())
	for _, field := range v.schema.Fields() {
		if f.Schema().HasField(field.Name) {
			columns = append(columns, field.Name)
		}
	}
	reader, err := f.Reader(parquet.Options{
		Allocator: opts.Allocator, Columns: columns, Start: at.row,
		BatchRows: opts.BatchRows, Parallel: parallel, Dictionaries: opts.Dictionaries,
	})
	if err != nil {
		return err
	}
	defer reader.Close()
	a := newAdapter(opts.Allocator, reader.Schema(), v.schema)
	for {
		rec, err := reader.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("from row %d on: %w", at.row, err)
		}
		at.row += rec.NumRows()
		if rec, err = a.adapt(ctx, rec); err != nil {
			return fmt.Errorf("rows up to %d: %w", at.row, err)
		}
		if err := out.put(ctx, piece{rec: rec, after: at}); err != nil {
			return err
		}
	}
}
