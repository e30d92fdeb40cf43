// Package json decodes JSON into Arrow records: one object a line (NDJSON), or the objects of one array, which
// may be printed in any way.
//
// Keys may come in any order; missing ones and the literal null are null. A key that is no column rejects its
// row, and so does one that stands there twice: a value is never dropped in silence. Columns read what fits
// them without loss: whole numbers written 1.0 or 1e3 are integers, decimals keep their digits, strings hold
// dates and timestamps and, where the type was not inferred, numbers. A text column takes any value: numbers and
// literals as they are written, objects and arrays as their JSON text; or strings alone, by option.
package json

import (
	"errors"
	"fmt"

	"github.com/floedata/floe/internal/decode/text"
)

// DefaultMaxDepth bounds the nesting where no bound is asked for.
const DefaultMaxDepth = 128

// Options says how a text is read. The zero value reads NDJSON.
type Options struct {
	// Array says that the text is one array of objects. See [IsArray].
	Array bool
	// IgnoreUnknown drops keys that are no columns. Otherwise their rows are rejected.
	IgnoreUnknown bool
	// MaxDepth bounds how deep values are nested; 0 means [DefaultMaxDepth]. A deeper row is rejected.
	MaxDepth int
	// Binary is how strings write binary columns.
	Binary text.Binary
	// MaxRowBytes bounds a row; 0 means [text.DefaultMaxRowBytes], and [text.LargestRowBytes] is the most.
	MaxRowBytes int
	// Inferred says of each field of the schema, by its number, whether its type was inferred from a sample. Such
	// a column, and what is nested in it, takes values of the JSON kind that it was inferred from alone, or any
	// where it is text: "00501" is no integer there, and no value is changed (see [text.NewStrictColumn]). Fields
	// beyond its end, and those of a type that was given, take all that the type can be read from.
	Inferred []bool
	// Strings are the text columns among them that take strings alone.
	Strings Strings
	// NoDates makes Infer leave strings text that look like dates and timestamps.
	NoDates bool
	// Majority makes Infer give a column of mixed values the type of most of them; rows with others are
	// rejected then. Otherwise the column becomes text.
	Majority bool
}

func (o Options) withDefaults() Options {
	if o.MaxDepth == 0 {
		o.MaxDepth = DefaultMaxDepth
	}
	return o
}

// Check returns all that is wrong with the options, joined; nil where nothing is.
func (o Options) Check() error {
	var errs []error
	if o.MaxDepth < 0 || o.MaxDepth > 10000 {
		errs = append(errs, fmt.Errorf("option MaxDepth: %d is not between 0 and 10000", o.MaxDepth))
	}
	if o.MaxRowBytes < 0 || o.MaxRowBytes > text.LargestRowBytes {
		errs = append(errs, fmt.Errorf("option MaxRowBytes: %d is not between 0 and %d", o.MaxRowBytes, text.LargestRowBytes))
	}
	return errors.Join(errs...)
}

// IsArray reports whether a text that begins with sample is one array.
func IsArray(sample []byte) bool {
	i := space(sample, text.BOM(sample))
	return i < len(sample) && sample[i] == '['
}
