package batching

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// appender gathers rows of one column, or of one level of a nested column, by copying ranges of buffers.
//
// Ranges are given as n rows from row off of d's buffers, which is absolute: d.Offset() is not added.
type appender interface {
	// plan announces a range, so that the buffers are allocated once in their final size.
	plan(d arrow.ArrayData, off, n int)
	// fits reports whether the range can be appended without passing what one array of the type can hold.
	fits(d arrow.ArrayData, off, n int) bool
	// append copies the range, after fits.
	append(d arrow.ArrayData, off, n int) error
	// finish returns what was gathered and leaves the appender empty, also where it fails. The result is the
	// caller's.
	finish() (*array.Data, error)
	// release drops what was gathered and leaves the appender empty.
	release()
}

// newAppender returns the appender for a type. name is the column's, for errors.
func newAppender(mem memory.Allocator, name string, dt arrow.DataType) appender {
	layout := dt
	if ext, ok := dt.(arrow.ExtensionType); ok {
		layout = ext.StorageType()
	}
	rows := rows{dt: dt, valid: growing{mem: mem}}
	switch t := layout.(type) {
	case *arrow.NullType:
		return &nulls{dt: dt}
	case *arrow.BooleanType:
		return &bools{rows: rows, bits: growing{mem: mem}}
	case *arrow.DictionaryType:
		return newDictionaries(mem, rows, t)
	case *arrow.FixedSizeListType:
		return &fixedLists{rows: rows, k: int(t.Len()), child: newAppender(mem, name, t.Elem())}
	case *arrow.StructType:
		s := &structs{rows: rows}
		for _, f := range t.Fields() {
			s.children = append(s.children, newAppender(mem, name, f.Type))
		}
		return s
	case *arrow.StringType, *arrow.BinaryType:
		return &texts[int32]{rows: rows, offsets: growing{mem: mem}, values: growing{mem: mem}, limit: math.MaxInt32}
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		return &texts[int64]{rows: rows, offsets: growing{mem: mem}, values: growing{mem: mem}, limit: math.MaxInt64}
	case *arrow.ListType:
		return &lists[int32]{rows: rows, offsets: growing{mem: mem}, child: newAppender(mem, name, t.Elem()), limit: math.MaxInt32}
	case *arrow.MapType:
		return &lists[int32]{rows: rows, offsets: growing{mem: mem}, child: newAppender(mem, name, t.Elem()), limit: math.MaxInt32}
	case *arrow.LargeListType:
		return &lists[int64]{rows: rows, offsets: growing{mem: mem}, child: newAppender(mem, name, t.Elem()), limit: math.MaxInt64}
	case *arrow.SparseUnionType, *arrow.DenseUnionType:
		return newUnions(mem, name, dt, t.(arrow.UnionType))
	case *arrow.RunEndEncodedType:
		return newRuns(mem, name, dt, t)
	case arrow.FixedWidthDataType:
		return &fixed{rows: rows, width: t.BitWidth() / 8, values: growing{mem: mem}}
	}
	return &slices{mem: mem, name: name, dt: dt}
}

// growing is a buffer that is appended to.
type growing struct {
	mem  memory.Allocator
	buf  *memory.Buffer
	want int // bytes announced by plan
}

func (g *growing) plan(n int) { g.want += n }

// extend returns the next n bytes to fill; what they hold is undefined.
func (g *growing) extend(n int) []byte {
	if g.buf == nil {
		g.buf = memory.NewResizableBuffer(g.mem)
	}
	old := g.buf.Len()
	if need := old + n; need > g.buf.Cap() {
		if need <= g.want {
			g.buf.Reserve(g.want)
		} else {
			g.buf.Reserve(max(need, 2*g.buf.Cap()))
		}
	}
	g.buf.ResizeNoShrink(old + n)
	return g.buf.Bytes()[old:]
}

// extendBits makes room for bits up to the number given, new ones 0, and returns the whole bitmap.
func (g *growing) extendBits(bits int) []byte {
	have := 0
	if g.buf != nil {
		have = g.buf.Len()
	}
	if need := int(bitBytes(bits)); need > have {
		clear(g.extend(need - have))
	}
	return g.buf.Bytes()
}

// take hands the buffer over; nil where nothing was appended.
func (g *growing) take() *memory.Buffer {
	buf := g.buf
	g.buf, g.want = nil, 0
	return buf
}

func (g *growing) release() {
	if buf := g.take(); buf != nil {
		buf.Release()
	}
}

// rows is what most types have: a length and validity bits. The bitmap begins with the first null.
type rows struct {
	dt     arrow.DataType
	length int
	nulls  int
	valid  growing
}

func (r *rows) append(d arrow.ArrayData, off, n int) {
	nulls := 0
	var bitmap []byte
	if b := d.Buffers()[0]; b != nil && b.Len() > 0 && d.NullN() != 0 {
		bitmap = b.Bytes()
		nulls = n - bitutil.CountSetBits(bitmap, off, n)
	}
	if nulls > 0 && r.nulls == 0 {
		bitutil.SetBitsTo(r.valid.extendBits(r.length+n), 0, int64(r.length), true)
	}
	if r.nulls += nulls; r.nulls > 0 {
		bits := r.valid.extendBits(r.length + n)
		if nulls == 0 {
			bitutil.SetBitsTo(bits, int64(r.length), int64(n), true)
		} else {
			copyBits(bits, r.length, bitmap, off, n)
		}
	}
	r.length += n
}

// finish builds the data, which takes the buffers and children over.
func (r *rows) finish(buffers []*memory.Buffer, children []arrow.ArrayData) *array.Data {
	data := array.NewData(r.dt, r.length, buffers, children, r.nulls, 0)
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	for _, c := range children {
		c.Release()
	}
	r.length, r.nulls = 0, 0
	return data
}

func (r *rows) release() {
	r.valid.release()
	r.length, r.nulls = 0, 0
}

func copyBits(dst []byte, to int, src []byte, from, n int) {
	if n < 16 {
		for i := range n {
			bitutil.SetBitTo(dst, to+i, bitutil.BitIsSet(src, from+i))
		}
		return
	}
	bitutil.CopyBitmap(src, from, n, dst, to)
}

// nulls gathers a column of the null type: a number.
type nulls struct {
	dt     arrow.DataType
	length int
}

func (a *nulls) plan(arrow.ArrayData, int, int)      {}
func (a *nulls) fits(arrow.ArrayData, int, int) bool { return true }
func (a *nulls) release()                            { a.length = 0 }

func (a *nulls) append(_ arrow.ArrayData, _, n int) error {
	a.length += n
	return nil
}

func (a *nulls) finish() (*array.Data, error) {
	n := a.length
	a.length = 0
	return array.NewData(a.dt, n, []*memory.Buffer{nil}, nil, n, 0), nil
}

// bools gathers bits.
type bools struct {
	rows
	bits growing
}

func (a *bools) plan(_ arrow.ArrayData, _, n int)    { a.bits.plan(int(bitBytes(n)) + 1) }
func (a *bools) fits(arrow.ArrayData, int, int) bool { return true }

func (a *bools) append(d arrow.ArrayData, off, n int) error {
	if n > 0 {
		copyBits(a.bits.extendBits(a.length+n), a.length, d.Buffers()[1].Bytes(), off, n)
		a.rows.append(d, off, n)
	}
	return nil
}

func (a *bools) finish() (*array.Data, error) {
	a.bits.extend(0)
	return a.rows.finish([]*memory.Buffer{a.valid.take(), a.bits.take()}, nil), nil
}

func (a *bools) release() {
	a.rows.release()
	a.bits.release()
}

// fixed gathers values of a fixed number of bytes.
type fixed struct {
	rows
	width  int
	values growing
}

func (a *fixed) plan(_ arrow.ArrayData, _, n int)    { a.values.plan(n * a.width) }
func (a *fixed) fits(arrow.ArrayData, int, int) bool { return true }

func (a *fixed) append(d arrow.ArrayData, off, n int) error {
	if n > 0 {
		copy(a.values.extend(n*a.width), d.Buffers()[1].Bytes()[off*a.width:])
		a.rows.append(d, off, n)
	}
	return nil
}

func (a *fixed) finish() (*array.Data, error) {
	a.values.extend(0)
	return a.rows.finish([]*memory.Buffer{a.valid.take(), a.values.take()}, nil), nil
}

func (a *fixed) release() {
	a.rows.release()
	a.values.release()
}

// texts gathers values of any number of bytes.
type texts[O int32 | int64] struct {
	rows
	offsets growing
	values  growing
	end     O
	limit   O
}

func (a *texts[O]) plan(d arrow.ArrayData, off, n int) {
	if n > 0 {
		offsets := arrow.GetData[O](d.Buffers()[1].Bytes())
		planOffsets[O](&a.offsets, n)
		// Not beyond what one array can hold: the rest goes to the next.
		a.values.want = int(min(int64(a.values.want)+int64(offsets[off+n]-offsets[off]), int64(a.limit)))
	}
}

func (a *texts[O]) fits(d arrow.ArrayData, off, n int) bool {
	if n == 0 {
		return true
	}
	offsets := arrow.GetData[O](d.Buffers()[1].Bytes())
	return offsets[off+n]-offsets[off] <= a.limit-a.end
}

func (a *texts[O]) append(d arrow.ArrayData, off, n int) error {
	if n == 0 {
		return nil
	}
	var start, end O
	start, end, a.end = appendOffsets(&a.offsets, d, off, n, a.end)
	if end > start {
		copy(a.values.extend(int(end-start)), d.Buffers()[2].Bytes()[start:end])
	}
	a.rows.append(d, off, n)
	return nil
}

func (a *texts[O]) finish() (*array.Data, error) {
	a.end = 0
	a.values.extend(0)
	return a.rows.finish([]*memory.Buffer{a.valid.take(), takeOffsets[O](&a.offsets), a.values.take()}, nil), nil
}

func (a *texts[O]) release() {
	a.end = 0
	a.rows.release()
	a.offsets.release()
	a.values.release()
}

func planOffsets[O int32 | int64](g *growing, n int) {
	if g.want == 0 {
		n++
	}
	g.plan(n * bytesOf[O]())
}

// appendOffsets copies the ends of n rows, moved so that they go on from last. It returns the range of
// values that the rows view, and the new last end.
func appendOffsets[O int32 | int64](g *growing, d arrow.ArrayData, off, n int, last O) (start, end, next O) {
	if g.buf == nil {
		arrow.GetData[O](g.extend(bytesOf[O]()))[0] = 0
	}
	src := arrow.GetData[O](d.Buffers()[1].Bytes())[off : off+n+1]
	dst := arrow.GetData[O](g.extend(n * bytesOf[O]()))
	start, end = src[0], src[n]
	shift := last - start
	for i, o := range src[1:] {
		dst[i] = o + shift
	}
	return start, end, end + shift
}

// takeOffsets hands the buffer over with at least the first offset, which is 0.
func takeOffsets[O int32 | int64](g *growing) *memory.Buffer {
	if g.buf == nil {
		arrow.GetData[O](g.extend(bytesOf[O]()))[0] = 0
	}
	return g.take()
}
