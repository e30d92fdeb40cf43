// Package timetext writes dates and times as texts in the form of ISO 8601 with a blank between date and time:
// 2024-02-29 12:34:56.000001. Years go from 0 to 9999.
package timetext

import (
	"fmt"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

const (
	daySeconds = 24 * 60 * 60
	firstDay   = -719_528  // 0000-01-01
	lastDay    = 2_932_896 // 9999-12-31
)

// Digits is how many digits a second has behind the point in a unit.
func Digits(u arrow.TimeUnit) int { return 3 * int(u) }

// PerSecond is how many of a unit are in a second.
func PerSecond(u arrow.TimeUnit) int64 { return int64(time.Second / u.Multiplier()) }

// Append appends the value of a row of an array of dates, times or timestamps, with as many digits as the unit has; behind
// a timestamp that has a zone stands +00:00. An error says why there is no text.
func Append(dst []byte, arr arrow.Array, i int) ([]byte, error) {
	var err error
	switch a := arr.(type) {
	case *array.Date32:
		day := int64(a.Value(i))
		if err = CheckDay(day); err == nil {
			dst = AppendDate(dst, day)
		}
	case *array.Date64:
		var day int64
		if day, err = Day(a.Value(i)); err == nil {
			dst = AppendDate(dst, day)
		}
	case *array.Time32:
		unit := a.DataType().(*arrow.Time32Type).Unit
		if err = CheckClock(int64(a.Value(i)), unit); err == nil {
			dst = AppendClock(dst, int64(a.Value(i)), unit, Digits(unit))
		}
	case *array.Time64:
		unit := a.DataType().(*arrow.Time64Type).Unit
		if err = CheckClock(int64(a.Value(i)), unit); err == nil {
			dst = AppendClock(dst, int64(a.Value(i)), unit, Digits(unit))
		}
	case *array.Timestamp:
		t := a.DataType().(*arrow.TimestampType)
		if err = CheckInstant(int64(a.Value(i)), t.Unit); err == nil {
			dst = AppendInstant(dst, int64(a.Value(i)), t.Unit, Digits(t.Unit))
			if t.TimeZone != "" {
				dst = append(dst, UTC...)
			}
		}
	default:
		err = fmt.Errorf("%s is no date and no time", arr.DataType())
	}
	return dst, err
}

// UTC stands behind an instant of a type that has a zone.
const UTC = "+00:00"

// CheckDay says why a day, counted from 1970-01-01, has no text.
func CheckDay(day int64) error {
	if day < firstDay || day > lastDay {
		return fmt.Errorf("day %d from 1970-01-01 is not in the years 0 to 9999", day)
	}
	return nil
}

// Day is the day of a date64, which counts milliseconds.
func Day(ms arrow.Date64) (int64, error) {
	if ms%(1000*daySeconds) != 0 {
		return 0, fmt.Errorf("%d ms from 1970-01-01 is amid a day", int64(ms))
	}
	day := int64(ms) / (1000 * daySeconds)
	return day, CheckDay(day)
}

// CheckClock says why a time of day has no text.
func CheckClock(n int64, unit arrow.TimeUnit) error {
	if n < 0 || n >= daySeconds*PerSecond(unit) {
		return fmt.Errorf("%d%s is no time of a day", n, unit)
	}
	return nil
}

// CheckInstant says why an instant has no text.
func CheckInstant(n int64, unit arrow.TimeUnit) error {
	if s := floor(n, PerSecond(unit)); s < firstDay*daySeconds || s >= (lastDay+1)*daySeconds {
		return fmt.Errorf("%d%s from 1970-01-01 is not in the years 0 to 9999", n, unit)
	}
	return nil
}

// AppendInstant appends date and time, with so many digits behind the point: at least as many as the unit has.
func AppendInstant(dst []byte, n int64, unit arrow.TimeUnit, digits int) []byte {
	day := floor(n, daySeconds*PerSecond(unit))
	dst = append(AppendDate(dst, day), ' ')
	return AppendClock(dst, n-day*daySeconds*PerSecond(unit), unit, digits)
}

// AppendClock appends a time of day, with so many digits behind the point: at least as many as the unit has.
func AppendClock(dst []byte, n int64, unit arrow.TimeUnit, digits int) []byte {
	per := PerSecond(unit)
	s, part := n/per, n%per
	dst = two(append(two(append(two(dst, s/3600), ':'), s/60%60), ':'), s%60)
	if digits == 0 {
		return dst
	}
	for u := Digits(unit); u < digits; u++ {
		part *= 10
	}
	dst = append(dst, ".000000000"[:digits+1]...)
	for i := len(dst) - 1; part > 0; i-- {
		dst[i] = byte('0' + part%10)
		part /= 10
	}
	return dst
}

// AppendDate appends a day, counted from 1970-01-01, that CheckDay lets pass.
func AppendDate(dst []byte, day int64) []byte {
	// Years begin in March here, so that the leap day is the last; an era is 400 years.
	day += 719_468
	era := floor(day, 146_097)
	ofEra := day - era*146_097
	year := (ofEra - ofEra/1460 + ofEra/36_524 - ofEra/146_096) / 365
	ofYear := ofEra - (365*year + year/4 - year/100)
	month := (5*ofYear + 2) / 153
	dayOfMonth := ofYear - (153*month+2)/5 + 1
	year += era * 400
	if month += 3; month > 12 {
		month -= 12
		year++
	}
	dst = append(two(two(dst, year/100), year%100), '-')
	return two(append(two(dst, month), '-'), dayOfMonth)
}

func two(dst []byte, n int64) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// floor divides and rounds down.
func floor(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}
