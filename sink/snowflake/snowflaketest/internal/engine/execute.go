package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// execute carries one statement out.
func (s *Session) execute(ctx context.Context, st syntax.Statement, describe bool) (*Result, error) {
	if describe {
		return s.describeOnly(ctx, st)
	}
	if args, ok := waiting(st); ok {
		return s.pause(ctx, args)
	}
	switch st := st.(type) {
	case *syntax.Begin:
		s.begin(st.Name)
		return status(TCL, "Statement executed successfully."), nil
	case *syntax.Commit:
		if err := s.scope(); err != nil {
			return nil, err
		}
		return status(TCL, "Statement executed successfully."), s.commit(ctx)
	case *syntax.Rollback:
		if err := s.scope(); err != nil {
			return nil, err
		}
		return status(TCL, "Statement executed successfully."), s.rollback(ctx)
	case *syntax.AlterSession:
		return s.alterSession(ctx, st)
	case *syntax.Block:
		return s.block(ctx, st)
	case *syntax.ExecuteImmediate:
		return s.immediate(ctx, st)
	case *syntax.Call:
		if st.Name.Last() == wait {
			return s.pause(ctx, st.Args)
		}
		return nil, compilation(2141, "42601", "Unknown user-defined function %s.", dotted(st.Name.Parts)) // approximate: the code
	case *syntax.Insert, *syntax.Update, *syntax.Delete, *syntax.Merge, *syntax.Truncate, *syntax.CopyInto:
		return s.dml(ctx, st)
	case *syntax.Use, *syntax.Set, *syntax.Unset, *syntax.QueryStmt, *syntax.Show, *syntax.ShowGrants, *syntax.Describe,
		*syntax.Put, *syntax.Get, *syntax.List, *syntax.Remove:
		return s.plain(ctx, st)
	}
	return s.ddl(ctx, st)
}

// dml runs a statement that belongs to the transaction that is open: it begins one if AUTOCOMMIT is off.
func (s *Session) dml(ctx context.Context, st syntax.Statement) (*Result, error) {
	if auto, _ := s.parameter("AUTOCOMMIT").(bool); !auto {
		s.begin("")
	}
	var res *Result
	err := s.alone(ctx, func(w *work, me *waiter) (err error) {
		if err := w.compute(); err != nil {
			return err
		}
		switch st := st.(type) {
		case *syntax.Insert:
			res, err = w.insert(st, me)
		case *syntax.Update:
			res, err = w.update(st, me)
		case *syntax.Delete:
			res, err = w.delete(st, me)
		case *syntax.Merge:
			res, err = w.merge(st, me)
		case *syntax.Truncate:
			res, err = w.truncate(st, me)
		case *syntax.CopyInto:
			res, err = w.copyInto(st)
		}
		return err
	})
	return res, err
}

// plain runs a statement that neither belongs to a transaction nor ends one.
func (s *Session) plain(ctx context.Context, st syntax.Statement) (*Result, error) {
	var res *Result
	err := s.atomically(ctx, func(w *work) (err error) {
		switch st := st.(type) {
		case *syntax.Use:
			res, err = w.use(st)
		case *syntax.Set:
			res, err = w.set(st)
		case *syntax.Unset:
			for _, n := range st.Names {
				delete(s.variables, n)
			}
			res = status(DDL, "Statement executed successfully.")
		case *syntax.QueryStmt:
			res, err = w.query(st.Query)
		case *syntax.Show:
			res, err = w.show(st)
		case *syntax.ShowGrants:
			res, err = w.showGrants(st)
		case *syntax.Describe:
			res, err = w.describe(st)
		case *syntax.Put:
			res, err = w.put(st)
		case *syntax.Get:
			res, err = w.get(st)
		case *syntax.List:
			res, err = w.list(st)
		case *syntax.Remove:
			res, err = w.remove(st)
		}
		return err
	})
	return res, err
}

// ddl commits the transaction that is open, and runs the statement as one of its own: also if it fails.
func (s *Session) ddl(ctx context.Context, st syntax.Statement) (*Result, error) {
	if s.open() != nil {
		if err := s.scope(); err != nil {
			return nil, err
		}
		if err := s.commit(ctx); err != nil {
			return nil, err
		}
	}
	var res *Result
	err := s.atomically(ctx, func(w *work) (err error) {
		switch st := st.(type) {
		case *syntax.Create:
			res, err = w.create(st)
		case *syntax.CreateTable:
			res, err = w.createTable(st)
		case *syntax.CreateView:
			res, err = w.createView(st)
		case *syntax.CreatePipe:
			res, err = w.createPipe(st)
		case *syntax.AlterTable:
			res, err = w.alterTable(st)
		case *syntax.Alter:
			res, err = w.alter(st)
		case *syntax.Drop:
			res, err = w.drop(st)
		case *syntax.Comment:
			res, err = w.comment(st)
		case *syntax.Grant:
			res, err = w.grant(st)
		case *syntax.GrantRole:
			res, err = w.grantRole(st)
		default:
			err = unsupported("%s", firstWords(st.SQL()))
		}
		return err
	})
	return res, err
}

// describeOnly answers what columns a statement would have, and runs nothing.
func (s *Session) describeOnly(ctx context.Context, st syntax.Statement) (*Result, error) {
	q, ok := st.(*syntax.QueryStmt)
	if !ok {
		return nil, unsupported("describing %s without running it", firstWords(st.SQL()))
	}
	var res *Result
	err := s.atomically(ctx, func(w *work) error {
		_, columns, err := w.translate(q.Query)
		res = &Result{Class: Select, Columns: typed(columns)}
		return err
	})
	return res, err
}

// firstWords is what a statement is called in messages that refuse it.
func firstWords(sql string) string {
	words := strings.Fields(sql)
	return strings.ToUpper(strings.Join(words[:min(2, len(words))], " "))
}

// compute refuses what needs a warehouse if the session has none that runs, and wakes one that may wake.
func (w *work) compute() error {
	if w.itself() {
		return nil
	}
	o := w.e.catalog.objects[w.s.warehouse]
	if o == nil || o.Warehouse.Suspended && !o.Warehouse.AutoResume {
		return execution(606, "57P03", "No active warehouse selected in the current session.  Select an active warehouse with the 'use warehouse' command.")
	}
	if err := w.authorize(o, "USAGE"); err != nil {
		return err
	}
	if o.Warehouse.Suspended {
		o.Warehouse.Suspended = false
		return w.save(o)
	}
	return nil
}

// alterSession is ALTER SESSION.
func (s *Session) alterSession(ctx context.Context, st *syntax.AlterSession) (*Result, error) {
	set := map[string]any{}
	err := s.atomically(ctx, func(w *work) error {
		for _, p := range st.Set {
			k, ok := known(p.Name)
			if !ok {
				return compilation(1006, "22023", "invalid property '%s' for 'SESSION'", p.Name) // approximate: the code
			}
			text, err := w.scalar(p.Value)
			if err != nil {
				return err
			}
			if set[k.name], err = k.parse(text); err != nil {
				return err
			}
		}
		for _, n := range st.Unset {
			k, ok := known(n)
			if !ok {
				return compilation(1006, "22023", "invalid property '%s' for 'SESSION'", n)
			}
			set[n] = k.value
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if _, ok := set["AUTOCOMMIT"]; ok {
		if s.frame != nil {
			return nil, unsupported("ALTER SESSION SET AUTOCOMMIT inside a block")
		}
		if err := s.commit(ctx); err != nil {
			return nil, err
		}
	}
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	for n, v := range set {
		s.set[n] = v
	}
	return status(DDL, "Statement executed successfully."), nil
}

// use is USE.
func (w *work) use(st *syntax.Use) (*Result, error) {
	s := w.s
	done := status(Use, "Statement executed successfully.")
	k := st.Kind
	if k == "SECONDARY ROLES" {
		switch name := st.Name.Last(); name {
		case "ALL", "NONE":
			s.secondary = name == "ALL"
			return done, nil
		default:
			return nil, unsupported("USE SECONDARY ROLES %s", name)
		}
	}
	if k == "" {
		// USE x: a database, or a schema of the current one.
		k = syntax.Database
		if parts, err := w.parts(st.Name); err != nil {
			return nil, err
		} else if len(parts) > 1 {
			k = syntax.Schema
		}
	}
	o, err := w.need(k, st.Name, "USE "+string(k))
	if err != nil {
		if k == syntax.Database || k == syntax.Schema || k == syntax.Warehouse || k == syntax.Role {
			return nil, compilation(2043, "02000", "Object does not exist, or operation cannot be performed.")
		}
		return nil, err
	}
	switch k {
	case syntax.Database:
		s.database, s.schema = o.ID, 0
		if sc := w.e.catalog.find(o.ID, syntax.Schema, "PUBLIC", 0); sc != nil && w.visible(sc) {
			s.schema = sc.ID
		}
	case syntax.Schema:
		s.database, s.schema = o.Parent, o.ID
	case syntax.Warehouse:
		s.warehouse = o.ID
	case syntax.Role:
		if !w.e.granted(w.e.catalog.objects[s.user], o.ID) {
			return nil, execution(3013, "42501", "SQL access control error:\nRequested role '%s' is not assigned to the executing user. "+
				"Specify another role to activate.", quoted(o.Name)) // approximate: the code
		}
		s.role = o.ID
	default:
		return nil, unsupported("USE %s", k)
	}
	return done, nil
}

// set is SET of session variables.
func (w *work) set(st *syntax.Set) (*Result, error) {
	if len(st.Names) != len(st.Values) {
		return nil, compilation(1003, "42000", "SET has %d names and %d values.", len(st.Names), len(st.Values))
	}
	values := make([]value, len(st.Values))
	for i, x := range st.Values {
		v, err := w.evaluate(x)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	for i, n := range st.Names {
		w.s.variables[n] = values[i]
	}
	return status(DDL, "Statement executed successfully."), nil
}

// scalar is an option's value as a text.
func (w *work) scalar(v syntax.Value) (string, error) {
	switch v.Kind {
	case syntax.StringValue, syntax.NumberValue, syntax.WordValue:
		return v.Text, nil
	case syntax.ExprValue:
		x, err := w.evaluate(v.Expr)
		if err != nil {
			return "", err
		}
		text, ok := x.text()
		if !ok {
			return "", compilation(1003, "42000", "an option is NULL.")
		}
		return text, nil
	}
	return "", fmt.Errorf("an option is a list where one value belongs")
}
