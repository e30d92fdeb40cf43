package sink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/floedata/floe/offset"
)

// Tee makes one sink of several, its branches: each loads every row. Every branch keeps its own offsets, and is
// exactly once where it is so alone.
//
// A batch is loaded by all branches at once. Where some of them fail or the process ends, the branches are at
// different offsets; the next claim goes on from the earliest, and a branch that is ahead takes only the rows that
// it lacks. Rows are told apart by their number in the partition, so a branch may not be ahead while the
// transforms change: Load refuses that by an error that says so.
//
// A row counts as rejected where any branch rejects it; the other branches may have loaded it. The rejects of all
// branches pass through Gate, once a row, and are durable before the branch that rejected them moves its offset.
// Gate may see a row again when another branch adds rejects of its own.
//
// Branches that are at least once ([Limits.NoOffsets]) take what the others take; with no other branch the Tee is
// at least once itself. The Tee is a [Limiter] of the stricter limits, without groups; a [Finisher] where a branch
// is one; an [Inspector] and a [Resetter] where every branch with offsets is one. It takes the branches over:
// Close closes them.
//
// It panics without a branch.
func Tee(branches ...Sink) Sink {
	if len(branches) == 0 {
		panic("sink: Tee needs a branch")
	}
	t := &tee{branches: make([]teeBranch, len(branches))}
	finishes, inspects, resets := false, true, true
	for i, s := range branches {
		t.branches[i].Sink = s
		if l, ok := s.(Limiter); ok {
			t.branches[i].limits = l.Limits()
		}
		_, f := s.(Finisher)
		_, n := s.(Inspector)
		_, r := s.(Resetter)
		none := t.branches[i].limits.NoOffsets
		finishes, inspects, resets = finishes || f, inspects && (n || none), resets && (r || none)
	}
	// A Tee offers what its branches have, and no more.
	switch {
	case finishes && inspects && resets:
		return struct {
			*tee
			teeFinisher
			teeInspector
			teeResetter
		}{t, teeFinisher{t}, teeInspector{t}, teeResetter{t}}
	case finishes && inspects:
		return struct {
			*tee
			teeFinisher
			teeInspector
		}{t, teeFinisher{t}, teeInspector{t}}
	case finishes && resets:
		return struct {
			*tee
			teeFinisher
			teeResetter
		}{t, teeFinisher{t}, teeResetter{t}}
	case inspects && resets:
		return struct {
			*tee
			teeInspector
			teeResetter
		}{t, teeInspector{t}, teeResetter{t}}
	case finishes:
		return struct {
			*tee
			teeFinisher
		}{t, teeFinisher{t}}
	case inspects:
		return struct {
			*tee
			teeInspector
		}{t, teeInspector{t}}
	case resets:
		return struct {
			*tee
			teeResetter
		}{t, teeResetter{t}}
	}
	return t
}

type tee struct{ branches []teeBranch }

type teeBranch struct {
	Sink
	limits Limits
}

// Open claims the partition in every branch.
func (t *tee) Open(ctx context.Context, pipeline, partition string) (Writer, string, error) {
	w := &teeWriter{tee: t, pipeline: pipeline, partition: partition, branches: make([]teeWriterBranch, len(t.branches)), open: map[*teeBatch]bool{}}
	for i, b := range t.branches {
		inner, committed, err := b.Open(ctx, pipeline, partition)
		if err != nil {
			for _, opened := range w.branches[:i] {
				err = errors.Join(err, opened.Close(context.WithoutCancel(ctx)))
			}
			return nil, "", fmt.Errorf("sink: branch %d: %w", i, err)
		}
		w.branches[i] = teeWriterBranch{Writer: inner, exact: !b.limits.NoOffsets, committed: committed}
	}
	if err := w.align(); err != nil {
		return nil, "", errors.Join(err, w.Close(context.WithoutCancel(ctx)))
	}
	return w.offered(), w.start, nil
}

// Limits implements [Limiter]: what every branch bears.
func (t *tee) Limits() Limits {
	all := t.branches[0].limits
	all.InFlight, all.Stages, all.Group = max(all.InFlight, 1), max(all.Stages, 1), 0
	for _, b := range t.branches[1:] {
		l := b.limits
		all.Batch = all.Batch.Stricter(l.Batch)
		all.Largest = all.Largest.Stricter(l.Largest)
		all.RecordRows = max(all.RecordRows, l.RecordRows)
		all.InFlight = min(all.InFlight, max(l.InFlight, 1))
		all.Stages = min(all.Stages, max(l.Stages, 1))
		if all.Loads == 0 || l.Loads > 0 && l.Loads < all.Loads {
			all.Loads = l.Loads
		}
		all.EmptyBatches = all.EmptyBatches && l.EmptyBatches
		all.StageIsFinal = all.StageIsFinal || l.StageIsFinal
		all.NoOffsets = all.NoOffsets && l.NoOffsets
		// Rejects pass through Gate without a word which branch they are of.
		all.KeepsRejects = all.KeepsRejects && l.KeepsRejects
		all.BoundedOnly = cmp.Or(all.BoundedOnly, l.BoundedOnly)
		all.Database = strings.Trim(all.Database+"\n"+l.Database, "\n")
	}
	return all
}

// Close closes every branch.
func (t *tee) Close(ctx context.Context) error {
	return t.each(func(b teeBranch) error { return b.Close(ctx) })
}

// each calls f for every branch and joins the errors.
func (t *tee) each(f func(b teeBranch) error) error {
	var errs []error
	for i, b := range t.branches {
		if err := f(b); err != nil {
			errs = append(errs, fmt.Errorf("sink: branch %d: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

type teeFinisher struct{ t *tee }

// Finish finishes every branch that has something to do.
func (f teeFinisher) Finish(ctx context.Context, pipeline string, partitions []string) error {
	return f.t.each(func(b teeBranch) error {
		if inner, ok := b.Sink.(Finisher); ok {
			return inner.Finish(ctx, pipeline, partitions)
		}
		return nil
	})
}

type teeResetter struct{ t *tee }

// Reset resets every branch that has offsets.
func (r teeResetter) Reset(ctx context.Context, pipeline string) error {
	return r.t.each(func(b teeBranch) error {
		if inner, ok := b.Sink.(Resetter); ok {
			return inner.Reset(ctx, pipeline)
		}
		return nil
	})
}

type teeInspector struct{ t *tee }

// Committed answers for each partition the earliest offset of the branches that have any.
func (n teeInspector) Committed(ctx context.Context, pipeline string, partitions ...string) (map[string]string, error) {
	var all map[string]string
	err := n.t.each(func(b teeBranch) error {
		inner, ok := b.Sink.(Inspector)
		if !ok || b.limits.NoOffsets {
			return nil
		}
		offsets, err := inner.Committed(ctx, pipeline, partitions...)
		if err != nil || all == nil {
			all = offsets
			return err
		}
		for id, text := range all {
			other, there := offsets[id]
			if !there {
				delete(all, id)
				continue
			}
			if all[id], err = earlier(text, other); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// earlier returns the offset that counts fewer rows, the first where they are equal.
func earlier(a, b string) (string, error) {
	m, err := offset.Ordinal(a)
	if err != nil {
		return "", err
	}
	n, err := offset.Ordinal(b)
	if err != nil || n < m {
		return b, err
	}
	return a, nil
}
