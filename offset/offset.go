// Package offset has the one text form in which sinks store how far a partition was loaded, and, for SQL
// targets, the table that keeps it: its rows are claimed by epoch and moved by compare-and-set.
//
// An offset is opaque to sinks and sources. It says: the source's position, the output rows since that
// position (more than 0 only where a batch ended inside a source batch), the ordinal (output rows of the
// partition so far), and the fingerprint of the transforms that made those rows. The empty text is the
// beginning.
package offset

import (
	"fmt"
	"strconv"
	"strings"
)

// prefix tells an offset from any other text, and the version of its form.
const prefix = "floe1"

// Offset is the parsed form. The zero value is the beginning of a partition.
type Offset struct {
	Position    string // the source's own, opaque; "" is its beginning
	Skip        int64  // output rows since Position that are loaded too
	Ordinal     int64  // output rows of the partition so far
	Fingerprint string // of the transforms; letters and digits only
}

// Parse reads the text form; "" is the zero Offset. Any other text that [Offset.String] did not make is an
// error.
func Parse(text string) (Offset, error) {
	if text == "" {
		return Offset{}, nil
	}
	// The position comes last and raw: it may hold any byte.
	parts := strings.SplitN(text, "/", 5)
	if len(parts) != 5 || parts[0] != prefix {
		return Offset{}, fmt.Errorf("offset: %.40q is not an offset of this library (it begins with %q)", text, prefix+"/")
	}
	ordinal, err := count(parts[2])
	if err != nil {
		return Offset{}, fmt.Errorf("offset: ordinal of %.40q: %w", text, err)
	}
	skip, err := count(parts[3])
	if err != nil {
		return Offset{}, fmt.Errorf("offset: skip of %.40q: %w", text, err)
	}
	if skip > ordinal {
		return Offset{}, fmt.Errorf("offset: %.40q skips more rows than it counts", text)
	}
	return Offset{Fingerprint: parts[1], Ordinal: ordinal, Skip: skip, Position: parts[4]}, nil
}

// count accepts only what strconv.FormatInt writes for n >= 0, so that one offset has one text.
func count(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, err
	}
	if n < 0 || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%q is not a row count", s)
	}
	return n, nil
}

// String returns the text form. It is never empty.
func (o Offset) String() string {
	return prefix + "/" + o.Fingerprint + "/" + strconv.FormatInt(o.Ordinal, 10) + "/" + strconv.FormatInt(o.Skip, 10) + "/" + o.Position
}

// Advance returns the offset n output rows later, at the same position of the source.
func (o Offset) Advance(n int64) Offset {
	o.Skip += n
	o.Ordinal += n
	return o
}

// Ordinal returns the output rows of the partition up to the offset text.
func Ordinal(text string) (int64, error) {
	o, err := Parse(text)
	return o.Ordinal, err
}

// At returns the text of the offset n output rows after text.
func At(text string, n int64) (string, error) {
	if n == 0 {
		return text, nil
	}
	o, err := Parse(text)
	if err != nil {
		return "", err
	}
	return o.Advance(n).String(), nil
}
