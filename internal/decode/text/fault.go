package text

import (
	"strconv"

	"github.com/floedata/floe/deadletter"
)

// Fault says why a text is no value of a type.
type Fault uint8

// Faults of values.
const (
	None       Fault = iota
	Invalid          // not a value of this kind
	OutOfRange       // a value of this kind, but too large, too small or too precise for the type
	NotUTF8          // bytes that are no UTF-8 text
	Null             // a null where none may be
	Altered          // it could be read, but would not be what it was: see NewStrictColumn
)

// Code returns the dead letter's code of the fault.
func (f Fault) Code() string {
	switch f {
	case OutOfRange:
		return deadletter.CodeOutOfRange
	case Null:
		return deadletter.CodeNull
	}
	return deadletter.CodeInvalid
}

// Describe says in words how value fails typ: what follows "line 7: column "x": ".
func (f Fault) Describe(value []byte, typ string) string {
	switch f {
	case OutOfRange:
		return Quote(value) + " does not fit " + typ
	case NotUTF8:
		return Quote(value) + " is not valid UTF-8"
	case Null:
		return "the value is missing and the column takes no null"
	case Altered:
		return Quote(value) + " would not stay what it is in the type that was inferred, " + typ + "; give the column a type (Options.Types)"
	}
	return Quote(value) + " is not a value of type " + typ
}

func quote(value []byte) string { return strconv.Quote(string(value)) }
