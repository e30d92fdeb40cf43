package syntax

import (
	"encoding/hex"
	"strconv"
)

func node(t *token) Node { return Node{t.Pos} }

// expr consumes an expression: OR binds least, then AND, NOT, comparisons, + - ||, * / %, signs, and what stands behind an
// operand (:: : [] COLLATE).
func (p *parser) expr() Expr {
	p.enter()
	defer p.leave()
	x := p.and()
	for {
		t := p.peek()
		if !p.words("OR") {
			return x
		}
		x = &Binary{node(t), "OR", x, p.and()}
	}
}

func (p *parser) and() Expr {
	x := p.not()
	for {
		t := p.peek()
		if !p.words("AND") {
			return x
		}
		x = &Binary{node(t), "AND", x, p.not()}
	}
}

func (p *parser) not() Expr {
	t := p.peek()
	if !p.words("NOT") {
		return p.comparison()
	}
	p.enter()
	defer p.leave()
	return &Unary{node(t), "NOT", p.not()}
}

// comparison consumes what gives a truth value of two operands.
func (p *parser) comparison() Expr {
	x := p.additive()
	for {
		t := p.peek()
		if t.kind == sign {
			op := t.value
			switch op {
			case "!=":
				op = "<>"
			case "=", "<>", "<", "<=", ">", ">=":
			default:
				return x
			}
			p.at++
			x = p.compared(t, op, x)
			continue
		}
		if t.kind != word {
			return x
		}
		y := p.predicate(t, x)
		if y == nil {
			return x
		}
		x = y
	}
}

// compared consumes the right side of a comparison.
func (p *parser) compared(t *token, op string, l Expr) Expr {
	if q := p.oneOf("ANY", "SOME", "ALL"); q != "" {
		p.needSign("(")
		x := &Quantified{node(t), op, l, q == "ALL", p.query()}
		p.needSign(")")
		return x
	}
	return &Binary{node(t), op, l, p.additive()}
}

// predicate consumes IS, BETWEEN, IN, LIKE and the like behind x; nil if none comes next.
func (p *parser) predicate(t *token, x Expr) Expr {
	if p.words("IS") {
		return p.is(t, x)
	}
	start := p.at
	not := p.words("NOT")
	switch {
	case p.words("BETWEEN"):
		low := p.additive()
		p.need("AND")
		return &Between{node(t), x, low, p.additive(), not}
	case p.words("IN"):
		return p.in(t, x, not)
	}
	switch op := p.oneOf("LIKE", "ILIKE", "RLIKE", "REGEXP"); op {
	case "":
	case "RLIKE", "REGEXP":
		return &Like{Node: node(t), Op: "RLIKE", X: x, Patterns: []Expr{p.additive()}, Not: not}
	default:
		return p.like(t, op, x, not)
	}
	p.at = start
	return nil
}

func (p *parser) is(t *token, x Expr) Expr {
	not := p.words("NOT")
	switch {
	case p.words("NULL"):
		return &IsNull{node(t), x, not}
	case p.words("TRUE"):
		return &IsBool{node(t), x, not, true}
	case p.words("FALSE"):
		return &IsBool{node(t), x, not, false}
	case p.words("DISTINCT FROM"):
		return &IsDistinct{node(t), x, p.additive(), not}
	}
	p.unexpected()
	return nil
}

func (p *parser) in(t *token, x Expr, not bool) Expr {
	in := &In{Node: node(t), X: x, Not: not}
	p.needSign("(")
	if p.queryNext() {
		in.Query = p.query()
	} else {
		in.List = p.exprs()
	}
	p.needSign(")")
	return in
}

func (p *parser) like(t *token, op string, x Expr, not bool) Expr {
	like := &Like{Node: node(t), Op: op, X: x, Not: not}
	if like.Quantifier = p.oneOf("ANY", "ALL"); like.Quantifier != "" {
		p.needSign("(")
		like.Patterns = p.exprs()
		p.needSign(")")
	} else {
		like.Patterns = []Expr{p.additive()}
	}
	if p.words("ESCAPE") {
		like.Escape = p.additive()
	}
	return like
}

func (p *parser) additive() Expr {
	x := p.multiplicative()
	for p.isSign("+") || p.isSign("-") || p.isSign("||") {
		t := p.next()
		x = &Binary{node(t), t.value, x, p.multiplicative()}
	}
	return x
}

func (p *parser) multiplicative() Expr {
	x := p.signed()
	for p.isSign("*") || p.isSign("/") || p.isSign("%") {
		t := p.next()
		x = &Binary{node(t), t.value, x, p.signed()}
	}
	return x
}

func (p *parser) signed() Expr {
	if p.isSign("-") || p.isSign("+") {
		p.enter()
		defer p.leave()
		t := p.next()
		return &Unary{node(t), t.value, p.signed()}
	}
	return p.postfix(p.primary())
}

// postfix consumes what stands behind an operand.
func (p *parser) postfix(x Expr) Expr {
	for {
		t := p.peek()
		switch {
		case p.sign("::"):
			x = &Cast{Node: node(t), X: x, Type: p.dataType()}
		case p.isSign(":"):
			x = p.path(x)
		case p.isSign("["):
			x = &Path{node(t), x, p.steps(nil)}
		case p.words("COLLATE"):
			p.unsupported("COLLATE")
		default:
			return x
		}
	}
}

// path consumes :a.b[0].
func (p *parser) path(x Expr) Expr {
	at := p.next()
	return &Path{node(at), x, p.steps([]Step{{Key: p.key()}})}
}

// steps consumes what follows the first step of a path.
func (p *parser) steps(steps []Step) []Step {
	for {
		switch {
		case p.sign("."):
			steps = append(steps, Step{Key: p.key()})
		case p.sign("["):
			steps = append(steps, Step{Index: p.expr()})
			p.needSign("]")
		default:
			return steps
		}
	}
}

// key consumes a key of a path, which keeps its letters.
func (p *parser) key() string {
	t := p.peek()
	switch t.kind {
	case word:
		p.at++
		return p.near(t)
	case quoted:
		p.at++
		return t.value
	}
	p.unexpected()
	return ""
}

// exprs consumes a, b, c.
func (p *parser) exprs() (list []Expr) {
	for {
		list = append(list, p.expr())
		if !p.sign(",") {
			return list
		}
	}
}

// primary consumes an operand.
func (p *parser) primary() Expr {
	switch t := p.peek(); t.kind {
	case number:
		p.at++
		return &Number{node(t), t.value}
	case text:
		p.at++
		return &String{node(t), t.value}
	case binaryHex:
		value, err := hex.DecodeString(t.value)
		if err != nil {
			p.fail("'" + t.value + "' is no hexadecimal number")
		}
		p.at++
		return &BinaryLit{node(t), value}
	case variable:
		p.at++
		return &Variable{Node: node(t), Name: t.value, Session: true}
	case ordinal:
		p.at++
		return &StageColumn{Node: node(t), Index: p.index(t)}
	case sign:
		return p.bracketed(t)
	case quoted:
		return p.column()
	case word:
		return p.worded(t)
	}
	p.unexpected()
	return nil
}

// index is the number of a column or bind.
func (p *parser) index(t *token) int {
	n, err := strconv.Atoi(t.value)
	if err != nil || n < 1 {
		p.at--
		p.unexpected()
	}
	return n
}

// bracketed consumes an operand that begins with a sign.
func (p *parser) bracketed(t *token) Expr {
	switch t.value {
	case "?":
		p.at++
		p.binds++
		return &Bind{node(t), p.binds}
	case ":":
		p.at++
		switch name := p.next(); name.kind {
		case number:
			return &Bind{node(t), p.index(name)}
		case word, quoted:
			v := &Variable{Node: node(t), Name: name.value}
			if p.sign(".") {
				v.Field = p.part()
			}
			return v
		}
		p.at--
	case "(":
		p.at++
		if p.queryNext() {
			q := p.query()
			p.needSign(")")
			return &Subquery{node(t), q}
		}
		items := p.exprs()
		p.needSign(")")
		if len(items) == 1 {
			return items[0]
		}
		return &Tuple{node(t), items}
	case "[":
		p.at++
		list := &ArrayLit{Node: node(t)}
		if !p.isSign("]") {
			list.Items = p.exprs()
		}
		p.needSign("]")
		return list
	case "{":
		return p.object()
	case "*":
		p.at++
		return &Star{Node: node(t)}
	}
	p.unexpected()
	return nil
}

// object consumes {'a': 1}.
func (p *parser) object() Expr {
	o := &ObjectLit{Node: node(p.next())}
	for !p.sign("}") {
		if len(o.Fields) > 0 {
			p.needSign(",")
		}
		f := Field{Key: p.str()}
		p.needSign(":")
		f.Value = p.expr()
		o.Fields = append(o.Fields, f)
	}
	return o
}

// worded consumes an operand that begins with a word.
func (p *parser) worded(t *token) Expr {
	switch behind := p.ahead(1); {
	case t.value == "NULL":
		p.at++
		return &Null{node(t)}
	case t.value == "TRUE", t.value == "FALSE":
		p.at++
		return &Bool{node(t), t.value == "TRUE"}
	case t.value == "CASE":
		return p.caseExpr()
	case t.value == "EXISTS":
		p.at++
		p.needSign("(")
		x := &Exists{node(t), p.query()}
		p.needSign(")")
		return x
	case t.value == "INTERVAL" && behind.kind == text:
		p.at += 2
		return &Interval{node(t), behind.value}
	case behind.kind == text && typedLiterals[t.value]:
		x := &TypedLit{Node: node(t), Type: p.dataType()}
		x.Value = p.str()
		return x
	case behind.kind == sign && behind.value == "(" && (!reserved[t.value] || callable[t.value] || t.value == "CAST" || t.value == "TRY_CAST"):
		return p.call()
	case niladic[t.value]:
		p.at++
		return &Func{Node: node(t), Name: t.value}
	case reserved[t.value]:
		p.unexpected()
	}
	return p.column()
}

// typedLiterals are the types that stand before a text: DATE '2026-01-31'.
var typedLiterals = set(`DATE TIME TIMESTAMP DATETIME TIMESTAMP_NTZ TIMESTAMP_LTZ TIMESTAMP_TZ TIMESTAMPNTZ TIMESTAMPLTZ TIMESTAMPTZ`)

func (p *parser) caseExpr() Expr {
	c := &Case{Node: node(p.next())}
	if !p.isWords("WHEN") {
		c.Operand = p.expr()
	}
	for p.words("WHEN") {
		w := When{If: p.expr()}
		p.need("THEN")
		w.Then = p.expr()
		c.Whens = append(c.Whens, w)
	}
	if len(c.Whens) == 0 {
		p.unexpected()
	}
	if p.words("ELSE") {
		c.Else = p.expr()
	}
	p.need("END")
	return c
}

// column consumes a column's name: a, t.a, s.t.a, d.s.t.a; t.$1; t.*; or, with brackets behind it, a call.
func (p *parser) column() Expr {
	first := p.peek()
	c := &ColumnRef{Node: node(first), Parts: []string{p.ident()}}
	for len(c.Parts) < 4 && p.isSign(".") {
		switch t := p.ahead(1); {
		case t.kind == ordinal && len(c.Parts) == 1:
			p.at += 2
			return &StageColumn{node(first), c.Parts[0], p.index(t)}
		case t.kind == sign && t.value == "*":
			p.at += 2
			return &Star{Node: node(first), Table: c.Parts}
		}
		p.at++
		c.Parts = append(c.Parts, p.part())
	}
	if p.isSign("(") {
		p.at--
		p.fail("Unknown function " + p.from(first) + p.near(p.peek()))
	}
	return c
}
