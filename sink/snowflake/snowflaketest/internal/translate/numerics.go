package translate

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// numerics are functions of numbers.
var numerics = map[string]spec{
	"ABS":            {1, 1, func(c *call) value { v := c.number(0); return gives(v.typ, "abs(%s)", v.sql) }},
	"SIGN":           {1, 1, func(c *call) value { return givesInt(2, "sign(%s)", c.number(0).sql) }},
	"MOD":            {2, 2, func(c *call) value { return c.t.arithmetic("%", c.arg(0), c.arg(1), c.x.Pos) }},
	"CEIL CEILING":   {1, 1, func(c *call) value { return c.whole("ceil") }},
	"FLOOR":          {1, 1, func(c *call) value { return c.whole("floor") }},
	"ROUND":          {1, 2, round},
	"TRUNC TRUNCATE": {1, 2, trunc},
	"SQRT":           {1, 1, func(c *call) value { return gives(realType, "sqrt(%s)", c.real(0)) }},
	"SQUARE":         {1, 1, func(c *call) value { return gives(realType, "(%s * %s)", c.real(0), c.real(0)) }},
	"POWER POW":      {2, 2, func(c *call) value { return gives(realType, "pow(%s, %s)", c.real(0), c.real(1)) }},
	"EXP":            {1, 1, func(c *call) value { return gives(realType, "exp(%s)", c.real(0)) }},
	"LN":             {1, 1, func(c *call) value { return gives(realType, "ln(%s)", c.real(0)) }},
	"LOG":            {2, 2, func(c *call) value { return gives(realType, "(ln(%s) / ln(%s))", c.real(1), c.real(0)) }},
	"PI":             {0, 0, func(*call) value { return gives(realType, "pi()") }},
	"BITAND":         {2, 2, func(c *call) value { return givesInt(38, "(%s & %s)", c.int(0), c.int(1)) }},
	"BITOR":          {2, 2, func(c *call) value { return givesInt(38, "(%s | %s)", c.int(0), c.int(1)) }},
	"BITXOR":         {2, 2, func(c *call) value { return givesInt(38, "xor(%s, %s)", c.int(0), c.int(1)) }},
	"BITNOT":         {1, 1, func(c *call) value { return givesInt(38, "(~%s)", c.int(0)) }},
	"BITSHIFTLEFT":   {2, 2, func(c *call) value { return givesInt(38, "(%s << %s)", c.int(0), c.int(1)) }},
	"SEQ1":           {0, 1, func(c *call) value { return c.sequence(3) }},
	"SEQ2":           {0, 1, func(c *call) value { return c.sequence(5) }},
	"SEQ4":           {0, 1, func(c *call) value { return c.sequence(10) }},
	"SEQ8":           {0, 1, func(c *call) value { return c.sequence(19) }},
	"RANDOM":         {0, 0, func(*call) value { return givesInt(19, "CAST((random() - 0.5) * 18446744073709549568 AS BIGINT)") }},
	"BITSHIFTRIGHT":  {2, 2, func(c *call) value { return givesInt(38, "(%s >> %s)", c.int(0), c.int(1)) }},
}

func (c *call) number(i int) value { return c.t.number(c.arg(i), c.x.Args[i].Position()) }

// sequence numbers rows from 0: those of GENERATOR, or else those that come.
func (c *call) sequence(precision int) value {
	if rows := c.s.find([]string{generated}); len(rows) > 0 {
		return c.t.cast(rows[0], fixed(precision, 0), implicit)
	}
	return givesInt(precision, "(row_number() OVER () - 1)")
}

// whole rounds up or down to whole numbers.
func (c *call) whole(name string) value {
	v := c.number(0)
	if v.typ.Kind == types.Real {
		return gives(realType, "%s(%s)", name, v.sql)
	}
	if v.typ.Scale == 0 {
		return v
	}
	return givesInt(min(types.MaxPrecision, v.typ.Precision-v.typ.Scale+1), "%s(%s)", name, v.sql)
}

// round rounds half away from zero.
func round(c *call) value {
	v, digits := c.number(0), 0
	if c.has(1) {
		digits = c.constant(1)
	}
	switch {
	case v.typ.Kind == types.Real:
		return gives(realType, "round(%s, %d)", v.sql, digits)
	case digits >= v.typ.Scale:
		return v
	case digits >= 0:
		return c.t.cast(v, fixed(min(types.MaxPrecision, v.typ.Precision+1), digits), implicit)
	}
	unit := "1" + strings.Repeat("0", -digits)
	quotient := c.t.arithmetic("/", v, numberLiteral(unit), c.x.Pos)
	return c.t.arithmetic("*", c.t.cast(quotient, fixed(types.MaxPrecision, 0), implicit), numberLiteral(unit), c.x.Pos)
}

// trunc cuts digits off, or parts of a date.
func trunc(c *call) value {
	v, digits := c.arg(0), 0
	if rank[v.typ.Kind] > 0 && c.has(1) {
		return c.t.truncated(c.part(1), v, c.x.Pos)
	}
	v = c.number(0)
	if c.has(1) {
		digits = c.constant(1)
	}
	switch {
	case v.typ.Kind == types.Real && digits == 0:
		return gives(realType, "trunc(%s)", v.sql)
	case v.typ.Kind == types.Real || digits < 0:
		panic(unsupported("%s to %d digits of %v", c.x.Name, digits, v.typ))
	case digits >= v.typ.Scale:
		return v
	}
	of := fixed(max(1, v.typ.Precision-v.typ.Scale+digits), digits)
	unit := fmt.Sprintf("CAST('1e-%d' AS DECIMAL(%d,%d))", digits, digits+1, digits)
	return gives(of, "CAST((%s - (%s %% %s)) AS %s)", v.sql, v.sql, unit, of.DuckDB())
}
