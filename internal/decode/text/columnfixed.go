package text

import (
	"encoding/binary"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// fixed is a column of values of a fixed width.
type fixed[T any] struct {
	base
	parse func([]byte) (T, Fault)
	scan  scanner[T] // nil: none
	buf   *memory.Buffer
	vals  []T // all of buf
}

func newFixed[T any](mem memory.Allocator, dt arrow.DataType, parse func([]byte) (T, Fault), scan scanner[T]) *fixed[T] {
	return &fixed[T]{base: base{mem: mem, dt: dt}, parse: parse, scan: scan}
}

// Reserve makes room for n more values.
func (c *fixed[T]) Reserve(n int) {
	if c.n+n > len(c.vals) {
		c.grow(c.n + n)
	}
}

func (c *fixed[T]) grow(n int) {
	if c.buf == nil {
		c.buf = memory.NewResizableBuffer(c.mem)
	}
	size := int(unsafe.Sizeof(*new(T)))
	c.buf.ResizeNoShrink(max(n, 2*len(c.vals), 64) * size)
	c.vals = unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(c.buf.Bytes()))), c.buf.Len()/size)
}

// Append parses and appends b.
func (c *fixed[T]) Append(b []byte, _ bool) Fault {
	if c.n == len(c.vals) {
		c.grow(c.n + 1)
	}
	v, f := c.parse(b)
	c.vals[c.n] = v
	if f != None {
		c.null(c.n)
	}
	c.n++
	return f
}

// AppendJSON appends the value that data begins with.
func (c *fixed[T]) AppendJSON(data []byte) int {
	if c.scan == nil || len(data) < scanBytes {
		return 0
	}
	v, n := c.scan(data)
	if n > 0 {
		if c.n == len(c.vals) {
			c.grow(c.n + 1)
		}
		c.vals[c.n] = v
		c.n++
	}
	return n
}

// AppendNull appends a null.
func (c *fixed[T]) AppendNull() {
	c.Reserve(1)
	var zero T
	c.vals[c.n] = zero
	c.null(c.n)
	c.n++
}

// AppendTable appends a column of t.
func (c *fixed[T]) AppendTable(t *Table, column int) {
	c.Reserve(t.Rows)
	vals := c.vals[c.n : c.n+t.Rows]
	data, nulls, lengths := t.Data, t.Nulls, t.Nulls.lengths|1
	for i, k := 0, column; i < len(vals); i, k = i+1, k+t.Width {
		cell := t.Cells[k]
		var b []byte
		if (cell.Start|cell.End)&marks == 0 {
			b = data[cell.Start:cell.End]
		} else {
			b, _, _ = t.Value(cell)
		}
		// An empty cell holds no value of these types, whatever the texts for null are.
		if lengths>>len(b)&1 != 0 && (len(b) == 0 || nulls.find(b)) {
			vals[i] = *new(T)
			c.null(c.n + i)
			continue
		}
		v, f := c.parse(b)
		vals[i] = v
		if f != None {
			c.null(c.n + i)
			t.fault(i, f)
		}
	}
	c.n += t.Rows
}

// Truncate takes all values but the first n away.
func (c *fixed[T]) Truncate(n int) { c.cut(n) }

// Finish returns the array.
func (c *fixed[T]) Finish() arrow.Array {
	if c.buf == nil {
		c.grow(0)
	}
	c.buf.ResizeNoShrink(c.n * int(unsafe.Sizeof(*new(T))))
	buf := c.buf
	c.buf, c.vals = nil, nil
	return c.finish(buf)
}

// Release frees what was not finished.
func (c *fixed[T]) Release() {
	if c.buf != nil {
		c.buf.Release()
	}
	c.buf, c.vals = nil, nil
	c.drop()
}

// boolColumn is a column of bits.
type boolColumn struct {
	base
	buf    *memory.Buffer
	strict bool // see NewStrictColumn
}

func (c *boolColumn) parse(b []byte) (bool, Fault) {
	v, f := ParseBool(b)
	if c.strict && f == None && len(Trim(b)) < len("true") {
		return false, Altered
	}
	return v, f
}

// Reserve makes room for n more values.
func (c *boolColumn) Reserve(n int) {
	if c.buf == nil {
		c.buf = memory.NewResizableBuffer(c.mem)
	}
	if need := (c.n+n)>>3 + 1; need > c.buf.Len() {
		old := c.buf.Len()
		c.buf.ResizeNoShrink(max(need, 2*old, 64))
		memory.Set(c.buf.Bytes()[old:], 0)
	}
}

// Append parses and appends b.
func (c *boolColumn) Append(b []byte, _ bool) Fault {
	c.Reserve(1)
	v, f := c.parse(b)
	c.put(v, f)
	return f
}

// AppendJSON appends the value that data begins with.
func (c *boolColumn) AppendJSON(data []byte) int {
	const (
		aTrue  = 't' | 'r'<<8 | 'u'<<16 | 'e'<<24
		aFalse = 'f' | 'a'<<8 | 'l'<<16 | 's'<<24 | 'e'<<32
	)
	if len(data) < scanBytes {
		return 0
	}
	// Which it is no branch foretells.
	w := binary.LittleEndian.Uint64(data)
	n, v := 0, byte(0)
	if uint32(w) == aTrue {
		n, v = 4, 1
	}
	if w&0xffffffffff == aFalse {
		n = 5
	}
	if n > 0 {
		c.Reserve(1)
		at, bit := &c.buf.Bytes()[c.n>>3], c.n&7
		*at = *at&^(1<<bit) | v<<bit
		c.n++
	}
	return n
}

func (c *boolColumn) put(v bool, f Fault) {
	bitutil.SetBitTo(c.buf.Bytes(), c.n, v)
	if f != None {
		c.null(c.n)
	}
	c.n++
}

// AppendNull appends a null.
func (c *boolColumn) AppendNull() {
	c.Reserve(1)
	c.put(false, Null)
}

// AppendTable appends a column of t.
func (c *boolColumn) AppendTable(t *Table, column int) {
	c.Reserve(t.Rows)
	for i, k := 0, column; i < t.Rows; i, k = i+1, k+t.Width {
		b, _, _ := t.Value(t.Cells[k])
		if len(b) == 0 || t.Nulls.Has(b) {
			c.put(false, Null)
			continue
		}
		v, f := c.parse(b)
		c.put(v, f)
		if f != None {
			t.fault(i, f)
		}
	}
}

// Truncate takes all values but the first n away.
func (c *boolColumn) Truncate(n int) { c.cut(n) }

// Finish returns the array.
func (c *boolColumn) Finish() arrow.Array {
	c.Reserve(0)
	c.buf.ResizeNoShrink(int(bitutil.BytesForBits(int64(c.n))))
	buf := c.buf
	c.buf = nil
	return c.finish(buf)
}

// Release frees what was not finished.
func (c *boolColumn) Release() {
	if c.buf != nil {
		c.buf.Release()
	}
	c.buf = nil
	c.drop()
}
