// Package memory is a source of records in memory, in several partitions.
package memory

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/source"
)

// Source has the records of its partitions, which are at least one and all of one schema, as many times over as Times says.
type Source struct {
	Parts [][]arrow.Record
	Times int
}

// Partitions implements [source.Source].
func (s Source) Partitions(context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) {
		for i, recs := range s.Parts {
			if !yield(&partition{fmt.Sprint("p", i), recs, s.Times}, nil) {
				return
			}
		}
	}
}

// Unbounded implements [source.Source].
func (Source) Unbounded() bool { return false }

// Close implements [source.Source].
func (Source) Close(context.Context) error { return nil }

type partition struct {
	id    string
	recs  []arrow.Record
	times int
}

func (p *partition) ID() string { return p.id }

// Open goes on after so many records, which is what a position is.
func (p *partition) Open(_ context.Context, after string) (source.Reader, error) {
	r := &reader{partition: p}
	if after == "" {
		return r, nil
	}
	var err error
	r.next, err = strconv.Atoi(after)
	return r, err
}

type reader struct {
	*partition
	next int
}

func (r *reader) Schema() *arrow.Schema { return r.recs[0].Schema() }

func (r *reader) Next(context.Context) (source.Batch, error) {
	if r.next == len(r.recs)*r.times {
		return source.Batch{}, io.EOF
	}
	rec := r.recs[r.next%len(r.recs)]
	rec.Retain()
	r.next++
	return source.Batch{Record: rec, Position: strconv.Itoa(r.next)}, nil
}

func (*reader) Close(context.Context) error { return nil }
