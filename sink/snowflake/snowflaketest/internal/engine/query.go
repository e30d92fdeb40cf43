package engine

import (
	"fmt"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// translate renders a query as DuckDB's, with the columns that it has. One that is NULL has a type of kind 0.
func (w *work) translate(q *syntax.Query) (string, []Column, error) {
	sql, columns, err := translate.Query(q, w.resolver())
	if err != nil {
		return "", nil, err
	}
	out := make([]Column, len(columns))
	for i, c := range columns {
		out[i] = Column{Name: c.Name, Type: c.Type, Nullable: c.Nullable}
	}
	return sql, out, nil
}

// typed gives columns of NULL the type that they have in results and tables.
func typed(columns []Column) []Column {
	for i := range columns {
		if columns[i].Type.Kind == 0 {
			columns[i].Type = varchar
		}
	}
	return columns
}

// query runs a query.
func (w *work) query(q *syntax.Query) (*Result, error) {
	sql, columns, err := w.translate(q)
	if err != nil {
		return nil, err
	}
	if w.reads {
		if err := w.compute(); err != nil {
			return nil, err
		}
	}
	return w.fetch(Select, sql, typed(columns))
}

// fetch runs a query of DuckDB's and decodes what it answers.
func (w *work) fetch(class Class, sql string, columns []Column) (*Result, error) {
	res := &Result{Class: class, Columns: columns}
	rows, err := w.conn.QueryContext(w.ctx, sql)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	raw := make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range raw {
		into[i] = &raw[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := make([]any, len(columns))
		for i, c := range columns {
			if row[i], err = decode(c.Type, raw[i]); err != nil {
				return nil, fmt.Errorf("column %s: %w", c.Name, err)
			}
		}
		res.Rows = append(res.Rows, row)
	}
	return res, rows.Err()
}

// evaluate computes an expression that reads no table, but in subqueries.
func (w *work) evaluate(x syntax.Expr) (value, error) {
	sql, typ, err := translate.Expr(x, w.resolver())
	if err != nil {
		return value{}, err
	}
	if v, ok := w.atHand(x); ok && typ.Kind != 0 {
		return value{typ: typ, v: v}, nil
	}
	return w.computed(sql, typ)
}

// atHand is the value of a literal or a variable: most expressions of scripts are no more, and to ask DuckDB takes a thousand
// times as long.
func (w *work) atHand(x syntax.Expr) (any, bool) {
	switch x := x.(type) {
	case *syntax.String:
		return x.Value, true
	case *syntax.Variable:
		var v value
		var ok bool
		switch {
		case x.Session:
			v, ok = w.s.variables[x.Name]
		case x.Field != "":
			v, ok = w.s.field([]string{x.Name, x.Field})
		default:
			v, ok = w.s.field([]string{x.Name})
		}
		return v.v, ok
	case *syntax.ColumnRef:
		v, ok := w.s.field(x.Parts)
		return v.v, ok
	}
	return nil, false
}

// converted is a value as one of another type, as an assignment converts it.
func (w *work) converted(v value, to types.Type) (value, error) {
	if v.typ.Kind == types.Text && to.Kind == types.Text && v.typ.Length <= to.Length {
		return value{typ: to, v: v.v}, nil
	}
	sql, err := translate.Assign(v.literal(), v.typ, to, "", w.resolver())
	if err != nil {
		return value{}, err
	}
	return w.computed(sql, to)
}

func (w *work) computed(sql string, typ types.Type) (value, error) {
	if typ.Kind == 0 {
		return null, nil
	}
	res, err := w.fetch(Select, `SELECT `+sql, []Column{{Name: "x", Type: typ}})
	if err != nil {
		return value{}, err
	}
	return value{typ: typ, v: res.Rows[0][0]}, nil
}
