package transform

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/compute"

	"github.com/floedata/floe/deadletter"
)

// appendText appends the text of a row that is not null, or says why there is none.
type appendText func(to []byte, row int) (text []byte, code, why string)

// texts writes a column of strings or binaries, of any width.
func texts(to arrow.DataType, read func(col arrow.Array) appendText) caster {
	return func(ctx context.Context, col arrow.Array, bad report) (arrow.Array, error) {
		b := array.NewBuilder(compute.GetAllocator(ctx), to)
		defer b.Release()
		b.Reserve(col.Len())
		add, most := appender(b)
		value := read(col)
		var scratch []byte
		total := int64(0)
		for i := range col.Len() {
			if col.IsNull(i) {
				b.AppendNull()
				continue
			}
			text, code, why := value(scratch[:0], i)
			if code != "" {
				bad(i, code, why)
				text = text[:0]
				if f, ok := to.(*arrow.FixedSizeBinaryType); ok {
					text = append(text, make([]byte, f.ByteWidth)...)
				}
			}
			scratch = text
			if total += int64(len(text)); total > most {
				return nil, fmt.Errorf("a record has more than %d bytes of text, which %s cannot hold; give smaller records or cast to the large type", most, to)
			}
			add(text)
		}
		return b.NewArray(), nil
	}
}

// appender returns how to append to a builder of strings or binaries, and how many bytes it takes.
func appender(b array.Builder) (add func([]byte), most int64) {
	switch b := b.(type) {
	case *array.StringBuilder:
		return b.BinaryBuilder.Append, math.MaxInt32
	case *array.LargeStringBuilder:
		return b.BinaryBuilder.Append, math.MaxInt64
	case *array.FixedSizeBinaryBuilder:
		return b.Append, math.MaxInt64
	case *array.BinaryBuilder:
		if b.Type().ID() == arrow.LARGE_BINARY {
			return b.Append, math.MaxInt64
		}
		return b.Append, math.MaxInt32
	}
	return nil, 0
}

// openText reads strings and binaries of any width without copying.
func openText(col arrow.Array) reader[string] {
	switch a := col.(type) {
	case *array.String:
		return a.Value
	case *array.LargeString:
		return a.Value
	case *array.Binary:
		return a.ValueString
	case *array.LargeBinary:
		return a.ValueString
	}
	a := col.(*array.FixedSizeBinary)
	return func(i int) string { return string(a.Value(i)) }
}

// planBytes plans casts to binaries; only texts and bytes can become bytes.
func planBytes(from, to arrow.DataType) caster {
	if f := familyOf(from); f != familyText && f != familyBytes {
		return nil
	}
	width := 0
	if f, ok := to.(*arrow.FixedSizeBinaryType); ok {
		width = f.ByteWidth
	} else if wideOffsets(from) == wideOffsets(to) && from.ID() != arrow.FIXED_SIZE_BINARY {
		return relabel(to)
	}
	return texts(to, func(col arrow.Array) appendText {
		value := openText(col)
		return func(b []byte, row int) ([]byte, string, string) {
			v := value(row)
			if width > 0 && len(v) != width {
				return b, deadletter.CodeOutOfRange, fmt.Sprintf("it has %d bytes", len(v))
			}
			return append(b, v...), "", ""
		}
	})
}

func wideOffsets(dt arrow.DataType) bool {
	return dt.ID() == arrow.LARGE_STRING || dt.ID() == arrow.LARGE_BINARY
}

// planToText plans casts to strings.
func planToText(from, to arrow.DataType) (caster, error) {
	var read func(col arrow.Array) appendText
	switch familyOf(from) {
	case familyBool:
		read = texting(func(col arrow.Array) reader[bool] { return col.(*array.Boolean).Value }, strconv.AppendBool)
	case familyInt:
		read = texting(openInt, func(b []byte, v int64) []byte { return strconv.AppendInt(b, v, 10) })
		if from.ID() == arrow.UINT64 {
			read = texting(values[uint64], func(b []byte, v uint64) []byte { return strconv.AppendUint(b, v, 10) })
		}
	case familyFloat:
		width := from.(arrow.FixedWidthDataType).BitWidth()
		read = texting(openFloat, func(b []byte, v float64) []byte { return appendFloat(b, v, width) })
	case familyDecimal:
		read = texting(openScaled(from), func(b []byte, v scaled) []byte { return append(b, v.text()...) })
	case familyText:
		read = texting(openText, func(b []byte, v string) []byte { return append(b, v...) })
	case familyBytes:
		return planUTF8(from, to), nil
	case familyTime:
		var err error
		if read, err = timeText(from); err != nil || read == nil {
			return nil, err
		}
	}
	return texts(to, read), nil
}

func texting[S any](read open[S], write func([]byte, S) []byte) func(col arrow.Array) appendText {
	return func(col arrow.Array) appendText {
		value := read(col)
		return func(b []byte, row int) ([]byte, string, string) { return write(b, value(row)), "", "" }
	}
}

// appendFloat writes the shortest text that reads back as the same float; plain digits but for very large
// and very small numbers.
func appendFloat(b []byte, v float64, width int) []byte {
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, v, format, -1, width)
}

// planUTF8 plans casts of binaries to strings.
func planUTF8(from, to arrow.DataType) caster {
	check := texts(to, func(col arrow.Array) appendText {
		value := openText(col)
		return func(b []byte, row int) ([]byte, string, string) {
			v := value(row)
			if !utf8.ValidString(v) {
				return b, deadletter.CodeInvalid, "it is not UTF-8"
			}
			return append(b, v...), "", ""
		}
	})
	if from.ID() == arrow.FIXED_SIZE_BINARY || wideOffsets(from) != wideOffsets(to) {
		return check
	}
	same := relabel(to)
	return func(ctx context.Context, col arrow.Array, bad report) (arrow.Array, error) {
		value := openText(col)
		for i := range col.Len() {
			if col.IsValid(i) && !utf8.ValidString(value(i)) {
				return check(ctx, col, bad)
			}
		}
		return same(ctx, col, bad)
	}
}

// timeText writes dates, times of day and timestamps; nil for durations.
func timeText(from arrow.DataType) (func(col arrow.Array) appendText, error) {
	layout, zone := "2006-01-02", time.UTC
	switch dt := from.(type) {
	case *arrow.DurationType:
		return nil, nil
	case *arrow.TimestampType:
		var err error
		if zone, err = dt.GetZone(); err != nil {
			return nil, fmt.Errorf("the zone of %s: %w", from, err)
		}
		layout = "2006-01-02T15:04:05" + fractions[dt.Unit]
		if dt.TimeZone != "" {
			layout += "Z07:00"
		}
	case *arrow.Time32Type:
		layout = "15:04:05" + fractions[dt.Unit]
	case *arrow.Time64Type:
		layout = "15:04:05" + fractions[dt.Unit]
	}
	nanos := nanosOf(from)
	clock := from.ID() == arrow.TIME32 || from.ID() == arrow.TIME64
	return func(col arrow.Array) appendText {
		value := openInt(col)
		return func(b []byte, row int) ([]byte, string, string) {
			v := value(row)
			t, ok := instant(v, nanos)
			t = t.In(zone)
			if year := t.Year(); !ok || year < 0 || year > 9999 || clock && (v < 0 || v >= secondsPerDay*int64(time.Second)/nanos) {
				return b, deadletter.CodeOutOfRange, "it has no text in ISO 8601"
			}
			if from.ID() == arrow.DATE64 && v%millisPerDay != 0 {
				return b, deadletter.CodeOutOfRange, whyLoss
			}
			return t.AppendFormat(b, layout), "", ""
		}
	}, nil
}

var fractions = map[arrow.TimeUnit]string{
	arrow.Second: "", arrow.Millisecond: ".000", arrow.Microsecond: ".000000", arrow.Nanosecond: ".000000000",
}

// planFromText plans casts of strings.
func planFromText(from, to arrow.DataType) (caster, error) {
	switch familyOf(to) {
	case familyBytes:
		return planBytes(from, to), nil
	case familyBool:
		return boolean(openText, func(s string) (bool, string, string) {
			v, err := strconv.ParseBool(s)
			code, why := parseFault(err)
			return v, code, why
		}), nil
	case familyInt:
		return integers(to, openText, parseInteger), nil
	case familyFloat:
		if to.ID() == arrow.FLOAT32 {
			return fixed(to, openText, func(s string) (float32, string, string) {
				v, err := strconv.ParseFloat(s, 32)
				code, why := parseFault(err)
				return float32(v), code, why
			}), nil
		}
		return fixed(to, openText, func(s string) (float64, string, string) {
			v, err := strconv.ParseFloat(s, 64)
			code, why := parseFault(err)
			return v, code, why
		}), nil
	case familyDecimal:
		return decimals(to.(arrow.DecimalType), openText, func(s string) (scaled, string, string) {
			v, ok := parseScaled(s)
			if !ok {
				return v, deadletter.CodeInvalid, whySyntax
			}
			return v, "", ""
		}), nil
	}
	return planTextTime(to)
}

func parseInteger(s string, low int64, high uint64) (int64, uint64, string, string) {
	if high > math.MaxInt64 {
		u, err := strconv.ParseUint(s, 10, 64)
		code, why := parseFault(err)
		return 0, u, code, why
	}
	i, err := strconv.ParseInt(s, 10, 64)
	if code, why := parseFault(err); code != "" {
		return 0, 0, code, why
	}
	if i, u, ok := signedBounds(i, low, high); ok {
		return i, u, "", ""
	}
	return 0, 0, deadletter.CodeOutOfRange, whyRange
}

func parseFault(err error) (code, why string) {
	switch {
	case err == nil:
		return "", ""
	case errors.Is(err, strconv.ErrRange):
		return deadletter.CodeOutOfRange, whyRange
	}
	return deadletter.CodeInvalid, whySyntax
}

// planTextTime plans the reading of dates, times of day and timestamps.
func planTextTime(to arrow.DataType) (caster, error) {
	nanos := nanosOf(to)
	parse := func(s string) (time.Time, string, string) {
		t, err := time.ParseInLocation("2006-01-02", s, time.UTC)
		if err != nil {
			return t, deadletter.CodeInvalid, whySyntax
		}
		return t, "", ""
	}
	switch dt := to.(type) {
	case *arrow.DurationType:
		return nil, nil
	case *arrow.Time32Type, *arrow.Time64Type:
		parse = func(s string) (time.Time, string, string) {
			t, err := time.ParseInLocation("15:04:05", s, time.UTC)
			if err != nil || !strictClock(s) {
				return t, deadletter.CodeInvalid, whySyntax
			}
			return t.AddDate(1970, 0, 0), "", "" // from year 0 on
		}
	case *arrow.TimestampType:
		zone, err := dt.GetZone()
		if err != nil {
			return nil, fmt.Errorf("the zone of %s: %w", to, err)
		}
		parse = func(s string) (time.Time, string, string) { return parseTimestamp(s, zone, dt.TimeZone != "") }
	}
	return integers(to, openText, func(s string, low int64, high uint64) (int64, uint64, string, string) {
		t, code, why := parse(s)
		if code != "" {
			return 0, 0, code, why
		}
		n, ok := count(t, nanos)
		if !ok {
			return 0, 0, deadletter.CodeOutOfRange, "it lies between or beyond what the type can hold"
		}
		i, u, ok := signedBounds(n, low, high)
		if !ok {
			return 0, 0, deadletter.CodeOutOfRange, whyRange
		}
		return i, u, "", ""
	}), nil
}

// strictClock refuses what package time takes for 15:04:05 and ISO 8601 does not: an hour of one digit.
// A comma before the fraction is refused too, so that each value has one text.
func strictClock(s string) bool {
	return len(s) >= 8 && s[2] == ':' && (len(s) == 8 || s[8] != ',')
}

// count returns t in units since 1970, where it is a whole number of them that an int64 holds.
func count(t time.Time, nanos int64) (int64, bool) {
	if nanos <= int64(time.Second) {
		return ticks(t, nanos)
	}
	per := nanos / int64(time.Second)
	return t.Unix() / per, t.Unix()%per == 0 && t.Nanosecond() == 0
}

// parseTimestamp reads a date, with or without time of day, fraction and zone.
func parseTimestamp(s string, zone *time.Location, zoned bool) (time.Time, string, string) {
	if len(s) > 10 && s[10] == ' ' {
		s = s[:10] + "T" + s[11:]
	}
	if len(s) > 10 && !strictClock(s[11:]) {
		return time.Time{}, deadletter.CodeInvalid, whySyntax
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		if !zoned {
			return t, deadletter.CodeInvalid, "it has a zone and the type has none"
		}
		return t, "", ""
	}
	layout := "2006-01-02T15:04:05"
	if len(s) == 10 {
		layout = "2006-01-02"
	}
	t, err := time.ParseInLocation(layout, s, zone)
	if err != nil {
		return t, deadletter.CodeInvalid, whySyntax
	}
	if clock, _ := time.Parse(layout, s); clock.Hour() != t.Hour() || clock.Minute() != t.Minute() {
		return t, deadletter.CodeInvalid, "there is no such local time in the zone"
	}
	return t, "", ""
}
