package snowflake

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxName is how many characters of a name Snowflake takes.
const maxName = 255

// CheckName implements [dialect.Dialect].
func (d Dialect) CheckName(name string) error {
	switch n := utf8.RuneCountInString(name); {
	case !utf8.ValidString(name):
		return errors.New("is not valid UTF-8")
	case n > maxName:
		return fmt.Errorf("is %d characters long: Snowflake takes %d", n, maxName)
	}
	return d.Standard.CheckName(name)
}

// Unquoted returns the name for which one stands that is written without quotes: a plain one, of letters, digits,
// underscores and dollar signs that begins with a letter or an underscore, in upper case. Any other name can only be
// written with quotes, and stays as it is.
func Unquoted(name string) string {
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c != '$' && (c < '0' || c > '9')) {
			return name
		}
	}
	return strings.ToUpper(name)
}

// Plain writes a name as Snowflake's reports do: one that means the same without quotes has none.
func Plain(name string) string {
	if name != "" && Unquoted(name) == name && Unquoted(name+"a") != name+"a" {
		return name
	}
	return quote(name)
}

// Literal writes a text as a constant.
func Literal(text string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), "'", "''") + "'"
}

// Immediate writes the statement that runs a block of Snowflake Scripting.
func Immediate(block string) string {
	if strings.Contains(block, "$$") {
		return "EXECUTE IMMEDIATE " + Literal(block)
	}
	return "EXECUTE IMMEDIATE $$\n" + block + "\n$$"
}
