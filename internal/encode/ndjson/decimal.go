package ndjson

import (
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// wide is a number of 256 bits, the lowest first.
type wide [4]uint64

// Digits are taken from a wide number in limbs.
const (
	limb       = 1e19
	limbDigits = 19
	wideDigits = 5 * limbDigits // no less than it has
)

// decimal is the form of decimals of a scale, of 128 and 256 bits.
func decimal(scale int32) form {
	s := int(scale)
	most := len("-.") + max(wideDigits, s+1) + max(-s, 0) + 8
	return form{most: most, bind: func(arr arrow.Array) appender {
		if a, ok := arr.(*array.Decimal256); ok {
			return func(dst []byte, row int) []byte {
				return appendWide(dst, a.Value(row).Array(), s)
			}
		}
		list := arr.(*array.Decimal128).Values()
		return func(dst []byte, row int) []byte {
			v := list[row]
			high, low := uint64(v.HighBits()), v.LowBits()
			if high == uint64(int64(low)>>63) && s >= 0 && s < len(powers) {
				return appendShort(dst, int64(low), s)
			}
			sign := uint64(v.HighBits() >> 63)
			return appendWide(dst, wide{low, high, sign, sign}, s)
		}
	}}
}

// appendShort appends n / 10^scale to dst, which has room for it.
func appendShort(dst []byte, n int64, scale int) []byte {
	u := uint64(n)
	if n < 0 {
		dst, u = append(dst, '-'), -u
	}
	if scale == 0 {
		return appendDigits(dst, u)
	}
	whole := u / powers[scale]
	return appendPadded(append(appendDigits(dst, whole), '.'), u-whole*powers[scale], scale)
}

// appendPadded appends the last digits of n, which has no more, to dst, which has room for them and eight more.
func appendPadded(dst []byte, n uint64, digits int) []byte {
	if digits > 8 {
		dst, n, digits = appendPadded(dst, n/1e8, digits-8), n%1e8, 8
	}
	return put(dst, eight(n)>>(8*(8-digits)), digits)
}

// appendWide appends v / 10^scale to dst, which has room for it.
func appendWide(dst []byte, v wide, scale int) []byte {
	if int64(v[3]) < 0 { // two's complement
		dst = append(dst, '-')
		carry := uint64(1)
		for i, w := range v {
			v[i], carry = bits.Add64(^w, 0, carry)
		}
	}
	var space [wideDigits]byte
	text := v.digits(&space)
	whole := len(text) - scale
	switch {
	case scale <= 0:
		dst = append(dst, text...)
		for ; scale < 0 && text[0] != '0'; scale++ {
			dst = append(dst, '0')
		}
		return dst
	case whole > 0:
		dst = append(append(dst, text[:whole]...), '.')
		return append(dst, text[whole:]...)
	}
	dst = append(dst, "0."...)
	for ; whole < 0; whole++ {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}

// digits are those of v, in space.
func (v wide) digits(space *[wideDigits]byte) []byte {
	from := wideDigits
	for v != (wide{}) {
		var rest uint64
		for i := len(v) - 1; i >= 0; i-- {
			v[i], rest = bits.Div64(rest, v[i], limb)
		}
		from -= limbDigits
		appendPadded(space[:from], rest, limbDigits)
	}
	for from < wideDigits && space[from] == '0' {
		from++
	}
	if from == wideDigits {
		from--
		space[from] = '0'
	}
	return space[from:wideDigits]
}
