package text

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// scanner reads the JSON value that b begins with in one pass: the value, and how many bytes it takes. It knows the
// forms that nearly all values have; 0 bytes say that this is another one, for a parser that is given its end. b has
// at least scanBytes bytes.
type scanner[T any] func(b []byte) (v T, n int)

// scanBytes is more than a scanner looks at before it knows that there is a value.
const scanBytes = 40

// scanNumber reads an unsigned number without an exponent: all of its digits as one number, at most 18 of them, which
// cannot overflow, and how many stand behind the point.
func scanNumber(b []byte) (m uint64, frac, n int) {
	w := binary.LittleEndian.Uint64(b) ^ zeros8
	stops := noDigits8(w)
	whole := bits.TrailingZeros64(stops) >> 3
	next := stops & (stops - 1)
	switch {
	case whole < 8 && b[whole] != '.':
		n = whole
		m = fold8(w << ((64 - 8*n) & 63))
	case whole < 8 && (next != 0 || b[8]-'0' > 9):
		n = bits.TrailingZeros64(next) >> 3
		frac = n - whole - 1
		before := uint64(1)<<(8*whole&63) - 1
		m = fold8((w&before | w>>8&^before) << ((72 - 8*n) & 63))
	default:
		m, whole, frac, n = scanDigits(b)
	}
	if whole == 0 || whole > 1 && b[0] == '0' || n == whole+1 || b[n]|0x20 == 'e' {
		return 0, 0, 0
	}
	return m, frac, n
}

// scanDigits is scanNumber for those of more than 8 bytes, without a look at what JSON forbids.
func scanDigits(b []byte) (m uint64, whole, frac, n int) {
	if m, whole = digits(b); whole > 18 {
		return 0, 0, 0, 0
	}
	if n = whole; b[n] == '.' {
		var f uint64
		if f, frac = digits(b[n+1:]); whole+frac > 18 {
			return 0, 0, 0, 0
		}
		m = m*uint64(smallPow10[frac]) + f
		n += 1 + frac
	}
	return m, whole, frac, n
}

// JSONStops marks, in the highest bit of each of 8 bytes, those that end a run of plain ones within a JSON string:
// quotes, backslashes and control characters. A borrow may mark bytes above the first one, never below it: the first is
// exact.
func JSONStops(w uint64) uint64 {
	const lows = 0x0101010101010101
	q, b := w^(lows*'"'), w^(lows*'\\')
	return ((q-lows)&^q | (b-lows)&^b | (w-lows*0x20)&^w) & highs8
}

// scanSign returns 1 where b begins with a minus, otherwise 0.
func scanSign(b []byte) int {
	if b[0] == '-' {
		return 1
	}
	return 0
}

// scanInt reads whole numbers that are written so.
func scanInt[T int8 | int16 | int32 | int64](b []byte) (T, int) {
	sign := scanSign(b)
	m, frac, n := scanNumber(b[sign:])
	v := (int64(m) ^ int64(-sign)) + int64(sign)
	if n == 0 || frac > 0 || int64(T(v)) != v {
		return 0, 0
	}
	return T(v), sign + n
}

// scanUint is scanInt for unsigned types.
func scanUint[T uint8 | uint16 | uint32 | uint64](b []byte) (T, int) {
	m, frac, n := scanNumber(b)
	if frac > 0 || uint64(T(m)) != m {
		return 0, 0
	}
	return T(m), n
}

// scanFloat reads numbers of few digits: see [ParseFloat].
func scanFloat(b []byte) (float64, int) {
	sign := scanSign(b)
	m, frac, n := scanNumber(b[sign:])
	if n == 0 || m >= 1<<53 {
		return 0, 0
	}
	v := math.Float64bits(float64(m) / pow10[frac])
	return math.Float64frombits(v | uint64(sign)<<63), sign + n
}

// scanDecimal128 returns the scanner of decimals of few digits.
func scanDecimal128(precision, scale int) scanner[decimal128.Num] {
	most := min(18, precision) - scale // digits before the point
	return func(b []byte) (decimal128.Num, int) {
		sign := scanSign(b)
		m, frac, n := scanNumber(b[sign:])
		whole := n
		if frac > 0 {
			whole -= frac + 1
		}
		if n == 0 || frac > scale || whole > most {
			return decimal128.Num{}, 0
		}
		v := int64(m) * smallPow10[scale-frac]
		return decimal128.FromI64((v ^ int64(-sign)) + int64(sign)), sign + n
	}
}

// scanDate32 reads dates.
func scanDate32(b []byte) (arrow.Date32, int) {
	if b[0] != '"' || b[11] != '"' {
		return 0, 0
	}
	d, ok := date(b[1:])
	if !ok {
		return 0, 0
	}
	return arrow.Date32(d), 12
}

// scanTimestamp returns the scanner of timestamps to the second, or with up to 6 digits of its fraction, without a
// zone or of UTC; per is the units in a second, at most a million.
func scanTimestamp(per int64) scanner[arrow.Timestamp] {
	fine := 1e6 / per
	return func(b []byte) (arrow.Timestamp, int) {
		if b[0] != '"' {
			return 0, 0
		}
		seconds, ok := plain(b[1:])
		if !ok {
			return 0, 0
		}
		v, n := seconds*per, 20
		if b[n] == '.' {
			w := binary.LittleEndian.Uint64(b[21:]) ^ zeros8
			k := bits.TrailingZeros64(noDigits8(w)) >> 3
			if k == 0 || k > 6 {
				return 0, 0
			}
			micros := int64(fold8(w << 16 & (1<<(8*k+16) - 1)))
			if fine > 1 {
				if micros%fine != 0 {
					return 0, 0
				}
				micros /= fine
			}
			v += micros
			n += 1 + k
		}
		if b[n] == 'Z' {
			n++
		}
		if b[n] != '"' {
			return 0, 0
		}
		return arrow.Timestamp(v), n + 1
	}
}

// scanStrictly returns the scanner that reads, of the strings that scan reads, those whose inside passes.
func scanStrictly[T any](scan scanner[T], pass func([]byte) bool) scanner[T] {
	if scan == nil {
		return nil
	}
	return func(b []byte) (T, int) {
		v, n := scan(b)
		if n > 0 && !pass(b[1:n-1]) {
			return v, 0
		}
		return v, n
	}
}
