package floe_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
)

// repeated gives one record n times: a source that costs nothing.
type repeated struct {
	rec arrow.Record
	n   int
}

func (r repeated) Partitions(context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) { yield(r, nil) }
}
func (r repeated) Unbounded() bool             { return false }
func (r repeated) Close(context.Context) error { return nil }
func (r repeated) ID() string                  { return "repeated" }
func (r repeated) Open(context.Context, string) (source.Reader, error) {
	return &repeatedReader{r, 0}, nil
}

type repeatedReader struct {
	repeated
	at int
}

func (r *repeatedReader) Schema() *arrow.Schema { return r.rec.Schema() }
func (r *repeatedReader) Next(context.Context) (source.Batch, error) {
	if r.at == r.n {
		return source.Batch{}, io.EOF
	}
	r.at++
	r.rec.Retain()
	return source.Batch{Record: r.rec, Position: strconv.Itoa(r.at)}, nil
}

// wide returns a record of many columns.
func wide(rows, cols int) arrow.Record {
	var fields []arrow.Field
	for i := range cols {
		fields = append(fields, arrow.Field{Name: fmt.Sprint("c", i), Type: arrow.PrimitiveTypes.Int64, Nullable: true})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	for i := range cols {
		for k := range rows {
			b.Field(i).(*array.Int64Builder).Append(int64(k))
		}
	}
	return b.NewRecord()
}

// BenchmarkRun is what the engine costs for each batch, beside a loop that hands the same records over.
func BenchmarkRun(b *testing.B) {
	rec := wide(8192, 20)
	defer rec.Release()
	write := func(_ context.Context, rec arrow.Record) error { return nil }
	b.Run("via=loop/rows=8192/cols=20", func(b *testing.B) {
		b.ReportAllocs()
		r := &repeatedReader{repeated{rec, b.N}, 0}
		for {
			batch, err := r.Next(b.Context())
			if err != nil {
				return
			}
			_ = write(b.Context(), batch.Record)
			batch.Release()
		}
	})
	b.Run("via=floe/rows=8192/cols=20", func(b *testing.B) {
		b.ReportAllocs()
		p, err := floe.New("bench", repeated{rec, b.N}, sink.Func(write), nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Run(b.Context()); err != nil {
			b.Fatal(err)
		}
	})
}
