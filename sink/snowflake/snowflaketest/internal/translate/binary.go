package translate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/scalar"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

func (t *translator) unary(x *syntax.Unary, s *scope) value {
	v := t.expr(x.X, s)
	if x.Op == "NOT" {
		v = t.cast(v, boolType, implicit)
		return value{"(NOT " + v.sql + ")", boolType, v.notNull}
	}
	v = t.number(v, x.Pos)
	return value{"(" + x.Op + v.sql + ")", v.typ, v.notNull}
}

// number is a value among numbers: a text, boolean or VARIANT is converted.
func (t *translator) number(v value, at syntax.Pos) value {
	switch v.typ.Kind {
	case types.Fixed, types.Real:
		return v
	case types.Variant:
		return t.cast(v, realType, implicit)
	case 0:
		return t.cast(v, fixed(1, 0), implicit)
	case types.Text:
		return t.cast(v, arithmetic, implicit)
	case types.Boolean:
		return t.cast(v, fixed(1, 0), implicit)
	}
	panic(compilation(1007, "22023", at, "%v is no number", v.typ))
}

func (t *translator) binary(x *syntax.Binary, s *scope) value {
	switch x.Op {
	case "AND", "OR":
		l, r := t.cast(t.expr(x.L, s), boolType, implicit), t.cast(t.expr(x.R, s), boolType, implicit)
		return value{fmt.Sprintf("(%s %s %s)", l.sql, x.Op, r.sql), boolType, l.notNull && r.notNull}
	case "||":
		return t.concat(t.expr(x.L, s), t.expr(x.R, s))
	case "=":
		return t.equal(x.L, x.R, s)
	case "<>", "<", "<=", ">", ">=":
		return t.compare(x.Op, t.expr(x.L, s), t.expr(x.R, s))
	}
	if i, ok := x.R.(*syntax.Interval); ok && (x.Op == "+" || x.Op == "-") {
		return t.interval(t.expr(x.L, s), i, x.Op)
	}
	return t.arithmetic(x.Op, t.expr(x.L, s), t.expr(x.R, s), x.Pos)
}

// concat joins two texts, or two binary values.
func (t *translator) concat(l, r value) value {
	if l.typ.Kind == types.Binary && r.typ.Kind == types.Binary {
		return value{fmt.Sprintf("(%s || %s)", l.sql, r.sql), types.Type{Kind: types.Binary, Length: min(l.typ.Length+r.typ.Length, types.MaxBinary)}, l.notNull && r.notNull}
	}
	l, r = t.text(l), t.text(r)
	return value{fmt.Sprintf("(%s || %s)", l.sql, r.sql), text(l.typ.Length + r.typ.Length), l.notNull && r.notNull}
}

// text is a value among texts.
func (t *translator) text(v value) value {
	switch v.typ.Kind {
	case types.Text:
		return v
	case types.Fixed:
		return t.cast(v, text(int64(v.typ.Precision)+2), implicit)
	case types.Boolean:
		return t.cast(v, text(5), implicit)
	}
	return t.cast(v, textType, implicit)
}

// arithmetic is + - * / %.
func (t *translator) arithmetic(op string, l, r value, at syntax.Pos) value {
	if rank[l.typ.Kind] > 0 || rank[r.typ.Kind] > 0 {
		return t.dates(op, l, r, at)
	}
	l, r = t.number(l, at), t.number(r, at)
	notNull := l.notNull && r.notNull
	if l.typ.Kind == types.Real || r.typ.Kind == types.Real {
		l, r = t.cast(l, realType, implicit), t.cast(r, realType, implicit)
		if op == "/" || op == "%" {
			r.sql = divisor(r.sql)
		}
		return value{fmt.Sprintf("(%s %s %s)", l.sql, op, r.sql), realType, notNull}
	}
	of := arithmeticType(op, l.typ, r.typ)
	switch op {
	case "/":
		digits := called("floe_divide", castSQL(l.sql, "VARCHAR"), castSQL(r.sql, "VARCHAR"), fmt.Sprint(of.Scale))
		return value{castSQL(digits, of.DuckDB()), of, notNull}
	case "%":
		l, r = t.cast(l, of, implicit), t.cast(r, of, implicit)
		return value{castSQL(fmt.Sprintf("(%s %% %s)", l.sql, divisor(r.sql)), of.DuckDB()), of, notNull}
	case "*":
		if l.typ.Scale+r.typ.Scale > of.Scale {
			// The exact product has more digits than the type: round the factors' product by way of the widest type.
			exact := types.Type{Kind: types.Fixed, Precision: types.MaxPrecision, Scale: min(l.typ.Scale+r.typ.Scale, types.MaxPrecision-1)}
			return t.cast(value{castSQL(fmt.Sprintf("(%s * %s)", l.sql, r.sql), exact.DuckDB()), exact, notNull}, of, implicit)
		}
	}
	return value{castSQL(fmt.Sprintf("(%s %s %s)", l.sql, op, r.sql), of.DuckDB()), of, notNull}
}

// divisor fails for zero.
func divisor(sql string) string {
	return fmt.Sprintf("(CASE WHEN %s = 0 THEN error(%s) ELSE %s END)", sql, quote((&scalar.Fault{Code: 100051, SQLState: "22012", Message: "Division by zero"}).Error()), sql)
}

// arithmeticType is the type of what comes out of two numbers.
func arithmeticType(op string, l, r types.Type) types.Type {
	whole := max(l.Precision-l.Scale, r.Precision-r.Scale)
	scale := max(l.Scale, r.Scale)
	switch op {
	case "+", "-":
		whole++
	case "*":
		whole = l.Precision - l.Scale + r.Precision - r.Scale
		scale = min(l.Scale+r.Scale, max(l.Scale, r.Scale, 12))
	case "/":
		whole = l.Precision - l.Scale + r.Scale
		scale = max(l.Scale, min(l.Scale+6, 12))
	}
	return fixed(min(types.MaxPrecision, max(whole+scale, 1)), min(scale, types.MaxPrecision-1))
}

// dates is + and - with dates: days are added, and the difference of two is days.
func (t *translator) dates(op string, l, r value, at syntax.Pos) value {
	if op == "+" && rank[l.typ.Kind] == 0 {
		l, r = r, l
	}
	switch {
	case op == "-" && l.typ.Kind == types.Date && r.typ.Kind == types.Date:
		return value{castSQL(fmt.Sprintf("(%s - %s)", l.sql, r.sql), "DECIMAL(9,0)"), fixed(9, 0), l.notNull && r.notNull}
	case (op == "+" || op == "-") && l.typ.Kind == types.Date && (r.typ.Kind == types.Fixed || r.typ.Kind == types.Text):
		days := castSQL(t.cast(r, fixed(9, 0), implicit).sql, "INTEGER")
		return value{castSQL(fmt.Sprintf("(%s %s %s)", l.sql, op, days), "DATE"), dateType, l.notNull && r.notNull}
	}
	panic(compilation(1007, "22023", at, "Invalid argument types for function '%s': (%v, %v)", op, l.typ, r.typ))
}

// interval adds INTERVAL '1 day, 2 hours', or subtracts it.
func (t *translator) interval(v value, x *syntax.Interval, op string) value {
	words := strings.FieldsFunc(x.Value, func(r rune) bool { return r == ' ' || r == ',' })
	for i := 0; i < len(words); i += 2 {
		n, err := strconv.ParseInt(words[i], 10, 64)
		unit := "second"
		if i+1 < len(words) {
			unit = words[i+1]
		}
		part, ok := scalar.Part(unit)
		if err != nil || !ok {
			panic(compilation(1007, "22023", x.Pos, "invalid interval '%s'", x.Value))
		}
		if op == "-" {
			n = -n
		}
		v = t.addPart(part, strconv.FormatInt(n, 10), v, x.Pos)
	}
	return v
}

// addPart adds so many parts to a date or time.
func (t *translator) addPart(part, n string, v value, at syntax.Pos) value {
	if v.typ.Kind == types.Text {
		v = t.cast(v, ntzType, implicit)
	}
	days := map[string]bool{"year": true, "quarter": true, "month": true, "week": true, "day": true}[part]
	n = castSQL(n, "BIGINT")
	switch v.typ.Kind {
	case types.Date:
		sum := called("floe_dateadd", quote(part), n, t.wall(v))
		if days {
			return value{called("floe_nanos_date", sum), dateType, v.notNull}
		}
		return value{sum, ntzType, v.notNull}
	case types.Time:
		if !days {
			return value{called("floe_nanos_time", called("floe_dateadd", quote(part), n, t.wall(v))), v.typ, v.notNull}
		}
	case types.TimestampNTZ:
		return value{called("floe_dateadd", quote(part), n, v.sql), v.typ, v.notNull}
	case types.TimestampLTZ:
		if days {
			return value{t.ofNTZ(called("floe_dateadd", quote(part), n, t.wall(v)), v.typ.Kind, t.zone()), v.typ, v.notNull}
		}
		return value{called("floe_dateadd", quote(part), n, v.sql), v.typ, v.notNull}
	case types.TimestampTZ:
		return value{called("floe_tz_add", quote(part), n, v.sql), v.typ, v.notNull}
	case 0:
		return value{sql: castSQL("NULL", "HUGEINT"), typ: ntzType}
	}
	panic(compilation(1007, "22023", at, "'%s' cannot be added to %v", part, v.typ))
}
