package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/thrift"
)

// errShort says that a thrift structure goes on past the bytes at hand.
var errShort = errors.New("the structure is cut off")

// maxThriftDepth bounds the nesting of a structure; Parquet's own metadata needs about ten levels.
const maxThriftDepth = 32

// thriftLength walks one structure of the compact protocol at the start of b
// and answers how many bytes it takes. It runs ahead of the decoder, which
// allocates lists by the size they claim and recurses as deep as it is told:
// here every element is seen before anything is allocated for it.
func thriftLength(b []byte) (int, error) {
	w := thriftWalker{b: b}
	if err := w.structure(0); err != nil {
		return 0, err
	}
	return w.pos, nil
}

// unmarshalThrift decodes the structure at the start of b into v and answers its length.
func unmarshalThrift(b []byte, v any) (int, error) {
	n, err := thriftLength(b)
	if err != nil {
		return 0, err
	}
	var protocol thrift.CompactProtocol
	if err := thrift.NewDecoder(protocol.NewReaderFromBytes(b[:n])).Decode(v); err != nil {
		return 0, err
	}
	return n, nil
}

type thriftWalker struct {
	b   []byte
	pos int
}

func (w *thriftWalker) structure(depth int) error {
	if depth > maxThriftDepth {
		return fmt.Errorf("structures nest more than %d deep", maxThriftDepth)
	}
	for {
		head, err := w.byte()
		if err != nil {
			return err
		}
		if head == 0 {
			return nil
		}
		if head>>4 == 0 {
			if _, err := w.uvarint(); err != nil { // the field's number, zigzag
				return err
			}
		}
		if err := w.value(thrift.Type(head&0x0f), depth, false); err != nil {
			return err
		}
	}
}

// value steps over a value; a boolean takes a byte only inside a container.
func (w *thriftWalker) value(t thrift.Type, depth int, inList bool) error {
	switch t {
	case thrift.TRUE, thrift.FALSE:
		if inList {
			return w.skip(1)
		}
		return nil
	case thrift.I8:
		return w.skip(1)
	case thrift.I16, thrift.I32, thrift.I64:
		_, err := w.uvarint()
		return err
	case thrift.DOUBLE:
		return w.skip(8)
	case thrift.UUID:
		return w.skip(16)
	case thrift.BINARY:
		n, err := w.uvarint()
		if err != nil {
			return err
		}
		return w.skip(n)
	case thrift.LIST, thrift.SET:
		return w.list(depth)
	case thrift.MAP:
		return w.dictionary(depth)
	case thrift.STRUCT:
		return w.structure(depth + 1)
	default:
		return fmt.Errorf("unknown thrift type %d", t)
	}
}

func (w *thriftWalker) list(depth int) error {
	if depth > maxThriftDepth {
		return fmt.Errorf("structures nest more than %d deep", maxThriftDepth)
	}
	head, err := w.byte()
	if err != nil {
		return err
	}
	size := uint64(head >> 4)
	if size == 15 {
		if size, err = w.uvarint(); err != nil {
			return err
		}
	}
	// Every element takes a byte at least, so that a size beyond the bytes left ends the loop at once.
	for range size {
		if err := w.value(thrift.Type(head&0x0f), depth+1, true); err != nil {
			return err
		}
	}
	return nil
}

func (w *thriftWalker) dictionary(depth int) error {
	if depth > maxThriftDepth {
		return fmt.Errorf("structures nest more than %d deep", maxThriftDepth)
	}
	size, err := w.uvarint()
	if err != nil || size == 0 {
		return err
	}
	types, err := w.byte()
	if err != nil {
		return err
	}
	for range size {
		if err := w.value(thrift.Type(types>>4), depth+1, true); err != nil {
			return err
		}
		if err := w.value(thrift.Type(types&0x0f), depth+1, true); err != nil {
			return err
		}
	}
	return nil
}

func (w *thriftWalker) byte() (byte, error) {
	if w.pos >= len(w.b) {
		return 0, errShort
	}
	w.pos++
	return w.b[w.pos-1], nil
}

func (w *thriftWalker) uvarint() (uint64, error) {
	v, n := binary.Uvarint(w.b[w.pos:])
	switch {
	case n == 0:
		return 0, errShort
	case n < 0:
		return 0, errors.New("a number has more than 64 bits")
	}
	w.pos += n
	return v, nil
}

func (w *thriftWalker) skip(n uint64) error {
	if n > uint64(len(w.b)-w.pos) {
		return errShort
	}
	w.pos += int(n)
	return nil
}
