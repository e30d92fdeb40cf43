package parquet

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// maxLevel keeps levels within a byte, and within what readers take.
const maxLevel = 127

// Check names the columns of schema whose types have no form in Parquet that keeps their values; nil if there are none.
func Check(schema *arrow.Schema) error {
	if _, err := newTree(schema); err != nil {
		return fmt.Errorf("encode/parquet: %w", err)
	}
	return nil
}

// tree is the schema of a file.
type tree struct {
	fields   []*node
	columns  []*column
	elements []format.SchemaElement
}

// level is where in the tree a field stands.
type level struct {
	path     []string
	def, rep int
}

func newTree(schema *arrow.Schema) (*tree, error) {
	t := new(tree)
	t.group("schema", schema.NumFields(), nil)
	if schema.NumFields() == 0 {
		return nil, errors.New("the schema has no columns")
	}
	var errs []error
	names := make(map[string]bool)
	for _, f := range schema.Fields() {
		if names[f.Name] {
			errs = append(errs, fmt.Errorf("column %q: there are two of this name: rename one", f.Name))
		}
		names[f.Name] = true
		n, err := t.field(f, f.Name, level{})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		t.fields = append(t.fields, n)
	}
	return t, errors.Join(errs...)
}

// group appends the element of a group and answers it.
func (t *tree) group(name string, children int, repetition *format.FieldRepetitionType) *format.SchemaElement {
	e := format.SchemaElement{Name: name, NumChildren: thrift.New(int32(children))}
	if repetition != nil {
		e.RepetitionType = thrift.New(*repetition)
	}
	t.elements = append(t.elements, e)
	return &t.elements[len(t.elements)-1]
}

// field appends the elements of f, which has the given name in the file, and what is below it.
func (t *tree) field(f arrow.Field, name string, at level) (*node, error) {
	extension := extensionName(f)
	dt := f.Type
	for {
		ext, ok := dt.(arrow.ExtensionType)
		if !ok {
			break
		}
		dt = ext.StorageType()
	}
	n := &node{name: name, nullable: f.Nullable || dt.ID() == arrow.NULL}
	at.path = append(slices.Clone(at.path), name)
	repetition := format.Required
	if n.nullable {
		repetition = format.Optional
		at.def++
	}
	n.def = at.def
	if at.def >= maxLevel {
		return nil, fmt.Errorf("column %q: nested too deeply: %d levels are the most", strings.Join(at.path, "."), maxLevel)
	}
	switch dt := dt.(type) {
	case *arrow.StructType:
		return n, t.structure(n, dt, repetition, at)
	case *arrow.MapType:
		return n, t.entries(n, dt, repetition, at)
	case *arrow.ListType:
		return n, t.list(n, dt.ElemField(), repetition, at)
	case *arrow.LargeListType:
		return n, t.list(n, dt.ElemField(), repetition, at)
	case *arrow.FixedSizeListType:
		return n, t.list(n, dt.ElemField(), repetition, at)
	}
	return n, t.leaf(n, dt, extension, repetition, at)
}

func (t *tree) structure(n *node, dt *arrow.StructType, repetition format.FieldRepetitionType, at level) error {
	n.kind = structNode
	if dt.NumFields() == 0 {
		return fmt.Errorf("column %q: a struct without fields has no form in Parquet: leave it out", strings.Join(at.path, "."))
	}
	t.group(n.name, dt.NumFields(), &repetition)
	names := make(map[string]bool)
	for _, f := range dt.Fields() {
		if names[f.Name] {
			return fmt.Errorf("column %q: two fields %q in a struct: rename one", strings.Join(at.path, "."), f.Name)
		}
		names[f.Name] = true
		child, err := t.field(f, f.Name, at)
		if err != nil {
			return err
		}
		n.children = append(n.children, child)
	}
	return nil
}

// list: LogicalTypes.md, "Lists": three elements, the list, a repeated group "list", and the "element".
func (t *tree) list(n *node, element arrow.Field, repetition format.FieldRepetitionType, at level) error {
	e := t.group(n.name, 1, &repetition)
	e.LogicalType.Value, e.ConvertedType = &format.ListType{}, thrift.New(deprecated.List)
	at = t.repeated(n, "list", 1, at)
	child, err := t.field(element, "element", at)
	n.children = []*node{child}
	return err
}

// entries: LogicalTypes.md, "Maps": the map, a repeated group "key_value", and in it the "key", which is never null, and
// the "value".
func (t *tree) entries(n *node, dt *arrow.MapType, repetition format.FieldRepetitionType, at level) error {
	e := t.group(n.name, 1, &repetition)
	e.LogicalType.Value, e.ConvertedType = &format.MapType{}, thrift.New(deprecated.Map)
	at = t.repeated(n, "key_value", 2, at)
	pair := &node{name: "key_value", kind: structNode, def: at.def}
	n.children = []*node{pair}
	keyField := dt.KeyField()
	keyField.Nullable = false
	key, err := t.field(keyField, "key", at)
	if err != nil {
		return err
	}
	value, err := t.field(dt.ItemField(), "value", at)
	pair.children = []*node{key, value}
	return err
}

// repeated appends the repeated group of the list n and answers the level of its elements.
func (t *tree) repeated(n *node, name string, children int, at level) level {
	repetition := format.Repeated
	t.group(name, children, &repetition)
	n.kind = listNode
	at.path = append(at.path, name)
	at.def++
	at.rep++
	n.rep = at.rep
	return at
}

func (t *tree) leaf(n *node, dt arrow.DataType, extension string, repetition format.FieldRepetitionType, at level) error {
	name := strings.Join(at.path, ".")
	if d, ok := dt.(*arrow.DictionaryType); ok {
		dt = d.ValueType
		if dt.ID() == arrow.NULL {
			return fmt.Errorf("column %q: a dictionary of nulls has no form in Parquet: make it a column of nulls", name)
		}
		if ext, ok := dt.(arrow.ExtensionType); ok {
			extension, dt = ext.ExtensionName(), ext.StorageType()
		}
	}
	f, err := formOf(dt, extension)
	if err != nil {
		return fmt.Errorf("column %q: %w", name, err)
	}
	e := format.SchemaElement{
		Name:           n.name,
		Type:           thrift.New(f.physical),
		RepetitionType: thrift.New(repetition),
		ConvertedType:  f.converted,
	}
	e.LogicalType.Value = f.logical
	if f.length > 0 {
		e.TypeLength = thrift.New(int32(f.length))
	}
	if d, ok := f.logical.(*format.DecimalType); ok {
		// LogicalTypes.md, "DECIMAL": for older readers here too.
		e.Precision, e.Scale = thrift.New(d.Precision), thrift.New(d.Scale)
	}
	t.elements = append(t.elements, e)
	n.column = newColumn(at.path, f, at.def, at.rep)
	t.columns = append(t.columns, n.column)
	return nil
}
