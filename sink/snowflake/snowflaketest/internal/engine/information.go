package engine

import (
	"fmt"
	"slices"
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
				return []any{o.Name, w.e.catalog.name(o.Owner), long(o.Transient), optional(o.Comment), o.Created, o.Altered, "1", "STANDARD"}
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
					w.e.catalog.name(o.Parent), o.Name, w.e.catalog.name(o.Owner), long(o.Transient), "NO", "1", o.Created, o.Altered,
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
					row[4], row[5], row[7], row[8], row[9] = "BASE TABLE", long(o.Transient), itoa(w.rowsIn(o)), "0", "1"
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
				"PIPE_CATALOG", "PIPE_SCHEMA", "PIPE_NAME", "PIPE_OWNER", "DEFINITION", "IS_AUTOINGEST_ENABLED", "COMMENT", "CREATED:t",
				"LAST_ALTERED:t",
			},
			rows: one(func(w *work, o *object) []any {
				database, schema := w.place(o)
				return []any{
					database, schema, o.Name, w.e.catalog.name(o.Owner), o.Pipe.Copy, long(o.Pipe.AutoIngest), optional(o.Comment), o.Created, o.Altered,
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

// TableFunc is a table function that tells of the engine.
func (r resolver) TableFunc(f *syntax.TableFunc) (translate.Relation, error) {
	w := r.w
	if f.Call == nil {
		return r.resultOf(f.X)
	}
	parts := f.Name.Parts
	name := f.Call.Name
	if len(parts) > 1 && parts[len(parts)-2] != informationSchema {
		return translate.Relation{}, compilation(2141, "42601", "Unknown table function %s.", dotted(parts)) // approximate: the code
	}
	switch name {
	case "RESULT_SCAN":
		if len(f.Call.Args) != 1 {
			return translate.Relation{}, compilation(2140, "42601", "RESULT_SCAN has one argument")
		}
		return r.resultOf(f.Call.Args[0])
	case "VALIDATE":
		return w.validate(f.Call)
	case "COPY_HISTORY":
		return w.copyHistory(f.Call)
	case "INFER_SCHEMA":
		return w.inferSchema(f.Call)
	}
	return translate.Relation{}, compilation(2141, "42601", "Unknown table function %s.", dotted(append(slices.Clone(parts[:max(len(parts)-1, 0)]), name)))
}

// resultOf is RESULT_SCAN, and TABLE of a result set of the block.
func (r resolver) resultOf(x syntax.Expr) (translate.Relation, error) {
	w := r.w
	if v, ok := x.(*syntax.Variable); ok && !v.Session && v.Field == "" && w.s.frame != nil {
		if named := w.s.frame.find(v.Name); named != nil && named.result != nil {
			return inline(named.result.Columns, named.result.Rows), nil
		}
	}
	v, err := w.evaluate(x)
	if err != nil {
		return translate.Relation{}, err
	}
	id, _ := v.text()
	res, ok := w.e.Results(id)
	if !ok || len(res.Columns) == 0 {
		return translate.Relation{}, execution(709, "02000", "Statement %s not found", id)
	}
	return inline(res.Columns, res.Rows), nil
}

// named are the arguments of a call by their names, computed; positional ones have the names that are given.
func (w *work) arguments(call *syntax.Func, positional ...string) (map[string]value, error) {
	out := map[string]value{}
	for i, a := range call.Args {
		if i >= len(positional) {
			return nil, compilation(2140, "42601", "%s has too many arguments", call.Name)
		}
		v, err := w.evaluate(a)
		if err != nil {
			return nil, err
		}
		out[positional[i]] = v
	}
	for _, a := range call.Named {
		v, err := w.evaluate(a.Value)
		if err != nil {
			return nil, err
		}
		out[a.Name] = v
	}
	return out, nil
}

// tableNamed is the table that an argument names: as a name or as a text.
func (w *work) tableNamed(x syntax.Expr, verb string) (*object, error) {
	var n syntax.Name
	if ref, ok := x.(*syntax.ColumnRef); ok {
		n = syntax.Name{Pos: ref.Pos, Parts: ref.Parts}
	} else {
		v, err := w.evaluate(x)
		if err != nil {
			return nil, err
		}
		text, _ := v.text()
		if n, err = syntax.ParseName(text); err != nil {
			return nil, err
		}
	}
	o, err := w.need(syntax.Table, n, verb)
	if err != nil {
		return nil, err
	}
	return o, w.authorize(o, "SELECT")
}

// validate is VALIDATE(table, JOB_ID => …): the errors of a COPY that loaded what had none.
func (w *work) validate(call *syntax.Func) (translate.Relation, error) {
	if len(call.Args) == 0 {
		return translate.Relation{}, compilation(2140, "42601", "VALIDATE has a table as its first argument")
	}
	o, err := w.tableNamed(call.Args[0], "VALIDATE")
	if err != nil {
		return translate.Relation{}, err
	}
	rest := *call
	rest.Args = call.Args[1:]
	args, err := w.arguments(&rest, "JOB_ID")
	if err != nil {
		return translate.Relation{}, err
	}
	id, _ := args["JOB_ID"].text()
	if id == "_LAST" || id == "_last" {
		all, err := w.history(o, "")
		if err != nil {
			return translate.Relation{}, err
		}
		if len(all) > 0 {
			id = all[len(all)-1].Query
		}
	}
	loads, err := w.history(o, id)
	if err != nil {
		return translate.Relation{}, err
	}
	var errors []copyinto.RowError
	for _, l := range loads {
		errors = append(errors, l.Errors...)
	}
	return inline(errorColumns, errorRows(errors)), nil
}

// errorColumns are those of VALIDATE and of VALIDATION_MODE = RETURN_ERRORS.
var errorColumns = headed([]string{
	"ERROR", "FILE", "LINE:n", "CHARACTER:n", "BYTE_OFFSET:n", "CATEGORY", "CODE:n", "SQL_STATE", "COLUMN_NAME", "ROW_NUMBER:n",
	"ROW_START_LINE:n", "REJECTED_RECORD",
})

func errorRows(errors []copyinto.RowError) [][]any {
	var out [][]any
	for _, e := range errors {
		var offset any
		if e.ByteOffset >= 0 {
			offset = itoa(e.ByteOffset)
		}
		out = append(out, []any{
			e.Message, e.File, positive(e.Line), positive(e.Character), offset, e.Category, itoa(int64(e.Code)), e.SQLState, optional(e.Column),
			positive(e.Row), positive(e.RowStart), optional(e.Rejected),
		})
	}
	return out
}

// copyHistory is COPY_HISTORY(TABLE_NAME => …, START_TIME => …).
func (w *work) copyHistory(call *syntax.Func) (translate.Relation, error) {
	args, err := w.arguments(call, "TABLE_NAME", "START_TIME", "END_TIME")
	if err != nil {
		return translate.Relation{}, err
	}
	text, ok := args["TABLE_NAME"].text()
	if !ok {
		return translate.Relation{}, compilation(2140, "42601", "COPY_HISTORY has TABLE_NAME as an argument")
	}
	o, err := w.tableNamed(&syntax.String{Value: text}, "COPY_HISTORY")
	if err != nil {
		return translate.Relation{}, err
	}
	database, schema := w.place(o)
	loads, err := w.history(o, "")
	if err != nil {
		return translate.Relation{}, err
	}
	var bounds [2]value
	for i, n := range []string{"START_TIME", "END_TIME"} {
		if v, ok := args[n]; ok && v.v != nil {
			if bounds[i], err = w.converted(v, types.Type{Kind: types.TimestampLTZ, Scale: types.DefaultScale}); err != nil {
				return translate.Relation{}, err
			}
		}
	}
	var rows [][]any
	for _, l := range loads {
		if !within(l, bounds) {
			continue
		}
		first := l.first()
		rows = append(rows, []any{
			l.Name, "@" + l.Location, l.At, itoa(l.Loaded), itoa(l.Parsed), itoa(l.Size), optional(first.Message), positive(first.Line),
			positive(first.Character), optional(first.Column), itoa(l.Seen), itoa(l.Limit), historyStatus(l.Status), database, schema, o.Name,
		})
	}
	return inline(headed([]string{
		"FILE_NAME", "STAGE_LOCATION", "LAST_LOAD_TIME:t", "ROW_COUNT:n", "ROW_PARSED:n", "FILE_SIZE:n", "FIRST_ERROR_MESSAGE",
		"FIRST_ERROR_LINE_NUMBER:n", "FIRST_ERROR_CHARACTER_POS:n", "FIRST_ERROR_COLUMN_NAME", "ERROR_COUNT:n", "ERROR_LIMIT:n", "STATUS",
		"TABLE_CATALOG_NAME", "TABLE_SCHEMA_NAME", "TABLE_NAME",
	}), rows), nil
}

// historyStatus is a status as COPY_HISTORY has it: in words.
func historyStatus(s copyinto.Status) string {
	words := strings.ToLower(strings.ReplaceAll(string(s), "_", " "))
	return strings.ToUpper(words[:1]) + words[1:]
}
