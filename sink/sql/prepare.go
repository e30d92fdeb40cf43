package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/internal/mark"
	"github.com/floedata/floe/sink"
)

// Prepare implements [sink.Writer].
func (w *writer) Prepare(ctx context.Context, schema *arrow.Schema) error {
	if w.done() {
		return errClosed
	}
	if err := w.s.checkSchema(schema); err != nil {
		return err
	}
	var own string
	var p *plan
	err := w.s.inDDL(ctx, func(c *sql.Conn) error {
		current, err := w.s.current(ctx, c, w.Key.Pipeline)
		if err == nil {
			err = w.Joined(current)
		}
		if err != nil {
			return err
		}
		t, err := w.shape(ctx, c, schema)
		if err != nil {
			return err
		}
		into, err := w.into(schema, t)
		if err != nil {
			return err
		}
		if p, err = w.newPlan(schema, into); err != nil {
			return err
		}
		own = mark.Find(t.Comment)
		if err := w.s.prepareRejects(ctx, c); err != nil {
			return err
		}
		return w.Adopt(ctx, c, own)
	})
	var schemaErr *sink.SchemaError
	if errors.As(err, &schemaErr) || errors.Is(err, sink.ErrFenced) {
		return err
	}
	if err != nil {
		return w.s.wrap(ctx, "prepare", err)
	}
	w.Mark, w.plan = own, p
	return nil
}

// shape makes or evolves the table for the schema, marks it, and returns it as it is then.
func (w *writer) shape(ctx context.Context, c *sql.Conn, schema *arrow.Schema) (*dialect.Table, error) {
	s := w.s
	t, err := s.d.Inspect(ctx, c, s.schema, w.table)
	if err != nil {
		return nil, err
	}
	var old *dialect.Table // the table to be replaced
	if s.opts.Mode == sink.Replace {
		if old, err = s.d.Inspect(ctx, c, s.schema, s.table); err != nil {
			return nil, err
		}
		if old != nil && old.Unfit != "" {
			return nil, s.unfit(old)
		}
	}
	if left, err := w.halfMade(ctx, c, t); err != nil {
		return nil, err
	} else if left {
		if err := execAll(ctx, c, []string{"DROP TABLE " + s.qualified(t.Name)}); err != nil {
			return nil, err
		}
		t = nil
	}
	if t == nil {
		if w.Mark != "" {
			return nil, claim.ErrSwapped
		}
		if t, err = w.create(ctx, c, schema, old); err != nil {
			return nil, err
		}
	}
	if t.Unfit != "" {
		return nil, s.unfit(t)
	}
	altered, err := w.evolve(ctx, c, schema, t)
	if err != nil {
		return nil, err
	}
	comment := t.Comment
	if old != nil && comment == old.Comment {
		// A table made like another one may have its comment, and its mark.
		comment = mark.Strip(comment)
	}
	if mark.Find(comment) == "" {
		text, _ := mark.Add(comment)
		if comment := s.d.Comment(s.qualified(t.Name), text); comment != "" {
			altered = true
			if err := execAll(ctx, c, []string{comment}); err != nil {
				return nil, err
			}
		}
	}
	if !altered {
		return t, nil
	}
	s.shape.Add(1)
	return s.inspectMade(ctx, c, w.table)
}

// halfMade says that a crash came amid the statements that make the shadow t, which commit one by one, or before an offset
// knew its mark: nothing is in it, and not all may be told of how it is to be.
func (w *writer) halfMade(ctx context.Context, c *sql.Conn, t *dialect.Table) (bool, error) {
	s := w.s
	if t == nil || s.opts.Mode != sink.Replace || s.d.TransactionalDDL() || s.d.Comment(s.qualified(t.Name), "") == "" {
		return false, nil
	}
	rows, err := s.offsets.List(ctx, c, w.Key.Pipeline, w.table)
	if err != nil {
		return false, err
	}
	own := mark.Find(t.Comment)
	for _, row := range rows {
		if row.Mark != "" && row.Mark == own {
			return false, nil
		}
	}
	return true, nil
}

func (s *Sink) unfit(t *dialect.Table) error {
	return fmt.Errorf("%s %s, so that rows cannot be loaded into it exactly once: name another table", s.qualified(t.Name), t.Unfit)
}

// inspectMade inspects a table that must be there.
func (s *Sink) inspectMade(ctx context.Context, c *sql.Conn, table string) (*dialect.Table, error) {
	t, err := s.d.Inspect(ctx, c, s.schema, table)
	if err == nil && t == nil {
		err = fmt.Errorf("%s was made and is not to be seen in the catalog", s.qualified(table))
	}
	return t, err
}

// create makes the table: from the types of the rows, or, in replace mode, like the one to be replaced.
func (w *writer) create(ctx context.Context, c *sql.Conn, schema *arrow.Schema, old *dialect.Table) (*dialect.Table, error) {
	s := w.s
	s.opts.Logger.InfoContext(ctx, "making the table", "sink", s.d.Name(), "table", w.table, "columns", schema.NumFields())
	statements, err := w.creation(ctx, c, schema, old)
	if err != nil {
		return nil, err
	}
	if err := execAll(ctx, c, statements); err != nil {
		return nil, err
	}
	return s.inspectMade(ctx, c, w.table)
}

func (w *writer) creation(ctx context.Context, c *sql.Conn, schema *arrow.Schema, old *dialect.Table) ([]string, error) {
	s := w.s
	if old != nil {
		return s.d.CreateLike(ctx, c, s.schema, w.table, old)
	}
	key, err := s.keyOf(schema)
	if err != nil {
		return nil, err
	}
	isKey := map[int]bool{}
	var names []string
	for _, k := range key {
		isKey[k] = true
		names = append(names, schema.Field(k).Name)
	}
	var columns []dialect.Column
	for i, f := range schema.Fields() {
		col, err := s.columnOf(f, isKey[i])
		if err != nil {
			return nil, err
		}
		columns = append(columns, col)
	}
	return []string{s.d.CreateTable(s.qualified(w.table), columns, names)}, nil
}

// columnOf is the column that is made for a field.
func (s *Sink) columnOf(f arrow.Field, key bool) (dialect.Column, error) {
	typ, err := s.d.Type(f, key)
	if err != nil {
		return dialect.Column{}, &sink.SchemaError{Target: s.table, Column: f.Name, Type: f.Type, Reason: err.Error()}
	}
	return dialect.Column{Name: f.Name, Type: typ, NotNull: key}, nil
}

// evolve adds and widens columns as far as the options allow, and refuses what then does not fit.
func (w *writer) evolve(ctx context.Context, c *sql.Conn, schema *arrow.Schema, t *dialect.Table) (altered bool, err error) {
	s := w.s
	given := map[string]bool{}
	for _, f := range schema.Fields() {
		given[s.d.Fold(f.Name)] = true
		alter, err := w.change(f, t)
		if err != nil {
			return false, err
		}
		if alter == "" {
			continue
		}
		s.opts.Logger.InfoContext(ctx, "altering the table", "sink", s.d.Name(), "table", w.table, "change", alter)
		if err := execAll(ctx, c, []string{alter}); err != nil {
			return false, err
		}
		altered = true
	}
	for _, have := range t.Columns {
		if have.NotNull && have.Default == "" && !have.Generated && !given[s.d.Fold(have.Name)] {
			return false, &sink.SchemaError{Target: s.table, Column: have.Name, Reason: "the table has it as NOT NULL without a DEFAULT, and the rows lack it: give it a default, or add it to the rows"}
		}
	}
	return altered, nil
}

// change is the statement that makes the table take a field; "" = it does.
func (w *writer) change(f arrow.Field, t *dialect.Table) (string, error) {
	s := w.s
	refuse := func(reason string) (string, error) {
		return "", &sink.SchemaError{Target: s.table, Column: f.Name, Type: f.Type, Reason: reason}
	}
	have := t.Column(s.d, f.Name)
	switch {
	case have == nil && s.opts.Evolve >= sink.AddColumns:
		col, err := s.columnOf(f, false)
		if err != nil {
			return "", err
		}
		return s.d.AddColumn(s.qualified(t.Name), col), nil
	case have == nil:
		return refuse("the table lacks it: add it, or set Options.Evolve to AddColumns")
	case have.Generated:
		return refuse("the database computes it: leave it out of the rows")
	}
	into := Into{Table: s.qualified(t.Name), Fields: []arrow.Field{f}, Columns: []dialect.Column{*have}}
	_, unfit := s.opts.Route.Plan(into)
	if unfit == nil {
		return "", nil
	}
	wider, ok := s.d.Widen(*have, f)
	switch {
	case ok && s.opts.Evolve == sink.Widen:
		return s.d.AlterColumn(s.qualified(t.Name), *have, wider), nil
	case ok:
		return refuse(fmt.Sprintf("%v; or set Options.Evolve to Widen, which makes it %s", unfit, wider))
	}
	return refuse(unfit.Error())
}
