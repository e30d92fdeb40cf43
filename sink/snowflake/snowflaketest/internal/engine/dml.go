package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// insert is INSERT.
func (w *work) insert(st *syntax.Insert, me *waiter) (*Result, error) {
	o, err := w.written(st.Table, "INSERT", "INSERT")
	if err != nil {
		return nil, err
	}
	if st.Overwrite {
		if err := w.authorize(o, "DELETE"); err != nil {
			return nil, err
		}
		if err := w.lock(o, me); err != nil {
			return nil, err
		}
	}
	into, err := columnsOf(o, st.Columns)
	if err != nil {
		return nil, err
	}
	q, err := w.withDefaults(st.Query, o, into)
	if err != nil {
		return nil, err
	}
	sql, columns, drop := "", []Column(nil), func() error { return nil }
	if w.arrays() {
		sql, columns, drop, err = w.arrayQuery(q)
	} else {
		sql, columns, err = w.translate(q)
	}
	if err != nil {
		return nil, err
	}
	if len(columns) != len(into) {
		return nil, compilation(2020, "21S01", "Insert value list does not match column list expecting %d but got %d", len(into), len(columns))
	}
	if st.Overwrite {
		// What the query reads may be what is deleted: so it is read before.
		kept, err := w.temporary("floe_rows", fmt.Sprintf("SELECT * FROM (%s) AS q(%s)", sql, numbered("c", len(columns))))
		if err != nil {
			return nil, err
		}
		w.closes = append(w.closes, func(context.Context) error { return kept() })
		sql = `SELECT * FROM floe_rows`
		if _, err := w.deleteRows(o, fmt.Sprintf(`SELECT rowid FROM %s WHERE %s`, physical(o), visibleTo(w.own()))); err != nil {
			return nil, err
		}
	}
	from := make([]types.Type, len(columns))
	for i, c := range columns {
		from[i] = c.Type
	}
	n, err := w.insertRows(o, into, sql, from)
	if err != nil {
		return nil, err
	}
	return counts(Insert, []string{"number of rows inserted"}, n), drop()
}

// columnsOf returns the places of the columns that a statement names; without names it is all.
func columnsOf(o *object, names []string) ([]int, error) {
	var out []int
	if len(names) == 0 {
		for i := range o.Table.Columns {
			out = append(out, i)
		}
		return out, nil
	}
	seen := map[int]bool{}
	for _, n := range names {
		i, ok := o.Table.column(n)
		if !ok {
			return nil, invalidIdentifier(quoted(n))
		}
		if seen[i] {
			return nil, compilation(2025, "42S21", "duplicate column name '%s'", n)
		}
		seen[i] = true
		out = append(out, i)
	}
	return out, nil
}

// withDefaults replaces DEFAULT in VALUES by what the column has as such.
func (w *work) withDefaults(q *syntax.Query, o *object, into []int) (*syntax.Query, error) {
	v, ok := q.Body.(*syntax.Values)
	if !ok {
		return q, nil
	}
	out := &syntax.Values{Pos: v.Pos}
	for _, row := range v.Rows {
		if len(row) != len(into) {
			return nil, compilation(2020, "21S01", "Insert value list does not match column list expecting %d but got %d", len(into), len(row))
		}
		values := make([]syntax.Expr, len(row))
		for i, x := range row {
			if _, ok := x.(*syntax.Default); ok {
				c := o.Table.Columns[into[i]]
				if c.Identity != nil {
					return nil, unsupported("DEFAULT for the AUTOINCREMENT column %s among VALUES", quoted(c.Name))
				}
				x = &syntax.Null{}
				if c.Default != "" {
					var err error
					if x, err = parseExpr(c.Default); err != nil {
						return nil, err
					}
				}
			}
			values[i] = x
		}
		out.Rows = append(out.Rows, values)
	}
	clone := *q
	clone.Body = out
	return &clone, nil
}

// target is a reference to the table that a statement changes, by which the resolver knows that its rows are to be numbered.
func (w *work) target(o *object, name syntax.Name, alias string) *syntax.TableRef {
	ref := &syntax.TableRef{Pos: name.Pos, Name: name}
	if ref.Alias.Alias = alias; alias == "" && name.Dynamic != nil {
		ref.Alias.Alias = o.Name
	}
	w.numbered, w.numberedTable = ref, o
	return ref
}

// rowOf is the number of a row of the target.
func rowOf(o *object, alias string) *syntax.ColumnRef {
	if alias == "" {
		alias = o.Name
	}
	return &syntax.ColumnRef{Parts: []string{alias, rowNumber}}
}

// update is UPDATE.
func (w *work) update(st *syntax.Update, me *waiter) (*Result, error) {
	o, err := w.written(st.Table, "UPDATE", "UPDATE")
	if err != nil {
		return nil, err
	}
	if err := w.lock(o, me); err != nil {
		return nil, err
	}
	sel := &syntax.Select{
		Items: []syntax.Item{{X: rowOf(o, st.Alias), Alias: rowNumber}},
		From:  append([]syntax.From{w.target(o, st.Table, st.Alias)}, st.From...),
		Where: st.Where,
	}
	set := map[int]string{}
	for i, a := range st.Set {
		at, x, err := w.assignment(o, a)
		if err != nil {
			return nil, err
		}
		if _, ok := set[at]; ok {
			return nil, compilation(2025, "42S21", "duplicate column name '%s'", a.Column)
		}
		set[at] = fmt.Sprintf("x%d", i)
		sel.Items = append(sel.Items, syntax.Item{X: x, Alias: set[at]})
	}
	sql, columns, err := w.translate(&syntax.Query{Body: sel})
	if err != nil {
		return nil, err
	}
	assigned := []string{quote(rowNumber)}
	for i, a := range st.Set {
		at, _ := o.Table.column(a.Column)
		x, err := translate.Assign(quote(set[at]), columns[i+1].Type, o.Table.Columns[at].Type, quoted(a.Column), w.resolver())
		if err != nil {
			return nil, err
		}
		assigned = append(assigned, x+" AS "+quote(set[at]))
	}
	drop, err := w.temporary("floe_all", fmt.Sprintf(`SELECT %s FROM (%s) AS q(%s)`, strings.Join(assigned, ", "), sql, aliases(sel.Items)))
	if err != nil {
		return nil, err
	}
	multi, err := w.number(`SELECT COUNT(*) FROM (SELECT 1 FROM floe_all GROUP BY "$ROW" HAVING COUNT(*) > 1)`)
	if err != nil {
		return nil, err
	}
	if strict, _ := w.s.parameter("ERROR_ON_NONDETERMINISTIC_UPDATE").(bool); strict && multi > 0 {
		return nil, w.duplicate(o, `SELECT "$ROW" FROM floe_all GROUP BY "$ROW" HAVING COUNT(*) > 1 LIMIT 1`)
	}
	once, dropOnce := "floe_all", func() error { return nil }
	if multi > 0 {
		once = "floe_once"
		if dropOnce, err = w.temporary(once, `SELECT * FROM floe_all QUALIFY ROW_NUMBER() OVER (PARTITION BY "$ROW") = 1`); err != nil {
			return nil, err
		}
	}
	n, err := w.changeRows(o, once, set)
	if err != nil {
		return nil, err
	}
	if err := dropOnce(); err != nil {
		return nil, err
	}
	return counts(Update, []string{"number of rows updated", "number of multi-joined rows updated"}, n, multi), drop()
}

// assignment returns the column that SET names, and its value.
func (w *work) assignment(o *object, a syntax.Assignment) (int, syntax.Expr, error) {
	at, ok := o.Table.column(a.Column)
	if !ok {
		return 0, nil, invalidIdentifier(quoted(a.Column))
	}
	x := a.X
	if _, ok := x.(*syntax.Default); ok {
		c := o.Table.Columns[at]
		if c.Identity != nil {
			return 0, nil, unsupported("SET %s = DEFAULT of an AUTOINCREMENT column", quoted(c.Name))
		}
		x = &syntax.Null{}
		if c.Default != "" {
			var err error
			if x, err = parseExpr(c.Default); err != nil {
				return 0, nil, err
			}
		}
	}
	return at, x, nil
}

// aliases are the names of a select list's items, for the columns of a subquery.
func aliases(items []syntax.Item) string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = quote(it.Alias)
	}
	return strings.Join(out, ", ")
}

// delete is DELETE.
func (w *work) delete(st *syntax.Delete, me *waiter) (*Result, error) {
	o, err := w.written(st.Table, "DELETE", "DELETE")
	if err != nil {
		return nil, err
	}
	if err := w.lock(o, me); err != nil {
		return nil, err
	}
	sql, _, err := w.translate(&syntax.Query{Body: &syntax.Select{
		Items: []syntax.Item{{X: rowOf(o, st.Alias), Alias: rowNumber}},
		From:  append([]syntax.From{w.target(o, st.Table, st.Alias)}, st.Using...),
		Where: st.Where,
	}})
	if err != nil {
		return nil, err
	}
	// Materialized, as the rows are deleted from the table that the query reads.
	drop, err := w.temporary("floe_all", sql)
	if err != nil {
		return nil, err
	}
	n, err := w.deleteRows(o, `SELECT * FROM floe_all`)
	if err != nil {
		return nil, err
	}
	return counts(Delete, []string{"number of rows deleted"}, n), drop()
}

// truncate is TRUNCATE: DML to transactions, and it forgets what files were loaded.
func (w *work) truncate(st *syntax.Truncate, me *waiter) (*Result, error) {
	o, err := w.written(st.Table, "TRUNCATE", "TRUNCATE")
	if err != nil {
		var own *Error
		if st.IfExists && asError(err, &own) && own.Code == 2003 {
			return status(DDL, "Statement executed successfully."), nil
		}
		return nil, err
	}
	if err := w.lock(o, me); err != nil {
		return nil, err
	}
	if _, err := w.deleteRows(o, fmt.Sprintf(`SELECT rowid FROM %s WHERE %s`, physical(o), visibleTo(w.own()))); err != nil {
		return nil, err
	}
	if err := w.forgetLoads(o); err != nil {
		return nil, err
	}
	return status(DDL, "Statement executed successfully."), nil
}

// duplicate is the error of a row that would be changed twice; query yields its number.
func (w *work) duplicate(o *object, query string) error {
	names := make([]string, len(o.Table.Columns))
	for i, c := range o.Table.Columns {
		names[i] = "CAST(" + c.physical() + " AS VARCHAR)"
		if c.Type.Kind == types.Text {
			names[i] = fmt.Sprintf(`'"' || %s || '"'`, c.physical())
		}
	}
	var values string
	q := fmt.Sprintf(`SELECT concat_ws(', ', %s) FROM %s WHERE rowid IN (%s)`, strings.Join(names, ", "), physical(o), query)
	if err := w.conn.QueryRowContext(w.ctx, q).Scan(&values); err != nil {
		return err
	}
	return execution(100090, "42P18", "Duplicate row detected during DML action\nRow Values: [%s]", values)
}
