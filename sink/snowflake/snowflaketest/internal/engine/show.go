package engine

import (
	"regexp"
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// show is SHOW.
func (w *work) show(st *syntax.Show) (*Result, error) {
	switch st.Objects {
	case "PARAMETERS":
		return w.showParameters(st)
	case "VARIABLES":
		return w.showVariables(st)
	case "COLUMNS":
		return w.showColumns(st)
	case "PRIMARY KEYS", "UNIQUE KEYS", "IMPORTED KEYS":
		return w.showKeys(st)
	case "TRANSACTIONS":
		return w.showTransactions()
	case "LOCKS":
		return w.showLocks()
	case "OBJECTS":
		return w.showObjects(st)
	case "CHANNELS":
		return w.showChannels(st)
	}
	l, ok := listings[st.Objects]
	if !ok {
		return nil, unsupported("SHOW %s", st.Objects)
	}
	objects, err := w.shownObjects(st, l.kinds...)
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Show, Columns: headed(l.columns)}
	for _, o := range objects {
		res.Rows = append(res.Rows, l.row(w, o))
	}
	if st.Terse {
		return terse(res, objects), nil
	}
	return res, nil
}

// terse is what SHOW TERSE leaves of a result.
func terse(res *Result, objects []*object) *Result {
	out := &Result{Class: Show}
	var at []int
	for _, n := range []string{"created_on", "name", "kind", "database_name", "schema_name"} {
		if i := slices.IndexFunc(res.Columns, func(c Column) bool { return c.Name == n }); i >= 0 {
			at = append(at, i)
			out.Columns = append(out.Columns, res.Columns[i])
		}
	}
	for r := range objects {
		var row []any
		for _, i := range at {
			row = append(row, res.Rows[r][i])
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// shownObjects finds what a SHOW is to show.
func (w *work) shownObjects(st *syntax.Show, kinds ...syntax.Kind) ([]*object, error) {
	var all []*object
	for _, k := range kinds {
		for _, o := range w.e.catalog.all(k) {
			if (o.Session == 0 || o.Session == w.s.id) && w.visible(o) {
				all = append(all, o)
			}
		}
	}
	if slices.Contains(kinds, syntax.Pipe) {
		all = append(all, w.defaultPipes()...)
	}
	in, err := w.scopeOf(st, kinds[0])
	if err != nil {
		return nil, err
	}
	if in != nil {
		all = slices.DeleteFunc(all, func(o *object) bool { return !w.inside(o, in) })
	}
	like, err := pattern(st.Like)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(o *object) bool {
		return like != nil && !like.MatchString(o.Name) || !strings.HasPrefix(o.Name, st.StartsWith)
	})
	slices.SortStableFunc(all, func(a, b *object) int {
		return strings.Compare(strings.Join(w.e.catalog.path(a), "\x00"), strings.Join(w.e.catalog.path(b), "\x00"))
	})
	if st.From != "" {
		for len(all) > 0 && all[0].Name <= st.From {
			all = all[1:]
		}
	}
	if st.Limit > 0 && len(all) > st.Limit {
		all = all[:st.Limit]
	}
	return all, nil
}

// scopeOf is the object that a SHOW looks in: what IN says, or else the current schema or database, or nil for the account.
func (w *work) scopeOf(st *syntax.Show, k syntax.Kind) (*object, error) {
	c := &w.e.catalog
	if st.In == nil {
		switch {
		case accountLevel(k):
			return nil, nil
		case k == syntax.Schema:
			return c.objects[w.s.database], nil
		case c.objects[w.s.schema] != nil:
			return c.objects[w.s.schema], nil
		}
		return c.objects[w.s.database], nil
	}
	named := len(st.In.Name.Parts) > 0 || st.In.Name.Dynamic != nil
	switch st.In.Kind {
	case syntax.Account:
		return nil, nil
	case syntax.Database:
		if !named {
			return w.databaseOf(nil, "SHOW "+st.Objects)
		}
		return w.need(syntax.Database, st.In.Name, "SHOW "+st.Objects)
	case syntax.Schema:
		if !named {
			return w.schemaOf(nil, "SHOW "+st.Objects)
		}
		return w.need(syntax.Schema, st.In.Name, "SHOW "+st.Objects)
	case syntax.Table, syntax.View:
		return w.need(st.In.Kind, st.In.Name, "SHOW "+st.Objects)
	case "":
		// IN x: a database for schemas; a schema, or else a database, for what lies in schemas; a table for columns and keys.
		if k == syntax.Schema {
			return w.need(syntax.Database, st.In.Name, "SHOW "+st.Objects)
		}
		if k == syntax.Column {
			return w.need(syntax.Table, st.In.Name, "SHOW "+st.Objects)
		}
		if o, _, err := w.lookup(syntax.Schema, st.In.Name, "SHOW "+st.Objects); err == nil && o != nil {
			return o, nil
		}
		return w.need(syntax.Database, st.In.Name, "SHOW "+st.Objects)
	}
	return nil, unsupported("SHOW %s IN %s", st.Objects, st.In.Kind)
}

// inside reports whether an object lies in another.
func (w *work) inside(o, in *object) bool {
	for p := w.e.catalog.objects[o.Parent]; p != nil; p = w.e.catalog.objects[p.Parent] {
		if p == in {
			return true
		}
	}
	return o == in
}

// pattern is LIKE '…' of SHOW: without regard to case.
func pattern(like string) (*regexp.Regexp, error) {
	if like == "" {
		return nil, nil
	}
	var out strings.Builder
	out.WriteString("(?is)^")
	for rest := like; rest != ""; rest = rest[1:] {
		switch c := rest[0]; {
		case c == '%':
			out.WriteString(".*")
		case c == '_':
			out.WriteString(".")
		case c == '\\' && len(rest) > 1:
			rest = rest[1:]
			out.WriteString(regexp.QuoteMeta(rest[:1]))
		default:
			out.WriteString(regexp.QuoteMeta(rest[:1]))
		}
	}
	return regexp.Compile(out.String() + "$")
}

// showObjects is SHOW OBJECTS: tables and views in one list.
func (w *work) showObjects(st *syntax.Show) (*Result, error) {
	objects, err := w.shownObjects(st, syntax.Table, syntax.View)
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Show, Columns: headed([]string{
		"created_on:t", "name", "database_name", "schema_name", "kind", "comment", "cluster_by", "rows:n", "bytes:n", "owner", "retention_time",
		"owner_role_type",
	})}
	for _, o := range objects {
		database, schema := w.place(o)
		row := []any{o.Created, o.Name, database, schema, "VIEW", o.Comment, "", "0", "0", w.e.catalog.name(o.Owner), retention(o), "ROLE"}
		if o.Kind == syntax.Table {
			row[4], row[7] = persistence(o), itoa(w.rowsIn(o))
		}
		res.Rows = append(res.Rows, row)
	}
	return res, nil
}
