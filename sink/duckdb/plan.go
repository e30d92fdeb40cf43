package duckdb

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/rejects"
	"github.com/floedata/floe/sink"
)

// plan is how records of one schema go into one table. It does not change once Prepare has made it.
type plan struct {
	schema  *arrow.Schema
	columns []planned
	view    *arrow.Schema // what DuckDB is shown: columns c0, c1, ... so that no name has to pass through the scan
	by      strategy
	key     []int         // the columns of Options.Key, in mode Upsert
	keys    *arrow.Schema // of those columns, numbered, in mode Upsert
	rest    []column      // of the table, that the rows lack
}

// planned is one column on its way.
type planned struct {
	name string // as the table has it
	want mapped
	typ  string // the column's type in the table
	from string // the expression over the view
}

// strategy is how rows go into the table.
type strategy int

const (
	byInsert   strategy = iota // INSERT
	byConflict                 // INSERT ... ON CONFLICT, where the key is unique by an index
	byDelete                   // DELETE, then INSERT, where it is not
)

// newPlan maps the columns of schema; an error is a *[sink.SchemaError].
func newPlan(table string, schema *arrow.Schema) (*plan, error) {
	p := &plan{schema: schema}
	if schema.NumFields() == 0 {
		return nil, &sink.SchemaError{Target: table, Reason: "the rows have no columns: a table needs one at least"}
	}
	var fields []arrow.Field
	seen := map[string]string{}
	for i, f := range schema.Fields() {
		m, err := mapField(table, f)
		if err != nil {
			return nil, err
		}
		if other, dup := seen[fold(f.Name)]; dup {
			return nil, &sink.SchemaError{Target: table, Column: f.Name, Type: f.Type, Reason: fmt.Sprintf("DuckDB takes it and %q for one column: rename one", other)}
		}
		seen[fold(f.Name)] = f.Name
		p.columns = append(p.columns, planned{name: f.Name, want: m})
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("c%d", i), Type: m.view, Nullable: true})
	}
	p.view = arrow.NewSchema(fields, nil)
	return p, nil
}

// settle notes the types that the table has, once it has them.
func (p *plan) settle(t *target) {
	given := map[string]bool{}
	for i := range p.columns {
		c := &p.columns[i]
		have := t.column(c.name)
		given[have.name] = true
		c.name, c.typ = have.name, have.typ
		c.from = p.view.Field(i).Name
		if c.want.cast || c.want.sql != have.typ {
			c.from = "CAST(" + c.from + " AS " + have.typ + ")"
		}
	}
	for _, c := range t.columns {
		if !given[c.name] {
			p.rest = append(p.rest, c)
		}
	}
}

// views are the schemas of what a load shows DuckDB.
func (p *plan) views() []*arrow.Schema {
	if p.by == byInsert {
		return []*arrow.Schema{p.view}
	}
	return []*arrow.Schema{p.view, p.keys}
}

// names writes the columns of the table for an INSERT.
func (p *plan) names() string {
	names := make([]string, len(p.columns))
	for i, c := range p.columns {
		names[i] = quote(c.name)
	}
	return strings.Join(names, ", ")
}

// values writes the expressions over the view in the order of names.
func (p *plan) values() string {
	exprs := make([]string, len(p.columns))
	for i, c := range p.columns {
		exprs[i] = c.from
	}
	return strings.Join(exprs, ", ")
}

// matches reports whether the plan was made for records of that schema.
func (p *plan) matches(schema *arrow.Schema) bool {
	if p.schema == schema {
		return true
	}
	if schema == nil || schema.NumFields() != p.schema.NumFields() {
		return false
	}
	for i, f := range p.schema.Fields() {
		g := schema.Field(i)
		if f.Name != g.Name || !arrow.TypeEqual(f.Type, g.Type) {
			return false
		}
	}
	return true
}

// fix makes of a borrowed record one that DuckDB is shown, for the caller to release, and the reasons of the rows
// that the table cannot hold, counted from first.
func (p *plan) fix(mem memory.Allocator, rec arrow.Record, first int64) (arrow.Record, []deadletter.Reason) {
	columns := make([]arrow.Array, len(p.columns))
	var reasons [][]deadletter.Reason
	for i, c := range p.columns {
		if c.want.fix == nil {
			columns[i] = keep(rec.Column(i))
			continue
		}
		var f faults
		columns[i] = c.want.fix(mem, rec.Column(i), &f)
		for k := range f.list {
			f.list[k].Row += first
			f.list[k].Column = p.schema.Field(i).Name
			f.list[k].Message = fmt.Sprintf("column %q: %s", f.list[k].Column, f.list[k].Message)
		}
		if len(f.list) > 0 {
			reasons = append(reasons, f.list)
		}
	}
	out := array.NewRecord(p.view, columns, rec.NumRows())
	for _, c := range columns {
		c.Release()
	}
	if len(reasons) == 0 {
		return out, nil
	}
	return out, rejects.Merge(reasons...)
}
