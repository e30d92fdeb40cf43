package copyinto

import (
	"fmt"
	"math"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

func (c *converter) date(from types.Type) conversion {
	var value string
	switch from.Kind {
	case types.Date:
		return conversion{value: src}
	case types.Text:
		value = textDate(src, c.times.DateFormat)
	case types.Fixed:
		value = dayOfSeconds(src)
	case types.Variant:
		value = "CASE WHEN left(" + src + ", 1) = '\"' THEN " + textDate("json_extract_string("+src+", '$')", c.times.DateFormat) +
			" ELSE " + dayOfSeconds("TRY_CAST("+src+" AS HUGEINT)") + " END"
	default:
		// A timestamp is none: COPY refuses it, although a cast would take it. Certain.
		return c.never(from, types.Type{Kind: types.Date}, "DATE", notDate)
	}
	return c.failed(value, from, "DATE", notDate)
}

// dayOfSeconds is the day of seconds since 1970: what an integer is to Snowflake, whatever a file meant. After the year
// 9999 it is none.
func dayOfSeconds(s string) string {
	return "CASE WHEN " + s + " BETWEEN -62135596800 AND 253402300799 THEN DATE '1970-01-01' + CAST(floor(CAST(" + s + " AS DOUBLE) / 86400) AS INTEGER) END"
}

func (c *converter) time(from, dst types.Type) conversion {
	var made conversion
	switch from.Kind {
	case types.Time:
		made = conversion{value: src}
	case types.Text:
		made = c.failed(textTime(src, c.times.TimeFormat), from, "TIME", notTime)
	case types.Variant:
		made = c.failed("CASE WHEN left("+src+", 1) = '\"' THEN "+textTime("json_extract_string("+src+", '$')", c.times.TimeFormat)+" END", from, "TIME", notTime)
	default:
		return c.never(from, dst, "TIME", notTime)
	}
	made.value = scaled(made.value, dst.Scale)
	return made
}

func (c *converter) timestamp(from, dst types.Type) conversion {
	kind := map[types.Kind]string{
		types.TimestampNTZ: "TIMESTAMP_NTZ", types.TimestampLTZ: "TIMESTAMP_LTZ", types.TimestampTZ: "TIMESTAMP_TZ",
	}[dst.Kind]
	var made conversion
	switch from.Kind {
	case types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
		made.value = c.between(from.Kind, dst.Kind, src)
	case types.Date:
		made.value = c.between(types.TimestampNTZ, dst.Kind, "CAST(date_diff('day', DATE '1970-01-01', "+src+") AS HUGEINT) * 86400000000000")
	case types.Fixed:
		made = c.failed(c.seconds(src, dst.Kind), from, kind, notTimestamp)
	case types.Text:
		made = c.failed(c.textTimestamp(src, dst.Kind), from, kind, notTimestamp)
	case types.Variant:
		made = c.failed("CASE WHEN left("+src+", 1) = '\"' THEN "+c.textTimestamp("json_extract_string("+src+", '$')", dst.Kind)+
			" ELSE "+c.seconds("TRY_CAST("+src+" AS HUGEINT)", dst.Kind)+" END", from, kind, notTimestamp)
	default:
		return c.never(from, dst, kind, notTimestamp)
	}
	if dst.Kind == types.TimestampTZ {
		if dst.Scale < types.DefaultScale {
			// A product, because DuckDB shifts no negative number.
			made.value = "(" + scaled("("+made.value+" >> 12)", dst.Scale) + ") * 4096 + (" + made.value + " & 4095)"
		}
		return made
	}
	made.value = scaled(made.value, dst.Scale)
	return made
}

// seconds is the time of seconds since 1970: what an integer is to Snowflake, whatever a file meant. Certain: microseconds
// and nanoseconds of our days are refused, milliseconds become years after 50,000.
func (c *converter) seconds(s string, to types.Kind) string {
	made := c.between(types.TimestampLTZ, to, "CAST("+s+" AS HUGEINT) * 1000000000")
	if to == types.TimestampNTZ {
		made = "CAST(" + s + " AS HUGEINT) * 1000000000"
	}
	return fmt.Sprintf("CASE WHEN abs(%s) <= %d THEN %s END", s, maxSeconds, made)
}

// scaled cuts nanoseconds to digits digits of the second.
func scaled(ns string, digits int) string {
	if digits >= types.DefaultScale {
		return ns
	}
	unit := int64(math.Pow10(types.DefaultScale - digits))
	return fmt.Sprintf("(%[1]s) - ((((%[1]s) %% %[2]d) + %[2]d) %% %[2]d)", ns, unit)
}

// clock is the text of a time of day.
func clock(ns string) string {
	return "strftime(make_timestamp((" + ns + ") // 1000), '%H:%M:%S')"
}

// wall is the text of a wall clock, with milliseconds.
func wall(ns string) string {
	return "strftime(make_timestamp(CAST(((" + ns + ") - (((" + ns + ") % 1000000) + 1000000) % 1000000) // 1000 AS BIGINT)), '%Y-%m-%d %H:%M:%S.%g')"
}
