package copyinto

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// Inferred is a column that files have: a row of INFER_SCHEMA's result.
type Inferred struct {
	Name     string
	Type     types.Type
	Nullable bool
	Files    []string // that have the column, as texts of errors call them
	Order    int      // in the first file that has it
}

// TypeName is the type as INFER_SCHEMA has it.
func (i Inferred) TypeName() string {
	switch i.Type.Kind {
	case types.Fixed:
		return fmt.Sprintf("NUMBER(%d, %d)", i.Type.Precision, i.Type.Scale)
	case types.Real:
		return "REAL"
	case types.Text:
		return "TEXT"
	case types.Binary:
		return "BINARY"
	}
	return strings.ToUpper(i.Type.Kind.Wire())
}

// Expression is the expression of the column over $1.
func (i Inferred) Expression(ignoreCase bool) string {
	if ignoreCase {
		return fmt.Sprintf("GET_IGNORE_CASE ($1, %s)::%s", i.Name, i.TypeName())
	}
	return fmt.Sprintf("$1:%s::%s", i.Name, i.TypeName())
}

// Infer returns the columns of the source's files, those of the same name as one. With ignoreCase names are the same whatever
// their case, and in upper case. See [Load] about look and errors.
//
// Documented are that all timestamps are TIMESTAMP_NTZ, that columns of CSV and JSON are nullable, and that nested columns of
// Parquet are VARIANT. Which text is a date or a number is approximate.
func Infer(ctx context.Context, look *sql.Conn, s Source, ignoreCase bool) ([]Inferred, error) {
	var all []Inferred
	at := map[string]int{}
	for _, f := range s.Files {
		found, err := infer(ctx, look, s.Format, f)
		var broken *fileError
		if errors.As(err, &broken) {
			return nil, broken.row(f).abort()
		}
		if err != nil {
			return nil, fmt.Errorf("infer %s: %w", f.Name, err)
		}
		for order, one := range found {
			if ignoreCase {
				one.Name = strings.ToUpper(one.Name)
			}
			i, known := at[one.Name]
			if !known {
				at[one.Name] = len(all)
				one.Order, one.Files = order, []string{f.relative()}
				all = append(all, one)
				continue
			}
			all[i].Type = common(all[i].Type, one.Type)
			all[i].Nullable = all[i].Nullable || one.Nullable
			if !slices.Contains(all[i].Files, f.relative()) {
				all[i].Files = append(all[i].Files, f.relative())
			}
		}
	}
	for i := range all {
		if all[i].Type.Kind == 0 {
			all[i].Type = anyText
		}
	}
	return all, nil
}

// infer returns the columns of one file. A type without a kind is one of NULLs alone.
func infer(ctx context.Context, look *sql.Conn, format Format, f File) ([]Inferred, error) {
	switch format := format.(type) {
	case *CSV:
		return inferCSV(format, f)
	case *JSON:
		return inferJSON(format, f)
	case *Parquet:
		return inferParquet(ctx, look, format, f)
	}
	return nil, fmt.Errorf("unknown format %T", format)
}

// anyText is a VARCHAR of no particular length.
var anyText = types.Type{Kind: types.Text, Length: types.DefaultText}

func inferParquet(ctx context.Context, look *sql.Conn, format *Parquet, f File) ([]Inferred, error) {
	path, remove, err := plainPath(f.Path)
	if err != nil {
		return nil, err
	}
	defer remove()
	elements, _, err := readSchema(ctx, look, path)
	if err != nil {
		return nil, &fileError{notParquet, err.Error()}
	}
	var all []Inferred
	for _, e := range elements {
		one := Inferred{Name: e.name, Type: types.Type{Kind: types.Variant}, Nullable: !e.required}
		if e.leaf() && !e.repeated {
			typ, _, err := format.value(e, "")
			if err != nil {
				return nil, err
			}
			one.Type = stored(typ)
		}
		all = append(all, one)
	}
	return all, nil
}

// stored is the type of a column for values of the type.
func stored(t types.Type) types.Type {
	switch t.Kind {
	case types.Fixed:
		if t.Scale == 0 {
			t.Precision = max(t.Precision, types.MaxPrecision)
		}
	case types.Text:
		return anyText
	case types.Binary:
		t.Length = types.DefaultBinary
	case types.TimestampLTZ, types.TimestampTZ:
		t.Kind = types.TimestampNTZ
	}
	return t
}

func inferCSV(format *CSV, f File) ([]Inferred, error) {
	data, err := readText(f, format.Compression)
	if err != nil {
		return nil, unreadable(err)
	}
	content := toUTF8(data, format.Encoding)
	if format.SkipByteOrderMark {
		content = bytes.TrimPrefix(content, byteOrderMark)
	}
	r := newCSVReader(format, content)
	var all []Inferred
	var rec csvRecord
	if format.ParseHeader && r.record(&rec) {
		for _, field := range rec.fields {
			all = append(all, Inferred{Name: field.text, Nullable: true})
		}
	}
	for r.record(&rec) {
		for i, field := range rec.fields {
			if i == len(all) {
				all = append(all, Inferred{Name: fmt.Sprintf("c%d", i+1), Nullable: true})
			}
			if !field.null {
				all[i].Type = common(all[i].Type, classify(field.text))
			}
		}
	}
	return all, nil
}

func inferJSON(format *JSON, f File) ([]Inferred, error) {
	content, err := readText(f, format.Compression)
	if err != nil {
		return nil, unreadable(err)
	}
	if format.SkipByteOrderMark {
		content = bytes.TrimPrefix(content, byteOrderMark)
	}
	r := newJSONReader(format, content)
	var all []Inferred
	at := map[string]int{}
	for {
		rec, ok := r.record()
		if !ok {
			return all, nil
		}
		if rec.failure != nil {
			return nil, &fileError{notJSON, rec.failure.text}
		}
		for _, m := range rec.members {
			i, known := at[m.name]
			if !known {
				i = len(all)
				at[m.name] = i
				all = append(all, Inferred{Name: m.name, Nullable: true})
			}
			all[i].Type = common(all[i].Type, classifyJSON(string(m.value)))
		}
	}
}

// classifyJSON is the type that a value of JSON has.
func classifyJSON(value string) types.Type {
	switch value[0] {
	case '{':
		return types.Type{Kind: types.Object}
	case '[':
		return types.Type{Kind: types.Array}
	case 'n':
		return types.Type{}
	case 't', 'f':
		return types.Type{Kind: types.Boolean}
	case '"':
		if typ := classify(value[1 : len(value)-1]); typ.Kind == types.Date || typ.Kind == types.Time || typ.Kind == types.TimestampNTZ {
			return typ
		}
		return anyText
	}
	return classify(value)
}
