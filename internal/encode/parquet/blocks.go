package parquet

import "io"

// blockBytes is the size of a block.
const blockBytes = 128 << 10

// blocks hold the bytes of a column chunk until its row group is written.
type blocks struct {
	full [][]byte
	size int64
}

// pool keeps the blocks that no chunk uses.
type pool struct{ free [][]byte }

func (p *pool) take() []byte {
	if n := len(p.free); n > 0 {
		b := p.free[n-1]
		p.free = p.free[:n-1]
		return b
	}
	return make([]byte, 0, blockBytes)
}

// append copies data to the end of b.
func (b *blocks) append(p *pool, data []byte) {
	b.size += int64(len(data))
	for len(data) > 0 {
		last := len(b.full) - 1
		if last < 0 || len(b.full[last]) == cap(b.full[last]) {
			b.full = append(b.full, p.take())
			last++
		}
		block := b.full[last]
		n := copy(block[len(block):cap(block)], data)
		b.full[last] = block[:len(block)+n]
		data = data[n:]
	}
}

// writeTo writes all bytes to w and gives the blocks back.
func (b *blocks) writeTo(w io.Writer, p *pool) error {
	for _, block := range b.full {
		if _, err := w.Write(block); err != nil {
			return err
		}
		p.free = append(p.free, block[:0])
	}
	b.full, b.size = b.full[:0], 0
	return nil
}
