package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// scope refuses to end a transaction inside a block that began outside of it.
func (s *Session) scope() error {
	if tx := s.open(); s.frame != nil && tx != nil && tx.scope != s.frame.outermost() {
		return execution(90232, "22000", "Modifying a transaction that has started at a different scope is not allowed.") // approximate: the code
	}
	return nil
}

// immediate is EXECUTE IMMEDIATE: of one statement, or of a block.
func (s *Session) immediate(ctx context.Context, st *syntax.ExecuteImmediate) (*Result, error) {
	var text string
	var using []Bind
	err := s.atomically(ctx, func(w *work) error {
		v, err := w.evaluate(st.X)
		if err != nil {
			return err
		}
		text, _ = v.text()
		for _, x := range st.Using {
			v, err := w.evaluate(x)
			if err != nil {
				return err
			}
			using = append(using, v.bind())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	statements, err := syntax.Parse(text)
	if err != nil {
		return nil, err
	}
	if len(statements) != 1 {
		return nil, execution(8, "0A000", "Actual statement count %d did not match the desired statement count 1.", len(statements))
	}
	if st.Using != nil {
		outer := s.binds
		s.binds = using
		defer func() { s.binds = outer }()
	}
	return s.execute(ctx, statements[0], false)
}

// block runs a block as a statement of its own: it answers a row with what it returns.
func (s *Session) block(ctx context.Context, st *syntax.Block) (*Result, error) {
	outer := s.frame
	defer func() { s.frame = outer }()
	err := s.run(ctx, st)
	if outer == nil {
		if left := s.unfinished(ctx); left != nil && err == nil || left != nil && isReturn(err) {
			err = left
		}
	}
	var out returned
	var table tabled
	var t *thrown
	switch {
	case errors.As(err, &table):
		res := *table.result
		res.Class = Select
		return &res, nil
	case errors.As(err, &out):
		return anonymous(out.value), nil
	case err == nil:
		return anonymous(nil), nil
	case errors.As(err, &t):
		return nil, t.uncaught()
	}
	return nil, err
}

func isReturn(err error) bool {
	var out returned
	var table tabled
	return errors.As(err, &out) || errors.As(err, &table)
}

// anonymous is the answer of a block.
func anonymous(v *value) *Result {
	res := &Result{Class: Select, Columns: []Column{{Name: "anonymous block", Type: varchar, Nullable: true}}, Rows: [][]any{{nil}}}
	if v != nil {
		res.Rows[0][0] = v.v
		if v.typ.Kind != 0 {
			res.Columns[0].Type = v.typ
		}
	}
	return res
}

// unfinished rolls back the transaction that the outermost block has begun and not ended, and is the error of that.
func (s *Session) unfinished(ctx context.Context) error {
	if tx := s.open(); tx == nil || tx.scope == nil || tx.scope != s.frame.outermost() {
		return nil
	}
	if err := s.rollback(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return execution(90232, "22000", "Stored procedure execution error: Scoped transaction started in stored procedure is incomplete and it was rolled back.") // approximate: the code
}

// run runs a block within the one that is there: its declarations, its body, its handlers.
func (s *Session) run(ctx context.Context, b *syntax.Block) error {
	f := &frame{outer: s.frame, names: map[string]*variable{}}
	if f.outer != nil {
		f.sqlID, f.count, f.found = f.outer.sqlID, f.outer.count, f.outer.found
	}
	s.frame = f
	err := s.body(ctx, b)
	if f.outer != nil {
		f.outer.sqlID, f.outer.count, f.outer.found = f.sqlID, f.count, f.found
		s.frame = f.outer
	}
	return err
}

func (s *Session) body(ctx context.Context, b *syntax.Block) error {
	for _, d := range b.Declare {
		if err := s.declare(ctx, d); err != nil {
			return err
		}
	}
	err := s.statements(ctx, b.Body)
	var t *thrown
	if !errors.As(err, &t) || ctx.Err() != nil {
		return err
	}
	for _, h := range b.Handlers {
		for _, name := range h.Names {
			if name != t.name && name != "OTHER" {
				continue
			}
			before := s.frame.caught
			s.frame.caught = t
			err := s.statements(ctx, h.Body)
			s.frame.caught = before
			return err
		}
	}
	return err
}

func (s *Session) statements(ctx context.Context, list []syntax.Statement) error {
	for _, st := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.step(ctx, st); err != nil {
			return throw(ctx, err, statementError, st.Position())
		}
	}
	return nil
}

// step runs one statement of a block.
func (s *Session) step(ctx context.Context, st syntax.Statement) error {
	switch st := st.(type) {
	case *syntax.Block:
		return s.run(ctx, st)
	case *syntax.Let:
		return s.declare(ctx, st.Declaration)
	case *syntax.Assign:
		return s.assign(ctx, st)
	case *syntax.If:
		for _, b := range st.Branches {
			yes, err := s.condition(ctx, b.If)
			if err != nil {
				return err
			}
			if yes {
				return s.statements(ctx, b.Body)
			}
		}
		return s.statements(ctx, st.Else)
	case *syntax.CaseStmt:
		for _, b := range st.Branches {
			x := b.If
			if st.Operand != nil {
				x = &syntax.Binary{Op: "=", L: st.Operand, R: b.If}
			}
			yes, err := s.condition(ctx, x)
			if err != nil {
				return err
			}
			if yes {
				return s.statements(ctx, b.Body)
			}
		}
		return s.statements(ctx, st.Else)
	case *syntax.ForRows:
		return s.forRows(ctx, st)
	case *syntax.ForRange:
		return s.forRange(ctx, st)
	case *syntax.While:
		return s.loop(ctx, st.Label, func() (bool, error) { return s.condition(ctx, st.If) }, st.Body, nil)
	case *syntax.Repeat:
		return s.loop(ctx, st.Label, nil, st.Body, func() (bool, error) { return s.condition(ctx, st.Until) })
	case *syntax.Loop:
		return s.loop(ctx, st.Label, nil, st.Body, nil)
	case *syntax.Break:
		return broken{label: st.Label, again: st.Continue}
	case *syntax.Return:
		return s.returns(ctx, st)
	case *syntax.Raise:
		return s.raise(st)
	case *syntax.NullStmt:
		return nil
	case *syntax.Open, *syntax.Fetch, *syntax.Close:
		return s.cursor(ctx, st)
	case *syntax.QueryStmt:
		if into := intoOf(st.Query); into != nil {
			return s.selectInto(ctx, st, into)
		}
	}
	_, err := s.child(ctx, st)
	return err
}

// child runs a statement of SQL that a block has, and notes what the block may ask of it.
func (s *Session) child(ctx context.Context, st syntax.Statement) (*Result, error) {
	f := s.frame
	res, err := s.statement(ctx, st, "", false)
	if err != nil {
		return nil, err
	}
	f.sqlID = res.QueryID
	f.count, f.found = null, null
	if n, ok := res.affected(); ok {
		f.count, f.found = numberValue(n), boolValue(n > 0)
	} else if res.Class == Select {
		f.count, f.found = numberValue(int64(len(res.Rows))), boolValue(len(res.Rows) > 0)
	} else if res.Class == Copy {
		var n int64
		for _, r := range res.Rows {
			if len(r) > 3 {
				text, _ := r[3].(string)
				var x int64
				_, _ = fmt.Sscan(text, &x)
				n += x
			}
		}
		f.count, f.found = numberValue(n), boolValue(n > 0)
	}
	return res, nil
}

// expression computes an expression of a block.
func (s *Session) expression(ctx context.Context, x syntax.Expr) (value, error) {
	var v value
	err := s.atomically(ctx, func(w *work) (err error) {
		v, err = w.evaluate(x)
		return err
	})
	return v, throw(ctx, err, expressionError, x.Position())
}

func (s *Session) condition(ctx context.Context, x syntax.Expr) (bool, error) {
	v, err := s.expression(ctx, x)
	if err != nil {
		return false, err
	}
	yes, err := v.truth()
	return yes, throw(ctx, err, expressionError, x.Position())
}

// declare adds a name to the block.
func (s *Session) declare(ctx context.Context, d syntax.Declaration) error {
	v := &variable{kind: d.Kind, typ: d.Type, query: d.Query, from: d.From, code: d.Code, text: d.Message}
	switch d.Kind {
	case syntax.DeclVariable:
		v.value = value{typ: d.Type}
		if d.Type.Kind == 0 {
			v.value = null
		}
		if d.Default != nil {
			x, err := s.expression(ctx, d.Default)
			if err != nil {
				return err
			}
			if v.value, err = s.convert(ctx, x, d.Type); err != nil {
				return throw(ctx, err, expressionError, d.Pos)
			}
			if d.Type.Kind == 0 {
				v.typ = x.typ
			}
		}
	case syntax.DeclResultSet:
		if d.Query != nil {
			res, err := s.child(ctx, d.Query)
			if err != nil {
				return throw(ctx, err, statementError, d.Pos)
			}
			v.result = res
		}
	case syntax.DeclException:
		if v.code == 0 {
			v.code = 100200 // approximate: what exceptions without a number have
		}
	}
	s.frame.names[d.Name] = v
	return nil
}

// convert makes a value of the type that a variable has.
func (s *Session) convert(ctx context.Context, v value, to types.Type) (value, error) {
	if to.Kind == 0 || v.typ == to {
		return v, nil
	}
	if v.v == nil {
		return value{typ: to}, nil
	}
	var out value
	err := s.atomically(ctx, func(w *work) (err error) {
		out, err = w.converted(v, to)
		return err
	})
	return out, err
}

func (s *Session) assign(ctx context.Context, st *syntax.Assign) error {
	v := s.frame.find(st.Name)
	if v == nil {
		return throw(ctx, invalidIdentifier(st.Name), expressionError, st.Pos)
	}
	if st.Query != nil {
		if v.kind != syntax.DeclResultSet {
			return unsupported("assigning a query to %s, which is no RESULTSET", st.Name)
		}
		res, err := s.child(ctx, st.Query)
		if err != nil {
			return err
		}
		v.result = res
		return nil
	}
	if v.kind != syntax.DeclVariable {
		return unsupported("assigning a value to %s, which is no variable", st.Name)
	}
	x, err := s.expression(ctx, st.X)
	if err != nil {
		return err
	}
	v.value, err = s.convert(ctx, x, v.typ)
	return throw(ctx, err, expressionError, st.Pos)
}

// intoOf is the INTO of a query.
func intoOf(q *syntax.Query) []string {
	if sel, ok := q.Body.(*syntax.Select); ok {
		return sel.Into
	}
	return nil
}

// selectInto is SELECT … INTO: exactly one row, or none, which leaves NULLs.
func (s *Session) selectInto(ctx context.Context, st *syntax.QueryStmt, into []string) error {
	plain, body := *st.Query, *st.Query.Body.(*syntax.Select)
	body.Into = nil
	plain.Body = &body
	bare := *st
	bare.Query = &plain
	res, err := s.child(ctx, &bare)
	if err != nil {
		return err
	}
	switch {
	case len(res.Rows) > 1:
		return compilation(90227, "42601", "A SELECT INTO statement expects exactly 1 returned row, but got %d.", len(res.Rows)) // approximate: the code
	case len(res.Columns) != len(into):
		return compilation(1003, "42000", "A SELECT INTO statement has %d columns and %d variables.", len(res.Columns), len(into)) // approximate
	}
	for i, name := range into {
		v := s.frame.find(name)
		if v == nil || v.kind != syntax.DeclVariable {
			return invalidIdentifier(name)
		}
		x := value{typ: res.Columns[i].Type}
		if len(res.Rows) == 1 {
			x.v = res.Rows[0][i]
		}
		if v.value, err = s.convert(ctx, x, v.typ); err != nil {
			return err
		}
	}
	return nil
}

// returns is RETURN.
func (s *Session) returns(ctx context.Context, st *syntax.Return) error {
	switch {
	case st.Query != nil:
		res, err := s.child(ctx, st.Query)
		if err != nil {
			return err
		}
		return tabled{result: res}
	case st.Table:
		ref, ok := st.X.(*syntax.ColumnRef)
		if !ok || len(ref.Parts) != 1 {
			return unsupported("RETURN TABLE of what is no result set")
		}
		v := s.frame.find(ref.Parts[0])
		if v == nil || v.result == nil {
			return invalidIdentifier(ref.Parts[0])
		}
		return tabled{result: v.result}
	case st.X == nil:
		return returned{}
	}
	if ref, ok := st.X.(*syntax.ColumnRef); ok && len(ref.Parts) == 1 {
		if v := s.frame.find(ref.Parts[0]); v != nil && v.kind == syntax.DeclResultSet {
			return unsupported("RETURN of a result set without TABLE")
		}
	}
	v, err := s.expression(ctx, st.X)
	if err != nil {
		return err
	}
	return returned{value: &v}
}

// raise is RAISE: of an exception that was declared, or of the one that is being handled.
func (s *Session) raise(st *syntax.Raise) error {
	if st.Name == "" {
		for f := s.frame; f != nil; f = f.outer {
			if f.caught != nil {
				return f.caught
			}
		}
		return compilation(1003, "42000", "RAISE without a name outside of a handler.")
	}
	v := s.frame.find(st.Name)
	if v == nil || v.kind != syntax.DeclException {
		return invalidIdentifier(st.Name)
	}
	code := v.code
	return &thrown{name: st.Name, err: &Error{Code: code, SQLState: "P0001", Message: v.text}, at: st.Pos}
}
