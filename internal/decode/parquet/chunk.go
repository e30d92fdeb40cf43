package parquet

import (
	"fmt"
	"io"
)

// window is how many bytes of a column chunk are read at once.
const window = 2 << 20

// chunkReader reads the bytes of one column chunk in order, in windows.
type chunkReader struct {
	r    io.ReaderAt
	pool *scratchPool
	buf  []byte // bytes of the file up to next
	pos  int    // in buf
	next int64  // where in the file buf ends
	end  int64  // where in the file the chunk ends
}

func (c *chunkReader) open(start, end int64) {
	c.buf, c.pos = c.buf[:0], 0
	c.next, c.end = start, end
}

// offset is where in the file the next byte lies.
func (c *chunkReader) offset() int64 { return c.next - int64(len(c.buf)-c.pos) }

// seek goes to an offset in the file, within the chunk.
func (c *chunkReader) seek(off int64) error {
	at := c.offset()
	switch {
	case off >= at && off <= c.next:
		c.pos += int(off - at)
	case off < 0 || off > c.end:
		return fmt.Errorf("a page at %d, the chunk ends at %d", off, c.end)
	default:
		c.buf, c.pos, c.next = c.buf[:0], 0, off
	}
	return nil
}

// peek answers at least the next n bytes, or what there is of them, without stepping over them.
func (c *chunkReader) peek(n int) ([]byte, error) {
	if have := len(c.buf) - c.pos; have < n && c.next < c.end {
		if err := c.fill(n); err != nil {
			return nil, err
		}
	}
	return c.buf[c.pos:], nil
}

// take steps over the next n bytes and answers them. They are good until the next call of any method.
func (c *chunkReader) take(n int) ([]byte, error) {
	if left := c.end - c.offset(); int64(n) > left {
		return nil, fmt.Errorf("a page of %d bytes where the chunk has %d left", n, left)
	}
	b, err := c.peek(n)
	if err != nil {
		return nil, err
	}
	c.pos += n
	return b[:n], nil
}

// fill reads a window, or as much more as makes n bytes.
func (c *chunkReader) fill(n int) error {
	have := c.buf[c.pos:]
	more := int64(max(window, n-len(have)))
	more = min(more, c.end-c.next)
	need := len(have) + int(more)
	if need+scratchPadding <= cap(c.buf) {
		copy(c.buf[:len(have)], have)
		c.buf = c.buf[:need]
	} else {
		b := c.pool.get(need)
		copy(b, have)
		c.pool.put(c.buf)
		c.buf = b
	}
	c.pos = 0
	fresh := c.buf[len(have):]
	if err := readAt(c.r, fresh, c.next); err != nil {
		c.buf = c.buf[:len(have)]
		return fmt.Errorf("read %d bytes at %d: %w", len(fresh), c.next, err)
	}
	c.next += more
	return nil
}

// close gives the window back.
func (c *chunkReader) close() {
	c.pool.put(c.buf)
	c.buf, c.pos = nil, 0
}
