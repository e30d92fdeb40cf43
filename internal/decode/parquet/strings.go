package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// errTooMuchText says that 32-bit offsets cannot address the bytes of a batch.
var errTooMuchText = errors.New("more than 2 GiB of text or bytes in one batch: read with a smaller BatchRows")

var errStringShort = errors.New("a value is cut off")

// plainSize answers how many bytes n PLAIN byte strings at the start of src
// have, and how far they reach.
func plainSize(src []byte, n int) (size, reach int, err error) {
	for range n {
		if len(src)-reach < 4 {
			return 0, 0, errStringShort
		}
		length := int(binary.LittleEndian.Uint32(src[reach:]))
		reach += 4
		if length > len(src)-reach {
			return 0, 0, fmt.Errorf("a value of %d bytes where the page has %d left", length, len(src)-reach)
		}
		reach += length
		size += length
	}
	return size, reach, nil
}

// step is how many bytes short strings are copied by, whatever their length.
const step = 32

// copyPlain copies len(ends) PLAIN byte strings from src to dst at at, which
// has room for them, and writes their ends, counted from base. It answers how
// far it read and wrote. The bytes of dst behind the last value are undefined.
func copyPlain(dst []byte, ends []int32, src []byte, base int32) (read, wrote int, err error) {
	r, w := 0, 0
	for i := range ends {
		if len(src)-r < 4 {
			return 0, 0, errStringShort
		}
		length := int(binary.LittleEndian.Uint32(src[r:]))
		r += 4
		if length <= step && len(src)-r >= step && len(dst)-w >= step {
			// One copy of fixed size is cheaper than one that looks at the length.
			copy((*[step]byte)(dst[w:])[:], (*[step]byte)(src[r:])[:])
		} else {
			if length > len(src)-r {
				return 0, 0, fmt.Errorf("a value of %d bytes where the page has %d left", length, len(src)-r)
			}
			if length > len(dst)-w {
				return 0, 0, errStringShort
			}
			copy(dst[w:w+length], src[r:])
		}
		r += length
		w += length
		ends[i] = base + int32(w)
	}
	return r, w, nil
}

// gatherStrings copies the dictionary's strings at the indices to dst, which
// has exactly their size, up to the ends that gatherEnds wrote.
func (d *dictionary) gatherStrings(dst []byte, indices []uint32) {
	w := 0
	for _, x := range indices {
		start, end := d.offsets[x], d.offsets[x+1]
		length := int(end - start)
		if length <= step/2 && len(dst)-w >= step/2 && len(d.data)-int(start) >= step/2 {
			copy((*[step / 2]byte)(dst[w:])[:], (*[step / 2]byte)(d.data[start:])[:])
		} else {
			copy(dst[w:w+length], d.data[start:end])
		}
		w += length
	}
}

// gatherEnds writes the ends, counted from base, of the strings at the indices, and answers their size.
func (d *dictionary) gatherEnds(ends []int32, indices []uint32, base int32) (int, error) {
	ends = ends[:len(indices)]
	at := int64(base)
	offsets := d.offsets
	for i, x := range indices {
		at += int64(offsets[x+1] - offsets[x])
		ends[i] = int32(at)
	}
	if at > math.MaxInt32 {
		return 0, errTooMuchText
	}
	return int(at - int64(base)), nil
}
