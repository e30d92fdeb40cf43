package ndjson

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/internal/timetext"
)

const (
	daySeconds = 24 * 60 * 60
	dateBytes  = len("2024-02-29")
	clockBytes = len("12:34:56.000000001") + 8
)

// calendar appends days, of which many in a row are the same.
type calendar struct {
	last int64
	text [dateBytes]byte
}

func newCalendar() *calendar { return &calendar{last: math.MinInt64} }

func (c *calendar) append(dst []byte, day int64) []byte {
	if day != c.last {
		timetext.AppendDate(c.text[:0], day)
		c.last = day
	}
	return append(dst, c.text[:]...)
}

// date is the form of dates of both widths.
func date() form {
	return form{most: dateBytes + 2, bind: func(arr arrow.Array) appender {
		c := newCalendar()
		quoted := func(dst []byte, day int64) []byte { return append(c.append(append(dst, '"'), day), '"') }
		if a, ok := arr.(*array.Date64); ok {
			return func(dst []byte, row int) []byte {
				day, _ := timetext.Day(a.Value(row))
				return quoted(dst, day)
			}
		}
		list := arr.(*array.Date32).Date32Values()
		return func(dst []byte, row int) []byte { return quoted(dst, int64(list[row])) }
	}, fault: func(arr arrow.Array, from, to int) (int, error) {
		a, ok := arr.(*array.Date64)
		if !ok {
			list := arr.(*array.Date32).Date32Values()
			return first(arr, from, to, func(row int) error { return timetext.CheckDay(int64(list[row])) })
		}
		return first(arr, from, to, func(row int) error {
			_, err := timetext.Day(a.Value(row))
			return err
		})
	}}
}

// first finds the first row of some that is not null and of which check answers an error.
func first(arr arrow.Array, from, to int, check func(row int) error) (int, error) {
	for row := from; row < to; row++ {
		if err := check(row); err != nil && arr.IsValid(row) {
			return row, err
		}
	}
	return 0, nil
}

// clock is the form of times of a day.
func clock(unit arrow.TimeUnit) form {
	at := func(arr arrow.Array) func(row int) int64 {
		if a, ok := arr.(*array.Time32); ok {
			return func(row int) int64 { return int64(a.Value(row)) }
		}
		a := arr.(*array.Time64)
		return func(row int) int64 { return int64(a.Value(row)) }
	}
	return form{most: clockBytes + 2, bind: func(arr arrow.Array) appender {
		value := at(arr)
		return func(dst []byte, row int) []byte {
			second, part := split(value(row), unit)
			return append(appendClock(append(dst, '"'), second, part, unit), '"')
		}
	}, fault: func(arr arrow.Array, from, to int) (int, error) {
		value := at(arr)
		return first(arr, from, to, func(row int) error { return timetext.CheckClock(value(row), unit) })
	}}
}

func timestamp(dt *arrow.TimestampType) form {
	end := `"`
	if dt.TimeZone != "" {
		end = timetext.UTC + end
	}
	unit := dt.Unit
	return form{most: dateBytes + clockBytes + len(`"T`) + len(end), bind: func(arr arrow.Array) appender {
		c, list := newCalendar(), arr.(*array.Timestamp).TimestampValues()
		return func(dst []byte, row int) []byte {
			second, part := split(int64(list[row]), unit)
			day, second := floorDiv(second, daySeconds)
			dst = append(c.append(append(dst, '"'), day), 'T')
			return append(appendClock(dst, second, part, unit), end...)
		}
	}, fault: func(arr arrow.Array, from, to int) (int, error) {
		// Of the years 1 to 9999, by far, no more has to be known.
		low, high := int64(math.MinInt64), int64(math.MaxInt64)
		if unit != arrow.Nanosecond {
			low, high = -62e9*timetext.PerSecond(unit), 253e9*timetext.PerSecond(unit)
		}
		list := arr.(*array.Timestamp).TimestampValues()
		return first(arr, from, to, func(row int) error {
			if n := int64(list[row]); n < low || n > high {
				return timetext.CheckInstant(n, unit)
			}
			return nil
		})
	}}
}

// split answers the seconds that n of a unit are, rounded down, and how many of the unit are left.
func split(n int64, unit arrow.TimeUnit) (seconds, part int64) {
	switch unit { // by constants, which is faster
	case arrow.Millisecond:
		return floorDiv(n, 1e3)
	case arrow.Microsecond:
		return floorDiv(n, 1e6)
	case arrow.Nanosecond:
		return floorDiv(n, 1e9)
	}
	return n, 0
}

// floorDiv divides and rounds down, and answers the rest too.
func floorDiv(n, by int64) (quotient, rest int64) {
	quotient = n / by
	if rest = n - quotient*by; rest < 0 {
		quotient, rest = quotient-1, rest+by
	}
	return quotient, rest
}

// appendClock appends a second of a day, and a part of one in a unit unless it is 0, to dst, which has room for it.
func appendClock(dst []byte, second, part int64, unit arrow.TimeUnit) []byte {
	const blank = 0x30303a30303a3030 // 00:00:00, the first lowest
	s := uint64(second)
	minutes := s / 60
	hours := minutes / 60
	fields := hours | (minutes-60*hours)<<24 | (s-60*minutes)<<48
	tens := fields * 103 >> 10 & 0x0f_00000f_00000f
	binary.LittleEndian.PutUint64(dst[len(dst):len(dst)+8], tens+(fields-10*tens)<<8+blank)
	dst = dst[:len(dst)+8]
	if part == 0 {
		return dst
	}
	return appendPadded(append(dst, '.'), uint64(part), timetext.Digits(unit))
}
