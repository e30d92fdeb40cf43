package sourcetest_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/sourcetest"
)

// refFlaws has each flaw of the reference source with the rule that names it.
var refFlaws = map[string]string{
	"an ID is empty":                         "partitions/ids",
	"an ID is given twice":                   "partitions/ids",
	"IDs differ in every process":            "partitions/ids",
	"a partition is missing":                 "partitions/wanted",
	"the schema is another":                  "schema/declared",
	"the estimate is negative":               "estimate/sane",
	"the estimate is wild":                   "estimate/sane",
	"the estimate counts what is left":       "estimate/sane",
	"a row is lost":                          "read/rows",
	"a row comes twice":                      "read/rows",
	"rejected rows are dropped":              "read/rows",
	"the rows differ in every process":       "read/repeatable",
	"the end is wrapped":                     "read/end",
	"the end is told once":                   "read/end",
	"after the end it starts over":           "read/end",
	"a transient error loses rows":           "read/transient",
	"an error is not transient":              "read/transient",
	"an error comes with a batch":            "read/batch",
	"a value is null":                        "read/batch",
	"a column has another type":              "read/batch",
	"reasons count the rejected rows":        "rejects/reasons",
	"a reason is missing":                    "rejects/reasons",
	"a reason says nothing":                  "rejects/reasons",
	"the position stays":                     "positions/move",
	"a position is empty":                    "positions/move",
	"a position comes again":                 "positions/move",
	"resuming skips a row":                   "positions/resume",
	"resuming repeats a row":                 "positions/resume",
	"positions are off once resumed":         "positions/steps",
	"a reader outlasts Open alone":           "positions/beginning",
	"the last position starts over":          "positions/end",
	"a foreign position is the beginning":    "positions/foreign",
	"a foreign position is read in part":     "positions/foreign",
	"a foreign position is any error":        "positions/foreign",
	"a foreign position is not named":        "positions/foreign",
	"a position beyond the end is the end":   "positions/foreign",
	"lost rows are skipped":                  "positions/lost",
	"lost rows come back as any error":       "positions/lost",
	"a buffer is used again":                 "ownership/unchanged",
	"a record is the source's":               "ownership/outlives",
	"a record leaks":                         "ownership/leak",
	"Close fails unread":                     "life/unread",
	"Close fails half-way":                   "life/half-way",
	"Partitions waits, whatever its context": "context/done",
	"Open ignores its context":               "context/done",
	"Next ignores its context":               "context/done",
	"Next waits, whatever its context":       "context/done",
	"a done context is the end":              "context/done",
	"the context of Open is kept":            "context/opening",
	"readers share a cursor":                 "concurrency/partitions",
	"a reader is bound to a goroutine":       "concurrency/hand-over",
	"a goroutine stays":                      "concurrency/nothing-left",
}

func TestReference(t *testing.T) {
	for _, flaw := range []string{"", "Open starts a goroutine"} { // the latter is none
		sourcetest.Run(t, func(testing.TB) sourcetest.Harness { return refHarness(flaw) })
	}
}

// TestFlaws proves each rule: a source that is broken in one way is named by it.
func TestFlaws(t *testing.T) {
	named := map[string]bool{}
	for flaw, rule := range refFlaws {
		named[rule] = true
		wantNamed(t, flaw, rule, func() sourcetest.Harness { return refHarness(flaw) })
	}
	for flaw, g := range groupFlaws {
		named[g.rule] = true
		wantNamed(t, flaw, g.rule, func() sourcetest.Harness { return groupHarness(nil, g.wrap) })
	}
	named["gone/rewind"] = true
	wantNamed(t, "a stream goes on wherever it is opened", "gone/rewind", func() sourcetest.Harness {
		return sourcetest.Harness{Open: func(_ context.Context, mem memory.Allocator) (source.Source, error) {
			src, err := adapters["FromReader"](mem)
			return &forgetful{Source: src}, err
		}}
	})
	for _, rule := range sourcetest.RuleNames() {
		if !named[rule] {
			t.Errorf("no flaw proves the rule %q", rule)
		}
	}
}

func wantNamed(t *testing.T, flaw, rule string, newHarness func() sourcetest.Harness) {
	t.Run(strings.ReplaceAll(flaw, " ", "_"), func(t *testing.T) {
		err := sourcetest.Check(t.Context(), func() (sourcetest.Harness, error) {
			h := newHarness()
			h.Patience = 250 * time.Millisecond // many flaws wait for ever
			return h, nil
		}, rule)
		if !names(err, rule) {
			t.Errorf("the flaw is not named by %q: %v", rule, err)
		}
		if err != nil && !strings.Contains(err.Error(), "the rule: ") {
			t.Errorf("the error has no sentence: %v", err)
		}
	})
}

// names reports whether the joined errors name the rule.
func names(err error, rule string) bool {
	var all interface{ Unwrap() []error }
	if !errors.As(err, &all) {
		return false
	}
	for _, err := range all.Unwrap() {
		var broken *sourcetest.RuleError
		if errors.As(err, &broken) && broken.Rule == rule {
			return true
		}
	}
	return false
}

// forgetful opens the stream wherever it stands.
type forgetful struct {
	source.Source
	at string
}

func (f *forgetful) RunID() (string, bool) { return "numbers", true }

func (f *forgetful) Partitions(ctx context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) {
		for p, err := range f.Source.Partitions(ctx) {
			if !yield(&forgetfulPartition{p, f}, err) {
				return
			}
		}
	}
}

type forgetfulPartition struct {
	source.Partition
	f *forgetful
}

func (p *forgetfulPartition) Open(ctx context.Context, _ string) (source.Reader, error) {
	r, err := p.Partition.Open(ctx, p.f.at)
	return &forgetfulReader{r, p.f}, err
}

type forgetfulReader struct {
	source.Reader
	f *forgetful
}

func (r *forgetfulReader) Next(ctx context.Context) (source.Batch, error) {
	b, err := r.Reader.Next(ctx)
	if err == nil {
		r.f.at = b.Position
	}
	return b, err
}

// hooks are the ways in which a member of a group is broken. nil = not.
type hooks struct {
	partitions func(ctx context.Context, m *sourcetest.Member) iter.Seq2[source.Partition, error]
	assigned   func(err error) error
	open       func(ctx context.Context, p source.Partition, after string) (source.Reader, error)
	next       func(ctx context.Context, r source.Reader) (source.Batch, error)
	ack        func(ctx context.Context, r *brokenReader, position string) error
	close      func(ctx context.Context, r *brokenReader) error
}

var groupFlaws = map[string]struct {
	rule string
	wrap func(g *sourcetest.Group, m *sourcetest.Member) source.Source
}{
	"waiting is the end": {"context/waiting", broken(hooks{next: func(ctx context.Context, r source.Reader) (source.Batch, error) {
		if r.Schema() == nil {
			return source.Batch{}, io.EOF
		}
		return r.Next(ctx)
	}})},
	"waiting ignores its context": {"context/waiting", broken(hooks{next: func(ctx context.Context, r source.Reader) (source.Batch, error) {
		if r.Schema() == nil {
			ctx = context.WithoutCancel(ctx)
		}
		return r.Next(ctx)
	}})},
	"an ack reads on": {"ack/beside-next", broken(hooks{ack: func(ctx context.Context, r *brokenReader, position string) error {
		r.skip.Store(true)
		return r.Reader.(source.Acker).Ack(ctx, position)
	}})},
	"an ack is dropped": {"ack/noted", broken(hooks{ack: func(context.Context, *brokenReader, string) error { return nil }})},
	"closing acks what was read": {"ack/no-loss", broken(hooks{close: func(ctx context.Context, r *brokenReader) error {
		_ = r.Reader.(source.Acker).Ack(ctx, r.last)
		return r.Reader.Close(ctx)
	}})},
	"without a position it begins at what was acked": {"ack/no-loss", broken(hooks{open: func(ctx context.Context, p source.Partition, after string) (source.Reader, error) {
		if after == "" {
			after, _ = p.(source.Resumer).Acked(ctx)
		}
		return p.Open(ctx, after)
	}})},
	"a partition that moved is read on": {"revoked/reading", broken(hooks{next: func(ctx context.Context, r source.Reader) (source.Batch, error) {
		b, err := r.Next(ctx)
		if errors.Is(err, source.ErrRevoked) {
			<-ctx.Done()
			err = ctx.Err()
		}
		return b, err
	}})},
	"the loss of a partition is any error": {"revoked/reading", broken(hooks{next: func(ctx context.Context, r source.Reader) (source.Batch, error) {
		b, err := r.Next(ctx)
		if errors.Is(err, source.ErrRevoked) {
			err = errors.New("not the owner")
		}
		return b, err
	}})},
	"a partition that moved is opened": {"revoked/reading", broken(hooks{open: func(ctx context.Context, p source.Partition, after string) (source.Reader, error) {
		r, err := p.Open(ctx, after)
		if errors.Is(err, source.ErrRevoked) {
			rec := source.FromRecords("empty")
			for p := range rec.Partitions(ctx) {
				return p.Open(ctx, "")
			}
		}
		return r, err
	}})},
	"Assigned is always true": {"revoked/reading", broken(hooks{assigned: func(error) error { return nil }})},
	"waiting goes on when the partition is lost": {"revoked/waiting", broken(hooks{next: func(ctx context.Context, r source.Reader) (source.Batch, error) {
		if r.Schema() == nil {
			<-ctx.Done()
			return source.Batch{}, ctx.Err()
		}
		return r.Next(ctx)
	}})},
	"a partition is yielded once": {"revoked/again", broken(hooks{partitions: func(ctx context.Context, m *sourcetest.Member) iter.Seq2[source.Partition, error] {
		return func(yield func(source.Partition, error) bool) {
			seen := map[string]bool{}
			for p, err := range m.Partitions(ctx) {
				if err == nil && seen[p.ID()] {
					continue
				}
				if err == nil {
					seen[p.ID()] = true
				}
				if !yield(p, err) {
					return
				}
			}
		}
	}})},
}

func broken(h hooks) func(*sourcetest.Group, *sourcetest.Member) source.Source {
	return func(_ *sourcetest.Group, m *sourcetest.Member) source.Source { return &brokenMember{m, h} }
}

type brokenMember struct {
	*sourcetest.Member
	h hooks
}

func (m *brokenMember) Partitions(ctx context.Context) iter.Seq2[source.Partition, error] {
	inner := m.Member.Partitions(ctx)
	if m.h.partitions != nil {
		inner = m.h.partitions(ctx, m.Member)
	}
	return func(yield func(source.Partition, error) bool) {
		for p, err := range inner {
			if !yield(&brokenPartition{p, m.h}, err) {
				return
			}
		}
	}
}

type brokenPartition struct {
	source.Partition
	h hooks
}

func (p *brokenPartition) Assigned(ctx context.Context) error {
	err := p.Partition.(source.Assigner).Assigned(ctx)
	if p.h.assigned != nil {
		return p.h.assigned(err)
	}
	return err
}

func (p *brokenPartition) Acked(ctx context.Context) (string, error) {
	return p.Partition.(source.Resumer).Acked(ctx)
}

func (p *brokenPartition) Open(ctx context.Context, after string) (source.Reader, error) {
	open := func(ctx context.Context, p source.Partition, after string) (source.Reader, error) {
		return p.Open(ctx, after)
	}
	if p.h.open != nil {
		open = p.h.open
	}
	r, err := open(ctx, p.Partition, after)
	if err != nil {
		return nil, err
	}
	return &brokenReader{Reader: r, h: p.h}, nil
}

type brokenReader struct {
	source.Reader
	h    hooks
	last string
	skip atomic.Bool // a batch
}

func (r *brokenReader) Next(ctx context.Context) (b source.Batch, err error) {
	if r.skip.Swap(false) {
		b, err := r.Reader.Next(ctx)
		if err != nil {
			return b, err
		}
		b.Release()
	}
	if r.h.next != nil {
		return r.h.next(ctx, r.Reader)
	}
	b, err = r.Reader.Next(ctx)
	r.last = b.Position
	return b, err
}

func (r *brokenReader) Ack(ctx context.Context, position string) error {
	if r.h.ack != nil {
		return r.h.ack(ctx, r, position)
	}
	return r.Reader.(source.Acker).Ack(ctx, position)
}

func (r *brokenReader) Close(ctx context.Context) error {
	if r.h.close != nil {
		return r.h.close(ctx, r)
	}
	return r.Reader.Close(ctx)
}
