package engine

import (
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// grant is a privilege on the object that has it, given to a role.
type grant struct {
	Privilege string
	To, By    int64
	Option    bool
}

// future is a grant on objects that will be made.
type future struct {
	Kind  syntax.Kind
	Grant grant
}

const ownership = "OWNERSHIP"

// privileges are what can be granted on an object of a kind, beside OWNERSHIP.
var privileges = map[syntax.Kind][]string{
	syntax.Account: {
		"CREATE DATABASE", "CREATE ROLE", "CREATE USER", "CREATE WAREHOUSE", "CREATE INTEGRATION", "EXECUTE TASK",
		"IMPORT SHARE", "MANAGE GRANTS", "MANAGE WAREHOUSES", "MONITOR EXECUTION", "MONITOR USAGE", "MONITOR",
	},
	syntax.Database: {"USAGE", "MODIFY", "MONITOR", "CREATE SCHEMA", "IMPORTED PRIVILEGES"},
	syntax.Schema: {
		"USAGE", "MODIFY", "MONITOR", "CREATE TABLE", "CREATE VIEW", "CREATE STAGE", "CREATE FILE FORMAT", "CREATE PIPE",
		"CREATE TEMPORARY TABLE", "CREATE SEQUENCE", "CREATE STREAM", "CREATE TASK", "CREATE FUNCTION", "CREATE PROCEDURE",
		"ADD SEARCH OPTIMIZATION",
	},
	syntax.Table:       {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "REBUILD", "EVOLVE SCHEMA", "APPLYBUDGET"},
	syntax.View:        {"SELECT", "REFERENCES"},
	syntax.Stage:       {"READ", "WRITE", "USAGE"},
	syntax.FileFormat:  {"USAGE"},
	syntax.Pipe:        {"MONITOR", "OPERATE"},
	syntax.Warehouse:   {"USAGE", "MODIFY", "MONITOR", "OPERATE"},
	syntax.Integration: {"USAGE", "USE_ANY_ROLE"},
	syntax.User:        {"MONITOR"},
	syntax.Role:        {},
}

// all is what GRANT ALL gives.
func all(k syntax.Kind) []string {
	if k == syntax.Table {
		return []string{"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "REBUILD", "EVOLVE SCHEMA"}
	}
	if k == syntax.Stage {
		return []string{"READ", "WRITE"}
	}
	if k == syntax.Database {
		return []string{"USAGE", "MODIFY", "MONITOR", "CREATE SCHEMA"}
	}
	return privileges[k]
}

// roles returns the roles that a statement runs with: the session's, and those that were granted to them, and PUBLIC.
func (w *work) roles() map[int64]bool {
	c := &w.e.catalog
	out := map[int64]bool{}
	var add func(id int64)
	add = func(id int64) {
		r := c.objects[id]
		if r == nil || out[id] {
			return
		}
		out[id] = true
		for _, g := range r.Role.Granted {
			add(g)
		}
	}
	if w.s.role == 0 {
		return out
	}
	add(w.s.role)
	if w.s.secondary {
		if u := c.objects[w.s.user]; u != nil {
			for _, id := range u.User.Roles {
				add(id)
			}
		}
	}
	if p := c.find(0, syntax.Role, "PUBLIC", 0); p != nil {
		add(p.ID)
	}
	return out
}

// itself reports whether no session runs this but the engine, which may do all.
func (w *work) itself() bool { return w.s.user == 0 }

// has reports whether a role of the session has a privilege on the object. Its owner has all.
func (w *work) has(o *object, privilege string) bool {
	if w.itself() {
		return true
	}
	roles := w.roles()
	if roles[o.Owner] {
		return true
	}
	for _, g := range o.Grants {
		if roles[g.To] && (g.Privilege == privilege || g.Privilege == ownership) {
			return true
		}
	}
	return false
}

// visible reports whether a role of the session has any privilege on the object, or on one that lies in it, and may use what it
// lies in.
func (w *work) visible(o *object) bool {
	if w.itself() || o.Session != 0 {
		return true
	}
	switch o.Kind {
	case syntax.Role, syntax.User:
		return true
	}
	roles := w.roles()
	for p := w.e.catalog.objects[o.Parent]; p != nil; p = w.e.catalog.objects[p.Parent] {
		if !w.touches(p, roles) {
			return false
		}
	}
	return w.touches(o, roles) || w.manages()
}

func (w *work) touches(o *object, roles map[int64]bool) bool {
	if roles[o.Owner] {
		return true
	}
	return slices.ContainsFunc(o.Grants, func(g grant) bool { return roles[g.To] })
}

// manages reports whether the session has MANAGE GRANTS.
func (w *work) manages() bool { return w.has(w.e.account, "MANAGE GRANTS") }

// authorize refuses unless a role of the session has the privilege on the object, and USAGE on what it lies in.
func (w *work) authorize(o *object, privilege string) error {
	if o.Session != 0 && o.Session == w.s.id {
		return nil
	}
	for p := w.e.catalog.objects[o.Parent]; p != nil; p = w.e.catalog.objects[p.Parent] {
		if !w.has(p, "USAGE") {
			return missing(o.Kind, w.e.catalog.full(o))
		}
	}
	if !w.has(o, privilege) {
		return denied(o.Kind, quoted(o.Name))
	}
	return nil
}

// owned refuses unless a role of the session owns the object.
func (w *work) owned(o *object) error { return w.authorize(o, ownership) }

// granted reports whether a user has a role, or one that has it.
func (e *Engine) granted(u *object, id int64) bool {
	if r := e.catalog.objects[id]; r != nil && r.Name == "PUBLIC" {
		return true
	}
	seen := map[int64]bool{}
	var reach func(from int64) bool
	reach = func(from int64) bool {
		r := e.catalog.objects[from]
		if from == id {
			return true
		}
		if r == nil || seen[from] {
			return false
		}
		seen[from] = true
		return slices.ContainsFunc(r.Role.Granted, reach)
	}
	return slices.ContainsFunc(u.User.Roles, reach)
}

// grantRole is GRANT ROLE and REVOKE ROLE.
func (w *work) grantRole(st *syntax.GrantRole) (*Result, error) {
	r, err := w.need(syntax.Role, syntax.Name{Parts: []string{st.Role}}, "GRANT")
	if err != nil {
		return nil, err
	}
	to, err := w.need(st.To.Kind, st.To.Name, "GRANT")
	if err != nil {
		return nil, err
	}
	if !w.has(r, ownership) && !w.manages() {
		return nil, denied(syntax.Role, quoted(r.Name))
	}
	var list *[]int64
	if to.Kind == syntax.User {
		list = &to.User.Roles
	} else {
		list = &to.Role.Granted
		if r.ID == to.ID {
			return nil, compilation(3017, "42501", "Grant not executed: Role '%s' cannot be granted to itself.", quoted(r.Name)) // approximate
		}
	}
	if st.Revoke {
		*list = slices.DeleteFunc(*list, func(id int64) bool { return id == r.ID })
	} else if !slices.Contains(*list, r.ID) {
		*list = append(*list, r.ID)
	}
	return status(DDL, "Statement executed successfully."), w.save(to)
}

// grant is GRANT and REVOKE of privileges.
func (w *work) grant(st *syntax.Grant) (*Result, error) {
	if st.To.Kind != syntax.Role {
		return nil, unsupported("privileges granted to a %s", strings.ToLower(string(st.To.Kind)))
	}
	to, err := w.need(syntax.Role, st.To.Name, "GRANT")
	if err != nil {
		return nil, err
	}
	done := status(DDL, "Statement executed successfully.")
	if !st.All && !st.Future {
		o, err := w.securable(st.On)
		if err != nil {
			return nil, err
		}
		return done, w.change(o, st, to)
	}
	in, err := w.need(st.In.Kind, st.In.Name, "GRANT")
	if err != nil {
		return nil, err
	}
	if st.Future {
		return done, w.changeFuture(in, st, to)
	}
	for _, o := range w.within(in, st.On.Kind) {
		if err := w.change(o, st, to); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// securable returns the object that a GRANT is on.
func (w *work) securable(on syntax.Object) (*object, error) {
	if on.Kind == syntax.Account {
		return w.e.account, nil
	}
	if _, ok := privileges[on.Kind]; !ok {
		return nil, unsupported("GRANT ON %s", on.Kind)
	}
	return w.need(on.Kind, on.Name, "GRANT")
}

// within returns the objects of a kind in a database or schema.
func (w *work) within(in *object, k syntax.Kind) []*object {
	c := &w.e.catalog
	if in.Kind == syntax.Database && k != syntax.Schema {
		var out []*object
		for _, sc := range c.below(in.ID, 0, syntax.Schema) {
			out = append(out, c.below(sc.ID, w.s.id, k)...)
		}
		return out
	}
	return c.below(in.ID, w.s.id, k)
}

// named returns the privileges that a GRANT names, for a kind of objects.
func named(st *syntax.Grant, k syntax.Kind) ([]string, error) {
	var out []string
	for _, p := range st.Privileges {
		switch {
		case p == "ALL":
			out = append(out, all(k)...)
		case p == ownership || slices.Contains(privileges[k], p):
			out = append(out, p)
		default:
			return nil, compilation(3008, "42601", "Invalid privilege '%s' for object type '%s'.", p, k) // approximate: the code
		}
	}
	return out, nil
}

func (w *work) change(o *object, st *syntax.Grant, to *object) error {
	names, err := named(st, o.Kind)
	if err != nil {
		return err
	}
	option := func(p string) bool {
		roles := w.roles()
		return slices.ContainsFunc(o.Grants, func(g grant) bool { return roles[g.To] && g.Privilege == p && g.Option })
	}
	for _, p := range names {
		if !w.has(o, ownership) && !w.manages() && !option(p) {
			return denied(o.Kind, quoted(o.Name))
		}
		if p == ownership {
			if err := w.hand(o, st, to); err != nil {
				return err
			}
			continue
		}
		o.Grants = changed(o.Grants, st, grant{Privilege: p, To: to.ID, By: w.s.role, Option: st.GrantOption})
	}
	return w.save(o)
}

// hand gives an object another owner.
func (w *work) hand(o *object, st *syntax.Grant, to *object) error {
	if st.Revoke {
		return unsupported("REVOKE OWNERSHIP")
	}
	if len(o.Grants) > 0 && o.Owner != to.ID {
		switch st.CurrentGrants {
		case "REVOKE":
			o.Grants = nil
		case "COPY":
		default:
			return execution(3037, "42710", "SQL execution error: Dependent grant of privilege '%s' on securable '%s' to role '%s' exists. "+
				"It must be revoked first. More than one dependent grant may exist: use 'SHOW GRANTS' command to view them. "+
				"To revoke all dependent grants while transferring object ownership, use convenience command 'GRANT OWNERSHIP ON "+
				"<target_objects> TO <target_role> REVOKE CURRENT GRANTS'.",
				o.Grants[0].Privilege, w.e.catalog.full(o), w.e.catalog.name(o.Grants[0].To)) // approximate: the code
		}
	}
	if o.Pipe != nil && o.Owner != to.ID {
		if err := w.handPipe(o); err != nil {
			return err
		}
	}
	o.Owner = to.ID
	return nil
}

func changed(grants []grant, st *syntax.Grant, g grant) []grant {
	i := slices.IndexFunc(grants, func(x grant) bool { return x.Privilege == g.Privilege && x.To == g.To })
	switch {
	case st.Revoke && i >= 0 && st.GrantOption:
		grants[i].Option = false
		return grants
	case st.Revoke && i >= 0:
		return slices.Delete(grants, i, i+1)
	case st.Revoke:
		return grants
	case i >= 0:
		grants[i].Option = grants[i].Option || g.Option
		return grants
	}
	return append(grants, g)
}

func (w *work) changeFuture(in *object, st *syntax.Grant, to *object) error {
	names, err := named(st, st.On.Kind)
	if err != nil {
		return err
	}
	if !w.manages() {
		return denied(in.Kind, quoted(in.Name))
	}
	for _, p := range names {
		f := future{Kind: st.On.Kind, Grant: grant{Privilege: p, To: to.ID, By: w.s.role, Option: st.GrantOption}}
		i := slices.IndexFunc(in.Future, func(x future) bool {
			return x.Kind == f.Kind && x.Grant.Privilege == p && x.Grant.To == to.ID
		})
		switch {
		case st.Revoke && i >= 0:
			in.Future = slices.Delete(in.Future, i, i+1)
		case !st.Revoke && i < 0:
			in.Future = append(in.Future, f)
		}
	}
	return w.save(in)
}

// inherit gives a new object what future grants say: those of its schema, and if that has none for the kind, of its
// database.
func (w *work) inherit(o *object) {
	c := &w.e.catalog
	for p := c.objects[o.Parent]; p != nil; p = c.objects[p.Parent] {
		found := false
		for _, f := range p.Future {
			if f.Kind != o.Kind {
				continue
			}
			found = true
			if f.Grant.Privilege == ownership {
				o.Owner = f.Grant.To
				continue
			}
			o.Grants = append(o.Grants, f.Grant)
		}
		if found {
			return
		}
	}
}
