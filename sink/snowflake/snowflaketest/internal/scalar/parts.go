package scalar

import (
	"math/big"
	"strings"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// parts are the names of the parts of dates and times, the first of a line being the one that is used inside.
var parts = func() map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(`year y yy yyy yyyy yr years yrs
quarter q qtr qtrs quarters
month mm mon mons months
week w wk weekofyear woy wy weeks
day d dd days dayofmonth
hour h hh hr hours hrs
minute m mi min minutes mins
second s sec seconds secs
millisecond ms msec milliseconds
microsecond us usec microseconds
nanosecond ns nsec nanosec nsecond nanoseconds nanosecs nseconds
dayofweek weekday dow dw
dayofweekiso weekday_iso dow_iso dw_iso dayofweek_iso
dayofyear yearday doy dy
weekiso week_iso weekofyeariso weekofyear_iso
yearofweek
yearofweekiso
epoch_second epoch epoch_seconds
epoch_millisecond epoch_milliseconds
epoch_microsecond epoch_microseconds
epoch_nanosecond epoch_nanoseconds
timezone_hour tzh
timezone_minute tzm
`) {
		words := strings.Fields(line)
		for _, w := range words {
			m[w] = words[0]
		}
	}
	return m
}()

// Part returns the name that the functions here take for a part of a date or time, however it was written.
func Part(name string) (string, bool) {
	p, ok := parts[strings.ToLower(name)]
	return p, ok
}

// units are the parts of fixed length.
var units = map[string]time.Duration{
	"week": 7 * 24 * time.Hour, "day": 24 * time.Hour, "hour": time.Hour, "minute": time.Minute, "second": time.Second,
	"millisecond": time.Millisecond, "microsecond": time.Microsecond, "nanosecond": time.Nanosecond,
}

// months are the parts that are whole months.
var months = map[string]int64{"year": 12, "quarter": 3, "month": 1}

// add adds so many parts to a wall clock; at the end of a month its last day stays inside the month.
func add(part string, n int64, wall *big.Int) (any, error) {
	from := types.AtNanos(wall)
	outside := fault(100356, "22008", "%d %s from %s is no date", n, part, formatClock(from, "YYYY-MM-DD HH24:MI:SS"))
	if unit, ok := units[part]; ok {
		sum := new(big.Int).Mul(big.NewInt(n), big.NewInt(int64(unit)))
		if sum.Add(sum, wall); sum.Cmp(first) < 0 || sum.Cmp(last) > 0 {
			return nil, outside
		}
		return sum, nil
	}
	m, ok := months[part]
	if !ok {
		return nil, fault(1007, "22023", "'%s' cannot be added", part)
	}
	if most := 12 * 9999 / m; n > most || n < -most {
		return nil, outside
	}
	month := time.Date(from.Year(), from.Month()+time.Month(m*n), 1, from.Hour(), from.Minute(), from.Second(), from.Nanosecond(), time.UTC)
	days := month.AddDate(0, 1, -1).Day()
	sum := types.Nanos(month.AddDate(0, 0, min(from.Day(), days)-1))
	if sum.Cmp(first) < 0 || sum.Cmp(last) > 0 {
		return nil, outside
	}
	return sum, nil
}

// first and last are the ends of the calendar.
var (
	first = types.Nanos(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))
	last  = types.Nanos(time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC))
)

// monday is what weeks are counted from: 1969-12-29.
var monday = big.NewInt(-3 * int64(24*time.Hour))

// ordinal counts how many ends of a part lie before a time, from some beginning.
func ordinal(part string, wall *big.Int) (*big.Int, error) {
	if m, ok := months[part]; ok {
		t := types.AtNanos(wall)
		return big.NewInt((int64(t.Year())*12 + int64(t.Month()) - 1) / m), nil
	}
	unit, ok := units[part]
	if !ok {
		return nil, fault(1007, "22023", "a difference has no '%s'", part)
	}
	n := new(big.Int).Set(wall)
	if part == "week" {
		n.Sub(n, monday)
	}
	return n.Div(n, big.NewInt(int64(unit))), nil
}

func truncate(part string, wall *big.Int) (any, error) {
	if m, ok := months[part]; ok {
		t := types.AtNanos(wall)
		month := (int64(t.Month())-1)/m*m + 1
		return types.Nanos(time.Date(t.Year(), time.Month(month), 1, 0, 0, 0, 0, time.UTC)), nil
	}
	n, err := ordinal(part, wall)
	if err != nil {
		return nil, err
	}
	n.Mul(n, big.NewInt(int64(units[part])))
	if part == "week" {
		n.Add(n, monday)
	}
	return n, nil
}

// part takes a part out of a time.
func part(name string, t time.Time) (any, error) {
	_, week := t.ISOWeek()
	year, _ := t.ISOWeek()
	_, offset := t.Zone()
	n := map[string]int{
		"year": t.Year(), "quarter": (int(t.Month()) + 2) / 3, "month": int(t.Month()), "week": week, "weekiso": week,
		"day": t.Day(), "hour": t.Hour(), "minute": t.Minute(), "second": t.Second(),
		"millisecond": t.Nanosecond() / 1e6, "microsecond": t.Nanosecond() / 1e3, "nanosecond": t.Nanosecond(),
		"dayofweek": int(t.Weekday()), "dayofweekiso": (int(t.Weekday())+6)%7 + 1, "dayofyear": t.YearDay(),
		"yearofweek": year, "yearofweekiso": year, "timezone_hour": offset / 3600, "timezone_minute": offset / 60 % 60,
	}
	if v, ok := n[name]; ok {
		return int64(v), nil
	}
	switch name {
	case "epoch_second":
		return t.Unix(), nil
	case "epoch_millisecond":
		return t.UnixMilli(), nil
	case "epoch_microsecond":
		return t.UnixMicro(), nil
	case "epoch_nanosecond":
		return t.UnixNano(), nil
	}
	return nil, fault(1007, "22023", "no part '%s'", name)
}
