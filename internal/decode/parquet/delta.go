package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// maxDeltaBlock bounds the block size that a DELTA_BINARY_PACKED page may claim; writers use 128 or 256.
const maxDeltaBlock = 1 << 20

// decodeDelta fills dst from a DELTA_BINARY_PACKED run and answers the bytes
// behind it. Sums wrap around, as the writers' differences do.
func decodeDelta[T int32 | int64](dst []T, src []byte) ([]byte, error) {
	d := deltaReader{src: src}
	block, perBlock, total := d.uvarint(), d.uvarint(), d.uvarint()
	first := d.varint()
	if d.err != nil {
		return nil, d.err
	}
	if block == 0 || block > maxDeltaBlock || perBlock == 0 || block%perBlock != 0 || block/perBlock%32 != 0 {
		return nil, fmt.Errorf("delta blocks of %d values in %d parts", block, perBlock)
	}
	if total != uint64(len(dst)) {
		return nil, fmt.Errorf("%d delta values where the page has %d", total, len(dst))
	}
	if len(dst) == 0 {
		return d.src, nil
	}
	last := T(first)
	dst[0] = last
	dst = dst[1:]
	part := int(block / perBlock)
	for len(dst) > 0 {
		least := T(d.varint())
		widths := d.take(int(perBlock))
		if d.err != nil {
			return nil, d.err
		}
		for _, width := range widths {
			if len(dst) == 0 {
				break // parts without values have no bytes
			}
			packed := d.take(part / 8 * int(width))
			if d.err != nil {
				return nil, d.err
			}
			if width > 64 {
				return nil, fmt.Errorf("deltas of %d bits", width)
			}
			n := min(part, len(dst))
			last = addDeltas(dst[:n], packed, uint(width), least, last)
			dst = dst[n:]
		}
	}
	return d.src, nil
}

// addDeltas writes the sums of one part, whose values are packed in width bits each, and answers the last.
func addDeltas[T int32 | int64](dst []T, packed []byte, width uint, least, last T) T {
	var block [32]uint32
	for len(dst) > 0 {
		n := min(32, len(dst))
		switch {
		case width == 0:
			for i := range dst[:n] {
				last += least
				dst[i] = last
			}
		case width <= 32:
			unpack(block[:], packed[:4*width], width)
			for i := range dst[:n] {
				last += least + T(block[i])
				dst[i] = last
			}
		default:
			for i := range dst[:n] {
				last += least + T(loadBits(packed, i*int(width), int(width)))
				dst[i] = last
			}
		}
		packed = packed[4*width:]
		dst = dst[n:]
	}
	return last
}

type deltaReader struct {
	src []byte
	err error
}

var errDeltaShort = errors.New("delta values are cut off")

func (d *deltaReader) uvarint() uint64 {
	v, n := binary.Uvarint(d.src)
	if n <= 0 {
		d.err = errDeltaShort
		return 0
	}
	d.src = d.src[n:]
	return v
}

func (d *deltaReader) varint() int64 {
	v, n := binary.Varint(d.src)
	if n <= 0 {
		d.err = errDeltaShort
		return 0
	}
	d.src = d.src[n:]
	return v
}

func (d *deltaReader) take(n int) []byte {
	if n > len(d.src) {
		d.err = errDeltaShort
		return nil
	}
	b := d.src[:n]
	d.src = d.src[n:]
	return b
}

// decodeDeltaLengths reads a DELTA_LENGTH_BYTE_ARRAY page: ends[i] becomes the
// end of value i in the bytes that it answers.
func decodeDeltaLengths(ends []int32, src []byte) ([]byte, error) {
	rest, err := decodeDelta(ends, src)
	if err != nil {
		return nil, err
	}
	var sum int64
	for i, n := range ends {
		if n < 0 {
			return nil, fmt.Errorf("a value of %d bytes", n)
		}
		sum += int64(n)
		if sum > int64(len(rest)) {
			return nil, errDeltaShort
		}
		ends[i] = int32(sum)
	}
	return rest, nil
}

// decodeDeltaStrings reads a DELTA_BYTE_ARRAY page, in which a value shares
// its beginning with the one before. grow answers a buffer of n bytes.
func decodeDeltaStrings(ends, prefixes []int32, src []byte, grow func(n int) []byte) ([]byte, error) {
	rest, err := decodeDelta(prefixes, src)
	if err != nil {
		return nil, err
	}
	suffixes, err := decodeDeltaLengths(ends, rest)
	if err != nil {
		return nil, err
	}
	var total int64
	var start, before int32
	for i, end := range ends {
		p := prefixes[i]
		if p < 0 || p > before {
			return nil, fmt.Errorf("a value shares %d bytes with one of %d", p, before)
		}
		length := int64(p) + int64(end-start)
		if total += length; total > math.MaxInt32 {
			return nil, errors.New("the values of the page take more than 2 GiB")
		}
		before, start = int32(length), end
	}
	out := grow(int(total))
	var at, previous, from int32
	for i, end := range ends {
		p := prefixes[i]
		copy(out[at:], out[previous:previous+p])
		previous = at
		at += p
		at += int32(copy(out[at:], suffixes[from:end]))
		from = end
		ends[i] = at
	}
	return out, nil
}

// unsplit undoes BYTE_STREAM_SPLIT: byte k of all n values lies in the k-th of width streams.
func unsplit(dst, src []byte, n, width int) {
	switch width {
	case 4:
		a, b, c, d := src[:n], src[n:2*n], src[2*n:3*n], src[3*n:4*n]
		out := view[uint32](dst)[:n]
		for i := range out {
			out[i] = uint32(a[i]) | uint32(b[i])<<8 | uint32(c[i])<<16 | uint32(d[i])<<24
		}
	case 8:
		a, b, c, d := src[:n], src[n:2*n], src[2*n:3*n], src[3*n:4*n]
		e, f, g, h := src[4*n:5*n], src[5*n:6*n], src[6*n:7*n], src[7*n:8*n]
		out := view[uint64](dst)[:n]
		for i := range out {
			out[i] = uint64(a[i]) | uint64(b[i])<<8 | uint64(c[i])<<16 | uint64(d[i])<<24 |
				uint64(e[i])<<32 | uint64(f[i])<<40 | uint64(g[i])<<48 | uint64(h[i])<<56
		}
	default:
		for k := range width {
			for i, v := range src[k*n : (k+1)*n] {
				dst[i*width+k] = v
			}
		}
	}
}
