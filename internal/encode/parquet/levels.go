package parquet

import (
	"encoding/binary"
	"math/bits"

	"github.com/parquet-go/parquet-go/encoding/rle"
)

// levels are the definition and repetition levels of the open page of a leaf. Those of a flat leaf, a column of the
// table, are the validity bits of Arrow.
type levels struct {
	maxDef, maxRep int
	flat           bool

	valid bitmap // of a flat leaf, once a null has come
	n     int    // of a flat leaf: its values, nulls included
	nulls int

	def, rep []byte // of any other
	scratch  []byte
}

// len is the number of values, nulls included.
func (l *levels) len() int {
	if l.flat {
		return l.n
	}
	return len(l.def)
}

// size is about the bytes that the levels take encoded.
func (l *levels) size() int {
	return (l.valid.n + len(l.def)*bits.Len(uint(l.maxDef)) + len(l.rep)*bits.Len(uint(l.maxRep))) / 8
}

// addFlat appends the n levels of a flat leaf, of which nulls say null.
func (l *levels) addFlat(v validity, from, n, nulls int) {
	if nulls > 0 && l.nulls == 0 {
		l.valid.set(l.n)
	}
	l.n += n
	l.nulls += nulls
	switch {
	case l.nulls == 0:
	case nulls == 0:
		l.valid.set(n)
	case nulls == n:
		l.valid.unset(n)
	default:
		l.valid.copy(v.bits, v.offset+from, n)
	}
}

// encode appends the levels to dst and begins the next page. README.md, "Data Pages": repetition levels, definition
// levels, each left out where there is but one; Encodings.md, "RLE / Bit-Packing Hybrid": in pages of version 1 behind
// their length.
func (l *levels) encode(dst []byte) []byte {
	if l.maxRep > 0 {
		dst = l.pack(dst, l.rep, l.maxRep)
	}
	if l.maxDef > 0 {
		if l.flat {
			dst = l.packFlat(dst)
		} else {
			dst = l.pack(dst, l.def, l.maxDef)
		}
	}
	l.valid.reset()
	l.n, l.nulls, l.def, l.rep = 0, 0, l.def[:0], l.rep[:0]
	return dst
}

func (l *levels) pack(dst, src []byte, most int) []byte {
	e := rle.Encoding{BitWidth: bits.Len(uint(most))}
	l.scratch, _ = e.EncodeLevels(l.scratch, src) // it fails for widths over 8 bits, which no schema here has
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(l.scratch)))
	return append(dst, l.scratch...)
}

// packFlat writes one run: of ones, of zeros, or of the validity bits as they are.
func (l *levels) packFlat(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	switch {
	case l.nulls == 0:
		dst = append(binary.AppendUvarint(dst, uint64(l.n)<<1), 1)
	case l.nulls == l.n:
		dst = append(binary.AppendUvarint(dst, uint64(l.n)<<1), 0)
	default:
		dst = binary.AppendUvarint(dst, uint64(len(l.valid.buf))<<1|1)
		dst = append(dst, l.valid.buf...)
	}
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}
