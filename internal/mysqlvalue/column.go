package mysqlvalue

import (
	"fmt"
	"strconv"
	"strings"
)

// Column is the type of a column as the catalog writes it: varchar(20) character set utf8mb4 collate utf8mb4_bin.
type Column struct {
	Base      string // in lower case: "bigint"
	Unsigned  bool
	Precision int      // the first number in parentheses; -1 = none
	Scale     int      // the second one; 0 = none
	Values    []string // of an enum
	Charset   string   // of text; "" = not told
	// Bare is the type without what [Attributes] has.
	Bare string
	// Attributes is what a column has beside its type, NULL and DEFAULT, and must be said again where it is altered.
	Attributes string
}

// attributes begin what is no part of a type; dialect/mysql writes them in upper case, types are in lower case.
var attributes = []string{"AUTO_INCREMENT", "ON UPDATE", "INVISIBLE", "COMMENT"}

// ParseColumn reads a type.
func ParseColumn(text string) (Column, error) {
	c := Column{Precision: -1}
	end := strings.IndexFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_')
	})
	if end < 0 {
		end = len(text)
	}
	if end == 0 {
		return c, fmt.Errorf("%.100q is no column type", text)
	}
	c.Base = strings.ToLower(text[:end])
	rest := text[end:]
	if strings.HasPrefix(rest, "(") {
		var err error
		if rest, err = c.parseArguments(rest[1:]); err != nil {
			return c, fmt.Errorf("%.100q: %w", text, err)
		}
	}
	at := len(rest)
	for _, a := range attributes {
		if i := strings.Index(rest, " "+a); i >= 0 && i < at {
			at = i
		}
	}
	c.Bare, c.Attributes = text[:len(text)-len(rest)+at], strings.TrimSpace(rest[at:])
	words := strings.Fields(strings.ToLower(rest[:at]))
	for i, w := range words {
		switch {
		case w == "unsigned":
			c.Unsigned = true
		case w == "set" && i > 0 && words[i-1] == "character" && i+1 < len(words):
			c.Charset = words[i+1]
		}
	}
	return c, nil
}

// parseArguments reads what is between the parentheses, and returns what is behind them.
func (c *Column) parseArguments(text string) (rest string, err error) {
	if c.Base == "enum" || c.Base == "set" {
		return c.parseValues(text)
	}
	inside, rest, found := strings.Cut(text, ")")
	if !found {
		return "", fmt.Errorf("a parenthesis is not closed")
	}
	first, second, two := strings.Cut(inside, ",")
	if c.Precision, err = strconv.Atoi(strings.TrimSpace(first)); err == nil && two {
		c.Scale, err = strconv.Atoi(strings.TrimSpace(second))
	}
	return rest, err
}

// parseValues reads texts in quotes, in which the catalog escapes quotes by doubling and others by a backslash.
func (c *Column) parseValues(text string) (rest string, err error) {
	for {
		if !strings.HasPrefix(text, "'") {
			return "", fmt.Errorf("a value is not in quotes")
		}
		value, n, err := quoted(text)
		if err != nil {
			return "", err
		}
		c.Values = append(c.Values, value)
		text = text[n:]
		switch {
		case strings.HasPrefix(text, ")"):
			return text[1:], nil
		case strings.HasPrefix(text, ","):
			text = text[1:]
		default:
			return "", fmt.Errorf("the values are not separated by commas")
		}
	}
}

// quoted reads the text that begins with a quote, and says how long it is.
func quoted(text string) (value string, n int, err error) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch ch := text[i]; {
		case ch == '\\' && i+1 < len(text):
			i++
			b.WriteByte(unescaped(text[i]))
		case ch != '\'':
			b.WriteByte(ch)
		case i+1 < len(text) && text[i+1] == '\'':
			i++
			b.WriteByte('\'')
		default:
			return b.String(), i + 1, nil
		}
	}
	return "", 0, fmt.Errorf("a quote is not closed")
}

func unescaped(ch byte) byte {
	switch ch {
	case '0':
		return 0
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	}
	return ch
}

// Digits is how many digits a DECIMAL column has before the point.
func (c Column) Digits() int { return c.Precision - c.Scale }

// bits is how many bits an integer column has; 0 = it is none.
func (c Column) bits() int {
	switch c.Base {
	case "tinyint":
		return 8
	case "smallint":
		return 16
	case "mediumint":
		return 24
	case "int", "integer":
		return 32
	case "bigint":
		return 64
	}
	return 0
}

// HoldsInteger says that the column holds every integer of so many bits.
func (c Column) HoldsInteger(bits int, unsigned bool) bool {
	have := c.bits()
	switch {
	case have > 0 && c.Unsigned:
		return unsigned && bits <= have
	case have > 0 && unsigned:
		return bits < have
	case have > 0:
		return bits <= have
	case c.Unsigned && !unsigned:
		return false
	}
	switch c.Base {
	case "decimal":
		return c.Digits() >= IntegerDigits(bits, unsigned)
	case "double":
		return bits <= 32
	case "float":
		return bits <= 16
	}
	return false
}

// IntegerDigits is how many decimal digits the integers of so many bits have at most.
func IntegerDigits(bits int, unsigned bool) int {
	switch {
	case bits == 8:
		return 3
	case bits == 16:
		return 5
	case bits == 24 && !unsigned:
		return 7
	case bits == 24:
		return 8
	case bits == 32:
		return 10
	case unsigned:
		return 20
	}
	return 19
}

// Integer says how many bits an integer column has; 0 = it is none.
func (c Column) Integer() (bits int, unsigned bool) { return c.bits(), c.Unsigned }
