package syntax

// queryWords are what a query begins with, goesOn what follows one that is in brackets and part of another.
var (
	queryWords = set(`SELECT WITH`)
	goesOn     = set(`UNION INTERSECT EXCEPT MINUS ORDER LIMIT OFFSET FETCH`)
)

// queryNext says that a query comes next inside brackets, and not an expression or a join that begins with one:
// (SELECT 1) UNION (SELECT 2), but neither (SELECT 1) + 1 nor (SELECT 1) a JOIN b.
func (p *parser) queryNext() bool {
	for i := p.at; ; i++ {
		t := &p.tokens[i]
		if t.kind == word {
			return queryWords[t.value]
		}
		if t.kind != sign || t.value != "(" || p.closing[i] == 0 {
			return false
		}
		switch behind := &p.tokens[p.closing[i]+1]; {
		case behind.kind == word && goesOn[behind.value]:
		case behind.kind == sign && behind.value == ")":
		default:
			return false
		}
	}
}

// opensQuery says that a query comes next, whatever stands behind its brackets.
func (p *parser) opensQuery() bool {
	i := p.at
	for p.tokens[i].kind == sign && p.tokens[i].value == "(" {
		i++
	}
	return p.tokens[i].kind == word && queryWords[p.tokens[i].value]
}

// query consumes [WITH …] body [ORDER BY …] [LIMIT …].
func (p *parser) query() *Query {
	p.enter()
	defer p.leave()
	q := &Query{Pos: p.peek().Pos}
	if p.words("WITH") {
		q.Recursive = p.words("RECURSIVE")
		for {
			q.With = append(q.With, p.cte())
			if !p.sign(",") {
				break
			}
		}
	}
	q.Body = p.union()
	if p.words("ORDER BY") {
		q.Order = p.orders()
	}
	p.limit(q)
	if p.isWords("FOR UPDATE") {
		p.unsupported("SELECT … FOR UPDATE")
	}
	return q
}

func (p *parser) cte() CTE {
	c := CTE{Name: p.ident()}
	if p.isSign("(") {
		c.Columns = p.idents()
	}
	p.need("AS")
	p.needSign("(")
	c.Query = p.query()
	p.needSign(")")
	return c
}

// limit consumes LIMIT, OFFSET and FETCH.
func (p *parser) limit(q *Query) {
	if p.words("LIMIT") {
		q.Limit = p.expr()
	}
	if p.words("OFFSET") {
		q.Offset = p.expr()
		p.oneOf("ROWS", "ROW")
	}
	if q.Limit == nil && p.words("FETCH") {
		p.oneOf("FIRST", "NEXT")
		q.Limit = p.expr()
		p.oneOf("ROWS", "ROW")
		p.words("ONLY")
	}
}

// union consumes bodies between UNION and EXCEPT; INTERSECT binds tighter.
func (p *parser) union() Body {
	l := p.intersect()
	for {
		at := p.peek().Pos
		switch op := p.oneOf("UNION", "EXCEPT", "MINUS"); op {
		case "":
			return l
		case "UNION":
			all := p.words("ALL")
			if !all {
				p.words("DISTINCT")
			}
			if p.isWords("BY NAME") {
				p.unsupported("UNION BY NAME")
			}
			l = &SetOp{at, op, all, l, p.intersect()}
		default:
			l = &SetOp{at, "EXCEPT", false, l, p.intersect()}
		}
	}
}

func (p *parser) intersect() Body {
	l := p.body()
	for {
		at := p.peek().Pos
		if !p.words("INTERSECT") {
			return l
		}
		l = &SetOp{at, "INTERSECT", false, l, p.body()}
	}
}

func (p *parser) body() Body {
	switch {
	case p.isSign("("):
		p.at++
		q := p.query()
		p.needSign(")")
		return q
	case p.isWords("VALUES"):
		return p.values()
	}
	return p.selects()
}

func (p *parser) values() *Values {
	v := &Values{Pos: p.peek().Pos}
	p.need("VALUES")
	for {
		p.needSign("(")
		var row []Expr
		for {
			row = append(row, p.exprOrDefault())
			if !p.sign(",") {
				break
			}
		}
		p.needSign(")")
		v.Rows = append(v.Rows, row)
		if !p.sign(",") {
			return v
		}
	}
}

// exprOrDefault consumes an expression, or DEFAULT.
func (p *parser) exprOrDefault() Expr {
	if t, behind := p.peek(), p.ahead(1); p.isWords("DEFAULT") && (behind.kind == end || behind.kind == sign && behind.value != "." || behind.kind == word) {
		p.at++
		return &Default{node(t)}
	}
	return p.expr()
}

func (p *parser) selects() *Select {
	s := &Select{Pos: p.peek().Pos}
	p.need("SELECT")
	s.Distinct = p.words("DISTINCT")
	if !s.Distinct {
		p.words("ALL")
	}
	if p.isWords("TOP") && p.ahead(1).kind == number {
		p.at++
		s.Top = p.primary()
	}
	for {
		s.Items = append(s.Items, p.item())
		if !p.sign(",") {
			break
		}
	}
	if p.words("INTO") {
		s.Into = p.intoVariables()
	}
	if p.words("FROM") {
		s.From = p.froms()
	}
	if p.words("WHERE") {
		s.Where = p.expr()
	}
	if p.words("GROUP BY") {
		s.Group = p.group()
	}
	if p.words("HAVING") {
		s.Having = p.expr()
	}
	if p.words("QUALIFY") {
		s.Qualify = p.expr()
	}
	return s
}

// intoVariables consumes :a, :b.
func (p *parser) intoVariables() (names []string) {
	for {
		p.sign(":")
		names = append(names, p.ident())
		if !p.sign(",") {
			return names
		}
	}
}

// item consumes one of a select list.
func (p *parser) item() Item {
	first := p.peek()
	x := p.expr()
	it := Item{X: x, Text: p.from(first)}
	if star, ok := x.(*Star); ok {
		p.star(star)
		return it
	}
	it.Alias = p.alias()
	return it
}

// star consumes what may stand behind *.
func (p *parser) star(s *Star) {
	if what := p.oneOf("ILIKE", "REPLACE"); what != "" {
		p.at--
		p.unsupported("* " + what)
	}
	if p.words("EXCLUDE") {
		if p.isSign("(") {
			s.Exclude = p.idents()
		} else {
			s.Exclude = []string{p.ident()}
		}
	}
	if p.words("RENAME") {
		brackets := p.sign("(")
		for {
			r := Renamed{From: p.ident()}
			p.need("AS")
			r.To = p.ident()
			s.Rename = append(s.Rename, r)
			if !brackets || !p.sign(",") {
				break
			}
		}
		if brackets {
			p.needSign(")")
		}
	}
}

// alias consumes [AS] name; "" if there is none.
func (p *parser) alias() string {
	if p.words("AS") {
		return p.part()
	}
	if t := p.peek(); t.kind == quoted || t.kind == word && !reserved[t.value] && !noAlias[t.value] {
		p.at++
		return t.value
	}
	return ""
}

func (p *parser) group() Group {
	if p.words("ALL") {
		return Group{All: true}
	}
	if what := p.oneOf("ROLLUP", "CUBE", "GROUPING SETS"); what != "" {
		p.at--
		p.unsupported("GROUP BY " + what)
	}
	return Group{Keys: p.exprs()}
}
