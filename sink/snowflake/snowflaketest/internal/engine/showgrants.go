package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// showGrants is SHOW GRANTS.
func (w *work) showGrants(st *syntax.ShowGrants) (*Result, error) {
	if st.Future {
		return w.showFuture(st)
	}
	c := &w.e.catalog
	switch {
	case st.On != nil:
		o, err := w.securable(*st.On)
		if err != nil {
			return nil, err
		}
		res := &Result{Class: Show, Columns: headed(grantColumns)}
		for _, g := range w.grantsOn(o) {
			res.Rows = append(res.Rows, w.grantRow(o, g))
		}
		return res, nil
	case st.Of != nil:
		r, err := w.need(syntax.Role, st.Of.Name, "SHOW GRANTS")
		if err != nil {
			return nil, err
		}
		res := &Result{Class: Show, Columns: headed([]string{"created_on:t", "role", "granted_to", "grantee_name", "granted_by"})}
		for _, x := range c.all(syntax.Role) {
			if slices.Contains(x.Role.Granted, r.ID) {
				res.Rows = append(res.Rows, []any{r.Created, r.Name, "ROLE", x.Name, ""})
			}
		}
		for _, x := range c.all(syntax.User) {
			if slices.Contains(x.User.Roles, r.ID) {
				res.Rows = append(res.Rows, []any{r.Created, r.Name, "USER", x.Name, ""})
			}
		}
		return res, nil
	case st.To == nil || st.To.Kind == syntax.User:
		u := c.objects[w.s.user]
		if st.To != nil {
			var err error
			if u, err = w.need(syntax.User, st.To.Name, "SHOW GRANTS"); err != nil {
				return nil, err
			}
		}
		res := &Result{Class: Show, Columns: headed([]string{"created_on:t", "role", "granted_to", "grantee_name", "granted_by"})}
		for _, id := range u.User.Roles {
			res.Rows = append(res.Rows, []any{u.Created, c.name(id), "USER", u.Name, ""})
		}
		return res, nil
	case st.To.Kind != syntax.Role:
		return nil, unsupported("SHOW GRANTS TO %s", st.To.Kind)
	}
	r, err := w.need(syntax.Role, st.To.Name, "SHOW GRANTS")
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Show, Columns: headed(grantColumns)}
	var objects []*object
	for _, o := range c.objects {
		objects = append(objects, o)
	}
	slices.SortFunc(objects, func(a, b *object) int { return int(a.ID - b.ID) })
	for _, o := range objects {
		for _, g := range w.grantsOn(o) {
			if g.To == r.ID {
				res.Rows = append(res.Rows, w.grantRow(o, g))
			}
		}
	}
	for _, id := range r.Role.Granted {
		res.Rows = append(res.Rows, []any{r.Created, "USAGE", "ROLE", quoted(c.name(id)), "ROLE", r.Name, "false", ""})
	}
	return res, nil
}

var grantColumns = []string{"created_on:t", "privilege", "granted_on", "name", "granted_to", "grantee_name", "grant_option", "granted_by"}

// grantsOn are the grants on an object, its owner's among them.
func (w *work) grantsOn(o *object) []grant {
	out := slices.Clone(o.Grants)
	if o.Owner != 0 && o.Kind != syntax.Account && o.Session == 0 {
		out = append(out, grant{Privilege: ownership, To: o.Owner, By: o.Owner, Option: true})
	}
	slices.SortStableFunc(out, func(a, b grant) int { return strings.Compare(a.Privilege, b.Privilege) })
	return out
}

func (w *work) grantRow(o *object, g grant) []any {
	on := strings.ReplaceAll(string(o.Kind), " ", "_")
	return []any{
		o.Created, g.Privilege, on, w.e.catalog.full(o), "ROLE", w.e.catalog.name(g.To), fmt.Sprint(g.Option), w.e.catalog.name(g.By),
	}
}

func (w *work) showFuture(st *syntax.ShowGrants) (*Result, error) {
	res := &Result{Class: Show, Columns: headed([]string{"created_on:t", "privilege", "grant_on", "name", "grant_to", "grantee_name", "grant_option"})}
	add := func(in *object, to int64) {
		for _, f := range in.Future {
			if to == 0 || f.Grant.To == to {
				res.Rows = append(res.Rows, []any{
					in.Created, f.Grant.Privilege, strings.ReplaceAll(string(f.Kind), " ", "_"), w.e.catalog.full(in) + ".<" + string(f.Kind) + ">",
					"ROLE", w.e.catalog.name(f.Grant.To), fmt.Sprint(f.Grant.Option),
				})
			}
		}
	}
	switch {
	case st.On != nil:
		in, err := w.need(st.On.Kind, st.On.Name, "SHOW GRANTS")
		if err != nil {
			return nil, err
		}
		add(in, 0)
	case st.To != nil && st.To.Kind == syntax.Role:
		r, err := w.need(syntax.Role, st.To.Name, "SHOW GRANTS")
		if err != nil {
			return nil, err
		}
		for _, k := range []syntax.Kind{syntax.Database, syntax.Schema} {
			for _, o := range w.e.catalog.all(k) {
				add(o, r.ID)
			}
		}
	default:
		return nil, unsupported("SHOW FUTURE GRANTS of that")
	}
	return res, nil
}
