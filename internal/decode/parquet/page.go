package parquet

import (
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/parquet-go/parquet-go/format"
)

// valueKind is the form in which the values of a page wait to be taken.
type valueKind uint8

const (
	valuesFixed   valueKind = iota // fixed width, one after the other
	valuesBits                     // a bitmap
	valuesPlain                    // byte strings, each behind its length
	valuesEnds                     // byte strings, by their ends
	valuesIndices                  // indices of the dictionary
)

// page is a data page: its levels, and its values that are not null ("dense").
type page struct {
	slots int // levels
	pos   int // levels that were taken
	dense int // values
	used  int // values that were taken

	valid    []byte // of a flat column with nulls: a bitmap of the levels
	def, rep []byte // of another column

	kind valueKind
	conv conversion
	data []byte
	at   int // of valuesPlain: where the next value begins
	ends []int32
	idx  []uint32
}

const (
	// maxHeader bounds a page header; its statistics hold a smallest and a largest value.
	maxHeader = 16 << 20
	// plausible is the size of a page that is believed without looking at the size of its chunk.
	plausible = 64 << 20
	// maxPageValues bounds the levels of one page of a nested column.
	maxPageValues = 1 << 28
)

// nextHeader reads the header of the next page into c.header.
func (c *columnReader) nextHeader() error {
	for need := 256; ; need *= 4 {
		b, err := c.src.peek(need)
		if err != nil {
			return err
		}
		n, err := thriftLength(b)
		if errors.Is(err, errShort) && len(b) >= need && need < maxHeader {
			continue
		}
		if err != nil {
			return fmt.Errorf("the page header is corrupt: %w", err)
		}
		c.header = format.PageHeader{}
		if _, err := unmarshalThrift(b[:n], &c.header); err != nil {
			return fmt.Errorf("the page header is corrupt: %w", err)
		}
		c.src.pos += n
		break
	}
	h := &c.header
	if h.CompressedPageSize < 0 || h.UncompressedPageSize < 0 {
		return fmt.Errorf("the page header is corrupt: %d bytes, %d uncompressed", h.CompressedPageSize, h.UncompressedPageSize)
	}
	if size := int64(h.UncompressedPageSize); size > plausible && size > c.meta.TotalUncompressedSize {
		return fmt.Errorf("the page header is corrupt: %d bytes uncompressed, the whole chunk has %d", size, c.meta.TotalUncompressedSize)
	}
	return nil
}

// nextDataHeader goes to the next data page, over dictionary and index pages, and answers its number of levels.
func (c *columnReader) nextDataHeader() (int, error) {
	if c.valuesLeft <= 0 {
		return 0, fmt.Errorf("the column ends %d rows before its row group", c.rowsLeft)
	}
	for {
		c.pageNo++
		if err := c.nextHeader(); err != nil {
			return 0, err
		}
		h := &c.header
		var n int
		switch h.Type {
		case format.DataPage:
			if !h.DataPageHeader.Valid {
				return 0, errors.New("the page header is corrupt: it says nothing of the data")
			}
			n = int(h.DataPageHeader.V.NumValues)
		case format.DataPageV2:
			if !h.DataPageHeaderV2.Valid {
				return 0, errors.New("the page header is corrupt: it says nothing of the data")
			}
			n = int(h.DataPageHeaderV2.V.NumValues)
		case format.DictionaryPage:
			if err := c.readDictionary(); err != nil {
				return 0, err
			}
			continue
		default:
			if _, err := c.src.take(int(h.CompressedPageSize)); err != nil {
				return 0, err
			}
			continue
		}
		if n < 0 || int64(n) > c.valuesLeft || n > maxPageValues {
			return 0, fmt.Errorf("the page header is corrupt: %d values where the column chunk has %d left", n, c.valuesLeft)
		}
		return n, nil
	}
}

// loadPage goes to the next data page that has values and unpacks it.
func (c *columnReader) loadPage() error {
	for {
		n, err := c.nextDataHeader()
		if err != nil {
			return err
		}
		if err := c.decodePage(n); err != nil {
			return err
		}
		if n > 0 {
			return nil
		}
	}
}

// decodePage unpacks the data page of n levels whose header was read.
func (c *columnReader) decodePage(n int) error {
	c.dropPage()
	body, err := c.body()
	if err != nil {
		return err
	}
	c.valuesLeft -= int64(n)
	c.page = page{slots: n, conv: c.leaf.shape.conv, valid: nil, def: c.page.def[:0], rep: c.page.rep[:0], ends: c.page.ends, idx: c.page.idx}
	h := &c.header
	var values []byte
	var encoding format.Encoding
	if h.Type == format.DataPage {
		d := &h.DataPageHeader.V
		encoding = d.Encoding
		if values, err = c.decompress(body, int(h.UncompressedPageSize)); err != nil {
			return err
		}
		values, err = c.levelsV1(values, d)
	} else {
		encoding = h.DataPageHeaderV2.V.Encoding
		values, err = c.levelsV2(body)
	}
	if err != nil {
		return err
	}
	if c.page.dense == 0 {
		c.page.kind, c.page.data = valuesFixed, nil
		return nil
	}
	return c.decodeValues(encoding, values)
}

// dropPage gives back what the page holds.
func (c *columnReader) dropPage() {
	c.src.pool.put(c.raw)
	c.raw = nil
	c.page.data = nil
	c.page.slots, c.page.pos = 0, 0
}

// body answers the bytes of the page behind its header, and checks their checksum.
func (c *columnReader) body() ([]byte, error) {
	h := &c.header
	body, err := c.src.take(int(h.CompressedPageSize))
	if err != nil {
		return nil, err
	}
	if h.CRC != 0 { // a checksum of 0 cannot be told from none
		if sum := int32(crc32.ChecksumIEEE(body)); sum != h.CRC {
			return nil, fmt.Errorf("the page is corrupt: its checksum is %08x, its header says %08x", uint32(sum), uint32(h.CRC))
		}
	}
	return body, nil
}

// decompress answers the size bytes that body holds. They are good until the
// next page: body itself, or a buffer that c.raw keeps.
func (c *columnReader) decompress(body []byte, size int) ([]byte, error) {
	if c.meta.Codec == format.Uncompressed {
		if len(body) != size {
			return nil, fmt.Errorf("the page header is corrupt: an uncompressed page of %d bytes claims %d", len(body), size)
		}
		return body, nil
	}
	c.src.pool.put(c.raw)
	c.raw = c.src.pool.get(size)
	if err := c.codec.decompress(c.meta.Codec, c.raw, body); err != nil {
		return nil, err
	}
	return c.raw, nil
}

// levelsV1 unpacks the levels at the beginning of a page and answers the rest.
func (c *columnReader) levelsV1(b []byte, d *format.DataPageHeader) ([]byte, error) {
	l, p := c.leaf, &c.page
	var err error
	if l.maxRep > 0 {
		p.rep = resize(p.rep, p.slots)
		if b, err = levelsBytes(p.rep, b, d.RepetitionLevelEncoding, l.maxRep); err != nil {
			return nil, fmt.Errorf("repetition levels: %w", err)
		}
	}
	if l.maxDef > 0 {
		if l.flat && d.DefinitionLevelEncoding == format.RLE {
			var run []byte
			if run, b, err = prefixed(b); err == nil {
				err = c.validity(run)
			}
		} else {
			p.def = resize(p.def, p.slots)
			b, err = levelsBytes(p.def, b, d.DefinitionLevelEncoding, l.maxDef)
		}
		if err != nil {
			return nil, fmt.Errorf("definition levels: %w", err)
		}
	}
	c.countDense()
	return b, nil
}

// levelsV2 unpacks the levels of a page of version 2, which are never compressed, and answers the values.
func (c *columnReader) levelsV2(body []byte) ([]byte, error) {
	l, p, d := c.leaf, &c.page, &c.header.DataPageHeaderV2.V
	rep, def := int(d.RepetitionLevelsByteLength), int(d.DefinitionLevelsByteLength)
	size := int(c.header.UncompressedPageSize) - rep - def
	if rep < 0 || def < 0 || rep > len(body) || def > len(body)-rep || size < 0 {
		return nil, fmt.Errorf("the page header is corrupt: %d and %d bytes of levels in %d", rep, def, len(body))
	}
	if l.maxRep > 0 {
		p.rep = resize(p.rep, p.slots)
		if err := decodeLevels(p.rep, body[:rep], levelWidth(l.maxRep), byte(l.maxRep)); err != nil {
			return nil, fmt.Errorf("repetition levels: %w", err)
		}
	}
	if l.maxDef > 0 {
		var err error
		if l.flat {
			err = c.validity(body[rep : rep+def])
		} else {
			p.def = resize(p.def, p.slots)
			err = decodeLevels(p.def, body[rep:rep+def], levelWidth(l.maxDef), byte(l.maxDef))
		}
		if err != nil {
			return nil, fmt.Errorf("definition levels: %w", err)
		}
	}
	c.countDense()
	body = body[rep+def:]
	if (d.IsCompressed.Valid && !d.IsCompressed.V) || size == 0 {
		return body, nil
	}
	return c.decompress(body, size)
}

// validity unpacks definition levels of one bit into the page's bitmap.
func (c *columnReader) validity(run []byte) error {
	p := &c.page
	c.bitmap = resize(c.bitmap, bitmapBytes(p.slots))
	ones, err := decodeBits(c.bitmap, p.slots, run)
	p.dense = ones
	p.valid = c.bitmap
	return err
}

// countDense sets how many values the page has, from its levels.
func (c *columnReader) countDense() {
	l, p := c.leaf, &c.page
	switch {
	case l.maxDef == 0:
		p.dense = p.slots
	case l.flat && p.valid == nil: // the levels came in bytes
		c.bitmap = resize(c.bitmap, bitmapBytes(p.slots))
		p.dense = packLevels(c.bitmap, p.def, 1)
		p.valid, p.def = c.bitmap, p.def[:0]
	case !l.flat:
		for _, d := range p.def {
			if int(d) == l.maxDef {
				p.dense++
			}
		}
	}
	if p.dense == p.slots {
		p.valid = nil
	}
}

// packLevels sets the bits of the levels that are at least least, and answers how many there are.
func packLevels(dst, levels []byte, least byte) int {
	ones := 0
	w := bitWriter{dst: dst}
	for i := 0; i < len(levels); i += 64 {
		block := levels[i:min(i+64, len(levels))]
		var word uint64
		for k, d := range block {
			if d >= least {
				word |= 1 << k
			}
		}
		w.bits(word, uint(len(block)))
		ones += bits.OnesCount64(word)
	}
	w.flush()
	return ones
}

// levelsBytes unpacks levels as pages of version 1 have them and answers what is behind them.
func levelsBytes(dst, b []byte, encoding format.Encoding, top int) ([]byte, error) {
	switch encoding {
	case format.RLE:
		run, rest, err := prefixed(b)
		if err != nil {
			return nil, err
		}
		return rest, decodeLevels(dst, run, levelWidth(top), byte(top))
	case format.BitPacked:
		n, err := decodePackedLevels(dst, b, levelWidth(top), byte(top))
		if err != nil {
			return nil, err
		}
		return b[n:], nil
	default:
		return nil, fmt.Errorf("encoding %s is not one of levels", encoding)
	}
}

func levelWidth(top int) uint { return uint(bits.Len(uint(top))) }

// denseIn counts the values among the next n levels of a flat page.
func (p *page) denseIn(n int) int {
	if p.valid == nil {
		return n
	}
	return bitutil.CountSetBits(p.valid, p.pos, n)
}

// resize answers b with n elements, which hold anything.
func resize[T any](b []T, n int) []T {
	if cap(b) >= n {
		return b[:n]
	}
	return make([]T, n, n+n/8)
}
