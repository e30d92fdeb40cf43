package source_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/source"
)

// letters stores the numbers as a dead-letter sink would.
func letters(mem memory.Allocator, vals ...int64) arrow.Record {
	reasons := make([]deadletter.Reason, len(vals))
	for i := range reasons {
		reasons[i] = deadletter.Reason{Row: int64(i), Code: deadletter.CodeInvalid, Message: "odd"}
	}
	rows := &deadletter.Rows{Record: record(mem, vals...), Reasons: reasons}
	defer rows.Release()
	return rows.WithReasons(mem, deadletter.Origin{Stage: "sink", Pipeline: "p"})
}

func TestReplay(t *testing.T) {
	mem := checked(t)
	a, b := letters(mem, 1, 2), letters(mem, 3)
	src := source.Replay(source.FromRecords("letters", a, b))
	a.Release()
	b.Release()
	defer closeSource(t, src)
	if rows, bytes := src.(source.Estimator).Estimate(t.Context()); rows != 3 || bytes != -1 {
		t.Errorf("estimate %d rows, %d bytes", rows, bytes)
	}
	if id, gone := src.(source.NotReplayable).RunID(); id != "" || gone {
		t.Errorf("RunID = %q, %v", id, gone)
	}
	p := partition(t, src)
	if err := p.(source.Assigner).Assigned(t.Context()); err != nil {
		t.Error(err)
	}
	r, err := p.Open(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Schema(); s.NumFields() != 1 || s.Field(0).Name != "n" {
		t.Errorf("schema %v", s)
	}
	if err := r.(source.Acker).Ack(t.Context(), "2"); err != nil {
		t.Error(err)
	}
	batch, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if batch.Record.NumCols() != 1 || fmt.Sprint(batch.Record.Column(0)) != "[3]" {
		t.Errorf("got %v", batch.Record)
	}
	batch.Release()
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = p.Open(t.Context(), "9")
	wantOffsetError(t, err, "9")
}

// moody has every capability, and answers each in a way of its own.
type moody struct{ batch source.Batch }

var errMoody = errors.New("moody")

func (m *moody) Partitions(context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) { _ = yield(m, nil) && yield(nil, errMoody) }
}
func (m *moody) Unbounded() bool                                     { return true }
func (m *moody) Close(context.Context) error                         { return errMoody }
func (m *moody) Estimate(context.Context) (int64, int64)             { return 5, 6 }
func (m *moody) RunID() (string, bool)                               { return "run", true }
func (m *moody) ID() string                                          { return "moody" }
func (m *moody) Assigned(context.Context) error                      { return source.ErrRevoked }
func (m *moody) Open(context.Context, string) (source.Reader, error) { return m, nil }
func (m *moody) Schema() *arrow.Schema                               { return nil }
func (m *moody) Next(context.Context) (source.Batch, error)          { return m.batch, nil }
func (m *moody) Ack(_ context.Context, position string) error        { return errors.New(position) }

func TestReplayForwards(t *testing.T) {
	mem := checked(t)
	m := &moody{batch: source.Batch{Position: "7", Rejected: &deadletter.Rows{Record: letters(mem, 1), Reasons: make([]deadletter.Reason, 1)}}}
	src := source.Replay(m)
	if rows, bytes := src.(source.Estimator).Estimate(t.Context()); rows != 5 || bytes != 6 || !src.Unbounded() {
		t.Errorf("estimate %d, %d; unbounded %v", rows, bytes, src.Unbounded())
	}
	if id, gone := src.(source.NotReplayable).RunID(); id != "run" || !gone {
		t.Errorf("RunID = %q, %v", id, gone)
	}
	var last error
	for p, err := range src.Partitions(t.Context()) {
		if last = err; err != nil {
			continue
		}
		if err := p.(source.Assigner).Assigned(t.Context()); !errors.Is(err, source.ErrRevoked) {
			t.Errorf("Assigned: %v", err)
		}
		r, err := p.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if r.Schema() != nil {
			t.Errorf("schema %v", r.Schema())
		}
		b, err := r.Next(t.Context())
		if err != nil || b.Record != nil || b.Position != "7" || b.Rejected.Record.NumCols() != 1 {
			t.Errorf("batch %+v, %v", b, err)
		}
		b.Release()
		if err := r.(source.Acker).Ack(t.Context(), "7"); err == nil || err.Error() != "7" {
			t.Errorf("Ack: %v", err)
		}
	}
	if !errors.Is(last, errMoody) {
		t.Errorf("Partitions: %v", last)
	}
	if err := src.Close(t.Context()); !errors.Is(err, errMoody) {
		t.Errorf("Close: %v", err)
	}
}

func ExampleReplay() {
	stored := letters(memory.DefaultAllocator, 13)
	show(source.Replay(source.FromRecords("letters", stored)), "")
	// Output: letters after 1: [[13]]
}
