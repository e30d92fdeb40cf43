package translate

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// output is one column of a select list.
type output struct {
	name  string
	value value
}

// selects translates SELECT …, and the keys that it is ordered by.
func (t *translator) selects(sel *syntax.Select, keys []syntax.Order, s *scope) (relation, []string) {
	from := t.froms(sel.From, s)
	s.aliases = map[string]*aliased{}
	for _, it := range sel.Items {
		if it.Alias != "" && s.aliases[it.Alias] == nil {
			s.aliases[it.Alias] = &aliased{x: it.X}
		}
	}
	outputs := t.outputs(sel, s)
	var b strings.Builder
	b.WriteString("SELECT ")
	if sel.Distinct {
		b.WriteString("DISTINCT ")
	}
	columns := make([]Column, len(outputs))
	for i, o := range outputs {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s AS c%d", result(o.value), i+1)
		columns[i] = Column{Name: o.name, Type: o.value.typ, Nullable: !o.value.notNull}
	}
	b.WriteString(from)
	b.WriteString(t.condition(" WHERE ", sel.Where, s))
	b.WriteString(t.group(sel.Group, outputs, s))
	b.WriteString(t.condition(" HAVING ", sel.Having, s))
	b.WriteString(t.condition(" QUALIFY ", sel.Qualify, s))
	order := make([]string, len(keys))
	for i, k := range keys {
		order[i] = t.orderKey(k, outputs, s)
	}
	return relation{b.String(), columns}, order
}

// result writes a value as a column: DuckDB would give NULLs that it finds out itself a type of its own.
func result(v value) string {
	of := v.typ.DuckDB()
	if strings.HasSuffix(v.sql, " AS "+of+")") && strings.HasPrefix(v.sql, "CAST(") {
		return v.sql
	}
	return castSQL(v.sql, of)
}

func (t *translator) condition(keyword string, x syntax.Expr, s *scope) string {
	if x == nil {
		return ""
	}
	return keyword + t.cast(t.expr(x, s), boolType, implicit).sql
}

// outputs are the columns of the select list.
func (t *translator) outputs(sel *syntax.Select, s *scope) (list []output) {
	for _, it := range sel.Items {
		if star, ok := it.X.(*syntax.Star); ok {
			list = append(list, t.star(star, s)...)
			continue
		}
		v := t.item(it, s)
		list = append(list, output{outputName(it), v})
	}
	if len(list) == 0 {
		panic(compilation(1003, "42000", sel.Pos, "nothing is selected"))
	}
	return list
}

// item translates an item; its own alias does not mean itself in it.
func (t *translator) item(it syntax.Item, s *scope) value {
	if a := s.aliases[it.Alias]; a != nil && it.Alias != "" {
		a.busy = true
		defer func() { a.busy = false }()
	}
	return t.expr(it.X, s)
}

// outputName is what Snowflake calls a column: its alias, its own name, or its text in capital letters.
func outputName(it syntax.Item) string {
	if it.Alias != "" {
		return it.Alias
	}
	if c, ok := it.X.(*syntax.ColumnRef); ok {
		return c.Parts[len(c.Parts)-1]
	}
	return strings.ToUpper(it.Text)
}

// star are the columns that * stands for.
func (t *translator) star(x *syntax.Star, s *scope) (list []output) {
	without, names := map[string]bool{}, map[string]string{}
	for _, e := range x.Exclude {
		without[e] = true
	}
	for _, r := range x.Rename {
		names[r.From] = r.To
	}
	add := func(name string, v value) {
		if without[name] {
			return
		}
		if to, ok := names[name]; ok {
			name = to
		}
		list = append(list, output{name, v})
	}
	inMerged := map[string]bool{}
	if len(x.Table) == 0 {
		for _, m := range s.merged {
			inMerged[m.name] = true
			add(m.name, m.value)
		}
	}
	found := false
	for _, src := range s.sources {
		if len(x.Table) > 0 && !src.answers(x.Table) {
			continue
		}
		found = true
		for i, c := range src.columns {
			if !c.Hidden && !inMerged[c.Name] {
				add(c.Name, src.column(i))
			}
		}
	}
	if !found {
		panic(InvalidIdentifier(x.Pos, dotted(append(x.Table, "*"))))
	}
	return list
}

// group writes GROUP BY.
func (t *translator) group(g syntax.Group, outputs []output, s *scope) string {
	if g.All {
		return " GROUP BY ALL"
	}
	if len(g.Keys) == 0 {
		return ""
	}
	list := make([]string, len(g.Keys))
	for i, k := range g.Keys {
		if n, ok := ordinal(k); ok {
			list[i] = outputs[t.place(n, len(outputs), k)-1].value.sql
		} else {
			list[i] = t.expr(k, s).sql
		}
		// A constant would be taken for the number of a column.
		list[i] = "(" + list[i] + ")"
	}
	return " GROUP BY " + strings.Join(list, ", ")
}

// orderKey writes a key of ORDER BY: a column of the select list by its number, its name or its text, or else an
// expression.
func (t *translator) orderKey(o syntax.Order, outputs []output, s *scope) string {
	if n, ok := ordinal(o.X); ok {
		n = t.place(n, len(outputs), o.X)
		return t.orderedPlace(n, outputs, o)
	}
	if c, ok := o.X.(*syntax.ColumnRef); ok && len(c.Parts) == 1 {
		for i, out := range outputs {
			if out.name == c.Parts[0] {
				return t.orderedPlace(i+1, outputs, o)
			}
		}
	}
	v := t.expr(o.X, s)
	for i, out := range outputs {
		if out.value.sql == v.sql {
			return t.orderedPlace(i+1, outputs, o)
		}
	}
	return t.ordered(v, o)
}

// orderedPlace writes a key that is a column of the select list.
func (t *translator) orderedPlace(n int, outputs []output, o syntax.Order) string {
	v := outputs[n-1].value
	v.sql = fmt.Sprintf("c%d", n)
	return t.ordered(v, o)
}
