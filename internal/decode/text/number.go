package text

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// view returns b as a string, for as long as b does not change.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Trim returns b without spaces and tabs around it.
func Trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

const (
	zeros8 = 0x3030303030303030 // the digit 0, 8 times
	highs8 = 0x8080808080808080
)

// noDigits8 sets the highest bit of each byte that is no digit, of 8 bytes from which zeros8 was taken by XOR.
func noDigits8(w uint64) uint64 { return (w + 0x7676767676767676 | w) & highs8 }

// fold8 returns the number of 8 digits less zeros8, the first in the lowest byte.
func fold8(w uint64) uint64 {
	w = w*10 + w>>8
	return ((w&0x000000ff000000ff)*0x000f424000000064 + (w>>16&0x000000ff000000ff)*0x0000271000000001) >> 32
}

// digits reads the digits at the beginning of b: their number, modulo 2^64, and their count.
func digits(b []byte) (v uint64, n int) {
	for n+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[n:]) ^ zeros8
		stops := noDigits8(w)
		if stops != 0 {
			k := bits.TrailingZeros64(stops) >> 3
			return v*uint64(smallPow10[k]) + fold8(w<<uint(64-8*k)), n + k
		}
		v = v*100000000 + fold8(w)
		n += 8
	}
	for n < len(b) {
		d := b[n] - '0'
		if d > 9 {
			break
		}
		v = v*10 + uint64(d)
		n++
	}
	return v, n
}

// magnitude reads an unsigned integer. Leading zeros are fine.
func magnitude(b []byte) (uint64, Fault) {
	v, n := digits(b)
	if n != len(b) || n == 0 {
		return 0, Invalid
	}
	if n < 20 {
		return v, None
	}
	v, err := strconv.ParseUint(view(b), 10, 64)
	if err != nil {
		return 0, OutOfRange
	}
	return v, None
}

// ParseInt reads a signed integer. Numbers written with a fraction or an exponent count where they are whole
// ("1.0", "2e3").
func ParseInt(b []byte) (int64, Fault) {
	neg := false
	d := b
	if len(d) > 0 && (d[0] == '-' || d[0] == '+') {
		neg = d[0] == '-'
		d = d[1:]
	}
	// Up to 18 digits cannot overflow.
	if v, n := digits(d); n == len(d) && n > 0 && n < 19 {
		if neg {
			return -int64(v), None
		}
		return int64(v), None
	}
	return slowInt(b)
}

func slowInt(b []byte) (int64, Fault) {
	neg, u, f := whole(Trim(b))
	switch {
	case f != None:
		return 0, f
	case neg && u <= 1<<63:
		return -int64(u), None
	case !neg && u < 1<<63:
		return int64(u), None
	}
	return 0, OutOfRange
}

// ParseUint reads an unsigned integer, as [ParseInt] does.
func ParseUint(b []byte) (uint64, Fault) {
	if v, n := digits(b); n == len(b) && n > 0 && n < 20 {
		return v, None
	}
	neg, u, f := whole(Trim(b))
	if f == None && neg && u != 0 {
		return 0, OutOfRange
	}
	return u, f
}

// whole reads a number that must be whole: sign and magnitude.
func whole(b []byte) (neg bool, u uint64, f Fault) {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		b = b[1:]
	}
	if u, f := magnitude(b); f != Invalid {
		return neg, u, f
	}
	d, ok := splitNumber(b)
	if !ok {
		return neg, 0, Invalid
	}
	u, f = d.whole()
	return neg, u, f
}

// decimalText is an unsigned number as it is written: the digits, and by how many places the point is shifted.
type decimalText struct {
	before, after []byte // digits before and after the point
	exp           int
}

// splitNumber takes an unsigned number in decimal notation apart.
func splitNumber(b []byte) (d decimalText, ok bool) {
	_, n := digits(b)
	d.before = b[:n]
	b = b[n:]
	if len(b) > 0 && b[0] == '.' {
		_, m := digits(b[1:])
		d.after = b[1 : 1+m]
		b = b[1+m:]
	}
	if len(d.before)+len(d.after) == 0 {
		return d, false
	}
	if len(b) == 0 {
		return d, true
	}
	if b[0] != 'e' && b[0] != 'E' {
		return d, false
	}
	e, err := strconv.Atoi(view(b[1:]))
	if err != nil {
		// An exponent that is only too large stands for one that no type has room for.
		if !exponent(b[1:]) {
			return d, false
		}
		e = math.MaxInt32
		if b[1] == '-' {
			e = -e
		}
	}
	d.exp = max(min(e, math.MaxInt32), -math.MaxInt32)
	return d, true
}

// exponent reports whether b is a sign, if any, and digits.
func exponent(b []byte) bool {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	_, n := digits(b)
	return n > 0 && n == len(b)
}

// digit returns the i-th digit of before and after as one run; 0 beyond its end.
func (d decimalText) digit(i int) byte {
	if i < len(d.before) {
		return d.before[i] - '0'
	}
	if i -= len(d.before); i < len(d.after) {
		return d.after[i] - '0'
	}
	return 0
}

// zeroFrom reports whether all digits from the i-th on are 0.
func (d decimalText) zeroFrom(i int) bool {
	for ; i < len(d.before)+len(d.after); i++ {
		if d.digit(i) != 0 {
			return false
		}
	}
	return true
}

// whole returns the number, which must be whole.
func (d decimalText) whole() (uint64, Fault) {
	point := len(d.before) + d.exp
	if !d.zeroFrom(max(point, 0)) {
		return 0, OutOfRange
	}
	if d.zeroFrom(0) {
		return 0, None
	}
	var u uint64
	for i := range point {
		v := u*10 + uint64(d.digit(i))
		if u > math.MaxUint64/10 || v < u*10 {
			return 0, OutOfRange
		}
		u = v
	}
	return u, None
}

// pow10 has the powers of ten that a float64 holds exactly.
var pow10 = [...]float64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// ParseFloat reads a float64: the nearest one. "nan", "inf" and "infinity" count, in any case.
func ParseFloat(b []byte) (float64, Fault) {
	d := b
	neg := false
	if len(d) > 0 && d[0] == '-' {
		neg = true
		d = d[1:]
	}
	// A mantissa below 2^53 and a power of ten up to 22 are both exact, so one division rounds correctly.
	if len(d) > 0 && len(d) <= 17 {
		var m uint64
		n := 0
		for n < len(d) && d[n]-'0' <= 9 {
			m = m*10 + uint64(d[n]-'0')
			n++
		}
		whole := n
		frac := 0
		if n < len(d) && d[n] == '.' {
			n++
			for n < len(d) && d[n]-'0' <= 9 {
				m = m*10 + uint64(d[n]-'0')
				n++
			}
			frac = n - whole - 1
		}
		if n == len(d) && whole+frac > 0 && m < 1<<53 {
			v := float64(m) / pow10[frac]
			if neg {
				v = -v
			}
			return v, None
		}
	}
	return slowFloat(b, 64)
}

// slowFloat reads what the fast path leaves.
func slowFloat(b []byte, bits int) (float64, Fault) {
	b = Trim(b)
	// strconv reads more than decimal notation: hexadecimal floats, and underscores in them.
	for _, c := range b {
		if c == 'x' || c == 'X' || c == '_' || c == 'p' || c == 'P' {
			return 0, Invalid
		}
	}
	v, err := strconv.ParseFloat(view(b), bits)
	if err == nil {
		return v, None
	}
	if math.IsInf(v, 0) {
		return 0, OutOfRange
	}
	return 0, Invalid
}

// ParseFloat32 reads a float32: the nearest one.
func ParseFloat32(b []byte) (float32, Fault) {
	v, f := slowFloat(b, 32)
	return float32(v), f
}

// ParseBool reads true, false, t, f, yes, no, y, n, 1 and 0, in any case.
func ParseBool(b []byte) (bool, Fault) {
	switch len(b) {
	case 1:
		switch b[0] {
		case 't', 'T', 'y', 'Y', '1':
			return true, None
		case 'f', 'F', 'n', 'N', '0':
			return false, None
		}
	case 2:
		if equalFold(b, "no") {
			return false, None
		}
	case 3:
		if equalFold(b, "yes") {
			return true, None
		}
	case 4:
		if equalFold(b, "true") {
			return true, None
		}
	case 5:
		if equalFold(b, "false") {
			return false, None
		}
	}
	if t := Trim(b); len(t) < len(b) {
		return ParseBool(t)
	}
	return false, Invalid
}

// equalFold compares b with a word of lower case ASCII letters of the same length.
func equalFold(b []byte, word string) bool {
	for i := range len(word) {
		if b[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}
