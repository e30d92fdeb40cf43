package duckdb

import (
	"database/sql"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	floesql "github.com/floedata/floe/source/sql"
)

// rows implements [floesql.Rows].
type rows struct {
	conn   *sql.Conn
	stream *stream
	mem    memory.Allocator
	rest   arrow.Record // of the last chunk; nil = none
}

// Schema implements [floesql.Rows].
func (r *rows) Schema() *arrow.Schema { return r.stream.schema }

// Read implements [floesql.Rows]: it joins chunks, which are small, into a record of the allocator's.
func (r *rows) Read(most, bytes int64) (floesql.Chunk, error) {
	var parts []arrow.Record
	defer func() {
		for _, p := range parts {
			p.Release()
		}
	}()
	n, size := int64(0), int64(0)
	for n < most && size < bytes {
		rec, err := r.take(most - n)
		if err == io.EOF {
			break
		}
		if err != nil {
			return floesql.Chunk{}, err
		}
		parts = append(parts, rec)
		n += rec.NumRows()
		size += sizeOf(rec)
	}
	if n == 0 {
		return floesql.Chunk{}, io.EOF
	}
	rec, err := r.join(parts, n)
	if err != nil {
		return floesql.Chunk{}, err
	}
	return floesql.Chunk{Record: rec}, nil
}

// take returns the next rows, at most that many, for the caller to release.
func (r *rows) take(most int64) (arrow.Record, error) {
	rec := r.rest
	r.rest = nil
	if rec == nil {
		var err error
		if rec, err = r.stream.next(); err != nil {
			return nil, err
		}
	}
	if rec.NumRows() <= most {
		return rec, nil
	}
	defer rec.Release()
	r.rest = rec.NewSlice(most, rec.NumRows())
	return rec.NewSlice(0, most), nil
}

// join copies the parts into one record.
func (r *rows) join(parts []arrow.Record, n int64) (arrow.Record, error) {
	schema := r.stream.schema
	columns := make([]arrow.Array, 0, schema.NumFields())
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	arrays := make([]arrow.Array, len(parts))
	for i, f := range schema.Fields() {
		for k, p := range parts {
			arrays[k] = p.Column(i)
		}
		whole, err := array.Concatenate(arrays, r.mem)
		if err != nil {
			return nil, fmt.Errorf("join column %q: %w", f.Name, err)
		}
		columns = append(columns, whole)
	}
	return array.NewRecord(schema, columns, n), nil
}

// sizeOf is about how many bytes a record has.
func sizeOf(rec arrow.Record) int64 {
	size := int64(0)
	for _, c := range rec.Columns() {
		for _, b := range c.Data().Buffers() {
			if b != nil {
				size += int64(b.Len())
			}
		}
	}
	return size
}

// Close implements [floesql.Rows].
func (r *rows) Close() error {
	if r.rest != nil {
		r.rest.Release()
		r.rest = nil
	}
	// The connection must not close meanwhile.
	err := r.conn.Raw(func(any) error {
		r.stream.close()
		return nil
	})
	return errors.Join(err, r.conn.Close())
}
