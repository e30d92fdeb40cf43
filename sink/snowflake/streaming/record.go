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

// fill adds rows of the record, from the one of that number to before another, to the block that the draft writes to, or to
// the next one. It answers the first that is left out: from itself where a row would make it more than most bytes. To a
// draft without rows it adds one in any case.
func (r *recordEncoder) fill(d *draft, from, to, most int) (next int) {
	for {
		buf := d.room()
		n, left := len(buf), most-d.bytes
		out, next := r.encoder.Append(buf, from, to, n+min(blockBytes-n, left))
		if cap(out) != cap(buf) { // the row that is too many has made it grow
			out = append(buf, out[n:]...)
		}
		if next > from {
			d.wrote(out)
			return next
		}
		if n > 0 && blockBytes-n < left {
			d.grow()
			continue
		}
		if line := r.line(from); d.bytes == 0 || len(line) <= left {
			d.write(line)
			return from + 1
		}
		return from
	}
}

// line returns a row, until the next call.
func (r *recordEncoder) line(row int) []byte {
	r.scratch = r.encoder.AppendRow(r.scratch[:0], row)
	return r.scratch
}

// ndjson is the same, in the words of the encoder.
func (b BinaryFormat) ndjson() ndjson.Binary {
	if b == Hex {
		return ndjson.Hex
	}
	return ndjson.Base64
}
