package source_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/source"
)

// show prints what a source gives, as an engine would read it.
func show(src source.Source, after string) {
	ctx := context.Background()
	for p, err := range src.Partitions(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		r, err := p.Open(ctx, after)
		if err != nil {
			log.Fatal(err)
		}
		for {
			b, err := r.Next(ctx)
			if err == io.EOF {
				break
			}
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("%s after %s: %v\n", p.ID(), b.Position, b.Record.Columns())
			b.Release()
		}
		if err := r.Close(ctx); err != nil {
			log.Fatal(err)
		}
	}
	if err := src.Close(ctx); err != nil {
		log.Fatal(err)
	}
}

func ExampleFromRecords() {
	a, b := record(memory.DefaultAllocator, 1, 2), record(memory.DefaultAllocator, 3)
	show(source.FromRecords("numbers", a, b), "1")
	// Output: numbers after 2: [[3]]
}

func ExampleFromReader() {
	r, err := array.NewRecordReader(numbers, []arrow.Record{record(memory.DefaultAllocator, 1, 2)})
	if err != nil {
		log.Fatal(err)
	}
	show(source.FromReader("load of 2026-11-20", r), "")
	// Output: load of 2026-11-20 after 1: [[1 2]]
}

func ExampleFromSeq() {
	seq := func(yield func(arrow.Record, error) bool) {
		for n := range int64(2) {
			if !yield(record(memory.DefaultAllocator, n), nil) {
				return
			}
		}
	}
	show(source.FromSeq("count-1", numbers, seq), "")
	// Output:
	// count-1 after 1: [[0]]
	// count-1 after 2: [[1]]
}

func ExampleFromStructs() {
	type reading struct {
		Sensor  string   `floe:"sensor"`
		Celsius *float64 `floe:"celsius"`
	}
	warm := 21.5
	readings := []reading{{"roof", &warm}, {"cellar", nil}}
	src, err := source.FromStructs("readings-1", slices.Values(readings), nil)
	if err != nil {
		log.Fatal(err)
	}
	show(src, "")
	// Output: readings-1 after 1: [["roof" "cellar"] [21.5 (null)]]
}

func ExampleFromChan() {
	type event struct{ N int64 }
	events := make(chan event)
	go func() {
		defer close(events)
		for n := range int64(3) {
			events <- event{n}
		}
	}()
	src, err := source.FromChan("events-1", events, nil)
	if err != nil {
		log.Fatal(err)
	}
	show(src, "")
	// Output: events-1 after 1: [[0 1 2]]
}
