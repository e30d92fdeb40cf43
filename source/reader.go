package source

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// FromReader returns a bounded source of one partition that gives the records of r. It cannot be replayed (see
// [NotReplayable]): id is fresh for each run and names the partition; "" does for at-least-once sinks alone.
// A rewind or a restart cannot be served and is an *[OffsetError].
//
// The source retains r until Close. A call of r.Next that blocks is not interrupted by a context.
func FromReader(id string, r array.RecordReader) Source {
	r.Retain()
	return newStream(id, &readerFeed{r: r})
}

type readerFeed struct {
	r    array.RecordReader
	done error // how r ended; it is not asked again
}

func (f *readerFeed) schema() *arrow.Schema { return f.r.Schema() }

func (f *readerFeed) next(context.Context) (arrow.Record, error) {
	if f.done == nil && !f.r.Next() {
		if f.done = f.r.Err(); f.done == nil {
			f.done = io.EOF
		}
	}
	if f.done != nil {
		return nil, f.done
	}
	rec := f.r.Record()
	rec.Retain() // r keeps its record only until its next one
	return rec, nil
}

func (f *readerFeed) close() { f.r.Release() }
