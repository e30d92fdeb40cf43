package parquet

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
)

// word is a number as PLAIN has it. Its order is the one of the values' logical type.
type word interface {
	int32 | int64 | uint32 | uint64 | float32 | float64
}

// loader answers the selected values of arr as they are in the file. They lie in scratch, or in arr itself.
type loader[T word] func(arr arrow.Array, s selection, scratch *[]T) ([]T, error)

// room is n values of scratch.
func room[T any](scratch *[]T, n int) []T {
	*scratch = grown((*scratch)[:0], n)
	return *scratch
}

// direct takes values that are the same in both.
func direct[T word](arr arrow.Array, s selection, scratch *[]T) ([]T, error) {
	src := slice[T](arr)
	if s.list == nil {
		return src[s.from:s.to], nil
	}
	dst := room(scratch, len(s.list))
	for i, at := range s.list {
		dst[i] = src[at]
	}
	return dst, nil
}

// cast widens integers.
func cast[S int8 | int16 | uint8 | uint16, T int32 | uint32](arr arrow.Array, s selection, scratch *[]T) ([]T, error) {
	src := slice[S](arr)
	dst := room(scratch, s.len())
	for i := range dst {
		dst[i] = T(src[s.at(i)])
	}
	return dst, nil
}

// seconds turns seconds into milliseconds, the coarsest unit of Parquet.
func seconds[T int32 | int64](arr arrow.Array, s selection, scratch *[]T) ([]T, error) {
	src := slice[T](arr)
	dst := room(scratch, s.len())
	for i := range dst {
		v := src[s.at(i)]
		if dst[i] = v * 1000; dst[i]/1000 != v {
			return nil, misfitf(s.at(i), "%d seconds are more than Parquet can count in milliseconds", v)
		}
	}
	return dst, nil
}

// days turns the milliseconds of a date64 into days.
func days(arr arrow.Array, s selection, scratch *[]int32) ([]int32, error) {
	const day = 24 * 60 * 60 * 1000
	src := slice[int64](arr)
	dst := room(scratch, s.len())
	for i := range dst {
		v := src[s.at(i)]
		if n := v / day; v%day != 0 || n != int64(int32(n)) {
			return nil, misfitf(s.at(i), "%d milliseconds are not a date: whole days of 32 bits are", v)
		}
		dst[i] = int32(v / day)
	}
	return dst, nil
}

// narrow128 and narrow256 take decimals of up to 18 digits.
func narrow128(digits int32) loader[int64] {
	most := power(digits) - 1
	return func(arr arrow.Array, s selection, scratch *[]int64) ([]int64, error) {
		src := slice[decimal128.Num](arr)
		dst := room(scratch, s.len())
		for i := range dst {
			v := src[s.at(i)]
			lo := int64(v.LowBits())
			if lo>>63 != v.HighBits() || uint64(lo+most) > uint64(2*most) {
				return nil, tooLong(s.at(i), v.BigInt(), digits)
			}
			dst[i] = lo
		}
		return dst, nil
	}
}

func narrow256(digits int32) loader[int64] {
	return func(arr arrow.Array, s selection, scratch *[]int64) ([]int64, error) {
		src := slice[decimal256.Num](arr)
		dst := room(scratch, s.len())
		for i := range dst {
			v := src[s.at(i)]
			if !fits256(v, digits) {
				return nil, tooLong(s.at(i), v.BigInt(), digits)
			}
			dst[i] = int64(v.LowBits())
		}
		return dst, nil
	}
}

// narrowed takes what load does, of up to 9 digits, as 32 bits.
func narrowed(load loader[int64]) loader[int32] {
	var scratch64 []int64
	return func(arr arrow.Array, s selection, scratch *[]int32) ([]int32, error) {
		wide, err := load(arr, s, &scratch64)
		if err != nil {
			return nil, err
		}
		dst := room(scratch, len(wide))
		for i, v := range wide {
			dst[i] = int32(v)
		}
		return dst, nil
	}
}

func power(digits int32) int64 { return int64(math.Round(math.Pow10(int(digits)))) }

// fits128 and fits256 also refuse the one number whose absolute value is none.
func fits128(v decimal128.Num, digits int32) bool {
	return v.Abs().Sign() >= 0 && v.FitsInPrecision(digits)
}

func fits256(v decimal256.Num, digits int32) bool {
	return v.Abs().Sign() >= 0 && v.FitsInPrecision(digits)
}

func tooLong(at int, v fmt.Stringer, digits int32) error {
	return misfitf(at, "a decimal with the digits %s has more than the %d of its type", v, digits)
}
