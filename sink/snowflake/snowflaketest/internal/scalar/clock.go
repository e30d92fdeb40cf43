package scalar

import (
	"database/sql/driver"
	"math/big"
	"time"

	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

var times = map[string]*function{
	// text, format, try
	"floe_date": {in: []duckdb.Type{varchar, varchar, boolean}, out: date, call: func(a []driver.Value) (any, error) {
		c, err := read(a[0].(string), a[1].(string), 100040, "Date '%s' is not recognized")
		y, m, d := c.wall.Date()
		return or(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), err, a[2].(bool))
	}},
	// text, format, try
	"floe_time": {in: []duckdb.Type{varchar, varchar, boolean}, out: bigint, call: func(a []driver.Value) (any, error) {
		n, err := timeOfDay(a[0].(string), a[1].(string))
		return or(n, err, a[2].(bool))
	}},
	// text, format, try: an offset in the text is dropped
	"floe_ntz": {in: []duckdb.Type{varchar, varchar, boolean}, out: hugeint, call: func(a []driver.Value) (any, error) {
		c, err := timestamp(a[0].(string), a[1].(string))
		return or(types.Nanos(c.wall), err, a[2].(bool))
	}},
	// text, format, zone, try
	"floe_ltz": {in: []duckdb.Type{varchar, varchar, varchar, boolean}, out: hugeint, call: func(a []driver.Value) (any, error) {
		t, err := instant(a[0].(string), a[1].(string), a[2].(string))
		return or(types.Nanos(t), err, a[3].(bool))
	}},
	// text, format, zone, try
	"floe_tz": {in: []duckdb.Type{varchar, varchar, varchar, boolean}, out: hugeint, call: func(a []driver.Value) (any, error) {
		t, err := instant(a[0].(string), a[1].(string), a[2].(string))
		return or(types.Zoned(t), err, a[3].(bool))
	}},
	// wall clock, format
	"floe_ntz_text": {in: []duckdb.Type{hugeint, varchar}, out: varchar, call: func(a []driver.Value) (any, error) {
		return formatClock(types.AtNanos(a[0].(*big.Int)), a[1].(string)), nil
	}},
	// instant, zone, format
	"floe_ltz_text": {in: []duckdb.Type{hugeint, varchar, varchar}, out: varchar, call: func(a []driver.Value) (any, error) {
		zone, err := location(a[1].(string))
		if err != nil {
			return nil, err
		}
		return formatClock(types.AtNanos(a[0].(*big.Int)).In(zone), a[2].(string)), nil
	}},
	// zoned, format
	"floe_tz_text": {in: []duckdb.Type{hugeint, varchar}, out: varchar, call: func(a []driver.Value) (any, error) {
		return formatClock(types.AtZoned(a[0].(*big.Int)), a[1].(string)), nil
	}},
	"floe_date_nanos": {in: []duckdb.Type{date}, out: hugeint, call: func(a []driver.Value) (any, error) {
		return types.Nanos(a[0].(time.Time)), nil
	}},
	"floe_nanos_date": {in: []duckdb.Type{hugeint}, out: date, call: func(a []driver.Value) (any, error) {
		y, m, d := types.AtNanos(a[0].(*big.Int)).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), nil
	}},
	"floe_nanos_time": {in: []duckdb.Type{hugeint}, out: bigint, call: func(a []driver.Value) (any, error) {
		return int64(sinceMidnight(types.AtNanos(a[0].(*big.Int)))), nil
	}},
	// nanoseconds, digits of the second: what is finer is cut
	"floe_digits": {in: []duckdb.Type{hugeint, integer}, out: hugeint, call: func(a []driver.Value) (any, error) {
		n, unit := a[0].(*big.Int), big.NewInt(int64(pow(9-int(a[1].(int32)))))
		return new(big.Int).Sub(n, new(big.Int).Mod(n, unit)), nil
	}},
	// zoned, digits
	"floe_tz_digits": {in: []duckdb.Type{hugeint, integer}, out: hugeint, call: func(a []driver.Value) (any, error) {
		t := types.AtZoned(a[0].(*big.Int))
		return types.Zoned(t.Add(-time.Duration(t.Nanosecond() % pow(9-int(a[1].(int32)))))), nil
	}},
	// part, count, wall clock
	"floe_dateadd": {in: []duckdb.Type{varchar, bigint, hugeint}, out: hugeint, call: func(a []driver.Value) (any, error) {
		return add(a[0].(string), a[1].(int64), a[2].(*big.Int))
	}},
	// part, count, zoned: the offset stays
	"floe_tz_add": {in: []duckdb.Type{varchar, bigint, hugeint}, out: hugeint, call: func(a []driver.Value) (any, error) {
		t := types.AtZoned(a[2].(*big.Int))
		wall, err := add(a[0].(string), a[1].(int64), wallOf(t))
		if err != nil {
			return nil, err
		}
		return types.Zoned(inZone(types.AtNanos(wall.(*big.Int)), t.Location())), nil
	}},
	// part, from, to
	"floe_datediff": {in: []duckdb.Type{varchar, hugeint, hugeint}, out: bigint, call: func(a []driver.Value) (any, error) {
		from, err := ordinal(a[0].(string), a[1].(*big.Int))
		if err != nil {
			return nil, err
		}
		to, err := ordinal(a[0].(string), a[2].(*big.Int))
		return new(big.Int).Sub(to, from).Int64(), err
	}},
	// part, wall clock
	"floe_date_trunc": {in: []duckdb.Type{varchar, hugeint}, out: hugeint, call: func(a []driver.Value) (any, error) {
		return truncate(a[0].(string), a[1].(*big.Int))
	}},
	// part, wall clock
	"floe_date_part": {in: []duckdb.Type{varchar, hugeint}, out: bigint, call: func(a []driver.Value) (any, error) {
		return part(a[0].(string), types.AtNanos(a[1].(*big.Int)))
	}},
	// part, zoned
	"floe_tz_part": {in: []duckdb.Type{varchar, hugeint}, out: bigint, call: func(a []driver.Value) (any, error) {
		return part(a[0].(string), types.AtZoned(a[1].(*big.Int)))
	}},
}

// read reads a text in a format; "" and AUTO detect it.
func read(text, format string, code int, message string) (clock, error) {
	if format == "" || format == "AUTO" {
		if c, ok := parseClock(text); ok {
			return c, nil
		}
		return clock{}, fault(code, "22007", message, text)
	}
	c, ok := readClock(text, format)
	if !ok {
		return c, fault(100096, "22007", "Can't parse '%s' as %s with format '%s'", text, map[int]string{100040: "date", 100035: "timestamp", 100108: "time"}[code], format)
	}
	return c, nil
}

func timestamp(text, format string) (clock, error) {
	return read(text, format, 100035, "Timestamp '%s' is not recognized")
}

// instant reads a timestamp; its zone is the offset that it says, or else the one given.
func instant(text, format, zone string) (time.Time, error) {
	c, err := timestamp(text, format)
	if err != nil {
		return time.Time{}, err
	}
	if c.zoned {
		return inZone(c.wall, time.FixedZone("", c.offset)), nil
	}
	at, err := location(zone)
	if err != nil {
		return time.Time{}, err
	}
	return inZone(c.wall, at), nil
}

// inZone is the time that a zone's clocks show as wall.
func inZone(wall time.Time, zone *time.Location) time.Time {
	y, m, d := wall.Date()
	return time.Date(y, m, d, wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
}

// sinceMidnight is the time of the day.
func sinceMidnight(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
}

// timeOfDay reads a time of the day, also out of a timestamp.
func timeOfDay(text, format string) (int64, error) {
	if format == "" || format == "AUTO" {
		if since, rest, ok := parseHours(trim(text)); ok && rest == "" {
			return int64(since), nil
		}
	}
	c, err := read(text, format, 100108, "Time '%s' is not recognized")
	return int64(sinceMidnight(c.wall)), err
}
