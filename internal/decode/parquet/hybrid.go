package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/parquet-go/bitpack"
)

// runs reads the hybrid of run-length and bit-packed runs that levels,
// dictionary indices and RLE booleans are written in.
type runs struct {
	src   []byte
	width uint // bits of a value: 0 to 32
}

// next answers the next run: count values that are all value, or, when packed
// is not nil, count values packed in width bits each. packed keeps the capacity of the source.
func (r *runs) next() (count int, packed []byte, value uint32, err error) {
	if len(r.src) == 0 {
		return 0, nil, 0, errors.New("fewer values than the page claims")
	}
	head, n := uint64(r.src[0]), 1
	if head >= 0x80 {
		if head, n = binary.Uvarint(r.src); n <= 0 {
			return 0, nil, 0, errors.New("the length of a run is cut off")
		}
	}
	r.src = r.src[n:]
	if head>>1 > math.MaxInt32 {
		return 0, nil, 0, fmt.Errorf("a run of %d values", head>>1)
	}
	count = int(head >> 1)
	if head&1 == 0 {
		size := int(r.width+7) / 8
		if size > len(r.src) {
			return 0, nil, 0, errors.New("a run is cut off")
		}
		for i := range size {
			value |= uint32(r.src[i]) << (8 * i)
		}
		r.src = r.src[size:]
		return count, nil, value, nil
	}
	size := count * int(r.width)
	count *= 8
	if size > len(r.src) {
		// Some writers leave out the padding of the last run.
		size = len(r.src)
		count = size * 8 / int(r.width)
	}
	packed, r.src = r.src[:size], r.src[size:]
	return count, packed, 0, nil
}

// decodeIndices fills dst with the values of src; each must be below limit.
func decodeIndices(dst []uint32, src []byte, width uint, limit int) error {
	if width > 32 {
		return fmt.Errorf("indices of %d bits", width)
	}
	if width == 0 {
		if len(dst) > 0 && limit == 0 {
			return errors.New("index 0 of an empty dictionary")
		}
		clear(dst)
		return nil
	}
	r := runs{src: src, width: width}
	for len(dst) > 0 {
		count, packed, value, err := r.next()
		if err != nil {
			return err
		}
		count = min(count, len(dst))
		out := dst[:count]
		dst = dst[count:]
		if packed == nil {
			if count > 0 && uint64(value) >= uint64(limit) {
				return fmt.Errorf("index %d of a dictionary of %d values", value, limit)
			}
			for i := range out {
				out[i] = value
			}
			continue
		}
		unpack(out, packed, width)
		if uint64(1)<<width > uint64(limit) && count > 0 {
			if top := slices.Max(out); uint64(top) >= uint64(limit) {
				return fmt.Errorf("index %d of a dictionary of %d values", top, limit)
			}
		}
	}
	return nil
}

// unpackBlock is how many values unpack does at once where the source has no padding behind it.
const unpackBlock = 256

// unpack spreads values packed in 1 to 32 bits, the first in the lowest bits. packed holds all of them.
func unpack(dst []uint32, packed []byte, width uint) {
	need := (len(dst)*int(width) + 7) / 8
	if cap(packed) >= need+bitpack.PaddingInt32 {
		bitpack.Unpack(dst, packed[:need], width)
		return
	}
	var padded [unpackBlock*4 + bitpack.PaddingInt32]byte
	for len(dst) > 0 {
		n := min(len(dst), unpackBlock)
		size := (n*int(width) + 7) / 8
		copy(padded[:], packed[:size])
		bitpack.Unpack(dst[:n], padded[:size], width)
		packed = packed[size:]
		dst = dst[n:]
	}
}

// decodeBits writes n values of one bit each as a bitmap and answers how many
// are ones. dst has bitmapBytes(n) bytes.
func decodeBits(dst []byte, n int, src []byte) (ones int, err error) {
	w := bitWriter{dst: dst}
	r := runs{src: src, width: 1}
	for n > 0 {
		count, packed, value, err := r.next()
		if err != nil {
			return 0, err
		}
		count = min(count, n)
		n -= count
		if packed == nil {
			if value > 1 {
				return 0, fmt.Errorf("a value of %d in one bit", value)
			}
			w.run(value == 1, count)
			continue
		}
		for off := 0; off < count; off += 64 {
			m := min(64, count-off)
			w.bits(loadBits(packed, off, m), uint(m))
		}
	}
	w.flush()
	return w.ones, nil
}

// decodeLevels fills dst with levels, none above top.
func decodeLevels(dst, src []byte, width uint, top byte) error {
	r := runs{src: src, width: width}
	var block [unpackBlock]uint32
	for len(dst) > 0 {
		count, packed, value, err := r.next()
		if err != nil {
			return err
		}
		count = min(count, len(dst))
		out := dst[:count]
		dst = dst[count:]
		if packed == nil {
			if value > uint32(top) {
				return fmt.Errorf("a level of %d where %d is the highest", value, top)
			}
			for i := range out {
				out[i] = byte(value)
			}
			continue
		}
		for len(out) > 0 {
			n := min(len(out), unpackBlock)
			unpack(block[:n], packed, width)
			for i, v := range block[:n] {
				if v > uint32(top) {
					return fmt.Errorf("a level of %d where %d is the highest", v, top)
				}
				out[i] = byte(v)
			}
			out = out[n:]
			packed = packed[(n*int(width)+7)/8:]
		}
	}
	return nil
}

// decodePackedLevels is decodeLevels for the old BIT_PACKED encoding, which
// has no runs and begins at the highest bit. It answers the bytes it took.
func decodePackedLevels(dst, src []byte, width uint, top byte) (int, error) {
	size := (len(dst)*int(width) + 7) / 8
	if size > len(src) {
		return 0, errors.New("the levels are cut off")
	}
	bit := 0
	for i := range dst {
		var v uint
		for range width {
			v = v<<1 | uint(src[bit>>3]>>(7-bit&7)&1)
			bit++
		}
		if v > uint(top) {
			return 0, fmt.Errorf("a level of %d where %d is the highest", v, top)
		}
		dst[i] = byte(v)
	}
	return size, nil
}
