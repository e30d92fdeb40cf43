package parquet

import (
	"encoding/binary"
	"errors"
)

// The few tables of Arrow's schema message that are read, by the numbers of
// its flatbuffers definition. Arrow's own reader trusts every offset and size
// in it, which a footer of unknown origin cannot be.
const (
	messageHeaderType = 1
	messageHeader     = 2
	headerIsSchema    = 1
	schemaFields      = 1
	fieldName         = 0
	fieldTypeType     = 2
	fieldType         = 3
	fieldChildren     = 5
	timeUnit          = 0
	timeZone          = 1

	typeTimestamp   = 10
	typeDuration    = 18
	typeLargeBinary = 19
	typeLargeUTF8   = 20
)

// originalField is what the writer of a file called a column.
type originalField struct {
	name     string
	kind     byte
	unit     int16
	zone     string
	children []originalField
}

var errFlatbuffer = errors.New("the Arrow schema is corrupt")

// parseArrowSchema reads the fields of an encapsulated schema message.
func parseArrowSchema(raw []byte) ([]originalField, error) {
	const continuation = 0xffffffff
	if len(raw) >= 8 && binary.LittleEndian.Uint32(raw) == continuation {
		raw = raw[4:]
	}
	if len(raw) < 8 {
		return nil, errFlatbuffer
	}
	r := &flatReader{b: raw[4:], budget: len(raw)}
	message := r.indirect(0)
	if r.scalar(message, messageHeaderType, 1, 0) != headerIsSchema {
		return nil, errFlatbuffer
	}
	fields := r.fields(r.table(message, messageHeader), schemaFields, 0)
	return fields, r.err
}

// flatReader reads flatbuffers with every offset checked. After the first
// fault it answers zeros.
type flatReader struct {
	b      []byte
	budget int // tables that may still be read: offsets can make a small buffer endless
	err    error
}

func (r *flatReader) fail() int {
	r.err = errFlatbuffer
	return 0
}

func (r *flatReader) uint32(at int) int {
	if r.err != nil || at < 0 || at > len(r.b)-4 {
		return r.fail()
	}
	return int(binary.LittleEndian.Uint32(r.b[at:]))
}

func (r *flatReader) uint16(at int) int {
	if r.err != nil || at < 0 || at > len(r.b)-2 {
		return r.fail()
	}
	return int(binary.LittleEndian.Uint16(r.b[at:]))
}

// indirect follows the offset that stands at at.
func (r *flatReader) indirect(at int) int { return at + r.uint32(at) }

// slot answers where field i of a table lies, or 0.
func (r *flatReader) slot(table, i int) int {
	vtable := table - int(int32(r.uint32(table)))
	if r.err != nil || 4+2*i >= r.uint16(vtable) {
		return 0
	}
	off := r.uint16(vtable + 4 + 2*i)
	if off == 0 || r.err != nil {
		return 0
	}
	return table + off
}

// scalar answers field i of a table, of one or two bytes.
func (r *flatReader) scalar(table, i, size, otherwise int) int {
	at := r.slot(table, i)
	switch {
	case at == 0:
		return otherwise
	case size == 2:
		return r.uint16(at)
	case at >= len(r.b):
		return r.fail()
	default:
		return int(r.b[at])
	}
}

// table answers the table that field i of a table refers to, or 0.
func (r *flatReader) table(table, i int) int {
	if at := r.slot(table, i); at != 0 {
		return r.indirect(at)
	}
	return 0
}

func (r *flatReader) string(table, i int) string {
	at := r.table(table, i)
	if at == 0 {
		return ""
	}
	n := r.uint32(at)
	if r.err != nil || n > len(r.b)-at-4 {
		r.fail()
		return ""
	}
	return string(r.b[at+4 : at+4+n])
}

// fields reads the vector of fields i of a table.
func (r *flatReader) fields(table, i, depth int) []originalField {
	if table == 0 {
		return nil
	}
	at := r.table(table, i)
	if at == 0 {
		return nil
	}
	n := r.uint32(at)
	r.budget -= n
	if r.err != nil || n > (len(r.b)-at-4)/4 || r.budget < 0 || depth > maxLevels {
		r.fail()
		return nil
	}
	out := make([]originalField, n)
	for k := range out {
		field := r.indirect(at + 4 + 4*k)
		o := &out[k]
		o.name = r.string(field, fieldName)
		o.kind = byte(r.scalar(field, fieldTypeType, 1, 0))
		if t := r.table(field, fieldType); t != 0 {
			switch o.kind {
			case typeTimestamp:
				o.zone = r.string(t, timeZone)
			case typeDuration:
				o.unit = int16(r.scalar(t, timeUnit, 2, 1))
			}
		}
		o.children = r.fields(field, fieldChildren, depth+1)
		if r.err != nil {
			return nil
		}
	}
	return out
}
