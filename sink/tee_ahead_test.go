package sink_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
)

// numbered makes a batch of the rows from..to of a partition, in records of two rows.
func numbered(mem memory.Allocator, from string, end int64) *sink.Batch {
	start, err := offset.Ordinal(from)
	if err != nil {
		panic(err)
	}
	var records []string
	for i := start; i < end; i += 2 {
		var rows []string
		for n := i; n < min(i+2, end); n++ {
			rows = append(rows, fmt.Sprintf(`{"id": %d}`, n))
		}
		records = append(records, "["+strings.Join(rows, ", ")+"]")
	}
	return batchOf(mem, from, records...)
}

// ids reads the id column of a target, in order.
func ids(m *sink.Memory) []int64 {
	var all []int64
	for _, rec := range m.Records() {
		all = append(all, rec.Column(0).(*array.Int64).Int64Values()...)
		rec.Release()
	}
	return all
}

func upTo(n int64) []int64 {
	all := make([]int64, n)
	for i := range all {
		all[i] = int64(i)
	}
	return all
}

// advance loads rows up to end into one target alone, as if the others had failed.
func advance(t *testing.T, mem memory.Allocator, target sink.Sink, end int64) string {
	t.Helper()
	w, committed, err := target.Open(t.Context(), "p", "a")
	if err != nil {
		t.Fatal(err)
	}
	b := numbered(mem, committed, end)
	defer b.Release()
	if err := errors.Join(w.Prepare(t.Context(), b.Schema), loadOnce(t.Context(), w, b), w.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	return b.To
}

func loadOnce(ctx context.Context, w sink.Writer, b *sink.Batch) error {
	if s, ok := w.(sink.Stager); ok {
		if err := s.Stage(ctx, b); err != nil {
			return err
		}
	}
	_, err := w.Load(ctx, b)
	return err
}

func TestTeeBranchAhead(t *testing.T) {
	for _, tc := range []struct {
		name    string
		a, b, c int64   // rows that the branches have
		ends    []int64 // of the batches that follow
	}{
		{"equal", 4, 4, 4, []int64{6, 9}},
		{"inside a batch", 2, 5, 2, []int64{4, 7, 9}},
		{"inside a record", 0, 3, 1, []int64{8}},
		{"whole batches", 0, 7, 3, []int64{2, 5, 6, 9}},
		{"at an end", 2, 6, 4, []int64{4, 6, 8}},
		{"the first is ahead", 8, 1, 1, []int64{3, 12}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			a, b, c := sink.NewMemory(nil), sinktest.NewStaged(nil), sinktest.NewStreaming(nil)
			targets := []*sink.Memory{a, b.Memory, c.Memory}
			for i, s := range []sink.Sink{a, b, c} {
				defer targets[i].Release()
				if n := []int64{tc.a, tc.b, tc.c}[i]; n > 0 {
					advance(t, mem, s, n)
				}
			}
			tee := sink.Tee(a, b, c)
			w, committed, err := tee.Open(t.Context(), "p", "a")
			if err != nil {
				t.Fatal(err)
			}
			if n, err := offset.Ordinal(committed); n != min(tc.a, tc.b, tc.c) || err != nil {
				t.Fatalf("Open answers row %d, %v; want the earliest, %d", n, err, min(tc.a, tc.b, tc.c))
			}
			for _, end := range tc.ends {
				batch := numbered(mem, committed, end)
				gates := 0
				batch.Gate = func(_ context.Context, r sink.Receipt) error {
					gates++
					if r.Rows+r.Rejected.Len() != batch.Rows {
						t.Errorf("Gate saw %d rows of %d", r.Rows, batch.Rows)
					}
					return nil
				}
				if err := errors.Join(w.Prepare(t.Context(), batch.Schema), loadOnce(t.Context(), w, batch)); err != nil {
					t.Fatal(err)
				}
				if gates == 0 {
					t.Error("Gate was not called")
				}
				committed = batch.To
				batch.Release()
			}
			if err := w.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			end := tc.ends[len(tc.ends)-1]
			for i, m := range targets {
				if diff := cmp.Diff(upTo(end), ids(m)); diff != "" {
					t.Errorf("rows of branch %d mismatch (-want +got):\n%s", i, diff)
				}
				if offsets, err := m.Committed(t.Context(), "p", "a"); offsets["a"] != committed || err != nil {
					t.Errorf("offset of branch %d is %q, %v; want %q", i, offsets["a"], err, committed)
				}
			}
		})
	}
}

func TestTeeRefusesOtherTransformsAhead(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	a, b := sink.NewMemory(nil), sink.NewMemory(nil)
	defer b.Release()
	advance(t, mem, b, 5)
	w, committed, err := sink.Tee(a, b).Open(t.Context(), "p", "a")
	if err != nil {
		t.Fatal(err)
	}
	batch := numbered(mem, committed, 8)
	defer batch.Release()
	batch.To = offset.Offset{Fingerprint: "other", Ordinal: 8, Skip: 8}.String()
	if err := w.Prepare(t.Context(), batch.Schema); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Load(t.Context(), batch); err == nil || !strings.Contains(err.Error(), "branch 1 is 5 rows ahead") {
		t.Errorf("Load = %v, want an error that names branch 1 and how far it is ahead", err)
	}
	if a.Rows() != 0 || b.Rows() != 5 {
		t.Errorf("the branches have %d and %d rows, want 0 and 5", a.Rows(), b.Rows())
	}
}

// refuseIDs refuses rows by their id.
func refuseIDs(refused ...int64) func(arrow.Record) []deadletter.Reason {
	return func(rec arrow.Record) []deadletter.Reason {
		var bad []deadletter.Reason
		for i, id := range rec.Column(0).(*array.Int64).Int64Values() {
			for _, r := range refused {
				if id == r {
					bad = append(bad, deadletter.Reason{Row: int64(i), Code: deadletter.CodeConstraint, Column: "id", Message: "refused"})
				}
			}
		}
		return bad
	}
}

func TestTeeRejects(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	a := sink.NewMemory(&sink.MemoryOptions{Allocator: mem, Check: refuseIDs(1, 3, 6)})
	b := sink.NewMemory(&sink.MemoryOptions{Allocator: mem, Check: refuseIDs(3, 4)})
	defer a.Release()
	defer b.Release()
	advance(t, mem, b, 2)
	w, committed, err := sink.Tee(a, b).Open(t.Context(), "p", "a")
	if err != nil {
		t.Fatal(err)
	}
	batch := numbered(mem, committed, 7)
	defer batch.Release()
	last := map[int64]int64{} // row of the batch -> id, as the last Gate saw them
	shut := errors.New("shut")
	var gate error
	batch.Gate = func(_ context.Context, r sink.Receipt) error {
		defer r.Rejected.Release()
		if r.Rows+r.Rejected.Len() != 7 {
			t.Errorf("Gate saw %d rows and %d rejects of 7", r.Rows, r.Rejected.Len())
		}
		clear(last)
		if r.Rejected != nil {
			for i, reason := range r.Rejected.Reasons {
				last[reason.Row] = r.Rejected.Record.Column(0).(*array.Int64).Value(i)
			}
		}
		return gate
	}
	if err := w.Prepare(t.Context(), batch.Schema); err != nil {
		t.Fatal(err)
	}
	gate = shut
	if _, err := w.Load(t.Context(), batch); !errors.Is(err, shut) {
		t.Fatalf("Load = %v, want the error of Gate", err)
	}
	gate = nil
	r, err := w.Load(t.Context(), batch)
	if err != nil || r.Rows != 3 {
		t.Errorf("Load = %d rows, %v; want 3: those that both branches took", r.Rows, err)
	}
	if diff := cmp.Diff(map[int64]int64{1: 1, 3: 3, 4: 4, 6: 6}, last); diff != "" {
		t.Errorf("rejects mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{0, 2, 4, 5}, ids(a)); diff != "" {
		t.Errorf("rows of branch 0 mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{0, 1, 2, 5, 6}, ids(b)); diff != "" {
		t.Errorf("rows of branch 1 mismatch (-want +got):\n%s", diff)
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTeeErrorClass(t *testing.T) {
	plain := errors.New("plain")
	for _, tc := range []struct {
		name      string
		a, b      error
		want      error
		transient bool
	}{
		{"one transient", retry.Transient(plain), nil, plain, true},
		{"both transient", retry.Transient(plain), retry.Transient(plain), plain, true},
		{"transient and permanent", retry.Transient(errors.New("x")), plain, plain, false},
		{"permanent and transient", plain, retry.Transient(errors.New("x")), plain, false},
		{"fenced and permanent", plain, sink.ErrFenced, sink.ErrFenced, false},
		{"fenced and transient", sink.ErrFenced, retry.Transient(plain), sink.ErrFenced, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			answer := func(err error) sink.Sink {
				return sink.Func(func(context.Context, arrow.Record) error { return err })
			}
			w, _, err := sink.Tee(answer(tc.a), answer(tc.b)).Open(t.Context(), "p", "a")
			if err != nil {
				t.Fatal(err)
			}
			b := numbered(mem, "", 2)
			defer b.Release()
			_, err = w.Load(t.Context(), b)
			if !errors.Is(err, tc.want) || retry.IsTransient(err) != tc.transient {
				t.Errorf("Load = %v, transient=%t; want %v, transient=%t", err, retry.IsTransient(err), tc.want, tc.transient)
			}
		})
	}
}

func TestTeeWithAtLeastOnce(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	table := sink.NewMemory(nil)
	defer table.Release()
	advance(t, mem, table, 3)
	var seen []int64
	log := sink.Func(func(_ context.Context, rec arrow.Record) error {
		seen = append(seen, rec.Column(0).(*array.Int64).Int64Values()...)
		return nil
	})
	tee := sink.Tee(log, table)
	if tee.(sink.Limiter).Limits().NoOffsets {
		t.Error("a Tee with an exactly-once branch has NoOffsets")
	}
	w, committed, err := tee.Open(t.Context(), "p", "a")
	if n, _ := offset.Ordinal(committed); n != 3 || err != nil {
		t.Fatalf("Open answers row %d, %v; want that of the exact branch, 3", n, err)
	}
	b := numbered(mem, committed, 6)
	defer b.Release()
	if err := errors.Join(w.Prepare(t.Context(), b.Schema), loadOnce(t.Context(), w, b)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{3, 4, 5}, seen); diff != "" {
		t.Errorf("rows of the at-least-once branch mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(upTo(6), ids(table)); diff != "" {
		t.Errorf("rows of the exact branch mismatch (-want +got):\n%s", diff)
	}
	if !sink.Tee(log, log).(sink.Limiter).Limits().NoOffsets {
		t.Error("a Tee of at-least-once branches has no NoOffsets")
	}
}

// bare has the contract's two methods and no more.
type bare struct{ inner sink.Sink }

func (s bare) Open(ctx context.Context, pipeline, partition string) (sink.Writer, string, error) {
	return s.inner.Open(ctx, pipeline, partition)
}

func (s bare) Close(ctx context.Context) error { return s.inner.Close(ctx) }

type bareFinisher struct {
	bare
	sink.Finisher
}

type bareInspector struct {
	bare
	sink.Inspector
}

type bareResetter struct {
	bare
	sink.Resetter
}

func TestTeeOffersWhatItsBranchesHave(t *testing.T) {
	m := sink.NewMemory(nil)
	small := bare{m}
	log := sink.Func(func(context.Context, arrow.Record) error { return nil })
	for _, tc := range []struct {
		name                       string
		tee                        sink.Sink
		finishes, inspects, resets bool
	}{
		{"full", sink.Tee(m, m), true, true, true},
		{"full and bare", sink.Tee(m, small), true, false, false},
		{"full and at least once", sink.Tee(m, log), true, true, true},
		{"bare", sink.Tee(small), false, false, false},
		{"finisher", sink.Tee(bareFinisher{small, m}), true, false, false},
		{"inspector", sink.Tee(bareInspector{small, m}), false, true, false},
		{"resetter", sink.Tee(bareResetter{small, m}), false, false, true},
	} {
		_, f := tc.tee.(sink.Finisher)
		_, n := tc.tee.(sink.Inspector)
		_, r := tc.tee.(sink.Resetter)
		if f != tc.finishes || n != tc.inspects || r != tc.resets {
			t.Errorf("%s: finishes, inspects, resets = %t, %t, %t; want %t, %t, %t", tc.name, f, n, r, tc.finishes, tc.inspects, tc.resets)
		}
	}
	for _, tc := range []struct {
		name            string
		tee             sink.Sink
		stages, rewinds bool
	}{
		{"memory", sink.Tee(m), false, false},
		{"staged", sink.Tee(m, sinktest.NewStaged(nil)), true, false},
		{"streaming", sink.Tee(m, sinktest.NewStreaming(nil)), true, true},
	} {
		w, _, err := tc.tee.Open(t.Context(), "p", "a")
		if err != nil {
			t.Fatal(err)
		}
		_, s := w.(sink.Stager)
		_, r := w.(sink.Rewinder)
		if s != tc.stages || r != tc.rewinds {
			t.Errorf("%s: stages, rewinds = %t, %t; want %t, %t", tc.name, s, r, tc.stages, tc.rewinds)
		}
	}
}

// TestTeeStagesOnce fails the Stage of one branch: the other, which has released its records, is not asked again.
func TestTeeStagesOnce(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	a, b := sinktest.NewStaged(nil), sinktest.NewStaged(nil)
	defer a.Release()
	defer b.Release()
	failing := sinktest.Inject(b, sinktest.On(sinktest.OpStage, sinktest.Effect{Before: retry.Transient(errors.New("busy"))}, 1))
	w, committed, err := sink.Tee(a, failing).Open(t.Context(), "p", "a")
	if err != nil {
		t.Fatal(err)
	}
	batch := numbered(mem, committed, 5)
	defer batch.Release()
	if err := w.Prepare(t.Context(), batch.Schema); err != nil {
		t.Fatal(err)
	}
	if err := loadOnce(t.Context(), w, batch); !retry.IsTransient(err) {
		t.Fatalf("Stage = %v, want a transient error", err)
	}
	if batch.Records == nil {
		t.Fatal("the records were released before every branch had staged them")
	}
	if err := errors.Join(loadOnce(t.Context(), w, batch), w.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	if batch.Records != nil {
		t.Error("the records were not released when every branch had staged them")
	}
	for i, m := range []*sink.Memory{a.Memory, b.Memory} {
		if diff := cmp.Diff(upTo(5), ids(m)); diff != "" {
			t.Errorf("rows of branch %d mismatch (-want +got):\n%s", i, diff)
		}
	}
}

func TestTeeRewinds(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	table, stream := sink.NewMemory(nil), sinktest.NewStreaming(nil)
	defer table.Release()
	defer stream.Release()
	w, committed, err := sink.Tee(table, stream).Open(t.Context(), "p", "a")
	if err != nil {
		t.Fatal(err)
	}
	stream.FailAppends(sinktest.LostAfter, sinktest.LostBefore, sinktest.LostAfter)
	for rewinds := 0; ; {
		if n, _ := offset.Ordinal(committed); n == 8 {
			break
		}
		b := numbered(mem, committed, 8)
		err := errors.Join(w.Prepare(t.Context(), b.Schema), loadOnce(t.Context(), w, b))
		b.Release()
		if err == nil {
			committed = b.To
			continue
		}
		if rewinds++; !errors.Is(err, sink.ErrRewind) || rewinds > 3 {
			t.Fatalf("Load = %v after %d rewinds, want ErrRewind up to 3 times", err, rewinds-1)
		}
		if committed, err = w.(sink.Rewinder).Rewind(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i, m := range []*sink.Memory{table, stream.Memory} {
		if diff := cmp.Diff(upTo(8), ids(m)); diff != "" {
			t.Errorf("rows of branch %d mismatch (-want +got):\n%s", i, diff)
		}
	}
}
