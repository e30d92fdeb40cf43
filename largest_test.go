package floe_test

import (
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
)

// TestNoBatchExceedsTheLargest reads one record of very unequal rows into a sink that bounds the bytes of a batch.
func TestNoBatchExceedsTheLargest(t *testing.T) {
	mem := checked(t)
	const rows, largest = 2000, 20_000
	b := array.NewRecordBuilder(mem, arrow.NewSchema([]arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String}}, nil))
	for i := range rows {
		n := 10
		if i%100 < 3 {
			n = 9000
		}
		b.Field(0).(*array.StringBuilder).Append(strings.Repeat("x", n))
	}
	rec := b.NewRecord()
	b.Release()
	src := source.FromRecords("p", rec)
	defer src.Close(context.Background())
	rec.Release()
	m := sink.NewMemory(nil)
	t.Cleanup(m.Release)
	s := &spy{Sink: m, limits: sink.Limits{Largest: batching.Policy{Bytes: largest}, EmptyBatches: true}}
	batches := 0
	s.load = func(_ context.Context, b *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error) {
		if batches++; b.Bytes > largest {
			t.Errorf("a batch of %d rows has %d bytes, more than %d", b.Rows, b.Bytes, largest)
		}
		return next()
	}
	p := mustNew(t, src, s, &floe.Options{Allocator: mem})
	if res := mustRun(t, p); res.Written != rows || batches > 80 {
		t.Errorf("%v in %d batches, want %d rows in fewer than 80", res, batches, rows)
	}
	left(t, p)
}
