package ndjson

import "fmt"

// ValueError says which value has no form, and why.
type ValueError struct {
	Column string
	Row    int64 // of the record
	Err    error
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("encode/ndjson: column %q, row %d: %v", e.Column, e.Row, e.Err)
}

func (e *ValueError) Unwrap() error { return e.Err }
