package sinktest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
)

func gateMutants() []mutant {
	return []mutant{
		{name: "does not call Gate", rule: "gate/called", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			return w.Writer.Load(ctx, ungated(b))
		}},
		{name: "commits before Gate", rule: "gate/error", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			r, err := w.Writer.Load(ctx, ungated(b))
			if err == nil {
				err = b.Gate(ctx, r)
			}
			return r, err
		}},
		{name: "does not look at what Gate answers", rule: "gate/error", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			return w.Writer.Load(ctx, gated(b, func(ctx context.Context, r sink.Receipt) error {
				_ = b.Gate(ctx, r)
				return nil
			}))
		}},
		{name: "miscounts", rule: "gate/receipt", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			return w.Writer.Load(ctx, gated(b, func(ctx context.Context, r sink.Receipt) error {
				r.Rows--
				return b.Gate(ctx, r)
			}))
		}},
		{name: "numbers rejects within their record", rule: "rejects/exact", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			return w.Writer.Load(ctx, gated(b, func(ctx context.Context, r sink.Receipt) error {
				if r.Rejected != nil {
					for i := range r.Rejected.Reasons {
						r.Rejected.Reasons[i].Row %= b.Records[0].NumRows()
					}
				}
				return b.Gate(ctx, r)
			}))
		}},
		{name: "rejects without a reason", rule: "rejects/exact", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			return w.Writer.Load(ctx, gated(b, func(ctx context.Context, r sink.Receipt) error {
				if r.Rejected != nil {
					r.Rejected.Reasons[0].Message = ""
				}
				return b.Gate(ctx, r)
			}))
		}},
		{name: "loads good rows beside rejects though Gate fails", rule: "rejects/gate", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			return w.Writer.Load(ctx, gated(b, func(ctx context.Context, r sink.Receipt) error {
				bad := r.Rejected.Len() > 0
				err := b.Gate(ctx, r)
				if err != nil && bad {
					w.m.keep(b.Records...)
				}
				return err
			}))
		}},
		{name: "every error is transient", rule: "errors/class", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			r, err := w.Writer.Load(ctx, b)
			return r, retry.Transient(err)
		}},
		{name: "loses the class", rule: "errors/class", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			r, err := w.Writer.Load(ctx, b)
			return r, retry.Permanent(err)
		}},
		{name: "does not classify a fault", rule: "errors/faults", harness: faulty, load: faultyLoad(false)},
	}
}

// faulty is a harness with a fault that strikes after the load took effect.
func faulty(m *mutated, h *sinktest.Harness) {
	h.Faults = map[string]sinktest.Fault{"connection reset": {
		Inject: func(context.Context) (func(), error) { m.strike = true; return nil, nil },
		Class:  sinktest.Transient,
	}}
}

func faultyLoad(classified bool) loadFunc {
	return func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
		r, err := w.Writer.Load(ctx, b)
		if w.m.strike && err == nil {
			w.m.strike = false
			if err = errors.New("connection reset"); classified {
				err = retry.Transient(err)
			}
		}
		return r, err
	}
}

func schemaMutants() []mutant {
	extra := func(schema *arrow.Schema) bool { return schema.HasField("extra") }
	return []mutant{
		renaming(mutant{name: "loads by position", rule: "schema/by-name"}, func(w *writer, schema *arrow.Schema) *arrow.Schema {
			if w.m.names == nil {
				w.m.names = []string{"id", "a", "b"}
			}
			if schema.NumFields() != 3 {
				return schema
			}
			return renamed(schema, func(i int, _ arrow.Field) string { return w.m.names[i] })
		}),
		{name: "an empty text for a missing column", rule: "schema/dropped", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			if b.Schema.NumFields() != 1 {
				return w.Writer.Load(ctx, b)
			}
			schema := arrow.NewSchema(append(b.Schema.Fields(), arrow.Field{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true}), nil)
			names := array.NewStringBuilder(memory.DefaultAllocator)
			names.Append("")
			rec := array.NewRecord(schema, []arrow.Array{b.Records[0].Column(0), names.NewArray()}, 1)
			return w.Writer.Load(ctx, with(b, []arrow.Record{rec}, schema))
		}},
		{name: "adds columns that it does not claim", rule: "schema/added", harness: func(_ *mutated, h *sinktest.Harness) { h.AddColumns = false }},
		{name: "drops an added column", rule: "schema/added", prepare: func(w *writer, ctx context.Context, schema *arrow.Schema) error {
			if extra(schema) {
				return nil
			}
			return w.Writer.Prepare(ctx, schema)
		}, load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			if !extra(b.Schema) {
				return w.Writer.Load(ctx, b)
			}
			schema := arrow.NewSchema(b.Schema.Fields()[:2], nil)
			rec := array.NewRecord(schema, b.Records[0].Columns()[:2], b.Rows)
			return w.Writer.Load(ctx, with(b, []arrow.Record{rec}, schema))
		}},
		{name: "clips to the narrow column", rule: "schema/widened", prepare: func(w *writer, ctx context.Context, schema *arrow.Schema) error {
			return w.Writer.Prepare(ctx, narrow(schema))
		}, load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			in, ok := b.Records[0].Column(1).(*array.Int64)
			if !ok {
				return w.Writer.Load(ctx, b)
			}
			values := array.NewInt32Builder(memory.DefaultAllocator)
			values.Append(int32(in.Value(0)))
			rec := array.NewRecord(narrow(b.Schema), []arrow.Array{b.Records[0].Column(0), values.NewArray()}, 1)
			return w.Writer.Load(ctx, with(b, []arrow.Record{rec}, rec.Schema()))
		}},
		{name: "takes a column of another kind", rule: "schema/changed", prepare: func(w *writer, ctx context.Context, schema *arrow.Schema) error {
			_ = w.Writer.Prepare(ctx, schema)
			return nil
		}},
		{name: "a widened target shuts the others out", rule: "schema/others", prepare: func(w *writer, ctx context.Context, schema *arrow.Schema) error {
			if extra(schema) {
				w.m.gen++
			}
			w.gen = w.m.gen
			return w.Writer.Prepare(ctx, schema)
		}, load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			if w.gen != w.m.gen {
				return sink.Receipt{}, errors.New("the table has been altered")
			}
			return w.Writer.Load(ctx, b)
		}},
		{name: "keeps one of two equal rows", rule: "modes/append", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			return w.Writer.Load(ctx, with(b, b.Records[:1], b.Schema))
		}},
	}
}

// narrow turns a column n of int64 into one of int32.
func narrow(schema *arrow.Schema) *arrow.Schema {
	fields := schema.Fields()
	for i, f := range fields {
		if f.Name == "n" {
			fields[i].Type = arrow.PrimitiveTypes.Int32
		}
	}
	return arrow.NewSchema(fields, nil)
}

func groupMutants() []mutant {
	groups := sink.MemoryOptions{Limits: sink.Limits{InFlight: 4, Group: 8, EmptyBatches: true}}
	return []mutant{
		{name: "loads a group one by one", rule: "group/atomic", options: groups, loadAll: func(_ *mutated, ctx context.Context, group []sink.Loading) ([]sink.Receipt, []error) {
			receipts, errs := make([]sink.Receipt, len(group)), make([]error, len(group))
			for i, l := range group {
				receipts[i], errs[i] = l.Writer.Load(ctx, l.Batch)
			}
			return receipts, errs
		}},
		{name: "a group is fenced as a whole", rule: "group/fenced", options: groups, loadAll: func(m *mutated, ctx context.Context, group []sink.Loading) ([]sink.Receipt, []error) {
			receipts, errs := m.Memory.LoadAll(ctx, group)
			if errors.Is(errors.Join(errs...), sink.ErrFenced) {
				for i := range errs {
					errs[i] = sink.ErrFenced
				}
			}
			return receipts, errs
		}},
		{name: "a group doubles when it is loaded again", rule: "group/again", options: groups, loadAll: func(m *mutated, ctx context.Context, group []sink.Loading) ([]sink.Receipt, []error) {
			if m.running++; m.running > 1 {
				m.keep(group[0].Batch.Records...)
			}
			return m.Memory.LoadAll(ctx, group)
		}},
	}
}

func concurrencyMutants(t *testing.T) []mutant {
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	return []mutant{
		{name: "loses a load beside another", rule: "concurrency/partitions", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			w.m.mu.Lock()
			w.m.running++
			alone := w.m.running == 1
			w.m.mu.Unlock()
			time.Sleep(time.Millisecond)
			defer func() {
				w.m.mu.Lock()
				w.m.running--
				w.m.mu.Unlock()
			}()
			if !alone {
				b = with(b, nil, b.Schema)
			}
			return w.Writer.Load(ctx, b)
		}},
		{name: "loads what was staged last", rule: "concurrency/ahead", staged: true, stage: func(w *writer, ctx context.Context, b *sink.Batch) error {
			if err := w.Writer.(sink.Stager).Stage(ctx, b); err != nil {
				return err
			}
			w.m.mu.Lock()
			defer w.m.mu.Unlock()
			w.last = b
			return nil
		}, load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			w.m.mu.Lock()
			c := *b
			c.State = w.last.State
			w.m.mu.Unlock()
			return w.Writer.Load(ctx, &c)
		}},
		{name: "leaves a goroutine behind", rule: "concurrency/nothing-left", close: func(w *writer, ctx context.Context) error {
			go func() { <-end }()
			return w.Writer.Close(ctx)
		}},
	}
}
