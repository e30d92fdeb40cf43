package ndjson

import (
	"encoding/binary"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// integerBytes is how many bytes appending an integer needs at most: the last digits go there by eight.
const integerBytes = 20 + 8

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

// appendDigits appends a number to dst, which has room for any integer.
func appendDigits(dst []byte, n uint64) []byte {
	switch {
	case n < 10:
		return append(dst, '0'+byte(n))
	case n < 1e4:
		d := four(n)
		zeros := bits.TrailingZeros64(d) / 8
		return put(dst, d>>(8*zeros), 4-zeros)
	case n < 1e8:
		d := eight(n)
		zeros := bits.TrailingZeros64(d) / 8
		return put(dst, d>>(8*zeros), 8-zeros)
	}
	return appendEight(appendDigits(dst, n/1e8), n%1e8)
}

// appendEight appends the eight digits of a number below 10^8 to dst, which has room for them.
func appendEight(dst []byte, n uint64) []byte { return put(dst, eight(n), 8) }

// put appends the first of eight digits to dst, which has room for all.
func put(dst []byte, d uint64, digits int) []byte {
	const zeros = 0x3030303030303030
	binary.LittleEndian.PutUint64(dst[len(dst):len(dst)+8], d+zeros)
	return dst[:len(dst)+digits]
}

// eight are the digits of a number below 10^8, a byte each, the first one lowest: it is divided by 10^4, both halves
// at once by 10^2, and all four quarters by 10. Dividing is multiplying by what is as good for numbers so small.
func eight(n uint64) uint64 {
	high := n / 1e4
	return four(high | (n-high*1e4)<<32)
}

// four are the digits of a number below 10^4, or of two, 32 bits each.
func four(n uint64) uint64 {
	hundreds := n * 10486 >> 20 & 0x7f_0000007f
	quarters := hundreds | (n-hundreds*100)<<16
	tens := quarters * 103 >> 10 & 0x000f000f_000f000f
	return tens | (quarters-tens*10)<<8
}
