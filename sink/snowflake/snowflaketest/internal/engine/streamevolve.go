package engine

import (
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// evolveStream changes a table with ENABLE_SCHEMA_EVOLUTION by the rows that were sent, where a role that sent them may do
// that: columns that it has not are added, and those that a row lacks are no longer NOT NULL.
func (w *work) evolveStream(p *streamPipe, portions []*portion, req *copyinto.Request) error {
	if !p.table.Table.Evolution || req.Options.Match == copyinto.MatchNone || req.Transform != nil {
		return nil
	}
	by := *req
	by.Files = nil
	next := req.Files
	for _, x := range portions {
		as := &work{ctx: w.ctx, e: w.e, s: &Session{e: w.e, user: x.state.User, role: x.state.Role}}
		if as.has(p.table, ownership) || as.has(p.table, "EVOLVE SCHEMA") {
			by.Files = append(by.Files, next[:len(x.appends)]...)
		}
		next = next[len(x.appends):]
	}
	unknown, lacking := copyinto.News(by)
	if len(unknown) == 0 && len(lacking) == 0 {
		return nil
	}
	var ev copyinto.Evolution
	if len(unknown) > 0 {
		by.Files = []copyinto.File{{Name: p.path.Pipe, Text: unknown}}
		found, err := copyinto.Evolve(w.ctx, w.e.look, by)
		if err != nil {
			return err
		}
		ev.Added = found.Added
		for i, a := range ev.Added {
			if a.Type.Kind == types.Object || a.Type.Kind == types.Array {
				ev.Added[i].Type = types.Type{Kind: types.Variant} // documented
			}
		}
	}
	for _, name := range lacking {
		ev.Dropped = append(ev.Dropped, copyinto.Dropped{Column: name})
	}
	if err := w.evolveBy(p.table, ev, "SNOWPIPE_STREAMING"); err != nil {
		return err
	}
	req.Columns = w.columnsOf(p.table)
	return nil
}
