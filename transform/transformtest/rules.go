package transformtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/transform"
)

func checkSchema(ctx context.Context, h Harness) error {
	return with(ctx, h, func(b *bench) error {
		defer b.input.Release()
		out, rejected, err := b.proc.Process(b.ctx, b.input)
		if err != nil {
			return err
		}
		defer rejected.Release()
		if out == nil {
			return nil
		}
		defer out.Release()
		want := b.proc.Schema()
		if !out.Schema().Equal(want) {
			return fmt.Errorf("schema %v is announced, but Process returned %v", want, out.Schema())
		}
		for i, f := range want.Fields() {
			col := out.Column(i)
			if !arrow.TypeEqual(col.DataType(), f.Type) {
				return fmt.Errorf("column %q is of type %s, but its field of %s", f.Name, col.DataType(), f.Type)
			}
			if int64(col.Len()) != out.NumRows() {
				return fmt.Errorf("column %q has %d values, but the record %d rows", f.Name, col.Len(), out.NumRows())
			}
			if !f.Nullable && col.NullN() > 0 {
				return fmt.Errorf("column %q is not nullable, but has %d nulls", f.Name, col.NullN())
			}
		}
		return nil
	})
}

func checkBorrowed(ctx context.Context, h Harness) error {
	return with(ctx, h, func(b *bench) error {
		before, used := texts(b.input), b.mem.inUse()
		if _, err := b.process(b.input); err != nil {
			return err
		}
		if now := b.mem.inUse(); now < used {
			return fmt.Errorf("the record was released: of its %d bytes %d are left", used, now)
		}
		if err := differRows("row of the input", before, texts(b.input)); err != nil {
			return err
		}
		b.input.Release()
		return nil
	})
}

func checkOwned(ctx context.Context, h Harness) error {
	var mem *allocator
	err := with(ctx, h, func(b *bench) error {
		mem = b.mem
		want, err := b.process(b.input)
		if err != nil {
			return err
		}
		out, rejected, err := b.proc.Process(b.ctx, b.input)
		if err != nil {
			return err
		}
		b.input.Release() // its memory is overwritten, unless the results hold it
		var got effect
		if out != nil {
			got.rows = texts(out)
			out.Release()
		}
		got.rejects = rejectTexts(rejected, 0)
		rejected.Release()
		if err := differ(want, got); err != nil {
			return fmt.Errorf("once the input was released: %w", err)
		}
		return nil
	})
	if err == nil && mem.inUse() != 0 {
		err = fmt.Errorf("%d bytes are still held once everything is released and closed", mem.inUse())
	}
	return err
}

// cut is a range of rows of the input.
type cut struct{ start, end int64 }

func checkBoundaries(ctx context.Context, h Harness) error {
	return with(ctx, h, func(b *bench) error {
		defer b.input.Release()
		want, err := b.process(b.input)
		if err != nil {
			return err
		}
		rows := b.input.NumRows()
		random := rand.New(rand.NewPCG(h.Seed, 0))
		for round := range 8 {
			var cuts []cut
			for at := int64(0); at < rows; {
				size := int64(1) // the first round: row by row
				if round > 0 {
					size = min(random.Int64N(rows/int64(round)+1), rows-at)
				}
				cuts = append(cuts, cut{at, at + size})
				at += size
			}
			got, err := b.pieces(cuts)
			if err != nil {
				return fmt.Errorf("seed %d, round %d: %w", h.Seed, round, err)
			}
			if err := differ(want, got); err != nil {
				return fmt.Errorf("cut into %d records (seed %d, round %d): %w", len(cuts), h.Seed, round, err)
			}
		}
		return nil
	})
}

// pieces processes the input cut into records and joins what comes out.
func (b *bench) pieces(cuts []cut) (effect, error) {
	var sum effect
	for _, c := range cuts {
		slice := b.input.NewSlice(c.start, c.end)
		out, rejected, err := b.proc.Process(b.ctx, slice)
		slice.Release()
		if err != nil {
			return sum, fmt.Errorf("rows %d to %d: %w", c.start, c.end, err)
		}
		if out != nil {
			sum.rows = append(sum.rows, texts(out)...)
			out.Release()
		}
		sum.rejects = append(sum.rejects, rejectTexts(rejected, c.start)...)
		rejected.Release()
	}
	return sum, nil
}

func checkRepeatable(ctx context.Context, h Harness) error {
	return with(ctx, h, func(b *bench) error {
		defer b.input.Release()
		first, err := b.process(b.input)
		for i := 0; i < 3 && err == nil; i++ {
			var again effect
			if again, err = b.process(b.input); err == nil {
				err = differ(first, again)
			}
		}
		return err
	})
}

func checkConcurrency(ctx context.Context, h Harness) error {
	return with(ctx, h, func(b *bench) error {
		defer b.input.Release()
		want, err := b.process(b.input)
		if err != nil {
			return err
		}
		var g errgroup.Group
		for range 8 {
			g.Go(func() (err error) {
				defer func() {
					if p := recover(); p != nil {
						err = fmt.Errorf("panic: %v", p)
					}
				}()
				for range 4 {
					got, err := b.process(b.input)
					if err == nil {
						err = differ(want, got)
					}
					if err != nil {
						return fmt.Errorf("beside other calls: %w", err)
					}
				}
				return nil
			})
		}
		return g.Wait()
	})
}

func checkRejects(ctx context.Context, h Harness) error {
	return with(ctx, h, func(b *bench) error {
		defer b.input.Release()
		out, rejected, err := b.proc.Process(b.ctx, b.input)
		if err != nil {
			return err
		}
		if out != nil {
			out.Release()
		}
		defer rejected.Release()
		return checkRows(b.input, rejected, h.Rejects)
	})
}

func checkRows(input arrow.Record, rejected *deadletter.Rows, want []int64) error {
	var got []int64
	if rejected.Len() > 0 {
		if !rejected.Record.Schema().Equal(input.Schema()) {
			return fmt.Errorf("the rejected rows have the schema %v, the input %v", rejected.Record.Schema(), input.Schema())
		}
		if rejected.Record.NumRows() != rejected.Len() {
			return fmt.Errorf("%d rejected rows have %d reasons", rejected.Record.NumRows(), rejected.Len())
		}
		given, back := texts(input), texts(rejected.Record)
		last := int64(-1)
		for i, r := range rejected.Reasons {
			if r.Row <= last || r.Row >= input.NumRows() {
				return fmt.Errorf("the numbers of the rejected rows do not ascend within the record: %d after %d", r.Row, last)
			}
			if r.Code == "" || r.Message == "" {
				return fmt.Errorf("row %d is rejected with the code %q and the message %q; give both", r.Row, r.Code, r.Message)
			}
			if given[r.Row] != back[i] {
				return fmt.Errorf("row %d was %s, but came back as %s", r.Row, given[r.Row], back[i])
			}
			last = r.Row
			got = append(got, r.Row)
		}
	}
	if !slices.Equal(want, got) {
		return fmt.Errorf("the rows %v are rejected, not %v", got, want)
	}
	return nil
}

func checkCount(ctx context.Context, h Harness) error {
	if !h.OneToOne {
		return nil
	}
	return with(ctx, h, func(b *bench) error {
		defer b.input.Release()
		e, err := b.process(b.input)
		if err == nil && len(e.rows)+len(e.rejects) != int(b.input.NumRows()) {
			err = fmt.Errorf("of %d rows %d came out and %d were rejected", b.input.NumRows(), len(e.rows), len(e.rejects))
		}
		return err
	})
}

func checkContext(ctx context.Context, h Harness) error {
	return with(ctx, h, func(b *bench) error {
		defer b.input.Release()
		stopped, cancel := context.WithCancel(b.ctx)
		cancel()
		out, rejected, err := b.proc.Process(stopped, b.input)
		if out != nil || rejected.Len() > 0 {
			return errors.New("rows came from Process")
		}
		if !errors.Is(err, context.Canceled) {
			return fmt.Errorf("the answer of Process was the error %v", err)
		}
		return nil
	})
}

func checkEmpty(ctx context.Context, h Harness) error {
	return with(ctx, h, func(b *bench) error {
		defer b.input.Release()
		none := b.input.NewSlice(3, 3)
		defer none.Release()
		e, err := b.process(none)
		if err == nil && len(e.rows)+len(e.rejects) != 0 {
			err = fmt.Errorf("%d rows came out and %d were rejected", len(e.rows), len(e.rejects))
		}
		return err
	})
}

func checkNulls(ctx context.Context, h Harness) error {
	if h.NoNulls {
		return nil
	}
	return with(ctx, h, func(b *bench) error {
		defer b.input.Release()
		nulls := allNull(b.mem, b.input)
		defer nulls.Release()
		e, err := b.process(nulls)
		if err == nil && h.OneToOne && len(e.rows)+len(e.rejects) != int(nulls.NumRows()) {
			err = fmt.Errorf("of %d rows %d came out and %d were rejected", nulls.NumRows(), len(e.rows), len(e.rejects))
		}
		return err
	})
}

// allNull is rec with nulls in all columns that may have them.
func allNull(mem memory.Allocator, rec arrow.Record) arrow.Record {
	cols := make([]arrow.Array, rec.NumCols())
	for i, f := range rec.Schema().Fields() {
		if f.Nullable {
			cols[i] = array.MakeArrayOfNull(mem, f.Type, int(rec.NumRows()))
		} else {
			cols[i] = rec.Column(i)
			cols[i].Retain()
		}
		defer cols[i].Release()
	}
	return array.NewRecord(rec.Schema(), cols, rec.NumRows())
}

func checkFingerprint(ctx context.Context, h Harness) error {
	first, second := h.New(), h.New()
	before := first.Fingerprint()
	if before == "" {
		return errors.New("it is empty")
	}
	if other := second.Fingerprint(); other != before {
		return fmt.Errorf("two transforms that are the same have %q and %q", before, other)
	}
	if h.Variant != nil {
		if other := h.Variant().Fingerprint(); other == before {
			return fmt.Errorf("the variant has the same: %q", other)
		}
	}
	used := h
	used.New = func() transform.Transform { return first }
	err := with(ctx, used, func(b *bench) error {
		defer b.input.Release()
		_, err := b.process(b.input)
		return err
	})
	if err != nil {
		return err
	}
	for range 20 { // an order that is random shows sooner or later
		if after := first.Fingerprint(); after != before {
			return fmt.Errorf("it was %q and is %q", before, after)
		}
		if other := h.New().Fingerprint(); other != before {
			return fmt.Errorf("two transforms that are the same have %q and %q", before, other)
		}
	}
	return nil
}

func checkBind(ctx context.Context, h Harness) error {
	mem := newAllocator()
	input := h.Input(mem)
	defer input.Release()
	for _, name := range h.Needs {
		var fields []arrow.Field
		for _, f := range input.Schema().Fields() {
			if f.Name != name {
				fields = append(fields, f)
			}
		}
		p, err := h.New().Bind(compute.WithAllocator(ctx, mem), arrow.NewSchema(fields, nil))
		if err == nil {
			return errors.Join(fmt.Errorf("it took a schema without the column %q", name), p.Close(ctx))
		}
		if !strings.Contains(err.Error(), name) {
			return fmt.Errorf("the error does not name the column %q: %w", name, err)
		}
	}
	return nil
}

func checkRebind(ctx context.Context, h Harness) error {
	one := h.New()
	h.New = func() transform.Transform { return one }
	return with(ctx, h, func(b *bench) error {
		defer b.input.Release()
		want, err := b.process(b.input)
		if err != nil {
			return err
		}
		second, err := one.Bind(b.ctx, b.input.Schema())
		if err != nil {
			return fmt.Errorf("the second Bind: %w", err)
		}
		if err := second.Close(b.ctx); err != nil {
			return fmt.Errorf("the second's Close: %w", err)
		}
		got, err := b.process(b.input)
		if err == nil {
			err = differ(want, got)
		}
		if err != nil {
			return fmt.Errorf("once another binding of the transform was closed: %w", err)
		}
		return nil
	})
}
