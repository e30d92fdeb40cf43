package batching

import (
	"fmt"
	"math"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

const (
	// tinyRows is the size below which a piece of a record is copied at once rather than kept. Up to about
	// there the arrays and buffers of a kept piece weigh more than its rows, and 10,000 records of one row would pile
	// up; from there on a copy into buffers of the right size is twice as fast as one into growing buffers.
	tinyRows = 64
	// tinyRecord is the size to which tiny records are joined where no size of records is asked for.
	tinyRecord = 8192
)

// Batcher joins records of one schema into the records of one batch. It is a state machine without
// goroutines, for use by one goroutine at a time.
//
// Rows are copied only where that pays. Where RecordRows are asked for, a record that has just so many, or a
// multiple of it, where a new one begins passes through, whole or in slices. Other pieces are kept until they make up
// a record, and are then copied once into buffers of the right size; tiny pieces are copied at once.
type Batcher struct {
	mem        memory.Allocator
	policy     Policy
	recordRows int64

	schema *arrow.Schema // of the rows held; nil = none
	last   *arrow.Schema // seen last, equal to schema
	rows   int64
	bytes  int64
	first  time.Time

	done   []arrow.Record // finished
	pieces []arrow.Record // on the way to the next record, before what open holds
	kept   int64          // rows of pieces
	open   *joiner        // tiny pieces; nil = never needed for schema
}

// NewBatcher returns an empty Batcher that allocates from mem, is full by policy, and makes records of
// recordRows rows each; 0 leaves records as they come, tiny ones joined.
func NewBatcher(mem memory.Allocator, policy Policy, recordRows int64) *Batcher {
	return &Batcher{mem: mem, policy: policy, recordRows: max(recordRows, 0)}
}

// Add takes the rows of rec in. rec is borrowed: the Batcher retains what it keeps. A record without rows is
// ignored. A record of another schema than the rows held is an error, and changes nothing; any other error
// leaves the Batcher fit for Release alone.
func (b *Batcher) Add(rec arrow.Record, now time.Time) error {
	n := rec.NumRows()
	if n == 0 {
		return nil
	}
	if err := b.accept(rec.Schema()); err != nil {
		return err
	}
	if b.rows == 0 {
		b.first = now
	}
	b.rows += n
	b.bytes += Bytes(rec)
	for at := int64(0); at < n; {
		take := min(n-at, b.room())
		if err := b.add(rec, at, take); err != nil {
			return err
		}
		at += take
	}
	return nil
}

func (b *Batcher) accept(schema *arrow.Schema) error {
	switch {
	case schema == b.last:
	case b.schema == nil:
		b.schema = schema
		if b.open != nil && b.open.schema != schema {
			b.open = nil
		}
	case !b.schema.Equal(schema):
		return fmt.Errorf("batching: a record of schema {%s} cannot join a batch of schema {%s}: seal first", schema, b.schema)
	}
	b.last = schema
	return nil
}

// room is how many rows the record that is being made still takes.
func (b *Batcher) room() int64 {
	if b.recordRows == 0 {
		return math.MaxInt64
	}
	return b.recordRows - b.kept - b.open.len()
}

func (b *Batcher) add(rec arrow.Record, at, n int64) error {
	if n < min(tinyRows, b.recordRowsOr(tinyRows)) {
		if err := b.copy(rec, at, n); err != nil {
			return err
		}
	} else {
		if err := b.closeOpen(); err != nil {
			return err
		}
		b.pieces = append(b.pieces, slice(rec, at, n))
		b.kept += n
	}
	if b.recordRows == 0 && b.kept > 0 || b.kept+b.open.len() >= b.recordRowsOr(tinyRecord) {
		return b.finishRecord()
	}
	return nil
}

func (b *Batcher) recordRowsOr(other int64) int64 {
	if b.recordRows == 0 {
		return other
	}
	return b.recordRows
}

// slice returns rows of rec, rec itself where that is all of it.
func slice(rec arrow.Record, at, n int64) arrow.Record {
	if n == rec.NumRows() {
		rec.Retain()
		return rec
	}
	return rec.NewSlice(at, at+n)
}

// copy appends rows to open.
func (b *Batcher) copy(rec arrow.Record, at, n int64) error {
	if b.open == nil {
		b.open = newJoiner(b.mem, b.schema)
	}
	if !b.open.fits(rec, at, n) {
		if err := b.closeOpen(); err != nil {
			return err
		}
	}
	return b.open.append(rec, at, n)
}

// closeOpen makes a piece of what open holds.
func (b *Batcher) closeOpen() error {
	if b.open.len() == 0 {
		return nil
	}
	rec, err := b.open.finish()
	if err != nil {
		return err
	}
	b.pieces = append(b.pieces, rec)
	b.kept += rec.NumRows()
	return nil
}

// finishRecord joins the pieces into one record, or into more where one array cannot hold them.
func (b *Batcher) finishRecord() error {
	if err := b.closeOpen(); err != nil {
		return err
	}
	for len(b.pieces) > 0 {
		n := 1
		if b.recordRows > 0 && len(b.pieces) > 1 {
			rec, used, err := join(b.mem, b.schema, b.pieces)
			if err != nil {
				return err
			}
			releaseRecords(b.pieces[:used])
			b.done, n = append(b.done, rec), used
		} else {
			b.done = append(b.done, b.pieces[0])
		}
		b.pieces = append(b.pieces[:0], b.pieces[n:]...)
	}
	b.kept = 0
	return nil
}

// Rows returns the rows held.
func (b *Batcher) Rows() int64 { return b.rows }

// Bytes returns the bytes of buffers that the rows held viewed when they came in, see [Bytes].
func (b *Batcher) Bytes() int64 { return b.bytes }

// Full reports whether the policy's rows or bytes are reached.
func (b *Batcher) Full() bool { return b.rows > 0 && b.policy.Reached(b.rows, b.bytes) }

// Deadline returns when the policy's delay wants the batch sealed; false where no rows are held or the policy
// has no delay.
func (b *Batcher) Deadline() (time.Time, bool) {
	if b.rows == 0 || b.policy.Delay <= 0 {
		return time.Time{}, false
	}
	return b.first.Add(b.policy.Delay), true
}

// Seal returns the rows held, in order, and leaves the Batcher empty, for records of any schema. The records
// are the caller's. Each has recordRows rows but the last, which has the rest; and but the rare one whose rows do not fit
// into one array of 32-bit offsets or into one dictionary, which ends early. After an error only Release is left.
func (b *Batcher) Seal() ([]arrow.Record, error) {
	if err := b.finishRecord(); err != nil {
		return nil, err
	}
	records := b.done
	b.done = nil
	b.reset()
	return records, nil
}

// Release drops the rows held and leaves the Batcher empty.
func (b *Batcher) Release() {
	releaseRecords(b.done)
	releaseRecords(b.pieces)
	if b.open != nil {
		b.open.release()
	}
	b.done, b.pieces, b.kept = nil, nil, 0
	b.reset()
}

func (b *Batcher) reset() {
	b.schema, b.last = nil, nil
	b.rows, b.bytes, b.first = 0, 0, time.Time{}
}

func releaseRecords(records []arrow.Record) {
	for _, r := range records {
		r.Release()
	}
}

// joiner copies rows of records into one record.
type joiner struct {
	schema  *arrow.Schema
	columns []appender
	rows    int64
}

func newJoiner(mem memory.Allocator, schema *arrow.Schema) *joiner {
	j := &joiner{schema: schema, columns: make([]appender, schema.NumFields())}
	for i, f := range schema.Fields() {
		j.columns[i] = newAppender(mem, f.Name, f.Type)
	}
	return j
}

// len returns the rows held; a nil joiner has none.
func (j *joiner) len() int64 {
	if j == nil {
		return 0
	}
	return j.rows
}

func (j *joiner) plan(rec arrow.Record) {
	for i, c := range j.columns {
		d := rec.Column(i).Data()
		c.plan(d, d.Offset(), d.Len())
	}
}

func (j *joiner) fits(rec arrow.Record, at, n int64) bool {
	if j.rows == 0 {
		return true
	}
	for i, c := range j.columns {
		d := rec.Column(i).Data()
		if !c.fits(d, d.Offset()+int(at), int(n)) {
			return false
		}
	}
	return true
}

func (j *joiner) append(rec arrow.Record, at, n int64) error {
	for i, c := range j.columns {
		d := rec.Column(i).Data()
		if err := c.append(d, d.Offset()+int(at), int(n)); err != nil {
			return err
		}
	}
	j.rows += n
	return nil
}

// finish returns the rows held as a record, the caller's, and leaves the joiner empty.
func (j *joiner) finish() (arrow.Record, error) {
	rows := j.rows
	j.rows = 0
	data, err := finishAll(j.columns)
	if err != nil {
		return nil, err
	}
	columns := make([]arrow.Array, len(data))
	for i, d := range data {
		columns[i] = array.MakeFromData(d)
		d.Release()
	}
	rec := array.NewRecord(j.schema, columns, rows)
	for _, c := range columns {
		c.Release()
	}
	return rec, nil
}

func (j *joiner) release() {
	releaseAll(j.columns)
	j.rows = 0
}

// join copies the first of the records into one, as many as one can hold, and says how many that were.
func join(mem memory.Allocator, schema *arrow.Schema, records []arrow.Record) (joined arrow.Record, used int, err error) {
	j := newJoiner(mem, schema)
	for _, rec := range records {
		j.plan(rec)
	}
	for _, rec := range records {
		if !j.fits(rec, 0, rec.NumRows()) {
			break
		}
		if err := j.append(rec, 0, rec.NumRows()); err != nil {
			j.release()
			return nil, 0, err
		}
		used++
	}
	joined, err = j.finish()
	return joined, used, err
}
