package main

import (
	"context"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/sink"
)

// columnTypes is the sink's table of types. What is not in it must be cast by a transform.
var columnTypes = map[arrow.Type]string{
	arrow.BOOL:   "BOOLEAN",
	arrow.INT32:  "INTEGER",
	arrow.INT64:  "BIGINT",
	arrow.STRING: "VARCHAR",
	arrow.DATE32: "DATE",
}

// create makes the table for schema where it is missing, and answers the types of its columns. A table that is there
// must have the same columns.
func (w *writer) create(ctx context.Context, schema *arrow.Schema) (map[string]string, error) {
	types, taken := map[string]string{}, map[string]bool{}
	var columns []string
	for _, f := range schema.Fields() {
		typ, ok := columnTypes[f.Type.ID()]
		if !ok {
			return nil, w.refuse(f, "the sink has no such type: cast the column")
		}
		if taken[strings.ToLower(f.Name)] {
			return nil, w.refuse(f, "two columns have this name, letter case aside")
		}
		taken[strings.ToLower(f.Name)] = true
		types[f.Name] = typ
		columns = append(columns, quote(f.Name)+" "+typ)
	}
	if _, err := w.db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+quote(w.name)+" ("+strings.Join(columns, ", ")+")"); err != nil {
		return nil, err
	}
	rows, err := w.db.QueryContext(ctx, "SELECT * FROM "+quote(w.name)+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	for i, f := range schema.Fields() {
		if i >= len(have) || have[i].Name() != f.Name || have[i].DatabaseTypeName() != types[f.Name] {
			return nil, w.refuse(f, "the table has other columns")
		}
	}
	if last := schema.Field(schema.NumFields() - 1); len(have) > len(columns) {
		return nil, w.refuse(last, "the table has more columns behind this one")
	}
	return types, nil
}

func (w *writer) refuse(f arrow.Field, reason string) error {
	return &sink.SchemaError{Target: w.name, Column: f.Name, Type: f.Type, Reason: reason}
}

func quote(name string) string   { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
