package sinktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/sink"
)

func modeRules() []rule {
	return []rule{
		{"modes/append", "append keeps every row, also two rows that are equal", checkAppend},
		{"modes/upsert", "upsert keeps the last row of a key: within a batch, across batches, across restarts", checkUpsert},
		{"modes/upsert-null-key", "a row whose key is null is a reject, and the others are there", checkNullKey},
		{"modes/replace", "replace shows the old rows until Finish and the new ones alone after it, whatever crash comes between, and again on another run", checkReplace},
	}
}

func checkAppend(ctx context.Context, k *kit) error {
	if k.h.Mode == sink.Upsert {
		return skip("the sink upserts")
	}
	l, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	same := []int64{id(0, 0), id(0, 0), id(0, 1)}
	for range 2 {
		t := l.of(same, nil)
		err := l.load(ctx, t)
		t.done()
		if err != nil {
			return err
		}
	}
	recs, err := k.read(ctx)
	if err != nil {
		return err
	}
	defer releaseAll(recs)
	rows := int64(0)
	for _, rec := range recs {
		rows += rec.NumRows()
	}
	if rows != 6 {
		return fmt.Errorf("%d rows are there, want 6: 2 batches of 3 rows, of which 2 are equal", rows)
	}
	return nil
}

func checkUpsert(ctx context.Context, k *kit) error {
	if k.h.Mode != sink.Upsert {
		return skip("the sink does not upsert")
	}
	l, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	want := map[int64]string{}
	for i, b := range []struct {
		ids   []int64
		names []string
	}{
		{[]int64{1, 2, 1, 3, 1}, []string{"a1", "a2", "b1", "a3", "c1"}},
		{[]int64{2, 4}, []string{"b2", "a4"}},
		{[]int64{4, 4, 5}, []string{"b4", "c4", "a5"}},
		{[]int64{1}, []string{"d1"}},
	} {
		t := l.of(b.ids, b.names)
		err := l.load(ctx, t)
		t.done()
		if err != nil {
			return err
		}
		for r, rowID := range b.ids {
			want[rowID] = textOf(b.names[r], false)
		}
		if err := k.expectRows(ctx, []string{"name"}, want); err != nil {
			return fmt.Errorf("after batch %d: %w", i, err)
		}
		if i == 1 {
			if l, err = l.again(ctx, l.committed); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkNullKey(ctx context.Context, k *kit) error {
	if k.h.Mode != sink.Upsert {
		return skip("the sink does not upsert")
	}
	nullable := idField
	nullable.Nullable = true
	schema := schemaOf(nullable, nameField)
	l, err := k.typedLane(ctx, typed{schema: schema})
	if err != nil {
		return err
	}
	mem := &watched{parent: &k.mem}
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues([]int64{1, 0, 3}, []bool{true, false, true})
	b.Field(1).(*array.StringBuilder).AppendValues([]string{"a", "b", "c"}, nil)
	t := l.batch(mem, schema, []arrow.Record{b.NewRecord()})
	defer t.done()
	if err := l.load(ctx, t); err != nil {
		return err
	}
	if len(t.bad) != 1 || t.bad[0].reason.Row != 1 || t.bad[0].reason.Column != "id" || t.bad[0].reason.Message == "" {
		return fmt.Errorf("the rejects are %+v, want row 1 of the batch, with column id and a message", t.bad)
	}
	return k.expectRows(ctx, []string{"name"}, map[int64]string{1: `"a"`, 3: `"c"`})
}

// visible expects rows to be visible to others.
func (k *kit) visible(ctx context.Context, want ...[]int64) error {
	recs, err := k.h.Read(ctx)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	defer releaseAll(recs)
	return expectIn(recs, slices.Concat(want...))
}

// finish opens the sink anew and finishes the partitions number 0 and 1.
func (k *kit) finish(ctx context.Context, crashed *opened) error {
	k.crash(crashed)
	o, err := k.open(ctx)
	if err != nil {
		return err
	}
	f, ok := o.Sink.(sink.Finisher)
	if !ok {
		return errors.New("the sink replaces and has no Finish")
	}
	if err := f.Finish(ctx, pipeline, []string{"partition 0", "partition 1"}); err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	return nil
}

func checkReplace(ctx context.Context, k *kit) error {
	if k.h.Mode != sink.Replace {
		return skip("the sink does not replace")
	}
	var old [][]int64
	for run, rows := range []int64{5, 7, 2} {
		var o *opened
		for number := range 2 {
			l, err := k.lane(ctx, number)
			if err != nil {
				return err
			}
			if l.committed != "" {
				return fmt.Errorf("run %d begins at the offset %q, want the beginning", run, l.committed)
			}
			if err := l.loadRows(ctx, 1, 1); err != nil {
				return err
			}
			if err := k.visible(ctx, old...); err != nil {
				return fmt.Errorf("amid run %d: %w", run, err)
			}
			if l, err = l.again(ctx, l.committed); err != nil {
				return fmt.Errorf("after a crash amid run %d: %w", run, err)
			}
			if err := l.loadRows(ctx, rows-1, 3); err != nil {
				return err
			}
			if err := k.visible(ctx, old...); err != nil {
				return fmt.Errorf("before Finish of run %d: %w", run, err)
			}
			o = l.o
		}
		old = [][]int64{idRange(0, 0, rows), idRange(1, 0, rows)}
		for range 2 {
			if err := k.finish(ctx, o); err != nil {
				return fmt.Errorf("run %d: %w", run, err)
			}
			if err := k.visible(ctx, old...); err != nil {
				return fmt.Errorf("after Finish of run %d: %w", run, err)
			}
		}
	}
	return nil
}

func groupRules() []rule {
	return []rule{
		{"group/atomic", "a group loads in one step: all of its batches, or none where one of their Gates fails", checkGroup},
		{"group/fenced", "a group with a fenced entry names it, loads nothing, and the others load without it", checkGroupFenced},
		{"group/again", "a group that took effect and is loaded again is found complete", checkGroupAgain},
	}
}

// group is batches of partitions 0 and 1, two consecutive ones of the first where the sink takes three.
func (k *kit) group(ctx context.Context, rows int64) (sink.GroupLoader, []*trial, error) {
	a, err := k.lane(ctx, 0)
	if err != nil {
		return nil, nil, err
	}
	g, ok := a.o.Sink.(sink.GroupLoader)
	if !ok || a.o.limits.Group < 2 {
		return nil, nil, skip("the sink loads no groups")
	}
	b, err := k.claim(ctx, a.o, 1)
	if err != nil {
		return nil, nil, err
	}
	trials := []*trial{a.next(rows), b.next(rows)}
	if a.o.limits.Group > 2 && (a.o.limits.InFlight == 0 || a.o.limits.InFlight > 1) {
		ahead := *a
		ahead.committed = trials[0].To
		trials = append(trials, ahead.next(rows))
	}
	for _, t := range trials {
		if err := t.l.stage(ctx, t); err != nil {
			return nil, nil, err
		}
	}
	return g, trials, nil
}

// loadAll loads trials as a group and answers their errors.
func loadAll(ctx context.Context, g sink.GroupLoader, trials []*trial) ([]error, error) {
	group := make([]sink.Loading, len(trials))
	for i, t := range trials {
		group[i] = sink.Loading{Writer: t.l.w, Batch: t.Batch}
	}
	receipts, errs := g.LoadAll(ctx, group)
	if len(receipts) != len(group) || len(errs) != len(group) {
		return nil, fmt.Errorf("LoadAll of %d entries answered %d receipts and %d errors", len(group), len(receipts), len(errs))
	}
	return errs, nil
}

func doneAll(trials []*trial) {
	for _, t := range trials {
		t.done()
	}
}

// wantGroup expects every entry to be loaded, and every row once.
func (k *kit) wantGroup(ctx context.Context, trials []*trial, errs []error) error {
	for i, t := range trials {
		if errs[i] != nil {
			return fmt.Errorf("%s in a group: %w", t, errs[i])
		}
	}
	ends := map[int]int64{}
	for _, t := range trials {
		ends[t.l.number] = max(ends[t.l.number], t.l.ordinalOf(t.To))
	}
	var want []int64
	for number, end := range ends {
		want = append(want, idRange(number, 0, end)...)
	}
	return k.expect(ctx, want)
}

func checkGroup(ctx context.Context, k *kit) error {
	g, trials, err := k.group(ctx, 4)
	if err != nil {
		return err
	}
	defer doneAll(trials)
	last := trials[len(trials)-1]
	last.gate = func(context.Context) error { return errGate }
	errs, err := loadAll(ctx, g, trials)
	if err != nil {
		return err
	}
	if !errors.Is(errs[len(errs)-1], errGate) {
		return fmt.Errorf("the entry whose Gate fails answers another error: %w", orNil(errs[len(errs)-1]))
	}
	for i, err := range errs {
		if err == nil {
			return fmt.Errorf("the Gate of the last entry failed, and entry %d answers nil", i)
		}
	}
	if err := k.expect(ctx); err != nil {
		return fmt.Errorf("a Gate failed: %w", err)
	}
	last.gate = nil
	if errs, err = loadAll(ctx, g, trials); err != nil {
		return err
	}
	return k.wantGroup(ctx, trials, errs)
}

func checkGroupFenced(ctx context.Context, k *kit) error {
	g, trials, err := k.group(ctx, 4)
	if err != nil {
		return err
	}
	defer doneAll(trials)
	newer, err := k.lane(ctx, 1)
	if err != nil {
		return err
	}
	errs, err := loadAll(ctx, g, trials)
	if err != nil {
		return err
	}
	for i, t := range trials {
		if fenced := t.l.number == 1; errors.Is(errs[i], sink.ErrFenced) != fenced {
			return fmt.Errorf("entry %d of the group, fenced=%t, answers: %w", i, fenced, orNil(errs[i]))
		} else if errs[i] == nil {
			return fmt.Errorf("an entry of the group is fenced, and entry %d answers nil", i)
		}
	}
	if err := k.expect(ctx); err != nil {
		return fmt.Errorf("an entry was fenced: %w", err)
	}
	others := slices.DeleteFunc(slices.Clone(trials), func(t *trial) bool { return t.l.number == 1 })
	if errs, err = loadAll(ctx, g, others); err != nil {
		return err
	}
	if err := k.wantGroup(ctx, others, errs); err != nil {
		return err
	}
	return newer.loadRows(ctx, 2, 2)
}

func checkGroupAgain(ctx context.Context, k *kit) error {
	g, trials, err := k.group(ctx, 4)
	if err != nil {
		return err
	}
	defer doneAll(trials)
	for range 2 {
		errs, err := loadAll(ctx, g, trials)
		if err != nil {
			return err
		}
		if err := k.wantGroup(ctx, trials, errs); err != nil {
			return err
		}
	}
	return nil
}

func concurrencyRules() []rule {
	return []rule{
		{"concurrency/partitions", "as many partitions load at once as the sink claims, and each row is there once", checkPartitions},
		{"concurrency/ahead", "batches stage ahead, as many as the sink claims, while earlier ones load in order", checkAhead},
		ruleGoroutines.by(checkNothingLeft),
	}
}

func checkPartitions(ctx context.Context, k *kit) error {
	o, err := k.open(ctx)
	if err != nil {
		return err
	}
	const partitions, rows = 8, 40
	var all sync.WaitGroup
	errs := make([]error, partitions)
	var want [][]int64
	for number := range partitions {
		want = append(want, idRange(number, 0, rows))
		all.Go(func() {
			errs[number] = guard(func() error {
				l, err := k.claim(ctx, o, number)
				if err != nil {
					return err
				}
				if err := l.loadRows(ctx, rows, 9); err != nil {
					return err
				}
				return l.close(ctx)
			})
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return k.expect(ctx, want...)
}

func checkAhead(ctx context.Context, k *kit) error {
	l, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	depth := l.o.limits.InFlight
	if _, ok := l.w.(sink.Stager); !ok || depth < 2 {
		return skip("the sink stages nothing ahead")
	}
	const batches, rows = 12, 5
	var trials []*trial
	ahead := *l
	for range batches {
		t := ahead.next(rows)
		t.l = l
		ahead.committed = t.To
		trials = append(trials, t)
	}
	defer doneAll(trials)
	places := make(chan struct{}, depth)                     // of batches in flight
	stages := make(chan struct{}, max(l.o.limits.Stages, 1)) // of Stages at once
	staged := make([]chan error, batches)
	for i := range staged {
		staged[i] = make(chan error, 1)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for i, t := range trials {
			places <- struct{}{}
			stages <- struct{}{}
			running.Go(func() {
				defer func() { <-stages }()
				staged[i] <- guard(func() error { return l.stage(ctx, t) })
			})
		}
	})
	// After a failure nothing is loaded, but every stage is awaited.
	var failed error
	for i, t := range trials {
		err := <-staged[i]
		if failed == nil {
			failed = err
		}
		if failed == nil {
			failed = guard(func() error { return l.loadStaged(ctx, t) })
		}
		<-places
	}
	running.Wait()
	if failed != nil {
		return failed
	}
	return k.expect(ctx, idRange(0, 0, batches*rows))
}

func checkNothingLeft(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 10)
	if err != nil {
		return err
	}
	if l.o.limits.NoOffsets {
		return l.close(ctx)
	}
	if _, _, err := l.failOnce(ctx, 5); err != nil {
		return err
	}
	return l.close(ctx) // what is left running is looked for after the rule
}
