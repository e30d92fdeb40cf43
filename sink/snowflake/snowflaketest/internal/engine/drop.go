package engine

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// drop is DROP.
func (w *work) drop(st *syntax.Drop) (*Result, error) {
	o, shown, err := w.lookup(st.Kind, st.Name, "DROP "+string(st.Kind))
	if err != nil {
		var own *Error
		if st.IfExists && asError(err, &own) && own.Code == 2003 {
			return status(DDL, "Drop statement executed successfully ("+shown+" already dropped)."), nil
		}
		return nil, err
	}
	if o == nil {
		if st.IfExists {
			return status(DDL, fmt.Sprintf("Drop statement executed successfully (%s already dropped).", lastPart(shown))), nil
		}
		return nil, missing(st.Kind, shown)
	}
	if o.Kind != st.Kind {
		return nil, compilation(1003, "42601", "Object found is of type '%s', not specified type '%s'.", o.Kind, st.Kind)
	}
	if err := w.owned(o); err != nil {
		return nil, err
	}
	if o.Kind == syntax.Role || o.Kind == syntax.User {
		if err := w.forget(o); err != nil {
			return nil, err
		}
	}
	if st.Restrict {
		return nil, unsupported("DROP %s RESTRICT", st.Kind)
	}
	if err := w.erase(o); err != nil {
		return nil, err
	}
	for _, at := range []*int64{&w.s.database, &w.s.schema, &w.s.warehouse} {
		if w.e.catalog.objects[*at] == nil {
			*at = 0
		}
	}
	return status(DDL, quoted(o.Name)+" successfully dropped."), nil
}

func lastPart(shown string) string {
	n, err := syntax.ParseName(shown)
	if err != nil {
		return shown
	}
	return quoted(n.Last())
}

// forget takes a role out of all grants, and gives what it owned to the role that drops it.
func (w *work) forget(o *object) error {
	for _, x := range w.e.catalog.objects {
		changed := false
		if x.Owner == o.ID {
			x.Owner, changed = w.s.role, true
		}
		without := func(list []int64) []int64 {
			var out []int64
			for _, id := range list {
				if id != o.ID {
					out = append(out, id)
				}
			}
			changed = changed || len(out) != len(list)
			return out
		}
		if x.User != nil {
			x.User.Roles = without(x.User.Roles)
		}
		if x.Role != nil {
			x.Role.Granted = without(x.Role.Granted)
		}
		var grants []grant
		for _, g := range x.Grants {
			if g.To != o.ID {
				grants = append(grants, g)
			}
		}
		if len(grants) != len(x.Grants) {
			x.Grants, changed = grants, true
		}
		if changed {
			if err := w.save(x); err != nil {
				return err
			}
		}
	}
	return nil
}

// comment is COMMENT ON.
func (w *work) comment(st *syntax.Comment) (*Result, error) {
	done := status(DDL, "Statement executed successfully.")
	name, k := st.Name, st.Kind
	if k == syntax.Column {
		if len(name.Parts) < 2 {
			return nil, compilation(1003, "42000", "a column has the name of its table before its own.")
		}
		name.Parts, k = name.Parts[:len(name.Parts)-1], syntax.Table
	}
	o, shown, err := w.lookup(k, name, "COMMENT")
	if err != nil {
		return nil, err
	}
	if o == nil {
		if st.IfExists {
			return done, nil
		}
		return nil, missing(k, shown)
	}
	if err := w.owned(o); err != nil {
		return nil, err
	}
	if st.Kind == syntax.Column {
		if o.Table == nil {
			return nil, unsupported("COMMENT ON COLUMN of a view")
		}
		i, ok := o.Table.column(st.Name.Last())
		if !ok {
			return nil, invalidIdentifier(quoted(st.Name.Last()))
		}
		o.Table.Columns[i].Comment = st.Comment
	} else {
		o.Comment = st.Comment
	}
	return done, w.save(o)
}

// alter is ALTER of everything but tables.
func (w *work) alter(st *syntax.Alter) (*Result, error) {
	done := status(DDL, "Statement executed successfully.")
	if st.Kind == syntax.Account || st.Kind == syntax.Session {
		return nil, unsupported("ALTER %s", st.Kind)
	}
	var o *object
	if len(st.Name.Parts) == 0 && st.Name.Dynamic == nil && st.Kind == syntax.Warehouse {
		o = w.e.catalog.objects[w.s.warehouse]
		if o == nil {
			return nil, missing(st.Kind, "")
		}
	} else {
		var shown string
		var err error
		if o, shown, err = w.lookup(st.Kind, st.Name, "ALTER "+string(st.Kind)); err != nil {
			return nil, err
		}
		if o == nil {
			if st.IfExists {
				return done, nil
			}
			return nil, missing(st.Kind, shown)
		}
	}
	if o.Kind == syntax.Pipe {
		return w.alterPipe(o, st)
	}
	if do, ok := st.Action.(*syntax.Do); ok {
		return done, w.do(o, do)
	}
	if err := w.owned(o); err != nil {
		return nil, err
	}
	switch a := st.Action.(type) {
	case *syntax.RenameTo:
		if err := w.rename(o, a.Name); err != nil {
			return nil, err
		}
	case *syntax.SetParams:
		w.dirty = true // what is set before an option that is refused is taken back
		if err := w.configure(o, a.Params); err != nil {
			return nil, err
		}
		if err := w.complete(o); err != nil {
			return nil, err
		}
	case *syntax.UnsetParams:
		for _, n := range a.Names {
			switch {
			case n == "COMMENT":
				o.Comment = ""
			case o.Kind == syntax.User && n == "RSA_PUBLIC_KEY":
				o.User.Keys[0] = ""
			case o.Kind == syntax.User && n == "RSA_PUBLIC_KEY_2":
				o.User.Keys[1] = ""
			case o.Kind == syntax.User && n == "PASSWORD":
				o.User.Password = ""
			default:
				return nil, unsupported("UNSET %s of a %s", n, strings.ToLower(string(o.Kind)))
			}
		}
	default:
		return nil, unsupported("%s", firstWords(st.SQL()))
	}
	return done, w.save(o)
}

// do is an action of ALTER on a warehouse.
func (w *work) do(o *object, a *syntax.Do) error {
	if o.Kind != syntax.Warehouse {
		return unsupported("ALTER %s %s", o.Kind, a.Verb)
	}
	if err := w.authorize(o, "OPERATE"); err != nil {
		return err
	}
	switch a.Verb {
	case "SUSPEND":
		if o.Warehouse.Suspended {
			return execution(90064, "22000", "Invalid state. Warehouse '%s' cannot be suspended.", quoted(o.Name))
		}
		o.Warehouse.Suspended = true
	case "RESUME":
		if !o.Warehouse.Suspended {
			return execution(90063, "22000", "Invalid state. Warehouse '%s' cannot be resumed.", quoted(o.Name))
		}
		o.Warehouse.Suspended = false
	case "RESUME IF SUSPENDED":
		o.Warehouse.Suspended = false
	case "ABORT ALL QUERIES":
		return unsupported("ALTER WAREHOUSE ABORT ALL QUERIES")
	default:
		return unsupported("ALTER WAREHOUSE %s", a.Verb)
	}
	return w.save(o)
}
