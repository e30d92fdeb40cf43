package streaming

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/internal/encode/ndjson"
)

// recordEncoder encodes records, one after the other.
type recordEncoder struct {
	options *ClientOptions
	encoder *ndjson.Encoder
	schema  *arrow.Schema
	scratch []byte // for a row that is larger than a block
}

// bind begins with a record.
func (r *recordEncoder) bind(rec arrow.Record) error {
	if schema := rec.Schema(); r.encoder == nil || schema != r.schema && !schema.Equal(r.schema) {
		e, err := ndjson.New(schema, &ndjson.Options{Binary: r.options.Binary.ndjson(), Names: r.options.Names, JSON: r.options.JSON})
		if err != nil {
			return fmt.Errorf("sink/snowflake/streaming: %w", err)
		}
		r.encoder, r.schema = e, schema
	}
	err := r.encoder.Bind(rec)
	if value := (*ndjson.ValueError)(nil); errors.As(err, &value) {
		return &RowError{Row: value.Row, Column: value.Column, Err: value.Err}
	}
	return err
}

// reset lets go of the record.
func (r *recordEncoder) reset() { r.encoder.Reset() }

// fill adds rows of the record, from the one of that number to before another, until the draft would have more than that
// many bytes or its block is full, and at least one. It answers the first that is left out.
func (r *recordEncoder) fill(d *draft, from, to, most int) (next int) {
	for {
		buf := d.room()
		n := len(buf)
		free := min(blockBytes-n, most-d.bytes)
		out, next := r.encoder.Append(buf, from, to, n+free)
		if cap(out) != cap(buf) { // the row that is too many has made it grow
			out = append(buf, out[n:]...)
		}
		if next > from {
			d.wrote(out)
			return next
		}
		if n == 0 || free == most-d.bytes { // no block is large enough, or the draft is full
			r.scratch = r.encoder.AppendRow(r.scratch[:0], from)
			d.write(r.scratch)
			return from + 1
		}
		d.grow()
	}
}

// ndjson is the same, in the words of the encoder.
func (b BinaryFormat) ndjson() ndjson.Binary {
	if b == Hex {
		return ndjson.Hex
	}
	return ndjson.Base64
}
