package translate

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// scope is what names mean at a place of a query.
type scope struct {
	up      *scope // that of the query around it; nil = none
	ctes    *cte   // those in sight, the innermost first
	sources []*source
	merged  []merged            // columns of USING
	aliases map[string]*aliased // of the select list
	script  bool                // names are variables of Snowflake Scripting
}

// source is one item of FROM.
type source struct {
	id      string   // its name in DuckDB, with columns c1, c2, …
	name    string   // its alias, or the last part of its name
	parts   []string // its whole name, if it has no alias
	columns []Column
	open    bool
}

// merged is a column that USING made of two.
type merged struct {
	name  string
	value value
}

// aliased is an item of the select list that has a name.
type aliased struct {
	x    syntax.Expr
	busy bool // it is being translated: it does not mean itself
}

// cte is one name of WITH.
type cte struct {
	up      *cte
	name    string
	id      string
	columns []Column
}

// inner returns the scope of a query inside this one.
func (s *scope) inner() *scope {
	if s == nil {
		return &scope{}
	}
	return &scope{up: s, ctes: s.ctes}
}

func (s *source) column(i int) value {
	c := s.columns[i]
	return value{fmt.Sprintf("%s.c%d", s.id, i+1), c.Type, !c.Nullable}
}

// answers says that the parts before a column's name mean this source.
func (s *source) answers(qualifiers []string) bool {
	if len(qualifiers) == 1 && s.name == qualifiers[0] {
		return true
	}
	n := len(s.parts) - len(qualifiers)
	if n < 0 || len(s.parts) == 0 {
		return false
	}
	for i, q := range qualifiers {
		if s.parts[n+i] != q {
			return false
		}
	}
	return true
}

// find returns the columns of a name in this scope alone.
func (s *scope) find(parts []string) (found []value) {
	name, qualifiers := parts[len(parts)-1], parts[:len(parts)-1]
	if len(qualifiers) == 0 {
		for _, m := range s.merged {
			if m.name == name {
				return []value{m.value}
			}
		}
	}
	for _, src := range s.sources {
		if len(qualifiers) > 0 && !src.answers(qualifiers) {
			continue
		}
		for i, c := range src.columns {
			if c.Name == name {
				found = append(found, src.column(i))
				break
			}
		}
	}
	return found
}

// column resolves a name: a column of the query's sources, an alias of its select list, or a column of a query around it.
func (t *translator) column(x *syntax.ColumnRef, s *scope) value {
	if s.script {
		return t.scriptName(x)
	}
	for at := s; at != nil && !at.script; at = at.up {
		switch found := at.find(x.Parts); len(found) {
		case 0:
		case 1:
			return found[0]
		default:
			panic(compilation(2028, "42601", syntax.Pos{}, "ambiguous column name '%s'", x.Parts[len(x.Parts)-1]))
		}
		if a := at.aliases[x.Parts[0]]; a != nil && len(x.Parts) == 1 && !a.busy {
			a.busy = true
			defer func() { a.busy = false }()
			return t.expr(a.x, at)
		}
	}
	panic(InvalidIdentifier(x.Pos, dotted(x.Parts)))
}

// scriptName resolves a name of Snowflake Scripting.
func (t *translator) scriptName(x *syntax.ColumnRef) value {
	switch len(x.Parts) {
	case 1:
		return given(must(t.r.Variable(x.Parts[0])))
	case 2:
		return given(must(t.r.Field(x.Parts[0], x.Parts[1])))
	}
	panic(InvalidIdentifier(x.Pos, dotted(x.Parts)))
}

func given(v Value) value { return value{sql: v.SQL, typ: v.Type} }

// stageColumn resolves $1.
func (t *translator) stageColumn(x *syntax.StageColumn, s *scope) value {
	for _, src := range s.sources {
		if x.Table != "" && src.name != x.Table {
			continue
		}
		n := 0
		for i, c := range src.columns {
			if c.Hidden {
				continue
			}
			if n++; n == x.Index {
				return src.column(i)
			}
		}
		if src.open {
			return value{castSQL("NULL", "VARCHAR"), textType, false}
		}
	}
	panic(InvalidIdentifier(x.Pos, fmt.Sprintf("$%d", x.Index)))
}

func dotted(parts []string) string { return strings.Join(parts, ".") }
