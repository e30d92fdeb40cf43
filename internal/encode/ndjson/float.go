package ndjson

import (
	"fmt"
	"math"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// floatBytes is more than a float has.
const floatBytes = 32

// float is the form of floats of all widths, which Snowflake has in 64 bits.
func (o forms) float() form {
	f := form{most: floatBytes, bind: floats}
	if o.nested {
		f.fault = infinite
	}
	return f
}

func floats(arr arrow.Array) appender {
	switch a := arr.(type) {
	case *array.Float16:
		return func(dst []byte, row int) []byte { return appendFloat(dst, float64(a.Value(row).Float32())) }
	case *array.Float32:
		list := a.Float32Values()
		return func(dst []byte, row int) []byte { return appendFloat(dst, float64(list[row])) }
	}
	list := arr.(*array.Float64).Float64Values()
	return func(dst []byte, row int) []byte { return appendFloat(dst, list[row]) }
}

// infinite finds what JSON has no number for: as a part of a VARIANT a string would not become one.
func infinite(arr arrow.Array, from, to int) (int, error) {
	var at func(row int) float64
	switch a := arr.(type) {
	case *array.Float16:
		at = func(row int) float64 { return float64(a.Value(row).Float32()) }
	case *array.Float32:
		at = func(row int) float64 { return float64(a.Value(row)) }
	case *array.Float64:
		at = a.Value
	}
	for row := from; row < to; row++ {
		if v := at(row); v-v != 0 && arr.IsValid(row) {
			return row, fmt.Errorf("%v inside a nested value: JSON has no such number", v)
		}
	}
	return 0, nil
}

// appendFloat appends v to dst, which has room for it.
func appendFloat(dst []byte, v float64) []byte {
	// Most numbers of a table have few digits behind the point. n and million are exact, and so dividing them rounds once, as
	// reading the text does: where it gives v, the text does, and 15 digits are no more than it takes.
	const million, limit = 1e6, 1e15
	if scaled := v * million; scaled > -limit && scaled < limit {
		n := int64(math.Floor(scaled + 0.5))
		if float64(n)/million == v && (n != 0 || !math.Signbit(v)) {
			return appendMillionths(dst, n)
		}
	}
	switch {
	case v == 0:
		return append(dst, "-0.0"...)
	case v != v:
		return append(dst, `"NaN"`...)
	case v > math.MaxFloat64:
		return append(dst, `"inf"`...)
	case v < -math.MaxFloat64:
		return append(dst, `"-inf"`...)
	}
	form := byte('f')
	if abs := math.Abs(v); abs < 1e-6 || abs >= 1e21 {
		form = 'e'
	}
	return strconv.AppendFloat(dst, v, form, -1, 64)
}

// appendMillionths appends n / 10^6, without zeros at its end.
func appendMillionths(dst []byte, n int64) []byte {
	u := uint64(n)
	if n < 0 {
		dst, u = append(dst, '-'), -u
	}
	whole := u / 1e6
	part := u - whole*1e6
	dst = appendDigits(dst, whole)
	if part == 0 {
		return dst
	}
	dst = append(dst, '.')
	from := len(dst)
	dst = dst[:from+6]
	pad(dst[from:], part)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}
