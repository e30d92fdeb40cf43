package engine

import (
	"fmt"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// createView is CREATE VIEW.
func (w *work) createView(st *syntax.CreateView) (*Result, error) {
	v := &view{Text: st.SQL(), Body: st.Body}
	_, columns, err := w.translate(st.Query)
	if err != nil {
		return nil, err
	}
	if len(st.Columns) > 0 && len(st.Columns) != len(columns) {
		return nil, compilation(2026, "42601", "Invalid column definition list")
	}
	for i, c := range typed(columns) {
		col := column{Name: c.Name, Type: c.Type, NotNull: !c.Nullable}
		if len(st.Columns) > 0 {
			col.Name = st.Columns[i]
		}
		v.Columns = append(v.Columns, col)
	}
	if err := distinct(v.Columns); err != nil {
		return nil, err
	}
	comment := ""
	for _, p := range st.Params {
		if p.Name != "COMMENT" {
			return nil, unsupported("%s of a view", p.Name)
		}
		if comment, err = w.scalar(p.Value); err != nil {
			return nil, err
		}
	}
	to, err := w.slot(syntax.View, st.Name, st.OrReplace, st.IfNotExists, st.Temporary)
	if err != nil || to.done != nil {
		return to.done, err
	}
	return status(DDL, fmt.Sprintf("View %s successfully created.", quoted(to.name))),
		w.fill(to, &object{Kind: syntax.View, View: v, Comment: comment})
}
