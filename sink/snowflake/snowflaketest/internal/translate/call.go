package translate

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// spec is a scalar function: how many arguments it has (most of -1: any number), and what DuckDB is told for it.
type spec struct {
	least, most int
	build       func(c *call) value
}

// functions are the scalar functions by name.
var functions = map[string]spec{}

func init() {
	for _, family := range []map[string]spec{conditionals, numerics, texts, conversions, semis, clocks} {
		for names, s := range family {
			for name := range strings.FieldsSeq(names) {
				functions[name] = s
			}
		}
	}
}

// call is one call of a function. Arguments are translated when they are asked for: some are words and no values.
type call struct {
	t *translator
	s *scope
	x *syntax.Func
}

// call translates a call.
func (t *translator) call(x *syntax.Func, s *scope) value {
	c := &call{t, s, x}
	if build := aggregates[x.Name]; build != nil {
		return t.aggregate(c, build)
	}
	if build := windows[x.Name]; build != nil {
		return t.windowed(c, build)
	}
	f, known := functions[x.Name]
	if !known {
		v, ok, err := t.r.Context(x)
		if err != nil {
			panic(failure{err})
		}
		if !ok {
			panic(UnknownFunction(x.Name))
		}
		return given(v)
	}
	if x.Over != nil || x.Distinct || len(x.Within) > 0 || len(x.Named) > 0 || x.IgnoreNulls {
		panic(compilation(2141, "42601", x.Pos, "%s is neither an aggregate nor a window function, and has no named arguments", x.Name))
	}
	c.count(f.least, f.most)
	return f.build(c)
}

// count checks how many arguments there are.
func (c *call) count(least, most int) {
	switch n := len(c.x.Args); {
	case n < least:
		panic(compilation(938, "22023", c.x.Pos, "not enough arguments for function [%s], expected %d, got %d", c.x.Name, least, n))
	case most >= 0 && n > most:
		panic(compilation(939, "22023", c.x.Pos, "too many arguments for function [%s] expected %d, got %d", c.x.Name, most, n))
	}
}

func (c *call) has(i int) bool { return i < len(c.x.Args) }

// arg is an argument as it is.
func (c *call) arg(i int) value { return c.t.expr(c.x.Args[i], c.s) }

func (c *call) args() []value { return c.t.exprs(c.x.Args, c.s) }

// as is an argument cast to a type.
func (c *call) as(i int, of types.Type) string { return c.t.cast(c.arg(i), of, implicit).sql }

func (c *call) text(i int) string    { return c.t.text(c.arg(i)).sql }
func (c *call) bool(i int) string    { return c.as(i, boolType) }
func (c *call) real(i int) string    { return c.as(i, realType) }
func (c *call) variant(i int) string { return c.as(i, variantType) }

// int is an argument as a BIGINT of DuckDB.
func (c *call) int(i int) string {
	return castSQL(c.as(i, fixed(18, 0)), "BIGINT")
}

// intOr is an argument that may be left out.
func (c *call) intOr(i int, otherwise string) string {
	if !c.has(i) {
		return castSQL(otherwise, "BIGINT")
	}
	return c.int(i)
}

func (c *call) textOr(i int, otherwise string) string {
	if !c.has(i) {
		return quote(otherwise)
	}
	return c.text(i)
}

// bytes is a text in UTF-8, or a binary value.
func (c *call) bytes(i int) string {
	v := c.arg(i)
	if v.typ.Kind == types.Binary {
		return v.sql
	}
	return called("encode", c.t.text(v).sql)
}

// word is an argument that is a word: year, 'year'.
func (c *call) word(i int) string {
	switch x := c.x.Args[i].(type) {
	case *syntax.String:
		return x.Value
	case *syntax.ColumnRef:
		if len(x.Parts) == 1 {
			return x.Parts[0]
		}
	}
	panic(compilation(1015, "22023", c.x.Args[i].Position(), "argument %d of %s needs to be constant", i+1, c.x.Name))
}

// constant is an argument that is a whole number in words.
func (c *call) constant(i int) int {
	x, sign := c.x.Args[i], 1
	if u, ok := x.(*syntax.Unary); ok && u.Op == "-" {
		x, sign = u.X, -1
	}
	n, ok := ordinal(x)
	if !ok {
		panic(compilation(1015, "22023", c.x.Args[i].Position(), "argument %d of %s needs to be a constant whole number", i+1, c.x.Name))
	}
	return n * sign
}

// gives is a value of a type that DuckDB's text gives.
func gives(of types.Type, format string, args ...any) value {
	return value{sql: fmt.Sprintf(format, args...), typ: of}
}

// givesInt is a whole number that DuckDB has as another type.
func givesInt(precision int, format string, args ...any) value {
	of := fixed(precision, 0)
	return value{sql: castSQL(fmt.Sprintf(format, args...), of.DuckDB()), typ: of}
}

func (c *call) invalid(of types.Type) *Error {
	return compilation(1044, "42P13", c.x.Pos, "Invalid argument types for function '%s': (%v)", c.x.Name, of)
}
