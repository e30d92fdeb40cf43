package parquet

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// assembler makes the arrays of one batch from what its leaves gathered.
type assembler struct {
	mem     memory.Allocator
	columns map[*leaf]*columnReader
}

// build answers the data of the field n; the caller releases it.
func (a *assembler) build(n *node, dt arrow.DataType) (arrow.ArrayData, error) {
	switch n.kind {
	case leafNode:
		return a.columns[n.leaf].out.data(n.leaf), nil
	case structNode:
		return a.structure(n, dt)
	default:
		return a.list(n, dt)
	}
}

func (a *assembler) structure(n *node, dt arrow.DataType) (arrow.ArrayData, error) {
	places := a.places(n)
	defer places.drop()
	children := make([]arrow.ArrayData, 0, len(n.children))
	defer func() { releaseAll(children) }()
	for i, c := range n.children {
		child, err := a.build(c, dt.(*arrow.StructType).Field(i).Type)
		if err != nil {
			return nil, err
		}
		children = append(children, child)
		if child.Len() != places.n {
			return nil, fmt.Errorf("column %q: its fields differ in their number of values: %d and %d", n.name, places.n, child.Len())
		}
	}
	validity := places.bitmap(n.nullable)
	if validity != nil {
		defer validity.Release()
	}
	return array.NewData(dt, places.n, []*memory.Buffer{validity}, children, places.nullCount(n.nullable), 0), nil
}

func (a *assembler) list(n *node, dt arrow.DataType) (arrow.ArrayData, error) {
	places := a.places(n)
	defer places.drop()
	offsets, total, err := a.offsets(n, &a.columns[n.firstLeaf()].out, places.n)
	if err != nil {
		return nil, err
	}
	defer offsets.Release()
	child, err := a.build(n.children[0], dt.(arrow.ListLikeType).Elem())
	if err != nil {
		return nil, err
	}
	defer child.Release()
	if child.Len() != total {
		return nil, fmt.Errorf("column %q: %d elements where the levels tell of %d", n.name, child.Len(), total)
	}
	validity := places.bitmap(n.nullable)
	if validity != nil {
		defer validity.Release()
	}
	return array.NewData(dt, places.n, []*memory.Buffer{validity, offsets}, []arrow.ArrayData{child}, places.nullCount(n.nullable), 0), nil
}

// places is how many places a node has, and which are not null.
type places struct {
	n     int
	nulls int
	valid grown
}

// places counts the places of n in the levels of a leaf below it: one wherever
// the innermost list around n has an element, unless a list inside n goes on.
func (a *assembler) places(n *node) *places {
	l := n.firstLeaf()
	o := &a.columns[l].out
	p := &places{valid: grown{mem: a.mem}}
	if l.flat { // which has no levels: nothing above it can be null
		p.n = o.slots
		return p
	}
	bits := p.valid.bitsTo(len(o.def))
	clear(bits)
	for i, d := range o.def {
		if int(d) < n.ancestor || len(o.rep) > 0 && int(o.rep[i]) > n.rep {
			continue
		}
		if int(d) >= n.def {
			bitutil.SetBit(bits, p.n)
		} else {
			p.nulls++
		}
		p.n++
	}
	p.valid.len = bitmapBytes(p.n)
	return p
}

// bitmap answers the validity of the places, or nil where none is null; the caller releases it.
func (p *places) bitmap(nullable bool) *memory.Buffer {
	if !nullable || p.nulls == 0 {
		return nil
	}
	return p.valid.take()
}

func (p *places) nullCount(nullable bool) int {
	if !nullable {
		return 0
	}
	return p.nulls
}

func (p *places) drop() { p.valid.drop() }

// offsets answers where the elements of each of the lists begin, and how many
// elements there are. A level adds an element where it begins one of this very list.
func (a *assembler) offsets(n *node, o *column, lists int) (*memory.Buffer, int, error) {
	g := grown{mem: a.mem}
	out := view[int32](g.extend((lists + 1) * 4))
	at, total := 0, 0
	for i, d := range o.def {
		rep := int(o.rep[i])
		if int(d) < n.ancestor || rep > n.rep+1 {
			continue
		}
		if rep <= n.rep {
			out[at] = int32(total)
			at++
		}
		if int(d) >= n.element {
			total++
		}
	}
	if total > math.MaxInt32 {
		g.drop()
		return nil, 0, fmt.Errorf("column %q: more than 2^31 elements in one batch: read with a smaller BatchRows", n.name)
	}
	out[at] = int32(total)
	return g.take(), total, nil
}

func releaseAll(data []arrow.ArrayData) {
	for _, d := range data {
		d.Release()
	}
}
