package main

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/sink"
)

// shelf keeps rows in memory, and beside them the offset and the newest claim of each partition. Its transaction is
// the mutex.
type shelf struct {
	sync.Mutex
	schema  *arrow.Schema
	records []arrow.Record
	offsets map[[2]string]string // by pipeline and partition
	claims  map[[2]string]*claim
}

type claim struct {
	*shelf
	key [2]string
}

func (s *shelf) Open(ctx context.Context, pipeline, partition string) (sink.Writer, string, error) {
	s.Lock()
	defer s.Unlock()
	c := &claim{s, [2]string{pipeline, partition}}
	s.claims[c.key] = c // whoever had it is fenced
	return c, s.offsets[c.key], ctx.Err()
}

func (c *claim) Prepare(ctx context.Context, schema *arrow.Schema) error {
	c.Lock()
	defer c.Unlock()
	c.schema = cmp.Or(c.schema, schema) // the first one makes the shelf
	have, want, i := c.schema.Fields(), schema.Fields(), 0
	for i < min(len(have), len(want)) && want[i].Equal(have[i]) {
		i++
	}
	if other := slices.Concat(want[i:], have[i:]); len(other) > 0 {
		return &sink.SchemaError{Target: "shelf", Column: other[0].Name, Type: other[0].Type, Reason: "the shelf has other columns"}
	}
	return ctx.Err()
}

func (c *claim) Load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	c.Lock()
	defer c.Unlock()
	receipt := sink.Receipt{Rows: b.Rows, Bytes: b.Bytes}
	at := c.offsets[c.key]
	if c.claims[c.key] != c || at != b.From && at != b.To {
		return receipt, sink.ErrFenced
	}
	if at == b.To || ctx.Err() != nil { // loaded before, and the answer was lost; or too late
		return receipt, ctx.Err()
	}
	if err := b.Gate(ctx, receipt); err != nil {
		return receipt, err
	}
	c.records = append(c.records, b.Records...)
	for _, rec := range b.Records {
		rec.Retain() // they are borrowed
	}
	c.offsets[c.key] = b.To
	return receipt, nil
}

func (c *claim) Close(context.Context) error { c.key = [2]string{}; return nil }

func (s *shelf) Close(context.Context) error { return nil }
