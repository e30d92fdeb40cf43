package duckdb

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
)

// checkUTF8 notes the texts that are not valid UTF-8: DuckDB does not look. One pass over all bytes is enough
// where they are ASCII, or valid as a whole and no text begins inside a character.
func checkUTF8[T int32 | int64](a arrow.Array, offsets []T, data []byte, value func(int) string, f *faults) {
	start := asciiPrefix(data)
	if start == len(data) {
		return
	}
	whole := validUTF8(data[start:])
	for _, o := range offsets {
		if at := int(o - offsets[0]); at < len(data) && !utf8.RuneStart(data[at]) {
			whole = false
			break
		}
	}
	if whole {
		return
	}
	for i := range a.Len() {
		if a.IsValid(i) && !utf8.ValidString(value(i)) {
			f.add(i, deadletter.CodeInvalid, "%.200q is not valid UTF-8", value(i))
		}
	}
}

// notASCII has the bit set that no byte of ASCII has, in each of eight bytes.
const notASCII = 0x8080808080808080

// asciiPrefix returns how many bytes at the beginning are ASCII for sure: all, or a multiple of 8.
func asciiPrefix(data []byte) int {
	n := 0
	for ; len(data)-n >= 32; n += 32 {
		b := data[n : n+32]
		if (binary.LittleEndian.Uint64(b)|binary.LittleEndian.Uint64(b[8:])|
			binary.LittleEndian.Uint64(b[16:])|binary.LittleEndian.Uint64(b[24:]))&notASCII != 0 {
			break
		}
	}
	for ; len(data)-n >= 8; n += 8 {
		if binary.LittleEndian.Uint64(data[n:])&notASCII != 0 {
			return n
		}
	}
	for i := n; i < len(data); i++ {
		if data[i] >= utf8.RuneSelf {
			return n
		}
	}
	return len(data)
}

// validUTF8 is utf8.Valid, which goes byte by byte from the first character on that is not ASCII.
func validUTF8(data []byte) bool {
	for len(data) > 0 {
		n := 0
		for n < len(data) && n < 8 {
			if data[n] < utf8.RuneSelf {
				n++
				continue
			}
			r, size := utf8.DecodeRune(data[n:])
			if r == utf8.RuneError && size == 1 {
				return false
			}
			n += size
		}
		n += asciiPrefix(data[n:])
		data = data[n:]
	}
	return true
}
