package sourcetest

import (
	"fmt"
	"sort"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/source"
)

// Topic is a log in memory of several partitions, to which records are appended and from whose beginning they
// are dropped again. Any number of groups read it, see [NewGroup]. Its methods are safe for concurrent use.
//
// A position is the number of rows before it, those dropped included; batches may begin and end anywhere.
type Topic struct {
	name string
	// mu guards the topic and its groups. It is never held while something waits, so that tests in a bubble of
	// testing/synctest go on.
	mu      sync.Mutex
	changed chan struct{} // closed, and made anew, whenever something changed
	logs    []partitionLog
}

type partitionLog struct {
	low, high int64 // the rows that are there
	parts     []segment
}

type segment struct {
	start int64
	rec   arrow.Record
}

// NewTopic returns an empty topic. The IDs of its partitions are name/0, name/1 and so on.
func NewTopic(name string, partitions int) *Topic {
	return &Topic{name: name, changed: make(chan struct{}), logs: make([]partitionLog, partitions)}
}

// ID returns the ID of a partition.
func (t *Topic) ID(partition int) string { return fmt.Sprintf("%s/%d", t.name, partition) }

// Append adds the records, which it retains, to a partition.
func (t *Topic) Append(partition int, recs ...arrow.Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := &t.logs[partition]
	for _, rec := range recs {
		if rec.NumRows() == 0 {
			continue
		}
		rec.Retain()
		l.parts = append(l.parts, segment{start: l.high, rec: rec})
		l.high += rec.NumRows()
	}
	t.notify()
}

// Trim drops the rows of a partition before a position, as retention does. A reader that was to read them gets
// a *[source.OffsetError].
func (t *Topic) Trim(partition int, before int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := &t.logs[partition]
	l.low = max(l.low, min(before, l.high))
	for len(l.parts) > 0 && l.parts[0].end() <= l.low {
		l.parts[0].rec.Release()
		l.parts = l.parts[1:]
	}
	t.notify()
}

// Bounds returns the positions of the first row of a partition and after its last.
func (t *Topic) Bounds(partition int) (low, high int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.logs[partition].low, t.logs[partition].high
}

// Release drops all rows.
func (t *Topic) Release() {
	for i := range t.logs {
		_, high := t.Bounds(i)
		t.Trim(i, high)
	}
}

func (s segment) end() int64 { return s.start + s.rec.NumRows() }

// notify wakes everyone who waits for a change; t.mu is held.
func (t *Topic) notify() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// find returns the segment with the row at a position; t.mu is held, and the row is there.
func (l *partitionLog) find(position int64) segment {
	return l.parts[sort.Search(len(l.parts), func(i int) bool { return l.parts[i].end() > position })]
}

// check answers an OffsetError where reading cannot go on after a position; t.mu is held.
func (t *Topic) check(partition int, position int64) error {
	l := &t.logs[partition]
	lost := ""
	switch {
	case position < l.low:
		lost = fmt.Sprintf("the rows before %d were dropped", l.low)
	case position > l.high:
		lost = fmt.Sprintf("there are only %d rows: the topic was made anew", l.high)
	default:
		return nil
	}
	return &source.OffsetError{Partition: t.ID(partition), Position: formatPosition(position), Lost: lost}
}
