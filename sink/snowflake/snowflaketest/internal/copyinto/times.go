package copyinto

import (
	"fmt"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// Text becomes a time, and wall clocks become instants, by the functions that [scalar.Register] gives DuckDB.

func textDate(s, format string) string { return fmt.Sprintf("floe_date(%s, %s, TRUE)", s, lit(format)) }

func textTime(s, format string) string { return fmt.Sprintf("floe_time(%s, %s, TRUE)", s, lit(format)) }

// textTimestamp is the time that text says, as a column of the kind keeps it.
func (c *converter) textTimestamp(s string, to types.Kind) string {
	format := lit(c.times.TimestampFormat)
	switch to {
	case types.TimestampNTZ:
		return fmt.Sprintf("floe_ntz(%s, %s, TRUE)", s, format)
	case types.TimestampLTZ:
		return fmt.Sprintf("floe_ltz(%s, %s, %s, TRUE)", s, format, lit(c.zone))
	}
	return fmt.Sprintf("floe_tz(%s, %s, %s, TRUE)", s, format, lit(c.zone))
}

// between is the timestamp s of one kind as another keeps it, by the session's time zone.
func (c *converter) between(from, to types.Kind, s string) string {
	call := func(function, s string) string {
		return fmt.Sprintf("%s(CAST(%s AS HUGEINT), %s)", function, s, lit(c.zone))
	}
	switch {
	case from == to:
		return s
	case from == types.TimestampTZ && to == types.TimestampNTZ:
		return "floe_tz_to_wall(" + s + ")"
	case from == types.TimestampTZ:
		return "floe_tz_to_instant(" + s + ")"
	case from == types.TimestampNTZ && !c.utc():
		s = call("floe_wall_to_instant", s)
	}
	switch {
	case to == types.TimestampTZ && c.utc():
		return "(CAST(" + s + " AS HUGEINT) * 4096 + 1440)"
	case to == types.TimestampTZ:
		return call("floe_instant_to_tz", s)
	case to == types.TimestampNTZ && !c.utc():
		return call("floe_instant_to_wall", s)
	}
	return s
}

// utc tells whether the session's wall clock is that of UTC, so that nothing is to be converted.
func (c *converter) utc() bool { return c.zone == "" || c.zone == "UTC" || c.zone == "Etc/UTC" }

// shownInstant is the text of an instant, by the session's wall clock and offset.
func (c *converter) shownInstant(ns string) string {
	if c.utc() {
		return wall(ns) + " || ' +0000'"
	}
	local := c.between(types.TimestampLTZ, types.TimestampNTZ, ns)
	minutes := "CAST((" + local + " - (" + ns + ")) // 60000000000 AS BIGINT)"
	return fmt.Sprintf("%s || format(' {}{:02d}{:02d}', CASE WHEN %[2]s < 0 THEN '-' ELSE '+' END, abs(%[2]s) // 60, abs(%[2]s) %% 60)", wall(local), minutes)
}
