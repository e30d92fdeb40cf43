package floe_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/config"
	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/transform"
)

// silent logs nothing.
var silent = slog.New(slog.DiscardHandler)

// busy is worth another try.
var busy = retry.Transient(errors.New("busy"))

// quick retries at once.
var quick = retry.Policy{Retries: 3, Base: -1}

// pipe is a pipeline from records of some sizes into a spy before a memory sink.
func pipe(t *testing.T, s *spy, opts *floe.Options, sizes ...int) (*floe.Pipeline, *sink.Memory) {
	t.Helper()
	mem := checked(t)
	recs := ids(mem, sizes...)
	src := source.FromRecords("p", recs...)
	release(recs)
	t.Cleanup(func() { src.Close(context.Background()) })
	m := sink.NewMemory(nil)
	t.Cleanup(m.Release)
	s.Sink = m
	if opts.Retry == (retry.Policy{}) {
		opts.Retry = quick
	}
	opts.Allocator = mem
	return mustNew(t, src, s, opts), m
}

func run(t *testing.T, p *floe.Pipeline) (floe.Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return p.Run(ctx)
}

func TestTransientErrorsAreRetriedAndCounted(t *testing.T) {
	var calls atomic.Int64
	var retried []floe.Retried
	s := &spy{load: func(ctx context.Context, b *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error) {
		if calls.Add(1) < 3 {
			return sink.Receipt{}, retry.Transient(errors.New("busy"))
		}
		return next()
	}}
	p, m := pipe(t, s, &floe.Options{Hooks: floe.Hooks{Retried: func(r floe.Retried) { retried = append(retried, r) }}}, 5)
	res, err := run(t, p)
	if err != nil || res.Retries != 2 || res.Written != 5 {
		t.Fatalf("%v, %d retries, %v; want 5 rows after 2 retries", res, res.Retries, err)
	}
	if len(retried) != 2 || retried[1].Attempt != 2 || retried[1].Step != floe.StepLoad || retried[1].Batch != 1 {
		t.Errorf("hook was told %+v", retried)
	}
	if diff := cmp.Diff(upTo(5), idsOf(records(t, m))); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
}

func TestErrorsWithoutAClassArePermanent(t *testing.T) {
	boom := errors.New("boom")
	calls := 0
	s := &spy{load: func(context.Context, *sink.Batch, func() (sink.Receipt, error)) (sink.Receipt, error) {
		calls++
		return sink.Receipt{}, boom
	}}
	p, _ := pipe(t, s, &floe.Options{}, 5)
	_, err := run(t, p)
	var be *floe.BatchError
	if !errors.As(err, &be) || !errors.Is(err, boom) || calls != 1 {
		t.Fatalf("%v after %d calls, want a BatchError with the cause after one", err, calls)
	}
	if be.Step != floe.StepLoad || be.Pipeline != "test" || be.Partition != "p" || be.Batch != 1 || be.Attempt != 1 {
		t.Errorf("BatchError says %+v", be)
	}
}

func TestRetriesEnd(t *testing.T) {
	s := &spy{load: func(context.Context, *sink.Batch, func() (sink.Receipt, error)) (sink.Receipt, error) {
		return sink.Receipt{}, retry.Transient(errors.New("busy"))
	}}
	p, m := pipe(t, s, &floe.Options{}, 5)
	_, err := run(t, p)
	var be *floe.BatchError
	if !errors.As(err, &be) || be.Attempt != 4 {
		t.Fatalf("%v, want a BatchError of 4 attempts", err)
	}
	if n := len(records(t, m)); n != 0 {
		t.Errorf("%d records loaded, want none", n)
	}
}

func TestNothingIsStagedPastAFailure(t *testing.T) {
	var mu sync.Mutex
	failing, past := map[string]bool{}, 0
	tries := map[string]int{}
	stage := func(_ context.Context, b *sink.Batch) error {
		mu.Lock()
		defer mu.Unlock()
		from, _ := offset.Ordinal(b.From)
		for k := range failing {
			if n, _ := offset.Ordinal(k); n < from {
				past++
			}
		}
		tries[b.From]++
		if tries[b.From] < 3 && from%20 == 10 {
			failing[b.From] = true
			return retry.Transient(errors.New("busy"))
		}
		delete(failing, b.From)
		return nil
	}
	s := &spy{stage: stage, limits: sink.Limits{InFlight: 4, Stages: 1, EmptyBatches: true}}
	p, m := pipe(t, s, &floe.Options{Batching: batching.Policy{Rows: 1}, Retry: retry.Policy{Retries: 5, Base: time.Millisecond}}, 10, 10, 10, 10, 10, 10, 10, 10)
	if _, err := run(t, p); err != nil {
		t.Fatal(err)
	}
	if past > 0 {
		t.Errorf("%d times a batch was staged past a failing one", past)
	}
	if diff := cmp.Diff(upTo(80), idsOf(records(t, m))); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
}

func TestEarlierBatchesLoadWhenALaterOneFails(t *testing.T) {
	failed := make(chan struct{})
	s := &spy{
		limits: sink.Limits{InFlight: 3, Stages: 3, EmptyBatches: true},
		stage: func(_ context.Context, b *sink.Batch) error {
			if n, _ := offset.Ordinal(b.From); n == 10 {
				close(failed)
				return errors.New("cannot stage")
			}
			return nil
		},
		load: func(_ context.Context, _ *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error) {
			<-failed
			return next()
		},
	}
	p, m := pipe(t, s, &floe.Options{Batching: batching.Policy{Rows: 1}}, 10, 10, 10)
	if _, err := run(t, p); err == nil || !strings.Contains(err.Error(), "cannot stage") {
		t.Fatalf("%v, want the error of the second batch", err)
	}
	if diff := cmp.Diff(upTo(10), idsOf(records(t, m))); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
}

func TestAbortLeavesNothingHalf(t *testing.T) {
	loading := make(chan struct{})
	s := &spy{load: func(ctx context.Context, _ *sink.Batch, _ func() (sink.Receipt, error)) (sink.Receipt, error) {
		close(loading)
		<-ctx.Done()
		return sink.Receipt{}, ctx.Err()
	}}
	p, m := pipe(t, s, &floe.Options{}, 10)
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("changed my mind")
	go func() {
		<-loading
		cancel(why)
	}()
	if _, err := p.Run(ctx); !errors.Is(err, why) {
		t.Errorf("Run answered %v, want the cause of the context", err)
	}
	if n := len(records(t, m)); n != 0 {
		t.Errorf("%d records loaded, want none", n)
	}
	s.load = nil
	if res, err := run(t, p); err != nil || res.Written != 10 {
		t.Errorf("the next run: %v, %v; want 10 rows written", res, err)
	}
}

func TestRunsOnceAtATime(t *testing.T) {
	loading, proceed := make(chan struct{}), make(chan struct{})
	s := &spy{load: func(_ context.Context, _ *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error) {
		close(loading)
		<-proceed
		return next()
	}}
	p, _ := pipe(t, s, &floe.Options{}, 10)
	done := make(chan error)
	go func() {
		_, err := p.Run(context.Background())
		done <- err
	}()
	<-loading
	if _, err := p.Run(context.Background()); !errors.Is(err, floe.ErrRunning) {
		t.Errorf("second Run answered %v, want ErrRunning", err)
	}
	if err := p.Reset(context.Background()); !errors.Is(err, floe.ErrRunning) {
		t.Errorf("Reset answered %v, want ErrRunning", err)
	}
	if pr := p.Progress(); !pr.Running || pr.Partitions != 1 || pr.Read != 10 || pr.Memory == 0 {
		t.Errorf("progress amid a load: %+v", pr)
	}
	close(proceed)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if pr := p.Progress(); pr.Running || pr.Written != 10 || pr.Memory != 0 {
		t.Errorf("progress after the run: %+v", pr)
	}
}

// endless gives records of three rows, and counts the rows that it gave.
func endless(mem memory.Allocator, taken *int64) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		for {
			*taken += 3
			if !yield(ids(mem, 3)[0], nil) {
				return
			}
		}
	}
}

func TestDrainLoadsWhatWasRead(t *testing.T) {
	mem := checked(t)
	taken := int64(0)
	src := source.FromSeq("run-1", nil, endless(mem, &taken))
	defer src.Close(context.Background())
	m := sink.NewMemory(nil)
	t.Cleanup(m.Release)
	finished := make(chan struct{}, 1)
	dst := &finishing{Memory: m, told: finished}
	p := mustNew(t, src, dst, &floe.Options{Batching: batching.Policy{Rows: 100}, Allocator: mem})
	done := make(chan floe.Result)
	go func() {
		res, err := p.Run(context.Background())
		if err != nil {
			t.Error(err)
		}
		done <- res
	}()
	for p.Progress().Written < 300 {
		time.Sleep(time.Millisecond)
	}
	if err := p.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	res := <-done
	if res.Written != res.Read || int64(len(idsOf(records(t, m)))) != res.Read {
		t.Errorf("%v and %d rows in the target: what was read is not what is loaded", res, len(idsOf(records(t, m))))
	}
	select {
	case <-finished:
		t.Error("the sink was finished after a drain")
	default:
	}
	if err := p.Drain(context.Background()); err != nil {
		t.Errorf("Drain of a pipeline that does not run: %v", err)
	}
}

type finishing struct {
	*sink.Memory
	told chan struct{}
}

func (f *finishing) Finish(ctx context.Context, pipeline string, partitions []string) error {
	f.told <- struct{}{}
	return f.Memory.Finish(ctx, pipeline, partitions)
}

func TestSchemaChangeIsABarrier(t *testing.T) {
	mem := checked(t)
	first := ids(mem, 10)[0]
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(mem, schema)
	b.Field(0).(*array.Int64Builder).Append(10)
	b.Field(1).(*array.StringBuilder).Append("ten")
	second := b.NewRecord()
	b.Release()
	src := source.FromRecords("p", first, second)
	defer src.Close(context.Background())
	release([]arrow.Record{first, second})

	m := sink.NewMemory(&sink.MemoryOptions{AddColumns: true})
	t.Cleanup(m.Release)
	var loadedBefore []int
	s := &spy{Sink: m, limits: sink.Limits{InFlight: 3, EmptyBatches: true}}
	loads := 0
	s.load = func(_ context.Context, _ *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error) {
		time.Sleep(5 * time.Millisecond)
		r, err := next()
		loads++
		s.mu.Lock()
		loadedBefore = append(loadedBefore, len(s.prepared))
		s.mu.Unlock()
		return r, err
	}
	p := mustNew(t, src, s, &floe.Options{Allocator: mem})
	if _, err := run(t, p); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1, 2}, loadedBefore); diff != "" {
		t.Errorf("prepared schemas at the end of each load (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(upTo(11), idsOf(records(t, m))); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
}

func TestRejects(t *testing.T) {
	bad := func(rec arrow.Record) []deadletter.Reason {
		var reasons []deadletter.Reason
		for i, v := range rec.Column(0).(*array.Int64).Int64Values() {
			if v%10 == 4 {
				reasons = append(reasons, deadletter.Reason{Row: int64(i), Code: deadletter.CodeConstraint, Column: "id", Message: fmt.Sprint("no fours: ", v)})
			}
		}
		return reasons
	}
	for _, tc := range []struct {
		name    string
		letters bool
		most    int64
		written int
		wantErr string
	}{
		{"without a dead-letter sink the first ends the run", false, 0, 0, "no fours: 4"},
		{"with one the others load", true, 0, 27, ""},
		{"no more than MaxRejects", true, 2, 0, "more than Options.MaxRejects"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mem := checked(t)
			recs := ids(mem, 15, 15)
			src := source.FromRecords("p", recs...)
			defer src.Close(context.Background())
			release(recs)
			m := sink.NewMemory(&sink.MemoryOptions{Check: bad, Allocator: mem})
			defer m.Release()
			letters := sink.NewMemory(nil)
			defer letters.Release()
			opts := &floe.Options{Allocator: mem, MaxRejects: tc.most}
			if tc.letters {
				opts.DeadLetter = letters
			}
			res, err := run(t, mustNew(t, src, m, opts))
			var re *floe.RejectError
			if tc.wantErr == "" && err != nil || tc.wantErr != "" && (!errors.As(err, &re) || !strings.Contains(err.Error(), tc.wantErr)) {
				t.Fatalf("Run answered %v, want a RejectError with %q", err, tc.wantErr)
			}
			rows := m.Records()
			defer release(rows)
			if n := len(idsOf(rows)); n != tc.written || int64(n) != res.Written {
				t.Errorf("%d rows in the target and %v, want %d", n, res, tc.written)
			}
			if tc.wantErr != "" || !tc.letters {
				return
			}
			dead := letters.Records()
			defer release(dead)
			if diff := cmp.Diff([]string{"no fours: 4 at |4", "no fours: 14 at |14", "no fours: 24 at 1|9"}, origins(dead)); diff != "" {
				t.Errorf("dead letters mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// origins says what dead letters say: reason, position and row.
func origins(dead []arrow.Record) []string {
	var got []string
	for _, r := range dead {
		text := func(name string, i int) string {
			return r.Column(r.Schema().FieldIndices(name)[0]).ValueStr(i)
		}
		for i := range int(r.NumRows()) {
			got = append(got, text("_floe_reason", i)+" at "+text("_floe_offset", i)+"|"+text("_floe_row", i))
		}
	}
	return got
}

func TestReceiptsMustAddUp(t *testing.T) {
	s := &spy{load: func(ctx context.Context, b *sink.Batch, _ func() (sink.Receipt, error)) (sink.Receipt, error) {
		r := sink.Receipt{Rows: b.Rows - 1}
		return r, b.Gate(ctx, r)
	}}
	p, _ := pipe(t, s, &floe.Options{}, 5)
	if _, err := run(t, p); err == nil || !strings.Contains(err.Error(), "4 rows loaded and 0 rejected of a batch of 5") {
		t.Errorf("Run answered %v, want the sums that do not add up", err)
	}
}

func TestFencedOnABoundedSourceEndsTheRun(t *testing.T) {
	s := &spy{}
	p, m := pipe(t, s, &floe.Options{}, 5)
	s.load = func(ctx context.Context, _ *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error) {
		if _, _, err := m.Open(ctx, "test", "p"); err != nil {
			t.Error(err)
		}
		return next()
	}
	if _, err := run(t, p); !errors.Is(err, sink.ErrFenced) {
		t.Errorf("Run answered %v, want ErrFenced", err)
	}
	if s.claims != 1 {
		t.Errorf("%d claims, want 1", s.claims)
	}
}

func TestRewindIsBoundedByProgress(t *testing.T) {
	rewinds := 0
	s := &spy{rewind: func(context.Context) (string, error) {
		rewinds++
		return "", nil
	}}
	s.load = func(context.Context, *sink.Batch, func() (sink.Receipt, error)) (sink.Receipt, error) {
		return sink.Receipt{}, sink.ErrRewind
	}
	p, _ := pipe(t, s, &floe.Options{}, 5)
	if _, err := run(t, p); !errors.Is(err, sink.ErrRewind) {
		t.Errorf("Run answered %v, want ErrRewind", err)
	}
	if rewinds != 4 {
		t.Errorf("%d rewinds, want the first and 3 retries", rewinds)
	}
}

// keep is a transform that changes nothing.
func keep(fingerprint string) []transform.Transform {
	return []transform.Transform{transform.Func(fingerprint, nil, func(_ context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
		rec.Retain()
		return rec, nil, nil
	})}
}

func TestChangedTransformsInsideASourceBatch(t *testing.T) {
	s := &spy{limits: sink.Limits{Largest: batching.Policy{Rows: 4}}}
	opts := &floe.Options{Transforms: keep("old")}
	p, m := pipe(t, s, opts, 10)
	loads := 0
	s.load = func(_ context.Context, _ *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error) {
		if loads++; loads == 2 {
			return sink.Receipt{}, errors.New("crash")
		}
		return next()
	}
	if _, err := run(t, p); err == nil {
		t.Fatal("the run did not fail")
	}
	recs := ids(memory.DefaultAllocator, 10)
	src := source.FromRecords("p", recs...)
	defer src.Close(context.Background())
	release(recs)
	opts.Transforms = keep("new")
	if _, err := run(t, mustNew(t, src, s, opts)); err == nil || !strings.Contains(err.Error(), "AcceptChangedTransforms") {
		t.Errorf("Run answered %v, want a refusal that names the option", err)
	}
	opts.AcceptChangedTransforms = true
	res, err := run(t, mustNew(t, src, s, opts))
	if err != nil || res.Skipped != 4 || res.Written != 6 {
		t.Errorf("%v (%d skipped), %v; want 4 rows skipped and 6 written", res, res.Skipped, err)
	}
	if diff := cmp.Diff(upTo(10), idsOf(records(t, m))); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
}

func TestSourceWithFewerRowsThanLoadedIsAnError(t *testing.T) {
	s := &spy{limits: sink.Limits{Largest: batching.Policy{Rows: 4}}}
	p, _ := pipe(t, s, &floe.Options{}, 10)
	loads := 0
	s.load = func(_ context.Context, _ *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error) {
		if loads++; loads == 3 {
			return sink.Receipt{}, errors.New("crash")
		}
		return next()
	}
	if _, err := run(t, p); err == nil {
		t.Fatal("the run did not fail")
	}
	recs := ids(memory.DefaultAllocator, 5)
	src := source.FromRecords("p", recs...)
	defer src.Close(context.Background())
	release(recs)
	if _, err := run(t, mustNew(t, src, s, nil)); err == nil || !strings.Contains(err.Error(), "3 rows behind the end") {
		t.Errorf("Run answered %v, want an error that says 3 rows are missing", err)
	}
}

func TestEveryHookIsTold(t *testing.T) {
	var mu sync.Mutex
	told := map[string]int{}
	note := func(what string) {
		mu.Lock()
		told[what]++
		mu.Unlock()
	}
	p, _ := pipe(t, &spy{}, &floe.Options{Batching: batching.Policy{Rows: 1}, Hooks: floe.Hooks{
		Claimed: func(floe.Claimed) { note("claimed") },
		Sealed:  func(floe.BatchInfo) { note("sealed") },
		Loaded:  func(floe.BatchInfo) { note("loaded") },
		Ended:   func(floe.Ended) { note("ended") },
	}}, 3, 3)
	if _, err := run(t, p); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"claimed": 1, "sealed": 2, "loaded": 2, "ended": 1}, told); diff != "" {
		t.Errorf("hooks mismatch (-want +got):\n%s", diff)
	}
}

func TestSinkThatKeepsRejectsNeedsNoDeadLetters(t *testing.T) {
	mem := checked(t)
	recs := ids(mem, 10)
	src := source.FromRecords("p", recs...)
	defer src.Close(context.Background())
	release(recs)
	m := sink.NewMemory(&sink.MemoryOptions{Allocator: mem, Check: func(arrow.Record) []deadletter.Reason {
		return []deadletter.Reason{{Row: 3, Message: "no threes"}}
	}})
	t.Cleanup(m.Release)
	tries := 0
	s := &spy{Sink: m, limits: sink.Limits{KeepsRejects: true}}
	s.load = func(_ context.Context, b *sink.Batch, next func() (sink.Receipt, error)) (sink.Receipt, error) {
		if tries++; tries == 1 { // fails behind the gate
			bad, reject, err := deadletter.Split(mem, b.Records[0], []deadletter.Reason{{Row: 3, Message: "no threes"}})
			if err != nil {
				return sink.Receipt{}, err
			}
			bad.Release()
			if err := b.Gate(context.Background(), sink.Receipt{Rows: 9, Rejected: reject}); err != nil {
				return sink.Receipt{}, err
			}
			return sink.Receipt{}, retry.Transient(errors.New("busy"))
		}
		return next()
	}
	res, err := run(t, mustNew(t, src, s, &floe.Options{Retry: quick, Allocator: mem, MaxRejects: 1}))
	if err != nil || res.Written != 9 || res.Rejected != 1 {
		t.Errorf("%v, %v; want 9 rows written and 1 rejected", res, err)
	}
}

func TestDeadLettersOnTheSinksOwnDatabaseAreRefused(t *testing.T) {
	on := func(places string) sink.Sink {
		return &spy{Sink: sink.NewMemory(nil), limits: sink.Limits{Database: places}}
	}
	src := source.FromRecords("p")
	defer src.Close(context.Background())
	for _, tc := range []struct {
		name         string
		dst, letters sink.Sink
		refused      bool
	}{
		{"neither says", on(""), on(""), false},
		{"two places", on("a"), on("b"), false},
		{"one place", on("a"), on("a"), true},
		{"the place of the second branch", sink.Tee(on("a"), on("b")), on("b"), true},
		{"of a branch that says none", sink.Tee(on(""), on("b")), on("b"), true},
		{"of neither branch", sink.Tee(on("a"), on("b")), on("c"), false},
	} {
		_, err := floe.New("test", src, tc.dst, &floe.Options{DeadLetter: tc.letters})
		var ce *config.Error
		if errors.As(err, &ce) != tc.refused {
			t.Errorf("%s: New answered %v", tc.name, err)
		}
	}
}
