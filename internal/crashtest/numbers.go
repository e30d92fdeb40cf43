package crashtest

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/source"
)

// Numbers is a source of rows that can be checked one by one: id counts up without a gap over all partitions,
// name is "row-" and the id, value is half the id, and key is the id modulo Keys, apart for each partition.
type Numbers struct {
	Partitions, Batches, Rows int // Rows in each of Batches in each of Partitions
	Keys                      int64
}

// Schema is that of the rows.
var Schema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "key", Type: arrow.PrimitiveTypes.Int64},
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "value", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
}, nil)

// Total is the number of rows.
func (n Numbers) Total() int { return n.Partitions * n.Batches * n.Rows }

// Key is the key of the row with that id.
func (n Numbers) Key(id int64) int64 {
	return id/int64(n.Batches*n.Rows)*n.Keys + id%max(n.Keys, 1)
}

// IDs are those of the rows, in ascending order: of all, or of the last one of each key.
func (n Numbers) IDs(lastOfKey bool) []int64 {
	last := map[int64]int64{}
	for id := range int64(n.Total()) {
		last[n.Key(id)] = id
	}
	var ids []int64
	for id := range int64(n.Total()) {
		if !lastOfKey || last[n.Key(id)] == id {
			ids = append(ids, id)
		}
	}
	return ids
}

// Partitions yields the partitions "0", "1" and so on.
func (n Numbers) partitions(yield func(source.Partition, error) bool) {
	for i := range n.Partitions {
		if !yield(numbersPartition{n, i}, nil) {
			return
		}
	}
}

// Source returns the source of the rows.
func (n Numbers) Source() source.Source { return numbersSource{n} }

type numbersSource struct{ n Numbers }

func (s numbersSource) Partitions(context.Context) iter.Seq2[source.Partition, error] {
	return s.n.partitions
}
func (s numbersSource) Unbounded() bool             { return false }
func (s numbersSource) Close(context.Context) error { return nil }

type numbersPartition struct {
	n     Numbers
	index int
}

func (p numbersPartition) ID() string { return strconv.Itoa(p.index) }

func (p numbersPartition) Open(_ context.Context, after string) (source.Reader, error) {
	r := &numbersReader{numbersPartition: p}
	if after != "" {
		n, err := strconv.Atoi(after)
		if err != nil || n < 0 || n > p.n.Batches {
			return nil, &source.OffsetError{Partition: p.ID(), Position: after, Lost: fmt.Sprintf("it is no number of batches up to %d", p.n.Batches), Err: err}
		}
		r.next = n
	}
	return r, nil
}

type numbersReader struct {
	numbersPartition
	next int
}

func (r *numbersReader) Schema() *arrow.Schema { return Schema }

func (r *numbersReader) Next(ctx context.Context) (source.Batch, error) {
	if ctx.Err() != nil {
		return source.Batch{}, context.Cause(ctx)
	}
	if r.next == r.n.Batches {
		return source.Batch{}, io.EOF
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, Schema)
	defer b.Release()
	first := (r.index*r.n.Batches + r.next) * r.n.Rows
	for i := range r.n.Rows {
		id := int64(first + i)
		b.Field(0).(*array.Int64Builder).Append(id)
		b.Field(1).(*array.Int64Builder).Append(r.n.Key(id))
		b.Field(2).(*array.StringBuilder).Append("row-" + strconv.FormatInt(id, 10))
		b.Field(3).(*array.Float64Builder).Append(float64(id) / 2)
	}
	r.next++
	return source.Batch{Record: b.NewRecord(), Position: strconv.Itoa(r.next)}, nil
}

func (r *numbersReader) Close(context.Context) error { return nil }
