package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// showChannels is SHOW CHANNELS. Approximate: the last column, and that elastic channels are not shown.
func (w *work) showChannels(st *syntax.Show) (*Result, error) {
	var in *object
	var err error
	if st.In != nil && st.In.Kind == syntax.Pipe {
		in, err = w.need(syntax.Pipe, st.In.Name, "SHOW CHANNELS")
	} else {
		in, err = w.scopeOf(st, syntax.Pipe)
	}
	if err != nil {
		return nil, err
	}
	like, err := pattern(st.Like)
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Show, Columns: headed([]string{
		"created_on:t", "name", "database_name", "schema_name", "table_name", "client_sequencer:n", "row_sequencer:n", "offset_token", "pipe_name",
	})}
	for _, c := range w.e.streams.all(w.e.now()) {
		o := w.e.catalog.objects[c.Pipe]
		if o == nil || !w.visible(o) || in != nil && !w.inside(o, in) && (o.Pipe == nil || o.Pipe.Table != in.ID) {
			continue
		}
		if like != nil && !like.MatchString(c.Name) || !strings.HasPrefix(c.Name, st.StartsWith) {
			continue
		}
		table := o.Name
		if o.Pipe != nil {
			table = w.e.catalog.name(o.Pipe.Table)
		}
		var token any
		if c.Token != nil {
			token = *c.Token
		}
		database, schema := w.place(o)
		res.Rows = append(res.Rows, []any{c.Created, c.Name, database, schema, table, itoa(c.Opened), itoa(c.Row), token, c.Path.Pipe})
		if st.Limit > 0 && len(res.Rows) == st.Limit {
			break
		}
	}
	return res, nil
}

// all returns what is committed of the channels that have names of their own, by these.
func (s *streams) all(now time.Time) []channelState {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []channelState
	for _, c := range s.channels {
		if !c.Elastic && !c.gone(now) {
			out = append(out, c.channelState)
		}
	}
	slices.SortFunc(out, func(a, b channelState) int {
		if n := strings.Compare(a.Name, b.Name); n != 0 {
			return n
		}
		return int(a.ID - b.ID)
	})
	return out
}
