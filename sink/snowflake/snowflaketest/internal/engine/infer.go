package engine

import (
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
)

// inferSchema is INFER_SCHEMA(LOCATION => '@stage/path', FILE_FORMAT => 'name'): what columns the files have.
func (w *work) inferSchema(call *syntax.Func) (translate.Relation, error) {
	args, err := w.arguments(call)
	if err != nil {
		return translate.Relation{}, err
	}
	ignoreCase := false
	for name, v := range args {
		switch name {
		case "LOCATION", "FILE_FORMAT":
		case "IGNORE_CASE":
			if ignoreCase, err = v.truth(); err != nil {
				return translate.Relation{}, err
			}
		default:
			return translate.Relation{}, unsupported("%s of INFER_SCHEMA", name)
		}
	}
	location, _ := args["LOCATION"].text()
	// A location is no expression: LIST has one where it can be parsed.
	statements, err := syntax.Parse("LIST " + literal(location))
	if err != nil {
		return translate.Relation{}, err
	}
	list, ok := statements[0].(*syntax.List)
	if !ok || len(statements) != 1 {
		return translate.Relation{}, compilation(1011, "42601", "invalid location '%s'", location) // approximate
	}
	s, err := w.spot(list.Location, "INFER_SCHEMA", false)
	if err != nil {
		return translate.Relation{}, err
	}
	named, _ := args["FILE_FORMAT"].text()
	format, err := w.formatOf(syntax.Value{Kind: syntax.StringValue, Text: named})
	if err != nil {
		return translate.Relation{}, err
	}
	files, err := w.files(s, "", nil)
	if err != nil {
		return translate.Relation{}, err
	}
	source, err := w.source(s, format, files)
	if err != nil {
		return translate.Relation{}, err
	}
	found, err := copyinto.Infer(w.ctx, w.e.look, source, ignoreCase)
	if err != nil {
		return translate.Relation{}, err
	}
	columns := headed([]string{"COLUMN_NAME", "TYPE", "NULLABLE", "EXPRESSION", "FILENAMES", "ORDER_ID:n"})
	columns[2].Type = boolean
	var rows [][]any
	for _, f := range found {
		rows = append(rows, []any{f.Name, f.TypeName(), f.Nullable, f.Expression(ignoreCase), strings.Join(f.Files, ", "), itoa(int64(f.Order))})
	}
	return inline(columns, rows), nil
}
