package engine

import (
	"slices"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
)

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
	case "ERROR_TABLE":
		return w.errorTable(f.Call)
	case "RESULT_SCAN":
		if len(f.Call.Args) != 1 {
			return translate.Relation{}, compilation(2140, "42601", "RESULT_SCAN has one argument")
		}
		return r.resultOf(f.Call.Args[0])
	case "VALIDATE":
		return w.validate(f.Call)
	case "COPY_HISTORY":
		return w.copyHistory(f.Call)
	case "VALIDATE_PIPE_LOAD":
		return w.validatePipeLoad(f.Call)
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
