package copyinto

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// jsonInput reads a JSON file into a temporary table: its values whole, or the members that are wanted of them.
type jsonInput struct {
	input
	reader *jsonReader
	match  Match
	wanted map[string]int // column of a name, folded if letters do not count; nil is the whole value
}

// openJSON reads a file on conn. wanted are the columns that members of objects are for; nil makes one column of the whole
// values.
func openJSON(ctx context.Context, conn *sql.Conn, f *JSON, file File, match Match, wanted []Column) (_ *input, err error) {
	text, err := readText(file, f.Compression)
	if err != nil {
		return nil, unreadable(err)
	}
	if f.SkipByteOrderMark {
		text = bytes.TrimPrefix(text, byteOrderMark)
	}
	if f.ReplaceInvalidCharacters && !utf8.Valid(text) {
		text = []byte(replaced(string(text)))
	}
	in := &jsonInput{reader: newJSONReader(f, text), match: match}
	defer func() {
		if err != nil {
			_ = in.close(ctx)
		}
	}()
	if wanted == nil {
		in.columns = []fileColumn{{name: "$1"}}
	} else {
		in.wanted = map[string]int{}
	}
	for i, c := range wanted {
		in.wanted[fold(c.Name, match)] = i
		in.columns = append(in.columns, fileColumn{name: c.Name})
	}
	definitions := []string{"n BIGINT"}
	for i := range in.columns {
		in.columns[i].typ = types.Type{Kind: types.Variant}
		in.columns[i].sql = fmt.Sprintf("c%d", i)
		definitions = append(definitions, fmt.Sprintf("c%d VARCHAR", i))
	}
	name, err := in.table(ctx, conn, strings.Join(definitions, ", "))
	if err != nil {
		return nil, err
	}
	if err := fill(ctx, conn, name, in.row()); err != nil {
		return nil, err
	}
	in.from = "temp." + name
	return &in.input, nil
}

// fold is a name as columns are matched by it.
func fold(name string, match Match) string {
	if match == MatchSensitive {
		return name
	}
	return strings.ToUpper(name)
}

// row gives the values that can be read to [fill], and keeps the errors of the others.
func (in *jsonInput) row() func() ([]driver.Value, error) {
	values := make([]driver.Value, 1+len(in.columns))
	return func() ([]driver.Value, error) {
		for {
			rec, ok := in.reader.record()
			if !ok {
				return nil, nil
			}
			in.rows++
			if e, bad := in.check(rec); bad {
				in.errors = append(in.errors, e)
				continue
			}
			clear(values[1:])
			values[0] = in.rows
			if in.wanted == nil {
				values[1] = string(rec.value)
				return values, nil
			}
			if err := in.members(rec, values); err != nil {
				return nil, err
			}
			return values, nil
		}
	}
}

// members sets the values of the members that are wanted.
func (in *jsonInput) members(rec *jsonRecord, values []driver.Value) error {
	for _, m := range rec.members {
		i, ok := in.wanted[fold(m.name, in.match)]
		if !ok {
			continue
		}
		if values[i+1] != nil {
			return ambiguous(m.name)
		}
		values[i+1] = string(m.value)
	}
	return nil
}

// ambiguous refuses two columns of a file that match one of the table: what Snowflake takes then is not known.
func ambiguous(name string) error {
	return unsupported("MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE with two columns in the file called %s but for case", strings.ToUpper(name))
}

func (in *jsonInput) check(rec *jsonRecord) (RowError, bool) {
	f, value, at := notJSON, "", rec.start
	switch {
	case rec.failure != nil:
		value, at = rec.failure.text, rec.failure.at
	case !utf8.Valid(rec.value):
		f, value = notUTF8, hexed(string(rec.value))
	case len(rec.value) > types.MaxText:
		value = fmt.Sprintf("document is too large, max size %d bytes", types.MaxText)
	default:
		return RowError{}, false
	}
	before := in.reader.text[:at]
	line := rec.line + int64(bytes.Count(before[rec.start:], []byte{'\n'}))
	before = before[bytes.LastIndexByte(before, '\n')+1:]
	return RowError{
		Message: f.message(value), Category: f.category, Code: f.code, SQLState: f.state, Row: in.rows,
		Line: line, Character: int64(utf8.RuneCount(before)) + 1, ByteOffset: int64(at), RowStart: rec.line,
		Rejected: string(in.reader.text[rec.start:rec.end]),
	}, true
}
