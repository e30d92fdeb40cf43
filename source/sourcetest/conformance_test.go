package sourcetest_test

import (
	"context"
	"fmt"
	"log"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/sourcetest"
)

// tens returns the numbers from 0 in records of ten.
func tens(mem memory.Allocator, rows int64) []arrow.Record {
	var recs []arrow.Record
	for n := int64(0); n < rows; n += 10 {
		recs = append(recs, count(mem, n, min(10, rows-n)))
	}
	return recs
}

func release(recs []arrow.Record) {
	for _, rec := range recs {
		rec.Release()
	}
}

// adapters make a source of tens.
var adapters = map[string]func(mem memory.Allocator) (source.Source, error){
	"FromRecords": func(mem memory.Allocator) (source.Source, error) {
		recs := tens(mem, 75)
		defer release(recs)
		return source.FromRecords("numbers", recs...), nil
	},
	"Replay": func(mem memory.Allocator) (source.Source, error) {
		recs := tens(mem, 75)
		defer release(recs)
		return source.Replay(source.FromRecords("numbers", recs...)), nil
	},
	"FromReader": func(mem memory.Allocator) (source.Source, error) {
		recs := tens(mem, 75)
		defer release(recs)
		r, err := array.NewRecordReader(numbers, recs)
		if err != nil {
			return nil, err
		}
		defer r.Release()
		return source.FromReader("numbers", r), nil
	},
	"FromSeq": func(mem memory.Allocator) (source.Source, error) {
		return source.FromSeq("numbers", numbers, func(yield func(arrow.Record, error) bool) {
			for n := int64(0); n < 75; n += 10 {
				if !yield(count(mem, n, min(10, 75-n)), nil) {
					return
				}
			}
		}), nil
	},
	"FromStructs": func(mem memory.Allocator) (source.Source, error) {
		return source.FromStructs("numbers", slices.Values(rowsOf(75)), &source.StructOptions{Allocator: mem, Batching: batching.Policy{Rows: 10}})
	},
	"FromChan": func(mem memory.Allocator) (source.Source, error) {
		ch := make(chan row, 75)
		for _, r := range rowsOf(75) {
			ch <- r
		}
		close(ch)
		return source.FromChan("numbers", ch, &source.StructOptions{Allocator: mem, Batching: batching.Policy{Rows: 10}})
	},
}

type row struct {
	N int64 `floe:"n"`
}

func rowsOf(n int64) []row {
	var rows []row
	for i := range n {
		rows = append(rows, row{i})
	}
	return rows
}

func TestAdapters(t *testing.T) {
	for name, open := range adapters {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, func(t testing.TB) sourcetest.Harness {
				want := tens(memory.DefaultAllocator, 75)
				t.Cleanup(func() { release(want) })
				return sourcetest.Harness{
					Open: func(_ context.Context, mem memory.Allocator) (source.Source, error) { return open(mem) },
					Want: map[string][]arrow.Record{"numbers": want},
				}
			})
		})
	}
}

// groupHarness is a harness of a group of one member, made by open.
func groupHarness(opts *sourcetest.GroupOptions, wrap func(g *sourcetest.Group, m *sourcetest.Member) source.Source) sourcetest.Harness {
	const partitions = 3
	want := map[string][]arrow.Record{}
	topic := sourcetest.NewTopic("events", partitions)
	recs := tens(memory.DefaultAllocator, 75)
	index := map[string]int{}
	for i := range partitions {
		topic.Append(i, recs...)
		want[topic.ID(i)] = recs
		index[topic.ID(i)] = i
	}
	g := sourcetest.NewGroup(topic, opts)
	return sourcetest.Harness{
		Open: func(context.Context, memory.Allocator) (source.Source, error) { return wrap(g, g.Member()), nil },
		Want: want,
		Revoke: func(_ context.Context, id string) error {
			g.Move(index[id], g.Owner(index[id]))
			return nil
		},
		Lose: func(_ context.Context, id, position string) error {
			n, err := strconv.ParseInt(position, 10, 64)
			topic.Trim(index[id], n)
			return err
		},
		Acked: func(_ context.Context, id string) (string, error) {
			return strconv.FormatInt(g.Acked(index[id]), 10), nil
		},
		Close: func() error {
			topic.Release()
			release(recs)
			return g.Err()
		},
	}
}

func TestGroupConforms(t *testing.T) {
	for name, opts := range map[string]*sourcetest.GroupOptions{
		"plain":   nil,
		"hostile": {Seed: 3, BatchRows: 9, Latency: time.Millisecond, Faults: 0.2, AckFaults: 0.3},
	} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, func(testing.TB) sourcetest.Harness {
				return groupHarness(opts, func(_ *sourcetest.Group, m *sourcetest.Member) source.Source { return m })
			})
		})
	}
}

func ExampleGroup() {
	topic := sourcetest.NewTopic("events", 1)
	rec := count(memory.DefaultAllocator, 0, 3)
	topic.Append(0, rec)
	group := sourcetest.NewGroup(topic, nil)

	ctx, drain := context.WithCancel(context.Background())
	defer drain()
	member := group.Member()
	for p, err := range member.Partitions(ctx) { // an endless source, read by hand
		if err != nil {
			log.Fatal(err)
		}
		r, err := p.Open(ctx, "")
		if err != nil {
			log.Fatal(err)
		}
		b, err := r.Next(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(p.ID(), b.Position, b.Record.Column(0))
		b.Release()
		group.Move(0, member) // and back to itself
		_, err = r.Next(ctx)
		fmt.Println(err)
		_ = r.Close(ctx)
		drain()
	}
	_ = member.Close(context.Background())
	fmt.Println(group.Err())
	// Output:
	// events/0 3 [0 1 2]
	// sourcetest: events/0 of member 1: source: the partition was taken away
	// <nil>
}

func ExampleCheck() {
	newHarness := func() (sourcetest.Harness, error) {
		return sourcetest.Harness{
			Open: func(_ context.Context, mem memory.Allocator) (source.Source, error) {
				rec := count(mem, 0, 10)
				defer rec.Release()
				return source.FromRecords("", rec), nil // a partition needs an ID
			},
		}, nil
	}
	err := sourcetest.Check(context.Background(), newHarness, "partitions/ids")
	fmt.Println(strings.Split(err.Error(), ":")[0])
	// Output: partitions/ids
}
