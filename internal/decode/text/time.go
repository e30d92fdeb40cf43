package text

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// two reads two digits at b[i:]; more than 99 where they are none.
func two(b []byte, i int) int {
	hi, lo := b[i]-'0', b[i+1]-'0'
	if hi > 9 || lo > 9 {
		return 100
	}
	return int(hi)*10 + int(lo)
}

// daysBefore has the days of a common year before each month.
var daysBefore = [...]int32{0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365}

// date reads YYYY-MM-DD: days since 1970.
func date(b []byte) (days int32, ok bool) {
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	century, year, month, day := two(b, 0), two(b, 2), two(b, 5), two(b, 8)
	if century > 99 || year > 99 || month-1 > 11 || month < 1 || day < 1 {
		return 0, false
	}
	y := int32(century*100 + year)
	leap := int32(0)
	if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		leap = 1
	}
	n := daysBefore[month+1] - daysBefore[month]
	if month == 2 {
		n += leap
	}
	if int32(day) > n {
		return 0, false
	}
	if month <= 2 {
		leap = 0
	}
	// Leap days of the years before y, and the days from year 0, which is one, to 1970.
	p := y - 1
	before := y*365 + (p/4 - p/100 + p/400)
	if y > 0 {
		before++
	}
	return before - 719528 + daysBefore[month] + leap + int32(day) - 1, true
}

// ParseDate32 reads a date: YYYY-MM-DD, or a timestamp of midnight.
func ParseDate32(b []byte) (arrow.Date32, Fault) {
	if d, ok := date(b); ok && len(b) == 10 {
		return arrow.Date32(d), None
	}
	m, f := readMoment(Trim(b))
	switch {
	case f != None:
		return 0, f
	case m.zoned || m.seconds%86400 != 0 || m.nanos != 0:
		return 0, OutOfRange
	}
	return arrow.Date32(m.seconds / 86400), None
}

// ParseDate64 reads a date as milliseconds.
func ParseDate64(b []byte) (arrow.Date64, Fault) {
	d, f := ParseDate32(b)
	return arrow.Date64(int64(d) * 86400000), f
}

// clock reads HH:MM, HH:MM:SS or HH:MM:SS.f with up to 9 digits, and returns what follows.
func clock(b []byte) (seconds int64, nanos int64, rest []byte, ok bool) {
	if len(b) < 5 || b[2] != ':' {
		return 0, 0, nil, false
	}
	h, m := two(b, 0), two(b, 3)
	if h > 23 || m > 59 {
		return 0, 0, nil, false
	}
	seconds = int64(h*3600 + m*60)
	b = b[5:]
	if len(b) < 3 || b[0] != ':' {
		return seconds, 0, b, true
	}
	s := two(b, 1)
	if s > 59 {
		return 0, 0, nil, false
	}
	seconds += int64(s)
	b = b[3:]
	if len(b) < 2 || b[0] != '.' && b[0] != ',' {
		return seconds, 0, b, true
	}
	v, n := digits(b[1:])
	if n == 0 || n > 18 {
		return 0, 0, nil, false
	}
	b = b[1+n:]
	for n > 9 && v%10 == 0 {
		v /= 10
		n--
	}
	if n > 9 {
		return seconds, -1, b, true
	}
	return seconds, int64(v) * smallPow10[9-n], b, true
}

// zone reads Z, +HH, +HHMM or +HH:MM: seconds east of Greenwich.
func zone(b []byte) (east int64, ok bool) {
	if len(b) == 1 && (b[0] == 'Z' || b[0] == 'z') {
		return 0, true
	}
	if len(b) < 3 || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	h, m := two(b, 1), 0
	switch {
	case len(b) == 5:
		m = two(b, 3)
	case len(b) == 6 && b[3] == ':':
		m = two(b, 4)
	case len(b) != 3:
		return 0, false
	}
	if h > 23 || m > 59 {
		return 0, false
	}
	east = int64(h*3600 + m*60)
	if b[0] == '-' {
		east = -east
	}
	return east, true
}

// moment is a point in time, or, without a zone, what a clock and a calendar on a wall show.
type moment struct {
	seconds int64 // since 1970
	nanos   int64
	zoned   bool
}

// readMoment reads a date, alone or with a time behind T or a space, and with a zone behind that.
func readMoment(b []byte) (moment, Fault) {
	days, ok := date(b)
	if !ok {
		return moment{}, Invalid
	}
	m := moment{seconds: int64(days) * 86400}
	if len(b) == 10 {
		return m, None
	}
	if c := b[10]; c != ' ' && c != 'T' && c != 't' {
		return moment{}, Invalid
	}
	s, nanos, rest, ok := clock(b[11:])
	if !ok {
		return moment{}, Invalid
	}
	m.seconds += s
	m.nanos = nanos
	if len(rest) > 0 {
		if rest[0] == ' ' {
			rest = rest[1:]
		}
		east, ok := zone(rest)
		if !ok {
			return moment{}, Invalid
		}
		m.seconds -= east
		m.zoned = true
	}
	if nanos < 0 {
		return m, OutOfRange
	}
	return m, None
}

// plain reads YYYY-MM-DD HH:MM:SS of exactly 19 bytes: the form of nearly all timestamps.
func plain(b []byte) (seconds int64, ok bool) {
	days, ok := date(b)
	if !ok || b[10] != ' ' && b[10] != 'T' {
		return 0, false
	}
	// HH:MM:SS as one word: the colons where they belong, digits elsewhere.
	w := binary.LittleEndian.Uint64(b[11:])
	const colons = 0x00003a00003a0000
	if w&0x0000ff0000ff0000 != colons {
		return 0, false
	}
	if w = w&^0x0000ff0000ff0000 ^ 0x3030003030003030; noDigits8(w) != 0 {
		return 0, false
	}
	h := (w&15)*10 + w>>8&15
	m := (w>>24&15)*10 + w>>32&15
	s := (w>>48&15)*10 + w>>56&15
	if h > 23 || m > 59 || s > 59 {
		return 0, false
	}
	return int64(days)*86400 + int64(h*3600+m*60+s), true
}

// perSecond has the units of a second.
var perSecond = [...]int64{arrow.Second: 1, arrow.Millisecond: 1e3, arrow.Microsecond: 1e6, arrow.Nanosecond: 1e9}

// Timestamp returns the parser of timestamps of that unit: dates, alone or with a time behind T or a space,
// fractions of a second, and a zone (Z, +02, +0200, +02:00). What has no zone is taken as local time of loc;
// what has one is that instant. A value finer than the unit is out of range.
func Timestamp(unit arrow.TimeUnit, loc *time.Location) func([]byte) (arrow.Timestamp, Fault) {
	per := perSecond[unit]
	utc := loc == nil || loc == time.UTC
	return func(b []byte) (arrow.Timestamp, Fault) {
		if len(b) == 19 && utc && per < 1e9 {
			if s, ok := plain(b); ok {
				return arrow.Timestamp(s * per), None
			}
		}
		m, f := readMoment(Trim(b))
		if f != None {
			return 0, f
		}
		if !utc && !m.zoned {
			t := time.Unix(m.seconds, 0).UTC()
			m.seconds = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, loc).Unix()
		}
		fine := int64(1e9) / per
		if m.nanos%fine != 0 || m.seconds > math.MaxInt64/per-1 || m.seconds < math.MinInt64/per+1 {
			return 0, OutOfRange
		}
		return arrow.Timestamp(m.seconds*per + m.nanos/fine), None
	}
}

// timeOfDay returns the parser of times of day, HH:MM[:SS[.f]], of that unit.
func timeOfDay[T arrow.Time32 | arrow.Time64](unit arrow.TimeUnit) func([]byte) (T, Fault) {
	per := perSecond[unit]
	return func(b []byte) (T, Fault) {
		s, nanos, rest, ok := clock(Trim(b))
		fine := int64(1e9) / per
		switch {
		case !ok || len(rest) > 0:
			return 0, Invalid
		case nanos < 0 || nanos%fine != 0:
			return 0, OutOfRange
		}
		return T(s*per + nanos/fine), None
	}
}

// Time32 returns the parser of times of day in seconds or milliseconds.
func Time32(unit arrow.TimeUnit) func([]byte) (arrow.Time32, Fault) {
	return timeOfDay[arrow.Time32](unit)
}

// Time64 returns the parser of times of day in microseconds or nanoseconds.
func Time64(unit arrow.TimeUnit) func([]byte) (arrow.Time64, Fault) {
	return timeOfDay[arrow.Time64](unit)
}
