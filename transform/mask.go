package transform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// MaskOptions are the options of [Mask]; nil means the zero value.
type MaskOptions struct {
	// Text stands for the whole value: "***", or another text for every value. "" masks letter by letter
	// instead.
	Text string
	// KeepFirst and KeepLast are how many letters stay at the ends; the default is none. A value that is no
	// longer than both together is masked whole. Not with Text.
	KeepFirst, KeepLast int
	// With replaces each masked letter; 0 means '*'. Not with Text.
	With rune
}

type masking struct {
	columns []string
	opts    MaskOptions
}

// Mask hides the values of columns of strings: every letter becomes a '*', or by the options some stay, or
// a fixed text stands for all. Letters are Unicode code points, and a value keeps its number of them; nulls
// stay null. Columns of other types are an error of Bind: cast them to strings first, or drop them.
func Mask(columns []string, opts *MaskOptions) Transform {
	m := masking{columns: slices.Clone(columns)}
	if opts != nil {
		m.opts = *opts
	}
	if err := checkColumns(columns); err != nil {
		return failed{"mask", err}
	}
	switch o := m.opts; {
	case o.KeepFirst < 0 || o.KeepLast < 0:
		return failed{"mask", errors.New("MaskOptions.KeepFirst and KeepLast cannot be negative")}
	case o.Text != "" && (o.KeepFirst != 0 || o.KeepLast != 0 || o.With != 0):
		return failed{"mask", errors.New("MaskOptions.Text replaces the whole value; give it, or KeepFirst, KeepLast and With")}
	case o.Text != "" && !utf8.ValidString(o.Text):
		return failed{"mask", errors.New("MaskOptions.Text is not UTF-8")}
	case o.With != 0 && !utf8.ValidRune(o.With):
		return failed{"mask", errors.New("MaskOptions.With is no letter")}
	}
	if m.opts.With == 0 {
		m.opts.With = '*'
	}
	return m
}

// checkColumns refuses an empty list of columns, and one that names a column twice.
func checkColumns(columns []string) error {
	if len(columns) == 0 {
		return errors.New("no column is named")
	}
	if name, twice := duplicate(columns); twice {
		return fmt.Errorf("column %q is named twice", name)
	}
	return nil
}

func (m masking) Fingerprint() string {
	o := m.opts
	return fmt.Sprintf("mask(%s; %q, %d, %d, %q)", quoted(m.columns), o.Text, o.KeepFirst, o.KeepLast, o.With)
}

func (m masking) Bind(_ context.Context, in *arrow.Schema) (Processor, error) {
	return bindTexts("mask", m.columns, in, func(dt arrow.DataType) (arrow.DataType, error) {
		if familyOf(dt) != familyText {
			return nil, errors.New("only strings can be masked; cast it, hash it or drop it")
		}
		return dt, nil
	}, func() func(to []byte, value string) []byte { return m.append })
}

// append appends the masked value.
func (m masking) append(to []byte, value string) []byte {
	if m.opts.Text != "" {
		return append(to, m.opts.Text...)
	}
	letters := utf8.RuneCountInString(value)
	first, last := m.opts.KeepFirst, letters-m.opts.KeepLast
	if last <= first {
		first, last = 0, letters
	}
	for n := 0; value != ""; n++ {
		_, size := utf8.DecodeRuneInString(value)
		if n >= first && n < last {
			to = utf8.AppendRune(to, m.opts.With)
		} else {
			to = append(to, value[:size]...)
		}
		value = value[size:]
	}
	return to
}

// bindTexts binds a change of columns of strings or binaries, value by value. A column of a dictionary
// becomes one of its values. write is asked for once a column and record.
func bindTexts(
	kind string, columns []string, in *arrow.Schema,
	typeOf func(dt arrow.DataType) (arrow.DataType, error),
	write func() func(to []byte, value string) []byte,
) (Processor, error) {
	type change struct {
		at   int
		cast caster
	}
	fields := slices.Clone(in.Fields())
	var changes []change
	for _, name := range columns {
		at, err := find(kind, in, name)
		if err != nil {
			return nil, err
		}
		dt := fields[at].Type
		dictionary, encoded := dt.(*arrow.DictionaryType)
		if encoded {
			dt = dictionary.ValueType
		}
		to, err := typeOf(dt)
		if err != nil {
			return nil, fmt.Errorf("transform: %s: column %q of type %s: %w", kind, name, fields[at].Type, err)
		}
		c := texts(to, func(col arrow.Array) appendText {
			value, write := openText(col), write()
			return func(to []byte, row int) ([]byte, string, string) { return write(to, value(row)), "", "" }
		})
		if encoded {
			c = overDictionary(c)
		}
		fields[at].Type = to
		changes = append(changes, change{at, c})
	}
	out := schemaOf(in, fields)
	return &processor{kind: kind, in: in, out: out, fn: func(ctx context.Context, rec arrow.Record) (result, error) {
		cols := slices.Clone(rec.Columns())
		for _, c := range changes {
			col, err := c.cast(ctx, cols[c.at], nil)
			if err != nil {
				return result{}, fmt.Errorf("transform: %s: column %q: %w", kind, rec.ColumnName(c.at), err)
			}
			defer col.Release()
			cols[c.at] = col
		}
		return result{out: array.NewRecord(out, cols, rec.NumRows())}, nil
	}}, nil
}
