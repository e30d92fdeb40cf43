package copyinto

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// Names in the expressions of a conversion: the value of the file, and the value of the column that is made of it. Private
// characters, so that no text of a format contains them.
const (
	src = "\uE000"
	val = "\uE001"
)

// converter turns values of files into values of columns, by expressions of DuckDB. A value is kept as [types.Type.DuckDB]
// says, of a type that the file gives it; a VARIANT is JSON that may be anything.
type converter struct {
	times    times // with the session's formats in the place of AUTO
	binary   BinaryFormat
	zone     string // of the session
	record   bool   // values are parts of records (JSON, Parquet): Snowflake has other words for their faults
	truncate bool
}

// conversion is how one column is made.
type conversion struct {
	value string // expression of src; NULL where it cannot be made
	rules []rule // what is wrong where src is not NULL: the first that holds
}

// rule is a fault and when a value has it, both over src and val.
type rule struct {
	when  string
	show  string // the value as the fault's text has it
	fault fault
}

const (
	numeric     = `\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*`
	shortDigits = 18            // of decimals that DuckDB keeps in 64 bits
	maxSeconds  = 9223372036854 // years beyond 290,000: what Snowflake takes for a time of seconds ends somewhere there
)

// convert returns how a value of the type from becomes one of dst.
func (c *converter) convert(from, dst types.Type) conversion {
	switch dst.Kind {
	case types.Fixed:
		return c.fixed(from, dst)
	case types.Real:
		return c.real(from)
	case types.Text:
		return c.text(from, dst)
	case types.Binary:
		return c.binaryOf(from, dst)
	case types.Boolean:
		return c.boolean(from)
	case types.Date:
		return c.date(from)
	case types.Time:
		return c.time(from, dst)
	case types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
		return c.timestamp(from, dst)
	case types.Object:
		return c.object(from)
	case types.Array:
		return c.array(from)
	}
	return c.variant(from)
}

// failed is the conversion whose NULLs are faults: the text's fault for text, the record's for records.
func (c *converter) failed(value string, from types.Type, kind string, text fault) conversion {
	if c.record {
		return conversion{value, []rule{{val + " IS NULL", c.json(from, src), notVariant(kind)}}}
	}
	return conversion{value, []rule{{val + " IS NULL", c.shown(from, src), text}}}
}

// never is the conversion of types that have none.
func (c *converter) never(from, dst types.Type, kind string, text fault) conversion {
	return c.failed("CAST(NULL AS "+dst.DuckDB()+")", from, kind, text)
}

// scalar is the text of a scalar in the JSON src, a number as it is written; NULL for arrays and objects.
const scalar = "CASE left(" + src + ", 1) WHEN '\"' THEN json_extract_string(" + src + ", '$') WHEN '{' THEN NULL WHEN '[' THEN NULL ELSE " + src + " END"

// plain returns the expression of a text's content, where src is text or may be it.
func plain(from types.Type) string {
	if from.Kind == types.Variant {
		return scalar
	}
	return src
}

func (c *converter) fixed(from, dst types.Type) conversion {
	decimal := dst.DuckDB()
	cast := func(s string) string { return "TRY_CAST(" + s + " AS " + decimal + ")" }
	rounded := fmt.Sprintf("round(%s, %d)", src, dst.Scale) // a cast would round half to even, or not at all
	var value, other string
	switch from.Kind {
	case types.Fixed:
		value, other = cast(src), "FALSE"
		if from.Scale > dst.Scale {
			value = cast(rounded)
		}
	case types.Boolean:
		value, other = cast("CAST("+src+" AS INTEGER)"), "FALSE"
	case types.Real:
		value, other = "CASE WHEN isfinite("+src+") THEN "+cast(rounded)+" END", "NOT isfinite("+src+")"
	case types.Text, types.Variant:
		t := plain(from)
		if from.Kind == types.Variant {
			t = "CASE " + src + " WHEN 'true' THEN '1' WHEN 'false' THEN '0' ELSE " + t + " END"
		}
		number := cast(t)
		if dst.Precision > shortDigits && dst.Scale <= shortDigits {
			// DuckDB reads few digits a hundred times as fast as many.
			number = fmt.Sprintf("coalesce(CAST(TRY_CAST(%s AS DECIMAL(%d,%d)) AS %s), %s)", t, shortDigits, dst.Scale, decimal, number)
		}
		value = "CASE WHEN NOT contains(" + t + ", '_') THEN " + number + " END" // DuckDB takes 1_000
		other = "regexp_full_match(" + t + ", " + lit(numeric) + ") IS NOT TRUE"
	default:
		return c.never(from, dst, "FIXED", notNumber)
	}
	if from.Kind == types.Fixed && dst.Scale >= from.Scale && dst.Precision-dst.Scale >= from.Precision-from.Scale {
		return conversion{value: value}
	}
	unknown := c.failed(value, from, "FIXED", notNumber).rules[0]
	unknown.when = val + " IS NULL AND " + other
	return conversion{value, []rule{unknown, {val + " IS NULL", c.shown(from, src), outOfRange}}}
}

func (c *converter) real(from types.Type) conversion {
	switch from.Kind {
	case types.Real:
		return conversion{value: src}
	case types.Fixed, types.Boolean:
		return conversion{value: "CAST(" + src + " AS DOUBLE)"}
	case types.Text, types.Variant:
		t := plain(from)
		double := "TRY_CAST(" + t + " AS DOUBLE)" // infinite for text beyond its range, and DuckDB takes 1_000 and +-1
		word := "ltrim(lower(trim(" + t + ")), '+')"
		return c.failed("CASE WHEN contains("+t+", '_') OR contains("+t+", '+-') THEN NULL WHEN isfinite("+double+") THEN "+double+
			" WHEN "+word+" IN ('nan', 'inf', '-inf', 'infinity', '-infinity') THEN TRY_CAST("+word+" AS DOUBLE) END", from, "REAL", notNumber)
	}
	return c.never(from, types.Type{Kind: types.Real}, "REAL", notNumber)
}

func (c *converter) text(from, dst types.Type) conversion {
	value := c.shown(from, src)
	if c.truncate {
		return conversion{value: fmt.Sprintf("left(%s, %d)", value, dst.Length)}
	}
	long := cutString
	if !c.record {
		long = tooLong(dst.Length)
	}
	return conversion{value, []rule{{fmt.Sprintf("length("+val+") > %d", dst.Length), val, long}}}
}

func (c *converter) binaryOf(from, dst types.Type) conversion {
	long := rule{fmt.Sprintf("octet_length("+val+") > %d", dst.Length), "hex(" + val + ")", cutBinary}
	var made conversion
	switch t := plain(from); {
	case from.Kind == types.Binary:
		return conversion{src, []rule{long}}
	case from.Kind != types.Text && from.Kind != types.Variant:
		return c.never(from, dst, "BINARY", notHex)
	case c.binary == UTF8:
		made = c.failed("encode("+t+")", from, "BINARY", notHex)
	case c.binary == Base64:
		made = c.failed("CASE WHEN regexp_full_match("+t+", '([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?')"+
			" THEN from_base64("+t+") END", from, "BINARY", notBase64)
	default:
		made = c.failed("CASE WHEN regexp_full_match("+t+", '([0-9a-fA-F]{2})*') THEN unhex("+t+") END", from, "BINARY", notHex)
	}
	made.rules = append(made.rules, long)
	return made
}

func (c *converter) boolean(from types.Type) conversion {
	switch from.Kind {
	case types.Boolean:
		return conversion{value: src}
	case types.Fixed, types.Real:
		return conversion{value: src + " <> 0"}
	case types.Text, types.Variant:
		t := "lower(trim(" + plain(from) + "))"
		return c.failed("CASE WHEN "+t+" IN ('true', 't', 'yes', 'y', 'on', '1') THEN TRUE"+
			" WHEN "+t+" IN ('false', 'f', 'no', 'n', 'off', '0') THEN FALSE END", from, "BOOLEAN", notBoolean)
	}
	return c.never(from, types.Type{Kind: types.Boolean}, "BOOLEAN", notBoolean)
}

// object takes objects alone.
func (c *converter) object(from types.Type) conversion {
	made := c.variant(from)
	made.value = "CASE WHEN left(" + made.value + ", 1) = '{' THEN " + made.value + " END"
	made.rules = append([]rule{{val + " IS NULL", c.json(from, src), notVariant("OBJECT")}}, made.rules...)
	return made
}

// array takes arrays, and makes one of any other value.
func (c *converter) array(from types.Type) conversion {
	made := c.variant(from)
	made.value = "CASE WHEN left(" + made.value + ", 1) = '[' THEN " + made.value + " ELSE '[' || " + made.value + " || ']' END"
	return made
}

// variant makes JSON. Text becomes a string, whatever it looks like: that fields of CSV are JSON is done where they are read.
func (c *converter) variant(from types.Type) conversion {
	return conversion{c.json(from, src), []rule{{fmt.Sprintf("strlen("+val+") > %d", types.MaxText), "CAST(strlen(" + val + ") AS VARCHAR)", tooLarge}}}
}

// shown is the text of a value of type t, as TO_VARCHAR makes it with the default output formats.
func (c *converter) shown(t types.Type, s string) string {
	switch t.Kind {
	case types.Text:
		return s
	case types.Real:
		return "CASE WHEN isfinite(" + s + ") THEN regexp_replace(CAST(" + s + " AS VARCHAR), '\\.0$', '') ELSE" +
			" CASE WHEN isnan(" + s + ") THEN 'NaN' ELSE CAST(" + s + " AS VARCHAR) END END"
	case types.Binary:
		return "hex(" + s + ")"
	case types.Variant, types.Object, types.Array:
		return "CASE WHEN left(" + s + ", 1) = '\"' THEN json_extract_string(" + s + ", '$') ELSE " + s + " END"
	case types.Time:
		return clock(s)
	case types.TimestampNTZ:
		return wall(s)
	case types.TimestampLTZ:
		return c.shownInstant(s)
	}
	return "CAST(" + s + " AS VARCHAR)"
}

// json is the JSON text of a value of type t: what VARIANT keeps of it.
func (c *converter) json(t types.Type, s string) string {
	switch t.Kind {
	case types.Variant, types.Object, types.Array:
		return s
	case types.Fixed:
		if t.Scale > 0 {
			return "rtrim(rtrim(CAST(" + s + " AS VARCHAR), '0'), '.')"
		}
		return "CAST(" + s + " AS VARCHAR)"
	case types.Boolean:
		return "CAST(" + s + " AS VARCHAR)"
	case types.Real:
		return "CASE WHEN isfinite(" + s + ") THEN " + c.shown(t, s) + " ELSE '\"' || " + c.shown(t, s) + " || '\"' END"
	case types.Text:
		return "CAST(to_json(" + s + ") AS VARCHAR)"
	}
	return "'\"' || " + c.shown(t, s) + " || '\"'"
}

// lit is a string literal.
func lit(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// ident is a quoted identifier.
func ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
