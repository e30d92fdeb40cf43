package syntax

func (p *parser) createTable(c Create) Statement {
	t := &CreateTable{
		Stmt: c.Stmt, Name: c.Name, OrReplace: c.OrReplace, IfNotExists: c.IfNotExists, Temporary: c.Temporary,
		Transient: c.Transient,
	}
	if p.isSign("(") {
		p.elements(t)
	}
	for {
		switch {
		case p.words("CLUSTER BY"):
			t.Cluster = p.clusterKeys()
		case p.words("COPY GRANTS"):
			t.CopyGrants = true
		case p.words("LIKE"):
			n := p.name()
			t.Like = &n
		case p.words("CLONE"):
			n := p.name()
			t.Clone = &n
			if what := p.oneOf("AT", "BEFORE"); what != "" {
				p.at--
				p.unsupported(what + " (time travel)")
			}
		case p.words("USING TEMPLATE"):
			p.needSign("(")
			t.Template = p.query()
			p.needSign(")")
		case p.words("AS"):
			t.As = p.query()
			return t
		default:
			params := p.createParams()
			if len(params) == 0 {
				return t
			}
			t.Params = append(t.Params, params...)
		}
	}
}

// clusterKeys consumes the keys of CLUSTER BY, and returns them as they were written.
func (p *parser) clusterKeys() string {
	p.needSign("(")
	first := p.peek()
	p.exprs()
	text := p.from(first)
	p.needSign(")")
	return text
}

// elements consumes the columns and constraints in the brackets of a table.
func (p *parser) elements(t *CreateTable) {
	p.needSign("(")
	for {
		if p.constraintNext() {
			t.Constraints = append(t.Constraints, p.constraint())
		} else {
			t.Columns = append(t.Columns, p.columnDef())
		}
		if !p.sign(",") {
			p.needSign(")")
			return
		}
	}
}

// constraintNext says that a table's constraint comes next.
func (p *parser) constraintNext() bool {
	unique := p.isWords("UNIQUE") && (p.ahead(1).value == "(" || p.ahead(1).value == "KEY")
	return p.isWords("CONSTRAINT") || p.isWords("PRIMARY KEY") || p.isWords("FOREIGN KEY") || unique
}

func (p *parser) constraint() Constraint {
	c := Constraint{Pos: p.peek().Pos}
	if p.words("CONSTRAINT") {
		c.Name = p.ident()
	}
	if p.words("UNIQUE") {
		c.Kind = "UNIQUE"
		p.words("KEY")
	} else if c.Kind = p.oneOf("PRIMARY KEY", "FOREIGN KEY"); c.Kind == "" {
		p.unexpected()
	}
	c.Columns = p.idents()
	if c.Kind == "FOREIGN KEY" {
		p.need("REFERENCES")
		n := p.name()
		c.References = &n
		if p.isSign("(") {
			c.Referenced = p.idents()
		}
	}
	p.constraintNotes()
	return c
}

// constraintNotes consumes what may be said of a constraint, none of which has an effect.
func (p *parser) constraintNotes() {
	for p.oneOf("NOT ENFORCED", "ENFORCED", "NOT DEFERRABLE", "DEFERRABLE", "INITIALLY DEFERRED", "INITIALLY IMMEDIATE",
		"ENABLE", "DISABLE", "VALIDATE", "NOVALIDATE", "RELY", "NORELY", "MATCH FULL", "MATCH SIMPLE",
		"ON UPDATE CASCADE", "ON UPDATE NO ACTION", "ON DELETE CASCADE", "ON DELETE NO ACTION") != "" {
	}
}

// columnDef consumes a column: its name, its type unless the table is made AS a query, and what else is said of it.
func (p *parser) columnDef() ColumnDef {
	c := ColumnDef{Pos: p.peek().Pos, Name: p.ident()}
	if p.isSign(",") || p.isSign(")") {
		return c
	}
	c.Type = p.dataType()
	for p.columnNote(&c) {
	}
	return c
}

// columnNote consumes one thing that is said of a column; false if nothing more is.
func (p *parser) columnNote(c *ColumnDef) bool {
	switch {
	case p.words("NOT NULL"):
		c.NotNull = true
	case p.words("NULL"):
		c.NotNull = false
	case p.words("DEFAULT"):
		first := p.peek()
		c.Default = p.additive()
		c.Text = p.from(first)
	case p.oneOf("AUTOINCREMENT", "IDENTITY") != "":
		c.Identity = p.identity()
	case p.words("COLLATE"):
		c.Collate = p.str()
	case p.words("COMMENT"):
		p.sign("=")
		c.Comment = p.str()
	case p.isWords("CONSTRAINT"):
		p.at++
		p.ident()
	case p.words("PRIMARY KEY"):
		c.Primary = true
		p.constraintNotes()
	case p.words("UNIQUE"):
		c.Unique = true
		p.constraintNotes()
	case p.words("FOREIGN KEY REFERENCES"), p.words("REFERENCES"):
		n := p.name()
		c.References = &n
		if p.isSign("(") {
			p.idents()
		}
		p.constraintNotes()
	default:
		p.refuseNote()
		return false
	}
	return true
}

// refuseNote refuses what Snowflake knows to be said of a column and this package does not.
func (p *parser) refuseNote() {
	p.words("WITH")
	for _, what := range []string{"MASKING POLICY", "PROJECTION POLICY", "TAG", "AS"} {
		if p.isWords(what) {
			p.unsupported("column " + what)
		}
	}
}

// identity consumes what may stand behind AUTOINCREMENT.
func (p *parser) identity() *Identity {
	i := &Identity{Start: 1, Step: 1}
	if p.sign("(") {
		i.Start = p.integer()
		p.needSign(",")
		i.Step = p.integer()
		p.needSign(")")
	} else if p.words("START") {
		p.sign("=")
		p.words("WITH")
		i.Start = p.integer()
		p.need("INCREMENT")
		p.sign("=")
		p.words("BY")
		i.Step = p.integer()
	}
	p.oneOf("ORDER", "NOORDER")
	return i
}

// integer consumes a whole number, which may have a sign.
func (p *parser) integer() int64 {
	if p.sign("-") {
		return -p.between(0, 1<<62)
	}
	return p.between(0, 1<<62)
}
