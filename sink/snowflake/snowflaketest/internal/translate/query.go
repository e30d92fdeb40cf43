package translate

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// query translates a query that stands inside a scope (nil = none).
func (t *translator) query(q *syntax.Query, around *scope) relation {
	inner := around.inner()
	if around != nil && around.script {
		inner = &scope{}
	}
	return t.queryIn(q, inner)
}

// queryIn translates a query in its own scope.
func (t *translator) queryIn(q *syntax.Query, s *scope) relation {
	with := t.with(q, s)
	var rel relation
	var order []string
	if sel, ok := q.Body.(*syntax.Select); ok {
		rel, order = t.selects(sel, q.Order, s)
	} else {
		rel = t.body(q.Body, s)
		if len(q.Order) > 0 {
			rel, order = t.orderOver(rel, q.Order)
		}
	}
	sql := with + rel.sql
	if len(order) > 0 {
		sql += " ORDER BY " + strings.Join(order, ", ")
	}
	limit := q.Limit
	if sel, ok := q.Body.(*syntax.Select); ok && limit == nil {
		limit = sel.Top
	}
	sql += t.count(" LIMIT ", limit) + t.count(" OFFSET ", q.Offset)
	return relation{sql, rel.columns}
}

// count writes LIMIT or OFFSET.
func (t *translator) count(keyword string, x syntax.Expr) string {
	if x == nil {
		return ""
	}
	if _, null := x.(*syntax.Null); null {
		return ""
	}
	v := t.expr(x, &scope{script: true})
	return keyword + "(" + castSQL(t.cast(v, fixed(18, 0), implicit).sql, "BIGINT") + ")"
}

// with brings the names of WITH into the scope, and returns DuckDB's text of them.
func (t *translator) with(q *syntax.Query, s *scope) string {
	if len(q.With) == 0 {
		return ""
	}
	list := make([]string, len(q.With))
	for i, c := range q.With {
		list[i] = t.cte(c, q.Recursive, s)
	}
	if q.Recursive {
		return "WITH RECURSIVE " + strings.Join(list, ", ") + " "
	}
	return "WITH " + strings.Join(list, ", ") + " "
}

func (t *translator) cte(c syntax.CTE, recursive bool, s *scope) string {
	id := t.id()
	var rel relation
	union, ok := c.Query.Body.(*syntax.SetOp)
	if recursive && ok && union.Op == "UNION" && union.All {
		anchor := t.body(union.L, s.inner())
		rel.columns = renamed(anchor.columns, c.Columns)
		s.ctes = &cte{s.ctes, c.Name, id, rel.columns}
		step := t.coerce(t.body(union.R, s.inner()), rel.columns)
		rel.sql = "(" + anchor.sql + ") UNION ALL (" + step + ")"
	} else {
		rel = t.query(c.Query, s)
		rel.columns = renamed(rel.columns, c.Columns)
		s.ctes = &cte{s.ctes, c.Name, id, rel.columns}
	}
	return fmt.Sprintf("%s%s AS (%s)", id, names(len(rel.columns)), rel.sql)
}

// coerce returns the query with its columns cast to the types of others.
func (t *translator) coerce(rel relation, to []Column) string {
	if len(rel.columns) != len(to) {
		panic(compilation(1789, "42601", syntax.Pos{}, "invalid number of result columns for set operator input branches, expected %d, got %d", len(to), len(rel.columns)))
	}
	same := true
	for i, c := range rel.columns {
		same = same && c.Type == to[i].Type
	}
	if same {
		return rel.sql
	}
	src := &source{id: t.id(), columns: rel.columns}
	items := make([]string, len(to))
	for i, c := range to {
		items[i] = t.cast(src.column(i), c.Type, implicit).sql
	}
	return fmt.Sprintf("SELECT %s FROM (%s) AS %s%s", strings.Join(items, ", "), rel.sql, src.id, names(len(to)))
}

func (t *translator) body(b syntax.Body, s *scope) relation {
	switch b := b.(type) {
	case *syntax.Select:
		rel, _ := t.selects(b, nil, s)
		rel.sql += t.count(" LIMIT ", b.Top)
		return rel
	case *syntax.Query:
		return t.queryIn(b, s)
	case *syntax.SetOp:
		return t.setOp(b, s)
	case *syntax.Values:
		return t.values(b, s)
	}
	panic(unsupported("%T", b))
}

func (t *translator) setOp(b *syntax.SetOp, s *scope) relation {
	l, r := t.body(b.L, t.branch(s)), t.body(b.R, t.branch(s))
	if len(l.columns) != len(r.columns) {
		panic(compilation(1789, "42601", b.Pos, "invalid number of result columns for set operator input branches, expected %d, got %d", len(l.columns), len(r.columns)))
	}
	columns := make([]Column, len(l.columns))
	for i, c := range l.columns {
		of, ok := common(c.Type, r.columns[i].Type)
		if !ok {
			panic(compilation(1790, "42601", b.Pos, "inconsistent data type for result columns for set operator input branches, expected %v, got %v for expression [%s] branch {2}", c.Type, r.columns[i].Type, c.Name))
		}
		columns[i] = Column{Name: c.Name, Type: of, Nullable: c.Nullable || r.columns[i].Nullable}
	}
	op := b.Op
	if b.All {
		op += " ALL"
	}
	return relation{fmt.Sprintf("(%s) %s (%s)", t.coerce(l, columns), op, t.coerce(r, columns)), columns}
}

// branch is the scope of one side of a set operation: it has the names of WITH, and no sources yet.
func (t *translator) branch(s *scope) *scope { return &scope{up: s.up, ctes: s.ctes} }

func (t *translator) values(b *syntax.Values, s *scope) relation {
	rows := make([][]value, len(b.Rows))
	columns := make([]Column, len(b.Rows[0]))
	for i := range columns {
		columns[i].Name = fmt.Sprintf("COLUMN%d", i+1)
	}
	for i, row := range b.Rows {
		if len(row) != len(columns) {
			panic(compilation(1788, "42601", b.Pos, "row %d of VALUES has %d values, the first has %d", i+1, len(row), len(columns)))
		}
		for k, x := range row {
			v := t.expr(x, &scope{up: s.up, ctes: s.ctes})
			of, ok := common(columns[k].Type, v.typ)
			if !ok {
				panic(compilation(1007, "22023", x.Position(), "VALUES has both %v and %v in column %d", columns[k].Type, v.typ, k+1))
			}
			columns[k].Type = of
			columns[k].Nullable = columns[k].Nullable || !v.notNull
			rows[i] = append(rows[i], v)
		}
	}
	list := make([]string, len(rows))
	for i, row := range rows {
		cells := make([]string, len(row))
		for k, v := range row {
			cells[k] = t.cast(v, columns[k].Type, implicit).sql
		}
		list[i] = "(" + strings.Join(cells, ", ") + ")"
	}
	id := t.id()
	return relation{fmt.Sprintf("SELECT * FROM (VALUES %s) AS %s%s", strings.Join(list, ", "), id, names(len(columns))), columns}
}

// orderOver orders a query that is no SELECT by its columns.
func (t *translator) orderOver(rel relation, keys []syntax.Order) (relation, []string) {
	s := &scope{}
	sql := t.add(rel, syntax.Alias{}, nil, false, s)
	src := s.sources[0]
	order := make([]string, len(keys))
	for i, k := range keys {
		if n, ok := ordinal(k.X); ok {
			order[i] = t.ordered(src.column(t.place(n, len(rel.columns), k.X)-1), k)
		} else {
			order[i] = t.ordered(t.expr(k.X, s), k)
		}
	}
	items := make([]string, len(rel.columns))
	for i := range items {
		items[i] = src.column(i).sql
	}
	return relation{fmt.Sprintf("SELECT %s FROM %s", strings.Join(items, ", "), sql), rel.columns}, order
}

// ordered writes a key of ORDER BY: NULLs are the largest unless something else is said.
func (t *translator) ordered(v value, o syntax.Order) string {
	first := o.Desc
	if o.NullsFirst != nil {
		first = *o.NullsFirst
	}
	direction, nulls := " ASC", " NULLS LAST"
	if o.Desc {
		direction = " DESC"
	}
	if first {
		nulls = " NULLS FIRST"
	}
	return v.sql + direction + nulls
}

// ordinal returns the number that a key of ORDER BY or GROUP BY is.
func ordinal(x syntax.Expr) (n int, ok bool) {
	if l, is := x.(*syntax.Number); is {
		if _, err := fmt.Sscanf(l.Text, "%d", &n); err == nil && fmt.Sprint(n) == l.Text {
			return n, true
		}
	}
	return 0, false
}

// place checks the number of a column of the select list.
func (t *translator) place(n, of int, x syntax.Expr) int {
	if n < 1 || n > of {
		panic(compilation(1003, "42000", x.Position(), "[%d] is no column of the select list, which has %d", n, of))
	}
	return n
}
