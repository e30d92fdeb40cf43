package syntax

import "strings"

func (p *parser) grant(at Stmt) Statement { return p.grantOrRevoke(at, false) }

func (p *parser) revoke(at Stmt) Statement { return p.grantOrRevoke(at, true) }

func (p *parser) grantOrRevoke(at Stmt, revoke bool) Statement {
	if p.isWords("DATABASE ROLE") || p.isWords("APPLICATION ROLE") {
		p.unsupported("GRANT " + p.peek().value + " ROLE")
	}
	if p.isWords("ROLE") && p.ahead(1).value != "ON" {
		return p.grantRole(at, revoke)
	}
	g := &Grant{Stmt: at, Revoke: revoke}
	if revoke {
		g.GrantOption = p.words("GRANT OPTION FOR")
	}
	g.Privileges = p.privileges()
	p.need("ON")
	p.granted(g)
	p.direction(revoke)
	g.To = *p.grantee()
	switch {
	case revoke:
		p.oneOf("CASCADE", "RESTRICT")
	case p.words("WITH GRANT OPTION"):
		g.GrantOption = true
	default:
		if g.CurrentGrants = p.oneOf("COPY", "REVOKE"); g.CurrentGrants != "" {
			p.need("CURRENT GRANTS")
		}
	}
	return g
}

// direction consumes TO of a grant, FROM of a revoke.
func (p *parser) direction(revoke bool) {
	if revoke {
		p.need("FROM")
	} else {
		p.need("TO")
	}
}

func (p *parser) grantRole(at Stmt, revoke bool) Statement {
	p.need("ROLE")
	g := &GrantRole{Stmt: at, Revoke: revoke, Role: p.ident()}
	p.direction(revoke)
	g.To = *p.grantee()
	return g
}

// privileges consumes SELECT, CREATE TABLE, ALL PRIVILEGES …, up to ON.
func (p *parser) privileges() (list []string) {
	for {
		var words []string
		for t := p.peek(); t.kind == word && t.value != "ON"; t = p.peek() {
			words = append(words, t.value)
			p.at++
		}
		if len(words) == 0 {
			p.unexpected()
		}
		if p.isSign("(") {
			p.unsupported("privileges on columns")
		}
		privilege := strings.Join(words, " ")
		if privilege == "ALL PRIVILEGES" {
			privilege = "ALL"
		}
		list = append(list, privilege)
		if !p.sign(",") {
			return list
		}
	}
}

// granted consumes what the privileges are on.
func (p *parser) granted(g *Grant) {
	switch {
	case p.words("ALL"):
		g.All = true
	case p.words("FUTURE"):
		g.Future = true
	default:
		g.On = *p.objectOf("GRANT ON")
		return
	}
	g.On.Kind = p.plural("GRANT ON ALL")
	p.need("IN")
	in := &Object{Kind: Kind(p.oneOf("DATABASE", "SCHEMA"))}
	if in.Kind == "" {
		p.unexpected()
	}
	in.Name = p.name()
	g.In = in
}
