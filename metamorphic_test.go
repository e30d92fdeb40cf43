package floe_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/faults"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/transform"
)

var metaSeed = flag.Uint64("seed", 0, "seed of the metamorphic test; 0 = several fixed ones")

// target is a sink with a way to read it back, whatever its kind.
type target struct {
	sink.Sink
	rows    func() []arrow.Record
	release func()
}

// targets are the kinds of sinks that the engine treats differently.
var targets = map[string]func(rng *rand.Rand, mem memory.Allocator) target{
	"memory": func(rng *rand.Rand, mem memory.Allocator) target {
		m := sink.NewMemory(options(mem, randomLimits(rng)))
		return target{m, m.Records, m.Release}
	},
	"tee": func(rng *rand.Rand, mem memory.Allocator) target {
		staged := randomLimits(rng)
		staged.Stages = 1 + rng.IntN(3)
		a, b := sinktest.NewStaged(options(mem, staged)), sink.NewMemory(options(mem, randomLimits(rng)))
		return target{sink.Tee(a, b), b.Records, func() {
			a.Release()
			b.Release()
		}}
	},
	"grouped": func(rng *rand.Rand, mem memory.Allocator) target {
		limits := randomLimits(rng)
		limits.Group, limits.Loads = 2+rng.IntN(8), 1+rng.IntN(2)
		m := sinktest.NewGrouped(options(mem, limits))
		return target{m, m.Records, m.Release}
	},
	"staged": func(rng *rand.Rand, mem memory.Allocator) target {
		limits := randomLimits(rng)
		limits.Stages = 1 + rng.IntN(3)
		if rng.IntN(2) == 0 {
			limits.Group, limits.Loads = 2+rng.IntN(8), 1+rng.IntN(2)
		}
		m := sinktest.NewStaged(options(mem, limits))
		return target{m, m.Records, m.Release}
	},
	"streaming": func(rng *rand.Rand, mem memory.Allocator) target {
		m := sinktest.NewStreaming(&sink.MemoryOptions{Allocator: mem, AddColumns: true})
		for range rng.IntN(6) {
			m.FailAppends(sinktest.AppendFailure(rng.IntN(2)))
		}
		return target{m, m.Records, m.Release}
	},
}

// options are those of a target that refuses some rows, see refusedBySink.
func options(mem memory.Allocator, limits sink.Limits) *sink.MemoryOptions {
	return &sink.MemoryOptions{Allocator: mem, Limits: limits, AddColumns: true, Check: func(rec arrow.Record) []deadletter.Reason {
		var reasons []deadletter.Reason
		for i, v := range rec.Column(0).(*array.Int64).Int64Values() {
			if refusedBySink(v) {
				reasons = append(reasons, deadletter.Reason{Row: int64(i), Code: deadletter.CodeConstraint, Message: fmt.Sprint("refused: ", v)})
			}
		}
		return reasons
	}}
}

func refusedBySink(v int64) bool { return v >= refusedFrom && v%11 == 5 }

// refusedFrom is where ids begin that targets may refuse; those of tests that have none are below.
const refusedFrom = 1_000_000

func randomLimits(rng *rand.Rand) sink.Limits {
	return sink.Limits{
		Batch:        batching.Policy{Rows: int64(rng.IntN(300))},
		Largest:      batching.Policy{Rows: int64(rng.IntN(2) * (1 + rng.IntN(90)))},
		RecordRows:   int64(rng.IntN(2) * rng.IntN(64)),
		InFlight:     rng.IntN(4),
		Loads:        rng.IntN(3),
		EmptyBatches: rng.IntN(2) == 0,
	}
}

// joined yields the partitions of several sources.
type joined []source.Source

func (j joined) Partitions(ctx context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) {
		for _, s := range j {
			for p, err := range s.Partitions(ctx) {
				if !yield(p, err) {
					return
				}
			}
		}
	}
}

func (j joined) Unbounded() bool { return false }

func (j joined) Close(ctx context.Context) error {
	var errs []error
	for _, s := range j {
		errs = append(errs, s.Close(ctx))
	}
	return errors.Join(errs...)
}

// moved is a transform that changes all ids to those that targets may refuse, and gives each row copies times.
func moved(mem memory.Allocator, copies int) transform.Transform {
	return transform.Func(fmt.Sprint("moved", copies), nil, func(_ context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
		b := array.NewRecordBuilder(mem, rec.Schema())
		defer b.Release()
		for _, v := range rec.Column(0).(*array.Int64).Int64Values() {
			for k := range copies {
				b.Field(0).(*array.Int64Builder).Append(movedID(v, k))
				for _, f := range b.Fields()[1:] {
					f.AppendNull()
				}
			}
		}
		return b.NewRecord(), nil, nil
	})
}

func movedID(v int64, copied int) int64 { return refusedFrom*int64(copied+1) + v }

// thirds is a transform that drops the rows divisible by three, and rejects those that end in 7.
func thirds(mem memory.Allocator) transform.Transform {
	return transform.Func("thirds", nil, func(_ context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
		values := rec.Column(0).(*array.Int64).Int64Values()
		var reasons []deadletter.Reason
		b := array.NewRecordBuilder(mem, rec.Schema())
		defer b.Release()
		for i, v := range values {
			switch {
			case v%10 == 7:
				reasons = append(reasons, deadletter.Reason{Row: int64(i), Code: deadletter.CodeFailed, Message: fmt.Sprint("seven: ", v)})
			case v%3 != 0:
				b.Field(0).(*array.Int64Builder).Append(v)
				for _, f := range b.Fields()[1:] {
					f.AppendNull()
				}
			}
		}
		kept, rejected, err := deadletter.Split(mem, rec, reasons)
		if kept != nil {
			kept.Release()
		}
		return b.NewRecord(), rejected, err
	})
}

// widened gives some of the records, which it replaces, another column.
func widened(rng *rand.Rand, mem memory.Allocator, recs []arrow.Record) {
	from := rng.IntN(len(recs) + 1)
	for i, rec := range recs {
		if i < from || i%4 == 3 {
			continue
		}
		extra := array.MakeArrayOfNull(mem, arrow.BinaryTypes.String, int(rec.NumRows()))
		schema := arrow.NewSchema([]arrow.Field{rec.Schema().Field(0), {Name: "extra", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
		recs[i] = array.NewRecord(schema, []arrow.Array{rec.Column(0), extra}, rec.NumRows())
		extra.Release()
		rec.Release()
	}
}

// TestSameRowsWhateverHappens moves the same input under random options, limits and faults, with aborts and
// drains in between, and always finds the same rows.
func TestSameRowsWhateverHappens(t *testing.T) {
	seeds := []uint64{*metaSeed}
	if *metaSeed == 0 {
		seeds = nil
		n := 24
		if testing.Short() {
			n = 6
		}
		for i := range n {
			seeds = append(seeds, uint64(i+1))
		}
	}
	for kind, open := range targets {
		t.Run("sink="+kind, func(t *testing.T) {
			for _, seed := range seeds {
				t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { metamorphic(t, kind, seed, open) })
			}
		})
	}
}

func metamorphic(t *testing.T, kind string, seed uint64, open func(*rand.Rand, memory.Allocator) target) {
	t.Logf("repeat with -run '%s' -seed=%d", t.Name(), seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	dst := open(rng, mem)
	defer dst.release()
	letters := sink.NewMemory(&sink.MemoryOptions{AddColumns: true})
	defer letters.Release()

	var want, refused []int64
	withTransform, copies, widens := rng.IntN(2) == 0, rng.IntN(3), rng.Uint64()
	partitions := 1 + rng.IntN(5)
	sizes := make([][]int, partitions)
	total := 0
	for i := range sizes {
		for range rng.IntN(12) {
			n := rng.IntN(120)
			sizes[i] = append(sizes[i], n)
			total += n
		}
	}
	cut := func() joined {
		var all []int
		for _, s := range sizes {
			all = append(all, s...)
		}
		recs := ids(mem, all...)
		if widens%2 == 0 {
			widened(rand.New(rand.NewPCG(widens, 0)), mem, recs)
		}
		defer release(recs)
		var j joined
		next := 0
		for i, s := range sizes {
			j = append(j, source.FromRecords(fmt.Sprint("p", i), recs[next:next+len(s)]...))
			next += len(s)
		}
		return j
	}
	for v := range int64(total) {
		switch {
		case withTransform && v%10 == 7:
			refused = append(refused, v)
		case withTransform && v%3 == 0:
		case copies == 0:
			want = append(want, v)
		default:
			for k := range copies {
				if id := movedID(v, k); kind != "streaming" && refusedBySink(id) {
					refused = append(refused, id)
				} else {
					want = append(want, id)
				}
			}
		}
	}
	slices.Sort(want)
	slices.Sort(refused)

	in := faults.NewRandom(seed, []float64{0, 0.05, 0.3}[rng.IntN(3)], 3)
	opts := func() *floe.Options {
		o := &floe.Options{
			Batching:    batching.Policy{Rows: int64(rng.IntN(200)), Bytes: int64(rng.IntN(2) * rng.IntN(4000))},
			Retry:       retry.Policy{Retries: 50, Base: -1},
			Workers:     1 + rng.IntN(4),
			MemoryLimit: int64(1 + rng.IntN(5000)),
			DeadLetter:  letters,
			Allocator:   mem,
			Logger:      silent,
		}
		if withTransform {
			o.Transforms = append(o.Transforms, thirds(mem))
		}
		if copies > 0 {
			o.Transforms = append(o.Transforms, moved(mem, copies))
		}
		return o
	}
	for round := 0; ; round++ {
		if round > 200 {
			t.Fatal("no end after 200 runs")
		}
		src := cut()
		p := mustNew(t, faults.Source(src, in), faults.Sink(dst.Sink, in), opts())
		how := rng.IntN(3)
		if round > 5 {
			how = 2
		}
		done, err := oneRun(p, how, time.Duration(rng.IntN(3000))*time.Microsecond)
		src.Close(context.Background())
		left(t, p)
		var be *floe.BatchError
		listing := errors.As(err, &be) && be.Step == floe.StepPartitions && errors.Is(err, faults.Error) // is not tried again
		if err != nil && !errors.Is(err, context.DeadlineExceeded) && !listing {
			t.Fatalf("run %d: %v", round, err)
		}
		if done && err == nil {
			break
		}
	}
	rows := dst.rows()
	defer release(rows)
	if diff := cmp.Diff(want, idsOf(rows)); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
	dead := letters.Records()
	defer release(dead)
	if diff := cmp.Diff(refused, unique(idsOf(dead))); diff != "" {
		t.Errorf("dead letters mismatch (-want +got):\n%s", diff)
	}
}

// oneRun runs p whole (how 2), drained (1) or aborted (0) after a while.
func oneRun(p *floe.Pipeline, how int, after time.Duration) (whole bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	switch how {
	case 0:
		ctx, cancel = context.WithTimeout(ctx, after)
		defer cancel()
	case 1:
		drained := make(chan struct{})
		defer func() { <-drained }()
		go func() {
			defer close(drained)
			time.Sleep(after)
			_ = p.Drain(ctx)
		}()
	}
	_, err = p.Run(ctx)
	return how == 2, err
}

func unique(sorted []int64) []int64 {
	var out []int64
	for i, v := range sorted {
		if i == 0 || v != sorted[i-1] {
			out = append(out, v)
		}
	}
	return out
}
