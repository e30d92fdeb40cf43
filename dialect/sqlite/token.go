package sqlite

import "strings"

// token is a word, a quoted name or text, or one other character of a statement.
type token struct {
	text   string // as it stands there
	at     int    // where
	quoted bool
}

// is reports whether the token is that keyword, which is given in lower case.
func (t token) is(keyword string) bool { return !t.quoted && strings.EqualFold(t.text, keyword) }

// end is where the token ends.
func (t token) end() int { return t.at + len(t.text) }

// tokens splits a statement, without its blanks and comments. Of one that SQLite has taken nothing is left open.
func tokens(s string) []token {
	var all []token
	for i := 0; i < len(s); {
		rest := s[i:]
		n := 1
		switch c := s[i]; {
		case strings.IndexByte(" \t\n\f\r", c) >= 0:
			i++
			continue
		case strings.HasPrefix(rest, "--"):
			i += span(rest, "\n", 2)
			continue
		case strings.HasPrefix(rest, "/*"):
			i += span(rest, "*/", 2)
			continue
		case c == '[':
			n = span(rest, "]", 1)
		case c == '"' || c == '\'' || c == '`':
			n = quotedLen(rest)
		case isWord(c):
			for n < len(rest) && isWord(rest[n]) {
				n++
			}
		}
		all = append(all, token{text: rest[:n], at: i, quoted: n > 1 && !isWord(rest[0])})
		i += n
	}
	return all
}

// span is the length of s up to and with the end mark, looked for from a place.
func span(s, end string, from int) int {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(s)
}

// quotedLen is the length of what stands in quotes, which are doubled inside.
func quotedLen(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] != s[0] {
			continue
		}
		if i+1 == len(s) || s[i+1] != s[0] {
			return i + 1
		}
		i++
	}
	return len(s)
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
