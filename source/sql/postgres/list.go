package postgres

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/internal/decode/text"
)

// listColumn appends arrays of one dimension.
func listColumn(b *array.ListBuilder, of maker) column {
	values := b.ValueBuilder()
	element := of(values)
	return column{
		words: func(raw []byte) string {
			if len(raw) >= 4 {
				return fmt.Sprintf("an array of %d dimensions: 0x%x", binary.BigEndian.Uint32(raw), raw)
			}
			return inWords(raw)
		},
		append: func(raw []byte) text.Fault {
			items, f := splitArray(raw)
			if f != text.None {
				return f
			}
			b.Append(true)
			for item, null := range items {
				if null {
					values.AppendNull()
				} else if g := element.append(item); g != text.None {
					values.AppendNull()
					f = g
				}
			}
			return f
		},
	}
}

// splitArray takes an array of one dimension, or none, apart.
func splitArray(raw []byte) (items func(yield func(item []byte, null bool) bool), f text.Fault) {
	if len(raw) < 12 {
		return nil, text.Invalid
	}
	switch binary.BigEndian.Uint32(raw) {
	case 0:
		return func(func([]byte, bool) bool) {}, text.None
	case 1:
	default:
		return nil, text.OutOfRange
	}
	if len(raw) < 20 {
		return nil, text.Invalid
	}
	count, rest := int(binary.BigEndian.Uint32(raw[12:])), raw[20:]
	at := rest
	for range count {
		if len(at) < 4 {
			return nil, text.Invalid
		}
		n := int(int32(binary.BigEndian.Uint32(at)))
		if at = at[4:]; n > len(at) {
			return nil, text.Invalid
		}
		at = at[max(n, 0):]
	}
	return func(yield func([]byte, bool) bool) {
		for range count {
			n := int(int32(binary.BigEndian.Uint32(rest)))
			rest = rest[4:]
			if !yield(rest[:max(n, 0)], n < 0) {
				return
			}
			rest = rest[max(n, 0):]
		}
	}, text.None
}
