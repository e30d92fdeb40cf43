package sinktest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/floedata/floe/sink"
)

func lifeRules() []rule {
	return []rule{
		{"life/load", "rows that Load answered nil for are there, and a new claim answers the offset after them", checkLoad},
		{"life/closed", "Load after Close is an error and writes nothing; closing twice neither panics nor hangs", checkClosed},
		{"life/empty-batch", "a batch without rows moves the offset and writes nothing, where the sink claims EmptyBatches", checkEmptyBatch},
		{"life/stage-without-load", "what is staged and never loaded is not there, and is not in the way of the same rows again", checkStageOnly},
		{"life/two-partitions", "two partitions of one sink load in turn, each with its own offset", checkTwoPartitions},
	}
}

// lane opens a sink and claims partition number of it.
func (k *kit) lane(ctx context.Context, number int) (*lane, error) {
	o, err := k.open(ctx)
	if err != nil {
		return nil, err
	}
	return k.claim(ctx, o, number)
}

// loaded is a lane with n rows loaded.
func (k *kit) loaded(ctx context.Context, number int, n int64) (*lane, error) {
	l, err := k.lane(ctx, number)
	if err != nil {
		return nil, err
	}
	return l, l.loadRows(ctx, n, n)
}

// again opens the sink anew, claims the same partition, and checks the offset that it answers.
func (l *lane) again(ctx context.Context, committed string) (*lane, error) {
	l.k.crash(l.o)
	o, err := l.k.open(ctx)
	if err != nil {
		return nil, err
	}
	return l.reclaim(ctx, o, committed)
}

func (l *lane) reclaim(ctx context.Context, o *opened, committed string) (*lane, error) {
	next, err := l.k.claimNamed(ctx, o, l.number, l.partition)
	if err != nil {
		return nil, err
	}
	if !o.limits.NoOffsets && next.committed != committed {
		return nil, fmt.Errorf("a new claim of %q answers the offset %q, want %q", l.partition, next.committed, committed)
	}
	return next, next.prepare(ctx, baseSchema)
}

func checkLoad(ctx context.Context, k *kit) error {
	l, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	if l.committed != "" {
		return fmt.Errorf("the first claim answers the offset %q, want none", l.committed)
	}
	if err := k.expect(ctx); err != nil {
		return fmt.Errorf("before the first load: %w", err)
	}
	if err := l.loadRows(ctx, 10, 4); err != nil {
		return err
	}
	if err := k.expect(ctx, idRange(0, 0, 10)); err != nil {
		return err
	}
	if err := k.inspect(ctx, l); err != nil {
		return err
	}
	committed := l.committed
	if err := l.close(ctx); err != nil {
		return err
	}
	l, err = l.again(ctx, committed)
	if err != nil || l.o.limits.NoOffsets {
		return err
	}
	if err := l.loadRows(ctx, 5, 5); err != nil {
		return err
	}
	return k.expect(ctx, idRange(0, 0, 15))
}

// inspect compares what the sink's Inspector says with what the lane knows.
func (k *kit) inspect(ctx context.Context, l *lane) error {
	i, ok := l.o.Sink.(sink.Inspector)
	if !ok {
		return nil
	}
	all, err := i.Committed(ctx, pipeline)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	if all[l.partition] != l.committed {
		return fmt.Errorf("committed says %q of %q, want %q", all[l.partition], l.partition, l.committed)
	}
	named, err := i.Committed(ctx, pipeline, l.partition, "never claimed")
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	if _, there := named["never claimed"]; there || named[l.partition] != l.committed {
		return fmt.Errorf("committed of two names says %q, want the offset of %q alone", named, l.partition)
	}
	return nil
}

func checkClosed(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	committed := l.committed
	t := l.next(4)
	defer t.done()
	if err := l.close(ctx); err != nil {
		return err
	}
	if err := l.load(ctx, t); err == nil {
		return errors.New("Load after Close answered nil")
	}
	_ = l.w.Close(ctx) // an error is fine, a panic or a hang is not
	if err := k.expect(ctx, idRange(0, 0, 3)); err != nil {
		return fmt.Errorf("after Load on a closed writer: %w", err)
	}
	_, err = l.again(ctx, committed)
	return err
}

func checkEmptyBatch(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	if !l.o.limits.EmptyBatches {
		return skip("the sink does not claim EmptyBatches")
	}
	t := l.next(0)
	t.To = t.To[:len(t.To)-1] + "X" // the source went on and had no rows for us
	to := t.To
	err = l.load(ctx, t)
	t.done()
	if err != nil {
		return fmt.Errorf("an empty batch: %w", err)
	}
	if err := k.expect(ctx, idRange(0, 0, 3)); err != nil {
		return err
	}
	if l.o.limits.NoOffsets {
		return nil
	}
	if l, err = l.again(ctx, to); err != nil {
		return err
	}
	if err := l.loadRows(ctx, 3, 3); err != nil {
		return err
	}
	return k.expect(ctx, idRange(0, 0, 6))
}

func checkStageOnly(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	if _, ok := l.w.(sink.Stager); !ok {
		return skip("the sink stages nothing")
	}
	committed := l.committed
	t := l.next(4)
	err = l.stage(ctx, t)
	t.done()
	if err != nil {
		return err
	}
	if l.o.limits.StageIsFinal {
		return l.finalAfterCrash(ctx, 7)
	}
	if err := k.expect(ctx, idRange(0, 0, 3)); err != nil {
		return fmt.Errorf("after Stage: %w", err)
	}
	if err := l.close(ctx); err != nil {
		return err
	}
	if l, err = l.again(ctx, committed); err != nil {
		return err
	}
	if err := l.loadRows(ctx, 4, 2); err != nil {
		return err
	}
	return k.expect(ctx, idRange(0, 0, 7))
}

// finalAfterCrash claims anew what a StageIsFinal sink may have landed in part, loads up to the row end, and
// expects each row once.
func (l *lane) finalAfterCrash(ctx context.Context, end int64) error {
	l.k.crash(l.o)
	o, err := l.k.open(ctx)
	if err != nil {
		return err
	}
	next, err := l.k.claimNamed(ctx, o, l.number, l.partition)
	if err != nil {
		return err
	}
	if err := next.prepare(ctx, baseSchema); err != nil {
		return err
	}
	if next.ordinal() > end {
		return fmt.Errorf("a new claim answers the offset of row %d, and only %d were staged", next.ordinal(), end)
	}
	if err := l.k.expect(ctx, idRange(l.number, 0, next.ordinal())); err != nil {
		return fmt.Errorf("a new claim answers the offset of row %d: %w", next.ordinal(), err)
	}
	if err := next.loadRows(ctx, end-next.ordinal(), 2); err != nil {
		return err
	}
	return l.k.expect(ctx, idRange(l.number, 0, end))
}

func checkTwoPartitions(ctx context.Context, k *kit) error {
	a, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	b, err := k.claim(ctx, a.o, 1)
	if err != nil {
		return err
	}
	for range 3 {
		for _, l := range []*lane{a, b} {
			if err := l.loadRows(ctx, 4, 4); err != nil {
				return err
			}
		}
	}
	if err := k.expect(ctx, idRange(0, 0, 12), idRange(1, 0, 12)); err != nil {
		return err
	}
	if err := a.close(ctx); err != nil {
		return err
	}
	if err := b.loadRows(ctx, 4, 4); err != nil {
		return fmt.Errorf("after the other partition's writer was closed: %w", err)
	}
	if a, err = a.reclaim(ctx, b.o, a.committed); err != nil {
		return err
	}
	if err := a.loadRows(ctx, 1, 1); err != nil {
		return fmt.Errorf("a new claim of the partition that was closed: %w", err)
	}
	return k.expect(ctx, idRange(0, 0, 13), idRange(1, 0, 16))
}

// prompt is how long a call may take on a context that is done.
const prompt = 5 * time.Second

func contextRules() []rule {
	return []rule{
		{"context/done", "Open, Prepare, Stage and Load on a context that is done answer its error promptly and write nothing; the same batch loads on a fresh one", checkDone},
		{"context/during-load", "a context that is done amid a load leaves all of the batch or nothing, with the offset that belongs to it", checkDoneDuring},
		{"context/close", "Close works on a fresh context after the run's is done, and does not hang", checkCloseAfterDone},
	}
}

// promptly runs f, which must end soon.
func promptly(what string, f func() error) error {
	start := time.Now()
	err := f()
	if took := time.Since(start); took > prompt {
		return fmt.Errorf("%s took %v", what, took)
	}
	return err
}

// wantDone answers what is wrong with an error of a call on a context that is done.
func wantDone(what string, err error) error {
	switch {
	case err == nil:
		return fmt.Errorf("%s on a context that is done answered nil", what)
	case !errors.Is(err, context.Canceled):
		return fmt.Errorf("%s on a context that is done: the error does not wrap context.Canceled: %w", what, err)
	}
	return nil
}

func checkDone(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	err = promptly("Open", func() error {
		w, _, err := l.o.Open(done, pipeline, "another")
		if err == nil {
			_ = w.Close(ctx)
		}
		return wantDone("Open", err)
	})
	if err != nil {
		return err
	}
	if err := promptly("Prepare", func() error { return wantDone("Prepare", l.w.Prepare(done, baseSchema)) }); err != nil {
		return err
	}
	t := l.next(4)
	defer t.done()
	committed := l.committed
	if err := promptly("Load", func() error { return wantDone("Load", l.load(done, t)) }); err != nil {
		return err
	}
	if err := k.expect(ctx, idRange(0, 0, 3)); err != nil {
		return fmt.Errorf("after a Load on a context that is done: %w", err)
	}
	l.committed = committed
	if err := l.settle(ctx, t); err != nil {
		return fmt.Errorf("on a fresh context: %w", err)
	}
	return k.expect(ctx, idRange(0, 0, 7))
}

// settle loads t again on the same writer, or, where the sink asks for it, goes back and loads its rows anew.
func (l *lane) settle(ctx context.Context, t *trial) error {
	end := l.ordinal() + t.Rows
	err := l.load(ctx, t)
	if errors.Is(err, sink.ErrRewind) {
		if err := l.rewind(ctx); err != nil {
			return err
		}
		return l.loadRows(ctx, end-l.ordinal(), t.Rows)
	}
	return err
}

func checkDoneDuring(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	if err := k.exact(l.o); err != nil {
		return err
	}
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	t := l.next(4)
	t.gate = func(context.Context) error { cancel(); return nil }
	from, to := t.From, t.To
	err = promptly("Load", func() error { return l.load(running, t) })
	t.done()
	if l.o.limits.StageIsFinal {
		return l.finalAfterCrash(ctx, 7)
	}
	committed, rows := from, int64(3)
	if err == nil {
		committed, rows = to, 7
	}
	if next, claimErr := l.again(ctx, committed); claimErr != nil {
		return fmt.Errorf("Load answered %w, and %w", orNil(err), claimErr)
	} else if err := k.expect(ctx, idRange(0, 0, rows)); err != nil {
		return fmt.Errorf("the offset is the one of row %d: %w", rows, err)
	} else if err := next.loadRows(ctx, 10-rows, 10); err != nil {
		return err
	}
	return k.expect(ctx, idRange(0, 0, 10))
}

// orNil lets a nil error stand in a message.
func orNil(err error) error {
	if err == nil {
		return errors.New("nil")
	}
	return err
}

func checkCloseAfterDone(ctx context.Context, k *kit) error {
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	o, err := k.open(running)
	if err != nil {
		return err
	}
	l, err := k.claim(running, o, 0)
	if err != nil {
		return err
	}
	if err := l.loadRows(running, 3, 3); err != nil {
		return err
	}
	cancel()
	fresh, stop := context.WithTimeout(ctx, prompt)
	defer stop()
	if err := promptly("Close", func() error { return l.close(fresh) }); err != nil {
		return fmt.Errorf("on a fresh context: %w", err)
	}
	return k.expect(ctx, idRange(0, 0, 3))
}
