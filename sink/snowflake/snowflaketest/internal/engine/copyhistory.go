package engine

import (
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// historyColumns are those of COPY_HISTORY.
var historyColumns = headed([]string{
	"FILE_NAME", "STAGE_LOCATION", "LAST_LOAD_TIME:t", "ROW_COUNT:n", "ROW_PARSED:n", "FILE_SIZE:n", "FIRST_ERROR_MESSAGE",
	"FIRST_ERROR_LINE_NUMBER:n", "FIRST_ERROR_CHARACTER_POS:n", "FIRST_ERROR_COLUMN_NAME", "ERROR_COUNT:n", "ERROR_LIMIT:n", "STATUS",
	"TABLE_CATALOG_NAME", "TABLE_SCHEMA_NAME", "TABLE_NAME", "PIPE_CATALOG_NAME", "PIPE_SCHEMA_NAME", "PIPE_NAME", "PIPE_RECEIVED_TIME:t",
	"BYTES_BILLED:n",
})

// copyHistory is COPY_HISTORY(TABLE_NAME => …, START_TIME => … [, END_TIME => …] [, PIPE_NAME => …]): what COPYs and pipes have
// loaded into a table.
func (w *work) copyHistory(call *syntax.Func) (translate.Relation, error) {
	args, err := w.arguments(call, "TABLE_NAME", "START_TIME", "END_TIME", "PIPE_NAME")
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
	bounds, err := w.span(args)
	if err != nil {
		return translate.Relation{}, err
	}
	var loads []load
	pipes := w.pipesInto(o)
	if name, ok := args["PIPE_NAME"].text(); ok {
		one, err := w.pipeArgument(name, "COPY_HISTORY")
		if err != nil {
			return translate.Relation{}, err
		}
		pipes = slices.DeleteFunc(pipes, func(p *object) bool { return p != one })
	} else if loads, err = w.history(o, ""); err != nil {
		return translate.Relation{}, err
	}
	var rows [][]any
	for _, l := range loads {
		if !within(l, bounds) {
			continue
		}
		l.Location = "@" + l.Location
		rows = append(rows, append(w.historyRow(o, l), nil, nil, nil, nil, nil))
	}
	truncated, err := w.truncated(o)
	if err != nil {
		return translate.Relation{}, err
	}
	for _, p := range pipes {
		done, err := w.deliveries(p, w.always())
		if err != nil {
			return translate.Relation{}, err
		}
		for _, d := range done {
			if !within(d.Load, bounds) || !d.Load.At.After(truncated) {
				continue
			}
			database, schema := w.place(p)
			names := []any{database, schema, p.Name}
			if !w.has(p, "MONITOR") {
				names = []any{nil, nil, nil} // documented
			}
			row := append(w.historyRow(o, d.Load), names...)
			rows = append(rows, append(row, d.Received, itoa(d.Load.Size)))
		}
	}
	return inline(historyColumns, rows), nil
}

// historyRow is a file in COPY_HISTORY, up to the columns that tell of pipes.
func (w *work) historyRow(o *object, l load) []any {
	database, schema := w.place(o)
	first := l.first()
	return []any{
		l.Name, l.Location, l.At, itoa(l.Loaded), itoa(l.Parsed), itoa(l.Size), optional(first.Message), positive(first.Line),
		positive(first.Character), optional(first.Column), itoa(l.Seen), itoa(l.Limit), historyStatus(l.Status), database, schema, o.Name,
	}
}

// span is what START_TIME and END_TIME of a function say; each may be NULL.
func (w *work) span(args map[string]value) (bounds [2]value, err error) {
	for i, n := range []string{"START_TIME", "END_TIME"} {
		if v, ok := args[n]; ok && v.v != nil {
			if bounds[i], err = w.converted(v, types.Type{Kind: types.TimestampLTZ, Scale: types.DefaultScale}); err != nil {
				return bounds, err
			}
		}
	}
	return bounds, nil
}

// pipeArgument is the pipe that an argument names.
func (w *work) pipeArgument(name, verb string) (*object, error) {
	n, err := syntax.ParseName(name)
	if err != nil {
		return nil, err
	}
	return w.need(syntax.Pipe, n, verb)
}

// validatePipeLoad is VALIDATE_PIPE_LOAD(PIPE_NAME => …, START_TIME => … [, END_TIME => …]): the errors of files that a pipe
// has met.
func (w *work) validatePipeLoad(call *syntax.Func) (translate.Relation, error) {
	args, err := w.arguments(call, "PIPE_NAME", "START_TIME", "END_TIME")
	if err != nil {
		return translate.Relation{}, err
	}
	name, ok := args["PIPE_NAME"].text()
	if !ok {
		return translate.Relation{}, compilation(2140, "42601", "VALIDATE_PIPE_LOAD has PIPE_NAME as an argument")
	}
	o, err := w.pipeArgument(name, call.Name)
	if err != nil {
		return translate.Relation{}, err
	}
	if err := w.authorize(o, "MONITOR"); err != nil {
		return translate.Relation{}, err
	}
	bounds, err := w.span(args)
	if err != nil {
		return translate.Relation{}, err
	}
	l, err := w.opened(o)
	if err != nil {
		return translate.Relation{}, err
	}
	if l.list != nil {
		return translate.Relation{}, unsupported("VALIDATE_PIPE_LOAD of a pipe with a transformation") // as documented, but for the text
	}
	done, err := w.deliveries(o, w.always())
	if err != nil {
		return translate.Relation{}, err
	}
	var errors []copyinto.RowError
	for _, d := range done {
		if within(d.Load, bounds) {
			errors = append(errors, d.Load.Errors...)
		}
	}
	return inline(errorColumns, errorRows(errors)), nil
}

// historyStatus is a status as COPY_HISTORY has it: in words.
func historyStatus(s copyinto.Status) string {
	words := strings.ToLower(strings.ReplaceAll(string(s), "_", " "))
	return strings.ToUpper(words[:1]) + words[1:]
}
