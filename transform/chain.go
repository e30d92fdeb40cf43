package transform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/compute"

	"github.com/floedata/floe/deadletter"
)

type chain struct{ transforms []Transform }

// Chain is one transform that works as several do, one after the other. A row that one of them rejects is
// given back as the row of the input that it was made of, in the input's schema, with the reason of the
// transform that refused it; of an input row that had become several, none goes on then.
//
// Behind a transform that is not of this package ([Func] among them) a chain finds the row to reject by
// trying parts of the record again: where such rows are many, give the transforms to the pipeline one by one.
func Chain(transforms ...Transform) Transform {
	if len(transforms) == 0 {
		return failed{"chain", errors.New("no transform is given")}
	}
	if at := slices.Index(transforms, nil); at >= 0 {
		return failed{"chain", fmt.Errorf("transform %d is nil", at+1)}
	}
	return chain{slices.Clone(transforms)}
}

func (c chain) Fingerprint() string {
	texts := make([]string, len(c.transforms))
	for i, t := range c.transforms {
		texts[i] = fmt.Sprintf("%q", t.Fingerprint())
	}
	return "chain(" + strings.Join(texts, ", ") + ")"
}

func (c chain) Bind(ctx context.Context, in *arrow.Schema) (Processor, error) {
	p := &chained{in: in}
	schema := in
	for i, t := range c.transforms {
		stage, err := t.Bind(ctx, schema)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("transform: chain: %d: %w", i+1, err), p.Close(ctx))
		}
		p.stages = append(p.stages, stage)
		schema = stage.Schema()
	}
	return p, nil
}

type chained struct {
	in     *arrow.Schema
	stages []Processor
}

func (p *chained) Schema() *arrow.Schema { return p.stages[len(p.stages)-1].Schema() }

// Close closes all stages, the last one first, whatever the others answer.
func (p *chained) Close(ctx context.Context) error {
	var errs []error
	for i, s := range slices.Backward(p.stages) {
		if err := s.Close(ctx); err != nil {
			errs = append(errs, fmt.Errorf("transform: chain: %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

func (p *chained) Process(ctx context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
	r, err := p.trace(ctx, rec)
	return r.out, r.rejected, err
}

// tracer is a Processor that says which row became which.
type tracer interface {
	trace(ctx context.Context, rec arrow.Record) (result, error)
}

func (p *chained) trace(ctx context.Context, rec arrow.Record) (result, error) {
	if ctx.Err() != nil {
		return result{}, fmt.Errorf("transform: chain: %w", context.Cause(ctx))
	}
	if rec.NumRows() == 0 {
		return result{}, nil
	}
	f, err := p.follow(ctx, rec)
	if err != nil {
		return result{}, err
	}
	if f.lost {
		return p.divide(ctx, rec)
	}
	return f.result(ctx, rec)
}

// flow is a record on its way through the stages.
type flow struct {
	out     arrow.Record // owned; nil: no rows
	rows    int64        // of the record at the beginning
	origins func() []int64
	reasons []deadletter.Reason // with row numbers of the record at the beginning
	blind   bool                // the origins are not known, but for a record of one row
	lost    bool                // a row was rejected whose origin is not known; all else is void
}

// follow sends the record through the stages.
func (p *chained) follow(ctx context.Context, rec arrow.Record) (*flow, error) {
	rec.Retain()
	f := &flow{out: rec, rows: rec.NumRows()}
	for _, stage := range p.stages {
		if f.out == nil || f.out.NumRows() == 0 {
			break
		}
		if err := f.step(ctx, stage); err != nil {
			f.drop()
			return nil, err
		}
		if f.lost {
			f.drop()
			return f, nil
		}
	}
	return f, nil
}

func (f *flow) drop() {
	if f.out != nil {
		f.out.Release()
		f.out = nil
	}
}

// step sends the record through one stage.
func (f *flow) step(ctx context.Context, stage Processor) error {
	var r result
	var err error
	t, traced := stage.(tracer)
	if traced {
		r, err = t.trace(ctx, f.out)
	} else {
		r.out, r.rejected, err = stage.Process(ctx, f.out)
	}
	if err != nil {
		return err
	}
	before := f.out.NumRows()
	f.drop()
	f.out = r.out
	defer r.rejected.Release()
	known := f.origins
	if r.rejected.Len() > 0 {
		if f.blind && f.rows > 1 {
			f.lost = true
			return nil
		}
		for _, reason := range r.rejected.Reasons {
			switch {
			case f.rows == 1:
				reason.Row = 0
			case known != nil:
				reason.Row = known()[reason.Row]
			}
			f.reasons = append(f.reasons, reason)
		}
	}
	f.blind = f.blind || !traced || r.blind
	if !f.blind {
		f.origins = composed(known, r, before)
	}
	return nil
}

// composed returns the origins behind a stage, from those before it.
func composed(before func() []int64, r result, rows int64) func() []int64 {
	if before == nil && r.origins == nil && r.rejected.Len() == 0 {
		return nil
	}
	if r.origins == nil && r.rejected.Len() == 0 {
		return before
	}
	step := r.origins
	var refused []deadletter.Reason
	if r.rejected != nil {
		refused = r.rejected.Reasons
	}
	var made []int64
	return func() []int64 {
		if made != nil {
			return made
		}
		if step != nil {
			made = step()
		} else {
			made = others(rows, refused)
		}
		if before != nil {
			earlier := before()
			for i, row := range made {
				made[i] = earlier[row]
			}
		}
		return made
	}
}

// others returns the row numbers that have no reason.
func others(rows int64, reasons []deadletter.Reason) []int64 {
	out := make([]int64, 0, rows-int64(len(reasons)))
	for row := range rows {
		if len(reasons) > 0 && reasons[0].Row == row {
			reasons = reasons[1:]
			continue
		}
		out = append(out, row)
	}
	return out
}

// result gives the rejected rows back as they are in rec, beside what came out.
func (f *flow) result(ctx context.Context, rec arrow.Record) (result, error) {
	r := result{out: f.out, origins: f.origins, blind: f.blind}
	if len(f.reasons) == 0 {
		return r, nil
	}
	if f.rows == 1 { // a row that is rejected gives no rows
		f.drop()
		r.out = nil
	}
	slices.SortStableFunc(f.reasons, func(a, b deadletter.Reason) int { return int(a.Row - b.Row) })
	reasons := slices.CompactFunc(f.reasons, func(a, b deadletter.Reason) bool { return a.Row == b.Row })
	kept, rejected, err := deadletter.Split(compute.GetAllocator(ctx), rec, reasons)
	if err != nil {
		f.drop()
		return result{}, fmt.Errorf("transform: chain: %w", err)
	}
	if kept != nil {
		kept.Release()
	}
	r.rejected = rejected
	return r, nil
}

// divide finds the rows to reject by sending halves of the record through the stages again, down to single
// rows. That gives the same as the whole record would, because transforms work row for row.
func (p *chained) divide(ctx context.Context, rec arrow.Record) (result, error) {
	var outs []arrow.Record
	defer func() {
		for _, o := range outs {
			o.Release()
		}
	}()
	whole := &flow{rows: rec.NumRows(), blind: true}
	var part func(start, end int64) error
	part = func(start, end int64) error {
		slice := rec.NewSlice(start, end)
		defer slice.Release()
		f, err := p.follow(ctx, slice)
		if err != nil {
			return err
		}
		if f.lost {
			middle := start + (end-start)/2
			if err := part(start, middle); err != nil {
				return err
			}
			return part(middle, end)
		}
		if f.rows == 1 && len(f.reasons) > 0 {
			f.drop()
		}
		if f.out != nil {
			outs = append(outs, f.out)
		}
		for _, reason := range f.reasons {
			reason.Row += start
			whole.reasons = append(whole.reasons, reason)
		}
		return nil
	}
	middle := rec.NumRows() / 2
	if err := errors.Join(part(0, middle), part(middle, rec.NumRows())); err != nil {
		return result{}, err
	}
	var err error
	if whole.out, err = concatenated(ctx, p.Schema(), outs); err != nil {
		return result{}, err
	}
	return whole.result(ctx, rec)
}

// concatenated joins records; nil where there are none.
func concatenated(ctx context.Context, schema *arrow.Schema, recs []arrow.Record) (arrow.Record, error) {
	if len(recs) == 0 {
		return nil, nil
	}
	rows := int64(0)
	for _, r := range recs {
		rows += r.NumRows()
	}
	cols := make([]arrow.Array, 0, schema.NumFields())
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	for i, f := range schema.Fields() {
		parts := make([]arrow.Array, len(recs))
		for k, r := range recs {
			parts[k] = r.Column(i)
		}
		joined, err := array.Concatenate(parts, compute.GetAllocator(ctx))
		if err != nil {
			return nil, fmt.Errorf("transform: chain: column %q: %w", f.Name, err)
		}
		cols = append(cols, joined)
	}
	return array.NewRecord(schema, cols, rows), nil
}
