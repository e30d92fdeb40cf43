package transform

import (
	"math/big"
	"math/bits"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"

	"github.com/floedata/floe/deadletter"
)

// scaled is a decimal number: an integer over ten to the scale. Small numbers need no allocation.
type scaled struct {
	small int64
	big   *big.Int // nil: small has the number
	scale int32
}

func (s scaled) integer() *big.Int {
	if s.big != nil {
		return s.big
	}
	return big.NewInt(s.small)
}

func (s scaled) zero() bool { return s.big == nil && s.small == 0 || s.big != nil && s.big.Sign() == 0 }

// rescale returns the same number at another scale, or false where digits would be lost. most is how many
// digits are worth having: what is larger is out of range anyway and only answered as too large.
func (s scaled) rescale(scale, most int32) (out scaled, code, why string) {
	by := int64(scale) - int64(s.scale)
	if s.zero() || by == 0 {
		s.scale = scale
		return s, "", ""
	}
	if by > 0 {
		if by > int64(most) {
			return s, deadletter.CodeOutOfRange, whyRange
		}
		if s.big == nil && by < int64(len(powers)) {
			if high, low := bits.Mul64(magnitude(s.small), uint64(powers[by])); high == 0 && low < 1<<63 {
				return scaled{small: s.small * powers[by], scale: scale}, "", ""
			}
		}
		return scaled{big: new(big.Int).Mul(s.integer(), power(by)), scale: scale}, "", ""
	}
	by = -by
	if s.big == nil {
		if by >= int64(len(powers)) || s.small%powers[by] != 0 {
			return s, deadletter.CodeOutOfRange, whyLoss
		}
		return scaled{small: s.small / powers[by], scale: scale}, "", ""
	}
	if by > int64(s.big.BitLen()) {
		return s, deadletter.CodeOutOfRange, whyLoss
	}
	quotient, rest := new(big.Int).QuoRem(s.big, power(by), new(big.Int))
	if rest.Sign() != 0 {
		return s, deadletter.CodeOutOfRange, whyLoss
	}
	return scaled{big: quotient, scale: scale}, "", ""
}

// powers are those of ten that an int64 holds.
var powers = [...]int64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

func power(n int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil) }

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// fits says whether the number has no more digits than the precision.
func (s scaled) fits(precision int32) bool {
	if s.big == nil {
		return int(precision) >= len(powers) || magnitude(s.small) < uint64(powers[precision])
	}
	return s.big.CmpAbs(power(int64(precision))) < 0
}

// text is the number in digits, with as many places as the scale says.
func (s scaled) text() string {
	digits := s.integer().String()
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if s.scale <= 0 {
		if digits != "0" {
			for range -s.scale {
				digits += "0"
			}
		}
		return sign + digits
	}
	for len(digits) <= int(s.scale) {
		digits = "0" + digits
	}
	point := len(digits) - int(s.scale)
	return sign + digits[:point] + "." + digits[point:]
}

// longestNumber is how many digits a text of a decimal may have; the widest type holds 76.
const longestNumber = 1000

// parseScaled reads a decimal number: digits, with sign, point and exponent if need be.
func parseScaled(s string) (scaled, bool) {
	digits, exponent := s, int64(0)
	for i := range len(s) {
		if s[i] == 'e' || s[i] == 'E' {
			e, err := strconv.ParseInt(s[i+1:], 10, 16)
			if err != nil {
				return scaled{}, false
			}
			digits, exponent = s[:i], e
			break
		}
	}
	if !plainNumber(digits) {
		return scaled{}, false
	}
	if len(digits) < len(powers) {
		return fewDigits(digits, exponent), true
	}
	scale := int64(0)
	joined := digits
	for i := range len(digits) {
		if digits[i] == '.' {
			joined = digits[:i] + digits[i+1:]
			scale = int64(len(digits) - i - 1)
			break
		}
	}
	if len(joined) > longestNumber {
		return scaled{}, false
	}
	out := scaled{scale: int32(scale - exponent)}
	small, err := strconv.ParseInt(joined, 10, 64)
	if err == nil {
		out.small = small
		return out, true
	}
	out.big, _ = new(big.Int).SetString(joined, 10)
	return out, true
}

// fewDigits reads a plain number whose digits an int64 holds.
func fewDigits(digits string, exponent int64) scaled {
	n, scale, fraction := int64(0), -exponent, false
	for _, c := range []byte(digits) {
		switch {
		case c == '.':
			fraction = true
		case c >= '0':
			n = n*10 + int64(c-'0')
			if fraction {
				scale++
			}
		}
	}
	if digits[0] == '-' {
		n = -n
	}
	return scaled{small: n, scale: int32(scale)}
}

// openScaled reads a column of integers or decimals as decimals.
func openScaled(from arrow.DataType) open[scaled] {
	switch dt := from.(type) {
	case *arrow.Decimal128Type:
		return func(col arrow.Array) reader[scaled] {
			value := values[decimal128.Num](col)
			return func(i int) scaled {
				v := value(i)
				if low := int64(v.LowBits()); v.HighBits() == low>>63 {
					return scaled{small: low, scale: dt.Scale}
				}
				return scaled{big: v.BigInt(), scale: dt.Scale}
			}
		}
	case *arrow.Decimal256Type:
		return func(col arrow.Array) reader[scaled] {
			value := values[decimal256.Num](col)
			return func(i int) scaled { return scaled{big: value(i).BigInt(), scale: dt.Scale} }
		}
	case *arrow.Uint64Type:
		return func(col arrow.Array) reader[scaled] {
			value := values[uint64](col)
			return func(i int) scaled {
				if v := value(i); v>>63 != 0 {
					return scaled{big: new(big.Int).SetUint64(v)}
				}
				return scaled{small: int64(value(i))}
			}
		}
	}
	return func(col arrow.Array) reader[scaled] {
		value := openInt(col)
		return func(i int) scaled { return scaled{small: value(i)} }
	}
}

// planToDecimal plans casts of numbers to decimals.
func planToDecimal(from arrow.DataType, to arrow.DecimalType) (caster, error) {
	switch familyOf(from) {
	case familyFloat:
		width := from.(arrow.FixedWidthDataType).BitWidth()
		return decimals(to, openFloat, func(f float64) (scaled, string, string) {
			s, ok := parseScaled(strconv.FormatFloat(f, 'e', -1, width))
			if !ok {
				return s, deadletter.CodeOutOfRange, "it is no number"
			}
			return s, "", ""
		}), nil
	case familyBool:
		return nil, nil
	}
	return decimals(to, openScaled(from), func(s scaled) (scaled, string, string) { return s, "", "" }), nil
}

// decimals writes a column of decimals.
func decimals[S any](to arrow.DecimalType, read open[S], number convert[S, scaled]) caster {
	precision, scale := to.GetPrecision(), to.GetScale()
	sized := func(v S) (scaled, string, string) {
		s, code, why := number(v)
		if code != "" {
			return scaled{}, code, why
		}
		if s, code, why = s.rescale(scale, precision); code != "" {
			return scaled{}, code, why
		}
		if !s.fits(precision) {
			return scaled{}, deadletter.CodeOutOfRange, whyRange
		}
		return s, "", ""
	}
	if to.ID() == arrow.DECIMAL128 {
		return fixed(to, read, func(v S) (decimal128.Num, string, string) {
			s, code, why := sized(v)
			if s.big == nil {
				return decimal128.FromI64(s.small), code, why
			}
			return decimal128.FromBigInt(s.big), code, why
		})
	}
	return fixed(to, read, func(v S) (decimal256.Num, string, string) {
		s, code, why := sized(v)
		if s.big == nil {
			return decimal256.FromI64(s.small), code, why
		}
		return decimal256.FromBigInt(s.big), code, why
	})
}

// planFromDecimal plans casts of decimals to integers and floats.
func planFromDecimal(from arrow.DecimalType, to arrow.DataType) caster {
	read := openScaled(from)
	switch familyOf(to) {
	case familyFloat:
		if to.ID() == arrow.FLOAT32 {
			return fixed(to, read, func(s scaled) (float32, string, string) {
				f, err := strconv.ParseFloat(s.text(), 32)
				if err != nil {
					return 0, deadletter.CodeOutOfRange, whyRange
				}
				return float32(f), "", ""
			})
		}
		return fixed(to, read, func(s scaled) (float64, string, string) {
			return s.float64(), "", ""
		})
	case familyInt:
		return integers(to, read, func(s scaled, low int64, high uint64) (int64, uint64, string, string) {
			s, code, why := s.rescale(0, 77)
			if code != "" {
				return 0, 0, code, why
			}
			return s.whole(low, high)
		})
	}
	return nil
}

// whole is the number, whose scale is 0, as an integer within bounds.
func (s scaled) whole(low int64, high uint64) (int64, uint64, string, string) {
	var i int64
	var u uint64
	ok := false
	if n := s.integer(); n.IsInt64() {
		i, u, ok = signedBounds(n.Int64(), low, high)
	} else if n.IsUint64() {
		i, u, ok = unsignedBounds(n.Uint64(), low, high)
	}
	if !ok {
		return 0, 0, deadletter.CodeOutOfRange, whyRange
	}
	return i, u, "", ""
}

// float64 is the nearest one.
func (s scaled) float64() float64 {
	const exact = 1 << 53
	if s.big == nil && magnitude(s.small) <= exact && s.scale >= 0 && int(s.scale) < len(powers) {
		return float64(s.small) / float64(powers[s.scale])
	}
	f, _ := strconv.ParseFloat(s.text(), 64) // a decimal's largest value is far below a float64's
	return f
}
