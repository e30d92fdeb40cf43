package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/floedata/floe/source"
)

func partitionRules() []rule {
	return []rule{
		{"partitions/ids", "a partition has an ID that is not empty, is given once, and is the same in every process", checkIDs},
		{"partitions/wanted", "the partitions are those of the origin", checkPartitions},
		{"schema/declared", "the first record of a reader has the schema that the reader declared, if it declared one", checkSchema},
		{"estimate/sane", "an estimate is -1 or about what there is, and does not change by reading", checkEstimate},
	}
}

func readRules() []rule {
	return []rule{
		{"read/rows", "every row of the origin comes once, in order, or as a rejected row", checkRows},
		{"read/repeatable", "reading again gives the same rows in the same order, also in another process", checkRepeatable},
		{"read/end", "at the end Next answers io.EOF itself, however often it is asked", checkEnd},
		{"read/transient", "Next goes on where it failed, after an error that is worth another call", checkTransient},
		{ruleBatch.name, ruleBatch.sentence, checkWhole},
		{ruleReasons.name, ruleReasons.sentence, checkReasons},
	}
}

func checkWhole(ctx context.Context, k *kit) error {
	_, err := k.whole(ctx)
	return err
}

func checkReasons(ctx context.Context, k *kit) error {
	all, err := k.whole(ctx)
	if err != nil {
		return err
	}
	for _, tr := range all {
		if tr.rejected > 0 {
			return nil
		}
	}
	return skip("the origin has no rows that are rejected")
}

func checkIDs(ctx context.Context, k *kit) error {
	a, err := k.open(ctx)
	if err != nil {
		return err
	}
	ids := a.ids()
	for _, id := range ids {
		if again := a.parts[id].ID(); again != id {
			return fmt.Errorf("the partition %q is %q when asked again", id, again)
		}
		if a.runID != "" && id != a.runID {
			return fmt.Errorf("the partition of the run %q is named %q", a.runID, id)
		}
	}
	if err := a.close(); err != nil {
		return err
	}
	if a.gone && a.runID == "" {
		return nil // it has another name in every run
	}
	b, err := k.open(ctx)
	if err != nil {
		return err
	}
	if !slices.Equal(ids, b.ids()) {
		return fmt.Errorf("the partitions are %q, and in another process %q", ids, b.ids())
	}
	return nil
}

func checkPartitions(ctx context.Context, k *kit) error {
	if k.h.Want == nil {
		return skip("the harness does not say what there is")
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	for id := range k.h.Want {
		if s.parts[id] == nil {
			return fmt.Errorf("there is no partition %q", id)
		}
	}
	if len(s.parts) != len(k.h.Want) {
		return fmt.Errorf("there are partitions %q, want %d", s.ids(), len(k.h.Want))
	}
	return nil
}

func checkRows(ctx context.Context, k *kit) error {
	all, err := k.whole(ctx)
	if err != nil {
		return err
	}
	if k.h.Want == nil {
		return skip("the harness does not say what there is")
	}
	for id, recs := range k.h.Want {
		tr := all[id]
		if tr == nil {
			return fmt.Errorf("there is no partition %q", id)
		}
		var want []string
		for _, rec := range recs {
			rows, err := texts(rec)
			if err != nil {
				return fmt.Errorf("the rows of Want: %w", err)
			}
			want = append(want, rows...)
		}
		got := slices.DeleteFunc(slices.Clone(tr.items), isRejected)
		if err := differ(want, got); err != nil {
			return fmt.Errorf("partition %q: %w", id, err)
		}
		if tr.rejected != k.h.Rejects[id] {
			return fmt.Errorf("partition %q: %d rows were rejected, want %d", id, tr.rejected, k.h.Rejects[id])
		}
	}
	return nil
}

func checkRepeatable(ctx context.Context, k *kit) error {
	all, err := k.replayable(ctx)
	if err != nil {
		return err
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	for range 2 {
		for id, tr := range all {
			again, err := s.read(ctx, id, "", 0)
			if err != nil {
				return err
			}
			if err := differ(tr.items, again.items); err != nil {
				return fmt.Errorf("partition %q, read again: %w", id, err)
			}
		}
	}
	return nil
}

func checkEnd(ctx context.Context, k *kit) error {
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	if s.unbounded {
		return skip("the source is unbounded")
	}
	for _, id := range s.ids() {
		r, err := s.reader(ctx, s.parts[id], "")
		if err != nil {
			return err
		}
		tr := k.trace()
		if err := tr.read(ctx, r, "", -1, -1); err != nil {
			if errors.Is(err, io.EOF) {
				return fmt.Errorf("partition %q: the end is not io.EOF itself: %w", id, err)
			}
			return err
		}
		for range 3 {
			b, err := r.Next(ctx)
			if err != io.EOF || b.Record != nil || b.Rejected != nil {
				b.Release()
				return fmt.Errorf("partition %q: asked again after io.EOF, Next answered %v", id, err)
			}
		}
	}
	return nil
}

func checkTransient(ctx context.Context, k *kit) error {
	if k.h.Fail == nil {
		return skip("the harness makes no transient errors")
	}
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
	r, err := s.reader(ctx, s.parts[id], "")
	if err != nil {
		return err
	}
	again := k.trace()
	last := ""
	for n := 0; len(again.items) < len(tr.items); n++ {
		if n < 10 {
			if err := k.h.Fail(ctx); err != nil {
				return fmt.Errorf("the harness: %w", err)
			}
		}
		read := len(again.items)
		if err := again.read(ctx, r, last, len(tr.items), 1); err != nil {
			return err
		}
		if len(again.cuts) > 0 {
			last = again.cuts[len(again.cuts)-1].position
		}
		if n == 0 && len(again.items) == read && again.transient == 0 {
			return errors.New("the error that was to come did not, and neither did a row")
		}
	}
	if again.transient == 0 {
		return errors.New("none of the errors that the harness made came out of Next as a transient one")
	}
	return differ(tr.items, again.items)
}

func checkSchema(ctx context.Context, k *kit) error {
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	for _, id := range s.ids() {
		if s.total(id) == 0 {
			continue
		}
		r, err := s.reader(ctx, s.parts[id], "")
		if err != nil {
			return err
		}
		declared := r.Schema()
		for rows := int64(0); rows == 0; {
			b, err := next(ctx, r, new(int))
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			if b.Record != nil && declared != nil && !declared.Equal(b.Record.Schema()) {
				err = fmt.Errorf("partition %q: the reader declared\n%v\nand gave\n%v", id, declared, b.Record.Schema())
			}
			if b.Record != nil {
				rows = b.Record.NumRows()
			}
			rows += b.Rejected.Len()
			b.Release()
			if err != nil {
				return err
			}
		}
		if err := s.closeReader(r); err != nil {
			return err
		}
	}
	return nil
}

func checkEstimate(ctx context.Context, k *kit) error {
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	e, ok := s.src.(source.Estimator)
	if !ok {
		return skip("the source does not estimate")
	}
	rows, bytes := e.Estimate(ctx)
	if rows < -1 || bytes < -1 {
		return fmt.Errorf("the estimate is %d rows and %d bytes", rows, bytes)
	}
	if s.unbounded {
		return nil
	}
	there := int64(0)
	for _, id := range s.ids() {
		tr, err := s.read(ctx, id, "", 0)
		if err != nil {
			return err
		}
		there += int64(len(tr.items))
	}
	if rows >= 0 && (rows > 10*there+10 || rows < there/10) {
		return fmt.Errorf("the estimate is %d rows, but there are %d", rows, there)
	}
	if again, againBytes := e.Estimate(ctx); again != rows || againBytes != bytes {
		return fmt.Errorf("the estimate was %d rows and %d bytes, and after reading %d and %d", rows, bytes, again, againBytes)
	}
	return nil
}
