package syntax

// declare consumes the declarations of a block, and the block.
func (p *parser) declare(at Stmt) Statement {
	b := &Block{Stmt: at}
	for !p.isWords("BEGIN") {
		if p.isWords("PROCEDURE") || p.ahead(1).value == "PROCEDURE" {
			p.unsupported("nested procedures")
		}
		b.Declare = append(b.Declare, p.declaration())
		p.needSign(";")
	}
	p.need("BEGIN")
	return p.block(b)
}

// block consumes what stands between BEGIN and END.
func (p *parser) block(b *Block) Statement {
	p.blocks++
	defer func() { p.blocks-- }()
	b.Body = p.statementsUntil("END", "EXCEPTION")
	if p.words("EXCEPTION") {
		for p.isWords("WHEN") {
			b.Handlers = append(b.Handlers, p.handler())
		}
		if len(b.Handlers) == 0 {
			p.unexpected()
		}
	}
	p.need("END")
	p.label()
	return b
}

// statementsUntil consumes statements up to one of the words that end them, of which there must be one at least.
func (p *parser) statementsUntil(stops ...string) (body []Statement) {
	for {
		for _, s := range stops {
			if p.isWords(s) && p.ahead(1).value != ":=" {
				if len(body) == 0 {
					p.unexpected()
				}
				return body
			}
		}
		body = append(body, p.statement())
		p.needSign(";")
	}
}

// label consumes a label behind END; "" if there is none.
func (p *parser) label() string {
	if p.peek().kind == word && !reserved[p.peek().value] || p.peek().kind == quoted {
		return p.ident()
	}
	return ""
}

func (p *parser) handler() Handler {
	h := Handler{Pos: p.peek().Pos}
	p.need("WHEN")
	for {
		h.Names = append(h.Names, p.ident())
		if !p.words("OR") {
			break
		}
	}
	if p.isWords("CONTINUE") {
		p.unsupported("CONTINUE handlers")
	}
	p.words("EXIT")
	p.need("THEN")
	h.Body = p.statementsUntil("WHEN", "END")
	return h
}

// declaration consumes one name of DECLARE or LET, with what it is.
func (p *parser) declaration() Declaration {
	d := Declaration{Pos: p.peek().Pos, Kind: DeclVariable, Name: p.ident()}
	switch {
	case p.words("CURSOR"):
		d.Kind = DeclCursor
		p.need("FOR")
		if p.opensQuery() {
			d.Query = p.statement()
		} else {
			d.From = p.ident()
		}
		return d
	case p.words("RESULTSET"):
		d.Kind = DeclResultSet
		if p.words("DEFAULT") || p.sign(":=") {
			if p.isWords("ASYNC") {
				p.unsupported("ASYNC")
			}
			d.Query = p.nested()
		}
		return d
	case p.words("EXCEPTION"):
		p.exception(&d)
		return d
	}
	if t := p.peek(); t.kind == word && t.value != "DEFAULT" {
		d.Type = p.dataType()
	}
	if p.words("DEFAULT") || p.sign(":=") {
		d.Default = p.expr()
	} else if d.Type.Kind == 0 {
		p.unexpected()
	}
	return d
}

// exception consumes (number, 'message').
func (p *parser) exception(d *Declaration) {
	d.Kind, d.Code = DeclException, -20000
	if !p.sign("(") {
		return
	}
	d.Code = int(p.integer())
	if d.Code < -20999 || d.Code > -20000 {
		p.at--
		p.fail("the number of an exception is between -20999 and -20000")
	}
	p.needSign(",")
	d.Message = p.str()
	p.needSign(")")
}

// nested consumes (statement).
func (p *parser) nested() Statement {
	p.needSign("(")
	s := p.statement()
	p.needSign(")")
	return s
}
