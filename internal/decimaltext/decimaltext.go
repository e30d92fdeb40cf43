// Package decimaltext writes decimals as texts: all digits, no exponent.
package decimaltext

import (
	"math/big"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Value returns the digits of a decimal128 or decimal256, and its scale.
func Value(arr arrow.Array, row int) (v *big.Int, scale int32, ok bool) {
	switch a := arr.(type) {
	case *array.Decimal128:
		return a.Value(row).BigInt(), a.DataType().(*arrow.Decimal128Type).Scale, true
	case *array.Decimal256:
		return a.Value(row).BigInt(), a.DataType().(*arrow.Decimal256Type).Scale, true
	}
	return nil, 0, false
}

// Append appends v / 10^scale, with digits of them behind the point: as many as scale, or more. scale is not negative.
func Append(dst []byte, v *big.Int, scale, digits int32) []byte {
	if v.Sign() < 0 {
		dst = append(dst, '-')
	}
	var space [96]byte
	text := new(big.Int).Abs(v).Append(space[:0], 10)
	whole := len(text) - int(scale)
	if whole <= 0 {
		dst = append(dst, '0')
	} else {
		dst, text = append(dst, text[:whole]...), text[whole:]
	}
	if digits == 0 {
		return dst
	}
	dst = append(dst, '.')
	dst = append(dst, strings.Repeat("0", max(0, -whole))...)
	dst = append(dst, text...)
	return append(dst, strings.Repeat("0", int(digits-scale))...)
}
