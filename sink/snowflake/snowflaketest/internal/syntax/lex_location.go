package syntax

import "strings"

// location reads @stage/path, @%table/path or @~/path. A path ends at white space, a quote, a bracket, a comma or a
// semicolon.
func (l *lexer) location() *Location {
	at := l.stage()
	if strings.HasPrefix(l.rest(), "/") {
		l.take(1)
		at.Path = l.take(span(l.rest(), func(c byte) bool { return strings.IndexByte(" \t\r\n'\"(),;", c) < 0 }))
	}
	return at
}

// stage reads what is before the path.
func (l *lexer) stage() *Location {
	at := &Location{Pos: l.pos}
	l.take(1)
	if strings.HasPrefix(l.rest(), "~") {
		l.take(1)
		at.User = true
		return at
	}
	at.Stage.Pos = l.pos
	for {
		if strings.HasPrefix(l.rest(), "%") && !at.Table {
			l.take(1)
			at.Table = true
		}
		switch s := l.rest(); {
		case s != "" && wordStart(s[0]):
			at.Stage.Parts = append(at.Stage.Parts, strings.ToUpper(l.take(span(s, wordPart))))
		case strings.HasPrefix(s, `"`):
			at.Stage.Parts = append(at.Stage.Parts, l.quoted())
		case strings.HasPrefix(s, ".") && len(at.Stage.Parts) == 1:
			at.Stage.Parts = append(at.Stage.Parts, "") // db..stage
		default:
			l.fail(at.Pos, "@", "a stage without a name")
		}
		if at.Table || len(at.Stage.Parts) == 3 || !strings.HasPrefix(l.rest(), ".") {
			return at
		}
		l.take(1)
	}
}

// parseLocation reads a location out of a text in quotes: '@stage/path with spaces', or the URL of a bucket.
func parseLocation(at Pos, s string) *Location {
	if !strings.HasPrefix(s, "@") {
		return &Location{Pos: at, URL: s}
	}
	l := lexer{sql: s, pos: at}
	loc := l.stage()
	path, slash := strings.CutPrefix(l.rest(), "/")
	if !slash && path != "" {
		l.fail(at, s, "unexpected '"+path+"' in a location")
	}
	loc.Path = path
	return loc
}
