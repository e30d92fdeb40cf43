package source

import (
	"context"
	"io"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"
)

// FromSeq returns a bounded source of one partition that gives the records of seq, and ends with its first
// error. schema is that of the records to come; nil = not known before the first. The source cannot be
// replayed (see [NotReplayable]): id is fresh for each run and names the partition; "" does for at-least-once
// sinks alone. A rewind or a restart cannot be served and is an *[OffsetError].
//
// seq is ranged over once, and not before the first row is asked for; Close ends the loop early. Each record
// that seq yields passes to the source, with the reference that seq has; an iterator that only lends its
// records (array.IterFromReader) retains them first, or is better given to [FromReader] as the reader it came
// from. An error that is marked transient (package retry) is worth another try where seq goes on after it.
// A seq that blocks is not interrupted by a context: it watches its own.
func FromSeq(id string, schema *arrow.Schema, seq iter.Seq2[arrow.Record, error]) Source {
	return newStream(id, &seqFeed{sch: schema, seq: seq})
}

type seqFeed struct {
	sch  *arrow.Schema
	seq  iter.Seq2[arrow.Record, error]
	pull func() (arrow.Record, error, bool)
	stop func()
	last error // what seq last yielded in place of a record
}

func (f *seqFeed) schema() *arrow.Schema { return f.sch }

func (f *seqFeed) next(context.Context) (arrow.Record, error) {
	if f.pull == nil {
		f.pull, f.stop = iter.Pull2(f.seq)
	}
	rec, err, ok := f.pull()
	switch {
	case !ok && f.last != nil:
		// seq gave up after its error. That is no end: rows may be missing.
		return nil, f.last
	case !ok:
		return nil, io.EOF
	}
	f.last = err
	if err != nil {
		if rec != nil {
			rec.Release()
		}
		return nil, err
	}
	return rec, nil
}

func (f *seqFeed) close() {
	if f.stop != nil {
		f.stop()
	}
}
