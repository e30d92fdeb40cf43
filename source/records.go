package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
)

// FromRecords returns a bounded source of one partition, named id, that gives the records one by one. A
// position is the number of records read, so a program that makes the same records again after a restart goes
// on where it stopped. id must not be empty. The records may differ in schema.
//
// The source retains the records until Close. It may be read again after that, by another run, as long as the
// caller's own references last.
func FromRecords(id string, recs ...arrow.Record) Source {
	s := &records{id: id, recs: append([]arrow.Record(nil), recs...), held: true}
	for _, r := range s.recs {
		r.Retain()
	}
	return s
}

// records is its own only partition.
type records struct {
	id   string
	recs []arrow.Record
	held bool // the references of the construction are still there
}

func (s *records) Partitions(context.Context) iter.Seq2[Partition, error] {
	return func(yield func(Partition, error) bool) {
		if s.id == "" {
			yield(nil, errors.New("source: FromRecords: the id is empty: name the partition, offsets are kept under it"))
			return
		}
		yield(s, nil)
	}
}

func (s *records) Unbounded() bool { return false }

func (s *records) Close(context.Context) error {
	if !s.held {
		return nil
	}
	s.held = false
	for _, r := range s.recs {
		r.Release()
	}
	return nil
}

// Estimate counts the rows exactly; the bytes are unknown.
func (s *records) Estimate(context.Context) (rows, bytes int64) {
	for _, r := range s.recs {
		rows += r.NumRows()
	}
	return rows, -1
}

func (s *records) ID() string { return s.id }

func (s *records) Open(ctx context.Context, after string) (Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("source: open %q: %w", s.id, err)
	}
	n, ok := parseOrdinal(after)
	if !ok {
		return nil, &OffsetError{Partition: s.id, Position: after, Lost: "the position is not one of FromRecords; reset the pipeline or name the partition otherwise"}
	}
	if n > int64(len(s.recs)) {
		return nil, &OffsetError{Partition: s.id, Position: after, Lost: fmt.Sprintf("there are only %d records; give the same records as before", len(s.recs))}
	}
	for i, r := range s.recs {
		// A record that was released for the last time has lost its columns, but not its schema.
		if int(r.NumCols()) != r.Schema().NumFields() {
			return nil, fmt.Errorf("source: open %q: record %d has been released: keep a reference to read it again", s.id, i)
		}
	}
	r := &recordsReader{id: s.id, recs: s.recs, next: int(n)}
	for _, rec := range r.recs {
		rec.Retain()
	}
	return r, nil
}

// recordsReader has references of its own, so that it may outlast Close of its source.
type recordsReader struct {
	id   string
	recs []arrow.Record
	next int
}

func (r *recordsReader) Schema() *arrow.Schema {
	if len(r.recs) == 0 {
		return nil
	}
	return r.recs[min(r.next, len(r.recs)-1)].Schema()
}

func (r *recordsReader) Next(ctx context.Context) (Batch, error) {
	if err := ctx.Err(); err != nil {
		return Batch{}, fmt.Errorf("source: read %q: %w", r.id, err)
	}
	if r.next >= len(r.recs) {
		return Batch{}, io.EOF
	}
	rec := r.recs[r.next]
	rec.Retain()
	r.next++
	return Batch{Record: rec, Position: formatOrdinal(int64(r.next))}, nil
}

func (r *recordsReader) Close(context.Context) error {
	for _, rec := range r.recs {
		rec.Release()
	}
	r.recs, r.next = nil, 0
	return nil
}

// parseOrdinal reads a position that counts batches; "" is 0. Only what formatOrdinal writes is accepted, so
// that a position of another source is not taken for one of ours.
func parseOrdinal(position string) (int64, bool) {
	if position == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(position, 10, 64)
	return n, err == nil && n > 0 && formatOrdinal(n) == position
}

func formatOrdinal(n int64) string { return strconv.FormatInt(n, 10) }
