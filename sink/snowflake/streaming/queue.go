package streaming

import "time"

// queue is what a channel has appended and the service has not accepted, in order. It is not safe for concurrent use.
type queue struct {
	from    *blocks
	list    []*block
	begin   int   // of the first block, how many bytes are accepted
	cuts    int   // of the first block, how many cuts are accepted
	bytes   int64 // that wait
	appends int64
}

// appendBytes is about what an append takes beside its rows.
const appendBytes = 100

// held is what the queue takes of the buffer.
func (q *queue) held() int64 { return q.bytes + q.appends*appendBytes }

// batch is the front of a queue: the rows of some appends, to be sent in one request.
type batch struct {
	parts      [][]byte
	bytes      int
	rows       int64
	appends    int
	start, end string // offset tokens: the first row's and the last's

	block, cuts int // where it ends: in that block of the queue, behind as many cuts
	taken       time.Time
}

// held is what the batch takes of the buffer.
func (b *batch) held() int64 { return int64(b.bytes) + int64(b.appends)*appendBytes }

// take returns as many appends as there are in most bytes, and at least one; none where the queue is empty. The queue keeps
// them.
func (q *queue) take(most int) batch {
	b := batch{taken: time.Now()}
	size := 0 // of what is behind the last cut
	for i, x := range q.list {
		at, n := 0, 0
		if i == 0 {
			at, n = q.begin, q.cuts
		}
		for ; n < len(x.cuts); n++ {
			c := x.cuts[n]
			size += c.end - at
			at = c.end
			if b.appends > 0 && b.bytes+size > most {
				return q.fill(b)
			}
			if b.appends == 0 {
				b.start = c.start
			}
			if c.token != "" {
				b.end = c.token
			}
			b.bytes, size = b.bytes+size, 0
			b.rows += c.rows
			b.appends++
			b.block, b.cuts = i, n+1
		}
		size += len(x.buf) - at
	}
	return q.fill(b)
}

// fill sets the parts of b.
func (q *queue) fill(b batch) batch {
	if b.appends == 0 {
		return b
	}
	for i, x := range q.list[:b.block+1] {
		begin, end := 0, len(x.buf)
		if i == 0 {
			begin = q.begin
		}
		if i == b.block {
			end = x.cuts[b.cuts-1].end
		}
		if begin < end {
			b.parts = append(b.parts, x.buf[begin:end])
		}
	}
	return b
}

// accepted takes a batch off the queue. Its memory is used again, unless it is still read.
func (q *queue) accepted(b batch, read bool) {
	q.bytes -= int64(b.bytes)
	q.appends -= int64(b.appends)
	for range b.block {
		q.drop(read)
	}
	x := q.list[0]
	q.begin, q.cuts = x.cuts[b.cuts-1].end, b.cuts
	q.tidy(read)
}

// tidy drops the last block where all of it is accepted and nobody writes to it.
func (q *queue) tidy(read bool) {
	if q.bytes == 0 && len(q.list) == 1 && !q.list[0].busy {
		q.drop(read)
	}
}

// drop drops the first block.
func (q *queue) drop(read bool) {
	if !read && !q.list[0].busy {
		q.from.put(q.list[0])
	}
	q.list[0] = nil
	q.list, q.begin, q.cuts = q.list[1:], 0, 0
}

// give gives everything up.
func (q *queue) give(read bool) {
	for len(q.list) > 0 {
		q.drop(read)
	}
	q.bytes, q.appends = 0, 0
}

// draft is an append on its way into a queue: what nobody sees before it is put there.
type draft struct {
	from  *blocks
	first *block // the last of the queue; nil = it begins with one of its own
	base  int    // of first's buf, what others have appended
	head  []byte // first's buf, with what is added
	more  []*block
	bytes int
}

// draft begins an append, behind what is there where the last block has room for that many bytes.
func (q *queue) draft(room int) *draft {
	d := &draft{from: q.from}
	if last := len(q.list) - 1; last >= 0 {
		if x := q.list[last]; cap(x.buf)-len(x.buf) >= room {
			x.busy = true
			d.first, d.base, d.head = x, len(x.buf), x.buf
		}
	}
	return d
}

// room returns the end of the block that is written to, to append to within its capacity; see wrote.
func (d *draft) room() []byte {
	if len(d.more) > 0 {
		return d.more[len(d.more)-1].buf
	}
	if d.first == nil {
		d.grow()
		return d.more[0].buf
	}
	return d.head
}

// wrote takes room, with what was appended to it.
func (d *draft) wrote(buf []byte) {
	if len(d.more) > 0 {
		x := d.more[len(d.more)-1]
		d.bytes += len(buf) - len(x.buf)
		x.buf = buf
		return
	}
	d.bytes += len(buf) - len(d.head)
	d.head = buf
}

// grow begins another block.
func (d *draft) grow() { d.more = append(d.more, d.from.get()) }

// write adds p, in as many blocks as it needs.
func (d *draft) write(p []byte) {
	for len(p) > 0 {
		buf := d.room()
		k := min(len(p), cap(buf)-len(buf))
		if k == 0 {
			d.grow()
			continue
		}
		d.wrote(append(buf, p[:k]...))
		p = p[k:]
	}
}

// parts returns what was added.
func (d *draft) parts() [][]byte {
	parts := [][]byte{d.head[d.base:]}
	for _, x := range d.more {
		parts = append(parts, x.buf)
	}
	return parts
}

// free gives back what the draft has of its own.
func (d *draft) free() {
	for _, x := range d.more {
		d.from.put(x)
	}
	d.more = nil
}

// put makes the draft part of the queue.
func (q *queue) put(d *draft, rows int64, start, token string) {
	if d.first != nil {
		d.first.buf, d.first.busy = d.head, false
	}
	q.list = append(q.list, d.more...)
	x := q.list[len(q.list)-1]
	x.cuts = append(x.cuts, cut{end: len(x.buf), rows: rows, start: start, token: token})
	q.bytes += int64(d.bytes)
	q.appends++
}

// abandon gives a draft up.
func (q *queue) abandon(d *draft) {
	d.free()
	if d.first != nil {
		d.first.busy = false
		q.tidy(false)
	}
}
