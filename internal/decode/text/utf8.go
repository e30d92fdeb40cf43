package text

import (
	"encoding/binary"
	"unicode/utf8"
)

// ValidUTF8 reports whether data is valid UTF-8. It is fast for text that is ASCII but for a letter here and
// there.
func ValidUTF8(data []byte) bool {
	for i := 0; i < len(data); {
		for i+8 <= len(data) && binary.LittleEndian.Uint64(data[i:])&0x8080808080808080 == 0 {
			i += 8
		}
		for end := min(i+8, len(data)); i < end; {
			if data[i] < utf8.RuneSelf {
				i++
				continue
			}
			r, n := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && n == 1 {
				return false
			}
			i += n
		}
	}
	return true
}

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
