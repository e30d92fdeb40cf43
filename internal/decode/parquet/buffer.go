package parquet

import (
	"math/bits"
	"sync"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// view answers b as whole values of T.
func view[T any](b []byte) []T {
	var zero T
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(zero)))
}

// grown is an Arrow buffer that is being filled.
type grown struct {
	mem memory.Allocator
	buf *memory.Buffer
	len int
}

// reserve makes room for n more bytes.
func (g *grown) reserve(n int) {
	if g.buf == nil {
		g.buf = memory.NewResizableBuffer(g.mem)
	}
	if need := g.len + n; need > g.buf.Cap() {
		if g.len > 0 {
			need = max(need, g.len+g.len/2)
		}
		g.buf.Reserve(need)
	}
}

// extend adds n bytes and answers them; they hold anything.
func (g *grown) extend(n int) []byte {
	g.reserve(n)
	g.len += n
	g.buf.ResizeNoShrink(g.len)
	return g.buf.Bytes()[g.len-n : g.len]
}

// take answers the buffer, cut to what was written, and forgets it.
func (g *grown) take() *memory.Buffer {
	if g.buf == nil {
		return memory.NewBufferBytes(nil)
	}
	b := g.buf
	b.ResizeNoShrink(g.len)
	g.buf, g.len = nil, 0
	return b
}

// drop releases what was not taken.
func (g *grown) drop() {
	if g.buf != nil {
		g.buf.Release()
	}
	g.buf, g.len = nil, 0
}

// scratchPadding is the room behind every scratch buffer, for readers that go in steps of many bytes.
const scratchPadding = 64

// scratchPool lends buffers for the bytes of pages. A page gives its buffer
// back when it is used up, so that the columns of a worker share one that is
// warm in the cache.
type scratchPool struct {
	mu   sync.Mutex
	free [][]byte
}

// maxFree is how many buffers wait in a pool at most.
const maxFree = 16

// get answers n bytes with padding behind them; they hold anything.
func (p *scratchPool) get(n int) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.free) - 1; i >= 0; i-- {
		if b := p.free[i]; cap(b) >= n+scratchPadding {
			p.free[i] = p.free[len(p.free)-1]
			p.free = p.free[:len(p.free)-1]
			return b[:n]
		}
	}
	size := n + scratchPadding
	if size > 1<<12 {
		// An eighth more than asked for at most, so that pages of about the same size share.
		step := 1 << (bits.Len(uint(size)) - 4)
		size = (size + step - 1) &^ (step - 1)
	}
	return make([]byte, n, size)
}

// put takes a buffer back.
func (p *scratchPool) put(b []byte) {
	if cap(b) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) < maxFree {
		p.free = append(p.free, b)
		return
	}
	small := 0
	for i := range p.free {
		if cap(p.free[i]) < cap(p.free[small]) {
			small = i
		}
	}
	if cap(p.free[small]) < cap(b) {
		p.free[small] = b
	}
}
