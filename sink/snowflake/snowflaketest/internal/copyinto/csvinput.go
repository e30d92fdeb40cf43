package copyinto

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// csvPlan says what is wanted of the records of a CSV file.
type csvPlan struct {
	table string
	// columns are the table's columns that the fields are for, one after the other; nil takes all fields, whatever they are
	// for.
	columns []Column
	counted bool // a record must have as many fields as there are columns
	match   Match
}

// csvInput reads a CSV file into a temporary table.
type csvInput struct {
	input
	reader *csvReader
	file   File
	plan   csvPlan
	fields []int // of a record, in the order of the input's columns; -1 is none
	starts []int // of the records, by their ordinals
	lines  []int64
	width  int // fields of the header
}

// openCSV reads a file on conn.
func openCSV(ctx context.Context, conn *sql.Conn, f *CSV, file File, plan csvPlan) (_ *input, err error) {
	data, err := readText(file, f.Compression)
	if err != nil {
		return nil, unreadable(err)
	}
	text := toUTF8(data, f.Encoding)
	if f.SkipByteOrderMark {
		text = bytes.TrimPrefix(text, byteOrderMark)
	}
	in := &csvInput{reader: newCSVReader(f, text), file: file, plan: plan}
	defer func() {
		if err != nil {
			_ = in.close(ctx)
		}
	}()
	in.bind(in.header())
	definitions := []string{"n BIGINT"}
	for i := range in.columns {
		definitions = append(definitions, fmt.Sprintf("c%d VARCHAR", i))
		in.columns[i].sql = fmt.Sprintf("c%d", i)
	}
	name, err := in.table(ctx, conn, strings.Join(definitions, ", "))
	if err != nil {
		return nil, err
	}
	if err := fill(ctx, conn, name, in.row()); err != nil {
		return nil, err
	}
	in.from = "temp." + name
	in.rows = int64(len(in.starts))
	in.locate = in.place
	return &in.input, nil
}

// unreadable makes an error of reading the file's own, unless it is a refusal.
func unreadable(err error) error {
	if refused, ok := err.(*Error); ok {
		return refused
	}
	return &fileError{notReadable, err.Error()}
}

// header is the names of the fields: those of the header, or $1, $2 and so on for all fields of the widest record.
func (in *csvInput) header() []string {
	if in.reader.format.ParseHeader {
		var rec csvRecord
		if !in.reader.record(&rec) {
			return nil
		}
		names := make([]string, len(rec.fields))
		for i, f := range rec.fields {
			names[i] = f.text
		}
		in.width = len(names)
		return names
	}
	widest := len(in.plan.columns)
	if in.plan.columns == nil {
		ahead := *in.reader
		var rec csvRecord
		for ahead.record(&rec) {
			widest = max(widest, len(rec.fields))
		}
	}
	names := make([]string, widest)
	for i := range names {
		names[i] = fmt.Sprintf("$%d", i+1)
	}
	return names
}

// bind chooses the fields.
func (in *csvInput) bind(names []string) {
	for i, name := range names {
		in.fields = append(in.fields, i)
		in.columns = append(in.columns, fileColumn{name: name, typ: types.Type{Kind: types.Text}})
	}
	for i, c := range in.plan.columns {
		if !semiStructured(c.Type) {
			continue
		}
		for j := range in.columns {
			if in.plan.match == MatchNone && i == j || in.plan.match != MatchNone && fold(c.Name, in.plan.match) == fold(names[j], in.plan.match) {
				in.columns[j].typ = types.Type{Kind: types.Variant}
			}
		}
	}
}

func semiStructured(t types.Type) bool {
	return t.Kind == types.Variant || t.Kind == types.Object || t.Kind == types.Array
}

// row gives the records that can be read to [fill], and keeps the errors of the others.
func (in *csvInput) row() func() ([]driver.Value, error) {
	var rec csvRecord
	values := make([]driver.Value, 1+len(in.columns))
	return func() ([]driver.Value, error) {
		for in.reader.record(&rec) {
			in.starts = append(in.starts, rec.start)
			in.lines = append(in.lines, rec.line)
			if rec.blank() && in.reader.format.SkipBlankLines {
				continue // it counts as parsed all the same. Certain
			}
			if e, bad := in.check(&rec); bad {
				in.errors = append(in.errors, e)
				continue
			}
			if e, bad := in.values(&rec, values); bad {
				in.errors = append(in.errors, e)
				continue
			}
			values[0] = int64(len(in.starts))
			return values, nil
		}
		return nil, nil
	}
}

// values sets the values of a record.
func (in *csvInput) values(rec *csvRecord, values []driver.Value) (RowError, bool) {
	for i, field := range in.fields {
		values[i+1] = nil
		if field >= len(rec.fields) {
			continue
		}
		f := &rec.fields[field]
		if f.bad {
			return in.rowError(rec, notUTF8, hexed(f.text), f.start, i), true
		}
		if f.null {
			continue
		}
		if in.columns[i].typ.Kind != types.Variant {
			values[i+1] = f.text
			continue
		}
		if strings.TrimSpace(f.text) == "" {
			continue // NULL for the JSON types, whatever EMPTY_FIELD_AS_NULL says. Certain
		}
		value, failure := parseJSON(f.text)
		if failure != nil {
			return in.rowError(rec, notJSON, failure.text, f.start, i), true
		}
		values[i+1] = value
	}
	return RowError{}, false
}

// check tells what is wrong with a record as such. Certain are the words and places of records with too few and too many
// fields: those of the first record differ from those of the others.
func (in *csvInput) check(rec *csvRecord) (RowError, bool) {
	switch fields, columns := len(rec.fields), len(in.plan.columns); {
	case rec.stray != nil:
		return in.stray(rec), true
	case in.plan.match != MatchNone && fields > in.width && in.reader.format.ErrorOnColumnCountMismatch:
		return in.rowError(rec, wideRecord, "", rec.fields[in.width].start, -1), true
	case !in.plan.counted || fields == columns:
		return RowError{}, false
	case len(in.starts) == 1:
		e := in.rowError(rec, columnCount, fmt.Sprint(fields), rec.end, fields-1)
		e.Message = strings.Replace(e.Message, "%d", fmt.Sprint(columns), 1)
		if rec.next < len(in.reader.text) {
			at := in.reader.place(rec.next, rec.start, rec.line)
			e.Line, e.Character, e.ByteOffset = at.line, at.character, at.offset
		}
		return e, true
	case fields > columns:
		delimiter := len(in.reader.fieldSep)
		e := in.rowError(rec, extraField, in.reader.format.FieldDelimiter, rec.fields[columns].start-delimiter, columns-1)
		e.Message = strings.Replace(e.Message, "%s", noned(in.reader.format.RecordDelimiter), 1)
		return e, true
	default:
		return in.rowError(rec, endOfRecord, in.column(fields), rec.end, fields), true
	}
}

// stray is the error of a record that cannot be split.
func (in *csvInput) stray(rec *csvRecord) RowError {
	f, delimiter := rec.stray.fault, in.reader.format.FieldDelimiter
	if f == strayField && rec.stray.field == len(in.plan.columns)-1 {
		f, delimiter = strayRecord, in.reader.format.RecordDelimiter
	}
	e := in.rowError(rec, f, rec.stray.show, rec.stray.at, rec.stray.field)
	e.Message = strings.Replace(e.Message, "%s", noned(delimiter), 1)
	return e
}

// rowError is an error of a record at the byte at of the text, about the column with the index i.
func (in *csvInput) rowError(rec *csvRecord, f fault, value string, at, i int) RowError {
	e := RowError{Message: f.message(value), Category: f.category, Code: f.code, SQLState: f.state, Row: int64(len(in.starts)), Column: in.column(i)}
	in.put(&e, rec, at)
	return e
}

// put sets where an error is.
func (in *csvInput) put(e *RowError, rec *csvRecord, at int) {
	p := in.reader.place(at, rec.start, rec.line)
	e.Line, e.Character, e.ByteOffset, e.RowStart = p.line, p.character, p.offset, rec.line
	e.Rejected = string(in.reader.text[rec.start:rec.end])
	if rec.next < len(in.reader.text) {
		e.Rejected = string(in.reader.text[rec.start:rec.next]) // the last record has no delimiter here. Certain
	}
}

// column is how error texts call the table's column with the index i.
func (in *csvInput) column(i int) string {
	table := in.plan.table
	if table == "" {
		table = "TRANSIENT_STAGE_TABLE"
	}
	switch {
	case i < 0:
		return ""
	case i < len(in.plan.columns) && in.plan.match == MatchNone:
		return columnName(table, in.plan.columns[i].Name, i)
	}
	return fmt.Sprintf("%s[%d]", ident(table), i+1)
}

// columnName is how error texts call a column: "T"["A":1].
func columnName(table, column string, i int) string {
	return fmt.Sprintf("%s[%s:%d]", ident(table), ident(column), i+1)
}

// place sets where the value of a field is that the error is about.
func (in *csvInput) place(e *RowError, column int) {
	var rec csvRecord
	in.reader.split(&rec, in.starts[e.Row-1], in.lines[e.Row-1])
	at := rec.start
	if column >= 0 && column < len(in.fields) && in.fields[column] < len(rec.fields) {
		at = rec.fields[in.fields[column]].start
	}
	in.put(e, &rec, at)
}

// parseJSON is the JSON of a field.
func parseJSON(text string) (string, *jsonFailure) {
	p := &jsonParser{text: []byte(text), format: defaultJSON()}
	if f := p.value(nil); f != nil {
		return "", f
	}
	p.space()
	if p.at < len(p.text) {
		return "", p.stray()
	}
	return string(p.out), nil
}
