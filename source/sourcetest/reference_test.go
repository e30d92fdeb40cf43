package sourcetest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/sourcetest"
)

const (
	refRows  = 60 // of each partition
	refBatch = 7
)

// refOrigin is what the sources of one harness read: three partitions of the numbers from 0, of which every
// tenth cannot be read.
type refOrigin struct {
	flaw  string
	fails atomic.Int64 // transient errors to come
	lost  atomic.Int64 // rows dropped of partition 0
	opens atomic.Int64 // sources so far
}

// refHarness is the harness of the reference source, broken by a flaw; "" is whole.
func refHarness(flaw string) sourcetest.Harness {
	o := &refOrigin{flaw: flaw}
	var good []arrow.Record
	for n := int64(0); n < refRows; n += 10 {
		good = append(good, count(memory.DefaultAllocator, n, 9))
	}
	want, rejects := map[string][]arrow.Record{}, map[string]int64{}
	for i := range 3 {
		want[fmt.Sprintf("part-%d", i)] = good
		rejects[fmt.Sprintf("part-%d", i)] = refRows / 10
	}
	return sourcetest.Harness{
		Open: func(_ context.Context, mem memory.Allocator) (source.Source, error) {
			return &refSource{refOrigin: o, mem: mem, nth: o.opens.Add(1)}, nil
		},
		Want: want, Rejects: rejects,
		Fail: func(context.Context) error { o.fails.Add(1); return nil },
		Lose: func(_ context.Context, _, position string) error {
			n, err := strconv.ParseInt(position, 10, 64)
			o.lost.Store(n)
			return err
		},
	}
}

type refSource struct {
	*refOrigin
	mem  memory.Allocator
	nth  int64
	read atomic.Int64 // rows

	mu   sync.Mutex
	last *refReader // opened last
	stop chan struct{}
}

func (s *refSource) Unbounded() bool { return false }

func (s *refSource) Partitions(ctx context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) {
		if s.flaw == "Partitions waits, whatever its context" && ctx.Err() != nil {
			select {}
		}
		for i := range 3 {
			p := &refPartition{s: s, index: i, id: fmt.Sprintf("part-%d", i)}
			switch {
			case s.flaw == "an ID is empty" && i == 1:
				p.id = ""
			case s.flaw == "IDs differ in every process" && i == 1:
				p.id = fmt.Sprintf("part-%d", s.nth)
			case s.flaw == "an ID is given twice" && i == 1:
				p.id = "part-0"
			case s.flaw == "a partition is missing" && i == 1:
				continue
			}
			if ctx.Err() != nil || !yield(p, nil) {
				return
			}
		}
	}
}

func (s *refSource) Close(context.Context) error {
	if s.stop != nil && s.flaw != "a goroutine stays" {
		close(s.stop)
	}
	if s.flaw == "Close fails unread" && s.last == nil {
		return errors.New("nothing was read")
	}
	return nil
}

func (s *refSource) Estimate(context.Context) (rows, bytes int64) {
	rows = 3 * refRows
	switch s.flaw {
	case "the estimate is negative":
		return -2, -1
	case "the estimate is wild":
		rows = 1_000_000
	case "the estimate counts what is left":
		rows -= s.read.Load() / 3
	}
	return rows, -1
}

type refPartition struct {
	s     *refSource
	index int
	id    string
}

func (p *refPartition) ID() string { return p.id }

func (p *refPartition) Open(ctx context.Context, after string) (source.Reader, error) {
	s := p.s
	if err := ctx.Err(); err != nil && s.flaw != "Open ignores its context" {
		return nil, err
	}
	n, err := p.parse(after)
	if err != nil {
		return nil, err
	}
	r := &refReader{p: p, next: n, start: n}
	switch {
	case s.flaw == "the context of Open is kept":
		r.opened = ctx
	case s.flaw == "a reader outlasts Open alone" && s.last != nil && s.last.p == p && after == "":
		r.next = s.last.next % refRows
	case s.flaw == "resuming skips a row" && after != "":
		r.next++
	case s.flaw == "resuming repeats a row" && after != "":
		r.next--
	case s.flaw == "the last position starts over" && n == refRows:
		r.next = 0
	case s.flaw == "Open starts a goroutine" || s.flaw == "a goroutine stays":
		if s.stop == nil {
			s.stop = make(chan struct{})
			go func() { <-s.stop }()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = r
	return r, nil
}

func (p *refPartition) parse(after string) (int64, error) {
	flaw := p.s.flaw
	if after == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(after, 10, 64)
	bad := err != nil || strconv.FormatInt(n, 10) != after || n > refRows
	switch {
	case bad && flaw == "a foreign position is the beginning":
		return 0, nil
	case bad && flaw == "a foreign position is read in part":
		_, _ = fmt.Sscanf(after, "%d", &n)
		return min(n, refRows), nil
	case bad && flaw == "a foreign position is any error":
		return 0, fmt.Errorf("bad position %q", after)
	case bad && flaw == "a foreign position is not named":
		return 0, &source.OffsetError{Partition: p.id, Lost: "something"}
	case bad && flaw == "a position beyond the end is the end" && err == nil:
		return refRows, nil
	case bad:
		return 0, &source.OffsetError{Partition: p.id, Position: after, Lost: "the position is not one of the reference"}
	}
	if low := p.s.lost.Load(); p.index == 0 && n < low {
		switch flaw {
		case "lost rows are skipped":
			return low, nil
		case "lost rows come back as any error":
			return 0, errors.New("out of range")
		}
		return 0, &source.OffsetError{Partition: p.id, Position: after, Lost: "dropped"}
	}
	return n, nil
}

type refReader struct {
	p         *refPartition
	next      int64
	start     int64
	opened    context.Context
	ended     bool
	goroutine string
	kept      []arrow.Record
	buffer    arrow.Record
}

func (r *refReader) Schema() *arrow.Schema {
	if r.p.s.flaw == "the schema is another" {
		return arrow.NewSchema([]arrow.Field{{Name: "N", Type: arrow.PrimitiveTypes.Int64}}, nil)
	}
	return numbers
}

func (r *refReader) Next(ctx context.Context) (source.Batch, error) {
	s := r.p.s
	if err := r.refuse(ctx); err != nil {
		return source.Batch{}, err
	}
	if s.fails.Load() > 0 && s.fails.Add(-1) >= 0 {
		if s.flaw == "a transient error loses rows" {
			r.next = min(r.next+refBatch, refRows)
		}
		err := retry.Transient(errors.New("connection reset"))
		if s.flaw == "an error is not transient" {
			err = errors.New("connection reset")
		}
		return source.Batch{}, err
	}
	if r.next == refRows || r.ended {
		return r.end()
	}
	from := r.next
	r.next = min(from+refBatch, refRows)
	if s.flaw == "readers share a cursor" {
		from, r.next = r.share(from)
	}
	s.read.Add(r.next - from)
	b := r.batch(from, r.next)
	r.spoil(&b, from)
	if s.flaw == "an error comes with a batch" && from > 0 {
		return b, retry.Transient(errors.New("connection reset"))
	}
	return b, nil
}

// refuse answers why Next fails before it reads.
func (r *refReader) refuse(ctx context.Context) error {
	switch flaw := r.p.s.flaw; {
	case flaw == "Next ignores its context":
		return nil
	case flaw == "Next waits, whatever its context" && ctx.Err() != nil:
		select {}
	case flaw == "a done context is the end" && ctx.Err() != nil:
		return io.EOF
	case r.opened != nil && r.opened.Err() != nil:
		return r.opened.Err()
	case flaw == "a reader is bound to a goroutine":
		buf := make([]byte, 64)
		id := strings.Fields(string(buf[:runtime.Stack(buf, false)]))[1]
		if r.goroutine != "" && r.goroutine != id {
			return errors.New("another goroutine")
		}
		r.goroutine = id
	}
	return ctx.Err()
}

// share is a cursor that all readers of a source move: the partition opened last is read.
func (r *refReader) share(from int64) (start, end int64) {
	s := r.p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != r {
		return from, min(from+refBatch, refRows) + 1 - from%2
	}
	return from, min(from+refBatch, refRows)
}

func (r *refReader) end() (source.Batch, error) {
	again := r.ended
	r.ended = true
	switch r.p.s.flaw {
	case "the end is wrapped":
		return source.Batch{}, fmt.Errorf("read: %w", io.EOF)
	case "the end is told once":
		if again {
			return source.Batch{}, errors.New("read after the end")
		}
	case "after the end it starts over":
		if again {
			r.ended, r.next = false, 0
			return source.Batch{Position: "0"}, nil
		}
	}
	return source.Batch{}, io.EOF
}

// batch makes the rows from and up to the next position; every tenth is rejected.
func (r *refReader) batch(from, to int64) source.Batch {
	s := r.p.s
	good, bad := array.NewRecordBuilder(s.mem, numbers), array.NewRecordBuilder(s.mem, numbers)
	defer good.Release()
	defer bad.Release()
	var reasons []deadletter.Reason
	for n := from; n < to; n++ {
		switch {
		case n%10 == 9 && s.flaw != "rejected rows are dropped":
			bad.Field(0).(*array.Int64Builder).Append(n)
			reasons = append(reasons, deadletter.Reason{Row: n - from, Code: deadletter.CodeInvalid, Message: fmt.Sprintf("%d ends in 9", n)})
		case n%10 == 9, s.flaw == "a row is lost" && n == 30:
		case s.flaw == "the rows differ in every process" && n == 31:
			good.Field(0).(*array.Int64Builder).Append(s.nth)
		case s.flaw == "a value is null" && n == 31:
			good.Field(0).AppendNull()
		case s.flaw == "a row comes twice" && n == 30:
			good.Field(0).(*array.Int64Builder).Append(n)
			fallthrough
		default:
			good.Field(0).(*array.Int64Builder).Append(n)
		}
	}
	b := source.Batch{Record: good.NewRecord(), Position: strconv.FormatInt(to, 10)}
	if len(reasons) > 0 {
		b.Rejected = &deadletter.Rows{Record: bad.NewRecord(), Reasons: reasons}
	}
	return b
}

// spoil breaks what is right about a batch.
func (r *refReader) spoil(b *source.Batch, from int64) {
	s := r.p.s
	switch s.flaw {
	case "the position stays":
		b.Position = strconv.FormatInt(max(from, refBatch), 10)
	case "a position is empty":
		if from == 0 {
			b.Position = ""
		}
	case "a position comes again":
		b.Position = strconv.FormatInt((from/refBatch)%2+1, 10)
	case "positions are off once resumed":
		if r.start > 0 {
			b.Position = strconv.FormatInt(min(r.next+1, refRows), 10)
		}
	case "reasons count the rejected rows":
		if b.Rejected != nil {
			b.Rejected.Reasons[0].Row = refBatch
		}
	case "a reason is missing":
		if b.Rejected != nil {
			b.Rejected.Reasons = nil
		}
	case "a reason says nothing":
		if b.Rejected != nil {
			b.Rejected.Reasons[0].Message = ""
		}
	case "a column has another type":
		b.Record = &mistyped{b.Record}
	case "a record leaks":
		b.Record.Retain()
	case "a record is the source's":
		r.kept = append(r.kept, b.Record)
		b.Record = &lent{b.Record}
	case "a buffer is used again":
		if r.buffer != nil {
			vals := r.buffer.Column(0).(*array.Int64).Int64Values()
			vals[0] = -1
			r.buffer.Release()
		}
		b.Record.Retain()
		r.buffer = b.Record
	}
}

func (r *refReader) Close(context.Context) error {
	if r.buffer != nil {
		r.buffer.Release()
	}
	for _, rec := range r.kept {
		rec.Release()
	}
	if r.p.s.flaw == "Close fails half-way" && r.next > r.start && r.next < refRows {
		return errors.New("there is more to read")
	}
	return nil
}

// lent is a record whose receiver has no reference of its own.
type lent struct{ arrow.Record }

func (*lent) Retain()  {}
func (*lent) Release() {}

// mistyped is a record whose schema is not that of its columns.
type mistyped struct{ arrow.Record }

func (*mistyped) Schema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Uint64}}, nil)
}
