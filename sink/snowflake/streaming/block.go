package streaming

import "sync"

// Everything that is buffered is in blocks of one size, so that memory is as flat as the bound on it, however many
// channels there are and however large their rows.

// blockBytes is how much a block is filled with where rows are encoded into it, and blockSlack what it has beyond that, so
// that the row which turns out to be too many does not make it grow.
const (
	blockBytes = 128 << 10
	blockSlack = 16 << 10
)

// block is memory with rows, or with a part of what is sent.
type block struct {
	buf  []byte // its capacity is the size of the block
	cuts []cut
	busy bool // an append writes behind buf
}

// cut is where the rows of an append end. They begin at the cut before, maybe in an earlier block.
type cut struct {
	end          int
	rows         int64
	start, token string // the offset tokens of its first and its last row
}

// blocks are those that nobody uses. The zero value is ready.
type blocks struct{ pool sync.Pool }

func (b *blocks) get() *block {
	if x, ok := b.pool.Get().(*block); ok {
		return x
	}
	return &block{buf: make([]byte, 0, blockBytes+blockSlack)}
}

func (b *blocks) put(x *block) {
	clear(x.cuts)
	x.buf, x.cuts, x.busy = x.buf[:0], x.cuts[:0], false
	b.pool.Put(x)
}

// spill is the body of a request: what was written into blocks, one after the other, or what was borrowed.
type spill struct {
	from     *blocks
	list     []*block
	borrowed [][]byte
	n        int
}

// borrow takes a body as it is.
func (s *spill) borrow(parts [][]byte) {
	s.borrowed = parts
	for _, part := range parts {
		s.n += len(part)
	}
}

// Write implements io.Writer.
func (s *spill) Write(p []byte) (int, error) {
	s.n += len(p)
	for rest := p; len(rest) > 0; {
		last := len(s.list) - 1
		if last < 0 || len(s.list[last].buf) == cap(s.list[last].buf) {
			s.list = append(s.list, s.from.get())
			continue
		}
		b := s.list[last]
		k := min(len(rest), cap(b.buf)-len(b.buf))
		b.buf, rest = append(b.buf, rest[:k]...), rest[k:]
	}
	return len(p), nil
}

// parts returns what was written.
func (s *spill) parts() [][]byte {
	if s.borrowed != nil {
		return s.borrowed
	}
	parts := make([][]byte, len(s.list))
	for i, b := range s.list {
		parts[i] = b.buf
	}
	return parts
}

// free gives the blocks back.
func (s *spill) free() {
	for _, b := range s.list {
		s.from.put(b)
	}
	s.list, s.n = nil, 0
}
