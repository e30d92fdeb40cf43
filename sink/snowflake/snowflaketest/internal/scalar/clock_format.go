package scalar

import (
	"fmt"
	"strings"
	"time"
)

// elements are the elements of formats, longer ones first.
var elements = []string{
	"YYYY", "MMMM", "HH24", "HH12", "TZISO", "TZH:TZM", "TZHTZM", "TZH", "TZM", "MON", "FF0", "FF1", "FF2", "FF3", "FF4", "FF5",
	"FF6", "FF7", "FF8", "FF9", "FF", "YY", "MM", "DD", "DY", "AM", "PM", "MI", "SS",
}

// element returns the element at the beginning of a format, and how long it is; a text in double quotes or any other
// character stands for itself.
func element(format string) (name string, length int) {
	for _, e := range elements {
		if len(format) >= len(e) && strings.EqualFold(format[:len(e)], e) {
			return e, len(e)
		}
	}
	if format[0] == '"' {
		if i := strings.IndexByte(format[1:], '"'); i >= 0 {
			return format[1 : i+1], i + 2
		}
	}
	return format[:1], 1
}

// formatClock writes a time.
func formatClock(t time.Time, format string) string {
	var b strings.Builder
	for format != "" {
		name, n := element(format)
		if format[0] == '"' {
			b.WriteString(name)
		} else {
			b.WriteString(formatElement(t, name))
		}
		format = format[n:]
	}
	return b.String()
}

func formatElement(t time.Time, name string) string {
	_, offset := t.Zone()
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	h, m := offset/3600, offset/60%60
	switch name {
	case "YYYY":
		return fmt.Sprintf("%04d", t.Year())
	case "YY":
		return fmt.Sprintf("%02d", t.Year()%100)
	case "MM":
		return fmt.Sprintf("%02d", int(t.Month()))
	case "MON":
		return t.Month().String()[:3]
	case "MMMM":
		return t.Month().String()
	case "DD":
		return fmt.Sprintf("%02d", t.Day())
	case "DY":
		return t.Weekday().String()[:3]
	case "HH24":
		return fmt.Sprintf("%02d", t.Hour())
	case "HH12":
		return fmt.Sprintf("%02d", (t.Hour()+11)%12+1)
	case "AM", "PM":
		return t.Format("PM")
	case "MI":
		return fmt.Sprintf("%02d", t.Minute())
	case "SS":
		return fmt.Sprintf("%02d", t.Second())
	case "FF":
		return fmt.Sprintf("%09d", t.Nanosecond())
	case "TZH:TZM", "TZISO":
		return fmt.Sprintf("%c%02d:%02d", sign, h, m)
	case "TZHTZM":
		return fmt.Sprintf("%c%02d%02d", sign, h, m)
	case "TZH":
		return fmt.Sprintf("%c%02d", sign, h)
	case "TZM":
		return fmt.Sprintf("%02d", m)
	}
	if strings.HasPrefix(name, "FF") {
		return fmt.Sprintf("%09d", t.Nanosecond())[:name[2]-'0']
	}
	return name
}

// readClock reads a text by a format.
func readClock(text, format string) (c clock, ok bool) {
	y, m, d, h, mi, s, nanos := 1970, 1, 1, 0, 0, 0, 0
	half, pm := false, false
	number := func(most int) int {
		v, rest, n := 0, text, 0
		for n < most && n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			v = v*10 + int(rest[n]-'0')
			n++
		}
		ok = n > 0
		text = rest[n:]
		return v
	}
	for format != "" {
		name, n := element(format)
		literal := format[0] == '"'
		format = format[n:]
		ok = true
		switch {
		case literal:
			text, ok = strings.CutPrefix(text, name)
		case name == "YYYY":
			before := len(text)
			y = number(4)
			ok = before-len(text) == 4
		case name == "YY":
			if y = 2000 + number(2); y >= 2070 { // TWO_DIGIT_CENTURY_START is 1970
				y -= 100
			}
		case name == "MM":
			m = number(2)
		case name == "MON", name == "MMMM":
			ok = false
			for month := time.January; month <= time.December; month++ {
				full := month.String()
				if name == "MON" {
					full = full[:3]
				}
				if len(text) >= len(full) && strings.EqualFold(text[:len(full)], full) {
					m, text, ok = int(month), text[len(full):], true
					break
				}
			}
		case name == "DD":
			d = number(2)
		case name == "DY":
			if ok = len(text) >= 3; ok {
				text = text[3:]
			}
		case name == "HH24":
			h = number(2)
		case name == "HH12":
			h, half = number(2), true
		case name == "AM", name == "PM":
			if ok = len(text) >= 2 && strings.EqualFold(text[1:2], "M"); ok {
				pm, half = strings.EqualFold(text[:1], "P"), true
				text = text[2:]
			}
		case name == "MI":
			mi = number(2)
		case name == "SS":
			s = number(2)
		case strings.HasPrefix(name, "FF"):
			v, rest, digits := leading(text)
			nanos, text = v*pow(9-digits), rest
		case strings.HasPrefix(name, "TZ"):
			i := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune("+-:0123456789Z", r) })
			if i < 0 {
				i = len(text)
			}
			c.offset, ok = parseOffset(text[:i])
			c.zoned, text = true, text[i:]
		default:
			text, ok = strings.CutPrefix(text, name)
		}
		if !ok {
			return c, false
		}
	}
	if half {
		if h < 1 || h > 12 {
			return c, false
		}
		if h %= 12; pm {
			h += 12
		}
	}
	if text != "" || !validDay(y, m, d) || h > 23 || mi > 59 || s > 59 {
		return c, false
	}
	c.wall = time.Date(y, time.Month(m), d, h, mi, s, nanos, time.UTC)
	return c, true
}
