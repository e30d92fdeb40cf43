package batching

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// dictionaries gathers the indices of a dictionary column. While all rows have one dictionary, that
// dictionary is kept; from the second on, they are unified and the indices translated.
type dictionaries struct {
	rows
	mem     memory.Allocator
	t       *arrow.DictionaryType
	width   int
	limit   int64 // the most values that the index type can tell apart
	indices growing
	seen    []dictionary
	last    int   // of seen: the one used last
	total   int64 // values of all seen
	unify   array.DictionaryUnifier
}

// dictionary is one that came in, and where its values are in the unified one; nil = where they were.
type dictionary struct {
	values arrow.Array
	to     *memory.Buffer // int32
}

func newDictionaries(mem memory.Allocator, r rows, t *arrow.DictionaryType) *dictionaries {
	a := &dictionaries{rows: r, mem: mem, t: t, width: t.Bytes(), indices: growing{mem: mem}}
	bits := 8 * a.width
	if arrow.IsSignedInteger(t.IndexType.ID()) {
		bits--
	}
	// Translations are of 32 bits.
	a.limit = int64(1)<<min(bits, 31) - 1
	return a
}

func (a *dictionaries) plan(_ arrow.ArrayData, _, n int) { a.indices.plan(n * a.width) }

func (a *dictionaries) fits(d arrow.ArrayData, _, _ int) bool {
	if len(a.seen) == 0 || a.find(d.Dictionary()) {
		return true
	}
	// The sum bounds the unified dictionary; an exact answer would cost the unification.
	return a.total+int64(d.Dictionary().Len()) <= a.limit && unifiable(a.t.ValueType)
}

func unifiable(dt arrow.DataType) bool {
	return !arrow.IsNested(dt.ID()) && dt.ID() != arrow.DICTIONARY && dt.ID() != arrow.EXTENSION &&
		dt.ID() != arrow.STRING_VIEW && dt.ID() != arrow.BINARY_VIEW && dt.ID() != arrow.NULL
}

// find sets last to the seen dictionary that equals d, and reports whether there is one.
func (a *dictionaries) find(d arrow.ArrayData) bool {
	if len(a.seen) > 0 && sameData(a.seen[a.last].values.Data(), d) {
		return true
	}
	for i, s := range a.seen {
		if sameData(s.values.Data(), d) {
			a.last = i
			return true
		}
	}
	values := array.MakeFromData(d)
	defer values.Release()
	for i, s := range a.seen {
		if array.Equal(s.values, values) {
			a.last = i
			return true
		}
	}
	return false
}

// sameData reports whether x and y view the same buffers, as dictionaries do that a reader hands out again.
func sameData(x, y arrow.ArrayData) bool {
	if x == y {
		return true
	}
	xb, yb := x.Buffers(), y.Buffers()
	if x.Len() != y.Len() || x.Offset() != y.Offset() || len(xb) != len(yb) || len(x.Children()) > 0 || x.Dictionary() != y.Dictionary() {
		return false
	}
	for i := range xb {
		if xb[i] != yb[i] {
			return false
		}
	}
	return true
}

func (a *dictionaries) append(d arrow.ArrayData, off, n int) error {
	if n == 0 {
		return nil
	}
	if !a.find(d.Dictionary()) {
		if err := a.add(d.Dictionary()); err != nil {
			return err
		}
	}
	dst := a.indices.extend(n * a.width)
	copy(dst, d.Buffers()[1].Bytes()[off*a.width:])
	if to := a.seen[a.last].to; to != nil {
		translate(dst, a.width, arrow.GetData[int32](to.Bytes()))
	}
	a.rows.append(d, off, n)
	return nil
}

// add takes a dictionary in that was not seen yet. The second begins the unification.
func (a *dictionaries) add(d arrow.ArrayData) error {
	if len(a.seen) == 1 && a.unify == nil {
		unify, err := array.NewDictionaryUnifier(a.mem, a.t.ValueType)
		if err != nil {
			return fmt.Errorf("batching: unify dictionaries of %s: %w", a.t.ValueType, err)
		}
		a.unify = unify
		first := &a.seen[0]
		if first.to, err = unify.UnifyAndTranspose(first.values); err != nil {
			return fmt.Errorf("batching: unify dictionaries of %s: %w", a.t.ValueType, err)
		}
		if a.indices.buf != nil {
			translate(a.indices.buf.Bytes(), a.width, arrow.GetData[int32](first.to.Bytes()))
		}
	}
	next := dictionary{values: array.MakeFromData(d)}
	if a.unify != nil {
		to, err := a.unify.UnifyAndTranspose(next.values)
		if err != nil {
			next.values.Release()
			return fmt.Errorf("batching: unify dictionaries of %s: %w", a.t.ValueType, err)
		}
		next.to = to
	}
	a.last = len(a.seen)
	a.seen = append(a.seen, next)
	a.total += int64(d.Len())
	return nil
}

// translate replaces indices of the given width. Those of nulls may be anything and become 0.
func translate(indices []byte, width int, to []int32) {
	switch width {
	case 1:
		translateAs(arrow.GetData[uint8](indices), to)
	case 2:
		translateAs(arrow.GetData[uint16](indices), to)
	case 4:
		translateAs(arrow.GetData[uint32](indices), to)
	default:
		translateAs(arrow.GetData[uint64](indices), to)
	}
}

func translateAs[I uint8 | uint16 | uint32 | uint64](indices []I, to []int32) {
	for i, x := range indices {
		indices[i] = 0
		if uint64(x) < uint64(len(to)) {
			indices[i] = I(to[x])
		}
	}
}

func (a *dictionaries) finish() (*array.Data, error) {
	defer a.release()
	values, err := a.result()
	if err != nil {
		return nil, err
	}
	defer values.Release()
	a.indices.extend(0)
	buffers := []*memory.Buffer{a.valid.take(), a.indices.take()}
	data := array.NewDataWithDictionary(a.dt, a.length, buffers, a.nulls, 0, values.Data().(*array.Data))
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	return data, nil
}

// result returns the one dictionary that all rows have.
func (a *dictionaries) result() (arrow.Array, error) {
	switch {
	case len(a.seen) == 0:
		return emptyArray(a.mem, a.t.ValueType), nil
	case a.unify == nil:
		a.seen[0].values.Retain()
		return a.seen[0].values, nil
	}
	values, err := a.unify.GetResultWithIndexType(a.t.IndexType)
	if err != nil {
		return nil, fmt.Errorf("batching: unify dictionaries of %s: %w", a.t.ValueType, err)
	}
	return values, nil
}

func (a *dictionaries) release() {
	a.rows.release()
	a.indices.release()
	for _, s := range a.seen {
		s.values.Release()
		if s.to != nil {
			s.to.Release()
		}
	}
	if a.unify != nil {
		a.unify.Release()
	}
	a.seen, a.last, a.total, a.unify = nil, 0, 0, nil
}
