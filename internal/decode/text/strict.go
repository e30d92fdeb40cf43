package text

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// NewStrictColumn is [NewColumn] for a type that was inferred from a sample. It takes what [KindOf] would have
// taken for a value of that type: what else could be read as one, but would not be what it was, is [Altered].
// Those are numbers with a plus or leading zeros, which are codes; whole numbers written with a point or an
// exponent, in columns of integers; whole ones that no int64 holds, in columns of floats; words other than true
// and false; and timestamps with a zone where the others have none, or the other way about. Spaces around a
// value are no part of it.
func NewStrictColumn(mem memory.Allocator, dt arrow.DataType, binary Binary) (Column, error) {
	c, err := NewColumn(mem, dt, binary)
	if err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case *boolColumn:
		c.strict = true
	case *fixed[int64]:
		c.parse = strictInt
	case *fixed[uint64]:
		c.parse = strictly(c.parse, isPlainInt)
	case *fixed[float64]:
		c.parse = strictFloat
	case *fixed[decimal128.Num]:
		c.parse = strictly(c.parse, isNoCode)
	case *fixed[decimal256.Num]:
		c.parse = strictly(c.parse, isNoCode)
	case *fixed[arrow.Timestamp]:
		zoned := dt.(*arrow.TimestampType).TimeZone != ""
		pass := func(b []byte) bool { return hasZone(b) == zoned }
		c.parse, c.scan = strictly(c.parse, pass), scanStrictly(c.scan, pass)
	}
	return c, nil
}

// strictly returns the parser that takes, of the values that parse takes, those that pass.
func strictly[T any](parse func([]byte) (T, Fault), pass func([]byte) bool) func([]byte) (T, Fault) {
	return func(b []byte) (T, Fault) {
		v, f := parse(b)
		if f == None && !pass(b) {
			return v, Altered
		}
		return v, f
	}
}

// strictInt is [ParseInt] for values that are written as integers are.
func strictInt(b []byte) (int64, Fault) {
	neg := len(b) > 0 && b[0] == '-'
	d := b
	if neg {
		d = d[1:]
	}
	if v, n := digits(d); n == len(d) && n > 0 && n < 19 && (d[0] != '0' || n == 1) {
		if neg {
			return -int64(v), None
		}
		return int64(v), None
	}
	v, f := ParseInt(b)
	if f == None && !isPlainInt(b) {
		return 0, Altered
	}
	return v, f
}

// strictFloat is [ParseFloat] for values that are written as numbers are. Nearly all begin with a digit from 1
// on, and are too short to be a whole number that no int64 holds.
func strictFloat(b []byte) (float64, Fault) {
	v, f := ParseFloat(b)
	if f == None && (b[0] <= '0' || len(b) > 18) && (!isNoCode(b) || isHuge(b)) {
		return 0, Altered
	}
	return v, f
}

// unsigned returns the number b without spaces around it and without its minus.
func unsigned(b []byte) []byte {
	b = Trim(b)
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	return b
}

// isNoCode reports whether the number b has neither a plus nor leading zeros.
func isNoCode(b []byte) bool {
	b = unsigned(b)
	return len(b) > 0 && b[0] != '+' && (b[0] != '0' || len(b) == 1 || b[1]-'0' > 9)
}

// isPlainInt reports whether the number b is digits alone, without leading zeros.
func isPlainInt(b []byte) bool {
	b = unsigned(b)
	_, n := digits(b)
	return n > 0 && n == len(b) && (b[0] != '0' || n == 1)
}

// isHuge reports whether the number b is written as a whole one that no int64 holds.
func isHuge(b []byte) bool {
	if !isPlainInt(b) {
		return false
	}
	_, f := ParseInt(b)
	return f != None
}

// hasZone reports whether the timestamp b ends in a zone.
func hasZone(b []byte) bool {
	b = Trim(b)
	n := len(b)
	if n < len("2006-01-02 15:04Z") {
		return false
	}
	sign := func(c byte) bool { return c == '+' || c == '-' }
	return b[n-1]|0x20 == 'z' || sign(b[n-3]) || sign(b[n-5]) || sign(b[n-6])
}
