package ndjson

import (
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// integerBytes is how many bytes an integer has at most.
const integerBytes = 20

// pairs are the numbers from 00 to 99.
const pairs = "00010203040506070809" +
	"10111213141516171819" +
	"20212223242526272829" +
	"30313233343536373839" +
	"40414243444546474849" +
	"50515253545556575859" +
	"60616263646566676869" +
	"70717273747576777879" +
	"80818283848586878889" +
	"90919293949596979899"

// powers are those of ten.
var powers = [...]uint64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}

func integers(arr arrow.Array) appender {
	switch a := arr.(type) {
	case *array.Int8:
		return signed(a.Int8Values())
	case *array.Int16:
		return signed(a.Int16Values())
	case *array.Int32:
		return signed(a.Int32Values())
	case *array.Int64:
		return signed(a.Int64Values())
	case *array.Uint8:
		return unsigned(a.Uint8Values())
	case *array.Uint16:
		return unsigned(a.Uint16Values())
	case *array.Uint32:
		return unsigned(a.Uint32Values())
	}
	return unsigned(arr.(*array.Uint64).Uint64Values())
}

func signed[T int8 | int16 | int32 | int64](list []T) appender {
	return func(dst []byte, row int) []byte {
		v := int64(list[row])
		if v < 0 {
			return appendDigits(append(dst, '-'), -uint64(v))
		}
		return appendDigits(dst, uint64(v))
	}
}

func unsigned[T uint8 | uint16 | uint32 | uint64](list []T) appender {
	return func(dst []byte, row int) []byte { return appendDigits(dst, uint64(list[row])) }
}

// appendDigits appends a number to dst, which has room for it.
func appendDigits(dst []byte, n uint64) []byte {
	if n < 10 {
		return append(dst, byte('0'+n))
	}
	from := len(dst)
	dst = dst[:from+digitsOf(n)]
	pad(dst[from:], n)
	return dst
}

// digitsOf is how many digits a number has, of which 0 has one.
func digitsOf(n uint64) int {
	// The bits times the logarithm of 2: right, or one too few.
	d := bits.Len64(n) * 1233 >> 12
	if n >= powers[d] {
		d++
	}
	return max(d, 1)
}

// pad fills dst with the last digits of a number.
func pad(dst []byte, n uint64) {
	i := len(dst)
	for ; i >= 2; i -= 2 {
		q := n / 100
		p := 2 * (n - 100*q)
		dst[i-2], dst[i-1] = pairs[p], pairs[p+1]
		n = q
	}
	if i == 1 {
		dst[0] = byte('0' + n%10)
	}
}
