package syntax

import "strings"

// location consumes @stage/path, quoted or not, or the URL of a bucket in quotes.
func (p *parser) location() Location {
	switch t := p.peek(); t.kind {
	case location:
		p.at++
		return *t.at
	case text:
		p.at++
		return *parseLocation(t.Pos, t.value)
	}
	p.unexpected()
	return Location{}
}

// stageLocation consumes a location that is no URL of a bucket.
func (p *parser) stageLocation() Location {
	t := p.peek()
	l := p.location()
	if l.URL != "" || t.kind == text && t.value == "" {
		p.at--
		p.unexpected()
	}
	return l
}

func (p *parser) copyInto(at Stmt) Statement {
	p.need("INTO")
	if t := p.peek(); t.kind == location || t.kind == text {
		p.unsupported("COPY INTO location (unloading)")
	}
	s := &CopyInto{Stmt: at, Table: p.name()}
	if p.isSign("(") {
		s.Columns = p.idents()
	}
	if p.words("FROM") {
		switch t := p.peek(); {
		case p.sign("("):
			s.Query = p.query()
			p.needSign(")")
		case p.isWords("TABLE"):
			s.Source = p.functionSource(t)
		default:
			l := p.location()
			s.From = &l
		}
	}
	s.Params = p.params()
	return s
}

// functionSource consumes TABLE(f(…)), where options may follow.
func (p *parser) functionSource(first *token) *TableFunc {
	p.need("TABLE")
	p.needSign("(")
	next := p.peek()
	f := &TableFunc{Pos: first.Pos, Name: p.plainName()}
	f.Call = p.called(next, f.Name)
	p.needSign(")")
	return f
}

// local consumes a URL of a local file, and returns its path.
func (p *parser) local() string {
	t := p.next()
	if t.kind == fileURL {
		return t.value
	}
	path, ok := strings.CutPrefix(t.value, "file://")
	if t.kind != text || !ok {
		p.at--
		p.unexpected()
	}
	return path
}

func (p *parser) put(at Stmt) Statement {
	return &Put{Stmt: at, Local: p.local(), Location: p.stageLocation(), Params: p.params()}
}

func (p *parser) get(at Stmt) Statement {
	return &Get{Stmt: at, Location: p.stageLocation(), Local: p.local(), Params: p.params()}
}

func (p *parser) list(at Stmt) Statement {
	return &List{Stmt: at, Location: p.stageLocation(), Pattern: p.pattern()}
}

func (p *parser) remove(at Stmt) Statement {
	return &Remove{Stmt: at, Location: p.stageLocation(), Pattern: p.pattern()}
}

// pattern consumes PATTERN = 'regular expression'; "" if there is none.
func (p *parser) pattern() string {
	if !p.words("PATTERN") {
		return ""
	}
	p.needSign("=")
	return p.str()
}
