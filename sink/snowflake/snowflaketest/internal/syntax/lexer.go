package syntax

import (
	"strings"
	"unicode/utf8"
)

// maxName is how many characters an identifier has at most.
const maxName = 255

// lexer cuts a text into tokens.
type lexer struct {
	sql string
	at  int // offset of the next byte
	pos Pos // of it
}

// lex returns the tokens of sql, the last one being the end.
func lex(sql string) (tokens []token) {
	l := lexer{sql: sql, pos: Pos{1, 1}}
	if !utf8.ValidString(sql) {
		l.fail(l.pos, "", "a text that is not UTF-8")
	}
	for {
		l.skip()
		t := token{Pos: l.pos, start: l.at}
		l.scan(&t, tokens)
		t.end = l.at
		tokens = append(tokens, t)
		if t.kind == end {
			return tokens
		}
	}
}

// fail ends the parse. See [Parse].
func (l *lexer) fail(at Pos, near, message string) {
	panic(&Error{Pos: at, Near: near, Message: message})
}

// rest is the text that is left.
func (l *lexer) rest() string { return l.sql[l.at:] }

// take consumes n bytes.
func (l *lexer) take(n int) string {
	s := l.sql[l.at : l.at+n]
	l.at += n
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		l.pos.Line += strings.Count(s, "\n")
		l.pos.Column = 1
		l.pos.Column += utf8.RuneCountInString(s[i+1:])
	} else {
		l.pos.Column += utf8.RuneCountInString(s)
	}
	return s
}

// skip consumes white space and comments.
func (l *lexer) skip() {
	for l.at < len(l.sql) {
		s := l.rest()
		switch {
		case strings.IndexByte(" \t\r\n\f\v", s[0]) >= 0:
			l.take(len(s) - len(strings.TrimLeft(s, " \t\r\n\f\v")))
		case strings.HasPrefix(s, "\u00a0"), strings.HasPrefix(s, "\ufeff"):
			_, n := utf8.DecodeRuneInString(s)
			l.take(n)
		case strings.HasPrefix(s, "--"), strings.HasPrefix(s, "//"):
			if i := strings.IndexByte(s, '\n'); i >= 0 {
				l.take(i + 1)
			} else {
				l.take(len(s))
			}
		case strings.HasPrefix(s, "/*"):
			i := strings.Index(s[2:], "*/")
			if i < 0 {
				l.fail(l.pos, "/*", "a comment that does not end")
			}
			l.take(i + 4)
		default:
			return
		}
	}
}

// scan reads one token into t; before are those that came before it.
func (l *lexer) scan(t *token, before []token) {
	s := l.rest()
	if s == "" {
		return
	}
	switch c := s[0]; {
	case (c == 'x' || c == 'X') && strings.HasPrefix(s[1:], "'"):
		l.take(1)
		t.kind, t.value = binaryHex, l.text()
	case wordStart(c):
		l.word(t)
	case c == '"':
		t.kind, t.value = quoted, l.quoted()
	case c == '\'':
		t.kind, t.value = text, l.text()
	case strings.HasPrefix(s, "$$"):
		i := strings.Index(s[2:], "$$")
		if i < 0 {
			l.fail(t.Pos, "$$", "a text in $$ that does not end")
		}
		t.kind, t.value = text, l.take(i + 4)[2:i+2]
	case c == '$' && len(s) > 1 && digit(s[1]):
		l.take(1)
		t.kind, t.value = ordinal, l.take(span(s[1:], digit))
	case c == '$' && len(s) > 1 && wordStart(s[1]):
		l.take(1)
		t.kind, t.value = variable, strings.ToUpper(l.take(span(s[1:], wordPart)))
	case digit(c), c == '.' && len(s) > 1 && digit(s[1]) && !l.member(before):
		t.kind, t.value = number, l.take(numberLen(s))
	case c == '@':
		t.kind, t.at = location, l.location()
	default:
		t.kind, t.value = sign, l.sign(t.Pos)
	}
}

// member says that the dot which comes next belongs to the name or brackets right before it.
func (l *lexer) member(before []token) bool {
	if len(before) == 0 || before[len(before)-1].end != l.at {
		return false
	}
	t := before[len(before)-1]
	return t.kind == word || t.kind == quoted || t.kind == ordinal || t.value == "]" || t.value == ")"
}

// word reads an unquoted identifier, or file:// with what follows it.
func (l *lexer) word(t *token) {
	w := l.take(span(l.rest(), wordPart))
	if strings.EqualFold(w, "file") && strings.HasPrefix(l.rest(), "://") {
		l.take(3)
		t.kind = fileURL
		t.value = l.take(span(l.rest(), func(c byte) bool { return strings.IndexByte(" \t\r\n;", c) < 0 }))
		return
	}
	if len(w) > maxName {
		l.fail(t.Pos, w[:maxName], "an identifier of more than 255 characters")
	}
	t.kind, t.value = word, strings.ToUpper(w)
}

// quoted reads "name".
func (l *lexer) quoted() string {
	from := l.pos
	var b strings.Builder
	for s := l.rest()[1:]; ; {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			l.fail(from, `"`, "a quoted identifier that does not end")
		}
		b.WriteString(s[:i])
		s = s[i+1:]
		if !strings.HasPrefix(s, `"`) {
			l.take(len(l.rest()) - len(s))
			break
		}
		b.WriteByte('"')
		s = s[1:]
	}
	if b.Len() == 0 {
		l.fail(from, `""`, "an identifier without a character")
	}
	if n := utf8.RuneCountInString(b.String()); n > maxName {
		l.fail(from, `"`, "an identifier of more than 255 characters")
	}
	return b.String()
}

// signs are the operators and punctuation, longer ones first.
var signs = []string{
	"<>", "!=", "<=", ">=", "||", "::", ":=", "=>", "..",
	"(", ")", "[", "]", "{", "}", ",", ";", ".", ":", "?", "+", "-", "*", "/", "%", "=", "<", ">",
}

func (l *lexer) sign(at Pos) string {
	for _, s := range signs {
		if strings.HasPrefix(l.rest(), s) {
			return l.take(len(s))
		}
	}
	r, _ := utf8.DecodeRuneInString(l.rest())
	l.fail(at, string(r), "unexpected '"+string(r)+"'")
	return ""
}

func wordStart(c byte) bool { return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func wordPart(c byte) bool { return wordStart(c) || digit(c) || c == '$' }

func digit(c byte) bool { return '0' <= c && c <= '9' }

// span returns how many bytes at the beginning of s are of a kind.
func span(s string, of func(byte) bool) int {
	i := 0
	for i < len(s) && of(s[i]) {
		i++
	}
	return i
}

// numberLen returns how long the number at the beginning of s is.
func numberLen(s string) int {
	n := span(s, digit)
	if n < len(s) && s[n] == '.' && !strings.HasPrefix(s[n:], "..") {
		n++
		n += span(s[n:], digit)
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		e := n + 1
		if e < len(s) && (s[e] == '+' || s[e] == '-') {
			e++
		}
		if d := span(s[e:], digit); d > 0 {
			return e + d
		}
	}
	return n
}
