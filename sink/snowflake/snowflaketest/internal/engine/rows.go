package engine

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// rowNumber is the hidden column by which a statement of DML knows the rows of its table: DuckDB's rowid.
const rowNumber = "$ROW"

// createRows makes the DuckDB table of a table, without rows.
func (w *work) createRows(o *object) error {
	var defs []string
	for i := range o.Table.Columns {
		c := &o.Table.Columns[i]
		o.Table.number(c)
		defs = append(defs, c.physical()+" "+c.Type.DuckDB())
		if c.Identity != nil {
			if err := w.createSequence(c.Identity); err != nil {
				return err
			}
		}
	}
	defs = append(defs, inserted+" BIGINT NOT NULL", deleted+" BIGINT")
	return w.exec(fmt.Sprintf(`CREATE TABLE %s (%s)`, physical(o), strings.Join(defs, ", ")))
}

func (w *work) createSequence(i *identity) error {
	return w.exec(fmt.Sprintf(`CREATE SEQUENCE %s START WITH %d INCREMENT BY %d MINVALUE -9223372036854775808 MAXVALUE 9223372036854775807`, quote(i.Sequence), i.Start, i.Step))
}

// relation is a table as a statement of this session reads it: the rows that it sees, with their numbers if it is to change
// them.
func (w *work) relation(o *object, numbered bool) translate.Relation {
	r := translate.Relation{}
	var names []string
	if numbered {
		names = append(names, "CAST(rowid AS DECIMAL(38,0))")
		r.Columns = append(r.Columns, translate.Column{Name: rowNumber, Type: integer, Nullable: true, Hidden: true})
	}
	for _, c := range o.Table.Columns {
		names = append(names, c.physical())
		r.Columns = append(r.Columns, translate.Column{Name: c.Name, Type: c.Type, Nullable: !c.NotNull})
	}
	r.SQL = fmt.Sprintf("SELECT %s FROM %s WHERE %s", strings.Join(names, ", "), physical(o), visibleTo(w.own()))
	return r
}

// defaultOf is what a column has where an INSERT leaves it out, as an expression of DuckDB's.
func (w *work) defaultOf(c column) (string, error) {
	if c.Identity != nil {
		return fmt.Sprintf("CAST(nextval(%s) AS %s)", literal(quote(c.Identity.Sequence)), c.Type.DuckDB()), nil
	}
	if c.Default == "" {
		return "CAST(NULL AS " + c.Type.DuckDB() + ")", nil
	}
	x, err := parseExpr(c.Default)
	if err != nil {
		return "", err
	}
	sql, typ, err := translate.Expr(x, w.resolver())
	if err != nil {
		return "", err
	}
	return translate.Assign(sql, typ, c.Type, quoted(c.Name), w.resolver())
}

// parseExpr parses an expression that the catalog keeps as a text.
func parseExpr(text string) (syntax.Expr, error) {
	sts, err := syntax.Parse("SELECT " + text)
	if err != nil {
		return nil, err
	}
	if q, ok := sts[0].(*syntax.QueryStmt); ok && len(sts) == 1 {
		if sel, ok := q.Query.Body.(*syntax.Select); ok && len(sel.Items) == 1 {
			return sel.Items[0].X, nil
		}
	}
	return nil, fmt.Errorf("%q is no expression", text)
}

// guarded is an expression that is the column's value, or raises an error where that must not be NULL.
func (w *work) guarded(o *object, c column, sql string) string {
	if !c.NotNull {
		return sql
	}
	message := fmt.Sprintf("%s100072:22000:DML operation to table %s failed on column %s with error: NULL result in a non-nullable column",
		raised, w.e.catalog.full(o), quoted(c.Name))
	return fmt.Sprintf("CASE WHEN %s IS NULL THEN error(%s) ELSE %[1]s END", sql, literal(message))
}

// insertRows inserts what a query of DuckDB's yields: from has the types of its columns, into which columns of the table
// they go. It returns how many rows.
func (w *work) insertRows(o *object, into []int, query string, from []types.Type) (int64, error) {
	given := map[int]string{}
	for i, at := range into {
		x, err := translate.Assign(fmt.Sprintf(`"c%d"`, i+1), from[i], o.Table.Columns[at].Type, quoted(o.Table.Columns[at].Name), w.resolver())
		if err != nil {
			return 0, err
		}
		given[at] = x
	}
	return w.insertExprs(o, given, query, len(into))
}

// insertExprs is insertRows with an expression for each column that is given, over the n columns c1, c2, … of the query.
// The others have their defaults.
func (w *work) insertExprs(o *object, given map[int]string, query string, n int) (int64, error) {
	var values, checked, names []string
	for i, c := range o.Table.Columns {
		x, ok := given[i]
		if !ok {
			var err error
			if x, err = w.defaultOf(c); err != nil {
				return 0, err
			}
		}
		name := fmt.Sprintf(`"v%d"`, i+1)
		values = append(values, x+" AS "+name)
		checked = append(checked, w.guarded(o, c, name))
		names = append(names, c.physical())
	}
	return w.affected(fmt.Sprintf(`INSERT INTO %s (%s, %s) SELECT %s, %d FROM (SELECT %s FROM (%s) AS q(%s)) AS v`,
		physical(o), strings.Join(names, ", "), inserted, strings.Join(checked, ", "), w.touch(o), strings.Join(values, ", "),
		query, numbered("c", n)))
}

// numbered are n names of columns for a subquery.
func numbered(prefix string, n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(`"%s%d"`, prefix, i+1)
	}
	return strings.Join(names, ", ")
}

// deleteRows deletes the rows whose numbers a query of DuckDB's yields.
func (w *work) deleteRows(o *object, query string) (int64, error) {
	tx := w.touch(o)
	if tx == 0 {
		return w.affected(fmt.Sprintf(`DELETE FROM %s WHERE rowid IN (%s)`, physical(o), query))
	}
	return w.affected(fmt.Sprintf(`UPDATE %s SET %s = %d WHERE rowid IN (%s)`, physical(o), deleted, tx, query))
}

// changeRows changes rows: work is a DuckDB table with their numbers in "$ROW", each once, and set has for each column that
// changes the column of it that has the value.
func (w *work) changeRows(o *object, table string, set map[int]string) (int64, error) {
	tx := w.touch(o)
	var assigned, values, names []string
	for i, c := range o.Table.Columns {
		names = append(names, c.physical())
		x, ok := set[i]
		if !ok {
			values = append(values, "t."+c.physical())
			continue
		}
		x = w.guarded(o, c, "u."+quote(x))
		values = append(values, x)
		assigned = append(assigned, fmt.Sprintf("%s = %s", c.physical(), x))
	}
	if tx == 0 {
		return w.affected(fmt.Sprintf(`UPDATE %s AS t SET %s FROM %s AS u WHERE t.rowid = u.%s`,
			physical(o), strings.Join(assigned, ", "), table, quote(rowNumber)))
	}
	n, err := w.affected(fmt.Sprintf(`INSERT INTO %s (%s, %s) SELECT %s, %d FROM %[1]s AS t JOIN %[6]s AS u ON t.rowid = u.%[7]s`,
		physical(o), strings.Join(names, ", "), inserted, strings.Join(values, ", "), tx, table, quote(rowNumber)))
	if err != nil {
		return 0, err
	}
	_, err = w.deleteRows(o, fmt.Sprintf(`SELECT %s FROM %s`, quote(rowNumber), table))
	return n, err
}

// temporary makes a temporary DuckDB table of a query, and returns what drops it.
func (w *work) temporary(name, query string) (drop func() error, err error) {
	if err := w.exec(`CREATE OR REPLACE TEMP TABLE ` + name + ` AS ` + query); err != nil {
		return nil, err
	}
	return func() error { return w.exec(`DROP TABLE ` + name) }, nil
}
