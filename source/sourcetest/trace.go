package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/source"
)

// trace is what was read of a partition. It does not depend on where batches were cut.
type trace struct {
	items     []string // rows and rejected rows in the order of the origin, as text
	cuts      []cut
	rejected  int64
	transient int // errors on the way
	patience  time.Duration
}

func (k *kit) trace() *trace { return &trace{patience: k.h.Patience} }

// cut is the end of a batch.
type cut struct {
	position string
	items    int // read up to it
}

// read reads from r until io.EOF, or until the trace has so many items where total >= 0, or so many batches
// where batches >= 0. Transient errors are tried again. It releases the batches.
func (tr *trace) read(ctx context.Context, r source.Reader, after string, total, batches int) error {
	for last := after; batches != 0 && (total < 0 || len(tr.items) < total); batches-- {
		b, err := tr.next(ctx, r, total >= 0)
		if err == io.EOF {
			if total >= 0 {
				return fmt.Errorf("io.EOF after %d rows, want %d", len(tr.items), total)
			}
			return nil
		}
		if err != nil {
			return err
		}
		err = tr.add(b, last)
		last = b.Position
		b.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// next bounds the wait of a reader that waits for rows.
func (tr *trace) next(ctx context.Context, r source.Reader, waits bool) (source.Batch, error) {
	if waits {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, tr.patience, fmt.Errorf("no row came within %v", tr.patience))
		defer cancel()
	}
	b, err := next(ctx, r, &tr.transient)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return b, err
}

// next calls Next until its error is not a transient one.
func next(ctx context.Context, r source.Reader, transient *int) (source.Batch, error) {
	const most = 100
	for n := 1; ; n++ {
		b, err := r.Next(ctx)
		switch {
		case err == nil:
			return b, nil
		case b.Record != nil || b.Rejected != nil:
			return b, ruleBatch.broken(fmt.Errorf("Next failed and gave a batch: %w", err))
		case n == most || !retry.IsTransient(err) || ctx.Err() != nil:
			return b, err
		}
		*transient++
	}
}

// add checks a batch and appends what it has.
func (tr *trace) add(b source.Batch, last string) error {
	rows, err := texts(b.Record)
	if err != nil {
		return ruleBatch.broken(err)
	}
	items, err := merge(rows, b)
	if err != nil {
		return ruleReasons.broken(err)
	}
	known := slices.ContainsFunc(tr.cuts, func(c cut) bool { return c.position == b.Position })
	switch {
	case len(items) > 0 && b.Position == "":
		return ruleMove.broken(fmt.Errorf("a batch of %d rows has the position \"\", the beginning", len(items)))
	case len(items) > 0 && b.Position == last:
		return ruleMove.broken(fmt.Errorf("a batch of %d rows stays at the position %.100q", len(items), last))
	case b.Position != last && known:
		return ruleMove.broken(fmt.Errorf("the position %.100q came again", b.Position))
	}
	tr.items = append(tr.items, items...)
	tr.rejected += b.Rejected.Len()
	if b.Position != last {
		tr.cuts = append(tr.cuts, cut{b.Position, len(tr.items)})
	}
	return nil
}

// merge puts the rows and the rejected rows of a batch into the order of the origin.
func merge(rows []string, b source.Batch) ([]string, error) {
	if b.Rejected == nil {
		return rows, nil
	}
	reasons := b.Rejected.Reasons
	if b.Rejected.Record == nil || b.Rejected.Record.NumRows() != int64(len(reasons)) {
		return nil, fmt.Errorf("the record of rejected rows has not one row for each of %d reasons", len(reasons))
	}
	count := len(rows)
	refused, err := texts(b.Rejected.Record)
	if err != nil {
		return nil, err
	}
	all := make([]string, 0, len(rows)+len(reasons))
	for i, reason := range reasons {
		// Between two rejected rows stand rows of the record.
		between := reason.Row - int64(len(all))
		if between < 0 || between > int64(len(rows)) {
			return nil, fmt.Errorf("reason %d names row %d; there are %d rows and %d rejected ones, in order", i, reason.Row, count, len(reasons))
		}
		if reason.Code == "" || reason.Message == "" {
			return nil, fmt.Errorf("reason %d has no code or no message: %+v", i, reason)
		}
		all = append(all, rows[:between]...)
		rows = rows[between:]
		all = append(all, fmt.Sprintf(rejectedMark+"%q %q %q: %s", reason.Code, reason.Column, reason.Message, refused[i]))
	}
	return append(all, rows...), nil
}

// rejectedMark begins the item of a rejected row; no column's name begins so.
const rejectedMark = "\x00rejected "

func isRejected(item string) bool { return strings.HasPrefix(item, rejectedMark) }

// texts returns each row of a record as text, and checks the record. nil has no rows.
func texts(rec arrow.Record) ([]string, error) {
	if rec == nil {
		return nil, nil
	}
	for i, f := range rec.Schema().Fields() {
		col := rec.Column(i)
		switch {
		case int64(col.Len()) != rec.NumRows():
			return nil, fmt.Errorf("column %q has %d values, the record %d rows", f.Name, col.Len(), rec.NumRows())
		case !arrow.TypeEqual(col.DataType(), f.Type):
			return nil, fmt.Errorf("column %q is of type %s, its field of %s", f.Name, col.DataType(), f.Type)
		case !f.Nullable && col.NullN() > 0:
			return nil, fmt.Errorf("column %q is not nullable and has %d nulls", f.Name, col.NullN())
		}
	}
	out := make([]string, rec.NumRows())
	var b strings.Builder
	for row := range out {
		b.Reset()
		for i, col := range rec.Columns() {
			b.WriteString(rec.ColumnName(i) + " " + col.DataType().String() + "=")
			if col.IsNull(row) {
				b.WriteString("null; ")
			} else {
				b.WriteString(strconv.Quote(col.ValueStr(row)) + "; ")
			}
		}
		out[row] = b.String()
	}
	return out, nil
}

// differ compares two runs of rows.
func differ(want, got []string) error {
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			return fmt.Errorf("row %d is\n%.500s\nwant\n%.500s", i, got[i], want[i])
		}
	}
	if len(want) != len(got) {
		return fmt.Errorf("%d rows came, want %d", len(got), len(want))
	}
	return nil
}

// total is how many rows of a partition there are, where that must be known: -1 = until io.EOF.
func (s *session) total(id string) int {
	if !s.unbounded {
		return -1
	}
	n := s.k.h.Rejects[id]
	for _, rec := range s.k.h.Want[id] {
		n += rec.NumRows()
	}
	return int(n)
}

// read reads a partition from a position to its end, which is before items behind that of the whole.
func (s *session) read(ctx context.Context, id, after string, before int) (*trace, error) {
	total := s.total(id)
	if total >= 0 {
		total -= before
	}
	return s.part(ctx, id, after, total, -1)
}

// part opens a partition, reads some of it and closes the reader.
func (s *session) part(ctx context.Context, id, after string, total, batches int) (tr *trace, err error) {
	r, err := s.reader(ctx, s.parts[id], after)
	if err != nil {
		return nil, err
	}
	tr = s.k.trace()
	if err := tr.read(ctx, r, after, total, batches); err != nil {
		return nil, fmt.Errorf("read %q after %.100q: %w", id, after, err)
	}
	return tr, s.closeReader(r)
}

// whole reads all partitions from the beginning, by a source of their own.
func (k *kit) whole(ctx context.Context) (map[string]*trace, error) {
	s, err := k.open(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]*trace{}
	for _, id := range s.ids() {
		if all[id], err = s.read(ctx, id, "", 0); err != nil {
			return nil, err
		}
	}
	return all, s.close()
}

// replayable is [kit.whole] of a source that can be read again; else the rule is skipped.
func (k *kit) replayable(ctx context.Context) (map[string]*trace, error) {
	s, err := k.open(ctx)
	if err != nil {
		return nil, err
	}
	if s.gone {
		return nil, skip("the source cannot be replayed")
	}
	if err := s.close(); err != nil {
		return nil, err
	}
	return k.whole(ctx)
}

// busiest returns the partition with the most batches.
func busiest(all map[string]*trace) (id string, tr *trace, err error) {
	for name, t := range all {
		if tr == nil || len(t.cuts) > len(tr.cuts) || len(t.cuts) == len(tr.cuts) && name < id {
			id, tr = name, t
		}
	}
	if tr == nil || len(tr.items) == 0 {
		return "", nil, skip("the origin has no rows")
	}
	return id, tr, nil
}

// wantOffsetError checks the error of an Open that had to be refused.
func wantOffsetError(err error, id, position string) error {
	var lost *source.OffsetError
	switch {
	case err == nil:
		return fmt.Errorf("%q was opened after %.100q", id, position)
	case !errors.As(err, &lost):
		return fmt.Errorf("%q after %.100q: the error is no *source.OffsetError: %w", id, position, err)
	case lost.Partition != id || lost.Position != position || lost.Lost == "":
		return fmt.Errorf("%q after %.100q: the OffsetError does not say that, or not what is lost: %w", id, position, err)
	}
	return nil
}
