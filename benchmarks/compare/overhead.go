package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/trips"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
)

// The batches of the overhead case: as small as a source gives them that is worth the name.
const (
	overheadBatches = 500_000
	overheadRows    = 1024
	loadRows        = 1 << 20 // of one load
)

// moveByHand gives the record to the sink so many times and sums up the rows: what a pipeline cannot do without.
func moveByHand(context.Context, input) (r child.Result, err error) {
	rec := overheadRecord()
	defer rec.Release()
	clock := child.Start()
	var w nullWriter
	for range overheadBatches {
		rec.Retain()
		w.take(rec)
		rec.Release()
	}
	return overheadResult(clock, w.rows, w.bytes)
}

// moveByPipeline does so by a pipeline.
func moveByPipeline(ctx context.Context, _ input) (r child.Result, err error) {
	rec := overheadRecord()
	defer rec.Release()
	clock := child.Start()
	dst := &nullSink{}
	p, err := floe.New("overhead", memorySource{rec}, dst, nil)
	if err != nil {
		return r, err
	}
	if _, err := p.Run(ctx); err != nil {
		return r, err
	}
	return overheadResult(clock, dst.w.rows, dst.w.bytes)
}

func overheadResult(clock child.Clock, rows, bytes int64) (child.Result, error) {
	r, err := clock.Stop()
	r.Rows, r.Batches, r.Sum = rows, overheadBatches, strconv.FormatInt(bytes, 10)
	return r, err
}

// overheadRecord has the columns of the test table, all null: what is in them is never looked at.
func overheadRecord() arrow.Record {
	schema := trips.Schema()
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for _, f := range b.Fields() {
		f.AppendNulls(overheadRows)
	}
	return b.NewRecord()
}

// memorySource gives one record so many times.
type memorySource struct{ rec arrow.Record }

func (s memorySource) Partitions(context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) { yield(memoryPartition(s), nil) }
}
func (memorySource) Unbounded() bool             { return false }
func (memorySource) Close(context.Context) error { return nil }

type memoryPartition struct{ rec arrow.Record }

func (memoryPartition) ID() string { return "memory" }

func (p memoryPartition) Open(_ context.Context, after string) (source.Reader, error) {
	if after != "" {
		return nil, fmt.Errorf("memory: opened after %q", after)
	}
	return &memoryReader{rec: p.rec}, nil
}

type memoryReader struct {
	rec arrow.Record
	n   int
}

func (r *memoryReader) Schema() *arrow.Schema { return r.rec.Schema() }

func (r *memoryReader) Next(context.Context) (source.Batch, error) {
	if r.n == overheadBatches {
		return source.Batch{}, io.EOF
	}
	r.n++
	r.rec.Retain()
	return source.Batch{Record: r.rec, Position: strconv.Itoa(r.n)}, nil
}

func (*memoryReader) Close(context.Context) error { return nil }

// nullSink counts rows and forgets them.
type nullSink struct{ w nullWriter }

func (s *nullSink) Open(context.Context, string, string) (sink.Writer, string, error) {
	return &s.w, "", nil
}
func (*nullSink) Close(context.Context) error { return nil }
func (*nullSink) Limits() sink.Limits {
	return sink.Limits{Batch: batching.Policy{Rows: loadRows}, InFlight: 2}
}

type nullWriter struct{ rows, bytes int64 }

func (w *nullWriter) take(rec arrow.Record) {
	w.rows += rec.NumRows()
	w.bytes += batching.Bytes(rec)
}

func (*nullWriter) Prepare(context.Context, *arrow.Schema) error { return nil }

func (w *nullWriter) Load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	for _, rec := range b.Records {
		w.take(rec)
	}
	r := sink.Receipt{Rows: b.Rows, Bytes: b.Bytes}
	return r, b.Gate(ctx, r)
}

func (*nullWriter) Close(context.Context) error { return nil }
