package translate

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// aggregate is one call of an aggregate function: over a group, or over a window.
type aggregate struct {
	*call
	over string // "" or OVER (…)
}

// aggregates are the aggregate functions by name.
var aggregates map[string]func(a aggregate) value

func init() {
	aggregates = map[string]func(a aggregate) value{
		"COUNT": count, "SUM": sum, "AVG": average,
		"MIN": func(a aggregate) value { return a.like("MIN") }, "MAX": func(a aggregate) value { return a.like("MAX") },
		"ANY_VALUE": func(a aggregate) value { return a.like("any_value") }, "MODE": func(a aggregate) value { return a.like("mode") },
		"MIN_BY": func(a aggregate) value { return a.by("min_by") }, "MAX_BY": func(a aggregate) value { return a.by("max_by") },
		"COUNT_IF": func(a aggregate) value {
			a.count(1, 1)
			return givesInt(18, "%s", a.sql("COUNT", fmt.Sprintf("CASE WHEN %s THEN 1 END", a.bool(0))))
		},
		"APPROX_COUNT_DISTINCT": distinct, "HLL": distinct,
		"BOOLAND_AGG": func(a aggregate) value { return a.one(boolType, "bool_and", a.bool) },
		"BOOLOR_AGG":  func(a aggregate) value { return a.one(boolType, "bool_or", a.bool) },
		"BITAND_AGG":  func(a aggregate) value { return a.bits("bit_and") },
		"BITOR_AGG":   func(a aggregate) value { return a.bits("bit_or") },
		"BITXOR_AGG":  func(a aggregate) value { return a.bits("bit_xor") },
		"LISTAGG":     listAgg, "ARRAY_AGG": arrayAgg, "OBJECT_AGG": objectAgg,
	}
	for names, duck := range map[string]string{
		"STDDEV STDDEV_SAMP": "stddev_samp", "STDDEV_POP": "stddev_pop", "VARIANCE VAR_SAMP VARIANCE_SAMP": "var_samp",
		"VAR_POP VARIANCE_POP": "var_pop",
	} {
		for name := range strings.FieldsSeq(names) {
			aggregates[name] = func(a aggregate) value { return a.one(realType, duck, a.real) }
		}
	}
}

func (t *translator) aggregate(c *call, build func(aggregate) value) value {
	a := aggregate{call: c}
	if c.x.Over != nil {
		a.over = t.over(c.x.Over, c.s, "")
	}
	if len(c.x.Named) > 0 {
		panic(compilation(2141, "42601", c.x.Pos, "%s has no named arguments", c.x.Name))
	}
	return build(a)
}

// sql writes a call of DuckDB's aggregate.
func (a aggregate) sql(name, args string) string {
	distinct, order := "", ""
	if a.x.Distinct {
		distinct = "DISTINCT "
	}
	if len(a.x.Within) > 0 {
		keys := make([]string, len(a.x.Within))
		for i, o := range a.x.Within {
			keys[i] = a.t.ordered(a.t.expr(o.X, a.s), o)
		}
		order = " ORDER BY " + strings.Join(keys, ", ")
	}
	return fmt.Sprintf("%s(%s%s%s)%s", name, distinct, args, order, a.over)
}

// one is an aggregate of one argument, which is converted.
func (a aggregate) one(of types.Type, name string, arg func(int) string) value {
	a.count(1, 1)
	return value{a.sql(name, arg(0)), of, false}
}

// like is an aggregate that gives one of the values.
func (a aggregate) like(name string) value {
	a.count(1, 1)
	v := a.arg(0)
	if v.typ.Kind == 0 {
		v = a.t.cast(v, textType, implicit)
	}
	return value{a.sql(name, v.sql), v.typ, false}
}

// by gives the value where another is least or greatest.
func (a aggregate) by(name string) value {
	a.count(2, 2)
	v := a.arg(0)
	return value{a.sql(name, v.sql+", "+a.arg(1).sql), v.typ, false}
}

func (a aggregate) bits(name string) value {
	a.count(1, 1)
	return givesInt(38, "%s", a.sql(name, a.int(0)))
}

func count(a aggregate) value {
	a.call.count(1, -1)
	v := givesInt(18, "%s", a.sql("COUNT", a.counted()))
	v.notNull = true
	return v
}

// counted is what COUNT counts: rows, or those of which no argument is NULL.
func (a aggregate) counted() string {
	if star, ok := a.x.Args[0].(*syntax.Star); ok {
		if !a.x.Distinct && len(star.Table) == 0 {
			return "*"
		}
		panic(unsupported("COUNT of DISTINCT * or of t.*"))
	}
	args := a.args()
	if len(args) == 1 {
		return args[0].sql
	}
	list, present := make([]string, len(args)), make([]string, len(args))
	for i, v := range args {
		list[i], present[i] = v.sql, v.sql+" IS NOT NULL"
	}
	return fmt.Sprintf("CASE WHEN %s THEN row(%s) END", strings.Join(present, " AND "), strings.Join(list, ", "))
}

func distinct(a aggregate) value {
	x := *a.x
	x.Distinct = true
	c := *a.call
	c.x = &x
	a.call = &c
	return count(a)
}

func sum(a aggregate) value {
	a.call.count(1, 1)
	v := a.number(0)
	if v.typ.Kind == types.Real {
		return value{a.sql("SUM", v.sql), realType, false}
	}
	of := fixed(min(types.MaxPrecision, v.typ.Precision+12), v.typ.Scale)
	return value{castSQL(a.sql("SUM", v.sql), of.DuckDB()), of, false}
}

func average(a aggregate) value {
	a.call.count(1, 1)
	v := a.number(0)
	if v.typ.Kind == types.Real {
		return value{a.sql("AVG", v.sql), realType, false}
	}
	of := fixed(types.MaxPrecision, max(v.typ.Scale, min(v.typ.Scale+6, 12)))
	quotient := called("floe_divide", castSQL(a.sql("SUM", v.sql), "VARCHAR"), castSQL(a.sql("COUNT", v.sql), "VARCHAR"), fmt.Sprint(of.Scale))
	return value{castSQL(quotient, of.DuckDB()), of, false}
}

// listAgg joins texts; of none it is the empty text.
func listAgg(a aggregate) value {
	a.call.count(1, 2)
	return value{fmt.Sprintf("COALESCE(%s, '')", a.sql("string_agg", a.text(0)+", "+a.textOr(1, ""))), textType, true}
}

func arrayAgg(a aggregate) value {
	a.call.count(1, 1)
	return value{fmt.Sprintf("('[' || COALESCE(%s, '') || ']')", a.sql("string_agg", a.variant(0)+", ','")), arrayType, true}
}

func objectAgg(a aggregate) value {
	a.call.count(2, 2)
	fields := a.sql("string_agg", fmt.Sprintf("(floe_json_text(%s) || ':' || %s), ','", a.text(0), a.variant(1)))
	return value{fmt.Sprintf("floe_json(('{' || COALESCE(%s, '') || '}'), false)", fields), objectType, true}
}
