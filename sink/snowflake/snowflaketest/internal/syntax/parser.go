package syntax

import "strings"

// maxDepth is how deep expressions, queries and blocks may stand inside one another.
const maxDepth = 500

// parser is a recursive-descent parser. It reports what is wrong by a panic with an *Error, which [Parse] returns: every
// production can fail, and none goes on after it.
type parser struct {
	sql     string
	tokens  []token
	closing map[int]int // by the index of a bracket that opens, that of the one that closes it
	at      int
	depth   int
	binds   int // question marks so far
	blocks  int // blocks of Snowflake Scripting that are open
}

func newParser(sql string) *parser {
	p := &parser{sql: sql, tokens: lex(sql), closing: map[int]int{}}
	var open []int
	for i, t := range p.tokens {
		switch {
		case t.kind != sign:
		case t.value == "(":
			open = append(open, i)
		case t.value == ")" && len(open) > 0:
			p.closing[open[len(open)-1]] = i
			open = open[:len(open)-1]
		}
	}
	return p
}

// Parse returns the statements of sql, which semicolons separate. The error is an *[Error].
func Parse(sql string) (statements []Statement, err error) {
	defer rescue(&err)
	p := newParser(sql)
	for {
		for p.sign(";") {
		}
		if p.peek().kind == end {
			return statements, nil
		}
		statements = append(statements, p.statement())
		if p.peek().kind != end && !p.isSign(";") {
			p.unexpected()
		}
	}
}

// ParseName returns the name that text is: what the value behind IDENTIFIER is parsed with. The error is an *[Error].
func ParseName(name string) (n Name, err error) {
	defer rescue(&err)
	p := newParser(name)
	n = p.plainName()
	p.atEnd()
	return n, nil
}

// ParseExpr returns the expression that text is. The error is an *[Error].
func ParseExpr(expr string) (x Expr, err error) {
	defer rescue(&err)
	p := newParser(expr)
	x = p.expr()
	p.atEnd()
	return x, nil
}

// ParseLocation returns the location that text is: @stage/path, or the URL of a bucket. The error is an *[Error].
func ParseLocation(location string) (l *Location, err error) {
	defer rescue(&err)
	return parseLocation(Pos{1, 1}, location), nil
}

// rescue makes an error of the parser's panic.
func rescue(err *error) {
	switch e := recover().(type) {
	case nil:
	case *Error:
		*err = e
	default:
		panic(e)
	}
}

func (p *parser) peek() *token { return &p.tokens[p.at] }

// ahead is the token n behind the next one.
func (p *parser) ahead(n int) *token { return &p.tokens[min(p.at+n, len(p.tokens)-1)] }

// next consumes a token.
func (p *parser) next() *token {
	t := p.peek()
	if t.kind != end {
		p.at++
	}
	return t
}

// enter and leave count how deep a production is.
func (p *parser) enter() {
	if p.depth++; p.depth > maxDepth {
		p.fail("nested too deep")
	}
}

func (p *parser) leave() { p.depth-- }

// near is how a token was written.
func (p *parser) near(t *token) string { return p.sql[t.start:t.end] }

// fail ends the parse at the next token.
func (p *parser) fail(message string) {
	panic(&Error{Pos: p.peek().Pos, Near: p.near(p.peek()), Message: message})
}

func (p *parser) unexpected() {
	if p.peek().kind == end {
		p.fail("unexpected '<EOF>'")
	}
	p.fail("unexpected '" + p.near(p.peek()) + "'")
}

// unsupported ends the parse at the next token, for what Snowflake may know and this package does not.
func (p *parser) unsupported(what string) {
	panic(&Error{Pos: p.peek().Pos, Near: p.near(p.peek()), Message: what, Unsupported: true})
}

func (p *parser) atEnd() {
	if p.peek().kind != end {
		p.unexpected()
	}
}

func (p *parser) isSign(s string) bool { return p.peek().kind == sign && p.peek().value == s }

// sign consumes a sign if it comes next.
func (p *parser) sign(s string) bool {
	if p.isSign(s) {
		p.at++
		return true
	}
	return false
}

func (p *parser) needSign(s string) {
	if !p.sign(s) {
		p.unexpected()
	}
}

// isWords says that these words come next. Several are separated by spaces.
func (p *parser) isWords(words string) bool {
	n := 0
	for w := range strings.FieldsSeq(words) {
		if t := p.ahead(n); t.kind != word || t.value != w {
			return false
		}
		n++
	}
	return true
}

// words consumes these words if they come next.
func (p *parser) words(words string) bool {
	if !p.isWords(words) {
		return false
	}
	p.at += strings.Count(words, " ") + 1
	return true
}

// oneOf consumes the first of several alternatives that comes next, and returns it; "" if none does.
func (p *parser) oneOf(alternatives ...string) string {
	for _, a := range alternatives {
		if p.words(a) {
			return a
		}
	}
	return ""
}

func (p *parser) need(words string) {
	if !p.words(words) {
		p.unexpected()
	}
}

// ident consumes an identifier.
func (p *parser) ident() string {
	switch t := p.peek(); {
	case t.kind == quoted, t.kind == word && !reserved[t.value]:
		p.at++
		return t.value
	}
	p.unexpected()
	return ""
}

// idents consumes (a, b).
func (p *parser) idents() (names []string) {
	p.needSign("(")
	for {
		names = append(names, p.ident())
		if !p.sign(",") {
			p.needSign(")")
			return names
		}
	}
}

// str consumes a text.
func (p *parser) str() string {
	if p.peek().kind != text {
		p.unexpected()
	}
	return p.next().value
}

// from is the text between a token and the one that comes next.
func (p *parser) from(first *token) string {
	last := &p.tokens[max(p.at-1, 0)]
	if last.end < first.start {
		return ""
	}
	return p.sql[first.start:last.end]
}

// name consumes the name of an object, or IDENTIFIER(…).
func (p *parser) name() Name {
	if p.isWords("IDENTIFIER") && p.ahead(1).value == "(" && p.ahead(1).kind == sign {
		return p.identifier()
	}
	return p.plainName()
}

// plainName consumes [[database.]schema.]object.
func (p *parser) plainName() Name {
	n := Name{Pos: p.peek().Pos}
	n.Parts = append(n.Parts, p.ident())
	for len(n.Parts) < 3 {
		switch {
		case p.sign("."):
			n.Parts = append(n.Parts, p.part())
		case p.sign(".."):
			n.Parts = append(n.Parts, "", p.part())
		default:
			return n
		}
	}
	return n
}

// part consumes an identifier behind a dot, where keywords may stand.
func (p *parser) part() string {
	if t := p.peek(); t.kind == word || t.kind == quoted {
		p.at++
		return t.value
	}
	p.unexpected()
	return ""
}

// identifier consumes IDENTIFIER(x).
func (p *parser) identifier() Name {
	n := Name{Pos: p.next().Pos}
	p.needSign("(")
	switch t := p.peek(); t.kind {
	case text:
		inner, err := ParseName(t.value)
		if err != nil {
			p.fail("'" + t.value + "' is no name")
		}
		n.Parts = inner.Parts
		p.at++
	default:
		n.Dynamic = p.primary()
		switch n.Dynamic.(type) {
		case *Bind, *Variable:
		default:
			p.unsupported("IDENTIFIER of an expression")
		}
	}
	p.needSign(")")
	return n
}
