package sinktest

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// NewBatch returns a batch of the records after the offset from, as the engine would make it. Its last row is
// at the source's position. Gate checks that the receipt adds up, and releases the rejects. The batch retains the
// records; its Release gives them back.
func NewBatch(pipeline, partition, from, position string, schema *arrow.Schema, records ...arrow.Record) (*sink.Batch, error) {
	start, err := offset.Parse(from)
	if err != nil {
		return nil, err
	}
	b := &sink.Batch{Pipeline: pipeline, Partition: partition, From: from, Schema: schema}
	for _, rec := range records {
		rec.Retain()
		b.Records = append(b.Records, rec)
		b.Rows += rec.NumRows()
		for _, col := range rec.Columns() {
			b.Bytes += int64(col.Data().SizeInBytes())
		}
	}
	b.To = offset.Offset{Position: position, Ordinal: start.Ordinal + b.Rows, Fingerprint: start.Fingerprint}.String()
	b.At = func(n int64) string {
		switch n {
		case 0:
			return b.From
		case b.Rows:
			return b.To
		}
		return start.Advance(n).String()
	}
	b.Gate = func(_ context.Context, r sink.Receipt) error {
		defer r.Rejected.Release()
		return addsUp(b, r)
	}
	b.Release = func() {
		for _, rec := range b.Records {
			rec.Release()
		}
		b.Records = nil
	}
	return b, nil
}

func addsUp(b *sink.Batch, r sink.Receipt) error {
	if r.Rows+r.Rejected.Len() != b.Rows {
		return fmt.Errorf("the receipt does not add up: %d rows loaded and %d rejected of a batch of %d", r.Rows, r.Rejected.Len(), b.Rows)
	}
	return nil
}
