package parquet

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

type nodeKind uint8

const (
	leafNode nodeKind = iota
	structNode
	listNode // a map is a list of structs
)

// node is a field of the schema.
type node struct {
	name     string
	kind     nodeKind
	nullable bool
	children []*node // of a list: the element alone
	column   *column // of a leaf

	def int // the definition level of its values; of an empty list
	rep int // of a list: the repetition level of its elements but the first

	marked, expanded slots
	bits             []byte
}

// slots are the levels of some rows of a leaf, as far as the nodes above it have settled them: README.md, "Nested
// Encoding". A slot that is still open has the place of its value in the array of the node, another one has -1.
type slots struct {
	rep, def []byte
	at       []int
}

func (s *slots) resize(n int) {
	s.rep, s.def, s.at = grown(s.rep[:0], n), grown(s.def[:0], n), grown(s.at[:0], n)
}

// storage is arr without its extension type.
func storage(arr arrow.Array) arrow.Array {
	for {
		ext, ok := arr.(array.ExtensionArray)
		if !ok {
			return arr
		}
		arr = ext.Storage()
	}
}

// write appends rows of a top-level field.
func (n *node) write(w *Writer, arr arrow.Array, from, to int) error {
	if n.kind == leafNode {
		return n.column.appendFlat(w, storage(arr), from, to)
	}
	for from < to {
		rows := fit(to-from, w.opts.PageBytes/4, func(k int) int { return n.bytes(arr, from, from+k) })
		top := &w.top
		top.resize(rows)
		clear(top.rep)
		clear(top.def)
		for i := range top.at {
			top.at[i] = from + i
		}
		if err := n.shred(w, arr, top, rowRange{from, from + rows}); err != nil {
			return err
		}
		from += rows
	}
	return nil
}

// shred settles what n says of the slots in, which it leaves alone, and hands them on to the leaves.
func (n *node) shred(w *Writer, arr arrow.Array, in *slots, rows rowRange) error {
	arr = storage(arr)
	p, err := n.mark(arr, in)
	if err != nil {
		return n.firstLeaf().fault(w, rows, err)
	}
	switch n.kind {
	case leafNode:
		return n.column.appendNested(w, arr, p, rows)
	case structNode:
		fields := arr.(*array.Struct)
		for i, child := range n.children {
			if err := child.shred(w, fields.Field(i), p, rows); err != nil {
				return err
			}
		}
		return nil
	default:
		n.expand(arr, p)
		return n.children[0].shred(w, arr.(array.ListLike).ListValues(), &n.expanded, rows)
	}
}

// mark settles the slots of nulls.
func (n *node) mark(arr arrow.Array, in *slots) (*slots, error) {
	from, to := in.extent()
	v := validityOf(arr, from, to, &n.bits)
	if !n.nullable {
		if v.nulls(from, to) > 0 {
			for _, at := range in.at {
				if at >= 0 && !v.valid(at) {
					return nil, errors.New("a null where the schema has none")
				}
			}
		}
		return in, nil
	}
	out := &n.marked
	out.rep = in.rep
	out.def, out.at = grown(out.def[:0], len(in.at)), grown(out.at[:0], len(in.at))
	def := byte(n.def)
	for i, at := range in.at {
		switch {
		case at < 0:
			out.def[i] = in.def[i]
		case v.valid(at):
			out.def[i] = def
		default:
			out.def[i] = def - 1
			at = -1
		}
		out.at[i] = at
	}
	return out, nil
}

// extent is from where to where the places are.
func (s *slots) extent() (from, to int) {
	for i := 0; i < len(s.at); i++ {
		if s.at[i] >= 0 {
			from = s.at[i]
			break
		}
	}
	for i := len(s.at) - 1; i >= 0; i-- {
		if s.at[i] >= 0 {
			return from, s.at[i] + 1
		}
	}
	return 0, 0
}

// expand makes a slot for each element of the lists, or one for a list that has none.
func (n *node) expand(arr arrow.Array, in *slots) {
	switch a := arr.(type) {
	case *array.LargeList:
		expand(n, in, offsets[int64](arr))
	case *array.FixedSizeList:
		width := int(a.DataType().(*arrow.FixedSizeListType).Len())
		first := arr.Data().Offset()
		n.elements(in, func(at int) (from, to int) { return (first + at) * width, (first + at + 1) * width })
	default:
		expand(n, in, offsets[int32](arr))
	}
}

func expand[O int32 | int64](n *node, in *slots, offs []O) {
	n.elements(in, func(at int) (from, to int) { return int(offs[at]), int(offs[at+1]) })
}

func (n *node) elements(in *slots, span func(at int) (from, to int)) {
	out := &n.expanded
	size := 0
	for _, at := range in.at {
		size++
		if at >= 0 {
			from, to := span(at)
			size += max(0, to-from-1)
		}
	}
	out.resize(size)
	k := 0
	for i, at := range in.at {
		out.rep[k], out.def[k], out.at[k] = in.rep[i], in.def[i], -1
		if at >= 0 {
			from, to := span(at)
			for j := from; j < to; j++ {
				if j > from {
					out.rep[k] = byte(n.rep)
				}
				out.def[k], out.at[k] = byte(n.def+1), j
				k++
			}
			if from < to {
				continue
			}
			out.def[k] = byte(n.def)
		}
		k++
	}
}

// bytes is about how many bytes the leaf below n that has most takes for the places from from to to.
func (n *node) bytes(arr arrow.Array, from, to int) int {
	arr = storage(arr)
	switch n.kind {
	case leafNode:
		return leafBytes(&n.column.form, arr, from, to)
	case structNode:
		most := 0
		for i, child := range n.children {
			most = max(most, child.bytes(arr.(*array.Struct).Field(i), from, to))
		}
		return most
	default:
		first, last := 0, 0
		if from < to {
			lists := arr.(array.ListLike)
			start, _ := lists.ValueOffsets(from)
			_, end := lists.ValueOffsets(to - 1)
			first, last = int(start), int(end)
		}
		// An element has levels and a place here, whatever its value.
		return max(n.children[0].bytes(arr.(array.ListLike).ListValues(), first, last), 8*(last-first))
	}
}

// leafBytes is about how many bytes values take as PLAIN.
func leafBytes(f *form, arr arrow.Array, from, to int) int {
	n := to - from
	if f.width > 0 || n == 0 {
		return f.width * n
	}
	switch a := arr.(type) {
	case *array.String, *array.Binary:
		offs := offsets[int32](arr)
		return 4*n + int(offs[to]-offs[from])
	case *array.LargeString, *array.LargeBinary:
		offs := offsets[int64](arr)
		return 4*n + int(offs[to]-offs[from])
	case *array.StringView:
		return sum(n, func(i int) int { return 4 + a.ValueLen(from+i) })
	case *array.BinaryView:
		return sum(n, func(i int) int { return 4 + a.ValueLen(from+i) })
	case *array.Dictionary:
		return sum(n, dictionaryBytes(f, a, from))
	default: // null
		return 0
	}
}

// dictionaryBytes answers the bytes of a value of a dictionary array, by its place after from.
func dictionaryBytes(f *form, a *array.Dictionary, from int) func(i int) int {
	values := storage(a.Dictionary())
	of := func(at int) int { return leafBytes(f, values, at, at+1) }
	if id := values.DataType().ID(); id == arrow.STRING || id == arrow.BINARY {
		offs := offsets[int32](values)
		of = func(at int) int { return 4 + int(offs[at+1]-offs[at]) }
	}
	return func(i int) int {
		if !a.IsValid(from + i) {
			return 0
		}
		return of(a.GetValueIndex(from + i))
	}
}

func sum(n int, of func(i int) int) (total int) {
	for i := range n {
		total += of(i)
	}
	return total
}

// firstLeaf is a leaf below n, which names it.
func (n *node) firstLeaf() *column {
	for n.kind != leafNode {
		n = n.children[0]
	}
	return n.column
}
