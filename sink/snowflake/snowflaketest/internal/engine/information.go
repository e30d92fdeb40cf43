package engine

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

const informationSchema = "INFORMATION_SCHEMA"

// inline is a relation of values that are at hand.
func inline(columns []Column, rows [][]any) translate.Relation {
	r := translate.Relation{}
	var nulls []string
	for _, c := range columns {
		r.Columns = append(r.Columns, translate.Column{Name: c.Name, Type: c.Type, Nullable: c.Nullable})
		nulls = append(nulls, value{typ: c.Type}.literal())
	}
	names := numbered("c", len(columns))
	if len(rows) == 0 {
		r.SQL = fmt.Sprintf(`SELECT * FROM (SELECT %s) AS q(%s) WHERE FALSE`, strings.Join(nulls, ", "), names)
		return r
	}
	var values strings.Builder
	for i, row := range rows {
		if i > 0 {
			values.WriteString(", ")
		}
		literals := make([]string, len(columns))
		for j, c := range columns {
			literals[j] = value{typ: c.Type, v: row[j]}.literal()
		}
		values.WriteString("(" + strings.Join(literals, ", ") + ")")
	}
	r.SQL = fmt.Sprintf(`SELECT * FROM (VALUES %s) AS q(%s)`, values.String(), names)
	return r
}

// information is a view of INFORMATION_SCHEMA: of the database that the name says, or of the current one.
func (w *work) information(parts []string) (translate.Relation, error) {
	db, err := w.databaseOf(parts[:len(parts)-2], "SELECT")
	if err != nil {
		return translate.Relation{}, err
	}
	name := parts[len(parts)-1]
	v, ok := views[name]
	if !ok {
		return translate.Relation{}, missingObject(dotted(parts))
	}
	columns := headed(v.columns)
	var rows [][]any
	for _, k := range v.kinds {
		for _, o := range w.e.catalog.all(k) {
			if (o.Session == 0 || o.Session == w.s.id) && w.visible(o) && (w.inside(o, db) || k == syntax.Database) {
				more, err := v.rows(w, o)
				if err != nil {
					return translate.Relation{}, err
				}
				rows = append(rows, more...)
			}
		}
	}
	for _, row := range rows {
		if len(row) != len(columns) {
			return translate.Relation{}, fmt.Errorf("INFORMATION_SCHEMA.%s: a row of %d columns where %d are named", name, len(row), len(columns))
		}
	}
	return inline(columns, rows), nil
}

// informationView is a view of INFORMATION_SCHEMA: the rows that an object makes in it.
type informationView struct {
	kinds   []syntax.Kind
	columns []string
	rows    func(w *work, o *object) ([][]any, error)
}

// views have the columns of Snowflake's that say something of the fake.
var views map[string]informationView

func init() {
	one := func(f func(w *work, o *object) []any) func(w *work, o *object) ([][]any, error) {
		return func(w *work, o *object) ([][]any, error) { return [][]any{f(w, o)}, nil }
	}
	views = map[string]informationView{
		"DATABASES": {
			kinds:   []syntax.Kind{syntax.Database},
			columns: []string{"DATABASE_NAME", "DATABASE_OWNER", "IS_TRANSIENT", "COMMENT", "CREATED:t", "LAST_ALTERED:t", "RETENTION_TIME:n", "TYPE"},
			rows: one(func(w *work, o *object) []any {
				return []any{o.Name, w.e.catalog.name(o.Owner), long(o.Transient), optional(o.Comment), o.Created, o.Altered, retention(o), "STANDARD"}
			}),
		},
		"SCHEMATA": {
			kinds: []syntax.Kind{syntax.Schema},
			columns: []string{
				"CATALOG_NAME", "SCHEMA_NAME", "SCHEMA_OWNER", "IS_TRANSIENT", "IS_MANAGED_ACCESS", "RETENTION_TIME:n", "CREATED:t",
				"LAST_ALTERED:t", "COMMENT",
			},
			rows: one(func(w *work, o *object) []any {
				return []any{
					w.e.catalog.name(o.Parent), o.Name, w.e.catalog.name(o.Owner), long(o.Transient), "NO", retention(o), o.Created, o.Altered,
					optional(o.Comment),
				}
			}),
		},
		"TABLES": {
			kinds: []syntax.Kind{syntax.Table, syntax.View},
			columns: []string{
				"TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_OWNER", "TABLE_TYPE", "IS_TRANSIENT", "CLUSTERING_KEY", "ROW_COUNT:n",
				"BYTES:n", "RETENTION_TIME:n", "CREATED:t", "LAST_ALTERED:t", "LAST_DDL:t", "COMMENT", "IS_TEMPORARY", "IS_ICEBERG",
				"IS_DYNAMIC", "IS_HYBRID",
			},
			rows: one(func(w *work, o *object) []any {
				database, schema := w.place(o)
				row := []any{
					database, schema, o.Name, w.e.catalog.name(o.Owner), "VIEW", nil, nil, nil, nil, nil, o.Created, o.Altered, o.Altered,
					optional(o.Comment), "NO", "NO", "NO", "NO",
				}
				if o.Kind == syntax.Table {
					row[4], row[5], row[6], row[7], row[8], row[9] = "BASE TABLE", long(o.Transient), optional(clustering(o)), itoa(w.rowsIn(o)), "0", retention(o)
					if o.Session != 0 {
						row[4], row[14] = "LOCAL TEMPORARY", "YES"
					}
				}
				return row
			}),
		},
		"VIEWS": {
			kinds: []syntax.Kind{syntax.View},
			columns: []string{
				"TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_OWNER", "VIEW_DEFINITION", "IS_SECURE", "CREATED:t", "LAST_ALTERED:t", "COMMENT",
			},
			rows: one(func(w *work, o *object) []any {
				database, schema := w.place(o)
				return []any{database, schema, o.Name, w.e.catalog.name(o.Owner), o.View.Text, "NO", o.Created, o.Altered, optional(o.Comment)}
			}),
		},
		"COLUMNS": {
			kinds: []syntax.Kind{syntax.Table, syntax.View},
			columns: []string{
				"TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME", "ORDINAL_POSITION:n", "COLUMN_DEFAULT", "IS_NULLABLE", "DATA_TYPE",
				"CHARACTER_MAXIMUM_LENGTH:n", "CHARACTER_OCTET_LENGTH:n", "NUMERIC_PRECISION:n", "NUMERIC_PRECISION_RADIX:n", "NUMERIC_SCALE:n",
				"DATETIME_PRECISION:n", "IS_IDENTITY", "IDENTITY_START", "IDENTITY_INCREMENT", "SCHEMA_EVOLUTION_RECORD", "COMMENT",
			},
			rows: columnRows,
		},
		"STAGES": {
			kinds: []syntax.Kind{syntax.Stage},
			columns: []string{
				"STAGE_CATALOG", "STAGE_SCHEMA", "STAGE_NAME", "STAGE_URL", "STAGE_REGION", "STAGE_TYPE", "STAGE_OWNER", "COMMENT", "CREATED:t",
				"LAST_ALTERED:t",
			},
			rows: one(func(w *work, o *object) []any {
				database, schema := w.place(o)
				kind := "Internal Named"
				if o.Stage.URL != "" {
					kind = "External Named"
				}
				return []any{
					database, schema, o.Name, optional(o.Stage.URL), nil, kind, w.e.catalog.name(o.Owner), optional(o.Comment), o.Created, o.Altered,
				}
			}),
		},
		"FILE_FORMATS": {
			kinds: []syntax.Kind{syntax.FileFormat},
			columns: []string{
				"FILE_FORMAT_CATALOG", "FILE_FORMAT_SCHEMA", "FILE_FORMAT_NAME", "FILE_FORMAT_OWNER", "FILE_FORMAT_TYPE", "COMMENT", "CREATED:t",
				"LAST_ALTERED:t",
			},
			rows: one(func(w *work, o *object) []any {
				database, schema := w.place(o)
				kind, _ := shownFormat(o.Format)
				return []any{database, schema, o.Name, w.e.catalog.name(o.Owner), kind, optional(o.Comment), o.Created, o.Altered}
			}),
		},
		"PIPES": {
			kinds: []syntax.Kind{syntax.Pipe},
			columns: []string{
				"PIPE_CATALOG", "PIPE_SCHEMA", "PIPE_NAME", "PIPE_OWNER", "DEFINITION", "IS_AUTOINGEST_ENABLED", "NOTIFICATION_CHANNEL_NAME",
				"CREATED:t", "LAST_ALTERED:t", "COMMENT", "PATTERN",
			},
			rows: one(func(w *work, o *object) []any {
				database, schema := w.place(o)
				return []any{
					database, schema, o.Name, w.e.catalog.name(o.Owner), o.Pipe.Copy, long(o.Pipe.AutoIngest), optional(w.channel(o)), o.Created,
					o.Altered, optional(o.Comment), optional(o.Pipe.Pattern),
				}
			}),
		},
		"TABLE_CONSTRAINTS": {
			kinds: []syntax.Kind{syntax.Table},
			columns: []string{
				"CONSTRAINT_CATALOG", "CONSTRAINT_SCHEMA", "CONSTRAINT_NAME", "TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "CONSTRAINT_TYPE",
				"IS_DEFERRABLE", "INITIALLY_DEFERRED", "ENFORCED", "CREATED:t",
			},
			rows: func(w *work, o *object) ([][]any, error) {
				database, schema := w.place(o)
				var out [][]any
				for _, c := range o.Table.Constraints {
					out = append(out, []any{database, schema, c.Name, database, schema, o.Name, c.Kind, "NO", "YES", "NO", c.Created})
				}
				return out, nil
			},
		},
		"LOAD_HISTORY": {
			kinds: []syntax.Kind{syntax.Table},
			columns: []string{
				"SCHEMA_NAME", "FILE_NAME", "TABLE_NAME", "LAST_LOAD_TIME:t", "STATUS", "ROW_COUNT:n", "ROW_PARSED:n", "FIRST_ERROR_MESSAGE",
				"FIRST_ERROR_LINE_NUMBER:n", "FIRST_ERROR_CHARACTER_POSITION:n", "FIRST_ERROR_COL_NAME", "ERROR_COUNT:n", "ERROR_LIMIT:n",
			},
			rows: func(w *work, o *object) ([][]any, error) {
				_, schema := w.place(o)
				loads, err := w.history(o, "")
				var out [][]any
				for _, l := range loads {
					first := l.first()
					out = append(out, []any{
						schema, l.Name, o.Name, l.At, string(l.Status), itoa(l.Loaded), itoa(l.Parsed), optional(first.Message), positive(first.Line),
						positive(first.Character), optional(first.Column), itoa(l.Seen), itoa(l.Limit),
					})
				}
				return out, err
			},
		},
	}
}

func (l load) first() copyinto.RowError {
	if len(l.Errors) == 0 {
		return copyinto.RowError{}
	}
	return l.Errors[0]
}

func long(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}

// columnRows are the rows of COLUMNS.
func columnRows(w *work, o *object) ([][]any, error) {
	database, schema := w.place(o)
	var out [][]any
	for i, c := range o.columns() {
		row := []any{
			database, schema, o.Name, c.Name, itoa(int64(i + 1)), optional(c.Default), long(!c.NotNull), family(c.Type), nil, nil, nil, nil, nil, nil,
			long(c.Identity != nil), nil, nil, optional(c.Evolved), optional(c.Comment),
		}
		switch c.Type.Kind {
		case types.Text:
			row[8], row[9] = itoa(c.Type.Length), itoa(min(c.Type.Length*4, types.MaxText))
		case types.Binary:
			row[8], row[9] = itoa(c.Type.Length), itoa(c.Type.Length)
		case types.Fixed:
			row[10], row[11], row[12] = itoa(int64(c.Type.Precision)), "10", itoa(int64(c.Type.Scale))
		case types.Time, types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
			row[13] = itoa(int64(c.Type.Scale))
		}
		if c.Identity != nil {
			row[15], row[16] = itoa(c.Identity.Start), itoa(c.Identity.Step)
		}
		out = append(out, row)
	}
	return out, nil
}

// family is a type as COLUMNS has it, without its parameters.
func family(t types.Type) string {
	if t.Kind == types.Text {
		return "TEXT"
	}
	name, _, _ := strings.Cut(t.String(), "(")
	return name
}
