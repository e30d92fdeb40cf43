package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe"
	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/trips"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
)

// readAll reads a Parquet file into memory.
func readAll(ctx context.Context, path string) ([]arrow.Record, error) {
	var recs []arrow.Record
	err := ours(ctx, path, func(rec arrow.Record) {
		rec.Retain()
		recs = append(recs, rec)
	})
	return recs, err
}

// fromMemory is a side that moves the records of the file into the sink that open makes.
func fromMemory(ctx context.Context, in input, open func() (sink.Sink, error)) (r child.Result, err error) {
	recs, err := readAll(ctx, in.data)
	if err != nil {
		return r, err
	}
	clock := child.Start()
	if err := move(ctx, source.FromRecords("memory", recs...), open); err != nil {
		return r, err
	}
	return clock.Stop()
}

// move moves all rows of src into the sink that open makes, and closes both.
func move(ctx context.Context, src source.Source, open func() (sink.Sink, error)) (err error) {
	defer func() { err = errors.Join(err, src.Close(ctx)) }()
	dst, err := open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close(ctx)) }()
	p, err := floe.New("compare", src, dst, nil)
	if err != nil {
		return err
	}
	_, err = p.Run(ctx)
	return err
}

// createTable is the statement that makes the table as the sink would.
func createTable(d dialect.Dialect) (string, error) {
	var columns []dialect.Column
	for _, f := range trips.Schema().Fields() {
		typ, err := d.Type(f, false)
		if err != nil {
			return "", fmt.Errorf("column %q: %w", f.Name, err)
		}
		columns = append(columns, dialect.Column{Name: f.Name, Type: typ})
	}
	return d.CreateTable(d.Quote(table), columns, nil), nil
}

// boxer turns values into what a driver takes best: those of types that Go has not.
type boxer struct {
	decimal func(unscaled int64, scale int32) any
	instant func(time.Time) any
	day     func(time.Time) any
}

// row writes the values of row i into dst.
type row func(dst []any, i int)

// rows returns what gives the rows of a record.
func (b boxer) rows(rec arrow.Record) (row, error) {
	columns := rec.Columns()
	values := make([]func(i int) any, len(columns))
	for c, col := range columns {
		var err error
		if values[c], err = b.values(col); err != nil {
			return nil, fmt.Errorf("column %q: %w", rec.ColumnName(c), err)
		}
	}
	return func(dst []any, i int) {
		for c, value := range values {
			if columns[c].IsNull(i) {
				dst[c] = nil
			} else {
				dst[c] = value(i)
			}
		}
	}, nil
}

func (b boxer) values(col arrow.Array) (func(i int) any, error) {
	switch a := col.(type) {
	case *array.Int64:
		return func(i int) any { return a.Value(i) }, nil
	case *array.Int32:
		return func(i int) any { return a.Value(i) }, nil
	case *array.Float64:
		return func(i int) any { return a.Value(i) }, nil
	case *array.Boolean:
		return func(i int) any { return a.Value(i) }, nil
	case *array.String:
		return func(i int) any { return a.Value(i) }, nil
	case *array.Timestamp:
		return func(i int) any { return b.instant(time.UnixMicro(int64(a.Value(i))).UTC()) }, nil
	case *array.Date32:
		return func(i int) any { return b.day(time.Unix(int64(a.Value(i))*24*60*60, 0).UTC()) }, nil
	case *array.Decimal128:
		scale := a.DataType().(*arrow.Decimal128Type).Scale
		return func(i int) any { return b.decimal(int64(a.Value(i).LowBits()), scale) }, nil
	}
	return nil, fmt.Errorf("values of type %s cannot be boxed", col.DataType())
}
