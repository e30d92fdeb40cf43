package transform

import (
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
)

const (
	secondsPerDay = 86400
	millisPerDay  = secondsPerDay * 1000
)

// planTime plans casts among dates, timestamps, times of day and durations.
func planTime(from, to arrow.DataType) (caster, error) {
	switch from.ID() {
	case arrow.DATE32, arrow.DATE64, arrow.TIMESTAMP:
		return planInstant(from, to)
	case arrow.TIME32, arrow.TIME64:
		if to.ID() != arrow.TIME32 && to.ID() != arrow.TIME64 {
			return nil, nil
		}
	case arrow.DURATION:
		if to.ID() != arrow.DURATION {
			return nil, nil
		}
	}
	return exactUnits(from, to, nanosOf(from), nanosOf(to)), nil
}

// nanosOf is how long the unit is in which the type counts.
func nanosOf(dt arrow.DataType) int64 {
	switch dt := dt.(type) {
	case *arrow.Date32Type:
		return secondsPerDay * int64(time.Second)
	case *arrow.Date64Type:
		return int64(time.Millisecond)
	case arrow.TemporalWithUnit:
		return int64(dt.TimeUnit().Multiplier())
	}
	return 1
}

// exactUnits counts in another unit.
func exactUnits(from, to arrow.DataType, fromNanos, toNanos int64) caster {
	if fromNanos == toNanos && from.(arrow.FixedWidthDataType).BitWidth() == to.(arrow.FixedWidthDataType).BitWidth() {
		return relabel(to)
	}
	multiply, divide := max(fromNanos/toNanos, 1), max(toNanos/fromNanos, 1)
	return integers(to, openInt, func(v, low int64, high uint64) (int64, uint64, string, string) {
		if v%divide != 0 {
			return 0, 0, deadletter.CodeOutOfRange, whyLoss
		}
		n, ok := times(v/divide, multiply)
		if ok {
			var i int64
			if i, _, ok = signedBounds(n, low, high); ok {
				return i, 0, "", ""
			}
		}
		return 0, 0, deadletter.CodeOutOfRange, whyRange
	})
}

// times multiplies, and says whether the product is one.
func times(v, by int64) (int64, bool) {
	high, low := bits.Mul64(magnitude(v), uint64(by))
	if high != 0 || low > math.MaxInt64 && (v > 0 || low > 1<<63) {
		return 0, false
	}
	return v * by, true
}

// planInstant plans casts of dates and timestamps.
func planInstant(from, to arrow.DataType) (caster, error) {
	zone := time.UTC
	if ts, ok := from.(*arrow.TimestampType); ok {
		var err error
		if zone, err = ts.GetZone(); err != nil {
			return nil, fmt.Errorf("the zone of %s: %w", from, err)
		}
	}
	if ts, ok := to.(*arrow.TimestampType); ok {
		if _, err := ts.GetZone(); err != nil {
			return nil, fmt.Errorf("the zone of %s: %w", to, err)
		}
	}
	fromNanos := nanosOf(from)
	switch to.ID() {
	case arrow.TIMESTAMP:
		return exactUnits(from, to, fromNanos, nanosOf(to)), nil
	case arrow.DATE32, arrow.DATE64:
		perDay := secondsPerDay * int64(time.Second) / fromNanos
		out := int64(1)
		if to.ID() == arrow.DATE64 {
			out = millisPerDay
		}
		isDate := from.ID() != arrow.TIMESTAMP
		return integers(to, openInt, func(v, low int64, high uint64) (int64, uint64, string, string) {
			local, ok := localTicks(v, fromNanos, zone)
			if !ok {
				return 0, 0, deadletter.CodeOutOfRange, whyRange
			}
			day := floorDiv(local, perDay)
			if isDate && day*perDay != local {
				return 0, 0, deadletter.CodeOutOfRange, "it is not the beginning of a day"
			}
			n, ok := times(day, out)
			if ok {
				_, _, ok = signedBounds(n, low, high)
			}
			if !ok {
				return 0, 0, deadletter.CodeOutOfRange, whyRange
			}
			return n, 0, "", ""
		}), nil
	case arrow.TIME32, arrow.TIME64:
		if from.ID() != arrow.TIMESTAMP {
			return nil, nil
		}
		return timeOfDay(to, fromNanos, zone), nil
	}
	return nil, nil
}

// timeOfDay takes the time of day from timestamps.
func timeOfDay(to arrow.DataType, fromNanos int64, zone *time.Location) caster {
	perDay := secondsPerDay * int64(time.Second) / fromNanos
	toNanos := nanosOf(to)
	return integers(to, openInt, func(v, _ int64, _ uint64) (int64, uint64, string, string) {
		local, ok := localTicks(v, fromNanos, zone)
		if !ok {
			return 0, 0, deadletter.CodeOutOfRange, whyRange
		}
		nanos := (local - floorDiv(local, perDay)*perDay) * fromNanos
		if nanos%toNanos != 0 {
			return 0, 0, deadletter.CodeOutOfRange, whyLoss
		}
		return nanos / toNanos, 0, "", ""
	})
}

// localTicks moves an instant, counted from 1970 in UTC, so that it counts from 1970 in the zone.
func localTicks(v, nanos int64, zone *time.Location) (int64, bool) {
	if zone == time.UTC {
		return v, true
	}
	t, ok := instant(v, nanos)
	if !ok {
		return 0, false
	}
	_, offset := t.In(zone).Zone()
	shift := int64(offset) * (int64(time.Second) / nanos)
	sum := v + shift
	return sum, (sum > v) == (shift > 0)
}

// instant is the time of so many units since 1970, where package time can count it.
func instant(v, nanos int64) (time.Time, bool) {
	perSecond := max(int64(time.Second)/nanos, 1)
	seconds := floorDiv(v, perSecond)
	rest := v - seconds*perSecond
	if nanos > int64(time.Second) {
		var ok bool
		if seconds, ok = times(v, nanos/int64(time.Second)); !ok {
			return time.Time{}, false
		}
		rest = 0
	}
	const most = 1 << 55 // seconds: a billion years, far from where package time overflows
	return time.Unix(seconds, rest*nanos).UTC(), seconds > -most && seconds < most
}

func floorDiv(v, by int64) int64 {
	q := v / by
	if v%by < 0 {
		q--
	}
	return q
}
