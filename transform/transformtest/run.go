package transformtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/compute"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/transform"
)

// bench is a transform bound to the input's schema, on an allocator that counts and poisons.
type bench struct {
	ctx   context.Context
	mem   *allocator
	input arrow.Record
	proc  transform.Processor
}

// with runs f on a bench and takes it down; it tells what is still held then.
func with(ctx context.Context, h Harness, f func(b *bench) error) error {
	mem := newAllocator()
	b := &bench{ctx: compute.WithAllocator(ctx, mem), mem: mem, input: h.Input(mem)}
	if b.input.NumRows() < 8 {
		return fmt.Errorf("the input of the Harness has %d rows; give at least 8", b.input.NumRows())
	}
	var err error
	if b.proc, err = h.New().Bind(b.ctx, b.input.Schema()); err != nil {
		return fmt.Errorf("calling Bind: %w", err)
	}
	if b.proc.Schema() == nil {
		return errors.New("the schema is nil")
	}
	err = f(b)
	if e := b.proc.Close(b.ctx); e != nil {
		err = errors.Join(err, fmt.Errorf("calling Close: %w", e))
	}
	return err
}

// effect is what Process did to one record, as text: rows stand for themselves.
type effect struct {
	rows    []string
	rejects []string
}

// process runs Process on rec, and releases what it returns once it is text.
func (b *bench) process(rec arrow.Record) (effect, error) {
	out, rejected, err := b.proc.Process(b.ctx, rec)
	if err != nil {
		return effect{}, fmt.Errorf("calling Process: %w", err)
	}
	defer rejected.Release()
	var e effect
	if out != nil {
		defer out.Release()
		e.rows = texts(out)
	}
	e.rejects = rejectTexts(rejected, 0)
	return e, nil
}

// texts gives each row of rec as a text: equal only for equal rows.
func texts(rec arrow.Record) []string {
	rows := make([]string, rec.NumRows())
	for i := range rows {
		var b strings.Builder
		for c, col := range rec.Columns() {
			if col.IsNull(i) {
				fmt.Fprintf(&b, "%s=null ", rec.ColumnName(c))
			} else {
				fmt.Fprintf(&b, "%s=%q ", rec.ColumnName(c), col.ValueStr(i))
			}
		}
		rows[i] = b.String()
	}
	return rows
}

// rejectTexts gives each rejected row as a text; first is the number of the first row of the record.
func rejectTexts(r *deadletter.Rows, first int64) []string {
	if r.Len() == 0 {
		return nil
	}
	rows := texts(r.Record)
	for i := range rows {
		reason := r.Reasons[i]
		rows[i] = fmt.Sprintf("row %d: %s: code %q column %q message %q", first+reason.Row, rows[i], reason.Code, reason.Column, reason.Message)
	}
	return rows
}

// differ says where two effects differ first, or nil.
func differ(want, got effect) error {
	if err := differRows("row", want.rows, got.rows); err != nil {
		return err
	}
	return differRows("rejected row", want.rejects, got.rejects)
}

func differRows(what string, want, got []string) error {
	if slices.Equal(want, got) {
		return nil
	}
	for i := range want {
		if i >= len(got) {
			break
		}
		if want[i] != got[i] {
			return fmt.Errorf("%s %d: want %s; got %s", what, i, want[i], got[i])
		}
	}
	return fmt.Errorf("want %d %ss; got %d", len(want), what, len(got))
}
