package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	pqfile "github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/internal/decode/parquet"
)

// batchRows is the reference's at its best.
const batchRows = 64 << 10

// records reads a Parquet file and gives each record to use, which borrows it.
type records func(ctx context.Context, path string, use func(arrow.Record)) error

func decodeOurs(ctx context.Context, in input) (child.Result, error) {
	return decode(ctx, in.data, ours)
}

func decodePqarrow(ctx context.Context, in input) (child.Result, error) {
	return decode(ctx, in.data, pqarrows)
}

// decode reads the file on the clock, and again to sum up its values.
func decode(ctx context.Context, path string, read records) (child.Result, error) {
	rows := int64(0)
	clock := child.Start()
	if err := read(ctx, path, func(rec arrow.Record) { rows += rec.NumRows() }); err != nil {
		return child.Result{}, err
	}
	r, err := clock.Stop()
	if err != nil {
		return r, err
	}
	r.Rows = rows
	var sum fingerprint
	err = errors.Join(read(ctx, path, sum.add), sum.err)
	r.Sum = sum.String()
	return r, err
}

func ours(ctx context.Context, path string, use func(arrow.Record)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	pf, err := parquet.Open(ctx, f, info.Size())
	if err != nil {
		return err
	}
	r, err := pf.Reader(parquet.Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		use(rec)
		rec.Release()
	}
}

func pqarrows(ctx context.Context, path string, use func(arrow.Record)) error {
	f, err := pqfile.OpenParquetFile(path, false)
	if err != nil {
		return err
	}
	defer f.Close()
	pr, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{Parallel: true, BatchSize: batchRows}, memory.DefaultAllocator)
	if err != nil {
		return err
	}
	r, err := pr.GetRecordReader(ctx, nil, nil)
	if err != nil {
		return err
	}
	defer r.Release()
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		use(rec)
	}
}

// fingerprint sums up the values of every column in order, however they are cut into records and whether
// texts stand in dictionaries.
type fingerprint struct {
	columns []uint64
	err     error
}

const prime = 1099511628211

func (f *fingerprint) String() string { return fmt.Sprintf("%x", f.columns) }

func (f *fingerprint) add(rec arrow.Record) {
	if f.columns == nil {
		f.columns = make([]uint64, rec.NumCols())
	}
	for c, col := range rec.Columns() {
		value, err := valueOf(col)
		if err != nil {
			f.err = fmt.Errorf("column %q: %w", rec.ColumnName(c), err)
			return
		}
		h := f.columns[c]
		for i := range col.Len() {
			v := uint64(0x9e3779b97f4a7c15)
			if col.IsValid(i) {
				v = value(i)
			}
			h = h*prime + v
		}
		f.columns[c] = h
	}
}

// valueOf returns a function that turns the values of col into numbers.
func valueOf(col arrow.Array) (func(i int) uint64, error) {
	switch a := col.(type) {
	case *array.Boolean:
		return func(i int) uint64 {
			if a.Value(i) {
				return 1
			}
			return 2
		}, nil
	case *array.String:
		return func(i int) uint64 { return text(a.Value(i)) }, nil
	case *array.Dictionary:
		value, err := valueOf(a.Dictionary())
		return func(i int) uint64 { return value(a.GetValueIndex(i)) }, err
	case *array.Decimal128:
		return func(i int) uint64 { v := a.Value(i); return uint64(v.HighBits())*prime + v.LowBits() }, nil
	}
	data := col.Data()
	switch fixed, ok := col.DataType().(arrow.FixedWidthDataType); {
	case ok && fixed.Bytes() == 4:
		v := arrow.GetData[uint32](data.Buffers()[1].Bytes())[data.Offset():]
		return func(i int) uint64 { return uint64(v[i]) }, nil
	case ok && fixed.Bytes() == 8:
		v := arrow.GetData[uint64](data.Buffers()[1].Bytes())[data.Offset():]
		return func(i int) uint64 { return v[i] }, nil
	}
	return nil, fmt.Errorf("values of type %s cannot be summed up", col.DataType())
}

// text is FNV-1a: the same in every process.
func text(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * prime
	}
	return h
}
