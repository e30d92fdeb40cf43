// Package csv decodes delimited text into Arrow records: RFC 4180 and what is found beside it. Quoted fields
// may hold delimiters, line breaks and doubled quotes; lines end in LF or CRLF, or in a lone CR by option.
//
// A quote opens a field only as its first byte; elsewhere it is a byte like others. Empty lines are skipped,
// but where the text has one column: there they are rows without a value.
//
// Nulls: an unquoted field that is one of Options.Nulls is null. Columns of other types than text and binary
// read an empty field as null, and also a quoted one that is among the nulls. A quoted empty field of a text
// column is the empty text.
package csv

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/decode/text"
)

// Options says how a text is written. The zero value is RFC 4180 with a header.
type Options struct {
	// Comma divides fields; 0 means a comma.
	Comma byte
	// Quote encloses fields; 0 means a double quote.
	Quote byte
	// NoQuote says that quotes have no meaning.
	NoQuote bool
	// Escape makes the byte behind it, inside quotes, an ordinary one; 0 means that quotes are doubled.
	Escape byte
	// LineEnd ends rows: '\n' (also behind '\r'), or '\r' for the lone ones of old files; 0 means '\n'. See
	// [LineEnd].
	LineEnd byte
	// NoHeader says that the first row is data; its columns are column0, column1 and so on.
	NoHeader bool
	// Nulls are the texts that stand for null; nil means the empty one alone.
	Nulls []string
	// Trim takes spaces and tabs around unquoted values away. Numbers and times are read without them anyway.
	Trim bool
	// Ragged reads rows that have fewer fields than the header with nulls in the rest. Otherwise they are
	// rejected, as rows that have more fields always are.
	Ragged bool
	// Binary is how binary columns are written.
	Binary text.Binary
	// Inferred says of each field of the schema, by its number, whether its type was inferred from a sample. A
	// value that would be changed there is rejected: see [text.NewStrictColumn]. Fields beyond its end, and those
	// of a type that was given, are read as the type reads texts: "00501" and "1e3" as integers, "yes" as true.
	Inferred []bool
	// MaxRowBytes bounds a row; 0 means [text.DefaultMaxRowBytes], and [text.LargestRowBytes] is the most.
	MaxRowBytes int
}

// withDefaults returns the options with the zero fields filled in.
func (o Options) withDefaults() Options {
	if o.Comma == 0 {
		o.Comma = ','
	}
	if o.Quote == 0 {
		o.Quote = '"'
	}
	if o.LineEnd == 0 {
		o.LineEnd = '\n'
	}
	if o.Nulls == nil {
		o.Nulls = []string{""}
	}
	if o.Escape == o.Quote {
		o.Escape = 0
	}
	return o
}

// column returns the column that reads field i.
func (o *Options) column(mem memory.Allocator, i int, dt arrow.DataType) (text.Column, error) {
	if i < len(o.Inferred) && o.Inferred[i] {
		return text.NewStrictColumn(mem, dt, o.Binary)
	}
	return text.NewColumn(mem, dt, o.Binary)
}

// Check returns all that is wrong with the options, joined; nil where nothing is.
func (o Options) Check() error {
	d := o.withDefaults()
	var errs []error
	special := func(name string, c byte) {
		if c >= 0x80 || c == '\n' || c == '\r' {
			errs = append(errs, fmt.Errorf("option %s: %q is no single ASCII character within a line", name, c))
		}
	}
	special("Comma", d.Comma)
	special("Quote", d.Quote)
	special("Escape", d.Escape)
	if !o.NoQuote && d.Comma == d.Quote {
		errs = append(errs, fmt.Errorf("option Quote: %q divides fields already (Comma)", d.Quote))
	}
	if o.NoQuote && (o.Quote != 0 || o.Escape != 0) {
		errs = append(errs, errors.New("option NoQuote: without quotes, Quote and Escape mean nothing"))
	}
	if d.Escape != 0 && d.Escape == d.Comma {
		errs = append(errs, fmt.Errorf("option Escape: %q divides fields already (Comma)", d.Escape))
	}
	if d.LineEnd != '\n' && d.LineEnd != '\r' {
		errs = append(errs, fmt.Errorf(`option LineEnd: %q is neither "\n" nor "\r"`, d.LineEnd))
	}
	for _, s := range o.Nulls {
		if len(s) > text.LongestNull {
			errs = append(errs, fmt.Errorf("option Nulls: %.20q is longer than %d bytes", s, text.LongestNull))
		}
	}
	if o.MaxRowBytes < 0 || o.MaxRowBytes > text.LargestRowBytes {
		errs = append(errs, fmt.Errorf("option MaxRowBytes: %d is not between 0 and %d", o.MaxRowBytes, text.LargestRowBytes))
	}
	return errors.Join(errs...)
}

// LineEnd returns the byte that ends the rows of a text which begins with sample: '\r' where it has no other
// line breaks, else '\n'.
func LineEnd(sample []byte) byte {
	end := byte('\n')
	for _, c := range sample {
		if c == '\n' {
			return '\n'
		}
		if c == '\r' {
			end = '\r'
		}
	}
	return end
}
