package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/internal/mark"
	"github.com/floedata/floe/sink"
)

// Prepare implements [sink.Writer].
func (w *writer) Prepare(ctx context.Context, schema *arrow.Schema) error {
	if w.done() {
		return errClosed
	}
	p, err := newPlan(w.s.table, schema)
	if err != nil {
		return err
	}
	w.s.ddl.Lock()
	defer w.s.ddl.Unlock()
	var own string
	err = w.s.inTx(ctx, func(c *sql.Conn) error {
		t, err := w.shape(ctx, c, p)
		if err != nil {
			return err
		}
		if err := w.strategy(p, t); err != nil {
			return err
		}
		p.settle(t)
		own = t.mark
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

// shape makes or evolves the table for the plan, marks it, and returns it as it is then.
func (w *writer) shape(ctx context.Context, c *sql.Conn, p *plan) (*target, error) {
	t, err := w.s.inspect(ctx, c, w.table)
	if err != nil {
		return nil, err
	}
	if t == nil {
		if w.Mark != "" {
			return nil, claim.ErrSwapped
		}
		t, err = w.create(ctx, c, p)
		if err != nil {
			return nil, err
		}
	}
	altered, err := w.evolve(ctx, c, p, t)
	if err != nil {
		return nil, err
	}
	comment := t.comment
	if altered {
		if t, err = w.s.inspect(ctx, c, w.table); err != nil {
			return nil, err
		}
	}
	if t.mark == "" {
		text, own := mark.Add(comment)
		if err := w.s.exec(ctx, c, "COMMENT ON TABLE "+w.s.qualified(t.name)+" IS "+literal(text)); err != nil {
			return nil, err
		}
		t.mark = own
	}
	return t, nil
}

// create makes the table: from the types of the rows, or, in replace mode, like the one to be replaced.
func (w *writer) create(ctx context.Context, c *sql.Conn, p *plan) (*target, error) {
	if err := w.s.refuseView(ctx, c, w.s.table); err != nil {
		return nil, err
	}
	w.s.opts.Logger.InfoContext(ctx, "making the table", "sink", "duckdb", "table", w.table, "columns", len(p.columns))
	if w.s.opts.Mode == sink.Replace {
		old, err := w.s.inspect(ctx, c, w.s.table)
		if err != nil {
			return nil, err
		}
		if old != nil {
			return w.createLike(ctx, c, old)
		}
	}
	columns := make([]string, len(p.columns))
	for i, col := range p.columns {
		columns[i] = quote(col.name) + " " + col.want.sql
	}
	if err := w.s.exec(ctx, c, "CREATE TABLE "+w.s.qualified(w.table)+" ("+strings.Join(columns, ", ")+")"); err != nil {
		return nil, err
	}
	return w.s.inspect(ctx, c, w.table)
}

// evolve adds and widens columns as far as the options allow, and refuses what then does not fit.
func (w *writer) evolve(ctx context.Context, c *sql.Conn, p *plan, t *target) (altered bool, err error) {
	types, err := canonical(ctx, c, p)
	if err != nil {
		return false, err
	}
	given := map[string]bool{}
	for i, col := range p.columns {
		given[fold(col.name)] = true
		want := types[i]
		p.columns[i].want.sql = want
		field := p.schema.Field(i)
		have := t.column(col.name)
		alter := ""
		switch {
		case have == nil && w.s.opts.Evolve >= sink.AddColumns:
			alter = "ADD COLUMN " + quote(col.name) + " " + want
		case have == nil:
			return false, &sink.SchemaError{Target: w.s.table, Column: col.name, Type: field.Type, Reason: "the table lacks it: add it, or set Options.Evolve to AddColumns"}
		case field.Type.ID() == arrow.NULL || widens(want, have.typ):
		case w.s.opts.Evolve == sink.Widen && widens(have.typ, want):
			alter = "ALTER COLUMN " + quote(have.name) + " SET DATA TYPE " + want
		case !fits(want, have.typ):
			return false, &sink.SchemaError{
				Target: w.s.table, Column: col.name, Type: field.Type,
				Reason: fmt.Sprintf("the table has it as %s, which cannot hold %s exactly: alter the table, convert the column before%s", have.typ, want, hint(w.s.opts.Evolve, have.typ, want)),
			}
		}
		if alter == "" {
			continue
		}
		w.s.opts.Logger.InfoContext(ctx, "altering the table", "sink", "duckdb", "table", w.table, "change", alter)
		if err := w.s.exec(ctx, c, "ALTER TABLE "+w.s.qualified(t.name)+" "+alter); err != nil {
			return false, err
		}
		altered = true
	}
	for _, have := range t.columns {
		if have.notNull && have.fallback == "" && !given[fold(have.name)] {
			return false, &sink.SchemaError{Target: w.s.table, Column: have.name, Reason: "the table has it as NOT NULL without a DEFAULT, and the rows lack it: give it a default, or add it to the rows"}
		}
	}
	return altered, nil
}

func hint(e sink.Evolve, have, want string) string {
	if e != sink.Widen && widens(have, want) {
		return ", or set Options.Evolve to Widen"
	}
	return ""
}

// canonical returns the types of the plan's columns as the catalog writes them.
func canonical(ctx context.Context, c *sql.Conn, p *plan) ([]string, error) {
	exprs := make([]string, len(p.columns))
	names := make([]string, len(p.columns))
	into := make([]any, len(p.columns))
	for i, col := range p.columns {
		exprs[i] = "typeof(CAST(NULL AS " + col.want.sql + "))"
		into[i] = &names[i]
	}
	return names, c.QueryRowContext(ctx, "SELECT "+strings.Join(exprs, ", ")).Scan(into...)
}

// strategy decides how rows go in. DuckDB checks a unique index against rows that the same transaction has deleted,
// so that an upsert can delete and insert only where there is none.
func (w *writer) strategy(p *plan, t *target) error {
	if w.s.opts.Mode != sink.Upsert {
		return nil
	}
	var key []string
	for _, k := range w.s.opts.Key {
		i := slices.IndexFunc(p.columns, func(c planned) bool { return fold(c.name) == fold(k) })
		if i < 0 {
			return &sink.SchemaError{Target: w.s.table, Column: k, Reason: "it is in Options.Key, and the rows lack it"}
		}
		if id := p.schema.Field(i).Type.ID(); arrow.IsNested(id) || id == arrow.NULL {
			return &sink.SchemaError{Target: w.s.table, Column: k, Type: p.schema.Field(i).Type, Reason: "it is in Options.Key, and a key must be of plain values"}
		}
		p.key = append(p.key, i)
		key = append(key, fold(k))
	}
	fields := make([]arrow.Field, len(p.key))
	for i, k := range p.key {
		fields[i] = p.view.Field(k)
	}
	p.keys = numberedSchema(arrow.NewSchema(fields, nil))
	slices.Sort(key)
	p.by = byDelete
	for _, u := range t.unique {
		have := make([]string, len(u.columns))
		for i, c := range u.columns {
			have[i] = fold(c)
		}
		slices.Sort(have)
		if !slices.Equal(have, key) {
			return &sink.SchemaError{
				Target: w.s.table, Column: strings.Join(u.columns, ", "),
				Reason: "the table keeps something else unique than Options.Key, and DuckDB cannot replace rows then: drop that constraint or index, or name its columns in Options.Key",
			}
		}
		p.by = byConflict
	}
	return nil
}

// exec runs a statement without parameters.
func (s *Sink) exec(ctx context.Context, c *sql.Conn, query string) error {
	_, err := c.ExecContext(ctx, query)
	return err
}
