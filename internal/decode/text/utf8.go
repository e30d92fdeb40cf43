package text

import (
	"encoding/binary"
	"unicode/utf8"
)

// ValidUTF8 reports whether data is valid UTF-8. It is fast for text that is ASCII but for a letter here and
// there.
func ValidUTF8(data []byte) bool {
	for len(data) > 0 {
		for len(data) >= 32 && (high(data)|high(data[8:])|high(data[16:])|high(data[24:])) == 0 {
			data = data[32:]
		}
		for len(data) >= 8 && high(data) == 0 {
			data = data[8:]
		}
		for end := max(len(data)-8, 0); len(data) > end; {
			r, n := utf8.DecodeRune(data)
			if r == utf8.RuneError && n == 1 {
				return false
			}
			data = data[n:]
		}
	}
	return true
}

// high returns the bits of the first 8 bytes that ASCII has not.
func high(b []byte) uint64 { return binary.LittleEndian.Uint64(b) & highs8 }

// Quote returns value as it stands in messages: quoted, at most 200 bytes of it.
func Quote(value []byte) string {
	const most = 200
	if len(value) <= most {
		return quote(value)
	}
	cut := most
	for cut > most-utf8.UTFMax && !utf8.RuneStart(value[cut]) {
		cut--
	}
	return quote(value[:cut]) + "..."
}
