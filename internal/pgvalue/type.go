package pgvalue

import (
	"regexp"
	"strconv"
	"strings"
)

// kind is a family of column types that have one binary form.
type kind int

const (
	kindOther kind = iota // a type that values go into as texts, which the server reads
	kindBool
	kindInt2
	kindInt4
	kindInt8
	kindFloat4
	kindFloat8
	kindNumeric
	kindText
	kindBytea
	kindDate
	kindTime
	kindTimestamp
	kindTimestampTZ
	kindInterval
	kindUUID
	kindJSON
	kindJSONB
	kindEnum
	kindArray
)

// Type is the type of a column.
type Type struct {
	kind kind
	// precision and scale are those of a numeric, and precision the digits of a second that a time keeps; -1 = without
	// bound.
	precision, scale int
	// limit is how many characters a text may have; 0 = any number.
	limit int
	// domain says that the type stands under a domain.
	domain bool
	elem   *Type
	// name is how the database writes it.
	name string
}

// Marks of the types that are a user's own, as [Parse] reads them: comments behind the name of what they are.
const (
	enumMark   = " /* enum */"
	domainMark = " /* domain "
)

// EnumName marks the name of a type as one that has labels.
func EnumName(name string) string { return name + enumMark }

// DomainName is how a column of a domain is written: as the type that the domain stands on, and the domain's name.
func DomainName(base, domain string) string {
	return base + domainMark + strings.ReplaceAll(domain, "*/", "* /") + " */"
}

var names = map[string]kind{
	"boolean":                     kindBool,
	"smallint":                    kindInt2,
	"integer":                     kindInt4,
	"bigint":                      kindInt8,
	"real":                        kindFloat4,
	"double precision":            kindFloat8,
	"numeric":                     kindNumeric,
	"text":                        kindText,
	"citext":                      kindText,
	"character varying":           kindText,
	"character":                   kindText,
	"bytea":                       kindBytea,
	"date":                        kindDate,
	"time without time zone":      kindTime,
	"timestamp without time zone": kindTimestamp,
	"timestamp with time zone":    kindTimestampTZ,
	"interval":                    kindInterval,
	"uuid":                        kindUUID,
	"json":                        kindJSON,
	"jsonb":                       kindJSONB,
}

// oids are what the elements of an array are in its binary form.
var oids = map[string]uint32{
	"boolean": 16, "bytea": 17, "bigint": 20, "smallint": 21, "integer": 23, "text": 25, "json": 114, "real": 700,
	"double precision": 701, "character": 1042, "character varying": 1043, "date": 1082, "time without time zone": 1083,
	"timestamp without time zone": 1114, "timestamp with time zone": 1184, "interval": 1186, "numeric": 1700,
	"uuid": 2950, "jsonb": 3802,
}

// typeName is a name with one or two numbers in parentheses, which stand within the names of times.
var typeName = regexp.MustCompile(`^([^(]+?)(?:\((\d+)(?:,(-?\d+))?\))?( with time zone| without time zone)?$`)

// Parse reads the type of a column as format_type writes it, and the marks of [EnumName] and [DomainName].
func Parse(name string) Type {
	t := Type{name: name}
	if at := strings.Index(name, domainMark); at >= 0 {
		t = Parse(name[:at])
		t.domain, t.name = true, name
		return t
	}
	if strings.HasSuffix(name, enumMark) {
		t.kind = kindEnum
		return t
	}
	if elem, ok := strings.CutSuffix(name, "[]"); ok {
		t.kind = kindArray
		e := Parse(elem)
		t.elem = &e
		return t
	}
	m := typeName.FindStringSubmatch(name)
	if m == nil {
		return t
	}
	base := bare(m[1] + m[4])
	t.kind = names[base]
	first, given := number(m[2])
	switch t.kind {
	case kindNumeric:
		t.precision, t.scale = -1, -1
		if given {
			t.precision = first
			t.scale, _ = number(m[3])
		}
	case kindText:
		t.limit = first
	case kindTime, kindTimestamp, kindTimestampTZ, kindInterval:
		t.precision = 6
		if given {
			t.precision = first
		}
	default:
		if given {
			t.kind = kindOther
		}
	}
	return t
}

// bare is the name without the schema of an extension's type.
func bare(name string) string {
	if schema, last, ok := strings.Cut(name, "."); ok && last == "citext" && schema != "" {
		return last
	}
	return name
}

func number(s string) (n int, given bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// oid is what the type is as an element of an array; 0 = not known.
func (t Type) oid() uint32 {
	if t.domain {
		return 0
	}
	m := typeName.FindStringSubmatch(t.name)
	if m == nil {
		return 0
	}
	return oids[m[1]+m[4]]
}

// Name is the type as the database writes it.
func (t Type) Name() string { return t.name }
