package engine

import (
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

func (w *work) showParameters(st *syntax.Show) (*Result, error) {
	if st.In != nil && st.In.Kind != syntax.Session && st.In.Kind != "" {
		return nil, unsupported("SHOW PARAMETERS IN %s", st.In.Kind)
	}
	like, err := pattern(st.Like)
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Show, Columns: headed([]string{"key", "value", "default", "level", "description", "type"})}
	for _, p := range parameters {
		if like != nil && !like.MatchString(p.name) {
			continue
		}
		level, kind := "", "STRING"
		if _, ok := w.s.set[p.name]; ok {
			level = "SESSION"
		}
		switch p.value.(type) {
		case bool:
			kind = "BOOLEAN"
		case int64:
			kind = "NUMBER"
		}
		res.Rows = append(res.Rows, []any{p.name, shown(w.s.parameter(p.name)), shown(p.value), level, p.about, kind})
	}
	return res, nil
}

func (w *work) showVariables(st *syntax.Show) (*Result, error) {
	like, err := pattern(st.Like)
	if err != nil {
		return nil, err
	}
	var names []string
	for n := range w.s.variables {
		if like == nil || like.MatchString(n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	res := &Result{Class: Show, Columns: headed([]string{"session_id:n", "created_on:t", "updated_on:t", "name", "value", "type", "comment"})}
	for _, n := range names {
		v := w.s.variables[n]
		text, ok := v.text()
		row := []any{itoa(w.s.id), nil, nil, n, text, strings.ToLower(v.typ.Kind.Wire()), ""}
		if !ok {
			row[4] = nil
		}
		res.Rows = append(res.Rows, row)
	}
	return res, nil
}

func (w *work) showTransactions() (*Result, error) {
	res := &Result{Class: Show, Columns: headed([]string{"id:n", "user", "session:n", "name", "started_on:t", "state", "scope:n"})}
	for _, s := range w.e.sorted() {
		if s.tx != nil && s.user == w.s.user {
			res.Rows = append(res.Rows, []any{
				itoa(s.tx.id), w.e.catalog.name(s.user), itoa(s.id), s.tx.name, s.tx.started, "running", "0",
			})
		}
	}
	return res, nil
}

func (w *work) showLocks() (*Result, error) {
	res := &Result{Class: Show, Columns: headed([]string{"resource", "type", "transaction:n", "transaction_started_on:t", "status", "acquired_on:t", "query_id"})}
	var ids []int64
	for id := range w.e.locks {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		l, o := w.e.locks[id], w.e.catalog.objects[id]
		if o == nil {
			continue
		}
		if l.holder != nil {
			res.Rows = append(res.Rows, []any{w.e.catalog.full(o), "PARTITIONS", itoa(l.holder.id), l.holder.started, "HOLDING", l.holder.started, l.query})
		}
		for _, q := range l.queue {
			if q.tx != nil {
				res.Rows = append(res.Rows, []any{w.e.catalog.full(o), "PARTITIONS", itoa(q.tx.id), q.tx.started, "WAITING", nil, q.tx.session.queryID})
			}
		}
	}
	return res, nil
}

// sorted are the sessions in the order of their numbers.
func (e *Engine) sorted() []*Session {
	var out []*Session
	for _, s := range e.sessions {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *Session) int { return int(a.id - b.id) })
	return out
}
