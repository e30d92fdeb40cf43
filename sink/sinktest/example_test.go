package sinktest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
)

// shelf is a custom sink, as small as one that is exactly once can be: rows and offset move in one step, under the
// mutex, where the claim that loads is still the newest.
type shelf struct {
	sync.Mutex
	schema  *arrow.Schema
	epochs  map[string]int
	offsets map[string]string
	records []arrow.Record
}

type claim struct {
	*shelf
	key   string
	epoch int
}

func (s *shelf) Open(ctx context.Context, pipeline, partition string) (sink.Writer, string, error) {
	s.Lock()
	defer s.Unlock()
	key := pipeline + "/" + partition
	s.epochs[key]++
	return &claim{s, key, s.epochs[key]}, s.offsets[key], ctx.Err()
}

func (c *claim) Prepare(ctx context.Context, schema *arrow.Schema) error {
	c.Lock()
	defer c.Unlock()
	if c.schema == nil {
		c.schema = schema
	}
	for i := range max(c.schema.NumFields(), schema.NumFields()) {
		if f := schema.Field(min(i, schema.NumFields()-1)); i >= c.schema.NumFields() || !f.Equal(c.schema.Field(i)) {
			return &sink.SchemaError{Target: "shelf", Column: f.Name, Type: f.Type, Reason: "the shelf has other columns"}
		}
	}
	return ctx.Err()
}

func (c *claim) Load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	c.Lock()
	defer c.Unlock()
	receipt := sink.Receipt{Rows: b.Rows, Bytes: b.Bytes}
	switch committed := c.offsets[c.key]; {
	case c.epoch != c.epochs[c.key] || committed != b.From && committed != b.To:
		return receipt, sink.ErrFenced
	case committed == b.To || ctx.Err() != nil: // an earlier call took effect; or it is too late
		return receipt, ctx.Err()
	}
	if err := b.Gate(ctx, receipt); err != nil {
		return receipt, err
	}
	for _, rec := range b.Records {
		rec.Retain()
		c.records = append(c.records, rec)
	}
	c.offsets[c.key] = b.To
	return receipt, nil
}

func (c *claim) Close(context.Context) error { c.epoch = 0; return nil }

func (s *shelf) Close(context.Context) error { return nil }

// newShelf is the harness: how to open the sink, how to read its rows back, and what it claims.
func newShelf() sinktest.Harness {
	s := &shelf{epochs: map[string]int{}, offsets: map[string]string{}}
	return sinktest.Harness{
		Open: func(context.Context) (sink.Sink, error) { return s, nil },
		Read: func(context.Context) ([]arrow.Record, error) {
			for _, rec := range s.records {
				rec.Retain()
			}
			return s.records, nil
		},
		Close: func() error {
			for _, rec := range s.records {
				rec.Release()
			}
			return nil
		},
		Types:  sinktest.AllTypes(),
		Strict: true,
	}
}

func TestShelf(t *testing.T) {
	sinktest.Run(t, func(testing.TB) sinktest.Harness { return newShelf() })
}

func ExampleCheck() {
	err := sinktest.Check(context.Background(), func() (sinktest.Harness, error) { return newShelf(), nil }, "exactly-once", "fencing")
	fmt.Println(err)
	// Output: <nil>
}
