// Package translate makes DuckDB SQL of Snowflake's queries and expressions.
//
// It types statically: every expression gets the type that it has in Snowflake, and DuckDB is told what to do for exactly
// these types, so that the columns of what comes out have the forms of [types.Type.DuckDB]. Where DuckDB's functions do
// otherwise than Snowflake's, those of package scalar stand in, which must be registered. What is not known is refused by
// name. Snowflake's names never reach DuckDB, which folds their case: columns are addressed by their place.
//
// Known to be approximate: equality of VARIANTs is that of their JSON text; GROUP BY and DISTINCT tell equal instants of
// TIMESTAMP_TZ with different offsets apart; SEQ of FLATTEN is the same for equal inputs; comparing with ANY and ALL of a
// list of other types may differ.
package translate

import (
	"fmt"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// Column is one column of a relation or a result.
type Column struct {
	Name     string
	Type     types.Type
	Nullable bool
	// Hidden columns are found by their names, and are not among those of *.
	Hidden bool
}

// Relation is what a query reads. SQL is a query of DuckDB without brackets, whose columns are Columns by their place;
// their names in DuckDB do not matter.
type Relation struct {
	SQL     string
	Columns []Column
	// Open relations (files of a stage that have no header) have any number of columns by number ($1, $2, …): those
	// beyond Columns are NULL.
	Open bool
}

// Value is a value that is known before the query runs, as DuckDB's text of it.
type Value struct {
	SQL  string
	Type types.Type // kind 0 = NULL without a type
}

// Resolver knows what SQL leaves to the session that runs it. Errors end the translation and are returned as they are.
type Resolver interface {
	// Table, Stage and TableFunc return what a query reads. TableFunc is asked for what this package does not know
	// itself, and answers an *[Error] by [UnknownFunction] if nor does it.
	Table(ref *syntax.TableRef) (Relation, error)
	Stage(ref *syntax.StageRef) (Relation, error)
	TableFunc(f *syntax.TableFunc) (Relation, error)
	// Variable returns a variable of Snowflake Scripting (SQLROWCOUNT too), Field a field of a cursor's row,
	// SessionVariable what SET set, Bind the value of a bind, which are counted from 1.
	Variable(name string) (Value, error)
	Field(row, name string) (Value, error)
	SessionVariable(name string) (Value, error)
	Bind(index int) (Value, error)
	// Context returns what a function such as CURRENT_ROLE or SYSTEM$… without a known meaning here answers, given its
	// arguments as they were written; ok is false if it does not know it.
	Context(f *syntax.Func) (v Value, ok bool, err error)
	// Parameter returns a parameter of the session, such as TIMEZONE and TIMESTAMP_OUTPUT_FORMAT; "" = Snowflake's default.
	Parameter(name string) string
	// Now is the time of CURRENT_TIMESTAMP: the same in a whole statement.
	Now() time.Time
}

// Query returns DuckDB's text of a query, and its columns. A column that is NULL throughout has a type of kind 0: DuckDB has it
// as a VARCHAR, and Snowflake shows it as one.
func Query(q *syntax.Query, r Resolver) (sql string, columns []Column, err error) {
	defer rescue(&err)
	t := &translator{r: r}
	rel := t.query(q, nil)
	return rel.sql, rel.columns, nil
}

// Items returns the select list of a transformation, SELECT … FROM @stage, as DuckDB's texts over from, which is the stage's
// relation as an item of FROM.
func Items(sel *syntax.Select, r Resolver) (items []Value, from string, err error) {
	defer rescue(&err)
	t, s := &translator{r: r}, &scope{}
	if sel.Distinct || sel.Top != nil || sel.Where != nil || sel.Group.All || len(sel.Group.Keys) > 0 || sel.Having != nil || sel.Qualify != nil || len(sel.From) != 1 {
		panic(unsupported("a transformation with more than a select list and one stage"))
	}
	from = t.from(sel.From[0], s)
	for _, o := range t.outputs(sel, s) {
		items = append(items, Value{o.value.sql, o.value.typ})
	}
	return items, from, nil
}

// Expr returns DuckDB's text of an expression without columns, as Snowflake Scripting, SET and defaults have them, with its
// type. Names are variables; a type of kind 0 is NULL.
func Expr(x syntax.Expr, r Resolver) (sql string, of types.Type, err error) {
	defer rescue(&err)
	t := &translator{r: r}
	v := t.expr(x, &scope{script: true})
	return v.sql, v.typ, nil
}

// Cast returns DuckDB's text of what x::to is, x being DuckDB's text of a value of a type.
func Cast(x string, from, to types.Type, r Resolver) (sql string, err error) {
	defer rescue(&err)
	t := &translator{r: r}
	return t.cast(value{sql: x, typ: from}, to, explicit).sql, nil
}

// Assign is as Cast for what INSERT and UPDATE do: texts that are too long are an error, and what has to be cast in words
// is refused. Column is for the message.
func Assign(x string, from, to types.Type, column string, r Resolver) (sql string, err error) {
	defer rescue(&err)
	t := &translator{r: r}
	if !assignable(from, to) {
		panic(&Error{2023, "22000", fmt.Sprintf("SQL compilation error:\nExpression type does not match column data type, expecting %v but got %v for column %s", to, from, column)})
	}
	return t.cast(value{sql: x, typ: from}, to, implicit).sql, nil
}

// translator is one translation. It reports what is wrong by a panic with an error, which the functions above return.
type translator struct {
	r    Resolver
	last int // number of the last relation
}

// id returns a name for a relation that no other has.
func (t *translator) id() string {
	t.last++
	return fmt.Sprintf("t%d", t.last)
}
