package translate

import (
	"fmt"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// conditionals choose between values.
var conditionals = map[string]spec{
	"IFF IF": {3, 3, func(c *call) value {
		return c.t.choose(c.x.Pos, []string{c.bool(0)}, []value{c.arg(1), c.arg(2)})
	}},
	"NVL IFNULL": {2, 2, func(c *call) value { return c.t.coalesce(c.args()) }},
	"COALESCE":   {2, -1, func(c *call) value { return c.t.coalesce(c.args()) }},
	"NVL2": {3, 3, func(c *call) value {
		return c.t.choose(c.x.Pos, []string{c.arg(0).sql + " IS NOT NULL"}, []value{c.arg(1), c.arg(2)})
	}},
	"NULLIF": {2, 2, func(c *call) value {
		v := c.arg(0)
		return gives(v.typ, "(CASE WHEN %s THEN NULL ELSE %s END)", c.t.compare("=", v, c.arg(1)).sql, v.sql)
	}},
	"NULLIFZERO": {1, 1, func(c *call) value {
		v := c.t.number(c.arg(0), c.x.Pos)
		return gives(v.typ, "NULLIF(%s, 0)", v.sql)
	}},
	"ZEROIFNULL": {1, 1, func(c *call) value {
		v := c.t.number(c.arg(0), c.x.Pos)
		return value{fmt.Sprintf("COALESCE(%s, CAST(0 AS %s))", v.sql, v.typ.DuckDB()), v.typ, true}
	}},
	"DECODE": {3, -1, func(c *call) value {
		args := c.args()
		var conditions []string
		var values []value
		i := 1
		for ; i+1 < len(args); i += 2 {
			l, r := c.t.unify(c.x.Pos, args[0], args[i])
			conditions = append(conditions, fmt.Sprintf("%s IS NOT DISTINCT FROM %s", l.sql, r.sql))
			values = append(values, args[i+1])
		}
		last := value{sql: "NULL"}
		if i < len(args) {
			last = args[i]
		}
		return c.t.choose(c.x.Pos, conditions, append(values, last))
	}},
	"EQUAL_NULL": {2, 2, func(c *call) value {
		l, r := c.t.unify(c.x.Pos, c.arg(0), c.arg(1))
		return value{fmt.Sprintf("(%s IS NOT DISTINCT FROM %s)", comparable(l).sql, comparable(r).sql), boolType, true}
	}},
	"GREATEST": {1, -1, func(c *call) value { return c.extreme("GREATEST") }},
	"LEAST":    {1, -1, func(c *call) value { return c.extreme("LEAST") }},
	"DIV0":     {2, 2, func(c *call) value { return c.div0(fmt.Sprintf("%s = 0", c.arg(1).sql)) }},
	"DIV0NULL": {2, 2, func(c *call) value { return c.div0(fmt.Sprintf("COALESCE(%s, 0) = 0", c.arg(1).sql)) }},
	"BOOLNOT":  {1, 1, func(c *call) value { return truth("(NOT %s)", c.bool(0)) }},
	"BOOLAND":  {2, 2, func(c *call) value { return truth("(%s AND %s)", c.bool(0), c.bool(1)) }},
	"BOOLOR":   {2, 2, func(c *call) value { return truth("(%s OR %s)", c.bool(0), c.bool(1)) }},
	"BOOLXOR":  {2, 2, func(c *call) value { return truth("(%s <> %s)", c.bool(0), c.bool(1)) }},
}

// extreme is the largest or smallest of the arguments: NULL if one is.
func (c *call) extreme(name string) value {
	args := c.args()
	of := c.t.commonOf(c.x.Pos, args)
	list := make([]string, len(args))
	null := ""
	for i, v := range args {
		list[i] = c.t.cast(v, of, implicit).sql
		if i > 0 {
			null += " OR "
		}
		null += list[i] + " IS NULL"
	}
	return gives(of, "(CASE WHEN %s THEN NULL ELSE %s END)", null, called(name, list...))
}

// div0 is a quotient that is zero where a condition holds.
func (c *call) div0(zero string) value {
	l, r := c.t.number(c.arg(0), c.x.Pos), c.t.number(c.arg(1), c.x.Pos)
	safe := r
	safe.sql = fmt.Sprintf("NULLIF(%s, 0)", r.sql)
	q := c.t.arithmetic("/", l, safe, syntax.Pos{})
	if l.typ.Kind == types.Fixed && r.typ.Kind == types.Fixed {
		return gives(q.typ, "(CASE WHEN %s IS NULL THEN NULL WHEN %s THEN CAST(0 AS %s) ELSE %s END)", l.sql, zero, q.typ.DuckDB(), q.sql)
	}
	return gives(q.typ, "(CASE WHEN %s IS NULL THEN NULL WHEN %s THEN 0 ELSE %s END)", l.sql, zero, q.sql)
}
