package parquet

import (
	"encoding/base64"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go/format"
)

// arrowSchemaKey is where Arrow writers leave the schema that they were given.
const arrowSchemaKey = "ARROW:schema"

// originalFields answers the fields that an Arrow writer left in the file, or
// none. What cannot be read is left aside: it only refines the types.
func originalFields(metadata []format.KeyValue) []originalField {
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
		fields, err := parseArrowSchema(raw)
		if err != nil {
			return nil
		}
		return fields
	}
	return nil
}

// restoreAll gives nodes back what Parquet has no word for, by the fields of the same names.
func restoreAll(nodes []*node, fields []originalField) {
	byName := make(map[string]*originalField, len(fields))
	for i := range fields {
		byName[fields[i].name] = &fields[i]
	}
	for _, n := range nodes {
		if o := byName[n.name]; o != nil {
			n.restore(o)
		}
	}
}

// restore gives n back what o, the field that was written, says. Whatever
// does not fit is left as Parquet has it.
func (n *node) restore(o *originalField) {
	switch {
	case n.kind == leafNode:
		n.leaf.shape.restore(o)
	case n.kind == structNode:
		restoreAll(n.children, o.children)
	case len(o.children) != 1: // not a list after all
	case n.kind == mapNode:
		entries, pair := n.children[0].children, o.children[0].children
		if len(pair) == len(entries) {
			for i := range entries {
				entries[i].restore(&pair[i])
			}
		}
	default:
		n.children[0].restore(&o.children[0])
	}
}

func (s *shape) restore(o *originalField) {
	switch o.kind {
	case typeTimestamp:
		// An INT96 is an instant, though the format has no word for that.
		if t, ok := s.dataType.(*arrow.TimestampType); ok && o.zone != "" && (t.TimeZone != "" || s.conv == convInt96) {
			// A zone that is not known here would fail whoever prints a value; the instants are the same in UTC.
			zoned := &arrow.TimestampType{Unit: t.Unit, TimeZone: o.zone}
			if _, err := zoned.GetZone(); err == nil {
				s.dataType = zoned
			}
		}
	case typeDuration:
		units := []arrow.TimeUnit{arrow.Second, arrow.Millisecond, arrow.Microsecond, arrow.Nanosecond}
		if s.dataType.ID() == arrow.INT64 && o.unit >= 0 && int(o.unit) < len(units) {
			s.dataType = &arrow.DurationType{Unit: units[o.unit]}
		}
	case typeLargeUTF8:
		if s.dataType.ID() == arrow.STRING {
			s.dataType, s.large = arrow.BinaryTypes.LargeString, true
		}
	case typeLargeBinary:
		if s.dataType.ID() == arrow.BINARY {
			s.dataType, s.large = arrow.BinaryTypes.LargeBinary, true
		}
	}
}
