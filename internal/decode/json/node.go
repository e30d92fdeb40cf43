package json

import (
	"fmt"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/decode/text"
)

// kinds is a set of kinds of JSON values.
type kinds uint8

const (
	aString kinds = 1 << iota
	aNumber
	aLiteral // true or false
	aNested  // an object or an array

	aScalar = aString | aNumber | aLiteral
	anyKind = aScalar | aNested
)

// node is the column of one field at any depth: a leaf that parses scalars, or a struct or list of nodes.
type node struct {
	path     string // "a.b[]"
	column   string // the row's field that it belongs to: "a"
	key      token  // as it mostly stands in the text, with quotes and colon; none where it needs escapes
	dt       arrow.DataType
	nullable bool
	takes    kinds

	leaf   text.Column
	nested *text.Nested
	fields []*node        // of a struct
	index  map[string]int // name of a field -> its number
	elem   *node          // of a list
}

// newNode returns the node of a field; inferred says that its type was.
func newNode(mem memory.Allocator, f arrow.Field, path, column string, inferred bool, o Options) (*node, error) {
	n := &node{path: path, column: column, dt: f.Type, nullable: f.Nullable, takes: takenBy(f.Type, inferred)}
	if q := strconv.Quote(f.Name); len(q) == len(f.Name)+2 {
		n.key = newToken(q + ":")
	}
	var err error
	switch dt := f.Type.(type) {
	case *arrow.StructType:
		if n.nested, err = text.NewNested(mem, dt); err == nil {
			err = n.addFields(mem, dt.Fields(), path+".", func(int) bool { return inferred }, o)
		}
	case *arrow.ListType:
		if n.nested, err = text.NewNested(mem, dt); err == nil {
			n.elem, err = newNode(mem, dt.ElemField(), path+"[]", column, inferred, o)
		}
	default:
		if inferred && n.isText() && o.Strings[path] {
			n.takes = aString
		}
		newColumn := text.NewColumn
		// JSON writes no codes as numbers, and an integer may have a point or an exponent.
		if inferred && !arrow.IsInteger(dt.ID()) {
			newColumn = text.NewStrictColumn
		}
		if n.leaf, err = newColumn(mem, dt, o.Binary); err != nil {
			err = fmt.Errorf("column %q: %w", path, err)
		}
	}
	return n, err
}

func (n *node) isText() bool {
	return n.dt.ID() == arrow.STRING || n.dt.ID() == arrow.LARGE_STRING
}

// takenBy returns the kinds that a leaf of that type takes.
func takenBy(dt arrow.DataType, inferred bool) kinds {
	switch id := dt.ID(); {
	case id == arrow.STRING || id == arrow.LARGE_STRING:
		return anyKind
	case !inferred || arrow.IsBaseBinary(id):
		return aScalar
	case id == arrow.BOOL:
		return aLiteral
	case arrow.IsInteger(id) || arrow.IsFloating(id) || arrow.IsDecimal(id):
		return aNumber
	}
	return aString
}

func (n *node) addFields(mem memory.Allocator, fields []arrow.Field, prefix string, inferred func(i int) bool, o Options) error {
	n.index = make(map[string]int, len(fields))
	for i, f := range fields {
		if _, ok := n.index[f.Name]; ok {
			return fmt.Errorf("column %q: there are two of that name", prefix+f.Name)
		}
		column := n.column
		if prefix == "" {
			column = f.Name
		}
		c, err := newNode(mem, f, prefix+f.Name, column, inferred(i), o)
		if err != nil {
			return err
		}
		n.index[f.Name] = i
		n.fields = append(n.fields, c)
	}
	return nil
}

// length returns the number of values.
func (n *node) length() int {
	if n.leaf != nil {
		return n.leaf.Len()
	}
	return n.nested.Len()
}

// appendNull appends a null, and nulls to the fields of a struct, which has as many values as they.
func (n *node) appendNull() {
	switch {
	case n.leaf != nil:
		n.leaf.AppendNull()
	case n.elem != nil:
		n.nested.AppendNull(n.elem.length())
	default:
		for _, f := range n.fields {
			f.appendNull()
		}
		n.nested.AppendNull(0)
	}
}

// truncate takes all values but the first k away, at any depth. An unfinished struct or list, whose children
// are ahead of it, is mended so.
func (n *node) truncate(k int) {
	if n.leaf != nil {
		if n.leaf.Len() > k {
			n.leaf.Truncate(k)
		}
		return
	}
	child := n.nested.Truncate(min(k, n.nested.Len()))
	if n.elem != nil {
		n.elem.truncate(child)
	}
	for _, f := range n.fields {
		f.truncate(k)
	}
}

// reserve makes room for k more values of the columns that have one a row.
func (n *node) reserve(k int) {
	if n.leaf != nil {
		n.leaf.Reserve(k)
	}
	for _, f := range n.fields {
		f.reserve(k)
	}
}

// finish returns the array, which is the caller's.
func (n *node) finish() arrow.Array {
	if n.leaf != nil {
		return n.leaf.Finish()
	}
	children := n.fields
	if n.elem != nil {
		children = []*node{n.elem}
	}
	arrays := make([]arrow.Array, len(children))
	for i, c := range children {
		arrays[i] = c.finish()
		defer arrays[i].Release()
	}
	return n.nested.Finish(arrays...)
}
