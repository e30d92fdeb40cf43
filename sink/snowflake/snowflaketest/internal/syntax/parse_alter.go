package syntax

import "strings"

func (p *parser) alter(at Stmt) Statement {
	if p.words("SESSION") {
		return p.alterSession(at)
	}
	if p.words("TABLE") {
		s := &AlterTable{Stmt: at, IfExists: p.words("IF EXISTS"), Name: p.name()}
		s.Action = p.tableAction()
		return s
	}
	s := &Alter{Stmt: at, Kind: p.kind("ALTER")}
	s.IfExists = p.words("IF EXISTS")
	if s.Kind != Account && !p.verbAlone() {
		s.Name = p.name()
	}
	s.Action = p.action("ALTER " + string(s.Kind))
	return s
}

// verbAlone says that an action comes next, and not a name: ALTER WAREHOUSE SUSPEND.
func (p *parser) verbAlone() bool {
	behind := p.ahead(1)
	return (p.isWords("SUSPEND") || p.isWords("RESUME") || p.isWords("SET") || p.isWords("UNSET")) &&
		(behind.kind == end || behind.value == ";" || behind.value == "IF" || p.isWords("SET") || p.isWords("UNSET"))
}

// action consumes what is done to an object that is no table.
func (p *parser) action(statement string) Action {
	if a := p.commonAction(); a != nil {
		return a
	}
	if verb := p.oneOf("SUSPEND", "RESUME IF SUSPENDED", "RESUME", "ABORT ALL QUERIES"); verb != "" {
		return &Do{Verb: verb}
	}
	if p.words("REFRESH") {
		return &Do{Verb: "REFRESH", Params: p.params()}
	}
	p.unsupportedAction(statement)
	return nil
}

// commonAction consumes what is done to tables and other objects alike; nil if it is none of these.
func (p *parser) commonAction() Action {
	switch {
	case p.words("RENAME TO"):
		return &RenameTo{p.name()}
	case p.words("SWAP WITH"):
		return &SwapWith{p.name()}
	case p.isWords("SET TAG"), p.isWords("UNSET TAG"):
		p.unsupported("TAG")
	case p.words("SET"):
		params := p.params()
		if len(params) == 0 {
			p.unexpected()
		}
		return &SetParams{params}
	case p.words("UNSET"):
		return &UnsetParams{p.identList()}
	}
	return nil
}

// identList consumes names between commas.
func (p *parser) identList() (names []string) {
	for {
		names = append(names, p.ident())
		if !p.sign(",") {
			return names
		}
	}
}

func (p *parser) unsupportedAction(statement string) {
	t := p.peek()
	if t.kind != word {
		p.unexpected()
	}
	p.unsupported(statement + " … " + strings.ToUpper(p.near(t)))
}

// tableAction consumes what is done to a table.
func (p *parser) tableAction() Action {
	switch {
	case p.words("RENAME COLUMN"):
		a := &RenameColumn{From: p.ident()}
		p.need("TO")
		a.To = p.ident()
		return a
	case p.words("ADD"):
		return p.addAction()
	case p.words("DROP"):
		return p.dropAction()
	case p.oneOf("ALTER", "MODIFY") != "":
		return p.modifyColumns()
	case p.words("CLUSTER BY"):
		return &ClusterBy{p.clusterKeys()}
	}
	if a := p.commonAction(); a != nil {
		return a
	}
	if verb := p.oneOf("SUSPEND RECLUSTER", "RESUME RECLUSTER"); verb != "" {
		return &Do{Verb: verb}
	}
	p.unsupportedAction("ALTER TABLE")
	return nil
}

func (p *parser) addAction() Action {
	if p.constraintNext() {
		return &AddConstraint{p.constraint()}
	}
	for _, what := range []string{"ROW ACCESS POLICY", "SEARCH OPTIMIZATION", "AGGREGATION POLICY"} {
		if p.isWords(what) {
			p.unsupported("ALTER TABLE … ADD " + what)
		}
	}
	a := &AddColumns{}
	for {
		p.words("COLUMN")
		a.IfNotExists = p.words("IF NOT EXISTS") || a.IfNotExists
		a.Columns = append(a.Columns, p.typedColumn())
		if !p.sign(",") {
			return a
		}
	}
}

// typedColumn consumes a column that must have a type.
func (p *parser) typedColumn() ColumnDef {
	c := p.columnDef()
	if c.Type.Kind == 0 {
		p.unexpected()
	}
	return c
}

func (p *parser) dropAction() Action {
	switch {
	case p.words("CLUSTERING KEY"):
		return &ClusterBy{}
	case p.words("CONSTRAINT"):
		return &DropConstraint{Name: p.ident()}
	case p.words("PRIMARY KEY"):
		return &DropConstraint{Kind: "PRIMARY KEY"}
	case p.words("UNIQUE"):
		return &DropConstraint{Kind: "UNIQUE", Columns: p.idents()}
	case p.words("FOREIGN KEY"):
		return &DropConstraint{Kind: "FOREIGN KEY", Columns: p.idents()}
	}
	for _, what := range []string{"ROW ACCESS POLICY", "ALL ROW ACCESS POLICIES", "SEARCH OPTIMIZATION"} {
		if p.isWords(what) {
			p.unsupported("ALTER TABLE … DROP " + what)
		}
	}
	p.words("COLUMN")
	return &DropColumns{IfExists: p.words("IF EXISTS"), Names: p.identList()}
}

// modifyColumns consumes [COLUMN] a change, [COLUMN] b change, in brackets or not.
func (p *parser) modifyColumns() Action {
	a := &ModifyColumns{}
	brackets := p.sign("(")
	for {
		p.words("COLUMN")
		a.Changes = append(a.Changes, p.columnChange())
		if !p.sign(",") {
			break
		}
	}
	if brackets {
		p.needSign(")")
	}
	return a
}

func (p *parser) columnChange() ColumnChange {
	c := ColumnChange{Pos: p.peek().Pos, Column: p.ident()}
	switch {
	case p.words("SET NOT NULL"), p.words("NOT NULL"):
		c.SetNotNull = true
	case p.words("DROP NOT NULL"):
		c.DropNotNull = true
	case p.words("DROP DEFAULT"):
		c.DropDefault = true
	case p.words("COMMENT"):
		comment := p.str()
		c.Comment = &comment
	case p.words("UNSET COMMENT"):
		comment := ""
		c.Comment = &comment
	case p.words("SET DATA TYPE"), p.words("TYPE"), p.words("SET TYPE"):
		t := p.dataType()
		c.Type = &t
	case p.isWords("SET DEFAULT"), p.isWords("SET MASKING POLICY"), p.isWords("UNSET MASKING POLICY"), p.isWords("SET TAG"):
		p.unsupported("ALTER TABLE … ALTER COLUMN … " + p.peek().value + " " + p.ahead(1).value)
	default:
		t := p.dataType()
		c.Type = &t
	}
	return c
}
