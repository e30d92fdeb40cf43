package parquet

import (
	"encoding/binary"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow/bitutil"
)

// bitmapBytes is the size of a bitmap of n bits, in whole words, so that it can be written word by word.
func bitmapBytes(n int) int { return (n + 63) >> 6 << 3 }

// loadBits answers up to 64 bits of b from bit off on, the first in the lowest
// place. Bits past the end of b are zero.
func loadBits(b []byte, off, n int) uint64 {
	i, shift := off>>3, uint(off&7)
	var w uint64
	if i+9 <= len(b) {
		w = binary.LittleEndian.Uint64(b[i:]) >> shift
		if shift != 0 {
			w |= uint64(b[i+8]) << (64 - shift)
		}
	} else {
		var tail [16]byte
		copy(tail[:9], b[i:])
		w = binary.LittleEndian.Uint64(tail[:]) >> shift
		if shift != 0 {
			w |= uint64(tail[8]) << (64 - shift)
		}
	}
	if n < 64 {
		w &= 1<<uint(n) - 1
	}
	return w
}

func getBit(b []byte, i int) bool { return b[i>>3]>>(uint(i)&7)&1 != 0 }

// bitWriter fills a bitmap from its beginning. The bitmap is a whole number of words.
type bitWriter struct {
	dst  []byte
	pos  int // bytes of dst that are written
	word uint64
	n    uint // bits in word
	ones int
}

// run appends count equal bits.
func (w *bitWriter) run(bit bool, count int) {
	if bit {
		w.ones += count
	}
	for count > 0 {
		if w.n == 0 && count >= 64 {
			words := count >> 6
			fill(w.dst[w.pos:w.pos+words*8], bit)
			w.pos += words * 8
			count &= 63
			continue
		}
		take := min(uint(count), 64-w.n)
		if bit {
			w.word |= (^uint64(0) >> (64 - take)) << w.n
		}
		w.advance(take)
		count -= int(take)
	}
}

// word appends the lowest n bits of v, which has no others.
func (w *bitWriter) bits(v uint64, n uint) {
	w.ones += bits.OnesCount64(v)
	w.word |= v << w.n
	took := min(n, 64-w.n)
	w.advance(took)
	if n > took {
		w.word = v >> took
		w.n = n - took
	}
}

func (w *bitWriter) advance(n uint) {
	w.n += n
	if w.n == 64 {
		binary.LittleEndian.PutUint64(w.dst[w.pos:], w.word)
		w.pos += 8
		w.word, w.n = 0, 0
	}
}

// flush writes the last, incomplete word.
func (w *bitWriter) flush() {
	if w.n > 0 {
		binary.LittleEndian.PutUint64(w.dst[w.pos:], w.word)
	}
}

func fill(b []byte, ones bool) {
	if !ones {
		clear(b)
		return
	}
	if len(b) == 0 {
		return
	}
	b[0] = 0xff
	for n := 1; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

// spread places the dense values of src where valid, from bit off on, has
// ones; the other places of dst become zero.
func spread[T uint8 | uint16 | uint32 | uint64](dst, src []T, valid []byte, off int) {
	j := 0
	for i := 0; i < len(dst); i += 64 {
		out := dst[i:min(i+64, len(dst))]
		word := loadBits(valid, off+i, len(out))
		count := bits.OnesCount64(word)
		switch {
		case count == len(out):
			copy(out, src[j:j+count])
		case count == 0:
			clear(out)
		case j+count < len(src):
			// Without branches: each place takes the next value, masked by its own bit.
			in := src[j : j+count+1]
			k := 0
			for o := range out {
				bit := word & 1
				out[o] = in[k] & -T(bit)
				k += int(bit)
				word >>= 1
			}
		default:
			spreadWord(out, src[j:j+count], word)
		}
		j += count
	}
}

func spreadWord[T any](dst, src []T, word uint64) {
	clear(dst)
	for k := range src {
		dst[bits.TrailingZeros64(word)] = src[k]
		word &= word - 1
	}
}

// spreadAny is spread for values that are not numbers.
func spreadAny[T any](dst, src []T, valid []byte, off int) {
	j := 0
	for i := 0; i < len(dst); i += 64 {
		out := dst[i:min(i+64, len(dst))]
		word := loadBits(valid, off+i, len(out))
		count := bits.OnesCount64(word)
		if count == len(out) {
			copy(out, src[j:j+count])
		} else {
			spreadWord(out, src[j:j+count], word)
		}
		j += count
	}
}

// spreadBits is spread for bits: dst from dstOff on, src from srcOff on.
func spreadBits(dst []byte, dstOff int, src []byte, srcOff int, valid []byte, off, n int) {
	for i := range n {
		bit := getBit(valid, off+i)
		if bit {
			bitutil.SetBitTo(dst, dstOff+i, getBit(src, srcOff))
			srcOff++
		} else {
			bitutil.ClearBit(dst, dstOff+i)
		}
	}
}

// spreadEnds turns the ends of dense byte strings into the ends of all slots: a null ends where its predecessor does.
func spreadEnds(dst, src []int32, prev int32, valid []byte, off int) {
	j := 0
	for i := 0; i < len(dst); i += 64 {
		out := dst[i:min(i+64, len(dst))]
		word := loadBits(valid, off+i, len(out))
		if count := bits.OnesCount64(word); count == len(out) {
			copy(out, src[j:j+count])
			j += count
			prev = out[len(out)-1]
			continue
		}
		for o := range out {
			if word&1 != 0 {
				prev = src[j]
				j++
			}
			out[o] = prev
			word >>= 1
		}
	}
}
