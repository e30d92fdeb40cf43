package text

import (
	"math/big"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
)

// smallPow10 has the powers of ten that an int64 holds.
var smallPow10 = [...]int64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

// smallDecimal reads plain numbers whose unscaled value has at most 18 digits and at most precision.
func smallDecimal(b []byte, precision, scale int) (int64, bool) {
	d := b
	neg := len(d) > 0 && d[0] == '-'
	if neg {
		d = d[1:]
	}
	if len(d) == 0 || len(d) > 18 {
		return 0, false
	}
	m, whole := digits(d)
	n, frac := whole, 0
	if n < len(d) && d[n] == '.' {
		f, k := digits(d[n+1:])
		m = m*uint64(smallPow10[k]) + f
		n += 1 + k
		frac = k
	}
	up := scale - frac
	if n != len(d) || whole+frac == 0 || up < 0 || whole+frac+up > min(18, precision) {
		return 0, false
	}
	v := int64(m) * smallPow10[up]
	if neg {
		v = -v
	}
	return v, true
}

// bigDecimal reads any number in decimal notation as an unscaled value, exactly.
func bigDecimal(b []byte, precision, scale int) (*big.Int, Fault) {
	b = Trim(b)
	neg := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		b = b[1:]
	}
	d, ok := splitNumber(b)
	if !ok {
		return nil, Invalid
	}
	end := len(d.before) + d.exp + scale // digits that the unscaled value takes
	if !d.zeroFrom(max(end, 0)) {
		return nil, OutOfRange
	}
	first := 0
	for first < end && d.digit(first) == 0 && first < len(d.before)+len(d.after) {
		first++
	}
	if end <= first || d.zeroFrom(0) {
		return new(big.Int), None
	}
	if end-first > precision {
		return nil, OutOfRange
	}
	text := make([]byte, 0, end-first+1)
	if neg {
		text = append(text, '-')
	}
	for i := first; i < end; i++ {
		text = append(text, d.digit(i)+'0')
	}
	v, ok := new(big.Int).SetString(string(text), 10)
	if !ok {
		return nil, Invalid
	}
	return v, None
}

// Decimal128 returns the parser of decimals of that precision and scale. A value that needs rounding is out
// of range.
func Decimal128(precision, scale int32) func([]byte) (decimal128.Num, Fault) {
	return func(b []byte) (decimal128.Num, Fault) {
		if v, ok := smallDecimal(b, int(precision), int(scale)); ok {
			return decimal128.FromI64(v), None
		}
		v, f := bigDecimal(b, int(precision), int(scale))
		if f != None {
			return decimal128.Num{}, f
		}
		return decimal128.FromBigInt(v), None
	}
}

// Decimal256 is [Decimal128] for the wider type.
func Decimal256(precision, scale int32) func([]byte) (decimal256.Num, Fault) {
	return func(b []byte) (decimal256.Num, Fault) {
		v, f := bigDecimal(b, int(precision), int(scale))
		if f != None {
			return decimal256.Num{}, f
		}
		return decimal256.FromBigInt(v), None
	}
}
