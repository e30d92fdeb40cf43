package parquet

import (
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// maxLevels is the deepest nesting that is read; a level is one byte.
const maxLevels = 127

type nodeKind uint8

const (
	leafNode nodeKind = iota
	structNode
	listNode
	mapNode // a list of structs of two fields
)

// node is one Arrow field and how its places, nulls and elements follow from levels.
type node struct {
	name     string
	kind     nodeKind
	nullable bool
	children []*node // of a list or a map: the element alone
	leaf     *leaf   // of a leafNode

	def      int // the definition level from which the node is not null
	rep      int // how many repeated nodes are above it
	ancestor int // the definition level from which the node has a place at all
	element  int // of a list: the definition level from which an element is there
}

// leaf is one column of the file.
type leaf struct {
	name     string // the path, with dots
	index    int    // in the column chunks of a row group
	physical format.Type
	size     int // bytes of a FIXED_LEN_BYTE_ARRAY
	maxDef   int
	maxRep   int
	ancestor int // see node
	nullable bool
	flat     bool // one place a row, and at most one reason for null
	shape    shape
}

// schemaParser walks the flattened tree of schema elements.
type schemaParser struct {
	elements []format.SchemaElement
	pos      int
	leaves   []*leaf
}

// level is where in the tree a node stands.
type level struct {
	path          []string
	def, rep      int
	ancestor      int
	depth         int
	insideElement bool // the repetition of the element has been taken care of by its list
}

func parseSchema(elements []format.SchemaElement) ([]*node, []*leaf, error) {
	if len(elements) == 0 {
		return nil, nil, errors.New("the footer is corrupt: there is no schema")
	}
	p := &schemaParser{elements: elements, pos: 1}
	count := int(elements[0].NumChildren.V)
	if count < 0 || count > len(elements)-1 {
		return nil, nil, fmt.Errorf("the footer is corrupt: %d columns in a schema of %d elements", count, len(elements))
	}
	fields := make([]*node, 0, count)
	for range count {
		n, err := p.field(level{})
		if err != nil {
			return nil, nil, err
		}
		fields = append(fields, n)
	}
	if p.pos != len(elements) {
		return nil, nil, fmt.Errorf("the footer is corrupt: %d schema elements are left over", len(elements)-p.pos)
	}
	return fields, p.leaves, nil
}

// field parses the element at the position and what is below it.
func (p *schemaParser) field(at level) (*node, error) {
	if p.pos >= len(p.elements) {
		return nil, errors.New("the footer is corrupt: the schema is cut off")
	}
	e := &p.elements[p.pos]
	at.path = append(at.path[:len(at.path):len(at.path)], e.Name)
	at.depth++
	if at.depth > maxLevels {
		return nil, fmt.Errorf("column %q: nested more than %d deep", strings.Join(at.path, "."), maxLevels)
	}
	n := &node{name: e.Name}
	repetition := e.RepetitionType.V
	if at.insideElement {
		repetition = format.Required
		at.insideElement = false
	}
	switch repetition {
	case format.Repeated:
		// Without a LIST around it: a list that is never null, of elements that are never null.
		n.kind, n.def, n.rep, n.ancestor = listNode, at.def, at.rep, at.ancestor
		at.def++
		at.rep++
		at.ancestor = at.def
		at.insideElement = true
		at.path = at.path[:len(at.path)-1]
		n.element = at.def
		child, err := p.field(at)
		if err != nil {
			return nil, err
		}
		n.children = []*node{child}
		return n, nil
	case format.Optional:
		n.nullable = true
		at.def++
	case format.Required:
	default:
		return nil, fmt.Errorf("column %q: unknown repetition %d", strings.Join(at.path, "."), repetition)
	}
	n.def, n.rep, n.ancestor = at.def, at.rep, at.ancestor
	if !isGroup(e) {
		return n, p.leaf(n, e, at)
	}
	return n, p.group(n, e, at)
}

func isGroup(e *format.SchemaElement) bool { return !e.Type.Valid }

func (p *schemaParser) leaf(n *node, e *format.SchemaElement, at level) error {
	l := &leaf{
		name:     strings.Join(at.path, "."),
		index:    len(p.leaves),
		physical: e.Type.V,
		size:     int(e.TypeLength.V),
		maxDef:   at.def,
		maxRep:   at.rep,
		ancestor: at.ancestor,
		nullable: n.nullable,
	}
	l.flat = l.maxRep == 0 && (l.maxDef == 0 || l.maxDef == 1 && l.nullable)
	var err error
	if l.shape, err = shapeOf(e); err != nil {
		return fmt.Errorf("column %q: %w", l.name, err)
	}
	n.leaf = l
	p.leaves = append(p.leaves, l)
	p.pos++
	return nil
}

func (p *schemaParser) group(n *node, e *format.SchemaElement, at level) error {
	count := int(e.NumChildren.V)
	if count <= 0 || count > len(p.elements)-p.pos-1 {
		return fmt.Errorf("column %q: a group of %d fields", strings.Join(at.path, "."), count)
	}
	if list, isMap := isList(e); list || isMap {
		if count == 1 && p.elements[p.pos+1].RepetitionType.V == format.Repeated {
			p.pos++
			if isMap {
				return p.mapEntries(n, at)
			}
			return p.listElement(n, e.Name, at)
		}
	}
	p.pos++
	n.kind = structNode
	for range count {
		child, err := p.field(at)
		if err != nil {
			return err
		}
		n.children = append(n.children, child)
	}
	return nil
}

func isList(e *format.SchemaElement) (list, isMap bool) {
	switch e.LogicalType.Value.(type) {
	case *format.ListType:
		return true, false
	case *format.MapType:
		return false, true
	}
	if e.ConvertedType.Valid {
		switch e.ConvertedType.V {
		case deprecated.List:
			return true, false
		case deprecated.Map, deprecated.MapKeyValue:
			return false, true
		}
	}
	return false, false
}

// listElement parses the repeated node inside a LIST. By the rules of the
// format it is the element itself in old files, and else a wrapper of the element.
func (p *schemaParser) listElement(n *node, listName string, at level) error {
	n.kind = listNode
	repeated := &p.elements[p.pos]
	at.def++
	at.rep++
	at.ancestor = at.def
	n.element = at.def
	isElement := !isGroup(repeated) || repeated.NumChildren.V != 1 ||
		repeated.Name == "array" || repeated.Name == listName+"_tuple"
	if !isElement && p.pos+1 < len(p.elements) {
		// The one field of a wrapper is repeated itself only where the wrapper is a struct of one list.
		isElement = p.elements[p.pos+1].RepetitionType.V == format.Repeated
	}
	if isElement {
		at.insideElement = true
	} else {
		at.path = append(at.path[:len(at.path):len(at.path)], repeated.Name)
		p.pos++
	}
	child, err := p.field(at)
	if err != nil {
		return err
	}
	n.children = []*node{child}
	return nil
}

// mapEntries parses the repeated node inside a MAP. Without values, as the
// format allows, it is a list of structs with a key.
func (p *schemaParser) mapEntries(n *node, at level) error {
	entries := &p.elements[p.pos]
	if !isGroup(entries) {
		return fmt.Errorf("column %q: a map without a group of key and value", strings.Join(at.path, "."))
	}
	at.def++
	at.rep++
	at.ancestor = at.def
	at.insideElement = true
	n.element = at.def
	child, err := p.field(at)
	if err != nil {
		return err
	}
	n.children = []*node{child}
	n.kind = listNode
	// A key that may be null has no place in an Arrow map: the entries stay a list of structs.
	if child.kind == structNode && len(child.children) == 2 && !child.children[0].nullable {
		n.kind = mapNode
	}
	return nil
}

// field is the Arrow field of the node.
func (n *node) field() arrow.Field {
	f := arrow.Field{Name: n.name, Nullable: n.nullable, Type: n.dataType()}
	if n.kind == leafNode && n.leaf.shape.uuid {
		f.Metadata = arrow.MetadataFrom(map[string]string{"ARROW:extension:name": "arrow.uuid"})
	}
	return f
}

func (n *node) dataType() arrow.DataType {
	switch n.kind {
	case structNode:
		fields := make([]arrow.Field, len(n.children))
		for i, c := range n.children {
			fields[i] = c.field()
		}
		return arrow.StructOf(fields...)
	case listNode:
		return arrow.ListOfField(n.children[0].field())
	case mapNode:
		key, value := n.children[0].children[0].field(), n.children[0].children[1].field()
		key.Name, value.Name = "key", "value"
		return arrow.MapOfWithMetadata(key.Type, key.Metadata, value.Type, value.Metadata)
	default:
		return n.leaf.shape.dataType
	}
}

// walk calls do for every leaf at or below n.
func (n *node) walk(do func(*leaf)) {
	if n.kind == leafNode {
		do(n.leaf)
	}
	for _, c := range n.children {
		c.walk(do)
	}
}

// firstLeaf is a leaf below n; its levels tell the places of n.
func (n *node) firstLeaf() *leaf {
	for n.kind != leafNode {
		n = n.children[0]
	}
	return n.leaf
}
