package pgvalue

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/float16"
)

// values views the values of an array of fixed width.
func values[T arrow.FixedWidthType](a arrow.Array) []T {
	d := a.Data()
	if d.Len() == 0 {
		return nil
	}
	return arrow.GetData[T](d.Buffers()[1].Bytes())[d.Offset() : d.Offset()+d.Len()]
}

// numbers is the codec of booleans, integers and floats.
func numbers(from source, t Type) *Codec {
	switch from.ID() {
	case arrow.BOOL:
		if t.kind == kindBool {
			return &Codec{binary: binaryBool, text: textBool}
		}
	case arrow.INT8:
		return signed[int8](t, 7, 3)
	case arrow.INT16:
		return signed[int16](t, 15, 5)
	case arrow.INT32:
		return signed[int32](t, 31, 10)
	case arrow.INT64:
		return signed[int64](t, 63, 19)
	case arrow.UINT8:
		return unsigned[uint8](t, 8, 3)
	case arrow.UINT16:
		return unsigned[uint16](t, 16, 5)
	case arrow.UINT32:
		return unsigned[uint32](t, 32, 10)
	case arrow.UINT64:
		return unsigned[uint64](t, 64, 20)
	case arrow.FLOAT16:
		return floats(t, func(v float16.Num) float64 { return float64(v.Float32()) }, 32)
	case arrow.FLOAT32:
		return floats(t, func(v float32) float64 { return float64(v) }, 32)
	case arrow.FLOAT64:
		return floats(t, func(v float64) float64 { return v }, 64)
	}
	return nil
}

func binaryBool(a arrow.Array) Append {
	b := a.(*array.Boolean)
	return func(dst []byte, row int) []byte {
		if b.Value(row) {
			return append(dst, 0, 0, 0, 1, 1)
		}
		return append(dst, 0, 0, 0, 1, 0)
	}
}

func textBool(a arrow.Array) Append {
	b := a.(*array.Boolean)
	return func(dst []byte, row int) []byte { return strconv.AppendBool(dst, b.Value(row)) }
}

type integer interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// signed is the codec of integers of bits bits beside the sign, with digits digits.
func signed[T int8 | int16 | int32 | int64](t Type, bits, digits int) *Codec {
	c := integers[T](t, bits, digits)
	if c != nil && t.kind == kindNumeric {
		c.binary = func(a arrow.Array) Append {
			v := values[T](a)
			return func(dst []byte, row int) []byte {
				n := int64(v[row])
				if n < 0 {
					return appendNumeric(dst, -uint64(n), true, 0)
				}
				return appendNumeric(dst, uint64(n), false, 0)
			}
		}
	}
	if c != nil {
		c.text = func(a arrow.Array) Append {
			v := values[T](a)
			return func(dst []byte, row int) []byte { return strconv.AppendInt(dst, int64(v[row]), 10) }
		}
	}
	return c
}

func unsigned[T uint8 | uint16 | uint32 | uint64](t Type, bits, digits int) *Codec {
	c := integers[T](t, bits, digits)
	if c != nil && t.kind == kindNumeric {
		c.binary = func(a arrow.Array) Append {
			v := values[T](a)
			return func(dst []byte, row int) []byte { return appendNumeric(dst, uint64(v[row]), false, 0) }
		}
	}
	if c != nil {
		c.text = func(a arrow.Array) Append {
			v := values[T](a)
			return func(dst []byte, row int) []byte { return strconv.AppendUint(dst, uint64(v[row]), 10) }
		}
	}
	return c
}

// integers is the codec without its text; that of numeric has no binary form yet. nil = the column does not hold them all.
func integers[T integer](t Type, bits, digits int) *Codec {
	switch {
	case t.kind == kindInt2 && bits <= 15:
		return &Codec{binary: func(a arrow.Array) Append {
			v := values[T](a)
			return func(dst []byte, row int) []byte {
				n := uint16(v[row])
				return append(dst, 0, 0, 0, 2, byte(n>>8), byte(n))
			}
		}}
	case t.kind == kindInt4 && bits <= 31:
		return &Codec{binary: func(a arrow.Array) Append {
			v := values[T](a)
			return func(dst []byte, row int) []byte { return append32(dst, uint32(v[row])) }
		}}
	case t.kind == kindInt8 && bits <= 63:
		return &Codec{binary: func(a arrow.Array) Append {
			v := values[T](a)
			return func(dst []byte, row int) []byte { return append64(dst, uint64(v[row])) }
		}}
	case t.kind == kindFloat4 && bits <= 24:
		return &Codec{binary: func(a arrow.Array) Append {
			v := values[T](a)
			return func(dst []byte, row int) []byte { return append32(dst, math.Float32bits(float32(v[row]))) }
		}}
	case t.kind == kindFloat8 && bits <= 53:
		return &Codec{binary: func(a arrow.Array) Append {
			v := values[T](a)
			return func(dst []byte, row int) []byte { return append64(dst, math.Float64bits(float64(v[row]))) }
		}}
	case t.kind == kindNumeric && t.holdsDigits(digits, 0):
		return &Codec{}
	}
	return nil
}

// append32 and append64 append four or eight bytes with their length before them.
func append32(dst []byte, v uint32) []byte {
	return binary.BigEndian.AppendUint64(dst, 4<<32|uint64(v))
}

func append64(dst []byte, v uint64) []byte {
	return append(dst, 0, 0, 0, 8,
		byte(v>>56), byte(v>>48), byte(v>>40), byte(v>>32), byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

// floats is the codec of floats that have size bits at most.
func floats[T float32 | float64 | float16.Num](t Type, wide func(T) float64, size int) *Codec {
	c := &Codec{text: func(a arrow.Array) Append {
		v := values[T](a)
		return func(dst []byte, row int) []byte { return appendFloat(dst, wide(v[row]), size) }
	}}
	switch {
	case t.kind == kindFloat4 && size == 32:
		c.binary = func(a arrow.Array) Append {
			v := values[T](a)
			return func(dst []byte, row int) []byte { return append32(dst, math.Float32bits(float32(wide(v[row])))) }
		}
	case t.kind == kindFloat8 && size == 64:
		c.binary = func(a arrow.Array) Append {
			v := values[uint64](a) // the bits, which go as they are
			return func(dst []byte, row int) []byte { return append64(dst, v[row]) }
		}
	case t.kind == kindFloat8:
		c.binary = func(a arrow.Array) Append {
			v := values[T](a)
			return func(dst []byte, row int) []byte { return append64(dst, math.Float64bits(wide(v[row]))) }
		}
	default:
		return nil
	}
	return c
}

// appendFloat writes the shortest text that reads back as v.
func appendFloat(dst []byte, v float64, size int) []byte {
	switch {
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, size)
}
