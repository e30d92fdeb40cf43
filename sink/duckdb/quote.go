package duckdb

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// quote writes a name as an identifier: the one place where names enter a statement.
func quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// literal writes text as a string constant, for the few statements that take no parameters.
func literal(text string) string {
	return `'` + strings.ReplaceAll(text, `'`, `''`) + `'`
}

// checkName says why DuckDB could not bear the name, or nil. The driver passes C strings, so that a name with
// a NUL would be cut.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("is empty")
	case strings.ContainsRune(name, 0):
		return errors.New("holds a NUL byte")
	case !utf8.ValidString(name):
		return errors.New("is not valid UTF-8")
	}
	return nil
}

// fold gives two names the same text where DuckDB takes them for one: it ignores the case of ASCII letters.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}
