package translate

import (
	"fmt"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/scalar"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// clocks are functions of dates and times.
var clocks = map[string]spec{
	"CURRENT_TIMESTAMP GETDATE LOCALTIMESTAMP SYSTIMESTAMP": {0, 1, func(c *call) value { return c.now(ltzType) }},
	"CURRENT_DATE":           {0, 0, func(c *call) value { return c.now(dateType) }},
	"CURRENT_TIME LOCALTIME": {0, 1, func(c *call) value { return c.now(timeType) }},
	"SYSDATE": {0, 0, func(c *call) value {
		return value{castSQL(quote(types.Nanos(c.t.r.Now()).String()), "HUGEINT"), ntzType, true}
	}},
	"DATEADD TIMEADD TIMESTAMPADD": {3, 3, func(c *call) value {
		return c.t.addPart(c.part(0), c.as(1, fixed(18, 0)), c.arg(2), c.x.Pos)
	}},
	"ADD_MONTHS": {2, 2, func(c *call) value { return c.t.addPart("month", c.as(1, fixed(18, 0)), c.arg(0), c.x.Pos) }},
	"DATEDIFF TIMEDIFF TIMESTAMPDIFF": {3, 3, func(c *call) value {
		return givesInt(9, "floe_datediff(%s, %s, %s)", quote(c.part(0)), c.wall(1), c.wall(2))
	}},
	"DATE_TRUNC": {2, 2, func(c *call) value {
		if _, text := c.x.Args[1].(*syntax.String); text {
			if _, part := scalar.Part(c.word(1)); part {
				return c.t.truncated(c.part(1), c.clock(0), c.x.Pos)
			}
		}
		return c.t.truncated(c.part(0), c.clock(1), c.x.Pos)
	}},
	"DATE_PART EXTRACT": {2, 2, func(c *call) value { return c.partOf(c.part(0), 1) }},
	"YEAR":              {1, 1, func(c *call) value { return c.partOf("year", 0) }},
	"QUARTER":           {1, 1, func(c *call) value { return c.partOf("quarter", 0) }},
	"MONTH":             {1, 1, func(c *call) value { return c.partOf("month", 0) }},
	"WEEK WEEKOFYEAR":   {1, 1, func(c *call) value { return c.partOf("week", 0) }},
	"WEEKISO":           {1, 1, func(c *call) value { return c.partOf("weekiso", 0) }},
	"DAY DAYOFMONTH":    {1, 1, func(c *call) value { return c.partOf("day", 0) }},
	"DAYOFWEEK":         {1, 1, func(c *call) value { return c.partOf("dayofweek", 0) }},
	"DAYOFWEEKISO":      {1, 1, func(c *call) value { return c.partOf("dayofweekiso", 0) }},
	"DAYOFYEAR":         {1, 1, func(c *call) value { return c.partOf("dayofyear", 0) }},
	"YEAROFWEEK":        {1, 1, func(c *call) value { return c.partOf("yearofweek", 0) }},
	"YEAROFWEEKISO":     {1, 1, func(c *call) value { return c.partOf("yearofweekiso", 0) }},
	"HOUR":              {1, 1, func(c *call) value { return c.partOf("hour", 0) }},
	"MINUTE":            {1, 1, func(c *call) value { return c.partOf("minute", 0) }},
	"SECOND":            {1, 1, func(c *call) value { return c.partOf("second", 0) }},
	"DAYNAME":           {1, 1, func(c *call) value { return gives(text(3), "floe_ntz_text(%s, 'DY')", c.wall(0)) }},
	"MONTHNAME":         {1, 1, func(c *call) value { return gives(text(3), "floe_ntz_text(%s, 'MON')", c.wall(0)) }},
	"LAST_DAY": {1, 2, func(c *call) value {
		part := "month"
		if c.has(1) {
			part = c.part(1)
		}
		first := called("floe_date_trunc", quote(part), c.wall(0))
		return gives(dateType, "floe_nanos_date(floe_dateadd('day', CAST(-1 AS BIGINT), floe_dateadd(%s, CAST(1 AS BIGINT), %s)))", quote(part), first)
	}},
	"DATE_FROM_PARTS DATEFROMPARTS": {3, 3, func(c *call) value {
		return gives(dateType, "floe_nanos_date(%s)", c.fromParts())
	}},
	"TIMESTAMP_FROM_PARTS TIMESTAMP_NTZ_FROM_PARTS": {6, 7, func(c *call) value {
		return gives(ntzType, "(%s + %s)", c.fromParts(), c.timeOfDay(3))
	}},
	"TIME_FROM_PARTS TIMEFROMPARTS": {3, 4, func(c *call) value { return gives(timeType, "CAST(%s AS BIGINT)", c.timeOfDay(0)) }},
	"CONVERT_TIMEZONE":              {2, 3, convertTimezone},
}

// part is an argument that names a part of a date or time.
func (c *call) part(i int) string {
	word := c.word(i)
	p, ok := scalar.Part(word)
	if !ok {
		panic(compilation(1015, "22023", c.x.Args[i].Position(), "'%s' is no part of a date or time", word))
	}
	return p
}

// clock is an argument that is a date or time; a text is a timestamp.
func (c *call) clock(i int) value {
	v := c.arg(i)
	switch {
	case v.typ.Kind == types.Text, v.typ.Kind == types.Variant, v.typ.Kind == 0:
		return c.t.cast(v, ntzType, implicit)
	case v.typ.Kind == types.Time, rank[v.typ.Kind] > 0:
		return v
	}
	panic(c.invalid(v.typ))
}

// wall is the wall clock of an argument.
func (c *call) wall(i int) string { return c.t.wall(c.clock(i)) }

func (c *call) partOf(part string, i int) value {
	v := c.clock(i)
	if v.typ.Kind == types.TimestampTZ {
		return givesInt(19, "floe_tz_part(%s, %s)", quote(part), v.sql)
	}
	if v.typ.Kind == types.TimestampLTZ {
		return givesInt(19, "floe_tz_part(%s, floe_instant_to_tz(%s, %s))", quote(part), v.sql, c.t.zone())
	}
	return givesInt(19, "floe_date_part(%s, %s)", quote(part), c.t.wall(v))
}

// now is the time of the statement.
func (c *call) now(of types.Type) value {
	at := value{castSQL(quote(types.Nanos(c.t.r.Now()).String()), "HUGEINT"), ltzType, true}
	if c.has(0) {
		of.Scale = c.constant(0)
	}
	return c.t.cast(at, of, explicit)
}

// truncated is a date or timestamp with what is below a part cut off.
func (t *translator) truncated(part string, v value, at syntax.Pos) value {
	cut := called("floe_date_trunc", quote(part), t.wall(v))
	switch v.typ.Kind {
	case types.Date:
		return gives(dateType, "floe_nanos_date(%s)", cut)
	case types.Time:
		return gives(v.typ, "floe_nanos_time(%s)", cut)
	case types.TimestampNTZ:
		return gives(v.typ, "%s", cut)
	case types.TimestampLTZ:
		return gives(v.typ, "%s", t.ofNTZ(cut, v.typ.Kind, t.zone()))
	}
	panic(unsupported("DATE_TRUNC of %v, line %d", v.typ, at.Line))
}

// fromParts is the midnight of a year, month and day, which may lie outside of their calendar.
func (c *call) fromParts() string {
	year := fmt.Sprintf("floe_dateadd('year', %s - 1970, CAST(0 AS HUGEINT))", c.int(0))
	month := fmt.Sprintf("floe_dateadd('month', %s - 1, %s)", c.int(1), year)
	return fmt.Sprintf("floe_dateadd('day', %s - 1, %s)", c.int(2), month)
}

// timeOfDay is nanoseconds of hour, minute, second and nanosecond, from an argument on.
func (c *call) timeOfDay(i int) string {
	return fmt.Sprintf("(((CAST(%s AS HUGEINT) * 60 + %s) * 60 + %s) * 1000000000 + %s)", c.int(i), c.int(i+1), c.int(i+2), c.intOr(i+3, "0"))
}

// convertTimezone is (zone, timestamp), or (zone, zone, wall clock).
func convertTimezone(c *call) value {
	if c.has(2) {
		wall := c.t.cast(c.arg(2), ntzType, implicit).sql
		return gives(ntzType, "floe_instant_to_wall(floe_wall_to_instant(%s, %s), %s)", wall, c.text(0), c.text(1))
	}
	at := c.t.cast(c.clock(1), ltzType, implicit).sql
	return gives(tzType, "floe_instant_to_tz(%s, %s)", at, c.text(0))
}
