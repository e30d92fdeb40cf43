package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// plainDictionary is the name that old files have for dictionary encoding. It
// is deprecated for writers, and readers need it for ever.
const plainDictionary format.Encoding = 2

// prefixed cuts the bytes that stand behind their length in four bytes.
func prefixed(b []byte) (run, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errors.New("the page is cut off")
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, fmt.Errorf("%d bytes claimed where the page has %d left", n, len(b)-4)
	}
	return b[4 : 4+n], b[4+n:], nil
}

// decodeValues brings the dense values of the page into a form they can be taken from.
func (c *columnReader) decodeValues(encoding format.Encoding, b []byte) error {
	s, p := &c.leaf.shape, &c.page
	if s.conv == convNull {
		return fmt.Errorf("%d values in a column that has nulls alone", p.dense)
	}
	var err error
	switch encoding {
	case format.Plain:
		err = c.decodePlain(b)
	case format.RLEDictionary, plainDictionary:
		err = c.decodeDictionaryPage(b)
	case format.RLE:
		err = c.decodeBooleans(b)
	case format.DeltaBinaryPacked:
		err = c.decodeIntegers(b)
	case format.DeltaLengthByteArray, format.DeltaByteArray:
		err = c.decodeDeltaBytes(encoding, b)
	case format.ByteStreamSplit:
		err = c.decodeSplit(b)
	default:
		return fmt.Errorf("encoding %s (%d) is not supported", encoding, int(encoding))
	}
	if err != nil {
		return fmt.Errorf("%s values: %w", encoding, err)
	}
	return nil
}

func (c *columnReader) wrongType() error {
	return fmt.Errorf("the encoding is not one of %s", c.leaf.physical)
}

func (c *columnReader) decodePlain(b []byte) error {
	s, p := &c.leaf.shape, &c.page
	p.data = b
	switch {
	case s.conv == convBits:
		p.kind = valuesBits
		return atLeast(b, (p.dense+7)/8)
	case s.physical > 0:
		p.kind = valuesFixed
		return atLeast(b, p.dense*s.physical)
	case s.conv == convBytes:
		p.kind, p.at = valuesPlain, 0
		return atLeast(b, p.dense*4)
	default:
		return c.decimalsPlain(b)
	}
}

func atLeast(b []byte, n int) error {
	if len(b) < n {
		return fmt.Errorf("%d bytes where the values take %d", len(b), n)
	}
	return nil
}

// decimalsPlain converts decimals of differing length.
func (c *columnReader) decimalsPlain(b []byte) error {
	s, p := &c.leaf.shape, &c.page
	if err := atLeast(b, p.dense*4); err != nil {
		return err
	}
	out, err := decimals(c.fixed, s, b, p.dense)
	if err != nil {
		return err
	}
	c.fixed = out
	p.kind, p.conv, p.data = valuesFixed, convCopy, out
	return nil
}

// decimals converts n PLAIN byte strings, in buf if it is large enough.
func decimals(buf []byte, s *shape, b []byte, n int) ([]byte, error) {
	out := resize(buf, n*s.width)
	for i := range n {
		value, rest, err := prefixed(b)
		if err != nil {
			return nil, err
		}
		if err := bigEndian(out[i*s.width:(i+1)*s.width], value); err != nil {
			return nil, err
		}
		b = rest
	}
	return out, nil
}

func (c *columnReader) decodeDictionaryPage(b []byte) error {
	p := &c.page
	if !c.dict.loaded {
		return errors.New("there is no dictionary")
	}
	if len(b) == 0 {
		return errors.New("the page is cut off")
	}
	p.kind = valuesIndices
	p.idx = resize(p.idx, p.dense)
	return decodeIndices(p.idx, b[1:], uint(b[0]), c.dict.n)
}

func (c *columnReader) decodeBooleans(b []byte) error {
	p := &c.page
	if c.leaf.shape.conv != convBits {
		return c.wrongType()
	}
	run, _, err := prefixed(b)
	if err != nil {
		return err
	}
	c.fixed = resize(c.fixed, bitmapBytes(p.dense))
	p.kind, p.data = valuesBits, c.fixed
	_, err = decodeBits(p.data, p.dense, run)
	return err
}

func (c *columnReader) decodeIntegers(b []byte) error {
	p := &c.page
	var err error
	switch c.leaf.physical {
	case format.Int32:
		c.fixed = resize(c.fixed, p.dense*4)
		_, err = decodeDelta(view[int32](c.fixed), b)
	case format.Int64:
		c.fixed = resize(c.fixed, p.dense*8)
		_, err = decodeDelta(view[int64](c.fixed), b)
	default:
		return c.wrongType()
	}
	p.kind, p.data = valuesFixed, c.fixed
	return err
}

func (c *columnReader) decodeDeltaBytes(encoding format.Encoding, b []byte) error {
	s, p := &c.leaf.shape, &c.page
	fixed := c.leaf.physical == format.FixedLenByteArray
	if c.leaf.physical != format.ByteArray && (!fixed || encoding != format.DeltaByteArray) {
		return c.wrongType()
	}
	p.ends = resize(p.ends, p.dense)
	var err error
	if encoding == format.DeltaLengthByteArray {
		p.data, err = decodeDeltaLengths(p.ends, b)
	} else {
		c.prefixes = resize(c.prefixes, p.dense)
		p.data, err = decodeDeltaStrings(p.ends, c.prefixes, b, func(n int) []byte {
			c.bytes = resize(c.bytes, n)
			return c.bytes
		})
	}
	if err != nil {
		return err
	}
	p.kind = valuesEnds
	switch {
	case fixed:
		p.kind = valuesFixed
		for i, end := range p.ends {
			if int(end) != (i+1)*s.physical {
				return fmt.Errorf("a value that has not %d bytes", s.physical)
			}
		}
	case s.conv != convBytes:
		out := resize(c.fixed, p.dense*s.width)
		start := int32(0)
		for i, end := range p.ends {
			if err := bigEndian(out[i*s.width:(i+1)*s.width], p.data[start:end]); err != nil {
				return err
			}
			start = end
		}
		c.fixed = out
		p.kind, p.conv, p.data = valuesFixed, convCopy, out
	}
	return nil
}

func (c *columnReader) decodeSplit(b []byte) error {
	p := &c.page
	width := c.leaf.shape.physical
	if width == 0 || c.leaf.physical == format.Int96 {
		return c.wrongType()
	}
	if err := atLeast(b, p.dense*width); err != nil {
		return err
	}
	c.fixed = resize(c.fixed, p.dense*width)
	unsplit(c.fixed, b, p.dense, width)
	p.kind, p.data = valuesFixed, c.fixed
	return nil
}

// dictionary is the dictionary of a column chunk.
type dictionary struct {
	loaded  bool
	n       int
	fixed   []byte  // Arrow values of fixed width
	data    []byte  // byte strings
	offsets []int32 // n + 1 of them
}

// readDictionary unpacks the dictionary page whose header was read.
func (c *columnReader) readDictionary() error {
	s, h := &c.leaf.shape, &c.header
	if c.dict.loaded {
		return errors.New("a second dictionary in one column chunk")
	}
	if !h.DictionaryPageHeader.Valid {
		return errors.New("the page header is corrupt: it says nothing of the dictionary")
	}
	d := &h.DictionaryPageHeader.V
	if d.Encoding != format.Plain && d.Encoding != plainDictionary {
		return fmt.Errorf("a dictionary in encoding %s is not supported", d.Encoding)
	}
	n := int(d.NumValues)
	if n < 0 {
		return fmt.Errorf("the page header is corrupt: a dictionary of %d values", n)
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	b, err := c.decompress(body, int(h.UncompressedPageSize))
	if err != nil {
		return err
	}
	c.dict.loaded, c.dict.n = true, n
	switch {
	case s.conv == convNull: // as empty as the column
	case s.conv == convBits:
		return errors.New("a dictionary of a type that has none")
	case s.conv == convBytes:
		err = c.dict.fillStrings(b, n)
	case s.physical > 0:
		if err = atLeast(b, n*s.physical); err == nil {
			c.dict.fixed = resize(c.dict.fixed, n*s.width)
			err = convert(s, s.conv, c.dict.fixed, b, n)
		}
	default:
		if err = atLeast(b, n*4); err == nil {
			c.dict.fixed, err = decimals(c.dict.fixed, s, b, n)
		}
	}
	if err != nil {
		return fmt.Errorf("dictionary: %w", err)
	}
	return nil
}

func (d *dictionary) fillStrings(b []byte, n int) error {
	if err := atLeast(b, n*4); err != nil {
		return err
	}
	d.offsets = resize(d.offsets, n+1)
	d.offsets[0] = 0
	d.data = resize(d.data, len(b)-n*4+step)
	_, _, err := copyPlain(d.data, d.offsets[1:], b, 0)
	return err
}
