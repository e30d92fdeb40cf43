package sqlitevalue

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/timetext"
)

// times is the form of dates, times of day and timestamps; nil = there is none.
func times(from source, into declared) *Form {
	switch dt := from.DataType.(type) {
	case *arrow.Date32Type:
		return dates(into, func(a *array.Date32, row int) (int64, error) {
			day := int64(a.Value(row))
			return day, timetext.CheckDay(day)
		})
	case *arrow.Date64Type:
		return dates(into, func(a *array.Date64, row int) (int64, error) { return timetext.Day(a.Value(row)) })
	case *arrow.Time32Type:
		return clocks(into, dt.Unit, func(a *array.Time32, row int) int64 { return int64(a.Value(row)) })
	case *arrow.Time64Type:
		return clocks(into, dt.Unit, func(a *array.Time64, row int) int64 { return int64(a.Value(row)) })
	case *arrow.TimestampType:
		return instants(into, dt)
	}
	return nil
}

func outOfRange(err error) *dialect.Unfit {
	if err == nil {
		return nil
	}
	return &dialect.Unfit{Code: deadletter.CodeOutOfRange, Message: err.Error()}
}

func dates[A arrow.Array](into declared, day func(A, int) (int64, error)) *Form {
	form := &Form{check: eachChecked(func(a A, row int) *dialect.Unfit {
		_, err := day(a, row)
		return outOfRange(err)
	})}
	switch into.family {
	case date, text, anything:
		form.bind = eachText(func(dst []byte, a A, row int) []byte {
			d, _ := day(a, row)
			return timetext.AppendDate(dst, d)
		})
	case instant:
		digits := into.digits(0)
		if digits > 9 {
			return nil
		}
		form.bind = eachText(func(dst []byte, a A, row int) []byte {
			d, _ := day(a, row)
			return timetext.AppendInstant(dst, d*24*60*60, arrow.Second, digits)
		})
	default:
		return nil
	}
	return form
}

// fits says that a column of times keeps the unit, and with how many digits.
func fits(into declared, unit arrow.TimeUnit) (digits int, ok bool) {
	if into.family == text {
		into.precision = -1 // VARCHAR(n)
	}
	digits = into.digits(timetext.Digits(unit))
	return digits, timetext.Digits(unit) <= digits && digits <= 9
}

func clocks[A arrow.Array](into declared, unit arrow.TimeUnit, value func(A, int) int64) *Form {
	digits, ok := fits(into, unit)
	switch into.family {
	case clock, text, anything:
	default:
		ok = false
	}
	if !ok {
		return nil
	}
	return &Form{
		check: eachChecked(func(a A, row int) *dialect.Unfit { return outOfRange(timetext.CheckClock(value(a, row), unit)) }),
		bind: eachText(func(dst []byte, a A, row int) []byte {
			return timetext.AppendClock(dst, value(a, row), unit, digits)
		}),
	}
}

func instants(into declared, dt *arrow.TimestampType) *Form {
	digits, ok := fits(into, dt.Unit)
	zone := ""
	if dt.TimeZone != "" {
		zone = timetext.UTC
	}
	switch into.family {
	case instant, text, anything:
	case zoned:
		ok = ok && zone != ""
	default:
		ok = false
	}
	if !ok {
		return nil
	}
	unit := dt.Unit
	return &Form{
		check: eachChecked(func(a *array.Timestamp, row int) *dialect.Unfit {
			return outOfRange(timetext.CheckInstant(int64(a.Value(row)), unit))
		}),
		bind: eachText(func(dst []byte, a *array.Timestamp, row int) []byte {
			return append(timetext.AppendInstant(dst, int64(a.Value(row)), unit, digits), zone...)
		}),
	}
}
