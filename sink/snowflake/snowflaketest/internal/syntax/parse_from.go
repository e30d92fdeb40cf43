package syntax

// froms consumes what stands behind FROM, between commas.
func (p *parser) froms() (list []From) {
	for {
		list = append(list, p.joined())
		if !p.sign(",") {
			return list
		}
	}
}

// joined consumes one item with its joins.
func (p *parser) joined() From {
	p.enter()
	defer p.leave()
	l := p.source()
	for {
		j := &Join{Pos: p.peek().Pos, L: l}
		j.Natural = p.words("NATURAL")
		switch kind := p.oneOf("JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "ASOF"); kind {
		case "":
			if j.Natural {
				p.unexpected()
			}
			return l
		case "ASOF":
			p.at--
			p.unsupported("ASOF JOIN")
		case "JOIN":
			j.Kind = "INNER"
		default:
			j.Kind = kind
			if kind != "INNER" && kind != "CROSS" {
				p.words("OUTER")
			}
			p.need("JOIN")
		}
		j.R = p.source()
		switch {
		case j.Kind == "CROSS" || j.Natural:
		case p.words("ON"):
			j.On = p.expr()
		case p.words("USING"):
			j.Using = p.idents()
		}
		l = j
	}
}

// source consumes one table, query or function.
func (p *parser) source() From {
	t := p.peek()
	lateral := p.words("LATERAL")
	switch next := p.peek(); {
	case p.isSign("("):
		return p.inBrackets(t, lateral)
	case p.isWords("VALUES"):
		d := &Derived{Pos: t.Pos, Query: &Query{Pos: next.Pos, Body: p.values()}}
		d.Alias = p.aliased()
		return d
	case p.isWords("TABLE") && p.ahead(1).value == "(":
		return p.tableFunc(t, lateral)
	case p.isWords("ERROR_TABLE") && p.ahead(1).value == "(":
		f := &TableFunc{Pos: t.Pos, Lateral: lateral, Name: p.plainName()}
		f.Call = p.called(next, f.Name)
		f.Alias = p.aliased()
		return f
	case lateral:
		f := &TableFunc{Pos: t.Pos, Lateral: true, Name: Name{Pos: next.Pos, Parts: []string{next.value}}}
		call, ok := p.worded(next).(*Func)
		if !ok {
			p.unexpected()
		}
		f.Call = call
		f.Alias = p.aliased()
		return f
	case next.kind == location:
		p.at++
		return p.stageRef(next.at)
	case next.kind == text:
		p.at++
		return p.stageRef(parseLocation(next.Pos, next.value))
	}
	r := &TableRef{Pos: t.Pos, Name: p.name()}
	if p.isSign("(") {
		p.fail("unexpected '(': a function is read by TABLE(…)")
	}
	if what := p.oneOf("AT", "BEFORE", "CHANGES"); what != "" {
		p.at--
		p.unsupported(what + " (time travel)")
	}
	r.Alias = p.aliased()
	p.refuseBehind()
	return r
}

// refuseBehind refuses what Snowflake knows behind a table.
func (p *parser) refuseBehind() {
	for _, what := range []string{"SAMPLE", "TABLESAMPLE", "PIVOT", "UNPIVOT", "MATCH_RECOGNIZE"} {
		if p.isWords(what) {
			p.unsupported(what)
		}
	}
}

// inBrackets consumes (query), (VALUES …) or (table joined to others).
func (p *parser) inBrackets(t *token, lateral bool) From {
	p.needSign("(")
	if p.queryNext() || p.isWords("VALUES") {
		d := &Derived{Pos: t.Pos, Lateral: lateral, Query: p.query()}
		p.needSign(")")
		d.Alias = p.aliased()
		p.refuseBehind()
		return d
	}
	j := p.joined()
	p.needSign(")")
	return j
}

// tableFunc consumes TABLE(f(…)), TABLE($variable), TABLE('name').
func (p *parser) tableFunc(t *token, lateral bool) From {
	p.need("TABLE")
	p.needSign("(")
	f := &TableFunc{Pos: t.Pos, Lateral: lateral}
	switch next := p.peek(); next.kind {
	case text:
		n, err := ParseName(next.value)
		if err != nil {
			p.fail("'" + next.value + "' is no name")
		}
		n.Pos = next.Pos
		p.at++
		p.needSign(")")
		return &TableRef{t.Pos, n, p.aliased()}
	case word, quoted:
		if p.isWords("IDENTIFIER") {
			n := p.identifier()
			p.needSign(")")
			return &TableRef{t.Pos, n, p.aliased()}
		}
		f.Name = p.plainName()
		if !p.isSign("(") {
			f.X = &ColumnRef{Node{f.Name.Pos}, f.Name.Parts}
			f.Name = Name{}
			break
		}
		f.Call = p.called(next, f.Name)
	default:
		f.X = p.primary()
	}
	p.needSign(")")
	f.Alias = p.aliased()
	return f
}

// called consumes the arguments of a function whose name was consumed, from its first token on.
func (p *parser) called(first *token, name Name) *Func {
	f := &Func{Node: node(first), Name: name.Last()}
	p.needSign("(")
	p.args(f)
	p.needSign(")")
	p.behind(f)
	return f
}

// stageRef consumes what stands behind a location that is read as rows.
func (p *parser) stageRef(l *Location) From {
	s := &StageRef{Pos: l.Pos, Location: *l}
	if p.sign("(") {
		for !p.sign(")") {
			if len(s.Params) > 0 {
				p.sign(",")
			}
			s.Params = append(s.Params, p.param("=>"))
		}
	}
	s.Alias = p.aliased()
	return s
}

// aliased consumes [AS] name [(columns)].
func (p *parser) aliased() Alias {
	a := Alias{Alias: p.alias()}
	if a.Alias != "" && p.isSign("(") {
		a.Columns = p.idents()
	}
	return a
}
