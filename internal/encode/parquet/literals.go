package parquet

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/klauspost/compress/huff0"
)

const (
	// sampleBytes of a page tell what it is like; smaller ones than a few of them are not worth the question.
	sampleBytes = 16 << 10
	// worth is how much longer a page may get without matches: they take about five times as long.
	worth = 1.1
)

// scattered says that a page has next to nothing of matches, which are what zstd spends its time on: identifiers,
// measures, times, packed indices. Then its bytes are encoded each by its frequency alone. At its fastest, zstd leaves
// even that aside where it finds no match, so that such a page gets smaller here.
func (p *compressor) scattered(page []byte) bool {
	if len(page) < 8*sampleBytes {
		return false
	}
	sample := page[len(page)/2:][:sampleBytes]
	p.buf = p.zstd.EncodeAll(sample, p.buf[:0])
	return entropy(sample) <= worth*float64(len(p.buf))
}

// entropy is the bytes that b takes if each byte is encoded by its frequency.
func entropy(b []byte) float64 {
	var count [256]int
	for _, v := range b {
		count[v]++
	}
	bits := 0.0
	for _, n := range count {
		if n > 0 {
			bits -= float64(n) * math.Log2(float64(n)/float64(len(b)))
		}
	}
	return bits / 8
}

// Of RFC 8878: a frame (3.1.1) is the magic number, a descriptor (one segment, so no window; a content size of four
// bytes; no checksum), the content size, and blocks, which hold 128 KiB at most.
const (
	frameMagic      = 0xfd2fb528
	frameDescriptor = 0b10_1_00_0_00
	blockMost       = 128 << 10
)

// Types of blocks: 3.1.1.2.
const (
	rawBlock = iota
	runBlock
	compressedBlock
)

// literals appends a zstd frame of src whose blocks have literals and no matches.
func (p *compressor) literals(dst, src []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, frameMagic)
	dst = append(dst, frameDescriptor)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(src)))
	for len(src) > 0 {
		block := src[:min(blockMost, len(src))]
		src = src[len(block):]
		dst = p.block(dst, block, len(src) == 0)
	}
	return dst
}

// block appends a block: a header of three bytes (whether it is the last one, the type, the size) and its content.
func (p *compressor) block(dst, src []byte, last bool) []byte {
	header := func(kind, size int) {
		h := uint32(kind)<<1 | uint32(size)<<3
		if last {
			h |= 1
		}
		dst = append(dst, byte(h), byte(h>>8), byte(h>>16))
	}
	// The literals (3.1.1.3.1) have a header of five bytes: their type (2 = of Huffman codes, with their table), the
	// format of what follows (3 = four streams, 18 bits a size), and the sizes before and after; then come as many
	// sequences as a zero byte says.
	const headerBytes, kind, format = 5, 2, 3
	codes, _, err := huff0.Compress4X(src, &p.huff)
	switch size := headerBytes + len(codes) + 1; {
	case errors.Is(err, huff0.ErrUseRLE):
		header(runBlock, len(src))
		return append(dst, src[0])
	case err != nil || size >= len(src):
		header(rawBlock, len(src))
		return append(dst, src...)
	default:
		header(compressedBlock, size)
		h := uint64(kind) | format<<2 | uint64(len(src))<<4 | uint64(len(codes))<<22
		dst = append(dst, byte(h), byte(h>>8), byte(h>>16), byte(h>>24), byte(h>>32))
		dst = append(dst, codes...)
		return append(dst, 0)
	}
}
