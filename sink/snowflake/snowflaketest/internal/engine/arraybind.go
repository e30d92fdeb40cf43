package engine

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// arrays reports whether the statement's binds are arrays.
func (w *work) arrays() bool {
	for _, b := range w.s.binds {
		if b.Values != nil {
			return true
		}
	}
	return false
}

// arrayTable is the temporary DuckDB table of array binds: a column b1, b2, … for each, a row for each value.
const arrayTable = "floe_binds"

// chunk is how many rows of an array bind one statement of DuckDB's has.
const chunk = 2000

// arrayQuery is INSERT's VALUES of one row, for all rows of array binds: a query that computes the row for each of theirs.
func (w *work) arrayQuery(q *syntax.Query) (sql string, columns []Column, drop func() error, err error) {
	v, ok := q.Body.(*syntax.Values)
	if !ok || len(v.Rows) != 1 {
		return "", nil, nil, unsupported("array binds of anything but INSERT … VALUES with one row")
	}
	if w.array, drop, err = w.arrayRows(); err != nil {
		return "", nil, nil, err
	}
	sel := &syntax.Select{Pos: v.Pos}
	for _, x := range v.Rows[0] {
		sel.Items = append(sel.Items, syntax.Item{X: x})
	}
	sql, columns, err = w.translate(&syntax.Query{Pos: q.Pos, Body: sel})
	return fmt.Sprintf(`SELECT q.* FROM %s, LATERAL (%s) AS q`, arrayTable, sql), columns, drop, err
}

// arrayRows makes the table of the binds, and returns what each placeholder is in it.
func (w *work) arrayRows() ([]translate.Value, func() error, error) {
	binds := w.s.binds
	rows := 1
	for _, b := range binds {
		rows = max(rows, len(b.Values))
	}
	columns := make([][]value, len(binds))
	var at []translate.Value
	var defs []string
	for i, b := range binds {
		given := b.Values
		if given == nil {
			given = make([]*string, rows)
			for r := range given {
				given[r] = b.Value
			}
		}
		if len(given) != rows {
			return nil, nil, compilation(2049, "42601", "Bind variable %d has %d values, and others have %d.", i+1, len(given), rows)
		}
		typ := types.Type{}
		for _, text := range given {
			v, err := bound(b.Type, text)
			if err != nil {
				return nil, nil, err
			}
			columns[i] = append(columns[i], v)
			typ = enough(typ, v.typ)
		}
		name := fmt.Sprintf("b%d", i+1)
		at = append(at, translate.Value{SQL: arrayTable + "." + name, Type: typ})
		defs = append(defs, name+" "+typ.DuckDB())
	}
	if err := w.exec(fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %s (%s)`, arrayTable, strings.Join(defs, ", "))); err != nil {
		return nil, nil, err
	}
	for from := 0; from < rows; from += chunk {
		var values strings.Builder
		for r := from; r < min(from+chunk, rows); r++ {
			literals := make([]string, len(columns))
			for i := range columns {
				literals[i] = columns[i][r].known().SQL
			}
			if r > from {
				values.WriteString(", ")
			}
			values.WriteString("(" + strings.Join(literals, ", ") + ")")
		}
		if err := w.exec(fmt.Sprintf(`INSERT INTO %s VALUES %s`, arrayTable, values.String())); err != nil {
			return nil, nil, err
		}
	}
	return at, func() error { return w.exec(`DROP TABLE ` + arrayTable) }, nil
}

// enough is a type that has room for values of both, which are of one kind.
func enough(a, b types.Type) types.Type {
	if a.Kind != types.Fixed {
		return b
	}
	scale := max(a.Scale, b.Scale)
	return types.Type{
		Kind: types.Fixed, Scale: scale,
		Precision: min(max(a.Precision-a.Scale, b.Precision-b.Scale)+scale, types.MaxPrecision),
	}
}
