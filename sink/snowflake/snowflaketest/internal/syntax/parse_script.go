package syntax

// scripts are the productions of Snowflake Scripting by the word that a statement begins with, which is consumed.
var scripts map[string]func(*parser, Stmt) Statement

func init() {
	scripts = map[string]func(*parser, Stmt) Statement{
		"LET": (*parser).let, "IF": (*parser).ifStmt, "CASE": (*parser).caseStmt, "FOR": (*parser).forStmt,
		"WHILE": (*parser).while, "REPEAT": (*parser).repeat, "LOOP": (*parser).loop,
		"BREAK": (*parser).leaveLoop, "EXIT": (*parser).leaveLoop, "CONTINUE": (*parser).iterate, "ITERATE": (*parser).iterate,
		"RETURN": (*parser).returns, "RAISE": (*parser).raise,
		"OPEN": (*parser).open, "FETCH": (*parser).fetch, "CLOSE": (*parser).close,
		"NULL": func(_ *parser, at Stmt) Statement { return &NullStmt{at} },
	}
}

// unsupportedScripts are the statements of Snowflake Scripting that this package refuses by name.
var unsupportedScripts = set(`ASYNC AWAIT CANCEL`)

// scripting consumes a statement that is one inside a block alone; nil if none comes next.
func (p *parser) scripting(at Stmt) Statement {
	t, behind := p.peek(), p.ahead(1)
	if behind.kind == sign && behind.value == ":=" {
		return p.assign(at)
	}
	if t.kind != word {
		return nil
	}
	if unsupportedScripts[t.value] {
		p.unsupported(t.value)
	}
	if production := scripts[t.value]; production != nil {
		p.at++
		return production(p, at)
	}
	return nil
}

func (p *parser) let(at Stmt) Statement {
	return &Let{at, p.declaration()}
}

// assign consumes name := x. What is a query in brackets may be a value or a result set: both are given.
func (p *parser) assign(at Stmt) Statement {
	a := &Assign{Stmt: at, Name: p.ident()}
	p.needSign(":=")
	first := p.at
	if p.isSign("(") && !p.opensQuery() && p.ahead(1).kind == word && p.ahead(2).kind == word && statements[p.ahead(1).value] != nil {
		a.Query = p.nested()
		return a
	}
	a.X = p.expr()
	if q, ok := a.X.(*Subquery); ok {
		inner := p.tokens[first+1]
		a.Query = &QueryStmt{Stmt{inner.Pos, p.sql[inner.start:p.tokens[p.at-2].end]}, q.Query}
	}
	return a
}

func (p *parser) ifStmt(at Stmt) Statement {
	s := &If{Stmt: at}
	for {
		b := Branch{If: p.expr()}
		p.need("THEN")
		b.Body = p.statementsUntil("ELSEIF", "ELSE", "END")
		s.Branches = append(s.Branches, b)
		if !p.words("ELSEIF") {
			break
		}
	}
	if p.words("ELSE") {
		s.Else = p.statementsUntil("END")
	}
	p.need("END IF")
	return s
}

func (p *parser) caseStmt(at Stmt) Statement {
	s := &CaseStmt{Stmt: at}
	if !p.isWords("WHEN") {
		s.Operand = p.expr()
	}
	for p.words("WHEN") {
		b := Branch{If: p.expr()}
		p.need("THEN")
		b.Body = p.statementsUntil("WHEN", "ELSE", "END")
		s.Branches = append(s.Branches, b)
	}
	if len(s.Branches) == 0 {
		p.unexpected()
	}
	if p.words("ELSE") {
		s.Else = p.statementsUntil("END")
	}
	p.need("END")
	p.words("CASE")
	return s
}

// forStmt consumes FOR row IN cursor DO, or FOR i IN [REVERSE] a TO b DO.
func (p *parser) forStmt(at Stmt) Statement {
	name := p.ident()
	p.need("IN")
	if behind := p.ahead(1); behind.kind == word && (behind.value == "DO" || behind.value == "LOOP") {
		s := &ForRows{Stmt: at, Row: name, In: p.ident()}
		s.Body, s.Label = p.looped("FOR")
		return s
	}
	if p.isSign("(") {
		p.unsupported("FOR over a query that is no cursor")
	}
	s := &ForRange{Stmt: at, Counter: name, Reverse: p.words("REVERSE"), From: p.expr()}
	p.need("TO")
	s.To = p.expr()
	s.Body, s.Label = p.looped("FOR")
	return s
}

// looped consumes DO … END FOR [label], or LOOP … END LOOP.
func (p *parser) looped(kind string) (body []Statement, label string) {
	if p.words("LOOP") {
		kind = "LOOP"
	} else {
		p.need("DO")
	}
	body = p.statementsUntil("END")
	p.need("END " + kind)
	return body, p.label()
}

func (p *parser) while(at Stmt) Statement {
	s := &While{Stmt: at, If: p.expr()}
	s.Body, s.Label = p.looped("WHILE")
	return s
}

func (p *parser) repeat(at Stmt) Statement {
	s := &Repeat{Stmt: at, Body: p.statementsUntil("UNTIL")}
	p.need("UNTIL")
	s.Until = p.expr()
	p.need("END REPEAT")
	s.Label = p.label()
	return s
}

func (p *parser) loop(at Stmt) Statement {
	s := &Loop{Stmt: at, Body: p.statementsUntil("END")}
	p.need("END LOOP")
	s.Label = p.label()
	return s
}

func (p *parser) leaveLoop(at Stmt) Statement {
	return &Break{Stmt: at, Label: p.label()}
}

func (p *parser) iterate(at Stmt) Statement {
	return &Break{Stmt: at, Continue: true, Label: p.label()}
}

func (p *parser) returns(at Stmt) Statement {
	s := &Return{Stmt: at}
	switch {
	case p.isSign(";"), p.peek().kind == end:
	case p.isWords("TABLE") && p.ahead(1).value == "(":
		p.at++
		s.Table = true
		if p.ahead(2).value == ")" && p.ahead(1).kind != text {
			p.needSign("(")
			s.X = p.primary()
			p.needSign(")")
		} else {
			s.Query = p.nested()
		}
	default:
		s.X = p.expr()
	}
	return s
}

func (p *parser) raise(at Stmt) Statement {
	return &Raise{at, p.label()}
}

func (p *parser) open(at Stmt) Statement {
	s := &Open{Stmt: at, Cursor: p.ident()}
	if p.words("USING") {
		p.needSign("(")
		s.Using = p.exprs()
		p.needSign(")")
	}
	return s
}

func (p *parser) fetch(at Stmt) Statement {
	s := &Fetch{Stmt: at, Cursor: p.ident()}
	p.need("INTO")
	s.Into = p.intoVariables()
	return s
}

func (p *parser) close(at Stmt) Statement {
	return &Close{at, p.ident()}
}
