package sinktest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
)

// two returns a batch of two rows behind an offset.
func two(from string) *sink.Batch {
	start, err := offset.Ordinal(from)
	if err != nil {
		panic(err)
	}
	rec := idRecord([]int64{start, start + 1})
	defer rec.Release()
	b, err := sinktest.NewBatch("p", "a", from, fmt.Sprintf("line %d", start+2), rec.Schema(), rec)
	if err != nil {
		panic(err)
	}
	return b
}

func ExampleNewBatch() {
	b := two("")
	defer b.Release()
	to, err := offset.Parse(b.To)
	fmt.Println(b.Rows, to.Position, to.Ordinal, err)
	fmt.Println(b.Gate(context.Background(), sink.Receipt{Rows: 1}))
	// Output:
	// 2 line 2 2 <nil>
	// the receipt does not add up: 1 rows loaded and 0 rejected of a batch of 2
}

func ExampleNewStaged() {
	ctx := context.Background()
	target := sinktest.NewStaged(nil)
	defer target.Release()
	w, committed, _ := target.Open(ctx, "p", "a")
	b := two(committed)
	err := errors.Join(w.Prepare(ctx, b.Schema), w.(sink.Stager).Stage(ctx, b))
	fmt.Println(b.Records == nil, target.Rows(), err)
	r, err := w.Load(ctx, b)
	fmt.Println(r.Rows, target.Rows(), errors.Join(err, w.Close(ctx)))
	// Output:
	// true 0 <nil>
	// 2 2 <nil>
}

func ExampleNewStreaming() {
	ctx := context.Background()
	target := sinktest.NewStreaming(nil)
	defer target.Release()
	w, committed, _ := target.Open(ctx, "p", "a")
	b := two(committed)
	defer b.Release()
	if err := w.Prepare(ctx, b.Schema); err != nil {
		fmt.Println(err)
		return
	}
	target.FailAppends(sinktest.LostAfter)
	err := w.(sink.Stager).Stage(ctx, b)
	fmt.Println(errors.Is(err, sink.ErrRewind), target.Rows())

	committed, err = w.(sink.Rewinder).Rewind(ctx)
	fmt.Println(committed == b.To, err) // the rows had landed
	// Output:
	// true 2
	// true <nil>
}

func ExampleNewGrouped() {
	ctx := context.Background()
	target := sinktest.NewGrouped(nil)
	defer target.Release()
	w, committed, _ := target.Open(ctx, "p", "a")
	b, next := two(committed), two(two(committed).To)
	defer b.Release()
	defer next.Release()
	if err := w.Prepare(ctx, b.Schema); err != nil {
		fmt.Println(err)
		return
	}
	receipts, errs := target.LoadAll(ctx, []sink.Loading{{Writer: w, Batch: b}, {Writer: w, Batch: next}})
	fmt.Println(receipts[0].Rows, receipts[1].Rows, target.Rows(), errors.Join(errs...))
	// Output:
	// 2 2 4 <nil>
}

func ExampleInject() {
	ctx := context.Background()
	table := sink.NewMemory(nil)
	defer table.Release()
	reset := retry.Transient(errors.New("connection reset"))
	flaky := sinktest.Inject(table, sinktest.On(sinktest.OpLoad, sinktest.Effect{After: reset}, 1))

	w, committed, _ := flaky.Open(ctx, "p", "a")
	b := two(committed)
	defer b.Release()
	if err := w.Prepare(ctx, b.Schema); err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		_, err := w.Load(ctx, b)
		fmt.Println(err, table.Rows())
	}
	// Output:
	// sinktest: after load 1: connection reset 2
	// <nil> 2
}
