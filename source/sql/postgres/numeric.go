package postgres

import (
	"encoding/binary"
	"math/big"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"

	"github.com/floedata/floe/internal/decode/text"
)

// numeric is a number of digits to the base of 10,000: the sum of digit(i) * 10000^(weight-i).
type numeric struct {
	digits []byte // two bytes each
	weight int
	sign   uint16
	scale  int // digits behind the point that it shows
}

const (
	positive = 0x0000
	negative = 0x4000
	notANum  = 0xc000
	plusInf  = 0xd000
	minusInf = 0xf000
)

func readNumeric(b []byte) (n numeric, f text.Fault) {
	if len(b) < 8 {
		return n, text.Invalid
	}
	count := int(binary.BigEndian.Uint16(b))
	n = numeric{
		digits: b[8:], weight: int(int16(binary.BigEndian.Uint16(b[2:]))),
		sign: binary.BigEndian.Uint16(b[4:]), scale: int(binary.BigEndian.Uint16(b[6:])),
	}
	if len(n.digits) != 2*count {
		return n, text.Invalid
	}
	return n, text.None
}

func (n numeric) count() int { return len(n.digits) / 2 }

func (n numeric) digit(i int) int64 {
	if i < 0 || i >= n.count() {
		return 0
	}
	return int64(binary.BigEndian.Uint16(n.digits[2*i:]))
}

var pow10 = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// small returns the number times 10^scale, where that takes no more than 18 digits.
func (n numeric) small(precision, scale int32) (int64, bool) {
	// Digits of the base that stand before the point or within the scale.
	groups := n.weight + 1 + (int(scale)+3)/4
	if groups > 4 || groups < n.count() || precision > 18 {
		return 0, false
	}
	v := int64(0)
	for i := range groups {
		v = v*10_000 + n.digit(i)
	}
	over := (int(scale)+3)/4*4 - int(scale)
	if v%pow10[over] != 0 {
		return 0, false
	}
	if v /= pow10[over]; v >= pow10[precision] {
		return 0, false
	}
	if n.sign == negative {
		v = -v
	}
	return v, true
}

// big returns the number times 10^scale, exactly.
func (n numeric) big(precision, scale int32) (*big.Int, text.Fault) {
	if n.sign != positive && n.sign != negative {
		return nil, text.OutOfRange
	}
	if 4*n.weight > int(precision)+4 { // far too large
		return nil, text.OutOfRange
	}
	v, base := new(big.Int), big.NewInt(10_000)
	for i := range n.count() {
		v.Add(v.Mul(v, base), big.NewInt(n.digit(i)))
	}
	// v stands for v * 10000^(weight+1-count).
	shift := 4*(n.weight+1-n.count()) + int(scale)
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil)
	if shift >= 0 {
		v.Mul(v, power)
	} else {
		rest := new(big.Int)
		if v.QuoRem(v, power, rest); rest.Sign() != 0 {
			return nil, text.OutOfRange
		}
	}
	if v.Cmp(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)) >= 0 {
		return nil, text.OutOfRange
	}
	if n.sign == negative {
		v.Neg(v)
	}
	return v, text.None
}

func decimal128Of(precision, scale int32) func([]byte) (decimal128.Num, text.Fault) {
	return func(b []byte) (decimal128.Num, text.Fault) {
		n, f := readNumeric(b)
		if f != text.None {
			return decimal128.Num{}, f
		}
		if n.sign == positive || n.sign == negative {
			if v, ok := n.small(precision, scale); ok {
				return decimal128.FromI64(v), text.None
			}
		}
		v, f := n.big(precision, scale)
		if f != text.None {
			return decimal128.Num{}, f
		}
		return decimal128.FromBigInt(v), text.None
	}
}

func decimal256Of(precision, scale int32) func([]byte) (decimal256.Num, text.Fault) {
	return func(b []byte) (decimal256.Num, text.Fault) {
		n, f := readNumeric(b)
		if f != text.None {
			return decimal256.Num{}, f
		}
		v, f := n.big(precision, scale)
		if f != text.None {
			return decimal256.Num{}, f
		}
		return decimal256.FromBigInt(v), text.None
	}
}

// appendNumeric writes a number as PostgreSQL does.
func appendNumeric(dst, b []byte) ([]byte, text.Fault) {
	n, f := readNumeric(b)
	if f != text.None {
		return dst, f
	}
	switch n.sign {
	case notANum:
		return append(dst, "NaN"...), text.None
	case plusInf:
		return append(dst, "Infinity"...), text.None
	case minusInf:
		return append(dst, "-Infinity"...), text.None
	case negative:
		dst = append(dst, '-')
	}
	four := func(v int64) []byte {
		return []byte{byte('0' + v/1000), byte('0' + v/100%10), byte('0' + v/10%10), byte('0' + v%10)}
	}
	start := len(dst)
	for i := 0; i <= n.weight; i++ {
		dst = append(dst, four(n.digit(i))...)
	}
	for len(dst) > start && dst[start] == '0' {
		dst = append(dst[:start], dst[start+1:]...)
	}
	if len(dst) == start {
		dst = append(dst, '0')
	}
	if n.scale == 0 {
		return dst, text.None
	}
	dst = append(dst, '.')
	point := len(dst)
	for i := n.weight + 1; len(dst)-point < n.scale; i++ {
		dst = append(dst, four(n.digit(i))...)
	}
	return dst[:point+n.scale], text.None
}

func numericWords(b []byte) string {
	words, f := appendNumeric(nil, b)
	if f != text.None {
		return inWords(b)
	}
	return string(words)
}
