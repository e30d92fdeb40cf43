package mysqlvalue

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/timetext"
)

const (
	secondsOfDay = 24 * 60 * 60
	firstDay     = -719_162  // 0001-01-01: the year 0 is MySQL's for dates that are not known
	lastDay      = 2_932_896 // 9999-12-31
)

var errYear = outOfRange("the year is not from 1 to 9999")

// fraction is how many digits a column has behind a second's point.
func (c Column) fraction() int { return max(0, c.Precision) }

func forDate(dt arrow.DataType, c Column) (Codec, error) {
	midnight := ""
	switch c.Base {
	case "date":
	case "datetime":
		midnight = " 00:00:00"
	default:
		return Codec{}, mismatch(dt, c, "DATE")
	}
	if dt.ID() == arrow.DATE64 {
		return Codec{Check: checkDate64, On: func(a arrow.Array) Writer {
			values := a.(*array.Date64).Date64Values()
			return func(dst []byte, row int) []byte {
				day, _ := timetext.Day(values[row]) // checked
				return append(timetext.AppendDate(dst, day), midnight...)
			}
		}}, nil
	}
	return Codec{
		Check: func(a arrow.Array, from, to int, bad Bad) {
			values := a.(*array.Date32).Date32Values()
			for row := from; row < to; row++ {
				if (values[row] < firstDay || values[row] > lastDay) && a.IsValid(row) {
					bad(row, errYear)
				}
			}
		},
		On: func(a arrow.Array) Writer {
			values := a.(*array.Date32).Date32Values()
			return func(dst []byte, row int) []byte {
				return append(timetext.AppendDate(dst, int64(values[row])), midnight...)
			}
		},
	}, nil
}

func checkDate64(a arrow.Array, from, to int, bad Bad) {
	values := a.(*array.Date64).Date64Values()
	for row := from; row < to; row++ {
		if a.IsNull(row) {
			continue
		}
		if values[row]%(secondsOfDay*1000) != 0 {
			bad(row, invalid("%d ms from 1970-01-01 is amid a day", int64(values[row])))
		} else if day := int64(values[row]) / (secondsOfDay * 1000); day < firstDay || day > lastDay {
			bad(row, errYear)
		}
	}
}

// unitOf sees to it that a column has room for a unit: what is finer than a microsecond no column has.
func unitOf(dt arrow.DataType, unit arrow.TimeUnit, c Column, name string) error {
	if need := min(timetext.Digits(unit), 6); c.fraction() < need {
		return mismatch(dt, c, fmt.Sprintf("%s(%d)", name, need))
	}
	return nil
}

// fine returns how many of the unit are in what the column keeps: the rest must be zero.
func fine(unit arrow.TimeUnit) int64 {
	if unit == arrow.Nanosecond {
		return 1000
	}
	return 1
}

// kept is the unit that the column keeps.
func kept(unit arrow.TimeUnit) arrow.TimeUnit { return min(unit, arrow.Microsecond) }

var errFine = invalid("it has parts of a microsecond, which MySQL does not keep")

func forTime(dt arrow.DataType, unit arrow.TimeUnit, c Column) (Codec, error) {
	if c.Base != "time" {
		return Codec{}, mismatch(dt, c, "TIME(6)")
	}
	if err := unitOf(dt, unit, c, "TIME"); err != nil {
		return Codec{}, err
	}
	return Codec{
		Check: func(a arrow.Array, from, to int, bad Bad) {
			value := clocks(a)
			for row := from; row < to; row++ {
				if a.IsNull(row) {
					continue
				}
				if err := timetext.CheckClock(value(row), unit); err != nil {
					bad(row, outOfRange("%v", err))
				} else if value(row)%fine(unit) != 0 {
					bad(row, errFine)
				}
			}
		},
		On: func(a arrow.Array) Writer {
			value, by, unit := clocks(a), fine(unit), kept(unit)
			return func(dst []byte, row int) []byte {
				return timetext.AppendClock(dst, value(row)/by, unit, timetext.Digits(unit))
			}
		},
	}, nil
}

func clocks(a arrow.Array) func(row int) int64 {
	if t, ok := a.(*array.Time32); ok {
		return func(row int) int64 { return int64(t.Value(row)) }
	}
	values := a.(*array.Time64).Time64Values()
	return func(row int) int64 { return int64(values[row]) }
}

// forTimestamp: DATETIME holds what has a zone too, in UTC; TIMESTAMP, which is an instant, holds nothing else.
func forTimestamp(dt *arrow.TimestampType, c Column) (Codec, error) {
	switch {
	case c.Base == "timestamp" && dt.TimeZone == "":
		return Codec{}, fmt.Errorf("the table has it as %s, an instant, and the rows say no time zone: give the column one, or make it DATETIME(6)", c.Bare)
	case c.Base != "datetime" && c.Base != "timestamp":
		return Codec{}, mismatch(dt, c, "DATETIME(6)")
	}
	if err := unitOf(dt, dt.Unit, c, "DATETIME"); err != nil {
		return Codec{}, err
	}
	per := timetext.PerSecond(dt.Unit)
	low, high := int64(firstDay*secondsOfDay), int64((lastDay+1)*secondsOfDay) // seconds
	return Codec{
		Check: func(a arrow.Array, from, to int, bad Bad) {
			values := a.(*array.Timestamp).TimestampValues()
			for row := from; row < to; row++ {
				v := int64(values[row])
				if u := checkInstant(v, per, low, high, fine(dt.Unit)); u != nil && a.IsValid(row) {
					bad(row, u)
				}
			}
		},
		On: func(a arrow.Array) Writer {
			values, by, unit := a.(*array.Timestamp).TimestampValues(), fine(dt.Unit), kept(dt.Unit)
			return func(dst []byte, row int) []byte {
				return timetext.AppendInstant(dst, int64(values[row])/by, unit, timetext.Digits(unit))
			}
		},
	}, nil
}

func checkInstant(v, per, low, high, fine int64) *dialect.Unfit {
	s := v / per
	if v%per < 0 {
		s--
	}
	switch {
	case s < low || s >= high:
		return errYear
	case v%fine != 0:
		return errFine
	}
	return nil
}
