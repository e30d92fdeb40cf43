package parquet

import (
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
)

// bitmap is bits in the order of Arrow, which is the order of PLAIN booleans and of bit-packed levels: the first is
// the lowest (Encodings.md, "RLE / Bit-Packing Hybrid").
type bitmap struct {
	buf []byte // bits beyond n are zero
	n   int
}

func (b *bitmap) reset() { b.buf, b.n = b.buf[:0], 0 }

// room makes room for n more bits, zero.
func (b *bitmap) room(n int) {
	have, want := len(b.buf), (b.n+n+7)/8
	b.buf = grown(b.buf, want-have)
	clear(b.buf[have:])
}

// copy appends n bits of src from offset on.
func (b *bitmap) copy(src []byte, offset, n int) {
	b.room(n)
	dst := b.buf
	for n > 0 {
		// Up to 56 bits, which one word holds whatever their offset in the first byte.
		k := min(n, 56)
		w := loadBits(src, offset, k)
		at, shift := b.n>>3, b.n&7
		w <<= shift
		for i := range (shift + k + 7) / 8 {
			dst[at+i] |= byte(w >> (8 * i))
		}
		b.n += k
		offset += k
		n -= k
	}
}

// loadBits answers n <= 56 bits of src from offset on.
func loadBits(src []byte, offset, n int) uint64 {
	first, last := offset>>3, (offset+n+7)>>3
	var w uint64
	if first+8 <= len(src) {
		s := src[first : first+8]
		w = uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	} else {
		for i, v := range src[first:last] {
			w |= uint64(v) << (8 * i)
		}
	}
	return w >> (offset & 7) & (1<<n - 1)
}

// set appends n bits that are all one.
func (b *bitmap) set(n int) {
	b.room(n)
	bitutil.SetBitsTo(b.buf, int64(b.n), int64(n), true)
	b.n += n
}

// unset appends n bits that are all zero.
func (b *bitmap) unset(n int) {
	b.room(n)
	b.n += n
}

// pick appends the bits of src, from offset on, at places.
func (b *bitmap) pick(src []byte, offset int, places []int) {
	b.room(len(places))
	for _, at := range places {
		at += offset
		b.buf[b.n>>3] |= src[at>>3] >> (at & 7) & 1 << (b.n & 7)
		b.n++
	}
}

// ones counts the bits that are one.
func (b *bitmap) ones() (n int) {
	for _, v := range b.buf {
		n += bits.OnesCount8(v)
	}
	return n
}

// bitValues are the values of a BOOLEAN: PLAIN, one bit each.
type bitValues struct {
	open  bitmap
	page  bounds
	chunk bounds
}

func (v *bitValues) add(arr arrow.Array, s selection) error {
	if s.len() == 0 {
		return nil
	}
	data := arr.Data()
	src := data.Buffers()[1].Bytes()
	if s.list == nil {
		v.open.copy(src, data.Offset()+s.from, s.to-s.from)
	} else {
		v.open.pick(src, data.Offset(), s.list)
	}
	return nil
}

func (v *bitValues) len() int                         { return v.open.n }
func (v *bitValues) size() int                        { return len(v.open.buf) }
func (v *bitValues) dict() *dictionary                { return nil }
func (v *bitValues) flatten()                         {}
func (v *bitValues) pageBounds() bounds               { return v.page }
func (v *bitValues) chunkBounds() bounds              { return v.chunk }
func (v *bitValues) encodeDictionary(d []byte) []byte { return d }
func (v *bitValues) order(a, b []byte) int            { return int(a[0]) - int(b[0]) }
func (v *bitValues) reset()                           { v.chunk = bounds{} }

func (v *bitValues) encode(dst []byte) []byte {
	v.page = bounds{}
	if ones := v.open.ones(); v.open.n > 0 {
		v.page = bounds{min: []byte{0}, max: []byte{1}}
		if ones == v.open.n {
			v.page.min = v.page.max
		}
		if ones == 0 {
			v.page.max = v.page.min
		}
	}
	v.chunk.join(v.page, v.order)
	dst = append(dst, v.open.buf...)
	v.open.reset()
	return dst
}
