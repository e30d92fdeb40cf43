package duckdb

import (
	"context"
	"fmt"
	"strings"

	"github.com/floedata/floe/internal/mark"
	"github.com/floedata/floe/offset"
)

// target is a table as the catalog has it.
type target struct {
	name    string // as it was created
	columns []column
	comment string // the user's and the mark
	mark    string // the id in the comment; "" = none
	unique  []unique
	checks  []check
	foreign []foreign
}

type column struct {
	name, typ string
	notNull   bool
	fallback  string // the DEFAULT expression; "" = NULL
}

// unique is a PRIMARY KEY, UNIQUE constraint or unique index. columns is nil where the index is over expressions.
type unique struct{ columns []string }

// check is a CHECK constraint's expression.
type check struct{ expression string }

// foreign is a FOREIGN KEY constraint: its columns, and those of the table that must have them.
type foreign struct {
	columns    []string
	table      string
	referenced []string
}

// column returns the column of that name, or nil.
func (t *target) column(name string) *column {
	for i := range t.columns {
		if fold(t.columns[i].name) == fold(name) {
			return &t.columns[i]
		}
	}
	return nil
}

// inspect reads what the catalog says of a table of the sink's schema; nil = there is none.
func (s *Sink) inspect(ctx context.Context, db offset.DB, table string) (*target, error) {
	t, err := s.inspectTable(ctx, db, table)
	if err != nil || t == nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, `SELECT column_name, data_type, NOT is_nullable, coalesce(column_default, '')
		FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = ? AND table_name = ? ORDER BY column_index`, s.schema, t.name)
	if err != nil {
		return nil, fmt.Errorf("read the columns of %q: %w", table, err)
	}
	defer rows.Close()
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.typ, &c.notNull, &c.fallback); err != nil {
			return nil, err
		}
		t.columns = append(t.columns, c)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return t, s.inspectConstraints(ctx, db, t)
}

// inspectTable reads the table's name and comment. DuckDB's lower() folds more letters than its catalog does, so
// that the names are compared here.
func (s *Sink) inspectTable(ctx context.Context, db offset.DB, table string) (*target, error) {
	rows, err := db.QueryContext(ctx, `SELECT schema_name, table_name, coalesce(comment, '') FROM duckdb_tables()
		WHERE database_name = current_database() AND lower(schema_name) = lower(?) AND lower(table_name) = lower(?)`, s.schema, table)
	if err != nil {
		return nil, fmt.Errorf("look for %q: %w", table, err)
	}
	defer rows.Close()
	var t *target
	for rows.Next() {
		var schema, name, comment string
		if err := rows.Scan(&schema, &name, &comment); err != nil {
			return nil, err
		}
		if fold(schema) == fold(s.schema) && fold(name) == fold(table) {
			t = &target{name: name, comment: comment, mark: mark.Find(comment)}
		}
	}
	return t, rows.Err()
}

// refuseView answers an error where a view has the name of a table to be made.
func (s *Sink) refuseView(ctx context.Context, db offset.DB, table string) error {
	rows, err := db.QueryContext(ctx, `SELECT view_name FROM duckdb_views()
		WHERE database_name = current_database() AND lower(schema_name) = lower(?) AND lower(view_name) = lower(?)`, s.schema, table)
	if err != nil {
		return fmt.Errorf("look for a view %q: %w", table, err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		if fold(name) == fold(table) {
			return fmt.Errorf("%s is a view, which holds no rows: name the table behind it, or drop the view", s.qualified(name))
		}
	}
	return rows.Err()
}

func (s *Sink) inspectConstraints(ctx context.Context, db offset.DB, t *target) error {
	rows, err := db.QueryContext(ctx, `SELECT constraint_type, coalesce(expression, ''), array_to_string(constraint_column_names, chr(1)),
		coalesce(referenced_table, ''), coalesce(array_to_string(referenced_column_names, chr(1)), '')
		FROM duckdb_constraints() WHERE database_name = current_database() AND schema_name = ? AND table_name = ?
		UNION ALL SELECT 'INDEX', coalesce(expressions, ''), '', '', '' FROM duckdb_indexes()
		WHERE is_unique AND NOT is_primary AND database_name = current_database() AND schema_name = ? AND table_name = ?`, s.schema, t.name, s.schema, t.name)
	if err != nil {
		return fmt.Errorf("read the constraints of %q: %w", t.name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var kind, expression, columns, referenced, theirs string
		if err := rows.Scan(&kind, &expression, &columns, &referenced, &theirs); err != nil {
			return err
		}
		switch kind {
		case "PRIMARY KEY", "UNIQUE":
			t.unique = append(t.unique, unique{strings.Split(columns, "\x01")})
		case "CHECK":
			t.checks = append(t.checks, check{expression})
		case "FOREIGN KEY":
			t.foreign = append(t.foreign, foreign{strings.Split(columns, "\x01"), referenced, strings.Split(theirs, "\x01")})
		case "INDEX":
			t.unique = append(t.unique, unique{t.indexed(expression)})
		}
	}
	return rows.Err()
}

// indexed reads the columns of an index from the catalog's text, such as [a, '"b c"']; nil where it is over
// anything else.
func (t *target) indexed(expressions string) []string {
	var names []string
	for _, part := range strings.Split(strings.Trim(expressions, "[]"), ", ") {
		part = strings.Trim(part, `'`)
		part = strings.ReplaceAll(strings.Trim(part, `"`), `""`, `"`)
		c := t.column(part)
		if c == nil {
			return nil
		}
		names = append(names, c.name)
	}
	return names
}
