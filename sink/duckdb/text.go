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
	whole := utf8.Valid(data[start:])
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

// asciiPrefix returns a number of bytes at the beginning that are ASCII: less than 32 short of all such.
func asciiPrefix(data []byte) int {
	n := 0
	for ; len(data)-n >= 32; n += 32 {
		b := data[n : n+32]
		if (binary.LittleEndian.Uint64(b)|binary.LittleEndian.Uint64(b[8:])|
			binary.LittleEndian.Uint64(b[16:])|binary.LittleEndian.Uint64(b[24:]))&notASCII != 0 {
			return n
		}
	}
	for ; n < len(data); n++ {
		if data[n] >= utf8.RuneSelf {
			return n
		}
	}
	return n
}
