package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// loading is one COPY INTO a table: its statement, resolved.
type loading struct {
	table   *object
	spot    spot
	files   []string // FILES; nil = not said
	pattern string
	list    *syntax.Select // of a transformation
	options copyinto.Options
	format  copyinto.Format
	request copyinto.Request
	stored  []stored
	skipped []copyinto.File       // loaded before, and named by FILES
	lost    []copyinto.FileResult // named by FILES, and not on the stage
}

// copyInto is COPY INTO a table.
func (w *work) copyInto(st *syntax.CopyInto) (*Result, error) {
	l, err := w.loading(st, false)
	if err != nil {
		return nil, err
	}
	if err := w.choose(l); err != nil {
		return nil, err
	}
	if err := w.transform(l); err != nil {
		return nil, err
	}
	if l.options.Validation.Mode != copyinto.NoValidation {
		return w.validated(l)
	}
	if len(l.request.Files)+len(l.skipped)+len(l.lost) == 0 {
		return nothingLoaded(), nil
	}
	results, err := w.load(l)
	if err != nil {
		return nil, err
	}
	// SIZE_LIMIT leaves files without a result.
	for i, r := range results {
		f := l.request.Files[i]
		err := w.remember(l.table, l.stored[i].key, f.ETag, load{
			Name: f.Name, Location: l.spot.label, Size: f.Size, Status: r.Status, Parsed: r.Parsed, Loaded: r.Loaded, Limit: r.ErrorLimit,
			Seen: r.ErrorsSeen, Errors: r.Errors, At: w.e.now(), Query: w.s.queryID,
		})
		if err != nil {
			return nil, err
		}
		if l.options.Purge && r.Status == copyinto.Loaded {
			w.purge(l.stored[i])
		}
	}
	return l.answer(results), nil
}

// load inserts the rows of the files that were chosen, and answers what became of each file.
func (w *work) load(l *loading) ([]copyinto.FileResult, error) {
	if err := w.evolve(l); err != nil {
		return nil, err
	}
	l.request.Columns = w.columnsOf(l.table)
	if w.e.options.CountOnly {
		return w.countRows(l)
	}
	l.request.Extra = []copyinto.Literal{
		{Name: unquoted(inserted), SQL: itoa(w.touch(l.table))},
		{Name: unquoted(deleted), SQL: "CAST(NULL AS BIGINT)"},
	}
	if err := w.begin(); err != nil {
		return nil, err
	}
	return copyinto.Load(w.ctx, w.conn, w.e.look, l.request)
}

// unquoted is the name in an identifier that quote made.
func unquoted(name string) string { return strings.Trim(name, `"`) }

func nothingLoaded() *Result {
	return &Result{
		Class: Copy, Columns: []Column{{Name: "status", Type: varchar, Nullable: true}},
		Rows: [][]any{{"Copy executed with 0 files processed."}},
	}
}

// purge removes a file once the load of it is committed; that it cannot be removed is no error.
func (w *work) purge(f stored) {
	ctx := context.WithoutCancel(w.ctx) // of a client that may be gone by then
	remove := func() { _ = f.remove(ctx) }
	if w.tx != nil {
		tx := w.tx
		w.done = append(w.done, func() { tx.committed = append(tx.committed, remove) })
		return
	}
	w.done = append(w.done, remove)
}

// loading resolves the statement, which is that of a pipe or not.
func (w *work) loading(st *syntax.CopyInto, pipe bool) (*loading, error) {
	if st.Source != nil {
		return nil, unsupported("COPY from TABLE(…) outside of a pipe")
	}
	o, err := w.written(st.Table, "COPY", "INSERT")
	if err != nil {
		return nil, err
	}
	l := &loading{table: o}
	from := st.From
	if st.Query != nil {
		ref, list, err := transformed(st.Query)
		if err != nil {
			return nil, err
		}
		from, l.list = &ref.Location, list
	}
	if from == nil {
		from = &syntax.Location{Stage: st.Table, Table: true}
	}
	if l.spot, err = w.spot(*from, "COPY", false); err != nil {
		return nil, err
	}
	format, copying := l.spot.stage.Format, o.Table.Stage.Copy.over(l.spot.stage.Copy)
	if len(format) == 0 {
		format = o.Table.Stage.Format
	}
	var standard copyinto.Options
	if pipe {
		standard.OnError, copying = copyinto.OnError{Action: copyinto.SkipFile, Limit: 1}, ofPipes(copying)
	}
	var include []copyinto.Metadata
	for _, p := range st.Params {
		switch p.Name {
		case "FILES":
			set, err := w.settingsOf([]syntax.Param{p})
			if err != nil {
				return nil, err
			}
			if l.files = set[0].List; len(l.files) > 1000 {
				return nil, compilation(1003, "42000", "FILES has %d names, and may have 1000", len(l.files)) // approximate
			}
		case "PATTERN":
			if l.pattern, err = w.scalar(p.Value); err != nil {
				return nil, err
			}
		case "INCLUDE_METADATA":
			for _, m := range p.Value.Params {
				field, err := w.scalar(m.Value)
				if err != nil {
					return nil, err
				}
				include = append(include, copyinto.Metadata{Column: m.Name, Field: strings.ToUpper(field)})
			}
		case "FILE_FORMAT":
			if format, err = w.formatOf(p.Value); err != nil {
				return nil, err
			}
		default:
			set, err := w.settingsOf([]syntax.Param{p})
			if err != nil {
				return nil, err
			}
			copying = copying.over(set)
		}
	}
	if l.options, err = copyinto.NewOptions(standard, copying.copying()); err != nil {
		return nil, err
	}
	if l.format, err = copyinto.NewFormat(nil, format.copying()); err != nil {
		return nil, err
	}
	l.options.Include = include
	l.request = copyinto.Request{
		Source:  copyinto.Source{Format: l.format, Session: w.copySession()},
		Table:   o.Name,
		Dest:    physical(o),
		Into:    st.Columns,
		Options: l.options,
	}
	return l, nil
}

func (w *work) copySession() copyinto.Session {
	text := func(name string) string { return shown(w.s.parameter(name)) }
	return copyinto.Session{
		TimeZone: text("TIMEZONE"), DateFormat: text("DATE_INPUT_FORMAT"), TimeFormat: text("TIME_INPUT_FORMAT"),
		TimestampFormat: text("TIMESTAMP_INPUT_FORMAT"), Start: w.e.now(),
	}
}

// columnsOf is the table's columns in the form that package copyinto has them in.
func (w *work) columnsOf(o *object) []copyinto.Column {
	out := make([]copyinto.Column, len(o.Table.Columns))
	for i, c := range o.Table.Columns {
		out[i] = copyinto.Column{Name: c.Name, Dest: unquoted(c.physical()), Type: c.Type, Nullable: !c.NotNull}
		// A default that does not translate was refused when the column was made.
		if x, err := w.defaultOf(c); err == nil && (c.Default != "" || c.Identity != nil) {
			out[i].Default = x
		}
	}
	return out
}

// choose finds the files that are to be loaded: of those that are named or match, the ones that were not loaded before, and
// that no other COPY into the table is loading.
func (w *work) choose(l *loading) error {
	found, err := w.find(l)
	if err != nil {
		return err
	}
	before, older, err := w.loaded(l.table)
	if err != nil {
		return err
	}
	for _, f := range found {
		file, err := w.file(l.spot, f)
		if err != nil {
			return err
		}
		if l.options.Validation.Mode == copyinto.NoValidation && !l.options.Force {
			if etag, ok := before[f.key]; ok && etag == file.ETag {
				if l.files != nil {
					l.skipped = append(l.skipped, file)
				}
				continue
			}
			if older && !l.options.LoadUncertain && w.e.now().Sub(f.modified) > remembered {
				continue // whether it was loaded is not known any more
			}
		}
		lock := fileLock{table: l.table.ID, file: f.key}
		if holder := w.e.busy[lock]; holder != nil && holder != w.tx {
			continue
		}
		if w.tx != nil && l.options.Validation.Mode == copyinto.NoValidation {
			tx := w.tx
			w.done = append(w.done, func() { w.e.busy[lock] = tx })
		}
		if file.Path, err = w.local(f); err != nil {
			return err
		}
		l.request.Files = append(l.request.Files, file)
		l.stored = append(l.stored, f)
	}
	return nil
}

// find returns the files that FILES or PATTERN say.
func (w *work) find(l *loading) ([]stored, error) {
	if l.files == nil {
		return w.files(l.spot, l.pattern, l.spot.internal)
	}
	var out []stored
	for _, name := range l.files {
		full := directory(l.spot.path) + strings.TrimPrefix(name, "/")
		f, there, err := w.stat(l.spot, full)
		if err != nil {
			return nil, err
		}
		if there {
			out = append(out, f)
			continue
		}
		r, err := copyinto.Missing(l.options, l.spot.address(full), l.spot.called(full))
		if err != nil {
			return nil, err
		}
		l.lost = append(l.lost, r)
	}
	return out, nil
}

// evolve adds the columns that files have and the table has not, if the table evolves and the role may do that.
func (w *work) evolve(l *loading) error {
	o := l.table
	if !o.Table.Evolution || l.options.Match == copyinto.MatchNone || len(l.request.Files) == 0 || w.e.options.CountOnly {
		return nil
	}
	if !w.has(o, ownership) && !w.has(o, "EVOLVE SCHEMA") {
		return nil
	}
	l.request.Columns = w.columnsOf(o)
	ev, err := copyinto.Evolve(w.ctx, w.e.look, l.request)
	if err != nil {
		return err
	}
	return w.evolveBy(o, ev, "COPY")
}

// evolveBy changes a table as what is loaded asks for.
func (w *work) evolveBy(o *object, ev copyinto.Evolution, mode string) error {
	for _, a := range ev.Added {
		c := column{
			Name: a.Name, Type: a.Type,
			Evolved: fmt.Sprintf(`{"evolutionType":"ADD_COLUMN","evolutionMode":%q,"fileName":%q,"triggeringTime":%q,"queryId":%q}`,
				mode, a.File, w.e.now().Format("2006-01-02T15:04:05Z"), w.s.queryID),
		}
		if err := w.addColumn(o, c); err != nil {
			return err
		}
	}
	for _, d := range ev.Dropped {
		if i, ok := o.Table.column(d.Column); ok {
			o.Table.Columns[i].NotNull = false
			o.Table.Columns[i].Evolved = fmt.Sprintf(`{"evolutionType":"DROP_NOT_NULL","evolutionMode":%q,"fileName":%q,"triggeringTime":%q,"queryId":%q}`,
				mode, d.File, w.e.now().Format("2006-01-02T15:04:05Z"), w.s.queryID)
		}
	}
	if len(ev.Added)+len(ev.Dropped) == 0 {
		return nil
	}
	return w.save(o)
}

// countRows answers what files say that they have, and loads nothing: see Options.CountOnly.
func (w *work) countRows(l *loading) ([]copyinto.FileResult, error) {
	if _, ok := l.format.(*copyinto.Parquet); !ok {
		return nil, unsupported("COPY of what is no Parquet while rows are only counted")
	}
	var out []copyinto.FileResult
	for _, f := range l.request.Files {
		n, err := w.number(`SELECT num_rows FROM parquet_file_metadata(` + literal(f.Path) + `)`)
		if err != nil {
			return nil, err
		}
		out = append(out, copyinto.FileResult{File: f.Name, Status: copyinto.Loaded, Parsed: n, Loaded: n, ErrorLimit: 1})
	}
	return out, nil
}

// answer is what COPY answers about each file.
func (l *loading) answer(results []copyinto.FileResult) *Result {
	number := func(name string) Column { return Column{Name: name, Type: integer, Nullable: true} }
	text := func(name string) Column { return Column{Name: name, Type: varchar, Nullable: true} }
	res := &Result{Class: Copy, Columns: []Column{
		text("file"), text("status"), number("rows_parsed"), number("rows_loaded"), number("error_limit"), number("errors_seen"),
		text("first_error"), number("first_error_line"), number("first_error_character"), text("first_error_column_name"),
	}}
	for _, r := range append(results, l.lost...) {
		if l.options.ReturnFailedOnly && r.Status == copyinto.Loaded {
			continue
		}
		row := []any{r.File, string(r.Status), itoa(r.Parsed), itoa(r.Loaded), itoa(r.ErrorLimit), itoa(r.ErrorsSeen), nil, nil, nil, nil}
		if len(r.Errors) > 0 {
			e := r.Errors[0]
			row[6], row[7], row[8], row[9] = e.Message, positive(e.Line), positive(e.Character), optional(e.Column)
		}
		res.Rows = append(res.Rows, row)
	}
	for _, f := range l.skipped {
		res.Rows = append(res.Rows, []any{f.Name, "LOAD_SKIPPED", "0", "0", nil, "1", "File was loaded before.", nil, nil, nil})
	}
	return res
}

func positive(n int64) any {
	if n <= 0 {
		return nil
	}
	return itoa(n)
}

func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}
