package translate

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// expr translates an expression.
func (t *translator) expr(x syntax.Expr, s *scope) value {
	switch x := x.(type) {
	case *syntax.Null:
		return value{sql: "NULL"}
	case *syntax.Bool:
		return value{strings.ToUpper(fmt.Sprint(x.Value)), boolType, true}
	case *syntax.Number:
		return numberLiteral(x.Text)
	case *syntax.String:
		return textLiteral(x.Value)
	case *syntax.BinaryLit:
		return value{fmt.Sprintf("unhex('%X')", x.Value), types.Type{Kind: types.Binary, Length: max(1, int64(len(x.Value)))}, true}
	case *syntax.TypedLit:
		return t.cast(textLiteral(x.Value), x.Type, explicit)
	case *syntax.Bind:
		return given(must(t.r.Bind(x.Index)))
	case *syntax.Variable:
		return t.variable(x)
	case *syntax.ColumnRef:
		return t.column(x, s)
	case *syntax.StageColumn:
		return t.stageColumn(x, s)
	case *syntax.Unary:
		return t.unary(x, s)
	case *syntax.Binary:
		return t.binary(x, s)
	case *syntax.IsNull:
		return truth("(%s IS %sNULL)", t.expr(x.X, s).sql, not(x.Not))
	case *syntax.IsDistinct:
		l, r := t.unify(x.Pos, t.expr(x.L, s), t.expr(x.R, s))
		return truth("(%s IS %sDISTINCT FROM %s)", l.sql, not(x.Not), r.sql)
	case *syntax.IsBool:
		return truth("(%s IS %s%v)", t.cast(t.expr(x.X, s), boolType, implicit).sql, not(x.Not), x.Value)
	case *syntax.Between:
		return t.between(x, s)
	case *syntax.In:
		return t.in(x, s)
	case *syntax.Like:
		return t.like(x, s)
	case *syntax.Case:
		return t.caseOf(x, s)
	case *syntax.Cast:
		return t.castOf(x, s)
	case *syntax.Func:
		return t.call(x, s)
	case *syntax.Exists:
		v := truth("EXISTS (%s)", t.query(x.Query, s).sql)
		v.notNull = true
		return v
	case *syntax.Subquery:
		return t.subquery(x, s)
	case *syntax.Quantified:
		return t.quantified(x, s)
	case *syntax.Path:
		return t.path(x, s)
	case *syntax.ArrayLit:
		return t.array(t.exprs(x.Items, s))
	case *syntax.ObjectLit:
		return t.objectLit(x, s)
	case *syntax.Interval:
		panic(unsupported("INTERVAL that is neither added to nor subtracted from a date or timestamp"))
	case *syntax.Default:
		panic(compilation(1003, "42000", x.Pos, "unexpected 'DEFAULT'"))
	case *syntax.Star:
		panic(compilation(1003, "42000", x.Pos, "unexpected '*'"))
	}
	panic(unsupported("%T", x))
}

func (t *translator) exprs(list []syntax.Expr, s *scope) []value {
	values := make([]value, len(list))
	for i, x := range list {
		values[i] = t.expr(x, s)
	}
	return values
}

func truth(format string, args ...any) value {
	return value{sql: fmt.Sprintf(format, args...), typ: boolType}
}

func not(n bool) string {
	if n {
		return "NOT "
	}
	return ""
}

func (t *translator) variable(x *syntax.Variable) value {
	switch {
	case x.Session:
		return given(must(t.r.SessionVariable(x.Name)))
	case x.Field != "":
		return given(must(t.r.Field(x.Name, x.Field)))
	}
	return given(must(t.r.Variable(x.Name)))
}

// castOf is CAST and TRY_CAST in words.
func (t *translator) castOf(x *syntax.Cast, s *scope) value {
	mode := explicit
	if x.Try {
		mode = try
	}
	v := t.cast(t.expr(x.X, s), x.Type, mode)
	if v.typ.Kind == 0 {
		v.typ = x.Type
	}
	return v
}

// unify casts two values to what they have in common.
func (t *translator) unify(at syntax.Pos, l, r value) (value, value) {
	of := t.commonOf(at, []value{l, r})
	return t.cast(l, of, implicit), t.cast(r, of, implicit)
}

// commonOf is what values have in common.
func (t *translator) commonOf(at syntax.Pos, values []value) (of types.Type) {
	for _, v := range values {
		both, ok := common(of, v.typ)
		if !ok {
			panic(compilation(1007, "22023", at, "Can not convert parameter of type [%v] into expected type [%v]", v.typ, of))
		}
		of = both
	}
	return of
}

// comparable returns what stands for a value in a comparison: TIMESTAMP_TZ by its instant.
func comparable(v value) value {
	if v.typ.Kind == types.TimestampTZ {
		v.sql = called("floe_tz_to_instant", v.sql)
	}
	return v
}

// compare compares two values with = <> < <= > >=.
func (t *translator) compare(op string, l, r value) value {
	if semi(l.typ) != semi(r.typ) {
		// A VARIANT is compared as what it is compared with.
		if semi(l.typ) && l.typ.Kind == types.Variant && r.typ.Kind != 0 {
			l = t.cast(l, plain(r.typ), try)
		} else if r.typ.Kind == types.Variant && l.typ.Kind != 0 {
			r = t.cast(r, plain(l.typ), try)
		}
	}
	l, r = t.unify(syntax.Pos{}, l, r)
	v := truth("(%s %s %s)", comparable(l).sql, op, comparable(r).sql)
	v.notNull = l.notNull && r.notNull
	return v
}

// plain is a type without limits, into which a VARIANT is cast to be compared.
func plain(t types.Type) types.Type {
	switch t.Kind {
	case types.Fixed:
		return fixed(types.MaxPrecision, max(t.Scale, 9))
	case types.Text:
		return textType
	}
	return t
}

func (t *translator) between(x *syntax.Between, s *scope) value {
	v := t.expr(x.X, s)
	low, high := t.compare(">=", v, t.expr(x.Low, s)), t.compare("<=", v, t.expr(x.High, s))
	return truth("(%s(%s AND %s))", not(x.Not), low.sql, high.sql)
}

func (t *translator) in(x *syntax.In, s *scope) value {
	if x.Query != nil {
		return t.inQuery(x, s)
	}
	if _, tuple := x.X.(*syntax.Tuple); tuple {
		list := make([]string, len(x.List))
		for i, item := range x.List {
			list[i] = t.equal(x.X, item, s).sql
		}
		return truth("(%s(%s))", not(x.Not), strings.Join(list, " OR "))
	}
	return t.inList(t.expr(x.X, s), t.exprs(x.List, s), x)
}

// inList compares a value with others, after all were cast to what they have in common.
func (t *translator) inList(v value, items []value, x *syntax.In) value {
	list := make([]string, len(items))
	if semi(v.typ) {
		for i, item := range items {
			list[i] = t.compare("=", v, item).sql
		}
		return truth("(%s(%s))", not(x.Not), strings.Join(list, " OR "))
	}
	of := t.commonOf(x.Pos, append([]value{v}, items...))
	if of.Kind == 0 {
		return truth("CAST(NULL AS BOOLEAN)")
	}
	for i, item := range items {
		list[i] = comparable(t.cast(item, of, implicit)).sql
	}
	return truth("(%s %sIN (%s))", comparable(t.cast(v, of, implicit)).sql, not(x.Not), strings.Join(list, ", "))
}

// equal compares two expressions, which may both be tuples.
func (t *translator) equal(l, r syntax.Expr, s *scope) value {
	a, isA := l.(*syntax.Tuple)
	b, isB := r.(*syntax.Tuple)
	if !isA && !isB {
		return t.compare("=", t.expr(l, s), t.expr(r, s))
	}
	if !isA || !isB || len(a.Items) != len(b.Items) {
		panic(compilation(1003, "42000", r.Position(), "tuples of different lengths"))
	}
	list := make([]string, len(a.Items))
	for i := range list {
		list[i] = t.compare("=", t.expr(a.Items[i], s), t.expr(b.Items[i], s)).sql
	}
	return truth("(%s)", strings.Join(list, " AND "))
}

// inQuery translates x IN (query): both sides are cast to what they have in common.
func (t *translator) inQuery(x *syntax.In, s *scope) value {
	items := []syntax.Expr{x.X}
	if tuple, ok := x.X.(*syntax.Tuple); ok {
		items = tuple.Items
	}
	rel := t.query(x.Query, s)
	if len(rel.columns) != len(items) {
		panic(compilation(1789, "42601", x.Pos, "a subquery with %d columns for %d", len(rel.columns), len(items)))
	}
	left, to := make([]string, len(items)), make([]Column, len(items))
	for i, v := range t.exprs(items, s) {
		to[i].Type = t.commonOf(x.Pos, []value{v, {typ: rel.columns[i].Type}})
		left[i] = t.cast(v, to[i].Type, implicit).sql
	}
	sql := t.coerce(rel, to)
	if len(left) == 1 {
		return truth("(%s %sIN (%s))", left[0], not(x.Not), sql)
	}
	if x.Not {
		panic(unsupported("NOT IN of several columns of a subquery"))
	}
	// DuckDB compares one column alone.
	id := t.id()
	for i := range left {
		left[i] = fmt.Sprintf("%s.c%d = %s", id, i+1, left[i])
	}
	return truth("EXISTS (SELECT 1 FROM (%s) AS %s%s WHERE %s)", sql, id, names(len(left)), strings.Join(left, " AND "))
}

func (t *translator) like(x *syntax.Like, s *scope) value {
	v := t.cast(t.expr(x.X, s), textType, implicit)
	op, list := " OR ", make([]string, len(x.Patterns))
	if x.Quantifier == "ALL" {
		op = " AND "
	}
	for i, p := range t.exprs(x.Patterns, s) {
		pattern := t.cast(p, textType, implicit).sql
		if x.Op == "RLIKE" {
			list[i] = called("floe_regexp_like", v.sql, pattern, "'c'")
			continue
		}
		list[i] = fmt.Sprintf("%s %s %s", v.sql, x.Op, pattern)
		if x.Escape != nil {
			list[i] += " ESCAPE " + t.cast(t.expr(x.Escape, s), textType, implicit).sql
		}
	}
	return truth("(%s(%s))", not(x.Not), strings.Join(list, op))
}

func (t *translator) caseOf(x *syntax.Case, s *scope) value {
	conditions := make([]string, len(x.Whens))
	values := make([]value, len(x.Whens), len(x.Whens)+1)
	for i, w := range x.Whens {
		if x.Operand != nil {
			conditions[i] = t.equal(x.Operand, w.If, s).sql
		} else {
			conditions[i] = t.cast(t.expr(w.If, s), boolType, implicit).sql
		}
		values[i] = t.expr(w.Then, s)
	}
	last := value{sql: "NULL"}
	if x.Else != nil {
		last = t.expr(x.Else, s)
	}
	return t.choose(x.Pos, conditions, append(values, last))
}

// choose is CASE WHEN: the last value is that of ELSE.
func (t *translator) choose(at syntax.Pos, conditions []string, values []value) value {
	of := t.commonOf(at, values)
	out := value{typ: of, notNull: true}
	var b strings.Builder
	b.WriteString("(CASE")
	for i, v := range values {
		out.notNull = out.notNull && v.notNull
		sql := v.sql
		if of.Kind != 0 {
			sql = t.cast(v, of, implicit).sql
		}
		if i < len(conditions) {
			fmt.Fprintf(&b, " WHEN %s THEN %s", conditions[i], sql)
		} else {
			fmt.Fprintf(&b, " ELSE %s END)", sql)
		}
	}
	out.sql = b.String()
	return out
}

// coalesce is the first value that is not NULL.
func (t *translator) coalesce(values []value) value {
	out := value{typ: t.commonOf(syntax.Pos{}, values)}
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = v.sql
		if out.typ.Kind != 0 {
			list[i] = t.cast(v, out.typ, implicit).sql
		}
		out.notNull = out.notNull || v.notNull
	}
	out.sql = called("COALESCE", list...)
	return out
}

func (t *translator) subquery(x *syntax.Subquery, s *scope) value {
	rel := t.query(x.Query, s)
	if len(rel.columns) != 1 {
		panic(compilation(2111, "42601", x.Pos, "a subquery that is a value has %d columns, not one", len(rel.columns)))
	}
	return value{sql: "(" + rel.sql + ")", typ: rel.columns[0].Type}
}

func (t *translator) quantified(x *syntax.Quantified, s *scope) value {
	rel := t.query(x.Query, s)
	if len(rel.columns) != 1 {
		panic(compilation(2111, "42601", x.Pos, "a subquery that is compared has %d columns, not one", len(rel.columns)))
	}
	l := t.expr(x.L, s)
	of := t.commonOf(x.Pos, []value{l, {typ: rel.columns[0].Type}})
	quantifier := "ANY"
	if x.All {
		quantifier = "ALL"
	}
	return truth("(%s %s %s (%s))", t.cast(l, of, implicit).sql, x.Op, quantifier, t.coerce(rel, []Column{{Type: of}}))
}

// path goes into a VARIANT.
func (t *translator) path(x *syntax.Path, s *scope) value {
	v := t.expr(x.X, s)
	if !semi(v.typ) && v.typ.Kind != 0 {
		panic(compilation(1007, "22023", x.Pos, "a path into %v", v.typ))
	}
	for _, step := range x.Steps {
		switch index := step.Index; {
		case index == nil:
			v = value{sql: called("floe_get", v.sql, quote(step.Key)), typ: variantType}
		default:
			v = t.get(v, t.expr(index, s))
		}
	}
	return v
}

// get is a part of a VARIANT by its key or index.
func (t *translator) get(v, by value) value {
	if by.typ.Kind == types.Text {
		return value{sql: called("floe_get", v.sql, by.sql), typ: variantType}
	}
	return value{sql: called("floe_get_at", v.sql, castSQL(t.cast(by, fixed(18, 0), implicit).sql, "BIGINT")), typ: variantType}
}

// array makes an ARRAY of values.
func (t *translator) array(values []value) value {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = t.cast(v, variantType, implicit).sql
	}
	if len(list) == 0 {
		return value{"'[]'", arrayType, true}
	}
	return value{called("floe_array", list...), arrayType, true}
}

func (t *translator) objectLit(x *syntax.ObjectLit, s *scope) value {
	var args []string
	for _, f := range x.Fields {
		args = append(args, quote(f.Key), t.cast(t.expr(f.Value, s), variantType, implicit).sql)
	}
	if len(args) == 0 {
		return value{"'{}'", objectType, true}
	}
	return value{called("floe_object_keep_null", args...), objectType, true}
}
