package json

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/floedata/floe/internal/decode/text"
)

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// space returns the place, from i on, of the first byte that is no white space.
func space(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t') {
		i++
	}
	return i
}

// endString returns the place behind the quote that closes the string whose first byte is data[i], whether it
// has escapes, and whether all is well; an end of -1 says that data ends before. Control characters are not
// well, nor are escapes looked into here.
func endString(data []byte, i int) (end int, escaped, ok bool) {
	ok = true
	for {
		for i+8 <= len(data) {
			w := binary.LittleEndian.Uint64(data[i:])
			if hit := text.JSONStops(w); hit != 0 {
				i += bits.TrailingZeros64(hit) >> 3
				break
			}
			i += 8
		}
		for i < len(data) && data[i] != '"' && data[i] != '\\' && data[i] >= 0x20 {
			i++
		}
		if i >= len(data) {
			return -1, escaped, ok
		}
		switch data[i] {
		case '"':
			return i + 1, escaped, ok
		case '\\':
			escaped = true
			i += 2
		default:
			ok = false
			i++
		}
	}
}

// skipValue returns the place behind the value at i, without a look at its grammar: brackets are counted and
// strings passed over. -1 = data ends before, or may do so.
func skipValue(data []byte, i int) int {
	if i < len(data) {
		switch data[i] {
		case '{', '[':
			return skipNested(data, i)
		case '"':
			end, _, _ := endString(data, i+1)
			return end
		}
	}
	for i < len(data) && !delimiter[data[i]] {
		i++
	}
	if i >= len(data) {
		return -1
	}
	return i
}

// delimiter marks the bytes that end a scalar.
var delimiter = [256]bool{'"': true, '{': true, '}': true, '[': true, ']': true, ',': true, ' ': true, '\n': true, '\r': true, '\t': true}

// skipNested is skipValue for an object or array.
func skipNested(data []byte, i int) int {
	depth := 0
	inside := uint64(0) // all bits where data[i] is within a string
	for i < len(data) {
		if i+8 <= len(data) {
			w := binary.LittleEndian.Uint64(data[i:])
			if equal8(w, '\\') == 0 {
				// Behind an odd number of quotes, a byte is within a string.
				q := equal8(w, '"')
				q ^= q << 8
				q ^= q << 16
				q ^= q << 32
				q ^= inside
				inside = uint64(int64(q) >> 63)
				// But for three bits, brackets and braces are alike, and like no other byte that JSON has there.
				for hits := equal8(w|lows*0x26, 0x7f) &^ q; hits != 0; hits &= hits - 1 {
					end := i + bits.TrailingZeros64(hits)>>3 + 1
					if depth = nesting(depth, data[end-1]); depth == 0 {
						return end
					}
				}
				i += 8
				continue
			}
		}
		for end := i + 8; i < end && i < len(data); i++ {
			switch c := data[i]; {
			case c == '"':
				inside = ^inside
			case inside == 0:
				if depth = nesting(depth, c); depth == 0 {
					return i + 1
				}
			case c == '\\':
				i++
			}
		}
	}
	return -1
}

// nesting returns the depth behind c. Square brackets differ from curly ones in one bit.
func nesting(depth int, c byte) int {
	switch c | 0x20 {
	case '{':
		return depth + 1
	case '}':
		return depth - 1
	}
	return depth
}

// equal8 sets the highest bit of each of 8 bytes that is c.
func equal8(w uint64, c byte) uint64 {
	w ^= lows * uint64(c)
	return ^(w&^highs + ^uint64(highs) | w) & highs
}

// token is a run of bytes to be found again and again.
type token struct {
	text       string
	head, tail uint64 // its first 8 bytes, or fewer, and its last
	mask       uint64 // of head
}

func newToken(text string) token {
	t := token{text: text, mask: ^uint64(0)}
	b := append([]byte(text), 0, 0, 0, 0, 0, 0, 0)
	t.head = binary.LittleEndian.Uint64(b)
	if n := len(text); n < 8 {
		t.mask = 1<<(8*n) - 1
	} else {
		t.tail = binary.LittleEndian.Uint64(b[n-8:])
	}
	return t
}

// begins reports whether data begins with t. Short tokens are compared as words.
func (t *token) begins(data []byte) bool {
	n := len(t.text)
	switch {
	case len(data) < 8 || len(data) < n:
		return n > 0 && len(data) >= n && string(data[:n]) == t.text
	case binary.LittleEndian.Uint64(data)&t.mask != t.head:
		return false
	case n <= 8:
		return n > 0
	case n <= 16:
		return binary.LittleEndian.Uint64(data[n-8:]) == t.tail
	}
	return string(data[:n]) == t.text
}

// endNumber returns the place behind the number at i; i itself where there is none by JSON's grammar.
func endNumber(data []byte, i int) int {
	from := i
	if i < len(data) && data[i] == '-' {
		i++
	}
	n := endDigits(data, i)
	if n == i || n > i+1 && data[i] == '0' {
		return from
	}
	i = n
	if i < len(data) && data[i] == '.' {
		if n = endDigits(data, i+1); n == i+1 {
			return from
		}
		i = n
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		if n = endDigits(data, i); n == i {
			return from
		}
		i = n
	}
	return i
}

func endDigits(data []byte, i int) int {
	for i < len(data) && data[i]-'0' <= 9 {
		i++
	}
	return i
}

// unescape appends the value of the inside of a string to dst; not ok where an escape is none.
func unescape(dst, s []byte) (out []byte, ok bool) {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			continue
		}
		i++
		if i == len(s) {
			return dst, false
		}
		switch s[i] {
		case '"', '\\', '/':
			dst = append(dst, s[i])
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, n := unicode(s[i-1:])
			if n == 0 {
				return dst, false
			}
			dst = utf8.AppendRune(dst, r)
			i += n - 2
		default:
			return dst, false
		}
	}
	return dst, true
}

// unicode reads \uXXXX, or two of them that make a surrogate pair, and returns the bytes that it took; 0 where
// it is none. Half a pair alone is none: no text has it.
func unicode(s []byte) (rune, int) {
	r, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) < 12 {
		return 0, 0
	}
	low, ok := hex4(s[6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hex4 reads \uXXXX.
func hex4(s []byte) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range s[2:6] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20-'a' <= 5:
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
