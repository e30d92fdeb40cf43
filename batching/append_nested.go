package batching

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// structs gathers the children of a struct side by side.
type structs struct {
	rows
	children []appender
}

func (a *structs) plan(d arrow.ArrayData, off, n int) {
	for i, c := range d.Children() {
		a.children[i].plan(c, c.Offset()+off, n)
	}
}

func (a *structs) fits(d arrow.ArrayData, off, n int) bool { return childrenFit(a.children, d, off, n) }

func (a *structs) append(d arrow.ArrayData, off, n int) error {
	if n > 0 {
		a.rows.append(d, off, n)
	}
	return appendChildren(a.children, d, off, n)
}

func (a *structs) finish() (*array.Data, error) {
	children, err := finishAll(a.children)
	if err != nil {
		a.rows.release()
		return nil, err
	}
	return a.rows.finish([]*memory.Buffer{a.valid.take()}, children), nil
}

func (a *structs) release() {
	a.rows.release()
	releaseAll(a.children)
}

func childrenFit(children []appender, d arrow.ArrayData, off, n int) bool {
	for i, c := range d.Children() {
		if !children[i].fits(c, c.Offset()+off, n) {
			return false
		}
	}
	return true
}

func appendChildren(children []appender, d arrow.ArrayData, off, n int) error {
	for i, c := range d.Children() {
		if err := children[i].append(c, c.Offset()+off, n); err != nil {
			return err
		}
	}
	return nil
}

// finishAll finishes every appender, also after an error.
func finishAll(appenders []appender) ([]arrow.ArrayData, error) {
	var first error
	done := make([]arrow.ArrayData, 0, len(appenders))
	for _, a := range appenders {
		d, err := a.finish()
		if err != nil {
			first = err
			continue
		}
		done = append(done, d)
	}
	if first != nil {
		for _, d := range done {
			d.Release()
		}
		return nil, first
	}
	return done, nil
}

func releaseAll(appenders []appender) {
	for _, a := range appenders {
		a.release()
	}
}

// lists gathers lists and maps: offsets, and the range of the child that they view.
type lists[O int32 | int64] struct {
	rows
	offsets growing
	child   appender
	end     O
	limit   O
}

// view returns the rows of the child that a range views.
func (a *lists[O]) view(d arrow.ArrayData, off, n int) (child arrow.ArrayData, at, count int) {
	child = d.Children()[0]
	if n == 0 {
		return child, child.Offset(), 0
	}
	offsets := arrow.GetData[O](d.Buffers()[1].Bytes())
	return child, child.Offset() + int(offsets[off]), int(offsets[off+n] - offsets[off])
}

func (a *lists[O]) plan(d arrow.ArrayData, off, n int) {
	planOffsets[O](&a.offsets, n)
	child, at, count := a.view(d, off, n)
	a.child.plan(child, at, count)
}

func (a *lists[O]) fits(d arrow.ArrayData, off, n int) bool {
	child, at, count := a.view(d, off, n)
	return O(count) <= a.limit-a.end && a.child.fits(child, at, count)
}

func (a *lists[O]) append(d arrow.ArrayData, off, n int) error {
	if n == 0 {
		return nil
	}
	_, _, a.end = appendOffsets(&a.offsets, d, off, n, a.end)
	a.rows.append(d, off, n)
	child, at, count := a.view(d, off, n)
	return a.child.append(child, at, count)
}

func (a *lists[O]) finish() (*array.Data, error) {
	a.end = 0
	child, err := a.child.finish()
	if err != nil {
		a.rows.release()
		a.offsets.release()
		return nil, err
	}
	return a.rows.finish([]*memory.Buffer{a.valid.take(), takeOffsets[O](&a.offsets)}, []arrow.ArrayData{child}), nil
}

func (a *lists[O]) release() {
	a.end = 0
	a.rows.release()
	a.offsets.release()
	a.child.release()
}

// fixedLists gathers lists of k values each.
type fixedLists struct {
	rows
	k     int
	child appender
}

func (a *fixedLists) plan(d arrow.ArrayData, off, n int) {
	c := d.Children()[0]
	a.child.plan(c, c.Offset()+off*a.k, n*a.k)
}

func (a *fixedLists) fits(d arrow.ArrayData, off, n int) bool {
	c := d.Children()[0]
	return a.child.fits(c, c.Offset()+off*a.k, n*a.k)
}

func (a *fixedLists) append(d arrow.ArrayData, off, n int) error {
	if n > 0 {
		a.rows.append(d, off, n)
	}
	c := d.Children()[0]
	return a.child.append(c, c.Offset()+off*a.k, n*a.k)
}

func (a *fixedLists) finish() (*array.Data, error) {
	child, err := a.child.finish()
	if err != nil {
		a.rows.release()
		return nil, err
	}
	return a.rows.finish([]*memory.Buffer{a.valid.take()}, []arrow.ArrayData{child}), nil
}

func (a *fixedLists) release() {
	a.rows.release()
	a.child.release()
}

// unions gathers both kinds of unions: the children of a sparse one side by side, those of a dense one value
// by value.
type unions struct {
	dt       arrow.DataType
	dense    bool
	childOf  []int // by type code; -1 = no child
	children []appender
	counts   []int32 // rows of each child, where dense
	codes    growing
	offsets  growing
	length   int
}

func newUnions(mem memory.Allocator, name string, dt arrow.DataType, t arrow.UnionType) *unions {
	a := &unions{
		dt: dt, dense: t.Mode() == arrow.DenseMode, childOf: t.ChildIDs(),
		codes: growing{mem: mem}, offsets: growing{mem: mem}, counts: make([]int32, t.NumFields()),
	}
	for _, f := range t.Fields() {
		a.children = append(a.children, newAppender(mem, name, f.Type))
	}
	return a
}

func (a *unions) plan(arrow.ArrayData, int, int) {}

func (a *unions) fits(d arrow.ArrayData, off, n int) bool {
	if !a.dense {
		return childrenFit(a.children, d, off, n)
	}
	// More than is needed, but told without reading the rows.
	for i, c := range d.Children() {
		if !a.children[i].fits(c, c.Offset(), c.Len()) {
			return false
		}
	}
	return true
}

func (a *unions) append(d arrow.ArrayData, off, n int) error {
	if n == 0 {
		return nil
	}
	codes := arrow.GetData[int8](d.Buffers()[1].Bytes())[off : off+n]
	copy(arrow.GetData[int8](a.codes.extend(n)), codes)
	a.length += n
	if !a.dense {
		return appendChildren(a.children, d, off, n)
	}
	from := arrow.GetData[int32](d.Buffers()[2].Bytes())[off : off+n]
	to := arrow.GetData[int32](a.offsets.extend(n * arrow.Int32SizeBytes))
	for i, code := range codes {
		k := a.childOf[code]
		to[i] = a.counts[k]
		a.counts[k]++
		c := d.Children()[k]
		if err := a.children[k].append(c, c.Offset()+int(from[i]), 1); err != nil {
			return err
		}
	}
	return nil
}

func (a *unions) finish() (*array.Data, error) {
	children, err := finishAll(a.children)
	if err != nil {
		a.release()
		return nil, err
	}
	a.codes.extend(0)
	buffers := []*memory.Buffer{nil, a.codes.take()}
	if a.dense {
		a.offsets.extend(0)
		buffers = append(buffers, a.offsets.take())
	}
	r := rows{dt: a.dt, length: a.length}
	a.length = 0
	clear(a.counts)
	return r.finish(buffers, children), nil
}

func (a *unions) release() {
	releaseAll(a.children)
	a.codes.release()
	a.offsets.release()
	a.length = 0
	clear(a.counts)
}

// slices is the way of views: it keeps slices and concatenates them
// at the end.
type slices struct {
	mem  memory.Allocator
	name string
	dt   arrow.DataType
	held []arrow.Array
}

func (a *slices) plan(arrow.ArrayData, int, int)      {}
func (a *slices) fits(arrow.ArrayData, int, int) bool { return true }

func (a *slices) append(d arrow.ArrayData, off, n int) error {
	from := int64(off - d.Offset())
	slice := array.NewSliceData(d, from, from+int64(n))
	defer slice.Release()
	a.held = append(a.held, array.MakeFromData(slice))
	return nil
}

func (a *slices) finish() (*array.Data, error) {
	defer a.release()
	if len(a.held) == 0 {
		a.held = append(a.held, emptyArray(a.mem, a.dt))
	}
	joined, err := array.Concatenate(a.held, a.mem)
	if err != nil {
		return nil, fmt.Errorf("batching: column %q: %w", a.name, err)
	}
	defer joined.Release()
	data := joined.Data().(*array.Data)
	data.Retain()
	return data, nil
}

func (a *slices) release() {
	for _, s := range a.held {
		s.Release()
	}
	a.held = nil
}

func emptyArray(mem memory.Allocator, dt arrow.DataType) arrow.Array {
	b := array.NewBuilder(mem, dt)
	defer b.Release()
	return b.NewArray()
}
