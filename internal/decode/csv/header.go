package csv

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/internal/decode/text"
)

// Header returns the names of the columns of a text that begins with sample, and the mark of the first row of
// data. whole says that the sample is all of the text. A column without a name is called column and its
// number, from 0; names that stand there twice get a number behind them. An empty text has no columns.
func Header(sample []byte, whole bool, o Options) (names []string, data text.Mark, err error) {
	if err := o.Check(); err != nil {
		return nil, data, fmt.Errorf("csv: %w", err)
	}
	o = o.withDefaults()
	skip := text.BOM(sample)
	body := sample[skip:]
	n, ok := headerEnd(body, o)
	if !ok && !whole {
		return nil, data, fmt.Errorf("csv: the first row does not end within %d bytes: an unclosed quote, or another line end", len(sample))
	}
	x := index{o: o}
	x.fill(body[:n], 0, 1)
	if len(x.misfits) > 0 {
		return nil, data, fmt.Errorf("csv: line 1: %s", x.misfits[0].describe(body, 0, len(x.cells)))
	}
	if o.NoHeader {
		n = 0
	}
	mark := text.Mark{Offset: int64(skip + n), Line: 1 + int64(bytes.Count(body[:n], []byte{o.LineEnd}))}
	t := text.Table{Data: body, Unescape: unescaper(o)}
	taken := map[string]bool{}
	for i, c := range x.cells {
		name := ""
		if !o.NoHeader {
			b, _, _ := t.Value(c)
			name = string(b)
		}
		names = append(names, unique(name, i, taken))
	}
	return names, mark, nil
}

// unique returns name, or what stands for it where it is empty or taken.
func unique(name string, column int, taken map[string]bool) string {
	if name == "" {
		name = "column" + strconv.Itoa(column)
	}
	free := name
	for n := 1; taken[free]; n++ {
		free = name + "_" + strconv.Itoa(n)
	}
	taken[free] = true
	return free
}

// Infer returns the schema of a text that begins with sample: a field for each column, all nullable. whole
// says that the sample is all of the text. Types are bool, int64, float64, date32, time64[us], timestamp[us]
// (of UTC where the values have zones), else text; so are codes with leading zeros, whole numbers that no
// int64 holds. A column without any value has the null type, which no [Decoder] takes: see [text.NullsAsText].
// Columns in overrides have the type given there.
func Infer(sample []byte, whole bool, o Options, overrides map[string]arrow.DataType) (*arrow.Schema, error) {
	names, start, err := Header(sample, whole, o)
	if err != nil {
		return nil, err
	}
	o = o.withDefaults()
	data := sample[start.Offset:]
	if !whole {
		data = data[:lastRow(data, o)]
	}
	kinds := kindsOf(data, len(names), o)
	fields := make([]arrow.Field, len(names))
	for i, name := range names {
		fields[i] = arrow.Field{Name: name, Type: kinds[i].Type(), Nullable: true}
		if dt, ok := overrides[name]; ok {
			fields[i].Type = dt
		}
	}
	return arrow.NewSchema(fields, nil), missing(names, overrides)
}

// missing answers an error where an override names no column.
func missing(names []string, overrides map[string]arrow.DataType) error {
	var errs []error
	for name := range overrides {
		found := false
		for _, n := range names {
			found = found || n == name
		}
		if !found {
			errs = append(errs, fmt.Errorf("csv: there is no column %q to give a type to; the columns are %q", name, names))
		}
	}
	return errors.Join(errs...)
}

// kindsOf returns the kinds of values that each column of data has.
func kindsOf(data []byte, width int, o Options) []text.Kind {
	kinds := make([]text.Kind, width)
	blank := make([]bool, width) // there are texts that are no value of any other type
	nulls := text.NewNulls(o.Nulls)
	x := index{o: o, width: width}
	t := text.Table{Data: data, Unescape: unescaper(o)}
	for pos := 0; pos < len(data); {
		pos = x.fill(data, pos, chunkRows(width))
		for i, c := range x.cells {
			k := &kinds[i%width]
			if *k&text.KindText != 0 {
				continue
			}
			b, quoted, ok := t.Value(c)
			switch isNull := nulls.Has(b); {
			case !ok || isNull && !quoted:
			case isNull || len(b) == 0:
				blank[i%width] = true
			default:
				*k |= text.KindOf(b)
			}
		}
	}
	for i, b := range blank {
		if b && kinds[i] == 0 {
			kinds[i] = text.KindText
		}
	}
	return kinds
}
