package sinktest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// Rules that other rules see broken too.
var (
	ruleGate       = rule{name: "gate/error", sentence: "an error from Gate leaves no row and no offset, and Load answers it"}
	ruleGateCalled = rule{name: "gate/called", sentence: "Load calls Gate before it answers nil for a batch with rows"}
	ruleAddsUp     = rule{name: "gate/receipt", sentence: "the receipt adds up: rows loaded and rows rejected are the rows of the batch, and Load answers what Gate saw"}
)

func gateRules() []rule {
	return []rule{ruleGateCalled.by(checkGateCalled), ruleGate.by(checkGateError), ruleAddsUp.by(checkReceipt)}
}

func checkGateCalled(ctx context.Context, k *kit) error {
	l, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	return l.loadRows(ctx, 6, 2) // loadStaged looks at it
}

func checkGateError(ctx context.Context, k *kit) error {
	l, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	if err := k.exact(l.o); err != nil {
		return err
	}
	if l.o.limits.StageIsFinal {
		return skip("rows of the sink land by themselves")
	}
	rows := int64(0)
	for _, n := range []int64{5, 3} {
		t := l.next(n)
		t.gate = func(context.Context) error { return errGate }
		committed := l.committed
		err := l.load(ctx, t)
		t.done()
		if !errors.Is(err, errGate) {
			return fmt.Errorf("Load does not answer the error of Gate: %w", orNil(err))
		}
		if err := k.expect(ctx, idRange(0, 0, rows)); err != nil {
			return fmt.Errorf("after Gate failed: %w", err)
		}
		if l, err = l.again(ctx, committed); err != nil {
			return fmt.Errorf("after Gate failed: %w", err)
		}
		if err := l.loadRows(ctx, 2, 2); err != nil {
			return err
		}
		rows += 2
	}
	return k.expect(ctx, idRange(0, 0, rows))
}

func checkReceipt(ctx context.Context, k *kit) error {
	l, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	t := l.next(7)
	defer t.done()
	if err := l.stage(ctx, t); err != nil {
		return err
	}
	r, err := l.w.Load(ctx, t.Batch) // passGate looks at the sum
	if err != nil {
		return err
	}
	if r.Rows != 7 || t.seen.Rows != 7 {
		return fmt.Errorf("of 7 rows Gate saw %d loaded, and Load answered %d", t.seen.Rows, r.Rows)
	}
	if r.Bytes < 0 {
		return fmt.Errorf("Load answered %d bytes", r.Bytes)
	}
	return nil
}

func rejectRules() []rule {
	return []rule{
		{"rejects/exact", "bad rows at the beginning, in the middle, at the end, and bad rows alone: exactly those come back, each with its reason, and the others are there", checkRejects},
		{"rejects/gate", "where Gate fails, a batch with rejects leaves no row and no offset, and loads on another try", checkRejectsGate},
	}
}

func (k *kit) rejecting(ctx context.Context) (*lane, error) {
	if k.h.RefusedName == "" {
		return nil, skip("the harness names no value that the target refuses")
	}
	return k.lane(ctx, 0)
}

// withBad makes a batch of n rows of which some have the name that is refused.
func (l *lane) withBad(n int64, bad []int64) (t *trial, good []int64) {
	ids := idRange(l.number, l.ordinal(), l.ordinal()+n)
	names := make([]string, n)
	for i, rowID := range ids {
		names[i] = "plain"
		if slices.Contains(bad, int64(i)) {
			names[i] = l.k.h.RefusedName
		} else {
			good = append(good, rowID)
		}
	}
	return l.of(ids, names), good
}

func checkRejects(ctx context.Context, k *kit) error {
	l, err := k.rejecting(ctx)
	if err != nil {
		return err
	}
	const n = 10
	var want []int64
	for _, bad := range [][]int64{{0}, {4}, {n - 1}, {0, 3, 4, n - 1}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, nil} {
		t, good := l.withBad(n, bad)
		err := l.load(ctx, t)
		t.done()
		if err != nil {
			return fmt.Errorf("rows %d of %d are bad: %w", bad, n, err)
		}
		if err := t.wantBad(bad); err != nil {
			return fmt.Errorf("rows %d of %d are bad: %w", bad, n, err)
		}
		want = append(want, good...)
		if err := k.expectPlain(ctx, want); err != nil {
			return fmt.Errorf("rows %d of %d are bad: %w", bad, n, err)
		}
	}
	_, err = l.again(ctx, l.committed)
	return err
}

// wantBad compares the rejects that Gate saw with the rows that are bad.
func (t *trial) wantBad(rows []int64) error {
	var got []int64
	for _, r := range t.bad {
		got = append(got, r.reason.Row)
	}
	if !slices.Equal(got, rows) {
		return fmt.Errorf("rows %d of the batch came back as rejects", got)
	}
	from := t.l.ordinalOf(t.From)
	for _, r := range t.bad {
		switch {
		case r.reason.Message == "":
			return fmt.Errorf("the reject of row %d has no message", r.reason.Row)
		case r.reason.Code == "":
			return fmt.Errorf("the reject of row %d has no code", r.reason.Row)
		case !r.known || r.id != id(t.l.number, from+r.reason.Row):
			return fmt.Errorf("the reject of row %d holds another row: %s", r.reason.Row, r.kept)
		case !strings.Contains(r.kept, textOf(t.l.k.h.RefusedName, false)):
			return fmt.Errorf("the reject of row %d lost the value at fault: %s", r.reason.Row, r.kept)
		}
	}
	return nil
}

// expectPlain expects rows with the name "plain".
func (k *kit) expectPlain(ctx context.Context, ids []int64) error {
	rows, err := k.rows(ctx, "name")
	if err != nil {
		return err
	}
	if err := compareIDs(slices.Clone(ids), slices.Collect(maps.Keys(rows))); err != nil {
		return err
	}
	for rowID, values := range rows {
		if values != textOf("plain", false) {
			return fmt.Errorf("row with id %d has the name %s, want \"plain\"", rowID, values)
		}
	}
	return nil
}

// rows reads back the texts of columns by id. A column that is not there reads as "missing".
func (k *kit) rows(ctx context.Context, columns ...string) (map[int64]string, error) {
	recs, err := k.read(ctx)
	if err != nil {
		return nil, err
	}
	defer releaseAll(recs)
	rows := map[int64]string{}
	for _, rec := range recs {
		ids, err := columnOf(rec, "id")
		if err != nil {
			return nil, err
		}
		for i := range int(rec.NumRows()) {
			rowID, err := integer(ids, i)
			if err != nil {
				return nil, err
			}
			if _, twice := rows[rowID]; twice {
				return nil, fmt.Errorf("the row with id %d is there twice", rowID)
			}
			values := make([]string, len(columns))
			for c, name := range columns {
				if !rec.Schema().HasField(name) {
					values[c] = "missing"
					continue
				}
				col, err := columnOf(rec, name)
				if err != nil {
					return nil, err
				}
				values[c] = text(col, i)
			}
			rows[rowID] = strings.Join(values, " ")
		}
	}
	return rows, nil
}

func checkRejectsGate(ctx context.Context, k *kit) error {
	l, err := k.rejecting(ctx)
	if err != nil {
		return err
	}
	if err := k.exact(l.o); err != nil {
		return err
	}
	t, good := l.withBad(6, []int64{1, 5})
	defer t.done()
	shut := true
	t.gate = func(context.Context) error {
		if shut {
			return retry.Transient(errGate)
		}
		return nil
	}
	if err := l.load(ctx, t); !errors.Is(err, errGate) {
		return fmt.Errorf("Load does not answer the error of Gate: %w", orNil(err))
	}
	if err := k.expectPlain(ctx, nil); err != nil {
		return fmt.Errorf("after Gate failed: %w", err)
	}
	shut = false
	if err := l.loadStaged(ctx, t); err != nil {
		return fmt.Errorf("on another try: %w", err)
	}
	if err := t.wantBad([]int64{1, 5}); err != nil {
		return fmt.Errorf("on another try: %w", err)
	}
	return k.expectPlain(ctx, good)
}

func errorRules() []rule {
	return []rule{
		{"errors/class", "an error that nobody classified is permanent, and a transient one stays transient, on its way through the sink", checkClass},
		{"errors/faults", "each fault is classified as the sink claims; a transient one, tried again, leaves the rows exact", checkFaults},
	}
}

func checkClass(ctx context.Context, k *kit) error {
	l, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	if l.o.limits.StageIsFinal {
		return skip("rows of the sink land by themselves")
	}
	for _, transient := range []bool{false, true} {
		failure := errGate
		if transient {
			failure = retry.Transient(errGate)
		}
		t := l.next(3)
		t.gate = func(context.Context) error { return failure }
		err := l.load(ctx, t)
		t.done()
		switch {
		case !errors.Is(err, errGate):
			return fmt.Errorf("Load does not answer the error of Gate: %w", orNil(err))
		case retry.IsTransient(err) != transient:
			return fmt.Errorf("the error of Gate has transient=%t, and what Load answers has transient=%t", transient, !transient)
		}
		if l, err = l.again(ctx, l.committed); err != nil {
			return err
		}
	}
	return nil
}

func checkFaults(ctx context.Context, k *kit) error {
	if len(k.h.Faults) == 0 {
		return skip("the harness makes no faults")
	}
	l, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(k.h.Faults)) {
		if l, err = l.fault(ctx, k.h.Faults[name]); err != nil {
			return fmt.Errorf("fault %q: %w", name, err)
		}
		if err := l.loadRows(ctx, 3, 2); err != nil {
			return fmt.Errorf("after fault %q: %w", name, err)
		}
		if err := k.expect(ctx, idRange(0, 0, l.ordinal())); err != nil {
			return fmt.Errorf("after fault %q: %w", name, err)
		}
	}
	return nil
}

// fault loads a batch amid f, and answers the lane that can go on after it.
func (l *lane) fault(ctx context.Context, f Fault) (*lane, error) {
	t := l.next(4)
	defer t.done()
	mend, err := f.Inject(ctx)
	if err != nil {
		return nil, fmt.Errorf("inject: %w", err)
	}
	err = l.load(ctx, t)
	if mend != nil {
		mend()
	}
	switch {
	case err == nil:
		return nil, errors.New("the load succeeded: the fault did not strike")
	case errors.Is(err, sink.ErrRewind) != (f.Class == Rewind), retry.IsTransient(err) != (f.Class == Transient):
		return nil, fmt.Errorf("the error is not %s, as claimed: %w", f.Class, err)
	}
	switch f.Class {
	case Transient:
		return l, l.settle(ctx, t)
	case Rewind:
		return l, l.rewind(ctx)
	}
	l.k.crash(l.o)
	o, err := l.k.open(ctx)
	if err != nil {
		return nil, err
	}
	return l.k.claim(ctx, o, l.number)
}
