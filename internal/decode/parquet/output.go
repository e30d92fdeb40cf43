package parquet

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// column is what a leaf has gathered of a batch.
type column struct {
	slots  int
	nulls  int
	valid  grown // a bitmap, from the first null on
	values grown // of fixed width, bits, or bytes of strings
	ends   grown // offsets of strings
	def    []byte
	rep    []byte

	encode        bool // gather indices instead of strings
	newDictionary bool // the dictionary is not in entries yet
	entries       int  // values of the dictionaries of the batch
	base          int  // the entries before the present dictionary
	words         grown
	wordEnds      grown
}

func (o *column) init(mem memory.Allocator) {
	for _, g := range []*grown{&o.valid, &o.values, &o.ends, &o.words, &o.wordEnds} {
		g.mem = mem
	}
}

// begin makes room for rows rows of the leaf.
func (o *column) begin(l *leaf, rows int) {
	o.slots, o.nulls = 0, 0
	o.def, o.rep = o.def[:0], o.rep[:0]
	o.newDictionary, o.entries, o.base = true, 0, 0
	switch {
	case o.encode:
		o.values.reserve(rows * 4)
		o.wordEnds.putEnd(0)
	case l.shape.conv == convBytes:
		o.ends.reserve((rows + 1) * offsetWidth(l.shape.large))
		clear(o.ends.extend(offsetWidth(l.shape.large)))
	case l.shape.conv == convBits:
		o.values.reserve(bitmapBytes(rows))
	case l.flat:
		o.values.reserve(rows * l.shape.width)
	}
}

func offsetWidth(large bool) int {
	if large {
		return 8
	}
	return 4
}

// putEnd appends an offset.
func (g *grown) putEnd(v int32) { view[int32](g.extend(4))[0] = v }

// bitsTo makes room for the bits from..to of a bitmap and answers the bitmap.
func (g *grown) bitsTo(to int) []byte {
	g.extend(max(bitmapBytes(to)-g.len, 0))
	return g.buf.Bytes()
}

// mark appends the validity of slots places, of which dense are valid.
func (o *column) mark(slots, dense int, valid []byte, off int) {
	switch {
	case dense < slots:
		had := o.nulls > 0
		b := o.valid.bitsTo(o.slots + slots)
		if !had {
			bitutil.SetBitsTo(b, 0, int64(o.slots), true)
		}
		bitutil.CopyBitmap(valid, off, slots, b, o.slots)
		o.nulls += slots - dense
	case o.nulls > 0:
		bitutil.SetBitsTo(o.valid.bitsTo(o.slots+slots), int64(o.slots), int64(slots), true)
	}
	o.slots += slots
}

// appendValues appends slots places: the next dense values of the page where
// valid, from bit off on, has ones. valid is not looked at where all are values.
func (c *columnReader) appendValues(slots, dense int, valid []byte, off int) error {
	o, s := &c.out, &c.leaf.shape
	var err error
	switch {
	case o.encode:
		err = c.appendIndices(slots, dense, valid, off)
	case s.conv == convBytes:
		err = c.appendStrings(slots, dense, valid, off)
	case s.conv == convBits:
		c.appendBits(slots, dense, valid, off)
	case s.conv != convNull:
		err = c.appendFixed(slots, dense, valid, off)
	}
	if err != nil {
		return err
	}
	o.mark(slots, dense, valid, off)
	return nil
}

func (c *columnReader) appendFixed(slots, dense int, valid []byte, off int) error {
	s, p := &c.leaf.shape, &c.page
	dst := c.out.values.extend(slots * s.width)
	switch {
	case dense == slots:
		return c.fixedInto(dst, dense)
	case dense == 0:
		clear(dst)
		return nil
	case p.kind == valuesFixed && (p.conv == convCopy):
		spreadFixed(dst, p.data[p.used*s.width:(p.used+dense)*s.width], s.width, valid, off)
		return nil
	}
	c.spare = resize(c.spare, dense*s.width)
	if err := c.fixedInto(c.spare, dense); err != nil {
		return err
	}
	spreadFixed(dst, c.spare, s.width, valid, off)
	return nil
}

// fixedInto writes the next n dense values of fixed width.
func (c *columnReader) fixedInto(dst []byte, n int) error {
	s, p := &c.leaf.shape, &c.page
	if n == 0 {
		return nil
	}
	if p.kind == valuesIndices {
		gatherFixed(dst, c.dict.fixed, p.idx[p.used:p.used+n], s.width)
		return nil
	}
	width := s.physical
	if p.conv == convCopy {
		width = s.width
	}
	return convert(s, p.conv, dst, p.data[p.used*width:], n)
}

func (c *columnReader) appendBits(slots, dense int, valid []byte, off int) {
	o, p := &c.out, &c.page
	dst := o.values.bitsTo(o.slots + slots)
	switch {
	case dense == 0:
		bitutil.SetBitsTo(dst, int64(o.slots), int64(slots), false)
	case dense == slots:
		bitutil.CopyBitmap(p.data, p.used, slots, dst, o.slots)
	default:
		spreadBits(dst, o.slots, p.data, p.used, valid, off, slots)
	}
}

func (c *columnReader) appendStrings(slots, dense int, valid []byte, off int) error {
	o := &c.out
	direct := dense == slots && !c.leaf.shape.large
	if direct {
		ends := view[int32](o.ends.extend(slots * 4))
		return c.stringsInto(ends, o.values.len)
	}
	before := o.values.len
	c.sparse = resize(c.sparse, dense)
	if c.leaf.shape.large {
		// Counted from the beginning of this piece, and widened below.
		if err := c.stringsInto(c.sparse, 0); err != nil {
			return err
		}
		widenEnds(view[int64](o.ends.extend(slots*8)), c.sparse, int64(before), valid, off, dense == slots)
		return nil
	}
	if err := c.stringsInto(c.sparse, before); err != nil {
		return err
	}
	spreadEnds(view[int32](o.ends.extend(slots*4)), c.sparse, int32(before), valid, off)
	return nil
}

func widenEnds(dst []int64, ends []int32, base int64, valid []byte, off int, full bool) {
	last, j := base, 0
	for i := range dst {
		if full || getBit(valid, off+i) {
			last = base + int64(ends[j])
			j++
		}
		dst[i] = last
	}
}

// stringsInto appends the next len(ends) byte strings to the values of c.out and writes their ends, counted from base.
func (c *columnReader) stringsInto(ends []int32, base int) error {
	o, p := &c.out, &c.page
	n := len(ends)
	if n == 0 {
		return nil
	}
	switch p.kind {
	case valuesIndices:
		idx := p.idx[p.used : p.used+n]
		size, err := c.dict.gatherEnds(ends, idx, int32(base))
		if err != nil {
			return err
		}
		c.dict.gatherStrings(o.values.extend(size), idx)
		return nil
	case valuesEnds:
		start := int32(0)
		if p.used > 0 {
			start = p.ends[p.used-1]
		}
		last := p.ends[p.used+n-1]
		if int64(base)+int64(last-start) > math.MaxInt32 {
			return errTooMuchText
		}
		copy(o.values.extend(int(last-start)), p.data[start:last])
		for i, end := range p.ends[p.used : p.used+n] {
			ends[i] = int32(base) + end - start
		}
		return nil
	default:
		return c.plainInto(ends, base)
	}
}

func (c *columnReader) plainInto(ends []int32, base int) error {
	o, p := &c.out, &c.page
	src := p.data[p.at:]
	size := len(src) - 4*len(ends)
	if p.used+len(ends) < p.dense || size < 0 {
		var err error
		if size, _, err = plainSize(src, len(ends)); err != nil {
			return err
		}
	}
	if int64(base)+int64(size) > math.MaxInt32 {
		return errTooMuchText
	}
	had := o.values.len
	dst := o.values.extend(size)
	read, wrote, err := copyPlain(dst, ends, src, int32(base))
	if err != nil {
		return err
	}
	o.values.len = had + wrote
	p.at += read
	return nil
}

// data makes Arrow data of what was gathered; the caller releases it.
func (o *column) data(l *leaf) arrow.ArrayData {
	s := &l.shape
	if s.conv == convNull {
		return array.NewData(arrow.Null, o.slots, []*memory.Buffer{nil}, nil, o.slots, 0)
	}
	var validity *memory.Buffer
	nulls := 0
	if o.nulls > 0 && l.nullable {
		validity, nulls = o.valid.take(), o.nulls
	}
	o.valid.drop()
	var buffers []*memory.Buffer
	switch {
	case o.encode:
		buffers = []*memory.Buffer{validity, o.values.take()}
	case s.conv == convBytes:
		buffers = []*memory.Buffer{validity, o.ends.take(), o.values.take()}
	default:
		buffers = []*memory.Buffer{validity, o.values.take()}
	}
	defer func() {
		for _, b := range buffers {
			if b != nil {
				b.Release()
			}
		}
	}()
	if !o.encode {
		return array.NewData(s.dataType, o.slots, buffers, nil, nulls, 0)
	}
	words := o.dictionary(s.dataType)
	defer words.Release()
	return array.NewDataWithDictionary(dictionaryType(s.dataType), o.slots, buffers, nulls, 0, words)
}

// drop releases what was gathered.
func (o *column) drop() {
	for _, g := range []*grown{&o.valid, &o.values, &o.ends, &o.words, &o.wordEnds} {
		g.drop()
	}
}
