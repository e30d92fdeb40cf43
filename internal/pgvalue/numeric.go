package pgvalue

import (
	"fmt"
	"math/big"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
)

// holdsDigits says that a numeric holds every number of that many digits before the point and behind it. A negative
// scale puts zeros before the point.
func (t Type) holdsDigits(before, behind int) bool {
	if t.precision < 0 {
		return true
	}
	return t.scale >= behind && t.precision-t.scale >= before
}

// decimals is the codec of decimals.
func decimals(from source, t Type) *Codec {
	if t.kind != kindNumeric {
		return nil
	}
	var precision, scale int32
	c := &Codec{}
	switch dt := from.DataType.(type) {
	case *arrow.Decimal128Type:
		precision, scale = dt.Precision, dt.Scale
		c.binary = func(a arrow.Array) Append {
			v := values[decimal128.Num](a)
			return func(dst []byte, row int) []byte {
				hi, lo, negative := magnitude128(v[row])
				if hi == 0 {
					return appendNumeric(dst, lo, negative, scale)
				}
				return appendWide(dst, [4]uint64{lo, hi}, negative, scale)
			}
		}
		c.text = func(a arrow.Array) Append {
			v := values[decimal128.Num](a)
			return func(dst []byte, row int) []byte { return appendDecimal(dst, v[row].BigInt(), scale) }
		}
		c.check = checkDigits(t, scale, func(a arrow.Array) func(int) *big.Int {
			v := values[decimal128.Num](a)
			return func(row int) *big.Int { return v[row].BigInt() }
		})
		c.fits = fits128(t, scale)
	case *arrow.Decimal256Type:
		precision, scale = dt.Precision, dt.Scale
		c.binary = func(a arrow.Array) Append {
			v := values[decimal256.Num](a)
			return func(dst []byte, row int) []byte {
				n, negative := magnitude256(v[row])
				return appendWide(dst, n, negative, scale)
			}
		}
		c.text = func(a arrow.Array) Append {
			v := values[decimal256.Num](a)
			return func(dst []byte, row int) []byte { return appendDecimal(dst, v[row].BigInt(), scale) }
		}
		c.check = checkDigits(t, scale, func(a arrow.Array) func(int) *big.Int {
			v := values[decimal256.Num](a)
			return func(row int) *big.Int { return v[row].BigInt() }
		})
	default:
		return nil
	}
	if !t.holdsDigits(int(max(precision-scale, 0)), int(max(scale, 0))) {
		return nil
	}
	if t.precision < 0 {
		c.check, c.fits = nil, nil
	}
	return c
}

// room is one more than the greatest magnitude, of a number with the scale, that the column holds.
func room(t Type, scale int32) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.precision-t.scale)+int64(scale)), nil)
}

// checkDigits finds the numbers that have more digits than their type says, where the column has no room for them.
func checkDigits(t Type, scale int32, open func(arrow.Array) func(int) *big.Int) func(arrow.Array) Check {
	if t.precision < 0 {
		return nil
	}
	most := room(t, scale)
	return func(a arrow.Array) Check {
		at := open(a)
		return func(row int) *dialect.Unfit {
			v := at(row)
			if v.CmpAbs(most) < 0 {
				return nil
			}
			return &dialect.Unfit{
				Code:    deadletter.CodeOutOfRange,
				Message: fmt.Sprintf("%s has more digits than %s", appendDecimal(nil, v, scale), t.name),
			}
		}
	}
}

// fits128 compares magnitudes by their upper halves, and by the lower where the column's own bound is low.
func fits128(t Type, scale int32) func(arrow.Array) bool {
	if t.precision < 0 {
		return nil
	}
	most := decimal128.GetMaxValue(38)
	if m := room(t, scale); m.BitLen() < 127 {
		most = decimal128.FromBigInt(m.Sub(m, big.NewInt(1)))
	}
	hi, lo, _ := magnitude128(most)
	return func(a arrow.Array) bool {
		for _, v := range values[decimal128.Num](a) {
			if h, l, _ := magnitude128(v); h > hi || h == hi && l > lo {
				return false
			}
		}
		return true
	}
}

func magnitude128(v decimal128.Num) (hi, lo uint64, negative bool) {
	hi, lo = uint64(v.HighBits()), v.LowBits()
	if int64(hi) >= 0 {
		return hi, lo, false
	}
	lo, borrow := bits.Sub64(0, lo, 0)
	hi, _ = bits.Sub64(0, hi, borrow)
	return hi, lo, true
}

func magnitude256(v decimal256.Num) (n [4]uint64, negative bool) {
	n = v.Array()
	if int64(n[3]) >= 0 {
		return n, false
	}
	var borrow uint64
	for i := range n {
		n[i], borrow = bits.Sub64(0, n[i], borrow)
	}
	return n, true
}

// appendNumeric writes n / 10^scale in the binary form of numeric, with its length: groups of four digits that begin at
// the point, without those at the ends that are zero.
func appendNumeric(dst []byte, n uint64, negative bool, scale int32) []byte {
	var groups [maxGroups]uint16
	weight, shift := lowest(scale)
	count := 0
	if shift > 0 && n > 0 {
		unit := powers[4-shift]
		groups[0] = uint16(n % unit * powers[shift])
		n /= unit
		count = 1
	}
	for ; n > 0; count++ {
		groups[count] = uint16(n % 10_000)
		n /= 10_000
	}
	return appendGroups(dst, groups[:count], weight, negative, scale)
}

// appendWide is appendNumeric for numbers of four words, the lowest first.
func appendWide(dst []byte, n [4]uint64, negative bool, scale int32) []byte {
	var groups [maxGroups]uint16
	weight, shift := lowest(scale)
	count := 0
	if shift > 0 {
		unit := powers[4-shift]
		groups[0] = uint16(divide(&n, unit) * powers[shift])
		count = 1
	}
	for n != [4]uint64{} {
		rest := divide(&n, 10_000_000_000_000_000)
		for range 4 {
			groups[count] = uint16(rest % 10_000)
			rest /= 10_000
			count++
		}
	}
	return appendGroups(dst, groups[:count], weight, negative, scale)
}

// maxGroups is room for 78 digits that begin anywhere, in steps of four groups.
const maxGroups = 24

var powers = [5]uint64{1, 10, 100, 1000, 10_000}

// lowest is where the lowest group of a number with the scale stands: 10,000^weight is what one of it counts, and its
// last shift digits are zero.
func lowest(scale int32) (weight int, shift int32) {
	shift = (-scale%4 + 4) % 4
	return int(-scale-shift) / 4, shift
}

// divide divides n by d and returns the rest.
func divide(n *[4]uint64, d uint64) (rest uint64) {
	for i := 3; i >= 0; i-- {
		n[i], rest = bits.Div64(rest, n[i], d)
	}
	return rest
}

// appendGroups writes a numeric of the groups, the lowest first, which counts 10,000^weight.
func appendGroups(dst []byte, groups []uint16, weight int, negative bool, scale int32) []byte {
	for len(groups) > 0 && groups[len(groups)-1] == 0 {
		groups = groups[:len(groups)-1]
	}
	for len(groups) > 0 && groups[0] == 0 {
		groups = groups[1:]
		weight++
	}
	count := len(groups)
	if count > 0 {
		weight += count - 1
	} else {
		weight = 0
	}
	var sign byte
	if negative && count > 0 {
		sign = 0x40
	}
	length, digits := 8+2*count, max(scale, 0)
	dst = append(dst, 0, 0, 0, byte(length), 0, byte(count), byte(weight>>8), byte(weight), sign, 0, byte(digits>>8), byte(digits))
	for i := count - 1; i >= 0; i-- {
		dst = append(dst, byte(groups[i]>>8), byte(groups[i]))
	}
	return dst
}

// appendDecimal writes v / 10^scale.
func appendDecimal(dst []byte, v *big.Int, scale int32) []byte {
	if scale <= 0 {
		dst = v.Append(dst, 10)
		if v.Sign() != 0 {
			for ; scale < 0; scale++ {
				dst = append(dst, '0')
			}
		}
		return dst
	}
	if v.Sign() < 0 {
		dst = append(dst, '-')
		v = new(big.Int).Neg(v)
	}
	digits := v.Append(nil, 10)
	for len(digits) <= int(scale) {
		digits = append([]byte{'0'}, digits...)
	}
	point := len(digits) - int(scale)
	dst = append(dst, digits[:point]...)
	dst = append(dst, '.')
	return append(dst, digits[point:]...)
}
