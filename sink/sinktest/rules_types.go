package sinktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/sink"
)

func typeRules() []rule {
	return []rule{
		{
			"types/round-trip", "every Arrow type that the sink claims comes back equal: nulls, extremes, NaN, -0, infinities, empty and 1 MB strings, non-ASCII, zoned times, years 1 and 9999, decimals at full precision, nested, dictionary",
			checkRoundTrip,
		},
		{
			"types/slices", "a record that is a slice, of values or of nulls alone, loads the rows that it views and no others",
			checkSlices,
		},
		{
			"types/unclaimed", "an unclaimed type is a SchemaError at Prepare that names the column, and leaves nothing behind",
			checkUnclaimed,
		},
		{
			"types/refused", "a value that the target cannot hold is a reject with a reason, never null, never clipped",
			checkRefused,
		},
	}
}

// typed is a table of all claimed types: id, and a column for each.
type typed struct {
	types  []Type
	schema *arrow.Schema
}

func (k *kit) typed() typed {
	most := k.h.MaxColumns
	if most == 0 {
		most = 300
	}
	types := k.h.claimed()
	if len(types)+1 > most {
		types = types[:most-1]
	}
	fields := []arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}
	for i, t := range types {
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("c%02d_%s", i, strings.ToLower(t.Type.ID().String())), Type: t.Type, Nullable: true})
	}
	return typed{types, arrow.NewSchema(fields, nil)}
}

// record makes a record of the values from number to number; those that the target refuses are null.
func (tt typed) record(mem memory.Allocator, from, to int) arrow.Record {
	b := array.NewInt64Builder(mem)
	defer b.Release()
	for i := from; i < to; i++ {
		b.Append(int64(i))
	}
	cols := []arrow.Array{b.NewArray()}
	for _, t := range tt.types {
		var refused func(i int) bool
		if t.Refuses != nil {
			all := sampleArray(memory.DefaultAllocator, t.Type, from, to, nil)
			refused = func(i int) bool { return all.IsValid(i-from) && t.Refuses(all, i-from) }
		}
		cols = append(cols, sampleArray(mem, t.Type, from, to, refused))
	}
	return newRecord(tt.schema, cols, int64(to-from))
}

// newRecord takes the columns over.
func newRecord(schema *arrow.Schema, cols []arrow.Array, rows int64) arrow.Record {
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	return array.NewRecord(schema, cols, rows)
}

// slice views rows of rec, which it takes over.
func slice(rec arrow.Record, from, to int64) arrow.Record {
	defer rec.Release()
	return rec.NewSlice(from, to)
}

func checkRoundTrip(ctx context.Context, k *kit) error {
	tt := k.typed()
	l, err := k.typedLane(ctx, tt)
	if err != nil {
		return err
	}
	mem := &watched{parent: &k.mem}
	if err := l.loadTyped(ctx, mem, tt, tt.record(mem, 0, samples)); err != nil {
		return err
	}
	return k.expectTyped(ctx, tt, tt.record(memory.DefaultAllocator, 0, samples))
}

func (k *kit) typedLane(ctx context.Context, tt typed) (*lane, error) {
	o, err := k.open(ctx)
	if err != nil {
		return nil, err
	}
	l, err := k.claimOnly(ctx, o, 0)
	if err != nil {
		return nil, err
	}
	return l, l.prepare(ctx, tt.schema)
}

func (l *lane) loadTyped(ctx context.Context, mem *watched, tt typed, recs ...arrow.Record) error {
	t := l.batch(mem, tt.schema, recs)
	defer t.done()
	if err := l.load(ctx, t); err != nil {
		return err
	}
	if len(t.bad) > 0 {
		bad := t.bad[0]
		return fmt.Errorf("%d of %d rows were rejected, though the harness claims their values: row %d: column %q: %s", len(t.bad), t.Rows, bad.reason.Row, bad.reason.Column, bad.reason.Message)
	}
	return nil
}

// expectTyped compares what is read back with want, by the column id. It takes want over.
func (k *kit) expectTyped(ctx context.Context, tt typed, want ...arrow.Record) error {
	defer releaseAll(want)
	recs, err := k.read(ctx)
	if err != nil {
		return err
	}
	defer releaseAll(recs)
	type place struct {
		rec arrow.Record
		row int
	}
	rows := map[int64]place{}
	var got, wanted []int64
	for _, rec := range recs {
		ids, err := columnOf(rec, "id")
		if err != nil {
			return err
		}
		for i := range int(rec.NumRows()) {
			id, err := integer(ids, i)
			if err != nil {
				return err
			}
			got = append(got, id)
			rows[id] = place{rec, i}
		}
	}
	for _, rec := range want {
		wanted = append(wanted, rec.Column(0).(*array.Int64).Int64Values()...)
	}
	if err := compareIDs(wanted, got); err != nil {
		return err
	}
	var errs []error
	for c, t := range tt.types {
		for _, rec := range want {
			err := t.compare(rec, c+1, func(id int64) (arrow.Record, int) { return rows[id].rec, rows[id].row })
			if err != nil {
				errs = append(errs, err)
				break
			}
		}
	}
	return errors.Join(errs...)
}

// compare compares one column of want with the rows that are there.
func (t Type) compare(want arrow.Record, column int, find func(id int64) (arrow.Record, int)) error {
	name, expected := want.ColumnName(column), want.Column(column)
	if t.Want != nil {
		expected = t.Want(memory.DefaultAllocator, expected)
		defer expected.Release()
	}
	for i, id := range want.Column(0).(*array.Int64).Int64Values() {
		rec, row := find(id)
		col, err := columnOf(rec, name)
		switch {
		case err != nil:
			return err
		case t.As != nil && !arrow.TypeEqual(col.DataType(), t.As):
			return fmt.Errorf("column %q of type %s comes back as %s, the harness says as %s", name, t.Type, col.DataType(), t.As)
		case text(col, row) != text(expected, i):
			return fmt.Errorf("column %q of type %s: %.120s came back as %.120s", name, t.Type, text(expected, i), text(col, row))
		}
	}
	return nil
}

func checkSlices(ctx context.Context, k *kit) error {
	tt := k.typed()
	l, err := k.typedLane(ctx, tt)
	if err != nil {
		return err
	}
	mem := &watched{parent: &k.mem}
	err = l.loadTyped(ctx, mem, tt,
		slice(tt.record(mem, 0, 19), 3, 12), // rows before and behind, no whole byte of a bitmap
		tt.record(mem, 12, 12),              // no rows
		slice(tt.record(mem, 10, 20), 4, 5), // number 14: null in all columns
		slice(tt.record(mem, 5, 30), 10, 25))
	if err != nil {
		return err
	}
	return k.expectTyped(ctx, tt, tt.record(memory.DefaultAllocator, 3, 12), tt.record(memory.DefaultAllocator, 14, 30))
}

func checkUnclaimed(ctx context.Context, k *kit) error {
	o, err := k.open(ctx)
	if err != nil {
		return err
	}
	l, err := k.claimOnly(ctx, o, 0)
	if err != nil {
		return err
	}
	var errs []error
	for _, dt := range k.h.unclaimed() {
		schema := arrow.NewSchema([]arrow.Field{baseSchema.Field(0), {Name: "odd", Type: dt, Nullable: true}}, nil)
		err := guard(func() error { return l.w.Prepare(ctx, schema) })
		errs = append(errs, wantSchemaError(err, "odd", fmt.Sprintf("a column of the unclaimed type %s", dt)))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	// The target is as if nothing had been asked.
	if err := l.prepare(ctx, baseSchema); err != nil {
		return fmt.Errorf("after the SchemaErrors: %w", err)
	}
	if err := l.loadRows(ctx, 3, 3); err != nil {
		return err
	}
	return k.expect(ctx, idRange(0, 0, 3))
}

// wantSchemaError answers what is wrong with the error of a Prepare that must fail for a column; "" = any.
func wantSchemaError(err error, column, what string) error {
	var se *sink.SchemaError
	switch {
	case err == nil:
		return fmt.Errorf("Prepare took %s", what)
	case !errors.As(err, &se):
		return fmt.Errorf("Prepare for %s answered no *sink.SchemaError: %w", what, err)
	case se.Column == "", column != "" && se.Column != column:
		return fmt.Errorf("Prepare for %s: the SchemaError names column %q, want %q", what, se.Column, column)
	case se.Reason == "":
		return fmt.Errorf("Prepare for %s: the SchemaError gives no reason", what)
	}
	return nil
}

func checkRefused(ctx context.Context, k *kit) error {
	tt := k.typed()
	if !slices.ContainsFunc(tt.types, func(t Type) bool { return t.Refuses != nil }) {
		return skip("the harness names no value that the target refuses")
	}
	l, err := k.typedLane(ctx, tt)
	if err != nil {
		return err
	}
	for c, t := range tt.types {
		if t.Refuses != nil {
			if err := l.refusedColumn(ctx, tt, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// refusedColumn loads all values of one type, the other columns null, and expects those that the target refuses
// to come back.
func (l *lane) refusedColumn(ctx context.Context, tt typed, c int) error {
	mem := &watched{parent: &l.k.mem}
	t := tt.types[c]
	all := sampleArray(mem, t.Type, 0, samples, nil)
	var want []int64
	ids := array.NewInt64Builder(mem)
	defer ids.Release()
	for i := range samples {
		ids.Append(int64(c*samples + i))
		if all.IsValid(i) && t.Refuses(all, i) {
			want = append(want, int64(i))
		}
	}
	cols := []arrow.Array{ids.NewArray()}
	for i, other := range tt.types {
		if i == c {
			cols = append(cols, all)
		} else {
			cols = append(cols, sampleArray(mem, other.Type, 0, samples, func(int) bool { return true }))
		}
	}
	b := l.batch(mem, tt.schema, []arrow.Record{newRecord(tt.schema, cols, samples)})
	defer b.done()
	if err := l.load(ctx, b); err != nil {
		return fmt.Errorf("values of %s that the target refuses: %w", t.Type, err)
	}
	var got []int64
	for _, r := range b.bad {
		got = append(got, r.reason.Row)
		if r.reason.Message == "" {
			return fmt.Errorf("row %d of type %s was rejected without a message", r.reason.Row, t.Type)
		}
	}
	if err := compareIDs(want, got); err != nil {
		return fmt.Errorf("rejected rows for values of %s: %w", t.Type, err)
	}
	return nil
}
