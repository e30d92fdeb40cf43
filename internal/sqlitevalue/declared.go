package sqlitevalue

import (
	"strconv"
	"strings"
)

// family is what a declared type keeps as it is.
type family int

const (
	anything family = iota // no type, or ANY of a STRICT table
	boolean
	integer
	float
	numeric
	text
	decimalText
	blob
	date
	clock
	instant
	zoned
	document
	identifier
)

// declared is the type of a column as its table declares it.
type declared struct {
	family
	// precision and scale stand in brackets behind the name; -1 = they do not.
	precision, scale int32
}

// parse reads a declared type by the rules of sqlite.org/datatype3.html, and knows the names that the dialect and others
// give to columns of a purpose.
func parse(typ string) declared {
	d := declared{precision: -1, scale: -1}
	name, brackets, _ := strings.Cut(typ, "(")
	first, second, two := strings.Cut(strings.TrimSuffix(strings.TrimSpace(brackets), ")"), ",")
	if n, err := strconv.ParseInt(strings.TrimSpace(first), 10, 32); err == nil {
		d.precision, d.scale = int32(n), 0
		if n, err := strconv.ParseInt(strings.TrimSpace(second), 10, 32); two && err == nil {
			d.scale = int32(n)
		}
	}
	d.family = familyOf(strings.Join(strings.Fields(strings.ToUpper(name)), " "))
	return d
}

func familyOf(name string) family {
	switch name {
	case "", "ANY":
		return anything
	case "BOOLEAN", "BOOL":
		return boolean
	case "DATE":
		return date
	case "TIME":
		return clock
	case "TIMESTAMP", "DATETIME":
		return instant
	case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return zoned
	case "JSON", "JSONB":
		return document
	case "UUID":
		return identifier
	case "DECIMAL TEXT":
		return decimalText
	}
	for _, rule := range []struct {
		part string
		is   family
	}{
		{"INT", integer},
		{"CHAR", text},
		{"CLOB", text},
		{"TEXT", text},
		{"BLOB", blob},
		{"REAL", float},
		{"FLOA", float},
		{"DOUB", float},
	} {
		if strings.Contains(name, rule.part) {
			return rule.is
		}
	}
	return numeric
}

// room says that a number of so many digits, some of them behind the point, keeps within the brackets.
func (d declared) room(precision, scale int32) bool {
	return d.precision < 0 || scale <= d.scale && precision-scale <= d.precision-d.scale
}

// digits is how many digits a second has behind the point in a column of times: microseconds, unless the brackets say
// otherwise, or the unit is finer and there are no brackets.
func (d declared) digits(unit int) int {
	if d.precision >= 0 {
		return int(d.precision)
	}
	return max(6, unit)
}
