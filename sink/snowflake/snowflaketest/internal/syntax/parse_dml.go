package syntax

func (p *parser) insert(at Stmt) Statement {
	s := &Insert{Stmt: at}
	s.Overwrite = p.words("OVERWRITE")
	if what := p.oneOf("ALL", "FIRST"); what != "" {
		p.at--
		p.unsupported("INSERT " + what + " (into several tables)")
	}
	p.need("INTO")
	s.Table = p.name()
	if p.isSign("(") && !p.opensQuery() {
		s.Columns = p.idents()
	}
	s.Query = p.query()
	return s
}

// targetAlias consumes [AS] alias behind the table that is changed.
func (p *parser) targetAlias() string {
	if p.isWords("SET") {
		return ""
	}
	return p.alias()
}

func (p *parser) update(at Stmt) Statement {
	s := &Update{Stmt: at, Table: p.name(), Alias: p.targetAlias()}
	p.need("SET")
	s.Set = p.assignments()
	if p.words("FROM") {
		s.From = p.froms()
	}
	if p.words("WHERE") {
		s.Where = p.expr()
	}
	return s
}

// assignments consumes a = x, t.b = y.
func (p *parser) assignments() (list []Assignment) {
	for {
		a := Assignment{Pos: p.peek().Pos, Column: p.ident()}
		for p.sign(".") {
			a.Column = p.part()
		}
		p.needSign("=")
		a.X = p.exprOrDefault()
		list = append(list, a)
		if !p.sign(",") {
			return list
		}
	}
}

func (p *parser) delete(at Stmt) Statement {
	p.need("FROM")
	s := &Delete{Stmt: at, Table: p.name(), Alias: p.targetAlias()}
	if p.words("USING") {
		s.Using = p.froms()
	}
	if p.words("WHERE") {
		s.Where = p.expr()
	}
	return s
}

func (p *parser) merge(at Stmt) Statement {
	p.need("INTO")
	s := &Merge{Stmt: at, Table: p.name(), Alias: p.targetAlias()}
	p.need("USING")
	s.Using = p.source()
	p.need("ON")
	s.On = p.expr()
	for p.words("WHEN") {
		s.Clauses = append(s.Clauses, p.mergeClause())
	}
	if len(s.Clauses) == 0 {
		p.unexpected()
	}
	return s
}

func (p *parser) mergeClause() MergeClause {
	c := MergeClause{Matched: !p.words("NOT")}
	p.need("MATCHED")
	if p.words("AND") {
		c.And = p.expr()
	}
	p.need("THEN")
	if p.isWords("UPDATE ALL BY NAME") || p.isWords("INSERT ALL BY NAME") {
		p.unsupported("MERGE … ALL BY NAME")
	}
	switch {
	case c.Matched && p.words("DELETE"):
		c.Delete = true
	case c.Matched && p.words("UPDATE"):
		p.need("SET")
		c.Set = p.assignments()
	case !c.Matched && p.words("INSERT"):
		p.mergeInsert(&c)
	default:
		p.unexpected()
	}
	return c
}

func (p *parser) mergeInsert(c *MergeClause) {
	if p.isSign("(") {
		p.needSign("(")
		for {
			column := p.ident()
			for p.sign(".") {
				column = p.part()
			}
			c.Columns = append(c.Columns, column)
			if !p.sign(",") {
				break
			}
		}
		p.needSign(")")
	}
	v := p.values()
	if len(v.Rows) != 1 {
		p.unexpected()
	}
	c.Values = v.Rows[0]
}

func (p *parser) truncate(at Stmt) Statement {
	p.words("TABLE")
	s := &Truncate{Stmt: at, IfExists: p.words("IF EXISTS")}
	s.Table = p.name()
	return s
}
