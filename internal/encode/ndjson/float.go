package ndjson

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// floatBytes is what appending a float needs at most.
const floatBytes = 32 + 8

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

// AppendFloat appends v as a column of floats has it: as a number that reads back the same, as "NaN", "inf" or "-inf".
func AppendFloat(dst []byte, v float64) []byte { return appendFloat(room(dst, floatBytes), v) }

// appendFloat appends v to dst, which has room for it.
func appendFloat(dst []byte, v float64) []byte {
	// Most numbers of a table have few digits behind the point. n and a million are exact, and so dividing them rounds once,
	// as reading the text does: where it gives v, the text does; and its digits, 15 at most, are no more than it takes.
	const million, limit = 1e6, 1e15
	abs := math.Abs(v)
	if scaled := abs * million; scaled < limit {
		if n := int64(scaled + 0.5); float64(n)/million == abs {
			if math.Signbit(v) {
				if n == 0 {
					return append(dst, "-0.0"...)
				}
				dst = append(dst, '-')
			}
			return appendMillionths(dst, uint64(n))
		}
	}
	switch {
	case v != v:
		return append(dst, `"NaN"`...)
	case v > math.MaxFloat64:
		return append(dst, `"inf"`...)
	case v < -math.MaxFloat64:
		return append(dst, `"-inf"`...)
	}
	form := byte('f')
	if abs < 1e-6 || abs >= 1e21 {
		form = 'e'
	}
	return strconv.AppendFloat(dst, v, form, -1, 64)
}

// appendMillionths appends n / 10^6, without zeros at its end.
func appendMillionths(dst []byte, n uint64) []byte {
	whole := n / 1e6
	dst = appendDigits(dst, whole)
	part := n - whole*1e6
	if part == 0 {
		return dst
	}
	d := eight(part * 100)
	return put(append(dst, '.'), d, 8-bits.LeadingZeros64(d)/8)
}
