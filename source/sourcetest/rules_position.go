package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

func positionRules() []rule {
	return []rule{
		{ruleMove.name, ruleMove.sentence, checkWhole},
		{"positions/resume", "opened after a position that was given with a batch, a partition gives exactly the rows behind it", checkResume},
		{"positions/steps", "that holds also where it is closed and opened again after every batch", checkSteps},
		{"positions/beginning", "opened without a position a partition begins at the beginning, whatever was read before", checkBeginning},
		{"positions/end", "opened after its last position, a partition has no more rows", checkLast},
		{"positions/foreign", "a position that the source never made is an OffsetError that names it: nothing is skipped silently", checkForeign},
		{"positions/lost", "a position whose rows are no longer there is an OffsetError that names it, and later ones are not", checkLost},
	}
}

// some returns at most n of the cuts, first and last among them.
func some(cuts []cut, n int) []cut {
	if len(cuts) <= n {
		return cuts
	}
	var out []cut
	for i := range n {
		out = append(out, cuts[i*(len(cuts)-1)/(n-1)])
	}
	return out
}

func checkResume(ctx context.Context, k *kit) error {
	all, err := k.replayable(ctx)
	if err != nil {
		return err
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	for id, tr := range all {
		for _, c := range some(tr.cuts, 12) {
			rest, err := s.read(ctx, id, c.position, c.items)
			if err != nil {
				return err
			}
			if err := differ(tr.items[c.items:], rest.items); err != nil {
				return fmt.Errorf("partition %q, opened after %.100q, row %d: %w", id, c.position, c.items, err)
			}
		}
	}
	return nil
}

func checkSteps(ctx context.Context, k *kit) error {
	all, err := k.replayable(ctx)
	if err != nil {
		return err
	}
	id, tr, err := busiest(all)
	if err != nil {
		return err
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	var got []string
	position := ""
	const most = 100
	for range most {
		left := -1
		if s.unbounded {
			left = len(tr.items) - len(got)
		}
		step, err := s.part(ctx, id, position, left, 1)
		if err != nil {
			return err
		}
		got = append(got, step.items...)
		if len(step.cuts) == 0 {
			break
		}
		position = step.cuts[0].position
	}
	want := tr.items
	if len(got) < len(want) && len(tr.cuts) >= most/2 {
		want = want[:len(got)] // there are more batches than steps
	}
	return differ(want, got)
}

func checkBeginning(ctx context.Context, k *kit) error {
	all, err := k.replayable(ctx)
	if err != nil {
		return err
	}
	id, tr, err := busiest(all)
	if err != nil {
		return err
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	for _, after := range []string{"", tr.cuts[0].position} {
		if _, err := s.part(ctx, id, after, min(1, s.total(id)), 1); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		again, err := s.read(ctx, id, "", 0)
		if err != nil {
			return err
		}
		if err := differ(tr.items, again.items); err != nil {
			return fmt.Errorf("partition %q, after it was opened after %.100q: %w", id, after, err)
		}
	}
	return nil
}

func checkLast(ctx context.Context, k *kit) error {
	all, err := k.replayable(ctx)
	if err != nil {
		return err
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	if s.unbounded {
		return skip("the source is unbounded")
	}
	for id, tr := range all {
		if len(tr.cuts) == 0 {
			continue
		}
		last := tr.cuts[len(tr.cuts)-1]
		rest, err := s.read(ctx, id, last.position, 0)
		if err != nil {
			return err
		}
		if len(rest.items) != len(tr.items)-last.items {
			return fmt.Errorf("partition %q, opened after its last position %.100q, gave %d rows", id, last.position, len(rest.items))
		}
	}
	return nil
}

func checkForeign(ctx context.Context, k *kit) error {
	all, err := k.whole(ctx)
	if err != nil {
		return err
	}
	id, tr, err := busiest(all)
	if err != nil {
		return err
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	if s.gone && s.runID == "" {
		id = s.ids()[0]
	}
	last := tr.cuts[len(tr.cuts)-1].position
	for _, position := range []string{
		"sourcetest: not a position", "\x00", " ", " " + last, last + "?", last + "\n", "floe1/x/0/0/" + last,
		strings.Repeat("9", 100), "9223372036854775807",
	} {
		if slices.ContainsFunc(tr.cuts, func(c cut) bool { return c.position == position }) {
			continue
		}
		_, err := s.reader(ctx, s.parts[id], position)
		if err := wantOffsetError(err, id, position); err != nil {
			return err
		}
	}
	return nil
}

func checkLost(ctx context.Context, k *kit) error {
	if k.h.Lose == nil {
		return skip("the origin loses nothing")
	}
	all, err := k.replayable(ctx)
	if err != nil {
		return err
	}
	id, tr, err := busiest(all)
	if err != nil {
		return err
	}
	if len(tr.cuts) < 3 {
		return skip("the origin has not three batches in a partition")
	}
	gone, kept := tr.cuts[0], tr.cuts[len(tr.cuts)-2]
	if err := k.h.Lose(ctx, id, kept.position); err != nil {
		return fmt.Errorf("the harness: %w", err)
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	_, err = s.reader(ctx, s.parts[id], gone.position)
	if err := wantOffsetError(err, id, gone.position); err != nil {
		return err
	}
	rest, err := s.read(ctx, id, kept.position, kept.items)
	if err != nil {
		return err
	}
	return differ(tr.items[kept.items:], rest.items)
}
