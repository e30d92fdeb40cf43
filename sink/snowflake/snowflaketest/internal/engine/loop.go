package engine

import (
	"context"
	"errors"
	"strconv"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// loop repeats a body while before is true, until after is; nil is always and never.
func (s *Session) loop(ctx context.Context, label string, before func() (bool, error), body []syntax.Statement, after func() (bool, error)) error {
	for {
		if before != nil {
			yes, err := before()
			if err != nil || !yes {
				return err
			}
		}
		if stop, err := s.turnOf(ctx, label, body); stop || err != nil {
			return err
		}
		if after != nil {
			yes, err := after()
			if err != nil || yes {
				return err
			}
		}
	}
}

// turnOf runs a loop's body once, and says whether BREAK ended the loop.
func (s *Session) turnOf(ctx context.Context, label string, body []syntax.Statement) (stop bool, err error) {
	err = s.statements(ctx, body)
	var b broken
	if errors.As(err, &b) && (b.label == "" || b.label == label) {
		return !b.again, nil
	}
	return err != nil, err
}

// forRange is FOR over numbers.
func (s *Session) forRange(ctx context.Context, st *syntax.ForRange) error {
	bound := func(x syntax.Expr) (int64, error) {
		v, err := s.expression(ctx, x)
		if err != nil {
			return 0, err
		}
		text, ok := v.text()
		n, bad := strconv.ParseInt(text, 10, 64)
		if !ok || bad != nil {
			return 0, throw(ctx, execution(100038, "22018", "Numeric value '%s' is not recognized", text), expressionError, x.Position())
		}
		return n, nil
	}
	from, err := bound(st.From)
	if err != nil {
		return err
	}
	to, err := bound(st.To)
	if err != nil {
		return err
	}
	step := int64(1)
	if st.Reverse {
		from, to, step = to, from, -1
	}
	at := &variable{kind: syntax.DeclVariable, typ: integer}
	defer s.shadow(st.Counter, at)()
	for n := from; step > 0 && n <= to || step < 0 && n >= to; n += step {
		at.value = numberValue(n)
		if stop, err := s.turnOf(ctx, st.Label, st.Body); stop || err != nil {
			return err
		}
	}
	return nil
}

// shadow gives a name of the block another meaning until what it returns is called.
func (s *Session) shadow(name string, v *variable) func() {
	names := s.frame.names
	before, ok := names[name]
	names[name] = v
	return func() {
		if delete(names, name); ok {
			names[name] = before
		}
	}
}

// forRows is FOR over the rows of a cursor or result set.
func (s *Session) forRows(ctx context.Context, st *syntax.ForRows) error {
	res, err := s.rowsOf(ctx, st.In)
	if err != nil {
		return err
	}
	at := &variable{kind: syntax.DeclVariable}
	defer s.shadow(st.Row, at)()
	for _, row := range res.Rows {
		at.row = map[string]value{}
		for i, c := range res.Columns {
			at.row[c.Name] = value{typ: c.Type, v: row[i]}
		}
		if stop, err := s.turnOf(ctx, st.Label, st.Body); stop || err != nil {
			return err
		}
	}
	return nil
}

// rowsOf returns what a cursor or result set has.
func (s *Session) rowsOf(ctx context.Context, name string) (*Result, error) {
	v := s.frame.find(name)
	if v == nil {
		return nil, invalidIdentifier(name)
	}
	switch {
	case v.result != nil:
		return v.result, nil
	case v.kind == syntax.DeclCursor && v.from != "":
		return s.rowsOf(ctx, v.from)
	case v.kind == syntax.DeclCursor && v.query != nil:
		return s.child(ctx, v.query)
	}
	return nil, compilation(90228, "42601", "'%s' has no rows: it is no cursor, and no result set with a query.", name) // approximate
}

// cursor is OPEN, FETCH and CLOSE.
func (s *Session) cursor(ctx context.Context, st syntax.Statement) error {
	find := func(name string) (*variable, error) {
		v := s.frame.find(name)
		if v == nil || v.kind != syntax.DeclCursor {
			return nil, invalidIdentifier(name)
		}
		return v, nil
	}
	switch st := st.(type) {
	case *syntax.Open:
		v, err := find(st.Cursor)
		if err != nil {
			return err
		}
		if st.Using != nil {
			outer := s.binds
			defer func() { s.binds = outer }()
			s.binds = nil
			for _, x := range st.Using {
				given, err := s.expression(ctx, x)
				if err != nil {
					return err
				}
				s.binds = append(s.binds, given.bind())
			}
		}
		v.result, v.next = nil, 0
		v.result, err = s.rowsOf(ctx, st.Cursor)
		return err
	case *syntax.Fetch:
		v, err := find(st.Cursor)
		if err != nil {
			return err
		}
		if v.result == nil {
			return compilation(90229, "42601", "Cursor '%s' is not open.", st.Cursor) // approximate
		}
		row := make([]any, len(v.result.Columns))
		if v.next < len(v.result.Rows) {
			row = v.result.Rows[v.next]
			v.next++
		}
		for i, name := range st.Into {
			to := s.frame.find(name)
			if to == nil || to.kind != syntax.DeclVariable || i >= len(row) {
				return invalidIdentifier(name)
			}
			if to.value, err = s.convert(ctx, value{typ: v.result.Columns[i].Type, v: row[i]}, to.typ); err != nil {
				return err
			}
		}
		return nil
	case *syntax.Close:
		v, err := find(st.Cursor)
		if err == nil {
			v.result = nil
		}
		return err
	}
	return unsupported("%s", firstWords(st.SQL()))
}
