package batching_test

import (
	"fmt"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/batching"
)

func ExampleNewBatcher() {
	mem := memory.DefaultAllocator
	b := batching.NewBatcher(mem, batching.Policy{Rows: 250, Delay: time.Minute}, 100)
	defer b.Release()
	for k := range 3 {
		rec := ints(mem, 90*k, 90)
		err := b.Add(rec, time.Now())
		rec.Release()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(b.Rows(), "rows, full:", b.Full())
	}
	records, err := b.Seal()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, rec := range records {
		fmt.Println("a record of", rec.NumRows())
		rec.Release()
	}
	// Output:
	// 90 rows, full: false
	// 180 rows, full: false
	// 270 rows, full: true
	// a record of 100
	// a record of 100
	// a record of 70
}

func ExamplePolicy_Stricter() {
	user := batching.Policy{Rows: 1_000_000, Delay: time.Minute}
	sink := batching.Policy{Rows: 50_000, Bytes: 64 << 20}
	fmt.Printf("%+v\n", user.Stricter(sink))
	// Output:
	// {Rows:50000 Bytes:67108864 Delay:1m0s}
}
