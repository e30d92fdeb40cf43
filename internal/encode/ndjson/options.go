package ndjson

import "github.com/apache/arrow/go/v17/arrow"

// Binary says how bytes are written.
type Binary uint8

// Forms of bytes.
const (
	Base64 Binary = iota // of the standard alphabet, padded: what a default pipe reads
	Hex                  // what a pipe reads under BINARY_INPUT_FORMAT = HEX
)

// Options say how values are written. The zero value is good.
type Options struct {
	// Binary is the form of bytes. The zero value is Base64.
	Binary Binary
	// Names gives the key of a column by its name. nil: names are keys.
	Names func(column string) string
	// JSON says which columns of text are JSON already, to be written as it is. nil: none.
	JSON func(arrow.Field) bool
}
