package text

import (
	"fmt"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Column makes an Arrow array of values given as text. One goroutine uses it; after Finish it is empty and
// may be filled again.
type Column interface {
	// Append parses the value b. Where it is none of this column, a null takes its place and the fault tells
	// why. checkUTF8 says that b has not been seen to be valid UTF-8 yet.
	Append(b []byte, checkUTF8 bool) Fault
	// AppendJSON appends the JSON value that data begins with, where it is of the kind that is written for the type,
	// a number, a literal or a string, and in a form that nearly all values have; it returns how many bytes it takes.
	// 0 says that nothing was appended: it is for the caller to find where the value ends, and to Append what it
	// says. data goes on behind the value for as long as the text does, and is valid UTF-8.
	AppendJSON(data []byte) int
	// AppendNull appends a null.
	AppendNull()
	// AppendTable appends the cells of one column of t, and leaves the faults in t.Faults.
	AppendTable(t *Table, column int)
	// Reserve makes room for n more values.
	Reserve(n int)
	// Len returns the number of values.
	Len() int
	// Truncate takes all values but the first n away.
	Truncate(n int)
	// Finish returns the array, which is the caller's.
	Finish() arrow.Array
	// Release frees what was not finished.
	Release()
}

// Binary is how texts write binary values.
type Binary int

// Encodings of binary values.
const (
	Raw    Binary = iota // the bytes of the text themselves
	Hex                  // two hexadecimal digits a byte
	Base64               // RFC 4648, standard or URL alphabet, padding optional
)

// NewColumn returns the column of a type, or an error where texts of that type cannot be read.
func NewColumn(mem memory.Allocator, dt arrow.DataType, binary Binary) (Column, error) {
	switch dt := dt.(type) {
	case *arrow.BooleanType:
		return &boolColumn{base: base{mem: mem, dt: dt}}, nil
	case *arrow.Int64Type:
		return newFixed(mem, dt, ParseInt, scanInt[int64]), nil
	case *arrow.Int32Type:
		return newFixed(mem, dt, narrow[int32], scanInt[int32]), nil
	case *arrow.Int16Type:
		return newFixed(mem, dt, narrow[int16], scanInt[int16]), nil
	case *arrow.Int8Type:
		return newFixed(mem, dt, narrow[int8], scanInt[int8]), nil
	case *arrow.Uint64Type:
		return newFixed(mem, dt, ParseUint, scanUint[uint64]), nil
	case *arrow.Uint32Type:
		return newFixed(mem, dt, narrowUnsigned[uint32], scanUint[uint32]), nil
	case *arrow.Uint16Type:
		return newFixed(mem, dt, narrowUnsigned[uint16], scanUint[uint16]), nil
	case *arrow.Uint8Type:
		return newFixed(mem, dt, narrowUnsigned[uint8], scanUint[uint8]), nil
	case *arrow.Float64Type:
		return newFixed(mem, dt, ParseFloat, scanFloat), nil
	case *arrow.Float32Type:
		return newFixed(mem, dt, ParseFloat32, nil), nil
	case *arrow.Decimal128Type:
		return newFixed(mem, dt, Decimal128(dt.Precision, dt.Scale), scanDecimal128(int(dt.Precision), int(dt.Scale))), nil
	case *arrow.Decimal256Type:
		return newFixed(mem, dt, Decimal256(dt.Precision, dt.Scale), nil), nil
	case *arrow.StringType:
		return newVarying[int32](mem, dt, true, Raw), nil
	case *arrow.LargeStringType:
		return newVarying[int64](mem, dt, true, Raw), nil
	case *arrow.BinaryType:
		return newVarying[int32](mem, dt, false, binary), nil
	case *arrow.LargeBinaryType:
		return newVarying[int64](mem, dt, false, binary), nil
	}
	return newTemporal(mem, dt)
}

func newTemporal(mem memory.Allocator, dt arrow.DataType) (Column, error) {
	switch dt := dt.(type) {
	case *arrow.Date32Type:
		return newFixed(mem, dt, ParseDate32, scanDate32), nil
	case *arrow.Date64Type:
		return newFixed(mem, dt, ParseDate64, nil), nil
	case *arrow.Time32Type:
		return newFixed(mem, dt, Time32(dt.Unit), nil), nil
	case *arrow.Time64Type:
		return newFixed(mem, dt, Time64(dt.Unit), nil), nil
	case *arrow.TimestampType:
		loc := time.UTC
		if dt.TimeZone != "" {
			l, err := dt.GetZone()
			if err != nil {
				return nil, fmt.Errorf("time zone %q: %w", dt.TimeZone, err)
			}
			loc = l
		}
		if loc.String() == "UTC" {
			loc = time.UTC
		}
		var scan scanner[arrow.Timestamp]
		if loc == time.UTC && dt.Unit != arrow.Nanosecond {
			scan = scanTimestamp(perSecond[dt.Unit])
		}
		return newFixed(mem, dt, Timestamp(dt.Unit, loc), scan), nil
	}
	return nil, fmt.Errorf("values of type %s cannot be read from text", dt)
}

// narrow reads an integer of fewer than 64 bits.
func narrow[T int8 | int16 | int32](b []byte) (T, Fault) {
	v, f := ParseInt(b)
	if f == None && int64(T(v)) != v {
		return 0, OutOfRange
	}
	return T(v), f
}

func narrowUnsigned[T uint8 | uint16 | uint32](b []byte) (T, Fault) {
	v, f := ParseUint(b)
	if f == None && uint64(T(v)) != v {
		return 0, OutOfRange
	}
	return T(v), f
}

// base is what all columns have: a length and, once there is a null, a validity bitmap.
type base struct {
	mem   memory.Allocator
	dt    arrow.DataType
	n     int
	nulls int
	valid *memory.Buffer // nil: no nulls so far. Bits behind n are set.
}

// Len returns the number of values.
func (c *base) Len() int { return c.n }

// null marks value i as null.
func (c *base) null(i int) {
	if c.valid == nil {
		c.valid = memory.NewResizableBuffer(c.mem)
	}
	if need := i>>3 + 1; need > c.valid.Len() {
		old := c.valid.Len()
		c.valid.ResizeNoShrink(max(need, 2*old, 512))
		memory.Set(c.valid.Bytes()[old:], 0xff)
	}
	bitutil.ClearBit(c.valid.Bytes(), i)
	c.nulls++
}

// cut takes all values but the first n away.
func (c *base) cut(n int) {
	if c.valid != nil {
		bits := c.valid.Bytes()
		for i := n; i < c.n && i>>3 < len(bits); i++ {
			if bitutil.BitIsNotSet(bits, i) {
				bitutil.SetBit(bits, i)
				c.nulls--
			}
		}
	}
	c.n = n
}

// finishBitmap empties the column and returns the bitmap, nil where there are no nulls. It is the caller's.
func (c *base) finishBitmap() *memory.Buffer {
	valid := c.valid
	if valid != nil && c.nulls == 0 {
		valid.Release()
		valid = nil
	}
	if valid != nil {
		need := int(bitutil.BytesForBits(int64(c.n)))
		old := valid.Len()
		valid.ResizeNoShrink(need)
		if need > old {
			memory.Set(valid.Bytes()[old:], 0xff)
		}
	}
	c.valid, c.n, c.nulls = nil, 0, 0
	return valid
}

// finish makes the array of the other buffers, whose references it takes, and empties the column.
func (c *base) finish(buffers ...*memory.Buffer) arrow.Array {
	n, nulls := c.n, c.nulls
	all := append([]*memory.Buffer{c.finishBitmap()}, buffers...)
	data := array.NewData(c.dt, n, all, nil, nulls, 0)
	defer data.Release()
	for _, b := range all {
		if b != nil {
			b.Release()
		}
	}
	return array.MakeFromData(data)
}

// drop frees the bitmap and forgets the values.
func (c *base) drop() {
	if c.valid != nil {
		c.valid.Release()
	}
	c.valid, c.n, c.nulls = nil, 0, 0
}
