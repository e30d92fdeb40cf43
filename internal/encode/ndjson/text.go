package ndjson

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

func isText(dt arrow.DataType) bool {
	switch dt.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW:
		return true
	}
	return false
}

// textOf answers what reads the texts of an array of any such type.
func textOf(arr arrow.Array) func(row int) string {
	switch a := arr.(type) {
	case *array.LargeString:
		return a.Value
	case *array.StringView:
		return a.Value
	}
	return arr.(*array.String).Value
}

// text is the form of texts.
func (o forms) text() form {
	if o.json {
		return jsonText()
	}
	return form{bind: func(arr arrow.Array) appender {
		if a, ok := arr.(*array.String); ok && a.Len() > 0 {
			ends, all := a.ValueOffsets(), a.ValueBytes()
			return func(dst []byte, row int) []byte {
				return AppendText(dst, text(all[ends[row]-ends[0]:ends[row+1]-ends[0]]))
			}
		}
		value := textOf(arr)
		return func(dst []byte, row int) []byte { return AppendText(dst, value(row)) }
	}, fault: notUTF8}
}

// text is b as a string that shares its memory.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func notUTF8(arr arrow.Array, from, to int) (int, error) {
	if a, ok := arr.(*array.String); ok && wholeUTF8(a, from, to) {
		return 0, nil
	}
	value := textOf(arr)
	return first(arr, from, to, func(row int) error {
		if v := value(row); !utf8.ValidString(v) {
			return fmt.Errorf("%.100q is not UTF-8", v)
		}
		return nil
	})
}

// wholeUTF8 says, by one look at their bytes together, that texts are UTF-8: no is not sure.
func wholeUTF8(a *array.String, from, to int) bool {
	if from >= to {
		return true
	}
	first := a.ValueOffset(0)
	start, end := a.ValueOffset(from)-first, a.ValueOffset(to-1)-first+len(a.Value(to-1))
	bytes := a.ValueBytes()[start:end]
	if ascii(bytes) {
		return true
	}
	if !utf8.Valid(bytes) {
		return false
	}
	for row := from; row < to; row++ { // none begins amid a character
		if v := a.Value(row); v != "" && !utf8.RuneStart(v[0]) {
			return false
		}
	}
	return true
}

func ascii(b []byte) bool {
	for ; len(b) >= 32; b = b[32:] {
		if (binary.LittleEndian.Uint64(b)|binary.LittleEndian.Uint64(b[8:])|binary.LittleEndian.Uint64(b[16:])|binary.LittleEndian.Uint64(b[24:]))&highs != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Eight bytes at a time: each a 1, and the highest bit of each.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special says whether a byte of eight is a quote, a backslash or a control character, which a string has not as they
// are: a byte less than n, or equal to a character, is one that borrows its highest bit when so much is taken off.
func special(w uint64) bool {
	control, quote, backslash := w-ones*' ', (w^ones*'"')-ones, (w^ones*'\\')-ones
	return (control|quote|backslash)&^w&highs != 0
}

func isSpecial(c byte) bool { return c < ' ' || c == '"' || c == '\\' }

// load8 is eight bytes of s, from i on.
func load8(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// AppendText appends s, which is UTF-8, as a string.
func AppendText(dst []byte, s string) []byte {
	dst = append(room(dst, len(s)+len(`"",`)), '"')
	n := plain(dst[len(dst):len(dst)+len(s)], s)
	dst = dst[:len(dst)+n]
	for s = s[n:]; s != ""; s = s[n:] {
		if isSpecial(s[0]) {
			dst = appendEscaped(dst, s[0])
			n = 1
			continue
		}
		dst = room(dst, len(s)+len(`",`))
		n = plain(dst[len(dst):len(dst)+len(s)], s)
		dst = dst[:len(dst)+n]
	}
	return append(dst, '"')
}

// plain copies s to dst, of the same length, up to before the first special character, and answers how many bytes.
func plain(dst []byte, s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := load8(s, i)
		if special(w) {
			return i + few(dst[i:], s[i:i+8])
		}
		binary.LittleEndian.PutUint64(dst[i:], w)
	}
	if last := len(s) - 8; last >= 0 { // the last eight, of which some are there already
		if w := load8(s, last); !special(w) {
			binary.LittleEndian.PutUint64(dst[last:], w)
			return len(s)
		}
	}
	return i + few(dst[i:], s[i:])
}

// few is plain for a few bytes.
func few(dst []byte, s string) int {
	for i := range len(s) {
		if isSpecial(s[i]) {
			return i
		}
		dst[i] = s[i]
	}
	return len(s)
}

// appendEscaped appends a special character.
func appendEscaped(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
