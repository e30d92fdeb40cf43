package parquet

import (
	"bytes"
	"encoding/base64"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/parquet-go/parquet-go/format"
)

// arrowSchemaKey is where Arrow writers leave the schema that they were given.
const arrowSchemaKey = "ARROW:schema"

// arrowSchema answers the schema that an Arrow writer left in the file, or
// nil. One that cannot be read is left aside: it only refines the types.
func arrowSchema(metadata []format.KeyValue) (schema *arrow.Schema) {
	defer func() {
		if recover() != nil {
			schema = nil
		}
	}()
	for _, kv := range metadata {
		if kv.Key != arrowSchemaKey {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(kv.Value)
		if err != nil {
			if raw, err = base64.RawStdEncoding.DecodeString(kv.Value); err != nil {
				return nil
			}
		}
		r, err := ipc.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil
		}
		defer r.Release()
		return r.Schema()
	}
	return nil
}

// restore gives n back what Parquet has no word for, as f, the field that was
// written, says. Whatever does not fit is left as Parquet has it.
func (n *node) restore(f arrow.Field) {
	switch n.kind {
	case structNode:
		if t, ok := f.Type.(*arrow.StructType); ok {
			for _, c := range n.children {
				if at, ok := t.FieldIdx(c.name); ok {
					c.restore(t.Field(at))
				}
			}
		}
	case listNode:
		if t, ok := f.Type.(arrow.ListLikeType); ok {
			n.children[0].restore(t.ElemField())
		}
	case mapNode:
		if t, ok := f.Type.(*arrow.MapType); ok {
			n.children[0].children[0].restore(t.KeyField())
			n.children[0].children[1].restore(t.ItemField())
		}
	default:
		n.leaf.shape.restore(f.Type)
	}
}

func (s *shape) restore(original arrow.DataType) {
	switch o := original.(type) {
	case *arrow.DictionaryType:
		s.restore(o.ValueType)
	case arrow.ExtensionType:
		s.restore(o.StorageType())
	case *arrow.TimestampType:
		if t, ok := s.dataType.(*arrow.TimestampType); ok && t.TimeZone != "" && o.TimeZone != "" {
			s.dataType = &arrow.TimestampType{Unit: t.Unit, TimeZone: o.TimeZone}
		}
	case *arrow.DurationType:
		if s.dataType.ID() == arrow.INT64 {
			s.dataType = o
		}
	case *arrow.LargeStringType:
		if s.dataType.ID() == arrow.STRING {
			s.dataType, s.large = o, true
		}
	case *arrow.LargeBinaryType:
		if s.dataType.ID() == arrow.BINARY {
			s.dataType, s.large = o, true
		}
	}
}
