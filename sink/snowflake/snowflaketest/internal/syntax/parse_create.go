package syntax

import "strings"

// kinds are the kinds of objects, as statements write them. Longer ones come first.
var kinds = []Kind{
	FileFormat, Account, Database, Schema, Table, View, Stage, Pipe, Warehouse, Role, User, Integration,
}

// unsupportedKinds are the kinds of Snowflake's objects that this package refuses by name.
var unsupportedKinds = []string{
	"SEQUENCE", "STREAM", "TASK", "FUNCTION", "PROCEDURE", "TAG", "MASKING POLICY", "ROW ACCESS POLICY", "NETWORK POLICY",
	"NETWORK RULE", "SESSION POLICY", "PASSWORD POLICY", "AUTHENTICATION POLICY", "RESOURCE MONITOR", "SHARE", "SECRET",
	"ALERT", "EVENT TABLE", "DYNAMIC TABLE", "ICEBERG TABLE", "EXTERNAL TABLE", "HYBRID TABLE", "EXTERNAL VOLUME",
	"EXTERNAL FUNCTION", "MATERIALIZED VIEW", "SEMANTIC VIEW", "DATABASE ROLE", "APPLICATION", "COMPUTE POOL", "SERVICE",
	"STREAMLIT", "NOTEBOOK", "IMAGE REPOSITORY", "GIT REPOSITORY", "CONNECTION", "REPLICATION GROUP", "FAILOVER GROUP",
	"MANAGED ACCOUNT", "ORGANIZATION ACCOUNT", "AGGREGATION POLICY", "PROJECTION POLICY", "AGENT", "MODEL", "DATASET",
	"CORTEX SEARCH SERVICE", "DATA METRIC FUNCTION",
}

// kind consumes the name of a kind of object. before is the statement, for what is not supported.
func (p *parser) kind(before string) Kind {
	for _, u := range unsupportedKinds {
		if p.isWords(u) {
			p.unsupported(before + " " + u)
		}
	}
	for _, k := range kinds {
		if p.words(string(k)) {
			return k
		}
	}
	for _, i := range []string{"STORAGE", "API", "NOTIFICATION", "CATALOG", "SECURITY", "EXTERNAL ACCESS"} {
		if p.words(i + " INTEGRATION") {
			return Integration
		}
	}
	p.unexpected()
	return ""
}

func (p *parser) create(at Stmt) Statement {
	c := Create{Stmt: at}
	c.OrReplace = p.words("OR REPLACE")
	if p.isWords("OR ALTER") {
		p.unsupported("CREATE OR ALTER")
	}
	for {
		switch w := p.oneOf("LOCAL", "GLOBAL", "TEMPORARY", "TEMP", "VOLATILE", "TRANSIENT", "SECURE"); w {
		case "":
			return p.createKind(c)
		case "TEMPORARY", "TEMP", "VOLATILE":
			c.Temporary = true
		case "TRANSIENT":
			c.Transient = true
		}
	}
}

func (p *parser) createKind(c Create) Statement {
	c.Kind = p.kind("CREATE")
	if c.Kind == Account {
		p.unsupported("CREATE ACCOUNT")
	}
	c.IfNotExists = p.words("IF NOT EXISTS")
	c.Name = p.name()
	switch c.Kind {
	case Table:
		return p.createTable(c)
	case View:
		return p.createView(c)
	case Pipe:
		return p.createPipe(c)
	}
	if p.words("CLONE") {
		n := p.name()
		c.Clone = &n
	}
	c.Params = p.createParams()
	return &c
}

// createParams consumes the options of a CREATE: WITH may stand before them, and WITH MANAGED ACCESS among them.
func (p *parser) createParams() (list []Param) {
	for {
		at := p.peek().Pos
		switch {
		case p.words("WITH MANAGED ACCESS"):
			list = append(list, Param{at, "MANAGED ACCESS", Value{Kind: WordValue, Text: "TRUE", Parts: []string{"TRUE"}}})
		case p.words("COPY GRANTS"):
			list = append(list, Param{at, "COPY GRANTS", Value{Kind: WordValue, Text: "TRUE", Parts: []string{"TRUE"}}})
		case p.isWords("WITH") && p.ahead(2).value == "=":
			p.at++
		case p.isWords("TAG"), p.isWords("WITH TAG"):
			p.unsupported("TAG")
		case p.isWords("ROW ACCESS POLICY"), p.isWords("WITH ROW ACCESS POLICY"):
			p.unsupported("ROW ACCESS POLICY")
		case p.paramNext():
			list = append(list, p.param("="))
			p.sign(",")
		default:
			return list
		}
	}
}

func (p *parser) createView(c Create) Statement {
	v := &CreateView{Stmt: c.Stmt, Name: c.Name, OrReplace: c.OrReplace, IfNotExists: c.IfNotExists, Temporary: c.Temporary}
	if p.isSign("(") {
		p.needSign("(")
		for {
			v.Columns = append(v.Columns, p.ident())
			if p.words("COMMENT") {
				p.str()
			}
			if !p.sign(",") {
				break
			}
		}
		p.needSign(")")
	}
	v.Params = p.createParams()
	p.need("AS")
	first := p.peek()
	v.Query = p.query()
	v.Body = p.from(first)
	return v
}

func (p *parser) createPipe(c Create) Statement {
	s := &CreatePipe{Stmt: c.Stmt, Name: c.Name, OrReplace: c.OrReplace, IfNotExists: c.IfNotExists, Params: p.createParams()}
	p.need("AS")
	t := p.peek()
	brackets := p.sign("(")
	p.need("COPY")
	s.Copy = p.copyInto(Stmt{Pos: t.Pos}).(*CopyInto)
	if brackets {
		p.needSign(")")
	}
	s.Copy.Text = p.from(t)
	return s
}

func (p *parser) comment(at Stmt) Statement {
	s := &Comment{Stmt: at, IfExists: p.words("IF EXISTS")}
	p.need("ON")
	if p.words("COLUMN") {
		s.Kind = Column
		s.Name = p.columnName()
	} else {
		s.Kind = p.kind("COMMENT ON")
		s.Name = p.name()
	}
	p.need("IS")
	s.Comment = p.str()
	return s
}

// columnName consumes table.column, with what qualifies the table.
func (p *parser) columnName() Name {
	n := p.plainName()
	if len(n.Parts) == 3 && p.sign(".") {
		n.Parts = append(n.Parts, p.part())
	}
	if len(n.Parts) < 2 {
		p.unexpected()
	}
	return n
}

func (p *parser) drop(at Stmt) Statement {
	s := &Drop{Stmt: at, Kind: p.kind("DROP")}
	s.IfExists = p.words("IF EXISTS")
	s.Name = p.name()
	s.Restrict = p.oneOf("CASCADE", "RESTRICT") == "RESTRICT"
	return s
}

func (p *parser) undrop(at Stmt) Statement {
	return &Undrop{Stmt: at, Kind: p.kind("UNDROP"), Name: p.name()}
}

// plural consumes the plural of a kind, and returns the kind.
func (p *parser) plural(before string) Kind {
	for _, u := range unsupportedKinds {
		if p.isWords(pluralOf(u)) {
			p.unsupported(before + " " + pluralOf(u))
		}
	}
	for _, k := range kinds {
		if p.words(pluralOf(string(k))) {
			return k
		}
	}
	p.unexpected()
	return ""
}

func pluralOf(kind string) string {
	if s, ok := strings.CutSuffix(kind, "Y"); ok {
		return s + "IES"
	}
	return kind + "S"
}
