package syntax

// begin consumes what follows BEGIN: nothing, WORK, TRANSACTION or NAME for a transaction, statements for a block.
func (p *parser) begin(at Stmt) Statement {
	if !p.transactionNext() {
		return p.block(&Block{Stmt: at})
	}
	p.oneOf("WORK", "TRANSACTION")
	return p.named(at)
}

// transactionNext says that the BEGIN before begins a transaction and not a block.
func (p *parser) transactionNext() bool {
	t, behind := p.peek(), p.ahead(1)
	ended := func(t *token) bool { return t.kind == end || t.kind == sign && t.value == ";" }
	switch {
	case ended(t):
		return true
	case t.kind != word:
		return false
	case t.value == "WORK", t.value == "TRANSACTION":
		return ended(behind) || behind.value == "NAME"
	case t.value == "NAME":
		return (behind.kind == word || behind.kind == quoted) && ended(p.ahead(2))
	}
	return false
}

func (p *parser) named(at Stmt) Statement {
	b := &Begin{Stmt: at}
	if p.words("NAME") {
		b.Name = p.ident()
	}
	return b
}

func (p *parser) start(at Stmt) Statement {
	p.need("TRANSACTION")
	return p.named(at)
}

func (p *parser) commit(at Stmt) Statement {
	p.words("WORK")
	return &Commit{at}
}

func (p *parser) rollback(at Stmt) Statement {
	p.words("WORK")
	return &Rollback{at}
}

func (p *parser) alterSession(at Stmt) Statement {
	s := &AlterSession{Stmt: at}
	switch {
	case p.words("SET"):
		if s.Set = p.params(); len(s.Set) == 0 {
			p.unexpected()
		}
	case p.words("UNSET"):
		s.Unset = p.identList()
	default:
		p.unexpected()
	}
	return s
}

func (p *parser) set(at Stmt) Statement {
	s := &Set{Stmt: at}
	if p.isSign("(") {
		s.Names = p.idents()
		p.needSign("=")
		p.needSign("(")
		s.Values = p.exprs()
		p.needSign(")")
		if len(s.Names) != len(s.Values) {
			p.fail("as many values as variables are needed")
		}
		return s
	}
	s.Names = []string{p.ident()}
	p.needSign("=")
	s.Values = []Expr{p.expr()}
	return s
}

func (p *parser) unsetVariables(at Stmt) Statement {
	if p.isSign("(") {
		return &Unset{at, p.idents()}
	}
	return &Unset{at, []string{p.ident()}}
}

func (p *parser) execute(at Stmt) Statement {
	if !p.words("IMMEDIATE") {
		p.unsupportedAction("EXECUTE")
	}
	if p.isWords("FROM") {
		p.unsupported("EXECUTE IMMEDIATE FROM")
	}
	s := &ExecuteImmediate{Stmt: at, X: p.expr()}
	if p.words("USING") {
		p.needSign("(")
		s.Using = p.exprs()
		p.needSign(")")
	}
	return s
}

func (p *parser) procedure(at Stmt) Statement {
	s := &Call{Stmt: at, Name: p.plainName()}
	p.needSign("(")
	if !p.isSign(")") {
		s.Args = p.exprs()
	}
	p.needSign(")")
	return s
}
