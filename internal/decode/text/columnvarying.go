package text

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/bits"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// varying is a column of texts or binary values, with offsets of 32 or 64 bits.
type varying[O int32 | int64] struct {
	base
	isText   bool
	encoding Binary
	offbuf   *memory.Buffer
	offsets  []O // all of offbuf; offsets[n] is where the next value begins
	buf      *memory.Buffer
	used     int // of buf
	scratch  []byte
}

func newVarying[O int32 | int64](mem memory.Allocator, dt arrow.DataType, isText bool, encoding Binary) *varying[O] {
	return &varying[O]{base: base{mem: mem, dt: dt}, isText: isText, encoding: encoding}
}

// Reserve makes room for n more values that are about as long as those before.
func (c *varying[O]) Reserve(n int) {
	if c.n > 0 && n > 1 {
		c.reserveBytes(int(float64(c.used) / float64(c.n) * float64(n) * 1.02))
	}
	c.reserveOffsets(n)
}

func (c *varying[O]) reserveOffsets(n int) {
	need := c.n + n + 1
	if need <= len(c.offsets) {
		return
	}
	if c.offbuf == nil {
		c.offbuf = memory.NewResizableBuffer(c.mem)
	}
	size := int(unsafe.Sizeof(O(0)))
	c.offbuf.ResizeNoShrink(max(need, 2*len(c.offsets), 64) * size)
	c.offsets = unsafe.Slice((*O)(unsafe.Pointer(unsafe.SliceData(c.offbuf.Bytes()))), c.offbuf.Len()/size)
	c.offsets[0] = 0
}

// reserveBytes makes room for n more bytes of values.
func (c *varying[O]) reserveBytes(n int) {
	if c.buf == nil {
		c.buf = memory.NewResizableBuffer(c.mem)
	}
	if need := c.used + n; need > c.buf.Len() {
		c.buf.ResizeNoShrink(max(need, 2*c.buf.Len(), 256))
	}
}

// room reports whether n more bytes have offsets.
func (c *varying[O]) room(n int) bool {
	return unsafe.Sizeof(O(0)) == 8 || c.used+n <= math.MaxInt32
}

// Append appends b.
func (c *varying[O]) Append(b []byte, checkUTF8 bool) Fault {
	c.reserveOffsets(1)
	f := None
	if c.encoding != Raw {
		b, f = c.unpack(b)
	} else if checkUTF8 && c.isText && !ValidUTF8(b) {
		f = NotUTF8
	}
	if f == None && !c.room(len(b)) {
		f = OutOfRange
	}
	if f != None {
		c.AppendNull()
		return f
	}
	c.reserveBytes(len(b))
	c.used += copy(c.buf.Bytes()[c.used:], b)
	c.n++
	c.offsets[c.n] = O(c.used)
	return None
}

// AppendJSON appends the string that data begins with, copying it on the way.
func (c *varying[O]) AppendJSON(data []byte) int {
	const most = 64 // longer ones are not copied by words
	if len(data) < most+9 || data[0] != '"' || c.encoding != Raw || !c.room(most) {
		return 0
	}
	c.reserveOffsets(1)
	c.reserveBytes(most)
	out, in := c.buf.Bytes()[c.used:], data[1:]
	for i := 0; i < most; i += 16 {
		w, x := binary.LittleEndian.Uint64(in[i:]), binary.LittleEndian.Uint64(in[i+8:])
		binary.LittleEndian.PutUint64(out[i:], w)
		binary.LittleEndian.PutUint64(out[i+8:], x)
		first, second := JSONStops(w), JSONStops(x)
		if first|second != 0 {
			n := bits.TrailingZeros64(first) >> 3
			if first == 0 {
				n += bits.TrailingZeros64(second) >> 3
			}
			if i += n; in[i] != '"' {
				return 0
			}
			c.used += i
			c.n++
			c.offsets[c.n] = O(c.used)
			return i + 2
		}
	}
	return 0
}

// unpack decodes a binary value into scratch.
func (c *varying[O]) unpack(b []byte) ([]byte, Fault) {
	if c.encoding == Hex {
		if len(b) >= 2 && (string(b[:2]) == "0x" || string(b[:2]) == `\x`) {
			b = b[2:]
		}
		v, err := hex.AppendDecode(c.scratch[:0], b)
		if err != nil {
			return nil, Invalid
		}
		c.scratch = v
		return v, None
	}
	for len(b) > 0 && b[len(b)-1] == '=' {
		b = b[:len(b)-1]
	}
	v, err := base64.RawStdEncoding.AppendDecode(c.scratch[:0], b)
	if err != nil {
		if v, err = base64.RawURLEncoding.AppendDecode(c.scratch[:0], b); err != nil {
			return nil, Invalid
		}
	}
	c.scratch = v
	return v, None
}

// AppendNull appends a null.
func (c *varying[O]) AppendNull() {
	c.reserveOffsets(1)
	c.null(c.n)
	c.n++
	c.offsets[c.n] = O(c.used)
}

// AppendTable appends a column of t. Where the encoding is that of the text, the cells are copied in one loop.
func (c *varying[O]) AppendTable(t *Table, column int) {
	c.reserveOffsets(t.Rows)
	total := 0
	for i, k := 0, column; i < t.Rows; i, k = i+1, k+t.Width {
		cell := t.Cells[k]
		if (cell.Start|cell.End)&marks != 0 {
			cell.Start, cell.End = cell.Start&^marks, cell.End&^marks
		}
		total += int(cell.End - cell.Start)
	}
	if c.encoding != Raw || t.CheckUTF8 && c.isText || !c.room(total) {
		c.appendSlowly(t, column)
		return
	}
	c.reserveBytes(total)
	out, used := c.buf.Bytes(), c.used
	offsets := c.offsets[c.n+1 : c.n+1+t.Rows]
	data, nulls := t.Data, t.Nulls
	for i, k := 0, column; i < len(offsets); i, k = i+1, k+t.Width {
		cell := t.Cells[k]
		if (cell.Start|cell.End)&marks != 0 {
			b, quoted, ok := t.Value(cell)
			if !ok || !quoted && nulls.Has(b) {
				c.null(c.n + i)
			} else {
				used += copy(out[used:], b)
			}
			offsets[i] = O(used)
			continue
		}
		b := data[cell.Start:cell.End]
		if nulls.lengths>>len(b)&1 != 0 && nulls.find(b) {
			c.null(c.n + i)
		} else {
			used += copy(out[used:], b)
		}
		offsets[i] = O(used)
	}
	c.used = used
	c.n += t.Rows
}

func (c *varying[O]) appendSlowly(t *Table, column int) {
	for i, k := 0, column; i < t.Rows; i, k = i+1, k+t.Width {
		b, quoted, ok := t.Value(t.Cells[k])
		if !ok || !quoted && t.Nulls.Has(b) {
			c.AppendNull()
			continue
		}
		if f := c.Append(b, t.CheckUTF8); f != None {
			t.fault(i, f)
		}
	}
}

// Truncate takes all values but the first n away.
func (c *varying[O]) Truncate(n int) {
	c.cut(n)
	c.used = 0
	if len(c.offsets) > 0 {
		c.used = int(c.offsets[n])
	}
}

// Finish returns the array.
func (c *varying[O]) Finish() arrow.Array {
	c.reserveOffsets(0)
	c.reserveBytes(0)
	c.offbuf.ResizeNoShrink((c.n + 1) * int(unsafe.Sizeof(O(0))))
	c.buf.ResizeNoShrink(c.used)
	offbuf, buf := c.offbuf, c.buf
	c.offbuf, c.offsets, c.buf, c.used = nil, nil, nil, 0
	return c.finish(offbuf, buf)
}

// Release frees what was not finished.
func (c *varying[O]) Release() {
	if c.offbuf != nil {
		c.offbuf.Release()
	}
	if c.buf != nil {
		c.buf.Release()
	}
	c.offbuf, c.offsets, c.buf, c.used = nil, nil, nil, 0
	c.drop()
}
