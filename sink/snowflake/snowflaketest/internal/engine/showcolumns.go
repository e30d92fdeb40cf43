package engine

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// showKeys is SHOW PRIMARY KEYS and the like.
func (w *work) showKeys(st *syntax.Show) (*Result, error) {
	in, err := w.scopeOf(st, syntax.Column)
	if err != nil {
		return nil, err
	}
	columns := []string{"created_on:t", "database_name", "schema_name", "table_name", "column_name", "key_sequence:n", "constraint_name", "rely", "comment"}
	kind := strings.TrimSuffix(st.Objects, " KEYS")
	switch kind {
	case "PRIMARY":
		kind = "PRIMARY KEY"
	case "IMPORTED":
		return nil, unsupported("SHOW IMPORTED KEYS")
	}
	res := &Result{Class: Show, Columns: headed(columns)}
	for _, o := range w.e.catalog.all(syntax.Table) {
		if o.Session != 0 && o.Session != w.s.id || !w.visible(o) || in != nil && !w.inside(o, in) {
			continue
		}
		database, schema := w.place(o)
		for _, c := range o.Table.Constraints {
			if c.Kind != kind {
				continue
			}
			for i, n := range c.Columns {
				res.Rows = append(res.Rows, []any{c.Created, database, schema, o.Name, n, itoa(int64(i + 1)), c.Name, "false", nil})
			}
		}
	}
	return res, nil
}

// showColumns is SHOW COLUMNS.
func (w *work) showColumns(st *syntax.Show) (*Result, error) {
	in, err := w.scopeOf(st, syntax.Column)
	if err != nil {
		return nil, err
	}
	like, err := pattern(st.Like)
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Show, Columns: headed([]string{
		"table_name", "schema_name", "column_name", "data_type", "null?", "default", "kind", "expression", "comment", "database_name",
		"autoincrement", "schema_evolution_record",
	})}
	for _, k := range []syntax.Kind{syntax.Table, syntax.View} {
		for _, o := range w.e.catalog.all(k) {
			if o.Session != 0 && o.Session != w.s.id || !w.visible(o) || in != nil && !w.inside(o, in) {
				continue
			}
			database, schema := w.place(o)
			for _, c := range o.columns() {
				if like != nil && !like.MatchString(c.Name) {
					continue
				}
				increment := ""
				if c.Identity != nil {
					increment = fmt.Sprintf("IDENTITY START %d INCREMENT %d ORDER", c.Identity.Start, c.Identity.Step)
				}
				res.Rows = append(res.Rows, []any{
					o.Name, schema, c.Name, typeJSON(c), strings.ToLower(fmt.Sprint(!c.NotNull)), c.Default, "COLUMN", "", c.Comment, database, increment,
					optional(c.Evolved),
				})
			}
		}
	}
	return res, nil
}

// columns are those of a table or view.
func (o *object) columns() []column {
	switch {
	case o.Table != nil:
		return o.Table.Columns
	case o.View != nil:
		return o.View.Columns
	}
	return nil
}

// typeJSON is a type as SHOW COLUMNS has it.
func typeJSON(c column) string {
	name := strings.ToUpper(c.Type.Kind.Wire())
	nullable := fmt.Sprintf(`"nullable":%t`, !c.NotNull)
	switch c.Type.Kind {
	case types.Fixed:
		return fmt.Sprintf(`{"type":"FIXED","precision":%d,"scale":%d,%s}`, c.Type.Precision, c.Type.Scale, nullable)
	case types.Text:
		return fmt.Sprintf(`{"type":"TEXT","length":%d,"byteLength":%d,%s,"fixed":false}`, c.Type.Length, min(c.Type.Length*4, types.MaxText), nullable)
	case types.Binary:
		return fmt.Sprintf(`{"type":"BINARY","length":%d,"byteLength":%[1]d,%s,"fixed":true}`, c.Type.Length, nullable)
	case types.Time, types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
		return fmt.Sprintf(`{"type":"%s","precision":0,"scale":%d,%s}`, name, c.Type.Scale, nullable)
	}
	return fmt.Sprintf(`{"type":"%s",%s}`, name, nullable)
}
