package translate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// relation is a query of DuckDB with its columns.
type relation struct {
	sql     string
	columns []Column
}

// names are c1, c2, … in brackets.
func names(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("c%d", i+1)
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// froms adds the items of FROM to the scope, and returns DuckDB's text of them with the keyword before.
func (t *translator) froms(items []syntax.From, s *scope) string {
	list := make([]string, len(items))
	for i, f := range items {
		list[i] = t.from(f, s)
	}
	if len(list) == 0 {
		return ""
	}
	return " FROM " + strings.Join(list, ", ")
}

func (t *translator) from(f syntax.From, s *scope) string {
	switch f := f.(type) {
	case *syntax.TableRef:
		return t.table(f, s)
	case *syntax.Derived:
		return t.derived(f, s)
	case *syntax.TableFunc:
		return t.tableFunc(f, s)
	case *syntax.StageRef:
		rel := must(t.r.Stage(f))
		return t.add(relation{rel.SQL, rel.Columns}, f.Alias, nil, rel.Open, s)
	case *syntax.Join:
		return t.join(f, s)
	}
	panic(unsupported("%T", f))
}

// add adds a source to the scope, and returns DuckDB's text of it.
func (t *translator) add(rel relation, a syntax.Alias, parts []string, open bool, s *scope) string {
	src := t.source(rel.columns, a, parts, s)
	src.open = open
	if len(rel.columns) == 0 {
		return fmt.Sprintf("(%s) AS %s", rel.sql, src.id)
	}
	return fmt.Sprintf("(%s) AS %s%s", rel.sql, src.id, names(len(rel.columns)))
}

func (t *translator) source(columns []Column, a syntax.Alias, parts []string, s *scope) *source {
	src := &source{id: t.id(), name: a.Alias, columns: columns}
	if a.Alias == "" {
		src.parts = parts
		if len(parts) > 0 {
			src.name = parts[len(parts)-1]
		}
	}
	src.columns = renamed(columns, a.Columns)
	s.sources = append(s.sources, src)
	return src
}

// renamed gives the first columns other names.
func renamed(columns []Column, names []string) []Column {
	if len(names) == 0 {
		return columns
	}
	if len(names) > len(columns) {
		panic(compilation(2020, "21S01", syntax.Pos{}, "%d column names for %d columns", len(names), len(columns)))
	}
	columns = slices.Clone(columns)
	for i, n := range names {
		columns[i].Name = n
	}
	return columns
}

func (t *translator) table(f *syntax.TableRef, s *scope) string {
	if len(f.Name.Parts) == 1 {
		for c := s.ctes; c != nil; c = c.up {
			if c.name == f.Name.Parts[0] {
				src := t.source(c.columns, f.Alias, f.Name.Parts, s)
				return fmt.Sprintf("%s AS %s%s", c.id, src.id, names(len(c.columns)))
			}
		}
	}
	if len(f.Name.Parts) == 1 && f.Name.Parts[0] == "DUAL" {
		return t.add(relation{"SELECT NULL", []Column{{Name: "", Hidden: true}}}, f.Alias, f.Name.Parts, false, s)
	}
	rel := must(t.r.Table(f))
	return t.add(relation{rel.SQL, rel.Columns}, f.Alias, f.Name.Parts, false, s)
}

func (t *translator) derived(f *syntax.Derived, s *scope) string {
	around := s.up
	if f.Lateral {
		around = s
	}
	inner := &scope{up: around, ctes: s.ctes}
	rel := t.queryIn(f.Query, inner)
	return t.add(rel, f.Alias, nil, false, s)
}

func (t *translator) join(j *syntax.Join, s *scope) string {
	first := len(s.sources)
	l := t.from(j.L, s)
	middle := len(s.sources)
	r := t.from(j.R, s)
	left, right := s.sources[first:middle], s.sources[middle:]
	using := j.Using
	if j.Natural {
		using = shared(left, right)
	}
	kind := j.Kind + " JOIN "
	switch {
	case len(using) > 0:
		return fmt.Sprintf("(%s %s%s ON %s)", l, kind, r, t.using(j, using, left, right, s))
	case j.On != nil:
		return fmt.Sprintf("(%s %s%s ON %s)", l, kind, r, t.cast(t.expr(j.On, s), boolType, implicit).sql)
	case j.Kind == "CROSS", j.Kind == "INNER":
		return fmt.Sprintf("(%s CROSS JOIN %s)", l, r)
	}
	panic(compilation(1003, "42000", j.Pos, "%s JOIN without a condition", j.Kind))
}

// shared are the names that both sides have, in the order of the left one.
func shared(left, right []*source) (names []string) {
	for _, l := range left {
		for _, c := range l.columns {
			if !c.Hidden && len((&scope{sources: right}).find([]string{c.Name})) > 0 && !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	}
	return names
}

// using merges columns, and returns the condition.
func (t *translator) using(j *syntax.Join, names []string, left, right []*source, s *scope) string {
	var conditions []string
	for _, name := range names {
		l := s.sideColumn(j, name, left)
		r := (&scope{sources: right}).only(j, name)
		conditions = append(conditions, t.compare("=", l, r).sql)
		v := l
		switch j.Kind {
		case "RIGHT":
			v = r
		case "FULL":
			v = t.coalesce([]value{l, r})
		}
		s.merged = slices.DeleteFunc(s.merged, func(m merged) bool { return m.name == name })
		s.merged = append(s.merged, merged{name, v})
	}
	return strings.Join(conditions, " AND ")
}

// sideColumn is the column of a name on the left, which may be a merged one already.
func (s *scope) sideColumn(j *syntax.Join, name string, side []*source) value {
	return (&scope{sources: side, merged: s.merged}).only(j, name)
}

// only is the one column of a name.
func (s *scope) only(j *syntax.Join, name string) value {
	found := s.find([]string{name})
	if len(found) == 0 {
		panic(InvalidIdentifier(j.Pos, name))
	}
	return found[0]
}
