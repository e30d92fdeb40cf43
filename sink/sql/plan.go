package sql

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/sink"
)

// plan is how records of one schema go into one table. It does not change once Prepare has made it.
type plan struct {
	schema *arrow.Schema
	shape  int64 // [Sink].shape that it was made for
	key    []int // the columns of Options.Key, in mode Upsert
	in     Inserter
}

// checkSchema refuses what no table can have.
func (s *Sink) checkSchema(schema *arrow.Schema) error {
	if schema.NumFields() == 0 {
		return &sink.SchemaError{Target: s.table, Reason: "the rows have no columns: a table needs one at least"}
	}
	seen := map[string]string{}
	for _, f := range schema.Fields() {
		if err := s.d.CheckName(f.Name); err != nil {
			return &sink.SchemaError{Target: s.table, Column: f.Name, Type: f.Type, Reason: "its name " + err.Error() + ": rename the column"}
		}
		if other, dup := seen[s.d.Fold(f.Name)]; dup {
			return &sink.SchemaError{Target: s.table, Column: f.Name, Type: f.Type, Reason: fmt.Sprintf("the database takes it and %q for one column: rename one", other)}
		}
		seen[s.d.Fold(f.Name)] = f.Name
	}
	return nil
}

// keyOf finds the columns of Options.Key.
func (s *Sink) keyOf(schema *arrow.Schema) ([]int, error) {
	var key []int
	for _, k := range s.opts.Key {
		i := slices.IndexFunc(schema.Fields(), func(f arrow.Field) bool { return s.d.Fold(f.Name) == s.d.Fold(k) })
		if i < 0 {
			return nil, &sink.SchemaError{Target: s.table, Column: k, Reason: "it is in Options.Key, and the rows lack it"}
		}
		if id := schema.Field(i).Type.ID(); arrow.IsNested(id) || id == arrow.NULL {
			return nil, &sink.SchemaError{Target: s.table, Column: k, Type: schema.Field(i).Type, Reason: "it is in Options.Key, and a key must be of plain values"}
		}
		key = append(key, i)
	}
	return key, nil
}

// into pairs the fields with the columns that the table has for them.
func (w *writer) into(schema *arrow.Schema, t *dialect.Table) (Into, error) {
	s := w.s
	in := Into{Table: s.qualified(w.table), Fields: schema.Fields()}
	given := map[string]bool{}
	for _, f := range schema.Fields() {
		c := *t.Column(s.d, f.Name)
		in.Columns = append(in.Columns, c)
		given[c.Name] = true
	}
	var err error
	if in.Key, err = s.keyOf(schema); err != nil {
		return Into{}, err
	}
	unique := map[string]bool{}
	for _, u := range t.Unique {
		for _, c := range u.Columns {
			unique[c] = true
		}
	}
	for _, c := range t.Columns {
		if !given[c.Name] && !c.Generated && !unique[c.Name] {
			in.Rest = append(in.Rest, c)
		}
	}
	return in, s.checkKeyIndex(in, t)
}

// checkKeyIndex sees to it that an upsert finds rows by Options.Key, and by nothing else.
func (s *Sink) checkKeyIndex(in Into, t *dialect.Table) error {
	if s.opts.Mode != sink.Upsert {
		return nil
	}
	isKey, given := map[string]bool{}, map[string]bool{}
	for _, k := range in.Key {
		isKey[in.Columns[k].Name] = true
	}
	for _, c := range in.Columns {
		given[c.Name] = true
	}
	found := false
	var other []string
	for _, u := range t.Unique {
		if len(u.Columns) == len(isKey) && !slices.ContainsFunc(u.Columns, func(c string) bool { return !isKey[c] }) {
			found = true
		} else if u.Columns == nil || slices.ContainsFunc(u.Columns, func(c string) bool { return given[c] }) {
			other = u.Columns
			if u.Columns == nil {
				other = []string{"an expression"}
			}
		}
	}
	if !found {
		return &sink.SchemaError{
			Target: s.table, Column: strings.Join(s.opts.Key, ", "),
			Reason: "the table has no primary key or unique index of just the columns of Options.Key, by which rows are replaced: add one",
		}
	}
	if other != nil && s.d.UpsertByAnyKey() {
		return &sink.SchemaError{
			Target: s.table, Column: strings.Join(other, ", "),
			Reason: "the table keeps it unique beside Options.Key, and the database would replace the row that has the one or the other: drop that index, or name its columns in Options.Key",
		}
	}
	return nil
}

// plan plans the route, and names the column that cannot take its field.
func (w *writer) newPlan(schema *arrow.Schema, into Into) (*plan, error) {
	in, err := w.s.opts.Route.Plan(into)
	var bad *Unloadable
	if errors.As(err, &bad) {
		f := schema.Field(bad.Column)
		return nil, &sink.SchemaError{Target: w.s.table, Column: f.Name, Type: f.Type, Reason: bad.Err.Error()}
	}
	return &plan{schema: schema, shape: w.s.shape.Load(), key: into.Key, in: in}, err
}

// matches reports whether the plan was made for records of that schema.
func (p *plan) matches(schema *arrow.Schema) bool {
	return p.schema == schema || schema != nil && slices.EqualFunc(p.schema.Fields(), schema.Fields(), func(a, b arrow.Field) bool {
		return a.Name == b.Name && arrow.TypeEqual(a.Type, b.Type)
	})
}
