package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/floedata/floe/source"
)

func ownershipRules() []rule {
	return []rule{
		{"ownership/unchanged", "the buffers of a record never change, whatever is read after it", checkUnchanged},
		{"ownership/outlives", "a record is its receiver's: it stays readable when reader and source are closed", checkOutlives},
		{ruleLeak.name, ruleLeak.sentence, checkWhole},
	}
}

func lifeRules() []rule {
	return []rule{
		{"life/unread", "a source that was opened, and not read, can be closed", checkUnread},
		{"life/half-way", "a reader can be closed before its end, and the source after it", checkHalfWay},
	}
}

func contextRules() []rule {
	return []rule{
		{"context/done", "where its context is done, Open, Next and Partitions return promptly, and give neither rows nor io.EOF", checkDone},
		{"context/waiting", "Next of an unbounded source waits for rows, and returns promptly when its context is done", checkWaiting},
		{"context/opening", "the context of Open bounds the opening only", checkOpening},
	}
}

func concurrencyRules() []rule {
	return []rule{
		{"concurrency/partitions", "readers of different partitions are used at once", checkConcurrent},
		{"concurrency/hand-over", "a reader passes from goroutine to goroutine", checkHandOver},
		{ruleGoroutines.name, ruleGoroutines.sentence, checkWhole},
	}
}

// keep reads all partitions and keeps their records, with their texts at first sight.
func (k *kit) keep(ctx context.Context) (s *session, recs []arrow.Record, want []string, err error) {
	all, err := k.whole(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	if s, err = k.open(ctx); err != nil {
		return nil, nil, nil, err
	}
	for id, tr := range all {
		if s.parts[id] == nil {
			id = s.ids()[0] // a run without a name
		}
		r, err := s.reader(ctx, s.parts[id], "")
		if err != nil {
			return nil, nil, nil, err
		}
		for read := 0; read < len(tr.items); {
			b, err := next(ctx, r, new(int))
			if err != nil {
				return nil, nil, nil, err
			}
			read += int(b.Rejected.Len())
			b.Rejected.Release()
			if b.Record == nil {
				continue
			}
			read += int(b.Record.NumRows())
			rows, err := texts(b.Record)
			if err != nil {
				return nil, nil, nil, ruleBatch.broken(err)
			}
			recs, want = append(recs, b.Record), append(want, rows...)
		}
	}
	return s, recs, want, nil
}

// unchanged releases the records when it has compared them.
func unchanged(recs []arrow.Record, want []string) error {
	var got []string
	err := guard(func() error {
		for _, rec := range recs {
			rows, err := texts(rec)
			if err != nil {
				return err
			}
			got = append(got, rows...)
		}
		return nil
	})
	for _, rec := range recs {
		rec.Release()
	}
	if err != nil {
		return err
	}
	return differ(want, got)
}

func checkUnchanged(ctx context.Context, k *kit) error {
	_, recs, want, err := k.keep(ctx)
	if err != nil {
		return err
	}
	return unchanged(recs, want)
}

func checkOutlives(ctx context.Context, k *kit) error {
	s, recs, want, err := k.keep(ctx)
	if err != nil {
		return err
	}
	if err := s.close(); err != nil {
		return err
	}
	return unchanged(recs, want)
}

func checkUnread(ctx context.Context, k *kit) error {
	// A source of which not even the partitions are asked, ...
	src, err := k.h.Open(ctx, &k.mem)
	if err != nil {
		return err
	}
	if err := k.promptly("Close of the source", func() error { return src.Close(ctx) }); err != nil {
		return err
	}
	// ... one whose partitions are not opened, and one whose readers are not read.
	for _, open := range []bool{false, true} {
		s, err := k.open(ctx)
		if err != nil {
			return err
		}
		for _, p := range s.parts {
			if !open {
				break
			}
			if _, err := s.reader(ctx, p, ""); err != nil {
				return err
			}
		}
		if err := s.close(); err != nil {
			return err
		}
	}
	return nil
}

func checkHalfWay(ctx context.Context, k *kit) error {
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
		b, err := next(ctx, r, new(int))
		if err != nil && err != io.EOF {
			return err
		}
		b.Release()
	}
	return s.close()
}

func checkDone(ctx context.Context, k *kit) error {
	all, err := k.whole(ctx)
	if err != nil {
		return err
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	for _, id := range s.ids() {
		if tr := all[id]; tr != nil && len(tr.items) == 0 {
			continue // it is at its end at once
		}
		err := k.promptly("Open", func() error {
			_, err := s.reader(done, s.parts[id], "")
			return err
		})
		if err == nil {
			return fmt.Errorf("partition %q was opened with a context that is done", id)
		}
		if errors.Is(err, errLate) {
			return err
		}
		r, err := s.reader(ctx, s.parts[id], "")
		if err != nil {
			return err
		}
		var b source.Batch
		err = k.promptly("Next", func() (err error) {
			b, err = r.Next(done)
			return err
		})
		switch {
		case errors.Is(err, errLate):
			return err
		case err == nil:
			b.Release()
			return fmt.Errorf("partition %q: Next went on, and its context was done", id)
		case errors.Is(err, io.EOF):
			return fmt.Errorf("partition %q: Next answered io.EOF, because its context was done", id)
		}
	}
	other, err := k.h.Open(ctx, &k.mem)
	if err != nil {
		return err
	}
	err = k.promptly("Partitions", func() error {
		for range other.Partitions(done) {
			continue
		}
		return nil
	})
	return errors.Join(err, k.promptly("Close", func() error { return other.Close(ctx) }))
}

func checkWaiting(ctx context.Context, k *kit) error {
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	if !s.unbounded {
		return skip("the source is bounded")
	}
	for _, id := range s.ids() {
		r, err := s.reader(ctx, s.parts[id], "")
		if err != nil {
			return err
		}
		if err := k.trace().read(ctx, r, "", s.total(id), -1); err != nil {
			return err
		}
		waiting, cancel := context.WithCancel(ctx)
		defer cancel()
		returned := make(chan error, 1)
		go func() {
			b, err := next(waiting, r, new(int))
			b.Release()
			returned <- err
		}()
		select {
		case err := <-returned:
			return fmt.Errorf("partition %q: Next at the end of what there is answered %v", id, err)
		case <-time.After(50 * time.Millisecond):
		}
		cancel()
		select {
		case err := <-returned:
			if err == nil || err == io.EOF {
				return fmt.Errorf("partition %q: Next answered %v when its context was done", id, err)
			}
		case <-time.After(k.h.Patience):
			return fmt.Errorf("partition %q: Next did not return within %v of its context being done", id, k.h.Patience)
		}
		if err := s.closeReader(r); err != nil {
			return err
		}
	}
	return nil
}

func checkOpening(ctx context.Context, k *kit) error {
	all, err := k.whole(ctx)
	if err != nil {
		return err
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	for _, id := range s.ids() {
		opening, cancel := context.WithCancel(ctx)
		r, err := s.reader(opening, s.parts[id], "")
		cancel()
		if err != nil {
			return err
		}
		tr := k.trace()
		if err := tr.read(ctx, r, "", s.total(id), -1); err != nil {
			return fmt.Errorf("once the context of Open was done: %w", err)
		}
		if want := all[id]; want != nil {
			if err := differ(want.items, tr.items); err != nil {
				return fmt.Errorf("once the context of Open was done: %w", err)
			}
		}
		if err := s.closeReader(r); err != nil {
			return err
		}
	}
	return nil
}

func checkConcurrent(ctx context.Context, k *kit) error {
	all, err := k.whole(ctx)
	if err != nil {
		return err
	}
	if len(all) < 2 {
		return skip("the origin has one partition")
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	readers := map[string]*openReader{} // all are open before the first is read
	for id := range all {
		if readers[id], err = s.reader(ctx, s.parts[id], ""); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	for id, want := range all {
		g.Go(func() error {
			return guard(func() error {
				tr := k.trace()
				if err := tr.read(ctx, readers[id], "", s.total(id), -1); err != nil {
					return fmt.Errorf("read %q beside other partitions: %w", id, err)
				}
				return differ(want.items, tr.items)
			})
		})
	}
	return g.Wait()
}

func checkHandOver(ctx context.Context, k *kit) error {
	all, err := k.whole(ctx)
	if err != nil {
		return err
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	ids := slices.DeleteFunc(s.ids(), func(id string) bool { return s.total(id) == 0 })
	for _, id := range ids {
		r, err := s.reader(ctx, s.parts[id], "")
		if err != nil {
			return err
		}
		tr := k.trace()
		for n := -1; n != len(tr.cuts) && n < 1000; {
			n = len(tr.cuts)
			last := ""
			if n > 0 {
				last = tr.cuts[n-1].position
			}
			err := k.promptly("Next", func() error { return tr.read(ctx, r, last, s.total(id), 1) })
			if err != nil {
				return err
			}
		}
		if want := all[id]; want != nil && len(want.cuts) < 500 {
			if err := differ(want.items, tr.items); err != nil {
				return err
			}
		}
		if err := s.closeReader(r); err != nil {
			return err
		}
	}
	return nil
}
