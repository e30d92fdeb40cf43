package syntax

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// text reads a text in quotes: two quotes stand for one, and a backslash begins an escape.
func (l *lexer) text() string {
	from := l.pos
	var b strings.Builder
	s := l.rest()[1:]
	for {
		i := strings.IndexAny(s, `'\`)
		if i < 0 || i == len(s)-1 && s[i] == '\\' {
			l.fail(from, "'", "a text that does not end")
		}
		b.WriteString(s[:i])
		switch {
		case s[i] == '\\':
			s = unescape(&b, s[i+1:])
		case strings.HasPrefix(s[i:], "''"):
			b.WriteByte('\'')
			s = s[i+2:]
		default:
			l.take(len(l.rest()) - len(s) + i + 1)
			return b.String()
		}
	}
}

// escapes are the letters that stand for a control character behind a backslash.
var escapes = map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', '0': 0}

// unescape writes what the escape at the beginning of s (behind its backslash) stands for, and returns what is behind it.
// A backslash before any other character is dropped.
func unescape(b *strings.Builder, s string) string {
	switch s[0] {
	case 'x':
		if r, ok := code(s[1:], 2, 16); ok {
			b.WriteRune(r)
			return s[3:]
		}
	case 'u':
		if r, ok := code(s[1:], 4, 16); ok {
			b.WriteRune(r)
			return s[5:]
		}
	case '0', '1', '2', '3':
		if r, ok := code(s, 3, 8); ok {
			b.WriteRune(r)
			return s[3:]
		}
	}
	if c, ok := escapes[s[0]]; ok {
		b.WriteByte(c)
		return s[1:]
	}
	_, n := utf8.DecodeRuneInString(s)
	b.WriteString(s[:n])
	return s[n:]
}

// code reads a character's number of exactly n digits.
func code(s string, n, base int) (rune, bool) {
	if len(s) < n {
		return 0, false
	}
	r, err := strconv.ParseUint(s[:n], base, 32)
	return rune(r), err == nil
}
