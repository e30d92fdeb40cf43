package pgvalue

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
)

// PostgreSQL counts days and microseconds from the year 2000.
const (
	epochDays    = 10_957
	daySeconds   = 86_400
	dayMicros    = daySeconds * 1_000_000
	epochMicros  = epochDays * dayMicros
	firstDay     = -2_451_545 + epochDays // 4714-11-24 BC, from 1970
	lastDay      = 2_147_483_493 - 2_451_545 + epochDays
	firstSecond  = -210_866_803_200          // 4714-11-24 BC
	behindSecond = 9_224_318_016_000         // the year 294277
	secondsIn64  = math.MaxInt64 / 1_000_000 // how many an int64 of microseconds holds
)

// times is the codec of dates, times and intervals.
func times(from source, t Type) *Codec {
	switch dt := from.DataType.(type) {
	case *arrow.Date32Type:
		return dates[arrow.Date32](t, 1)
	case *arrow.Date64Type:
		return dates[arrow.Date64](t, daySeconds*1000)
	case *arrow.Time32Type:
		return clock[arrow.Time32](t, dt.Unit)
	case *arrow.Time64Type:
		return clock[arrow.Time64](t, dt.Unit)
	case *arrow.TimestampType:
		if dt.TimeZone == "" && t.kind == kindTimestamp || dt.TimeZone != "" && t.kind == kindTimestampTZ {
			return instants(t, dt.Unit)
		}
	case *arrow.DurationType:
		return durations(t, dt.Unit)
	case *arrow.MonthIntervalType:
		return intervals(t, func(v arrow.MonthInterval) span { return span{months: int32(v)} })
	case *arrow.DayTimeIntervalType:
		return intervals(t, func(v arrow.DayTimeInterval) span {
			return span{days: v.Days, micros: int64(v.Milliseconds) * 1000}
		})
	case *arrow.MonthDayNanoIntervalType:
		return intervals(t, func(v arrow.MonthDayNanoInterval) span {
			return span{months: v.Months, days: v.Days, micros: v.Nanoseconds / 1000, nanos: v.Nanoseconds % 1000}
		})
	}
	return nil
}

func outOfRange(format string, args ...any) *dialect.Unfit {
	return &dialect.Unfit{Code: deadletter.CodeOutOfRange, Message: fmt.Sprintf(format, args...)}
}

// dates is the codec of days, of which each counts unit.
func dates[T arrow.Date32 | arrow.Date64](t Type, unit int64) *Codec {
	c := &Codec{}
	switch t.kind {
	case kindDate:
		c.binary = func(a arrow.Array) Append {
			v := values[T](a)
			return func(dst []byte, row int) []byte { return append32(dst, uint32(int64(v[row])/unit-epochDays)) }
		}
	case kindTimestamp:
		c.binary = func(a arrow.Array) Append {
			v := values[T](a)
			return func(dst []byte, row int) []byte {
				return append64(dst, uint64((int64(v[row])/unit-epochDays)*dayMicros))
			}
		}
	default:
		return nil
	}
	last := int64(lastDay)
	if t.kind == kindTimestamp {
		last = behindSecond/daySeconds - 1
	}
	c.text = func(a arrow.Array) Append {
		v := values[T](a)
		return func(dst []byte, row int) []byte { return appendDate(dst, int64(v[row])/unit, "") }
	}
	c.check = func(a arrow.Array) Check {
		v := values[T](a)
		return func(row int) *dialect.Unfit {
			n := int64(v[row])
			switch day := n / unit; {
			case day < firstDay || day > last:
				return outOfRange("a date %d days from 1970-01-01 is out of the range of %s", day, t.name)
			case n%unit != 0:
				return outOfRange("%s is amid a day", time.UnixMilli(n).UTC().Format("2006-01-02 15:04:05.999"))
			}
			return nil
		}
	}
	c.fits = func(a arrow.Array) bool {
		for _, v := range values[T](a) {
			if n := int64(v); n < firstDay*unit || n > last*unit || unit > 1 && n%unit != 0 {
				return false
			}
		}
		return true
	}
	return c
}

// grain is how many nanoseconds the last digit counts that the column keeps.
func (t Type) grain() int64 {
	g := int64(1000)
	for range 6 - min(t.precision, 6) {
		g *= 10
	}
	return g
}

// perUnit is how many of the unit make a second.
func perUnit(unit arrow.TimeUnit) int64 { return int64(time.Second / unit.Multiplier()) }

// micros converts a number of units, which has been checked.
func micros(n, perSecond int64) int64 {
	if perSecond > 1_000_000 {
		return n / (perSecond / 1_000_000)
	}
	return n * (1_000_000 / perSecond)
}

// coarse reports whether n units have a part that a column with the grain does not keep.
func coarse(n, perSecond, grain int64) bool {
	step := grain / (1_000_000_000 / perSecond)
	return step > 1 && n%step != 0
}

// clock is the codec of times of day.
func clock[T arrow.Time32 | arrow.Time64](t Type, unit arrow.TimeUnit) *Codec {
	if t.kind != kindTime {
		return nil
	}
	per, grain := perUnit(unit), t.grain()
	c := &Codec{}
	c.binary = func(a arrow.Array) Append {
		v := values[T](a)
		return func(dst []byte, row int) []byte { return append64(dst, uint64(micros(int64(v[row]), per))) }
	}
	c.text = func(a arrow.Array) Append {
		v := values[T](a)
		return func(dst []byte, row int) []byte { return appendClock(dst, micros(int64(v[row]), per)) }
	}
	bad := func(n int64) bool { return n < 0 || n > daySeconds*per || coarse(n, per, grain) }
	c.check = func(a arrow.Array) Check {
		v := values[T](a)
		return func(row int) *dialect.Unfit {
			n := int64(v[row])
			if !bad(n) {
				return nil
			}
			if n < 0 || n > daySeconds*per {
				return outOfRange("%d%s is no time of a day", n, unit)
			}
			return outOfRange("%s has parts of a second that %s does not keep", time.Unix(0, n*(1_000_000_000/per)).UTC().Format("15:04:05.999999999"), t.name)
		}
	}
	c.fits = func(a arrow.Array) bool {
		for _, v := range values[T](a) {
			if bad(int64(v)) {
				return false
			}
		}
		return true
	}
	return c
}

// instants is the codec of timestamps, with and without a zone.
func instants(t Type, unit arrow.TimeUnit) *Codec {
	per, grain := perUnit(unit), t.grain()
	zone := ""
	if t.kind == kindTimestampTZ {
		zone = "+00"
	}
	c := &Codec{}
	c.binary = func(a arrow.Array) Append {
		v := values[arrow.Timestamp](a)
		if unit == arrow.Microsecond {
			return func(dst []byte, row int) []byte { return append64(dst, uint64(v[row]-epochMicros)) }
		}
		return func(dst []byte, row int) []byte { return append64(dst, uint64(sinceEpoch(int64(v[row]), per))) }
	}
	c.text = func(a arrow.Array) Append {
		v := values[arrow.Timestamp](a)
		return func(dst []byte, row int) []byte { return appendInstant(dst, int64(v[row]), per, zone) }
	}
	// The range ends in the unit's own numbers, where these go so far.
	first, last := int64(math.MinInt64), int64(math.MaxInt64)
	if per <= math.MaxInt64/-firstSecond {
		first = firstSecond * per
	}
	if per <= math.MaxInt64/behindSecond {
		last = behindSecond*per - 1
	}
	bad := func(n int64) bool { return n < first || n > last || coarse(n, per, grain) }
	c.check = func(a arrow.Array) Check {
		v := values[arrow.Timestamp](a)
		return func(row int) *dialect.Unfit {
			n := int64(v[row])
			switch {
			case !bad(n):
				return nil
			case n < first || n > last:
				return outOfRange("%d%s since 1970 is out of the range of %s", n, unit, t.name)
			}
			return outOfRange("%s has parts of a second that %s does not keep", arrow.Timestamp(n).ToTime(unit).Format("2006-01-02 15:04:05.999999999"), t.name)
		}
	}
	c.fits = func(a arrow.Array) bool {
		for _, v := range values[arrow.Timestamp](a) {
			if bad(int64(v)) {
				return false
			}
		}
		return true
	}
	return c
}

// sinceEpoch returns the microseconds since 2000 of a number of units since 1970, which has been checked: their number
// since 1970 may be too large for an int64.
func sinceEpoch(n, perSecond int64) int64 {
	if perSecond >= 1_000_000 {
		return micros(n, perSecond) - epochMicros
	}
	return micros(n-epochDays*daySeconds*perSecond, perSecond)
}

// span is a value of the type interval. nanos is what it cannot hold.
type span struct {
	months, days  int32
	micros, nanos int64
}

// intervals is the codec of values that are spans.
func intervals[T arrow.FixedWidthType](t Type, of func(T) span) *Codec {
	if t.kind != kindInterval {
		return nil
	}
	grain := t.grain() / 1000
	c := &Codec{}
	c.binary = func(a arrow.Array) Append {
		v := values[T](a)
		return func(dst []byte, row int) []byte {
			s := of(v[row])
			dst = append(dst, 0, 0, 0, 16)
			dst = binary.BigEndian.AppendUint64(dst, uint64(s.micros))
			return binary.BigEndian.AppendUint64(dst, uint64(uint32(s.days))<<32|uint64(uint32(s.months)))
		}
	}
	c.text = func(a arrow.Array) Append {
		v := values[T](a)
		return func(dst []byte, row int) []byte { return of(v[row]).append(dst) }
	}
	c.check = func(a arrow.Array) Check {
		v := values[T](a)
		return func(row int) *dialect.Unfit {
			if s := of(v[row]); s.nanos != 0 || s.micros%grain != 0 {
				return outOfRange("%s has parts of a second that %s does not keep", a.ValueStr(row), t.name)
			}
			return nil
		}
	}
	return c
}

// durations is the codec of durations. One of whole seconds or milliseconds may be longer than an interval.
func durations(t Type, unit arrow.TimeUnit) *Codec {
	per := perUnit(unit)
	c := intervals(t, func(v arrow.Duration) span {
		return span{micros: micros(int64(v), per), nanos: int64(v) % max(per/1_000_000, 1)}
	})
	if c == nil || per > 1000 {
		return c
	}
	rest, most := c.check, secondsIn64*per
	c.check = func(a arrow.Array) Check {
		v, check := values[arrow.Duration](a), rest(a)
		return func(row int) *dialect.Unfit {
			if n := int64(v[row]); n > most || n < -most {
				return outOfRange("%d%s is out of the range of %s", n, unit, t.name)
			}
			return check(row)
		}
	}
	return c
}

// append writes it as PostgreSQL reads it.
func (s span) append(dst []byte) []byte {
	dst = strconv.AppendInt(dst, int64(s.months), 10)
	dst = append(dst, " mons "...)
	dst = strconv.AppendInt(dst, int64(s.days), 10)
	dst = append(dst, " days "...)
	u := uint64(s.micros)
	if s.micros < 0 {
		dst = append(dst, '-')
		u = -u
	}
	dst = strconv.AppendUint(dst, u/3_600_000_000, 10)
	return fmt.Appendf(dst, ":%02d:%02d.%06d", u/60_000_000%60, u/1_000_000%60, u%1_000_000)
}

// appendDate writes a day since 1970, then clock, and the era where it is the one before ours.
func appendDate(dst []byte, day int64, clock string) []byte {
	at := time.Unix(day*daySeconds, 0).UTC()
	year, era := at.Year(), ""
	if year < 1 {
		year, era = 1-year, " BC"
	}
	return fmt.Appendf(dst, "%04d-%02d-%02d%s%s", year, at.Month(), at.Day(), clock, era)
}

// appendClock writes microseconds since midnight.
func appendClock(dst []byte, u int64) []byte {
	return fmt.Appendf(dst, "%02d:%02d:%02d.%06d", u/3_600_000_000, u/60_000_000%60, u/1_000_000%60, u%1_000_000)
}

// appendInstant writes a number of units since 1970.
func appendInstant(dst []byte, n, perSecond int64, zone string) []byte {
	day, rest := n/(daySeconds*perSecond), n%(daySeconds*perSecond)
	if rest < 0 {
		day, rest = day-1, rest+daySeconds*perSecond
	}
	var clock [32]byte
	text := appendClock(append(clock[:0], ' '), micros(rest, perSecond))
	return appendDate(dst, day, string(text)+zone)
}
