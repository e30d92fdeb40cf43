package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/uuid"

	"github.com/floedata/floe/dialect"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/internal/mark"
	"github.com/floedata/floe/internal/rejects"
	"github.com/floedata/floe/sink"
)

// Prepare implements [sink.Writer].
func (w *writer) Prepare(ctx context.Context, schema *arrow.Schema) error {
	if w.done() {
		return errClosed
	}
	s := w.s
	if err := s.checkSchema(schema); err != nil {
		return err
	}
	s.ddl.Lock()
	defer s.ddl.Unlock()
	err := s.session(ctx, func(c *sql.Conn) error {
		current, err := s.current(ctx, c, w.Key.Pipeline)
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
		p, err := s.newPlan(schema, t, true)
		if err != nil {
			return err
		}
		if p.rejects, err = s.prepareRejects(ctx, c); err != nil {
			return err
		}
		own := mark.Find(t.Comment)
		if err := w.Adopt(ctx, c, own); err != nil {
			return err
		}
		w.Mark = own
		w.plan.Store(p)
		return nil
	})
	var schemaErr *sink.SchemaError
	if errors.As(err, &schemaErr) || errors.Is(err, sink.ErrFenced) {
		return err
	}
	return s.wrap(ctx, "prepare", err)
}

// shape makes or evolves the table for the schema, marks it, and returns it as it is then. Each statement commits by
// itself, and bears to be found done.
func (w *writer) shape(ctx context.Context, c *sql.Conn, schema *arrow.Schema) (*dialect.Table, error) {
	s := w.s
	var old *dialect.Table // the table to be replaced
	var err error
	if s.opts.Mode == sink.Replace {
		if old, err = sf.Inspect(ctx, c, s.place, s.name); err != nil {
			return nil, err
		}
	}
	t, err := sf.Inspect(ctx, c, s.place, w.table)
	if err != nil {
		return nil, err
	}
	made := t == nil
	if made {
		if w.Mark != "" {
			return nil, claim.ErrSwapped
		}
		if err := w.create(ctx, c, schema, old); err != nil {
			return nil, err
		}
		if t, err = s.inspectMade(ctx, c, w.table); err != nil {
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
	if altered {
		if t, err = s.inspectMade(ctx, c, w.table); err != nil {
			return nil, err
		}
	}
	if made || altered {
		s.shape.Add(1)
	}
	own := mark.Find(t.Comment)
	if old != nil && (own == "" || own == mark.Find(old.Comment)) {
		return t, s.putMark(ctx, c, t, mark.Strip(old.Comment))
	}
	if own == "" {
		return t, s.putMark(ctx, c, t, t.Comment)
	}
	return t, nil
}

func (s *Sink) unfit(t *dialect.Table) error {
	return fmt.Errorf("%s %s, so that rows cannot be loaded into it exactly once: name another table", s.qualified(t.Name), t.Unfit)
}

// inspectMade inspects a table that must be there.
func (s *Sink) inspectMade(ctx context.Context, c *sql.Conn, table string) (*dialect.Table, error) {
	t, err := sf.Inspect(ctx, c, s.place, table)
	if err == nil && t == nil {
		err = fmt.Errorf("%s was made and is not to be seen by this role", s.qualified(table))
	}
	return t, err
}

// create makes the table with its mark, which is one step: from the types of the rows, or, in replace mode, like the one to
// be replaced.
func (w *writer) create(ctx context.Context, c *sql.Conn, schema *arrow.Schema, old *dialect.Table) error {
	s := w.s
	if old != nil {
		return s.createLike(ctx, c, w.table, old)
	}
	s.opts.Logger.InfoContext(ctx, "making the table", "sink", "snowflake", "table", w.table, "columns", schema.NumFields())
	key, err := s.keyOf(schema)
	if err != nil {
		return err
	}
	var columns []dialect.Column
	var names []string
	for i, f := range schema.Fields() {
		col, err := s.columnOf(f, slices.Contains(key, i))
		if err != nil {
			return err
		}
		columns = append(columns, col)
	}
	for _, k := range key {
		names = append(names, columns[k].Name)
	}
	err = execAll(ctx, c, s.d.CreateTable(s.qualified(w.table), columns, names)+" COMMENT = "+sf.Literal(mark.Text(uuid.NewString())))
	if err == nil || s.d.Classify(err) != dialect.Conflict {
		return err
	}
	// Another process may have made it at the same time.
	if _, found, look := s.place.Comment(ctx, c, w.table); look == nil && !found {
		return fmt.Errorf("there is something of that name which this role does not see: grant it SELECT and INSERT, or name another table (%v)", err)
	}
	return err
}

// putMark sets the comment of a table to the user's text and a mark, unless another process has changed it meanwhile.
func (s *Sink) putMark(ctx context.Context, c *sql.Conn, t *dialect.Table, users string) error {
	text, _ := mark.Add(users)
	comment, err := run(ctx, c, s.markBlock(t.Name, t.Comment, text).String())
	if err != nil {
		return err
	}
	if mark.Find(comment) == "" {
		return fmt.Errorf("the comment of %s was changed while it was being marked: run again", s.qualified(t.Name))
	}
	t.Comment = comment
	return nil
}

// markBlock sets the comment of a table where it is what was seen, and answers what it then is.
func (s *Sink) markBlock(table, seen, text string) *block {
	b := &block{variables: []string{"id VARCHAR", "comment VARCHAR"}}
	b.add(s.readComment(table)...)
	b.add(
		when("comment = "+sf.Literal(seen), s.d.Comment(s.qualified(table), text), "comment := "+sf.Literal(text)),
		"RETURN comment")
	return b
}

// prepareRejects makes the table of rejects where the options ask for one, and plans for it.
func (s *Sink) prepareRejects(ctx context.Context, c *sql.Conn) (*plan, error) {
	if s.opts.Rejects == "" {
		return nil, nil
	}
	name := s.opts.resolve(s.opts.Rejects)
	schema := arrow.NewSchema(rejects.Columns(), nil)
	t, err := sf.Inspect(ctx, c, s.place, name)
	if err != nil {
		return nil, err
	}
	if t == nil {
		var columns []dialect.Column
		for _, f := range schema.Fields() {
			col, err := s.columnOf(f, false)
			if err != nil {
				return nil, err
			}
			columns = append(columns, col)
		}
		if err := execAll(ctx, c, strings.Replace(s.d.CreateTable(s.qualified(name), columns, nil), "CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1)); err != nil {
			return nil, err
		}
		if t, err = s.inspectMade(ctx, c, name); err != nil {
			return nil, err
		}
	}
	for _, f := range schema.Fields() {
		if s.columnFor(t, f) == nil {
			return nil, fmt.Errorf("the table of rejects, %s, has no column %q: drop the table, and let the sink make it anew", s.qualified(name), f.Name)
		}
	}
	return s.newPlan(schema, t, false)
}
