// Package mark has the id that travels with a table in its comment, such as [floe:2f1c…]: by it offsets know the
// table whose rows they count.
package mark

import (
	"regexp"
	"strings"

	"github.com/google/uuid"
)

var pattern = regexp.MustCompile(`\[floe:([0-9a-f-]{36})\]`)

// Find returns the mark in a table's comment; "" = none.
func Find(comment string) string {
	if m := pattern.FindStringSubmatch(comment); m != nil {
		return m[1]
	}
	return ""
}

// Add returns the comment with a new mark of its own behind the user's text.
func Add(comment string) (text, mark string) {
	mark = uuid.NewString()
	return strings.TrimSpace(comment + " " + Text(mark)), mark
}

// Strip returns the user's text alone.
func Strip(comment string) string { return strings.TrimSpace(pattern.ReplaceAllString(comment, "")) }

// Text is how a mark stands in a comment.
func Text(mark string) string { return "[floe:" + mark + "]" }
