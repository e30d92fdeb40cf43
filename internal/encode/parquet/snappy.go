package parquet

import (
	"encoding/binary"

	"github.com/klauspost/compress/s2"
)

// incompressible says that snappy makes next to nothing of a page, as a sample tells: looking for matches is all that it
// does. p.buf has room for the page.
func (p *compressor) incompressible(page []byte) bool {
	if len(page) < 8*sampleBytes {
		return false
	}
	sample := page[len(page)/2:][:sampleBytes]
	return len(s2.EncodeSnappy(p.buf[:cap(p.buf)], sample)) > sampleBytes-sampleBytes/64
}

// snappyBlock is how long a literal may be whose length takes two bytes.
const snappyBlock = 1 << 16

// snappyLiterals appends src in the form of snappy, as literals alone. format_description.txt of snappy: the length, and
// elements; a literal has a tag of 61 << 2 where two bytes with its length less 1 follow.
func snappyLiterals(dst, src []byte) []byte {
	const tag = 61 << 2
	dst = binary.AppendUvarint(dst, uint64(len(src)))
	for len(src) > 0 {
		block := src[:min(snappyBlock, len(src))]
		src = src[len(block):]
		n := len(block) - 1
		dst = append(append(dst, tag, byte(n), byte(n>>8)), block...)
	}
	return dst
}
