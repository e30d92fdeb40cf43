package sinktest_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
)

type loadFunc = func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error)

func mutants(t *testing.T) []mutant {
	all := lifeMutants()
	for _, more := range [][]mutant{ownershipMutants(), valueMutants(), contextMutants(), onceMutants(), fenceMutants(), gateMutants(), schemaMutants(), groupMutants(), concurrencyMutants(t)} {
		all = append(all, more...)
	}
	return all
}

func lifeMutants() []mutant {
	return []mutant{
		{name: "loses the offset", rule: "life/load", open: func(m *mutated, ctx context.Context, partition string) (sink.Writer, string, error) {
			w, _, err := m.openSound(ctx, partition)
			return w, "", err
		}},
		{name: "loads after Close", rule: "life/closed", close: func(*writer, context.Context) error { return nil }},
		{name: "panics on a second Close", rule: "life/closed", close: func(w *writer, ctx context.Context) error {
			if w.ctx == nil {
				panic("closed twice")
			}
			w.ctx = nil
			return w.Writer.Close(ctx)
		}},
		{name: "forgets empty batches", rule: "life/empty-batch", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			if b.Rows == 0 {
				return sink.Receipt{}, nil
			}
			return w.Writer.Load(ctx, b)
		}},
		{name: "shows what is staged", rule: "life/stage-without-load", staged: true, stage: func(w *writer, ctx context.Context, b *sink.Batch) error {
			w.m.keep(b.Records...)
			return w.Writer.(sink.Stager).Stage(ctx, b)
		}},
		{name: "one offset for all partitions", rule: "life/two-partitions", open: func(m *mutated, ctx context.Context, _ string) (sink.Writer, string, error) {
			return m.openSound(ctx, "the one")
		}},
	}
}

func ownershipMutants() []mutant {
	return []mutant{
		{name: "releases what it borrowed", rule: "ownership/borrowed", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			r, err := w.Writer.Load(ctx, b)
			for _, rec := range b.Records {
				rec.Release()
				rec.Release() // also the reference that the sound sink took
			}
			return r, err
		}},
		{name: "changes a buffer", rule: "ownership/borrowed", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			b.Records[0].Column(0).(*array.Int64).Int64Values()[0]++
			return w.Writer.Load(ctx, b)
		}},
		{name: "reads after the last release", rule: "ownership/borrowed", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			values := make([][]int64, len(b.Records))
			for i, rec := range b.Records {
				values[i] = rec.Column(0).(*array.Int64).Int64Values()
			}
			r, err := w.Writer.Load(ctx, with(b, nil, b.Schema))
			w.m.pending = append(w.m.pending, func() {
				for _, ids := range values {
					w.m.keep(idRecord(ids))
				}
			})
			return r, err
		}, harness: func(m *mutated, h *sinktest.Harness) {
			h.Read = func(ctx context.Context) ([]arrow.Record, error) {
				for _, f := range m.pending {
					f()
				}
				m.pending = nil
				return m.read(ctx)
			}
		}},
		{name: "keeps a record for ever", rule: "ownership/leak", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			r, err := w.Writer.Load(ctx, b)
			if err != nil {
				b.Records[0].Retain() // on the way of an error alone
			}
			return r, err
		}},
	}
}

// idRecord makes usual rows of ids, without names.
func idRecord(ids []int64) arrow.Record {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	b.Field(0).(*array.Int64Builder).AppendValues(ids, nil)
	for range ids {
		b.Field(1).AppendNull()
	}
	return b.NewRecord()
}

// changing loads records that f makes of those of the batch; f may answer nil for "as it is".
func changing(f func(rec arrow.Record, c int) arrow.Array) loadFunc {
	return func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
		var recs []arrow.Record
		for _, rec := range b.Records {
			cols := make([]arrow.Array, rec.NumCols())
			for c := range cols {
				if cols[c] = f(rec, c); cols[c] == nil {
					cols[c] = rec.Column(c)
				}
			}
			recs = append(recs, array.NewRecord(rec.Schema(), cols, rec.NumRows()))
		}
		return w.Writer.Load(ctx, with(b, recs, b.Schema))
	}
}

// clipText cuts texts, as a column of a bounded type may.
func clipText(rec arrow.Record, c int) arrow.Array {
	in, ok := rec.Column(c).(*array.String)
	if !ok {
		return nil
	}
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range in.Len() {
		if in.IsNull(i) {
			b.AppendNull()
		} else {
			b.Append(in.Value(i)[:min(len(in.Value(i)), 1000)])
		}
	}
	return b.NewArray()
}

// mapFloats replaces values of float64; a nil result is null.
func mapFloats(f func(v float64) *float64) func(rec arrow.Record, c int) arrow.Array {
	return func(rec arrow.Record, c int) arrow.Array {
		in, ok := rec.Column(c).(*array.Float64)
		if !ok {
			return nil
		}
		b := array.NewFloat64Builder(memory.DefaultAllocator)
		for i := range in.Len() {
			if in.IsNull(i) {
				b.AppendNull()
			} else if v := f(in.Value(i)); v == nil {
				b.AppendNull()
			} else {
				b.Append(*v)
			}
		}
		return b.NewArray()
	}
}

// atZero reads an array as if it began at the beginning of its buffers.
func atZero(rec arrow.Record, c int) arrow.Array {
	d := rec.Column(c).Data()
	if d.DataType().ID() == arrow.DICTIONARY || d.DataType().ID() == arrow.NULL {
		return nil
	}
	return array.MakeFromData(array.NewData(d.DataType(), d.Len(), d.Buffers(), d.Children(), array.UnknownNullCount, 0))
}

// validityAtZero forgets the offset for the nulls of integers alone.
func validityAtZero(rec arrow.Record, c int) arrow.Array {
	in, ok := rec.Column(c).(*array.Int32)
	if !ok {
		return nil
	}
	all := array.MakeFromData(array.NewData(in.DataType(), in.Len(), in.Data().Buffers(), nil, array.UnknownNullCount, 0))
	b := array.NewInt32Builder(memory.DefaultAllocator)
	for i := range in.Len() {
		if all.IsNull(i) {
			b.AppendNull()
		} else {
			b.Append(in.Value(i))
		}
	}
	return b.NewArray()
}

// refusesNumbers claims that the target holds no uint64 above those of int64.
func refusesNumbers(_ *mutated, h *sinktest.Harness) {
	h.RefusedName = ""
	for i, t := range h.Types {
		if t.Type.ID() == arrow.UINT64 {
			h.Types[i].Refuses = func(in arrow.Array, i int) bool { return in.(*array.Uint64).Value(i) > math.MaxInt64 }
		}
	}
}

func refuseNumbers(rec arrow.Record) []deadletter.Reason {
	var bad []deadletter.Reason
	for c, col := range rec.Columns() {
		numbers, ok := col.(*array.Uint64)
		for i := 0; ok && i < numbers.Len(); i++ {
			if numbers.IsValid(i) && numbers.Value(i) > math.MaxInt64 {
				bad = append(bad, deadletter.Reason{Row: int64(i), Code: deadletter.CodeOutOfRange, Column: rec.ColumnName(c), Message: "too large"})
			}
		}
	}
	return bad
}

func clipNumbers(rec arrow.Record, c int) arrow.Array {
	in, ok := rec.Column(c).(*array.Uint64)
	if !ok {
		return nil
	}
	b := array.NewUint64Builder(memory.DefaultAllocator)
	for i := range in.Len() {
		if in.IsNull(i) {
			b.AppendNull()
		} else {
			b.Append(min(in.Value(i), math.MaxInt64))
		}
	}
	return b.NewArray()
}

// named is a harness whose targets have names; a broken one does not quote them.
func named(broken bool) func(m *mutated, h *sinktest.Harness) {
	return func(_ *mutated, h *sinktest.Harness) {
		h.Named = func(name string) (sinktest.Harness, error) {
			if broken && strings.Contains(name, `"`) {
				return sinktest.Harness{}, errors.New("syntax error")
			}
			return newMutated(mutant{}).newHarness(), nil
		}
	}
}

// renaming loads and prepares with other names of columns.
func renaming(mt mutant, f func(w *writer, schema *arrow.Schema) *arrow.Schema) mutant {
	mt.prepare = func(w *writer, ctx context.Context, schema *arrow.Schema) error {
		return w.Writer.Prepare(ctx, f(w, schema))
	}
	mt.load = func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
		schema := f(w, b.Schema)
		var recs []arrow.Record
		for _, rec := range b.Records {
			recs = append(recs, array.NewRecord(schema, rec.Columns(), rec.NumRows()))
		}
		return w.Writer.Load(ctx, with(b, recs, schema))
	}
	return mt
}

func renamed(schema *arrow.Schema, name func(i int, f arrow.Field) string) *arrow.Schema {
	fields := schema.Fields()
	for i, f := range fields {
		fields[i].Name = name(i, f)
	}
	return arrow.NewSchema(fields, nil)
}

func valueMutants() []mutant {
	return []mutant{
		{name: "clips text", rule: "types/round-trip", load: changing(clipText)},
		{name: "NaN is null", rule: "types/round-trip", load: changing(mapFloats(func(v float64) *float64 {
			if math.IsNaN(v) {
				return nil
			}
			return &v
		}))},
		{name: "-0 is 0", rule: "types/round-trip", load: changing(mapFloats(func(v float64) *float64 { v += 0; return &v }))},
		{name: "forgets the offset of slices", rule: "types/slices", load: changing(atZero)},
		{name: "forgets nulls in slices", rule: "types/slices", load: changing(validityAtZero)},
		{name: "takes every type", rule: "types/unclaimed", harness: func(_ *mutated, h *sinktest.Harness) { h.Types = nil }},
		{name: "clips numbers", rule: "types/refused", harness: refusesNumbers, load: changing(clipNumbers)},
		{name: "loads 65,536 rows at most", rule: "shape/rows", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			var recs []arrow.Record
			left := int64(1 << 16)
			for _, rec := range b.Records {
				n := min(left, rec.NumRows())
				recs = append(recs, rec.NewSlice(0, n))
				left -= n
			}
			return w.Writer.Load(ctx, with(b, recs, b.Schema))
		}},
		{name: "takes 255 columns", rule: "shape/columns", prepare: func(w *writer, ctx context.Context, schema *arrow.Schema) error {
			if schema.NumFields() > 255 {
				return errors.New("too many columns")
			}
			return w.Writer.Prepare(ctx, schema)
		}},
		renaming(mutant{name: "folds the case of columns", rule: "shape/column-names"}, func(_ *writer, schema *arrow.Schema) *arrow.Schema {
			return renamed(schema, func(_ int, f arrow.Field) string { return strings.ToLower(f.Name) })
		}),
		{name: "trims partition names", rule: "shape/partition-names", open: func(m *mutated, ctx context.Context, partition string) (sink.Writer, string, error) {
			return m.openSound(ctx, strings.TrimSpace(partition))
		}},
		{name: "does not quote the target", rule: "shape/target-names", harness: named(true)},
	}
}

func contextMutants() []mutant {
	return []mutant{
		{name: "loads though the context is done", rule: "context/done", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			return w.Writer.Load(context.WithoutCancel(ctx), b)
		}},
		{name: "opens though the context is done", rule: "context/done", open: func(m *mutated, ctx context.Context, partition string) (sink.Writer, string, error) {
			return m.openSound(context.WithoutCancel(ctx), partition)
		}},
		{name: "leaves rows where the context ends amid a load", rule: "context/during-load", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			r, err := w.Writer.Load(ctx, b)
			if ctx.Err() != nil {
				w.m.keep(b.Records...)
			}
			return r, err
		}},
		{name: "closes on the context of Open", rule: "context/close", close: func(w *writer, ctx context.Context) error {
			return errors.Join(w.ctx.Err(), w.Writer.Close(ctx))
		}},
	}
}

// later runs f when the sink is broken at its worst: at the next claim.
func laterOpen(m *mutated, ctx context.Context, partition string) (sink.Writer, string, error) {
	for _, f := range m.pending {
		f()
	}
	m.pending = nil
	return m.openSound(ctx, partition)
}

func onceMutants() []mutant {
	return []mutant{
		{name: "shows rows before Gate", rule: "atomicity/invisible", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			return w.Writer.Load(ctx, gated(b, func(ctx context.Context, r sink.Receipt) error {
				before := w.m.extra
				w.m.extra = append(before[:len(before):len(before)], b.Records...)
				defer func() { w.m.extra = before }()
				return b.Gate(ctx, r)
			}))
		}},
		{name: "Close loads what failed", rule: "atomicity/close", load: loadLater, close: func(w *writer, ctx context.Context) error {
			for _, f := range w.m.pending {
				f()
			}
			w.m.pending = nil
			return w.Writer.Close(ctx)
		}},
		{name: "what failed loads after a crash", rule: "atomicity/crash", load: loadLater, open: laterOpen},
		{name: "doubles after an error", rule: "exactly-once/error-before", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			if w.tried[b] {
				w.m.keep(b.Records...)
			}
			return w.Writer.Load(ctx, b)
		}},
		{name: "doubles when the reply is lost", rule: "exactly-once/reply-lost", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			if w.done[b] {
				w.m.keep(b.Records...)
			}
			return w.Writer.Load(ctx, b)
		}},
		{name: "fences itself when the reply is lost", rule: "exactly-once/reply-lost", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			if w.done[b] {
				return sink.Receipt{}, sink.ErrFenced
			}
			return w.Writer.Load(ctx, b)
		}},
		{name: "moves the offset without the rows of a failed load", rule: "exactly-once/restart", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			r, err := w.Writer.Load(ctx, b)
			if err != nil && ctx.Err() == nil {
				_, _ = w.Writer.Load(ctx, ungated(with(b, nil, b.Schema)))
			}
			return r, err
		}},
		{name: "loads whatever From is", rule: "exactly-once/stale-batch", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			at, err := w.m.Committed(ctx, "sinktest", w.partition)
			if err != nil {
				return sink.Receipt{}, err
			}
			c := *b
			if at[w.partition] != b.To {
				c.From = at[w.partition]
			}
			return w.Writer.Load(ctx, &c)
		}},
	}
}

// loadLater keeps a load that fails, for a hook that completes it when nobody asks.
func loadLater(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	r, err := w.Writer.Load(ctx, b)
	if err != nil {
		c, inner := ungated(b), w.Writer
		for _, rec := range c.Records {
			rec.Retain()
		}
		w.m.pending = append(w.m.pending, func() {
			_, _ = inner.Load(context.Background(), c)
			for _, rec := range c.Records {
				rec.Release()
			}
		})
	}
	return r, err
}

// unfenced claims again where it is fenced.
func unfenced(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	r, err := w.Writer.Load(ctx, b)
	if !errors.Is(err, sink.ErrFenced) {
		return r, err
	}
	inner, committed, err := w.m.openSound(ctx, w.partition)
	if err != nil {
		return sink.Receipt{}, err
	}
	c := *b
	c.From = committed
	return inner.Load(ctx, &c)
}

func fenceMutants() []mutant {
	return []mutant{
		{name: "does not fence", rule: "fencing/older", load: unfenced},
		{name: "does not fence the first load", rule: "fencing/older", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			if b.From == "" {
				return unfenced(w, ctx, b)
			}
			return w.Writer.Load(ctx, b)
		}},
		{name: "answers another error than ErrFenced", rule: "fencing/older", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			r, err := w.Writer.Load(ctx, b)
			if errors.Is(err, sink.ErrFenced) {
				err = errors.New("no row was updated")
			}
			return r, err
		}},
		{name: "Close gives up the newer claim", rule: "fencing/same-sink", close: func(w *writer, ctx context.Context) error {
			_, _, err := w.m.openSound(ctx, w.partition)
			return errors.Join(err, w.Writer.Close(ctx))
		}},
		{name: "does not fence what is staged", rule: "fencing/staged", staged: true, load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			r, err := w.Writer.Load(ctx, b)
			if errors.Is(err, sink.ErrFenced) {
				r.Rows = b.Rows
				err = b.Gate(ctx, r)
			}
			return r, err
		}},
		{name: "looks at the claim before the load alone", rule: "fencing/interleavings", load: func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
			passed := false
			r, err := w.Writer.Load(ctx, gated(b, func(ctx context.Context, r sink.Receipt) error {
				time.Sleep(100 * time.Microsecond)
				passed = true
				return b.Gate(ctx, r)
			}))
			if passed && errors.Is(err, sink.ErrFenced) {
				w.m.keep(b.Records...)
				return sink.Receipt{Rows: b.Rows}, nil
			}
			return r, err
		}},
		{name: "Reset forgets nothing", rule: "fencing/reset", reset: func(*mutated) error { return nil }},
	}
}
