package engine

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
)

// Stage is the rows of files of a stage, in a query.
func (r resolver) Stage(ref *syntax.StageRef) (translate.Relation, error) {
	w := r.w
	s, err := w.spot(ref.Location, "SELECT", false)
	if err != nil {
		return translate.Relation{}, err
	}
	set, pattern := s.stage.Format, ""
	for _, p := range ref.Params {
		switch p.Name {
		case "FILE_FORMAT":
			set, err = w.formatOf(p.Value)
		case "PATTERN":
			pattern, err = w.scalar(p.Value)
		default:
			err = unsupported("%s of a stage in a query", p.Name)
		}
		if err != nil {
			return translate.Relation{}, err
		}
	}
	files, err := w.files(s, pattern, s.internal)
	if err != nil {
		return translate.Relation{}, err
	}
	source, err := w.source(s, set, files)
	if err != nil {
		return translate.Relation{}, err
	}
	if err := w.begin(); err != nil {
		return translate.Relation{}, err
	}
	scanned, err := copyinto.Scan(w.ctx, w.conn, w.e.look, source)
	if err != nil {
		return translate.Relation{}, err
	}
	w.reads = true
	w.closes = append(w.closes, scanned.Close)
	_, csv := source.Format.(*copyinto.CSV)
	out := translate.Relation{Open: csv}
	var names []string
	for _, c := range scanned.Columns {
		names = append(names, quote(c.Name))
		out.Columns = append(out.Columns, translate.Column{
			Name: c.Name, Type: c.Type, Nullable: true, Hidden: strings.HasPrefix(c.Name, "METADATA$"),
		})
	}
	out.SQL = fmt.Sprintf("SELECT %s FROM %s AS q", strings.Join(names, ", "), scanned.SQL)
	return out, nil
}

// source is files in the form that package copyinto has them in.
func (w *work) source(s spot, set settings, files []stored) (copyinto.Source, error) {
	format, err := copyinto.NewFormat(nil, set.copying())
	if err != nil {
		return copyinto.Source{}, err
	}
	out := copyinto.Source{Format: format, Session: w.copySession()}
	for _, f := range files {
		file, err := w.copying(s, f)
		if err != nil {
			return copyinto.Source{}, err
		}
		out.Files = append(out.Files, file)
	}
	return out, nil
}

// copying is a file of a stage in the form that package copyinto has it in. It can be read until the statement is done.
func (w *work) copying(s spot, f stored) (copyinto.File, error) {
	file, err := w.file(s, f)
	if err != nil {
		return copyinto.File{}, err
	}
	file.Path, err = w.local(f)
	return file, err
}

// file is what is known of a file without its content.
func (w *work) file(s spot, f stored) (copyinto.File, error) {
	sum, err := f.etag(w.ctx)
	relative := f.name
	if s.stage.URL != "" {
		relative = f.path // from the root of the bucket on
	}
	return copyinto.File{Name: s.called(f.name), Relative: relative, Size: f.size, ETag: sum, Modified: f.modified}, err
}

// local returns the path of a file of this machine that has what f has, until the statement is done.
func (w *work) local(f stored) (string, error) {
	path, made, err := f.in.local(w.ctx, f, w.e.scratch)
	if made {
		w.fetched = append(w.fetched, path)
	}
	return path, err
}

// validated is what VALIDATION_MODE answers.
func (w *work) validated(l *loading) (*Result, error) {
	l.request.Columns = w.columnsOf(l.table)
	if err := w.begin(); err != nil {
		return nil, err
	}
	v, err := copyinto.Validate(w.ctx, w.conn, w.e.look, l.request)
	if err != nil {
		return nil, err
	}
	if v.Rows == "" {
		return &Result{Class: Copy, Columns: errorColumns, Rows: errorRows(v.Errors)}, v.Close(w.ctx)
	}
	var columns []Column
	var names []string
	for _, c := range l.table.Table.Columns {
		columns = append(columns, Column{Name: c.Name, Type: c.Type, Nullable: !c.NotNull})
		names = append(names, c.physical())
	}
	res, err := w.fetch(Copy, fmt.Sprintf(`SELECT %s FROM %s`, strings.Join(names, ", "), v.Rows), columns)
	if err != nil {
		return nil, err
	}
	return res, v.Close(w.ctx)
}
