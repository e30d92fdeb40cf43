package ndjson

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
)

// jsonText is the form of texts that are JSON.
func jsonText() form {
	return form{bind: func(arr arrow.Array) appender {
		value := textOf(arr)
		return func(dst []byte, row int) []byte { return appendLine(dst, value(row)) }
	}, fault: func(arr arrow.Array, from, to int) (int, error) {
		value := textOf(arr)
		var space []byte
		return first(arr, from, to, func(row int) error {
			v := value(row)
			if space = append(space[:0], v...); !json.Valid(space) || !utf8.Valid(space) {
				return errors.New("the text is not JSON")
			}
			return nil
		})
	}}
}

// appendLine appends JSON without its newlines, which are between its tokens alone.
func appendLine(dst []byte, s string) []byte {
	dst = room(dst, len(s)+1)
	for {
		i := strings.IndexAny(s, "\r\n")
		if i < 0 {
			return append(dst, s...)
		}
		dst, s = append(append(dst, s[:i]...), ' '), s[i+1:]
	}
}
