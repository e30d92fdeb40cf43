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

// createPipe is CREATE PIPE: kept and shown. Nothing feeds it, as there are no notifications.
func (w *work) createPipe(st *syntax.CreatePipe) (*Result, error) {
	p := &pipe{Copy: st.Copy.SQL()}
	table, err := w.written(st.Copy.Table, "CREATE PIPE", "INSERT")
	if err != nil {
		return nil, err
	}
	p.Table = table.ID
	o := &object{Kind: syntax.Pipe, Pipe: p}
	if err := w.pipeParams(o, st.Params); err != nil {
		return nil, err
	}
	to, err := w.slot(syntax.Pipe, st.Name, st.OrReplace, st.IfNotExists, false)
	if err != nil || to.done != nil {
		return to.done, err
	}
	return status(DDL, fmt.Sprintf("Pipe %s successfully created.", quoted(to.name))), w.fill(to, o)
}

func (w *work) pipeParams(o *object, params []syntax.Param) error {
	for _, p := range params {
		text, err := w.scalar(p.Value)
		if err != nil {
			return err
		}
		switch p.Name {
		case "COMMENT":
			o.Comment = text
		case "AUTO_INGEST":
			o.Pipe.AutoIngest, err = truth(p.Name, text)
		case "PIPE_EXECUTION_PAUSED":
			o.Pipe.Paused, err = truth(p.Name, text)
		default:
			return unsupported("%s of a pipe", p.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// configurePipe is ALTER PIPE SET.
func (w *work) configurePipe(o *object, params []syntax.Param) error {
	if err := w.pipeParams(o, params); err != nil {
		return err
	}
	return w.save(o)
}
