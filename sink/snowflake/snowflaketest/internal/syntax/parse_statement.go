package syntax

// statement consumes one statement, up to its semicolon.
func (p *parser) statement() Statement {
	p.enter()
	defer p.leave()
	t := p.peek()
	s := p.statementAt(t, Stmt{Pos: t.Pos})
	setText(s, p.from(t))
	return s
}

// statementAt consumes what the first word announces.
func (p *parser) statementAt(t *token, at Stmt) Statement {
	if p.isSign("(") || p.isWords("SELECT") || p.isWords("WITH") {
		return &QueryStmt{at, p.query()}
	}
	if t.kind != word && t.kind != quoted {
		p.unexpected()
	}
	if p.blocks > 0 {
		if s := p.scripting(at); s != nil {
			return s
		}
	}
	if t.kind == word {
		if production := statements[t.value]; production != nil {
			p.at++
			return production(p, at)
		}
		if unsupportedStatements[t.value] {
			p.unsupported(t.value)
		}
	}
	p.unexpected()
	return nil
}

// statements are the productions by the word that a statement begins with, which is consumed.
var statements map[string]func(*parser, Stmt) Statement

func init() {
	statements = map[string]func(*parser, Stmt) Statement{
		"INSERT": (*parser).insert, "UPDATE": (*parser).update, "DELETE": (*parser).delete, "MERGE": (*parser).merge,
		"TRUNCATE": (*parser).truncate,
		"COPY":     (*parser).copyInto, "PUT": (*parser).put, "GET": (*parser).get,
		"LIST": (*parser).list, "LS": (*parser).list, "REMOVE": (*parser).remove, "RM": (*parser).remove,
		"CREATE": (*parser).create, "ALTER": (*parser).alter, "DROP": (*parser).drop, "UNDROP": (*parser).undrop,
		"COMMENT": (*parser).comment,
		"SHOW":    (*parser).show, "DESCRIBE": (*parser).describe, "DESC": (*parser).describe, "USE": (*parser).use,
		"GRANT": (*parser).grant, "REVOKE": (*parser).revoke,
		"BEGIN": (*parser).begin, "START": (*parser).start, "DECLARE": (*parser).declare,
		"COMMIT": (*parser).commit, "ROLLBACK": (*parser).rollback,
		"SET": (*parser).set, "UNSET": (*parser).unsetVariables, "EXECUTE": (*parser).execute, "CALL": (*parser).procedure,
	}
}

// unsupportedStatements are the words that begin statements of Snowflake which this package refuses by name.
var unsupportedStatements = set(`EXPLAIN`)

// setText gives a statement its text.
func setText(s Statement, text string) {
	if t, ok := s.(interface{ setText(string) }); ok {
		t.setText(text)
	}
}

func (s *Stmt) setText(text string) { s.Text = text }
