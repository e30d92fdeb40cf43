package transform

import (
	"context"
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
)

// convert makes a value of one Go type another; code is "" or says what is wrong, and why in words.
type convert[S, T any] func(S) (v T, code, why string)

const (
	whyRange  = "out of range"
	whyLoss   = "it would lose precision"
	whySyntax = "it cannot be read"
)

// reader gives the value of a row that is not null.
type reader[S any] func(row int) S

// open makes a reader for a column.
type open[S any] func(col arrow.Array) reader[S]

// fixed writes a column of fixed width: T is how the new type lies in memory.
func fixed[S any, T arrow.FixedWidthType](to arrow.DataType, read open[S], conv convert[S, T]) caster {
	return func(ctx context.Context, col arrow.Array, bad report) (arrow.Array, error) {
		mem, n := compute.GetAllocator(ctx), col.Len()
		buf := memory.NewResizableBuffer(mem)
		defer buf.Release()
		buf.Resize(n * to.(arrow.FixedWidthDataType).BitWidth() / 8)
		clear(buf.Bytes())
		out := arrow.GetData[T](buf.Bytes())
		value := read(col)
		present(col, func(i int) {
			v, code, why := conv(value(i))
			if code != "" {
				bad(i, code, why)
			}
			out[i] = v
		})
		return flat(mem, to, col, buf), nil
	}
}

// boolean writes a column of booleans.
func boolean[S any](read open[S], conv convert[S, bool]) caster {
	return func(ctx context.Context, col arrow.Array, bad report) (arrow.Array, error) {
		mem := compute.GetAllocator(ctx)
		buf := memory.NewResizableBuffer(mem)
		defer buf.Release()
		buf.Resize(int(bitutil.BytesForBits(int64(col.Len()))))
		clear(buf.Bytes())
		value := read(col)
		present(col, func(i int) {
			v, code, why := conv(value(i))
			if code != "" {
				bad(i, code, why)
			}
			bitutil.SetBitTo(buf.Bytes(), i, v)
		})
		return flat(mem, arrow.FixedWidthTypes.Boolean, col, buf), nil
	}
}

// present calls f for every row that is not null.
func present(col arrow.Array, f func(row int)) {
	n := col.Len()
	if col.NullN() == 0 {
		for i := range n {
			f(i)
		}
		return
	}
	valid, offset := col.NullBitmapBytes(), col.Data().Offset()
	for i := range n {
		if bitutil.BitIsSet(valid, offset+i) {
			f(i)
		}
	}
}

// flat makes an array of values and the validity of col.
func flat(mem memory.Allocator, to arrow.DataType, col arrow.Array, values *memory.Buffer) arrow.Array {
	valid := validity(mem, col)
	defer release(valid)
	data := array.NewData(to, col.Len(), []*memory.Buffer{valid, values}, nil, col.NullN(), 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// relabel gives the same buffers another type.
func relabel(to arrow.DataType) caster {
	return func(_ context.Context, col arrow.Array, _ report) (arrow.Array, error) {
		d := col.Data()
		data := array.NewData(to, d.Len(), d.Buffers(), nil, d.NullN(), d.Offset())
		defer data.Release()
		return array.MakeFromData(data), nil
	}
}

// planNumber plans casts among integers, floats and booleans, and of times to integers and back: those count
// the unit of their type.
func planNumber(from, to arrow.DataType) caster {
	if width := from.(arrow.FixedWidthDataType).BitWidth(); width == to.(arrow.FixedWidthDataType).BitWidth() && signed(from) && signed(to) {
		return relabel(to)
	}
	switch familyOf(from) {
	case familyBool:
		return numbers(to, func(col arrow.Array) reader[int64] {
			b := col.(*array.Boolean)
			return func(i int) int64 {
				if b.Value(i) {
					return 1
				}
				return 0
			}
		}, fromSigned)
	case familyFloat:
		return numbers(to, openFloat, fromFloat)
	}
	if from.ID() == arrow.UINT64 {
		return numbers(to, values[uint64], fromUnsigned)
	}
	return numbers(to, openInt, fromSigned)
}

// signed says which types lie in memory as a signed integer.
func signed(dt arrow.DataType) bool {
	return arrow.IsSignedInteger(dt.ID()) || familyOf(dt) == familyTime
}

// wide is one of the Go types that hold every value of a family of numbers.
type wide interface{ int64 | uint64 | float64 }

// makers are the conversions of one wide type.
type makers[S wide] struct {
	ints   func(v S, low int64, high uint64) (int64, uint64, bool) // the value as both, and whether it is in bounds
	floats func(v S, mantissa int) (float64, bool)
}

var (
	fromSigned   = makers[int64]{signedBounds, signedFloat}
	fromUnsigned = makers[uint64]{unsignedBounds, unsignedFloat}
	fromFloat    = makers[float64]{floatBounds, nil}
)

// numbers plans the writing of a number type, a boolean, or a time counted in its unit.
func numbers[S wide](to arrow.DataType, read open[S], m makers[S]) caster {
	switch to.ID() {
	case arrow.BOOL:
		return boolean(read, func(v S) (bool, string, string) {
			if v != 0 && v != 1 {
				return false, deadletter.CodeOutOfRange, "only 0 and 1 are booleans"
			}
			return v == 1, "", ""
		})
	case arrow.FLOAT32:
		return fixed(to, read, func(v S) (float32, string, string) {
			f, ok := narrowFloat(v, m, 24)
			if !ok {
				return 0, deadletter.CodeOutOfRange, whyLoss
			}
			if math.IsInf(float64(float32(f)), 0) && !math.IsInf(f, 0) {
				return 0, deadletter.CodeOutOfRange, whyRange
			}
			return float32(f), "", ""
		})
	case arrow.FLOAT64:
		return fixed(to, read, func(v S) (float64, string, string) {
			f, ok := narrowFloat(v, m, 53)
			if !ok {
				return 0, deadletter.CodeOutOfRange, whyLoss
			}
			return f, "", ""
		})
	}
	return integers(to, read, func(v S, low int64, high uint64) (int64, uint64, string, string) {
		i, u, ok := m.ints(v, low, high)
		switch f := float64(v); {
		case ok:
			return i, u, "", ""
		case f != math.Trunc(f) && !math.IsNaN(f):
			return 0, 0, deadletter.CodeOutOfRange, whyLoss
		}
		return 0, 0, deadletter.CodeOutOfRange, whyRange
	})
}

// bounded makes a value an integer within bounds: i for types with a sign, u for those without.
type bounded[S any] func(v S, low int64, high uint64) (i int64, u uint64, code, why string)

// integers writes a column of integers, or of a time counted in its unit.
func integers[S any](to arrow.DataType, read open[S], b bounded[S]) caster {
	switch to.ID() {
	case arrow.INT8:
		return fixed(to, read, toInt[S, int8](b, math.MinInt8, math.MaxInt8))
	case arrow.INT16:
		return fixed(to, read, toInt[S, int16](b, math.MinInt16, math.MaxInt16))
	case arrow.UINT8:
		return fixed(to, read, toInt[S, uint8](b, 0, math.MaxUint8))
	case arrow.UINT16:
		return fixed(to, read, toInt[S, uint16](b, 0, math.MaxUint16))
	case arrow.UINT32:
		return fixed(to, read, toInt[S, uint32](b, 0, math.MaxUint32))
	case arrow.UINT64:
		return fixed(to, read, toInt[S, uint64](b, 0, math.MaxUint64))
	case arrow.INT32, arrow.DATE32, arrow.TIME32:
		return fixed(to, read, toInt[S, int32](b, math.MinInt32, math.MaxInt32))
	default:
		return fixed(to, read, toInt[S, int64](b, math.MinInt64, math.MaxInt64))
	}
}

func toInt[S any, T arrow.IntType | arrow.UintType](b bounded[S], low int64, high uint64) convert[S, T] {
	if low < 0 {
		return func(v S) (T, string, string) {
			i, _, code, why := b(v, low, high)
			return T(i), code, why
		}
	}
	return func(v S) (T, string, string) {
		_, u, code, why := b(v, low, high)
		return T(u), code, why
	}
}

func narrowFloat[S wide](v S, m makers[S], mantissa int) (float64, bool) {
	if m.floats == nil {
		return float64(v), true
	}
	return m.floats(v, mantissa)
}

func signedBounds(v, low int64, high uint64) (int64, uint64, bool) {
	return v, uint64(v), v >= low && (v < 0 || uint64(v) <= high)
}

func unsignedBounds(v uint64, _ int64, high uint64) (int64, uint64, bool) {
	return int64(v), v, v <= high
}

func floatBounds(v float64, low int64, high uint64) (int64, uint64, bool) {
	// float64(high)+1 is a power of two for every type, so exact; so is float64(low).
	above := math.Ldexp(1, bits.Len64(high))
	if v != math.Trunc(v) || v < float64(low) || v >= above {
		return 0, 0, false // a NaN differs from itself
	}
	if low < 0 {
		return int64(v), 0, true
	}
	return 0, uint64(v), true
}

func signedFloat(v int64, mantissa int) (float64, bool) {
	abs := uint64(v)
	if v < 0 {
		abs = -abs
	}
	_, exact := unsignedFloat(abs, mantissa)
	return float64(v), exact
}

func unsignedFloat(v uint64, mantissa int) (float64, bool) {
	return float64(v), v == 0 || bits.Len64(v)-bits.TrailingZeros64(v) <= mantissa
}

// values reads a column whose values lie in memory as T.
func values[T arrow.FixedWidthType](col arrow.Array) reader[T] {
	in := arrow.GetValues[T](col.Data(), 1)
	return func(i int) T { return in[i] }
}

func widened[T arrow.IntType | arrow.UintType](col arrow.Array) reader[int64] {
	in := arrow.GetValues[T](col.Data(), 1)
	return func(i int) int64 { return int64(in[i]) }
}

// openInt reads any integers but uint64, and times as what they count.
func openInt(col arrow.Array) reader[int64] {
	switch col.DataType().ID() {
	case arrow.INT8:
		return widened[int8](col)
	case arrow.INT16:
		return widened[int16](col)
	case arrow.UINT8:
		return widened[uint8](col)
	case arrow.UINT16:
		return widened[uint16](col)
	case arrow.UINT32:
		return widened[uint32](col)
	case arrow.INT32, arrow.DATE32, arrow.TIME32:
		return widened[int32](col)
	default:
		return values[int64](col)
	}
}

func openFloat(col arrow.Array) reader[float64] {
	if col.DataType().ID() == arrow.FLOAT64 {
		return values[float64](col)
	}
	in := arrow.GetValues[float32](col.Data(), 1)
	return func(i int) float64 { return float64(in[i]) }
}
