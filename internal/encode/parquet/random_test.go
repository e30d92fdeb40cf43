package parquet_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/internal/encode/internal/sample"
	"github.com/floedata/floe/internal/encode/parquet"
)

// TestRandom writes random values of random, nested types under random options and has them read back by all readers.
func TestRandom(t *testing.T) {
	seeds := 80
	if testing.Short() {
		seeds = 20
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { roundTrip(t, uint64(seed)) })
	}
}

// TestLeaves has columns of every type that is not nested, with and without nulls, in several row groups and pages.
func TestLeaves(t *testing.T) {
	var fields []arrow.Field
	for i, dt := range sample.Leaves() {
		fields = append(fields,
			arrow.Field{Name: fmt.Sprintf("c%d", i), Type: dt},
			arrow.Field{Name: fmt.Sprintf("n%d", i), Type: dt, Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	rnd := rand.New(rand.NewPCG(7, 7))
	for range 3 {
		rec := sample.Record(rnd, checked(t), schema, 400)
		defer rec.Release()
		readBack(t, encode(t, schema, &parquet.Options{PageBytes: 500, RowGroupRows: 150}, rec), rec)
	}
}

// FuzzRoundTrip does for any seed what TestRandom does.
func FuzzRoundTrip(f *testing.F) {
	f.Add(uint64(1000))
	f.Fuzz(roundTrip)
}

func roundTrip(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	schema := sample.Schema(rnd, 3)
	mem := checked(t)
	var recs []arrow.Record
	for range 1 + rnd.IntN(3) {
		rec := sample.Record(rnd, mem, schema, rnd.IntN(300))
		defer rec.Release()
		recs = append(recs, rec)
	}
	o := &parquet.Options{
		Codec:         []parquet.Codec{parquet.Zstd, parquet.Snappy, parquet.None}[rnd.IntN(3)],
		PageBytes:     []int{0, 1, 50, 1000}[rnd.IntN(4)],
		RowGroupRows:  []int{0, 1, 37, 200}[rnd.IntN(4)],
		RowGroupBytes: []int64{0, 1, 5000}[rnd.IntN(3)],
	}
	readBack(t, encode(t, schema, o, recs...), recs...)
	if t.Failed() {
		t.Fatalf("%+v of %s", *o, schema)
	}
}
