package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/source"
)

// pageRows is how many readings are asked for at once. Where rows are cut may change from run to run.
const pageRows = 200

// stationSource reads a station: a partition for each sensor, up to the readings that there are now. It can be
// replayed, because a reading keeps its number; so the number is the position.
type stationSource struct {
	station *station
	mem     memory.Allocator
}

func (s *stationSource) Partitions(ctx context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) {
		names, err := s.station.Sensors(ctx)
		if err != nil {
			yield(nil, classify(err))
			return
		}
		for _, name := range names {
			if !yield(&sensor{s, name}, nil) {
				return
			}
		}
	}
}

func (s *stationSource) Unbounded() bool { return false }

func (s *stationSource) Close(context.Context) error { return nil }

type sensor struct {
	*stationSource
	name string
}

func (p *sensor) ID() string { return p.name }

// Open asks for the first page, so that a position which the station does not have is an error here.
func (p *sensor) Open(ctx context.Context, after string) (source.Reader, error) {
	r := &reader{sensor: p}
	var err error
	if after != "" {
		r.number, err = strconv.ParseInt(after, 10, 64)
		if err != nil || r.number < 1 || position(r.number) != after {
			return nil, &source.OffsetError{Partition: p.name, Position: after, Lost: "it is no number of a reading"}
		}
	}
	r.page, err = p.station.Readings(ctx, p.name, r.number, pageRows)
	if errors.Is(err, errGone) || errors.Is(err, errBad) {
		return nil, &source.OffsetError{Partition: p.name, Position: after, Lost: "the station does not have what comes next; reset the pipeline to load what it has", Err: err}
	}
	if err != nil {
		return nil, classify(err)
	}
	return r, nil
}

func position(number int64) string { return strconv.FormatInt(number, 10) }

// classify marks what passes by itself: the engine calls again. Of any other error it gives up at once.
func classify(err error) error {
	if errors.Is(err, errBusy) {
		return retry.Transient(err)
	}
	return err
}

type reader struct {
	*sensor
	number int64     // of the last reading given
	page   []reading // asked for and not given
}

var schema = arrow.NewSchema([]arrow.Field{
	{Name: "sensor", Type: arrow.BinaryTypes.String},
	{Name: "number", Type: arrow.PrimitiveTypes.Int64},
	{Name: "at", Type: &arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}},
	{Name: "celsius", Type: arrow.PrimitiveTypes.Float64},
}, nil)

func (r *reader) Schema() *arrow.Schema { return schema }

func (r *reader) Next(ctx context.Context) (source.Batch, error) {
	if err := ctx.Err(); err != nil {
		return source.Batch{}, err
	}
	if len(r.page) == 0 {
		page, err := r.station.Readings(ctx, r.name, r.number, pageRows)
		if err != nil {
			return source.Batch{}, classify(fmt.Errorf("readings of %q after number %d: %w", r.name, r.number, err))
		}
		if len(page) == 0 {
			return source.Batch{}, io.EOF
		}
		r.page = page
	}
	rec := r.record(r.page)
	r.number, r.page = r.page[len(r.page)-1].Number, nil
	return source.Batch{Record: rec, Position: position(r.number)}, nil
}

// record makes the rows of a page; they are the caller's.
func (r *reader) record(page []reading) arrow.Record {
	b := array.NewRecordBuilder(r.mem, schema)
	defer b.Release()
	for _, m := range page {
		b.Field(0).(*array.StringBuilder).Append(r.name)
		b.Field(1).(*array.Int64Builder).Append(m.Number)
		b.Field(2).(*array.TimestampBuilder).Append(arrow.Timestamp(m.At.Unix()))
		b.Field(3).(*array.Float64Builder).Append(m.Celsius)
	}
	return b.NewRecord()
}

func (r *reader) Close(context.Context) error { return nil }
