package engine

import (
	"fmt"
	"slices"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// describe is DESCRIBE.
func (w *work) describe(st *syntax.Describe) (*Result, error) {
	k := st.Kind
	o, err := w.need(k, st.Name, "DESCRIBE")
	if err != nil && k == syntax.Table {
		// DESCRIBE TABLE takes a view, too.
		if v, e := w.need(syntax.View, st.Name, "DESCRIBE"); e == nil {
			o, err = v, nil
		}
	}
	if err != nil {
		return nil, err
	}
	switch k {
	case syntax.Table, syntax.View:
		if st.Type == "STAGE" {
			return describeSettings([]string{"STAGE_FILE_FORMAT"}, o.Table.Stage.Format), nil
		}
		return w.describeTable(o), nil
	case syntax.FileFormat:
		res := describeFormat(o.Format)
		return res, nil
	case syntax.Stage:
		res := describeSettings([]string{"STAGE_FILE_FORMAT"}, o.Stage.Format)
		if o.Stage.URL != "" {
			res.Rows = append(res.Rows,
				[]any{"STAGE_LOCATION", "URL", "String", fmt.Sprintf("[%q]", o.Stage.URL), ""},
				[]any{"STAGE_INTEGRATION", "STORAGE_INTEGRATION", "String", w.e.catalog.name(o.Stage.Integration), ""})
		}
		return res, nil
	case syntax.Integration:
		return describeIntegration(o), nil
	case syntax.User:
		res := &Result{Class: Describe, Columns: headed([]string{"property", "value", "default", "description"})}
		for _, p := range [][2]string{
			{"NAME", o.Name},
			{"COMMENT", o.Comment},
			{"LOGIN_NAME", o.User.LoginName},
			{"EMAIL", o.User.Email},
			{"DISABLED", fmt.Sprint(o.User.Disabled)},
			{"DEFAULT_WAREHOUSE", o.User.Default.Warehouse},
			{"DEFAULT_NAMESPACE", o.User.Default.Namespace},
			{"DEFAULT_ROLE", o.User.Default.Role},
			{"RSA_PUBLIC_KEY", o.User.Keys[0]},
			{"RSA_PUBLIC_KEY_2", o.User.Keys[1]},
		} {
			res.Rows = append(res.Rows, []any{p[0], optional(p[1]), "null", ""})
		}
		return res, nil
	case syntax.Database, syntax.Schema:
		res := &Result{Class: Describe, Columns: headed([]string{"created_on:t", "name", "kind"})}
		kinds := []syntax.Kind{syntax.Schema}
		if k == syntax.Schema {
			kinds = []syntax.Kind{syntax.Table, syntax.View}
		}
		for _, x := range w.e.catalog.below(o.ID, w.s.id, kinds...) {
			res.Rows = append(res.Rows, []any{x.Created, x.Name, string(x.Kind)})
		}
		return res, nil
	case syntax.Warehouse:
		res := &Result{Class: Describe, Columns: headed([]string{"created_on:t", "name", "kind"})}
		res.Rows = append(res.Rows, []any{o.Created, o.Name, "WAREHOUSE"})
		return res, nil
	case syntax.Pipe:
		// What SHOW has, but for whether a role owns it.
		l := listings["PIPES"]
		at := slices.Index(l.columns, "owner_role_type")
		return &Result{
			Class: Describe, Columns: headed(slices.Delete(slices.Clone(l.columns), at, at+1)), Rows: [][]any{slices.Delete(l.row(w, o), at, at+1)},
		}, nil
	}
	return nil, unsupported("DESCRIBE %s", k)
}

// describeTable is DESCRIBE TABLE.
func (w *work) describeTable(o *object) *Result {
	res := &Result{Class: Describe, Columns: headed([]string{
		"name", "type", "kind", "null?", "default", "primary key", "unique key", "check", "expression", "comment", "policy name",
		"privacy domain", "schema_evolution_record",
	})}
	key := func(kind, name string) string {
		if o.Table == nil {
			return "N"
		}
		return yes(slices.ContainsFunc(o.Table.Constraints, func(c constraint) bool { return c.Kind == kind && slices.Contains(c.Columns, name) }))
	}
	for _, c := range o.columns() {
		standard := optional(c.Default)
		if c.Identity != nil {
			standard = fmt.Sprintf("IDENTITY START %d INCREMENT %d ORDER", c.Identity.Start, c.Identity.Step)
		}
		res.Rows = append(res.Rows, []any{
			c.Name, c.Type.String(), "COLUMN", yes(!c.NotNull), standard, key("PRIMARY KEY", c.Name), key("UNIQUE", c.Name), nil, nil,
			optional(c.Comment), nil, nil, optional(c.Evolved),
		})
	}
	return res
}
