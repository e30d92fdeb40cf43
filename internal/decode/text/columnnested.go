package text

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Nested is what a struct or list column has besides its children: the nulls, and where the elements of each
// list end.
type Nested struct {
	base
	isList  bool
	offbuf  *memory.Buffer
	offsets []int32 // all of offbuf, for lists
}

// NewNested returns the column of a struct or list type.
func NewNested(mem memory.Allocator, dt arrow.DataType) (*Nested, error) {
	switch dt.(type) {
	case *arrow.StructType:
		return &Nested{base: base{mem: mem, dt: dt}}, nil
	case *arrow.ListType:
		return &Nested{base: base{mem: mem, dt: dt}, isList: true}, nil
	}
	return nil, fmt.Errorf("values of type %s cannot be read from text", dt)
}

// Append appends a value; end is the length of the list's child behind it.
func (c *Nested) Append(end int) Fault {
	if end > math.MaxInt32 {
		return OutOfRange
	}
	c.n++
	if !c.isList {
		return None
	}
	c.reserve(1)
	c.offsets[c.n] = int32(end)
	return None
}

// AppendNull appends a null; end is the length of the list's child, which does not change.
func (c *Nested) AppendNull(end int) {
	c.null(c.n)
	c.n++
	if c.isList {
		c.reserve(1)
		c.offsets[c.n] = int32(end)
	}
}

// reserve makes room for the offset of value n and those of more behind it.
func (c *Nested) reserve(more int) {
	need := c.n + more
	if need < len(c.offsets) {
		return
	}
	if c.offbuf == nil {
		c.offbuf = memory.NewResizableBuffer(c.mem)
	}
	c.offbuf.ResizeNoShrink(arrow.Int32Traits.BytesRequired(max(need+1, 2*len(c.offsets), 64)))
	c.offsets = arrow.Int32Traits.CastFromBytes(c.offbuf.Bytes())
	c.offsets[0] = 0
}

// Truncate takes all values but the first n away and returns what is left of the child.
func (c *Nested) Truncate(n int) (child int) {
	c.cut(n)
	if !c.isList {
		return n
	}
	if n == 0 || len(c.offsets) == 0 {
		return 0
	}
	return int(c.offsets[n])
}

// Finish returns the array over the children, which are borrowed.
func (c *Nested) Finish(children ...arrow.Array) arrow.Array {
	datas := make([]arrow.ArrayData, len(children))
	for i, a := range children {
		datas[i] = a.Data()
	}
	n, nulls := c.n, c.nulls
	valid := c.finishBitmap()
	buffers := []*memory.Buffer{valid}
	if c.isList {
		c.n = n
		c.reserve(0)
		c.n = 0
		c.offbuf.ResizeNoShrink(arrow.Int32Traits.BytesRequired(n + 1))
		buffers = append(buffers, c.offbuf)
		c.offbuf, c.offsets = nil, nil
	}
	data := array.NewData(c.dt, n, buffers, datas, nulls, 0)
	defer data.Release()
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	return array.MakeFromData(data)
}

// Release frees what was not finished.
func (c *Nested) Release() {
	if c.offbuf != nil {
		c.offbuf.Release()
	}
	c.offbuf, c.offsets = nil, nil
	c.drop()
}
