package sql

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"

	"github.com/floedata/floe/internal/decode/text"
)

// column appends the values of one column as the driver gives them: it is a sql.Scanner, so that nothing is copied
// or boxed once more.
type column struct {
	field  arrow.Field
	build  array.Builder
	append func(src any) text.Fault // of a value that is not NULL
	bytes  int64                    // appended so far, about
	width  int64                    // bytes of a value of fixed width
	fault  *columnFault             // of the last value
}

type columnFault struct {
	code, message string
	words         *string // nil = NULL
}

// Scan implements sql.Scanner. It answers no error: the row is finished all the same, and its fault taken after.
func (c *column) Scan(src any) error {
	f := text.None
	switch {
	case src != nil:
		f = c.append(src)
	case !c.field.Nullable:
		f = text.Null
	default:
		c.build.AppendNull()
	}
	c.bytes += c.width
	if f != text.None {
		c.refuse(src, f)
	}
	return nil
}

// refuse notes that a value does not fit, and appends null in its place.
func (c *column) refuse(src any, f text.Fault) {
	c.build.AppendNull()
	c.fault = &columnFault{code: f.Code(), message: f.Describe([]byte(inWords(src)), c.field.Type.String())}
	if src != nil {
		words := inWords(src)
		c.fault.words = &words
	}
}

// integer is what an integer column is built of.
type integer interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// newColumn returns the column that appends to b, which is of the field's type. An error says that values of a database
// cannot be read as that type. b may be nil to see that.
func newColumn(f arrow.Field, b array.Builder) (*column, error) {
	c := &column{field: f, build: b, width: 8}
	switch t := f.Type.(type) {
	case *arrow.BooleanType:
		b, _ := b.(*array.BooleanBuilder)
		c.append = with(toBool, b.Append)
	case *arrow.Int8Type:
		b, _ := b.(*array.Int8Builder)
		c.append = with(toInt[int8], b.Append)
	case *arrow.Int16Type:
		b, _ := b.(*array.Int16Builder)
		c.append = with(toInt[int16], b.Append)
	case *arrow.Int32Type:
		b, _ := b.(*array.Int32Builder)
		c.append = with(toInt[int32], b.Append)
	case *arrow.Int64Type:
		b, _ := b.(*array.Int64Builder)
		c.append = with(toInt[int64], b.Append)
	case *arrow.Uint8Type:
		b, _ := b.(*array.Uint8Builder)
		c.append = with(toInt[uint8], b.Append)
	case *arrow.Uint16Type:
		b, _ := b.(*array.Uint16Builder)
		c.append = with(toInt[uint16], b.Append)
	case *arrow.Uint32Type:
		b, _ := b.(*array.Uint32Builder)
		c.append = with(toInt[uint32], b.Append)
	case *arrow.Uint64Type:
		b, _ := b.(*array.Uint64Builder)
		c.append = with(toInt[uint64], b.Append)
	case *arrow.Float32Type:
		b, _ := b.(*array.Float32Builder)
		c.append = with(toFloat32, b.Append)
	case *arrow.Float64Type:
		b, _ := b.(*array.Float64Builder)
		c.append = with(toFloat64, b.Append)
	case *arrow.Decimal128Type:
		b, _ := b.(*array.Decimal128Builder)
		c.width = 16
		c.append = with(toDecimal[decimal128.Num](text.Decimal128(t.Precision, t.Scale)), b.Append)
	case *arrow.Decimal256Type:
		b, _ := b.(*array.Decimal256Builder)
		c.width = 32
		c.append = with(toDecimal[decimal256.Num](text.Decimal256(t.Precision, t.Scale)), b.Append)
	case *arrow.StringType:
		b, _ := b.(*array.StringBuilder)
		c.append = c.appendText(b)
	case *arrow.BinaryType:
		b, _ := b.(*array.BinaryBuilder)
		c.append = c.appendBytes(b.Append, b.AppendString, -1)
	case *arrow.FixedSizeBinaryType:
		b, _ := b.(*array.FixedSizeBinaryBuilder)
		c.append = c.appendBytes(b.Append, func(s string) { b.Append([]byte(s)) }, t.ByteWidth)
	case *arrow.Date32Type:
		b, _ := b.(*array.Date32Builder)
		c.append = with(toDate, b.Append)
	case *arrow.Time32Type:
		b, _ := b.(*array.Time32Builder)
		c.append = with(toTime[arrow.Time32](t.Unit, text.Time32(t.Unit)), b.Append)
	case *arrow.Time64Type:
		b, _ := b.(*array.Time64Builder)
		c.append = with(toTime[arrow.Time64](t.Unit, text.Time64(t.Unit)), b.Append)
	case *arrow.TimestampType:
		b, _ := b.(*array.TimestampBuilder)
		c.append = with(toTimestamp(t), b.Append)
	default:
		return nil, fmt.Errorf("column %q: values of a database cannot be read as %s", f.Name, f.Type)
	}
	return c, nil
}

// with joins a conversion and what appends its results.
func with[T any](convert func(any) (T, text.Fault), appendTo func(T)) func(any) text.Fault {
	return func(src any) text.Fault {
		v, f := convert(src)
		if f == text.None {
			appendTo(v)
		}
		return f
	}
}

// appendText appends texts, and the plain text of what is none.
func (c *column) appendText(b *array.StringBuilder) func(any) text.Fault {
	return func(src any) text.Fault {
		switch v := src.(type) {
		case []byte:
			if !utf8.Valid(v) {
				return text.NotUTF8
			}
			c.bytes += int64(len(v))
			b.BinaryBuilder.Append(v)
		case string:
			if !utf8.ValidString(v) {
				return text.NotUTF8
			}
			c.bytes += int64(len(v))
			b.Append(v)
		default:
			s := inWords(src)
			c.bytes += int64(len(s))
			b.Append(s)
		}
		return text.None
	}
}

// appendBytes appends bytes and texts, of width bytes where it is not negative.
func (c *column) appendBytes(raw func([]byte), str func(string), width int) func(any) text.Fault {
	return func(src any) text.Fault {
		n := 0
		switch v := src.(type) {
		case []byte:
			if n = len(v); width < 0 || n == width {
				raw(v)
			}
		case string:
			if n = len(v); width < 0 || n == width {
				str(v)
			}
		default:
			return text.Invalid
		}
		c.bytes += int64(n)
		if width >= 0 && n != width {
			return text.OutOfRange
		}
		return text.None
	}
}

func toBool(src any) (bool, text.Fault) {
	switch v := src.(type) {
	case bool:
		return v, text.None
	case int64:
		if v == 0 || v == 1 {
			return v == 1, text.None
		}
		return false, text.OutOfRange
	case []byte:
		return text.ParseBool(v)
	case string:
		return text.ParseBool([]byte(v))
	}
	return false, text.Invalid
}

func toInt[T integer](src any) (T, text.Fault) {
	switch v := src.(type) {
	case int64:
		return fromInt[T](v)
	case uint64:
		return fromUint[T](v)
	case bool:
		if v {
			return 1, text.None
		}
		return 0, text.None
	case float64:
		// Beyond, not every integer is a float, and which one this was is not known.
		if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
			return 0, text.OutOfRange
		}
		return fromInt[T](int64(v))
	case []byte:
		return parseInt[T](v)
	case string:
		return parseInt[T]([]byte(v))
	}
	return 0, text.Invalid
}

func fromInt[T integer](v int64) (T, text.Fault) {
	if n := T(v); int64(n) == v && (n < 0) == (v < 0) {
		return n, text.None
	}
	return 0, text.OutOfRange
}

func fromUint[T integer](v uint64) (T, text.Fault) {
	if n := T(v); uint64(n) == v && n >= 0 {
		return n, text.None
	}
	return 0, text.OutOfRange
}

func parseInt[T integer](b []byte) (T, text.Fault) {
	if n, f := text.ParseInt(b); f == text.None {
		return fromInt[T](n)
	}
	n, f := text.ParseUint(b)
	if f != text.None {
		return 0, f
	}
	return fromUint[T](n)
}

func toFloat64(src any) (float64, text.Fault) {
	switch v := src.(type) {
	case float64:
		return v, text.None
	case float32:
		return float64(v), text.None
	case int64:
		if f := float64(v); math.Abs(f) <= 1<<53 {
			return f, text.None
		}
		return 0, text.OutOfRange
	case []byte:
		return text.ParseFloat(v)
	case string:
		return text.ParseFloat([]byte(v))
	}
	return 0, text.Invalid
}

func toFloat32(src any) (float32, text.Fault) {
	switch v := src.(type) {
	case float32:
		return v, text.None
	case []byte:
		f, fault := text.ParseFloat32(v)
		return float32(f), fault
	case string:
		f, fault := text.ParseFloat32([]byte(v))
		return float32(f), fault
	}
	v, fault := toFloat64(src)
	if f := float32(v); float64(f) == v || v != v {
		return f, fault
	}
	return 0, text.OutOfRange
}

// toDecimal takes a float by its shortest text, as long as that is sure to be what went in: 15 digits.
func toDecimal[T any](parse func([]byte) (T, text.Fault)) func(any) (T, text.Fault) {
	return func(src any) (zero T, _ text.Fault) {
		var buf [32]byte
		switch v := src.(type) {
		case []byte:
			return parse(v)
		case string:
			return parse([]byte(v))
		case int64:
			return parse(strconv.AppendInt(buf[:0], v, 10))
		case uint64:
			return parse(strconv.AppendUint(buf[:0], v, 10))
		case float64:
			b := strconv.AppendFloat(buf[:0], v, 'f', -1, 64)
			if digits(b) > 15 {
				return zero, text.OutOfRange
			}
			return parse(b)
		}
		return zero, text.Invalid
	}
}

// digits counts those of a number from the first that is not zero on.
func digits(b []byte) int {
	n := 0
	for _, c := range b {
		if c >= '1' && c <= '9' || c == '0' && n > 0 {
			n++
		}
	}
	return n
}

func toDate(src any) (arrow.Date32, text.Fault) {
	switch v := src.(type) {
	case time.Time:
		s := wall(v)
		if s%86400 != 0 || v.Nanosecond() != 0 {
			return 0, text.OutOfRange
		}
		return arrow.Date32(s / 86400), text.None
	case []byte:
		return text.ParseDate32(v)
	case string:
		return text.ParseDate32([]byte(v))
	}
	return 0, text.Invalid
}

// wall returns what clock and calendar show where t is, as seconds since 1970.
func wall(t time.Time) int64 {
	_, east := t.Zone()
	return t.Unix() + int64(east)
}

func toTime[T arrow.Time32 | arrow.Time64](unit arrow.TimeUnit, parse func([]byte) (T, text.Fault)) func(any) (T, text.Fault) {
	per := perSecond(unit)
	return func(src any) (T, text.Fault) {
		switch v := src.(type) {
		case time.Time:
			nanos, fine := int64(v.Nanosecond()), int64(1e9)/per
			if nanos%fine != 0 {
				return 0, text.OutOfRange
			}
			h, m, s := v.Clock()
			return T(int64(h*3600+m*60+s)*per + nanos/fine), text.None
		case []byte:
			return parse(v)
		case string:
			return parse([]byte(v))
		}
		return 0, text.Invalid
	}
}

func toTimestamp(t *arrow.TimestampType) func(any) (arrow.Timestamp, text.Fault) {
	per, parse := perSecond(t.Unit), text.Timestamp(t.Unit, time.UTC)
	return func(src any) (arrow.Timestamp, text.Fault) {
		switch v := src.(type) {
		case time.Time:
			s := v.Unix()
			if t.TimeZone == "" {
				s = wall(v)
			}
			nanos, fine := int64(v.Nanosecond()), int64(1e9)/per
			if nanos%fine != 0 || s > math.MaxInt64/per-1 || s < math.MinInt64/per+1 {
				return 0, text.OutOfRange
			}
			return arrow.Timestamp(s*per + nanos/fine), text.None
		case []byte:
			return parse(v)
		case string:
			return parse([]byte(v))
		}
		return 0, text.Invalid
	}
}

func perSecond(unit arrow.TimeUnit) int64 { return int64(time.Second / unit.Multiplier()) }

// inWords is the text of a driver's value, for dead letters and for columns of text.
func inWords(src any) string {
	switch v := src.(type) {
	case nil:
		return "NULL"
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		return "0x" + hex.EncodeToString(v)
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(src)
}
