package engine

import (
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// parts returns a name's parts. That of IDENTIFIER(x) is computed.
func (w *work) parts(n syntax.Name) ([]string, error) {
	if n.Dynamic == nil {
		return n.Parts, nil
	}
	v, err := w.evaluate(n.Dynamic)
	if err != nil {
		return nil, err
	}
	text, ok := v.text()
	if !ok {
		return nil, compilation(1003, "42000", "IDENTIFIER(NULL) is no name.")
	}
	parsed, err := syntax.ParseName(text)
	if err != nil {
		return nil, err
	}
	return parsed.Parts, nil
}

// databaseOf returns the database that a name's first part says, or the current one.
func (w *work) databaseOf(parts []string, verb string) (*object, error) {
	c := &w.e.catalog
	if len(parts) > 0 {
		db := c.find(0, syntax.Database, parts[0], 0)
		if db == nil || !w.visible(db) {
			return nil, missing(syntax.Database, quoted(parts[0]))
		}
		return db, nil
	}
	if db := c.objects[w.s.database]; db != nil {
		return db, nil
	}
	return nil, compilation(90105, "22000", "Cannot perform %s. This session does not have a current database. "+
		"Call 'USE DATABASE', or use a qualified name.", verb)
}

// schemaOf returns the schema that a name's parts before the last say, or the current one.
func (w *work) schemaOf(parts []string, verb string) (*object, error) {
	c := &w.e.catalog
	if len(parts) == 0 {
		if w.base != nil {
			return w.base, nil
		}
		if _, err := w.databaseOf(nil, verb); err != nil {
			return nil, err
		}
		if sc := c.objects[w.s.schema]; sc != nil {
			return sc, nil
		}
		return nil, compilation(90106, "22000", "Cannot perform %s. This session does not have a current schema. "+
			"Call 'USE SCHEMA', or use a qualified name.", verb)
	}
	if len(parts) > 2 {
		return nil, compilation(1003, "42000", "%s has too many parts for a name.", dotted(parts))
	}
	var db *object
	var err error
	if len(parts) == 1 && w.base != nil {
		db = c.objects[w.base.Parent]
	} else if db, err = w.databaseOf(parts[:len(parts)-1], verb); err != nil {
		return nil, err
	}
	name := parts[len(parts)-1]
	if name == "" {
		name = "PUBLIC"
	}
	sc := c.find(db.ID, syntax.Schema, name, 0)
	if sc == nil || !w.visible(sc) {
		return nil, missing(syntax.Schema, dotted([]string{db.Name, name}))
	}
	return sc, nil
}

// accountLevel are the kinds of objects that lie in no database.
func accountLevel(k syntax.Kind) bool {
	switch k {
	case syntax.Database, syntax.Warehouse, syntax.Role, syntax.User, syntax.Integration:
		return true
	}
	return false
}

// home returns the object in which one of that kind and name lies or is to be made, and its own name.
func (w *work) home(k syntax.Kind, n syntax.Name, verb string) (parent *object, name string, err error) {
	parts, err := w.parts(n)
	if err != nil {
		return nil, "", err
	}
	if len(parts) == 0 {
		return nil, "", compilation(1003, "42000", "a name is missing.")
	}
	name = parts[len(parts)-1]
	switch {
	case accountLevel(k):
		if len(parts) > 1 {
			return nil, "", compilation(1003, "42000", "%s has too many parts for the name of a %s.", dotted(parts), strings.ToLower(string(k)))
		}
		return w.e.account, name, nil
	case k == syntax.Schema:
		if len(parts) > 2 {
			return nil, "", compilation(1003, "42000", "%s has too many parts for the name of a schema.", dotted(parts))
		}
		parent, err = w.databaseOf(parts[:len(parts)-1], verb)
	default:
		parent, err = w.schemaOf(parts[:len(parts)-1], verb)
	}
	return parent, name, err
}

// parentID is what objects in parent have as such: those of the account have none.
func (w *work) parentID(parent *object) int64 {
	if parent == w.e.account {
		return 0
	}
	return parent.ID
}

// lookup returns the object that a statement names: nil if there is none that the role may know.
func (w *work) lookup(k syntax.Kind, n syntax.Name, verb string) (*object, string, error) {
	parent, name, err := w.home(k, n, verb)
	if err != nil {
		return nil, dotted(n.Parts), err
	}
	o := w.e.catalog.find(w.parentID(parent), k, name, w.s.id)
	shown := quoted(name)
	if parent != w.e.account {
		shown = dotted(append(w.e.catalog.path(parent), name))
	}
	if o == nil || !w.visible(o) {
		return nil, shown, nil
	}
	return o, shown, nil
}

// need is lookup for what must be there.
func (w *work) need(k syntax.Kind, n syntax.Name, verb string) (*object, error) {
	o, shown, err := w.lookup(k, n, verb)
	if err != nil {
		return nil, err
	}
	if o == nil {
		return nil, missing(k, shown)
	}
	if k == syntax.Table && o.Kind != syntax.Table {
		return nil, compilation(1003, "42601", "Object found is of type '%s', not specified type 'TABLE'.", o.Kind) // approximate
	}
	if k == syntax.View && o.Kind != syntax.View {
		return nil, compilation(1003, "42601", "Object found is of type '%s', not specified type 'VIEW'.", o.Kind)
	}
	return o, nil
}

// written returns a table that a statement of DML or COPY writes to, and checks that it may.
func (w *work) written(n syntax.Name, verb, privilege string) (*object, error) {
	o, shown, err := w.lookup(syntax.Table, n, verb)
	if err != nil {
		return nil, err
	}
	if o == nil {
		if parts, err := w.parts(n); err == nil {
			shown = dotted(parts)
		}
		return nil, missingObject(shown)
	}
	if o.Kind != syntax.Table {
		return nil, unsupported("%s of a view", verb)
	}
	return o, w.authorize(o, privilege)
}
