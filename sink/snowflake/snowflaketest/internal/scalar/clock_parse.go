package scalar

import (
	"strconv"
	"strings"
	"time"
)

// clock is what a text says of a time: the wall clock (in UTC), and the offset if there was one.
type clock struct {
	wall   time.Time
	offset int // seconds ahead of UTC
	zoned  bool
}

// parseClock reads a date, a timestamp or an integer, in the formats that Snowflake detects; ok is false if it is none.
func parseClock(text string) (c clock, ok bool) {
	s := strings.TrimSpace(text)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && strings.Trim(s, "-0123456789") == "" {
		return clock{wall: sinceEpoch(n)}, true
	}
	for _, layout := range []string{"Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05", "Mon Jan _2 15:04:05 -0700 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			_, offset := t.Zone()
			return clock{t.Add(time.Duration(offset) * time.Second).UTC(), offset, strings.Contains(layout, "-0700")}, true
		}
	}
	y, m, d, rest, ok := parseDay(s)
	if !ok {
		return c, false
	}
	c.wall = time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if rest == "" {
		return c, true
	}
	if rest[0] != 'T' && rest[0] != ' ' {
		return c, false
	}
	since, rest, ok := parseHours(strings.TrimLeft(rest[1:], " "))
	if !ok {
		return c, false
	}
	c.wall = c.wall.Add(since)
	if rest = strings.TrimSpace(rest); rest != "" {
		c.offset, ok = parseOffset(rest)
		c.zoned = true
	}
	return c, ok
}

// sinceEpoch reads an integer as seconds, or as milli-, micro- or nanoseconds if it is large.
func sinceEpoch(n int64) time.Time {
	const second = 31536000000 // the year 2969
	switch a := max(n, -n); {
	case a < second:
		return time.Unix(n, 0).UTC()
	case a < second*1e3:
		return time.UnixMilli(n).UTC()
	case a < second*1e6:
		return time.UnixMicro(n).UTC()
	}
	return time.Unix(0, n).UTC()
}

// parseDay reads YYYY-MM-DD, YYYY/MM/DD, MM/DD/YYYY or DD-MON-YYYY.
func parseDay(s string) (y, m, d int, rest string, ok bool) {
	a, rest, n := leading(s)
	if n == 0 || rest == "" {
		return y, m, d, rest, false
	}
	sep := rest[:1]
	switch {
	case n == 4 && (sep == "-" || sep == "/"):
		y = a
		if m, rest, n = leading(rest[1:]); n == 0 || n > 2 || !strings.HasPrefix(rest, sep) {
			return y, m, d, rest, false
		}
		d, rest, n = leading(rest[1:])
	case n <= 2 && sep == "/":
		m = a
		if d, rest, n = leading(rest[1:]); n == 0 || n > 2 || !strings.HasPrefix(rest, sep) {
			return y, m, d, rest, false
		}
		if y, rest, n = leading(rest[1:]); n != 4 {
			return y, m, d, rest, false
		}
		n = 2
	case n <= 2 && sep == "-" && len(rest) >= 4:
		d = a
		if m = monthOf(rest[1:4]); m == 0 || !strings.HasPrefix(rest[4:], "-") {
			return y, m, d, rest, false
		}
		if y, rest, n = leading(rest[5:]); n != 4 {
			return y, m, d, rest, false
		}
		n = 2
	}
	return y, m, d, rest, n > 0 && n <= 2 && validDay(y, m, d)
}

func validDay(y, m, d int) bool {
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return y <= 9999 && m >= 1 && m <= 12 && t.Day() == d && t.Month() == time.Month(m)
}

// leading reads the digits at the beginning of s, at most nine; n is how many there are.
func leading(s string) (value int, rest string, n int) {
	for n < len(s) && n < 9 && s[n] >= '0' && s[n] <= '9' {
		value = value*10 + int(s[n]-'0')
		n++
	}
	return value, s[n:], n
}

// monthOf is the number of a month by the first three letters of its name; 0 if it is none.
func monthOf(name string) int {
	for m := time.January; m <= time.December; m++ {
		if strings.EqualFold(m.String()[:3], name) {
			return int(m)
		}
	}
	return 0
}

// parseHours reads HH24:MI[:SS[.FF]] or HH24, with AM or PM behind it or not.
func parseHours(s string) (since time.Duration, rest string, ok bool) {
	var parts [3]int
	read := 0
	for rest = s; read < 3; {
		v, after, n := leading(rest)
		if n == 0 || n > 2 {
			return 0, rest, false
		}
		parts[read], rest = v, after
		if read++; read == 3 || !strings.HasPrefix(rest, ":") {
			break
		}
		rest = rest[1:]
	}
	nanos := 0
	if read == 3 && strings.HasPrefix(rest, ".") {
		var n int
		if nanos, rest, n = leading(rest[1:]); n > 0 {
			nanos *= pow(9 - n)
		}
	}
	if trimmed := strings.TrimLeft(rest, " "); len(trimmed) >= 2 && strings.EqualFold(trimmed[1:2], "M") {
		switch {
		case parts[0] < 1 || parts[0] > 12:
			return 0, rest, false
		case strings.EqualFold(trimmed[:1], "A"):
			parts[0] %= 12
		case strings.EqualFold(trimmed[:1], "P"):
			parts[0] = parts[0]%12 + 12
		}
		rest = trimmed[2:]
	}
	if parts[0] > 23 || parts[1] > 59 || parts[2] > 59 {
		return 0, rest, false
	}
	return time.Duration(parts[0])*time.Hour + time.Duration(parts[1])*time.Minute + time.Duration(parts[2])*time.Second + time.Duration(nanos), rest, true
}

func pow(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

// parseOffset reads Z, +HH, +HHMM or +HH:MM in seconds.
func parseOffset(s string) (int, bool) {
	if s == "Z" || s == "z" || s == "UTC" || s == "GMT" {
		return 0, true
	}
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, rest, n := leading(s[1:])
	m := 0
	switch {
	case n == 4 && rest == "":
		h, m = h/100, h%100
	case n <= 2 && n > 0 && rest == "":
	case n <= 2 && n > 0 && rest[0] == ':':
		if m, rest, n = leading(rest[1:]); n != 2 || rest != "" {
			return 0, false
		}
	default:
		return 0, false
	}
	if h > 14 || m > 59 {
		return 0, false
	}
	offset := h*3600 + m*60
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}
