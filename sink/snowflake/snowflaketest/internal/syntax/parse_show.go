package syntax

// shown are the kinds of objects that SHOW may name, longer ones first.
var shown = []string{
	"FILE FORMATS", "PRIMARY KEYS", "UNIQUE KEYS", "IMPORTED KEYS", "STORAGE INTEGRATIONS", "USER FUNCTIONS", "USER PROCEDURES",
	"DATABASES", "SCHEMAS", "TABLES", "VIEWS", "COLUMNS", "OBJECTS", "STAGES", "PIPES", "WAREHOUSES", "ROLES", "USERS",
	"PARAMETERS", "TRANSACTIONS", "LOCKS", "VARIABLES", "INTEGRATIONS", "CHANNELS",
}

func (p *parser) show(at Stmt) Statement {
	if p.words("GRANTS") {
		return p.showGrants(at, false)
	}
	if p.words("FUTURE GRANTS") {
		return p.showGrants(at, true)
	}
	s := &Show{Stmt: at, Terse: p.words("TERSE")}
	if s.Objects = p.oneOf(shown...); s.Objects == "" {
		p.unsupportedAction("SHOW")
	}
	s.History = p.words("HISTORY")
	for p.showClause(s) {
	}
	return s
}

// showClause consumes one clause of a SHOW; false if none comes next.
func (p *parser) showClause(s *Show) bool {
	switch {
	case p.words("LIKE"):
		s.Like = p.str()
	case p.oneOf("IN", "FOR") != "":
		s.In = p.scope()
	case p.words("STARTS WITH"):
		s.StartsWith = p.str()
	case p.words("LIMIT"):
		s.Limit = int(p.between(1, 10_000))
		if p.words("FROM") {
			s.From = p.str()
		}
	default:
		return false
	}
	return true
}

// scope consumes what stands behind IN.
func (p *parser) scope() *Scope {
	s := &Scope{}
	switch kind := p.oneOf("ACCOUNT", "SESSION", "DATABASE", "SCHEMA", "TABLE", "VIEW", "WAREHOUSE", "USER", "ROLE", "PIPE"); kind {
	case "ACCOUNT", "SESSION":
		s.Kind = Kind(kind)
		return s
	default:
		s.Kind = Kind(kind)
	}
	if t := p.peek(); t.kind == quoted || t.kind == word && !reserved[t.value] && !set("LIKE STARTS LIMIT")[t.value] {
		s.Name = p.name()
	} else if s.Kind == "" {
		p.unexpected()
	}
	return s
}

func (p *parser) showGrants(at Stmt, future bool) Statement {
	s := &ShowGrants{Stmt: at, Future: future}
	switch {
	case p.words("ON"), future && p.words("IN"):
		s.On = p.objectOf("SHOW GRANTS ON")
	case p.words("TO"):
		s.To = p.grantee()
	case p.words("OF"):
		s.Of = p.grantee()
	}
	return s
}

// objectOf consumes an object with its kind.
func (p *parser) objectOf(before string) *Object {
	o := &Object{Kind: p.kind(before)}
	if o.Kind != Account {
		o.Name = p.name()
	}
	return o
}

// grantee consumes [ROLE] name or USER name.
func (p *parser) grantee() *Object {
	if p.isWords("SHARE") || p.isWords("DATABASE ROLE") || p.isWords("APPLICATION") {
		p.unsupported("grants to " + p.peek().value)
	}
	o := &Object{Kind: Role}
	if p.oneOf("USER", "ROLE") == "USER" {
		o.Kind = User
	}
	o.Name = p.name()
	return o
}

func (p *parser) describe(at Stmt) Statement {
	if p.isWords("RESULT") || p.isWords("SEARCH OPTIMIZATION") {
		p.unsupported("DESCRIBE " + p.peek().value)
	}
	s := &Describe{Stmt: at, Kind: p.kind("DESCRIBE")}
	s.Name = p.name()
	s.Type = "COLUMNS"
	if p.words("TYPE") {
		p.needSign("=")
		if s.Type = p.oneOf("COLUMNS", "STAGE"); s.Type == "" {
			p.unexpected()
		}
	}
	return s
}

func (p *parser) use(at Stmt) Statement {
	s := &Use{Stmt: at}
	switch {
	case p.words("SECONDARY ROLES"):
		s.Kind = "SECONDARY ROLES"
		t := p.peek()
		if p.oneOf("ALL", "NONE") == "" {
			p.unsupported("USE SECONDARY ROLES of some roles")
		}
		s.Name = Name{Pos: t.Pos, Parts: []string{t.value}}
		return s
	case p.isWords("CATALOG"):
		p.unsupported("USE CATALOG")
	}
	if behind := p.ahead(1); behind.kind != end && behind.value != ";" && behind.value != "." {
		s.Kind = Kind(p.oneOf("ROLE", "WAREHOUSE", "DATABASE", "SCHEMA"))
	}
	s.Name = p.name()
	return s
}
