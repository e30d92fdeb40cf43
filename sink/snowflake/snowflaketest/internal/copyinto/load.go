package copyinto

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// Load inserts the rows of the request's files into its table and answers what became of each file, in the files' order.
//
// conn has the DuckDB transaction that the rows are inserted in. look is another connection of the same database, in no
// transaction: files are looked at through it, because a file that cannot be read would end the transaction. The functions
// of [scalar.Register] must be there. Load leaves no temporary objects behind.
//
// An *[Error] is what the client is answered: the statement does not run, or a file has an error and ON_ERROR is
// ABORT_STATEMENT. Any other error is a fault of the machine. After either the transaction is to be rolled back.
//
// Files beyond SIZE_LIMIT have no result. PURGE, FORCE, RETURN_FAILED_ONLY and the load history are the caller's.
func Load(ctx context.Context, conn, look *sql.Conn, req Request) ([]FileResult, error) {
	l, err := newLoader(conn, look, req)
	if err != nil {
		return nil, err
	}
	var results []FileResult
	var size int64
	for _, f := range req.Files {
		if limit := req.Options.SizeLimit; limit > 0 && size > limit {
			break
		}
		size += f.Size
		result, err := l.file(ctx, f)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

// loader loads the files of one request.
type loader struct {
	conn, look *sql.Conn
	req        Request
	targets    []target
	converter  converter
	remaining  int64 // rows that may still be inserted; -1 is no bound
}

// target is a column of the table that files have values for.
type target struct {
	Column
	index int // of the table
}

func newLoader(conn, look *sql.Conn, req Request) (*loader, error) {
	l := &loader{conn: conn, look: look, req: req, remaining: -1}
	if l.req.Options.Match == "" {
		l.req.Options.Match = MatchNone
	}
	if err := l.choose(); err != nil {
		return nil, err
	}
	l.converter = newConverter(req.Source)
	l.converter.truncate = req.Options.Truncate
	l.converter.record = req.Format.Type() != "CSV" || req.Transform != nil
	return l, l.check()
}

func newConverter(s Source) converter {
	c := converter{record: true, zone: s.Session.TimeZone, binary: Hex}
	switch f := s.Format.(type) {
	case *CSV:
		c.record, c.times, c.binary = false, f.times, f.BinaryFormat
	case *JSON:
		c.times, c.binary = f.times, f.BinaryFormat
	}
	c.times.DateFormat = cmp.Or(c.times.DateFormat, s.Session.DateFormat)
	c.times.TimeFormat = cmp.Or(c.times.TimeFormat, s.Session.TimeFormat)
	c.times.TimestampFormat = cmp.Or(c.times.TimestampFormat, s.Session.TimestampFormat)
	return c
}

// choose finds the columns that files are for: those listed, without those of INCLUDE_METADATA.
func (l *loader) choose() error {
	byName := map[string]int{}
	for i, c := range l.req.Columns {
		byName[c.Name] = i
	}
	include := map[string]bool{}
	for _, m := range l.req.Options.Include {
		if _, ok := byName[m.Column]; !ok {
			return compilation(904, "42000", "invalid identifier '%s'", m.Column)
		}
		if _, ok := metadata[m.Field]; !ok {
			return compilation(904, "42000", "invalid identifier '%s'", m.Field)
		}
		include[m.Column] = true
	}
	names := l.req.Into
	if names == nil {
		for _, c := range l.req.Columns {
			names = append(names, c.Name)
		}
	}
	listed := map[string]bool{}
	for _, name := range names {
		i, ok := byName[name]
		switch {
		case !ok:
			return compilation(904, "42000", "invalid identifier '%s'", name)
		case listed[name]:
			return compilation(2025, "42S21", "duplicate column name '%s'", name)
		case !include[name]:
			l.targets = append(l.targets, target{l.req.Columns[i], i})
		}
		listed[name] = true
	}
	return nil
}

// check refuses what does not go together.
func (l *loader) check() error {
	o, typ := l.req.Options, l.req.Format.Type()
	csv, isCSV := l.req.Format.(*CSV)
	one := len(l.targets) == 1 && semiStructured(l.targets[0].Type)
	switch {
	case l.req.Transform != nil && o.Match != MatchNone:
		return &Error{Code: 1008, SQLState: "22023", Message: "SQL compilation error: match_by_column_name is not supported with copy transform."}
	case l.req.Transform != nil && o.Validation.Mode != NoValidation:
		return compilation(1008, "22023", "VALIDATION_MODE does not support COPY with transform.")
	case o.Match != MatchNone && o.Validation.Mode != NoValidation:
		return compilation(1008, "22023", "VALIDATION_MODE does not support COPY with MATCH_BY_COLUMN_NAME.")
	case l.req.Transform != nil && len(l.req.Transform.Items) != len(l.targets):
		return compilation(2020, "21S01", "Insert value list does not match column list expecting %d but got %d", len(l.targets), len(l.req.Transform.Items))
	case len(o.Include) > 0 && o.Match == MatchNone:
		return compilation(1008, "22023", "INCLUDE_METADATA is only supported with MATCH_BY_COLUMN_NAME")
	case isCSV && o.Match != MatchNone && !csv.ParseHeader:
		return &Error{Code: 1008, SQLState: "22023", Message: "SQL compilation error: match_by_column_name option is not supported for file format CSV without PARSE_HEADER = TRUE"}
	case !isCSV && l.req.Transform == nil && o.Match == MatchNone && !one:
		return compilation(2019, "0A000", "%s file format can produce one and only one column of type variant, object, or array."+
			" Load data into separate columns using the MATCH_BY_COLUMN_NAME copy option or copy with transformation.", typ)
	}
	return nil
}

// file loads one file.
func (l *loader) file(ctx context.Context, f File) (result FileResult, err error) {
	result.File = f.Name
	in, err := l.open(ctx, f)
	var broken *fileError
	if errors.As(err, &broken) {
		return l.broken(f, broken.row(f))
	}
	if err != nil {
		return result, fmt.Errorf("load %s: %w", f.Name, err)
	}
	defer func() {
		if closed := in.close(context.WithoutCancel(ctx)); err == nil && closed != nil {
			err = fmt.Errorf("load %s: tidy up: %w", f.Name, closed)
		}
	}()
	made, err := l.columns(f, in)
	if err != nil {
		return result, err
	}
	q := &query{in: in, columns: made}
	if result.Errors, err = l.errors(ctx, q, f); err != nil {
		if errors.As(err, &broken) {
			return l.broken(f, broken.row(f))
		}
		return result, fmt.Errorf("load %s: %w", f.Name, err)
	}
	result.Parsed = in.rows
	result.ErrorLimit = l.req.Options.OnError.limit(in.rows)
	result.ErrorsSeen = badRows(result.Errors)
	if len(result.Errors) > 0 && l.req.Options.OnError.Action == Abort {
		return result, result.Errors[0].abort()
	}
	if l.req.Options.OnError.Action == SkipFile && result.ErrorsSeen >= result.ErrorLimit {
		result.Status = LoadFailed
		return result, nil
	}
	if result.Loaded, err = l.insert(ctx, q, result.ErrorsSeen > 0); err != nil {
		if errors.As(err, &broken) && l.req.Options.OnError.Action == Abort {
			return l.broken(f, broken.row(f))
		}
		return result, fmt.Errorf("load %s: insert: %w", f.Name, err)
	}
	switch {
	case result.ErrorsSeen == 0:
		result.Status = Loaded
	case result.Loaded == 0:
		result.Status = LoadFailed
	default:
		result.Status = PartiallyLoaded
	}
	return result, nil
}

// broken is what becomes of a file that cannot be read.
func (l *loader) broken(f File, e RowError) (FileResult, error) {
	if l.req.Options.OnError.Action == Abort {
		return FileResult{}, e.abort()
	}
	return FileResult{File: f.Name, Status: LoadFailed, ErrorLimit: l.req.Options.OnError.limit(0), ErrorsSeen: 1, Errors: []RowError{e}}, nil
}

// row is the fault as an error of a row; 0 is none.
func (f fault) row(value string, n int64) RowError {
	return RowError{Message: f.message(value), Category: f.category, Code: f.code, SQLState: f.state, Row: n, ByteOffset: -1}
}

func badRows(errors []RowError) int64 {
	var n, last int64 = 0, -1
	for _, e := range errors {
		if e.Row != last {
			n++
		}
		last = e.Row
	}
	return n
}

// open opens a file as the request wants it.
func (l *loader) open(ctx context.Context, f File) (*input, error) {
	match := l.req.Options.Match
	columns := make([]Column, len(l.targets))
	for i, t := range l.targets {
		columns[i] = t.Column
	}
	if l.req.Transform != nil {
		in, err := openWhole(ctx, l.conn, l.look, l.req.Source, f)
		if err == nil {
			in.from = "(" + in.scanned(f, l.req.Source, max(l.req.Width, len(in.columns))) + ")"
		}
		return in, err
	}
	switch format := l.req.Format.(type) {
	case *CSV:
		counted := format.ErrorOnColumnCountMismatch && match == MatchNone && l.req.Into == nil
		return openCSV(ctx, l.conn, format, f, csvPlan{table: l.req.Table, columns: columns, counted: counted, match: match})
	case *JSON:
		if match == MatchNone {
			columns = nil
		}
		return openJSON(ctx, l.conn, format, f, match, columns)
	case *Parquet:
		in, err := openParquet(ctx, l.look, format, &l.converter, f.Path)
		if err == nil && match == MatchNone {
			return in.whole(format, &l.converter), nil
		}
		return in, err
	}
	return nil, fmt.Errorf("unknown format %T", l.req.Format)
}

// made is a column of the table and what it is made of.
type made struct {
	target
	source  *fileColumn // nil is NULL
	made    conversion
	literal string // the value, where it is not of the file
}

// columns binds the columns of the table to those of a file.
func (l *loader) columns(f File, in *input) ([]made, error) {
	var all []made
	for i, t := range l.targets {
		m := made{target: t}
		if err := l.bind(&m, i, in); err != nil {
			return nil, err
		}
		if m.source != nil {
			m.made = l.converter.convert(m.source.typ, t.Type)
		}
		all = append(all, m)
	}
	targeted := map[int]bool{}
	for _, t := range l.targets {
		targeted[t.index] = true
	}
	for i, c := range l.req.Columns {
		if targeted[i] {
			continue
		}
		m := made{target: target{c, i}, literal: cmp.Or(c.Default, "NULL")}
		for _, include := range l.req.Options.Include {
			if include.Column == c.Name {
				m.source = &fileColumn{typ: metadata[include.Field].typ, sql: metadata[include.Field].of(f, l.req.Session)}
				m.made, m.literal = l.converter.convert(m.source.typ, c.Type), ""
			}
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b made) int { return a.index - b.index })
	return all, nil
}

// bind finds what the i-th target is made of.
func (l *loader) bind(m *made, i int, in *input) error {
	if t := l.req.Transform; t != nil {
		m.source = &fileColumn{typ: t.Items[i].Type, sql: t.Items[i].SQL}
		return nil
	}
	if l.req.Options.Match == MatchNone {
		if i < len(in.columns) {
			m.source = &in.columns[i]
		}
		return nil
	}
	for j := range in.columns {
		if fold(in.columns[j].name, l.req.Options.Match) != fold(m.Name, l.req.Options.Match) {
			continue
		}
		if m.source != nil {
			return ambiguous(m.Name)
		}
		m.source = &in.columns[j]
	}
	return nil
}

// metadata are the METADATA$ columns: constants of a file, but for the row's number.
var metadata = map[string]struct {
	typ types.Type
	of  func(File, Session) string
}{
	"METADATA$FILENAME":           {types.Type{Kind: types.Text}, func(f File, _ Session) string { return lit(f.relative()) }},
	"METADATA$FILE_ROW_NUMBER":    {integer(19), func(File, Session) string { return "n" }},
	"METADATA$FILE_CONTENT_KEY":   {types.Type{Kind: types.Text}, func(f File, _ Session) string { return lit(f.ETag) }},
	"METADATA$FILE_LAST_MODIFIED": {moment(types.TimestampNTZ), func(f File, _ Session) string { return instant(f.Modified) }},
	"METADATA$START_SCAN_TIME":    {moment(types.TimestampLTZ), func(_ File, s Session) string { return instant(s.Start) }},
}

func instant(t time.Time) string { return "CAST('" + types.Nanos(t).String() + "' AS HUGEINT)" }

// dest is the column's name in DuckDB.
func (c Column) dest() string { return cmp.Or(c.Dest, c.Name) }

// insert inserts the rows without errors.
func (l *loader) insert(ctx context.Context, q *query, errors bool) (int64, error) {
	names := make([]string, 0, len(q.columns)+len(l.req.Extra))
	values := make([]string, 0, cap(names))
	for i, c := range q.columns {
		names = append(names, ident(c.dest()))
		if c.literal != "" {
			values = append(values, c.literal)
		} else {
			values = append(values, fmt.Sprintf("CAST(v%d AS %s)", i, c.Type.DuckDB()))
		}
	}
	for _, e := range l.req.Extra {
		names = append(names, ident(e.Name))
		values = append(values, e.SQL)
	}
	text := "INSERT INTO " + l.req.Dest + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM " + q.rows(l, errors)
	if l.remaining >= 0 {
		text += fmt.Sprintf(" LIMIT %d", l.remaining)
	}
	done, err := l.conn.ExecContext(ctx, text)
	if err != nil {
		return 0, l.fileFault(ctx, err)
	}
	return done.RowsAffected()
}
