package engine

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
)

// merge is MERGE: the source, left joined with the target, says for each pair which clause applies, by its number, and what
// values it gives. Each clause's values are computed for its own pairs alone.
func (w *work) merge(st *syntax.Merge, me *waiter) (*Result, error) {
	o, err := w.written(st.Table, "MERGE", "SELECT")
	if err != nil {
		return nil, err
	}
	for _, c := range st.Clauses {
		p := "INSERT"
		if c.Matched {
			if p = "UPDATE"; c.Delete {
				p = "DELETE"
			}
		}
		if err := w.authorize(o, p); err != nil {
			return nil, err
		}
	}
	if err := w.lock(o, me); err != nil {
		return nil, err
	}
	sel := &syntax.Select{
		Items: []syntax.Item{{X: rowOf(o, st.Alias), Alias: rowNumber}, {X: clauseOf(o, st), Alias: "$CLAUSE"}},
		From:  []syntax.From{&syntax.Join{Kind: "LEFT", L: st.Using, R: w.target(o, st.Table, st.Alias), On: st.On}},
	}
	sets := make([]map[int]int, len(st.Clauses)) // of a clause: by column of the table the item that has the value
	for i, c := range st.Clauses {
		sets[i] = map[int]int{}
		assignments := c.Set
		if c.Values != nil {
			into, err := columnsOf(o, c.Columns)
			if err != nil {
				return nil, err
			}
			if len(into) != len(c.Values) {
				return nil, compilation(2020, "21S01", "Insert value list does not match column list expecting %d but got %d", len(into), len(c.Values))
			}
			for j, at := range into {
				assignments = append(assignments, syntax.Assignment{Column: o.Table.Columns[at].Name, X: c.Values[j]})
			}
		}
		for _, a := range assignments {
			at, x, err := w.assignment(o, a)
			if err != nil {
				return nil, err
			}
			sets[i][at] = len(sel.Items)
			sel.Items = append(sel.Items, syntax.Item{
				Alias: fmt.Sprintf("x%d", len(sel.Items)),
				X: &syntax.Case{
					Operand: clauseOf(o, st),
					Whens:   []syntax.When{{If: &syntax.Number{Text: itoa(int64(i))}, Then: x}},
				},
			})
		}
	}
	drop, err := w.pairs(o, sel, sets)
	if err != nil {
		return nil, err
	}
	res, err := w.apply(o, st, sets)
	if err != nil {
		return nil, err
	}
	return res, drop()
}

// clauseOf is the number of the first clause that applies to a pair; NULL if none does.
func clauseOf(o *object, st *syntax.Merge) syntax.Expr {
	out := &syntax.Case{}
	for i, c := range st.Clauses {
		var cond syntax.Expr = &syntax.IsNull{X: rowOf(o, st.Alias), Not: c.Matched}
		if c.And != nil {
			cond = &syntax.Binary{Op: "AND", L: cond, R: c.And}
		}
		out.Whens = append(out.Whens, syntax.When{If: cond, Then: &syntax.Number{Text: itoa(int64(i))}})
	}
	return out
}

// pairs makes the temporary table floe_pairs of the pairs that a clause applies to, with values that the columns can take.
func (w *work) pairs(o *object, sel *syntax.Select, sets []map[int]int) (drop func() error, err error) {
	sql, columns, err := w.translate(&syntax.Query{Body: sel})
	if err != nil {
		return nil, err
	}
	values := []string{quote(rowNumber), quote("$CLAUSE")}
	for item := 2; item < len(sel.Items); item++ {
		for _, set := range sets {
			for at, i := range set {
				if i != item {
					continue
				}
				x, err := translate.Assign(quote(sel.Items[i].Alias), columns[i].Type, o.Table.Columns[at].Type, quoted(o.Table.Columns[at].Name), w.resolver())
				if err != nil {
					return nil, err
				}
				values = append(values, x+" AS "+quote(sel.Items[i].Alias))
			}
		}
	}
	return w.temporary("floe_pairs", fmt.Sprintf(`SELECT %s FROM (%s) AS q(%s) WHERE "$CLAUSE" IS NOT NULL`,
		strings.Join(values, ", "), sql, aliases(sel.Items)))
}

// apply does what floe_pairs says.
func (w *work) apply(o *object, st *syntax.Merge, sets []map[int]int) (*Result, error) {
	var updating []string
	for i, c := range st.Clauses {
		if c.Matched && !c.Delete {
			updating = append(updating, itoa(int64(i)))
		}
	}
	if strict, _ := w.s.parameter("ERROR_ON_NONDETERMINISTIC_MERGE").(bool); strict && len(updating) > 0 {
		twice := fmt.Sprintf(`SELECT "$ROW" FROM floe_pairs WHERE "$ROW" IS NOT NULL GROUP BY "$ROW"
			HAVING COUNT(*) > 1 AND COUNT(*) FILTER ("$CLAUSE" IN (%s)) > 0`, strings.Join(updating, ", "))
		n, err := w.number(`SELECT COUNT(*) FROM (` + twice + `)`)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, w.duplicate(o, twice+` LIMIT 1`)
		}
	}
	if err := w.exec(`DELETE FROM floe_pairs WHERE rowid IN (SELECT rowid FROM floe_pairs WHERE "$ROW" IS NOT NULL
		QUALIFY ROW_NUMBER() OVER (PARTITION BY "$ROW" ORDER BY rowid) > 1)`); err != nil {
		return nil, err
	}
	n := map[string]int64{}
	for i, c := range st.Clauses {
		kind, done, err := w.clause(o, c, i, sets[i])
		if err != nil {
			return nil, err
		}
		n[kind] += done
	}
	var names []string
	var numbers []int64
	for _, kind := range []string{"inserted", "updated", "deleted"} {
		if x, ok := n[kind]; ok {
			names = append(names, "number of rows "+kind)
			numbers = append(numbers, x)
		}
	}
	return counts(Merge, names, numbers...), nil
}

func (w *work) clause(o *object, c syntax.MergeClause, i int, set map[int]int) (kind string, n int64, err error) {
	rows := fmt.Sprintf(`(SELECT * FROM floe_pairs WHERE "$CLAUSE" = %d)`, i)
	switch {
	case c.Delete:
		n, err = w.deleteRows(o, fmt.Sprintf(`SELECT "$ROW" FROM floe_pairs WHERE "$CLAUSE" = %d`, i))
		return "deleted", n, err
	case c.Matched:
		values := map[int]string{}
		for at, item := range set {
			values[at] = fmt.Sprintf("x%d", item)
		}
		n, err = w.changeRows(o, rows, values)
		return "updated", n, err
	}
	given, columns := map[int]string{}, []string{}
	for at, item := range set {
		given[at] = fmt.Sprintf(`"c%d"`, len(columns)+1)
		columns = append(columns, fmt.Sprintf(`"x%d"`, item))
	}
	n, err = w.insertExprs(o, given, fmt.Sprintf(`SELECT %s FROM %s`, strings.Join(columns, ", "), rows), len(columns))
	return "inserted", n, err
}
