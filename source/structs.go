package source

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/config"
)

// StructOptions says how Go structs become records. The zero value, like nil, is the defaults.
type StructOptions struct {
	// Batching bounds the records; 0 means 8192 rows and 16 MiB. Delay is for FromChan: a row waits no longer
	// than that for others to come; 0 means 100 ms.
	Batching batching.Policy
	// Allocator makes the records; nil means memory.DefaultAllocator.
	Allocator memory.Allocator
}

// Default values of [StructOptions].
const (
	DefaultStructRows  = 8192
	DefaultStructBytes = 16 << 20
	DefaultStructDelay = 100 * time.Millisecond
)

// FromStructs returns a bounded source of one partition that gives the structs of seq as rows. It cannot be
// replayed (see [NotReplayable]): id is fresh for each run and names the partition; "" does for at-least-once
// sinks alone. A rewind or a restart cannot be served and is an *[OffsetError].
//
// The exported fields of T are the columns, under their names or that of the tag `floe:"name"`; a tag "-"
// leaves a field out, and the fields of an embedded struct without a tag count as fields of T.
//
//	bool, string, intN, uintN, floatN   the same; int and uint have 64 bits
//	[]byte                              binary, null where nil
//	[N]byte                             fixed size binary; a UUID is one of 16
//	time.Time                           timestamp of microseconds, UTC: what is finer is cut off
//	time.Duration                       duration of nanoseconds
//	decimal128.Num                      decimal128 as in the tag `floe:"name,precision=12,scale=2"`
//	*T                                  as T, null where nil
//	[]T                                 list, null where nil
//	map[K]V                             map, null where nil; its entries come in no particular order
//	struct                              struct
//
// With `floe:"name,omitzero"` the zero value is a null. Fields of other types, and types that contain
// themselves, are an error that names them. A value that its column cannot hold (text that is no UTF-8, a
// decimal of too many digits) is an error of the run.
//
// seq is ranged over once, and not before the first row is asked for; where it blocks it is not interrupted
// by a context.
func FromStructs[T any](id string, seq iter.Seq[T], opts *StructOptions) (Source, error) {
	var faults config.Faults
	if opts != nil && opts.Batching.Delay != 0 {
		faults.Add("StructOptions.Batching.Delay", "an iterator cannot be interrupted: leave it 0, or use FromChan")
	}
	rows, err := newStructRows[T]("source.FromStructs", opts, &faults)
	if err != nil {
		return nil, err
	}
	// The loop over seq pushes rows; only whole records change coroutines.
	return newStream(id, &structSeqFeed[T]{rows: rows, seqFeed: seqFeed{sch: rows.schema, seq: func(yield func(arrow.Record, error) bool) {
		for v := range seq {
			switch full, err := rows.add(v); {
			case err != nil:
				yield(nil, err)
				return
			case full && !yield(rows.take(), nil):
				return
			}
		}
		if rows.n > 0 {
			yield(rows.take(), nil)
		}
	}}}), nil
}

type structSeqFeed[T any] struct {
	seqFeed
	rows *structRows[T]
}

func (f *structSeqFeed[T]) close() {
	f.seqFeed.close()
	f.rows.builder.Release()
}

// FromChan is [FromStructs] of what comes through a channel, and ends when ch is closed. Rows that are waiting
// for others to come are given after Batching.Delay. Every method heeds its context.
func FromChan[T any](id string, ch <-chan T, opts *StructOptions) (Source, error) {
	rows, err := newStructRows[T]("source.FromChan", opts, &config.Faults{})
	if err != nil {
		return nil, err
	}
	return newStream(id, &chanFeed[T]{ch: ch, rows: rows}), nil
}

type chanFeed[T any] struct {
	ch   <-chan T
	rows *structRows[T] // rows of a Next that was broken off wait here for another
}

func (f *chanFeed[T]) schema() *arrow.Schema { return f.rows.schema }

func (f *chanFeed[T]) next(ctx context.Context) (arrow.Record, error) {
	var late <-chan time.Time
	for {
		if f.rows.n > 0 && late == nil {
			t := time.NewTimer(f.rows.limits.Delay)
			defer t.Stop()
			late = t.C
		}
		v, ok, err := f.receive(ctx, late)
		switch {
		case err != nil:
			return nil, err
		case !ok && f.rows.n > 0:
			return f.rows.take(), nil
		case !ok:
			return nil, io.EOF
		}
		full, err := f.rows.add(v)
		if err != nil {
			return nil, err
		}
		if full {
			return f.rows.take(), nil
		}
	}
}

// receive answers false where the channel is closed or it is late.
func (f *chanFeed[T]) receive(ctx context.Context, late <-chan time.Time) (v T, ok bool, err error) {
	select {
	case v, ok = <-f.ch:
		return v, ok, nil
	default:
	}
	select {
	case v, ok = <-f.ch:
		return v, ok, nil
	case <-late:
		return v, false, nil
	case <-ctx.Done():
		return v, false, fmt.Errorf("source: wait for a row: %w", ctx.Err())
	}
}

func (f *chanFeed[T]) close() { f.rows.builder.Release() }

// structRows gathers structs into a record.
type structRows[T any] struct {
	schema  *arrow.Schema
	builder *array.RecordBuilder
	limits  batching.Policy
	slot    *T // where every row is put, so that the appends know their fields by address
	appends []func()
	n       int64
	total   int64 // rows before this record
	last    int64 // rows of the record before, as many as this one is likely to have
	state   appendState
}

func newStructRows[T any](of string, opts *StructOptions, faults *config.Faults) (*structRows[T], error) {
	o := StructOptions{}
	if opts != nil {
		o = *opts
	}
	if o.Batching.Rows < 0 || o.Batching.Bytes < 0 || o.Batching.Delay < 0 {
		faults.Add("StructOptions.Batching", "a bound is negative: leave it 0 for the default")
	}
	r := &structRows[T]{limits: o.Batching, slot: new(T)}
	schema, err := structSchema[T]()
	if err != nil {
		faults.AddErr("T", "cannot be a row", err)
	}
	if err := faults.Err(of); err != nil {
		return nil, err
	}
	if r.limits.Rows == 0 {
		r.limits.Rows = DefaultStructRows
	}
	if r.limits.Bytes == 0 {
		r.limits.Bytes = DefaultStructBytes
	}
	if r.limits.Delay == 0 {
		r.limits.Delay = DefaultStructDelay
	}
	if o.Allocator == nil {
		o.Allocator = memory.DefaultAllocator
	}
	r.schema = schema
	r.builder = array.NewRecordBuilder(o.Allocator, schema)
	r.appends = r.state.bindStruct(r.slot, r.builder)
	return r, nil
}

// add appends a row and reports whether the record is full. After an error the source is done for.
func (r *structRows[T]) add(v T) (full bool, err error) {
	if r.state.err != nil {
		return false, r.state.err
	}
	if r.n == 0 {
		r.builder.Reserve(int(r.last))
	}
	*r.slot = v
	for _, f := range r.appends {
		f()
	}
	if r.state.err != nil {
		r.state.err = fmt.Errorf("source: row %d: %w", r.total+r.n, r.state.err)
		return false, r.state.err
	}
	r.n++
	return r.limits.Reached(r.n, r.state.bytes), nil
}

func (r *structRows[T]) take() arrow.Record {
	r.total += r.n
	r.last, r.n, r.state.bytes = r.n, 0, 0
	return r.builder.NewRecord()
}
