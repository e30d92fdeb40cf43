package parquet

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v17/arrow"
)

// byteOrder says what byte strings are and how they are ordered.
type byteOrder struct {
	width  int  // bytes of each; 0 if they differ
	signed bool // two's complement, big-endian
	text   bool // UTF-8
}

// less: parquet.thrift, "ColumnOrder": byte by byte, unsigned; LogicalTypes.md, "DECIMAL": for two's complement of one
// length the same with the sign bit flipped.
func (o byteOrder) less(a, b string) bool {
	if o.signed && (a[0]^b[0])&0x80 != 0 {
		return a[0]&0x80 != 0
	}
	return a < b
}

// prefix is the first eight bytes as a number: where those of two strings differ, they are in the strings' order.
func (o byteOrder) prefix(s string) uint64 {
	var p uint64
	if len(s) >= 8 {
		p = uint64(s[7]) | uint64(s[6])<<8 | uint64(s[5])<<16 | uint64(s[4])<<24 |
			uint64(s[3])<<32 | uint64(s[2])<<40 | uint64(s[1])<<48 | uint64(s[0])<<56
	} else {
		for i := range len(s) {
			p |= uint64(s[i]) << (56 - 8*i)
		}
	}
	if o.signed {
		p ^= 1 << 63
	}
	return p
}

// byteValues are the values of a BYTE_ARRAY or a FIXED_LEN_BYTE_ARRAY.
type byteValues struct {
	load        byteLoad
	rule        byteOrder
	refs        []string
	scratch     []byte
	plain       []byte // the open page without a dictionary
	n           int    // its values
	table       byteTable
	d           dictionary
	indices     []int32  // by place of a dictionary array
	places      []int    // of its values that are named
	seen        []uint32 // by index: the last page that has it
	serial      uint32   // of the open page
	page, chunk byteSpan
	last        bounds
}

func newByteValues(load byteLoad, order byteOrder) values {
	v := &byteValues{load: load, rule: order, serial: 1, table: newByteTable(order.width)}
	v.d.reset()
	return v
}

func (v *byteValues) add(arr arrow.Array, s selection) error {
	if v.d.on && s.repeats && arr.Len() <= s.len() {
		return v.addRepeats(arr, s.list)
	}
	var err error
	if v.refs, err = v.load(v.refs[:0], arr, s, &v.scratch); err != nil {
		return err
	}
	if v.d.on {
		v.probe()
	} else {
		v.append()
	}
	clear(v.refs) // they are borrowed
	return nil
}

// addRepeats takes the values of a dictionary array: each that is named is looked up once.
func (v *byteValues) addRepeats(arr arrow.Array, list []int) error {
	const unknown, named = -2, -1
	indices := room(&v.indices, arr.Len())
	for i := range indices {
		indices[i] = unknown
	}
	places := v.places[:0]
	for _, at := range list {
		if indices[at] == unknown {
			indices[at] = named
			places = append(places, at)
		}
	}
	v.places = places
	var err error
	if v.refs, err = v.load(v.refs[:0], arr, selection{list: places}, &v.scratch); err != nil {
		return err
	}
	for i, s := range v.refs {
		indices[places[i]] = v.index(s)
	}
	clear(v.refs)
	d := &v.d
	d.tried += len(list)
	n := len(d.indices)
	d.indices = grown(d.indices, len(list))
	for i, at := range list {
		index := indices[at]
		d.indices[n+i] = index
		d.flat += len(v.table.encoded(index))
	}
	d.entries, d.bytes = v.table.len(), len(v.table.plain)
	return nil
}

// index answers the index of s in the dictionary and notes that the open page has it.
func (v *byteValues) index(s string) int32 {
	index := v.table.index(s)
	if int(index) == len(v.seen) {
		v.seen = append(v.seen, 0)
	}
	if v.seen[index] != v.serial {
		v.seen[index] = v.serial
		v.page.add(s, v.rule)
	}
	return index
}

// append takes the refs as PLAIN: Encodings.md, "PLAIN": each behind its length of 32 bits, if the lengths differ.
func (v *byteValues) append() {
	size := v.sizeOf(v.refs)
	at := len(v.plain)
	v.plain = grown(v.plain, size)
	for _, s := range v.refs {
		v.page.add(s, v.rule)
		if v.rule.width == 0 {
			binary.LittleEndian.PutUint32(v.plain[at:], uint32(len(s)))
			at += 4
		}
		at += copy(v.plain[at:], s)
	}
	v.n += len(v.refs)
}

// sizeOf is the bytes of refs as PLAIN.
func (v *byteValues) sizeOf(refs []string) (size int) {
	if w := v.rule.width; w > 0 {
		return w * len(refs)
	}
	for _, s := range refs {
		size += 4 + len(s)
	}
	return size
}

// probe takes the refs as indices.
func (v *byteValues) probe() {
	d := &v.d
	d.tried += len(v.refs)
	d.flat += v.sizeOf(v.refs)
	n := len(d.indices)
	d.indices = grown(d.indices, len(v.refs))
	for i, s := range v.refs {
		d.indices[n+i] = v.index(s)
	}
	d.entries, d.bytes = v.table.len(), len(v.table.plain)
}

func (v *byteValues) len() int            { return v.n + len(v.d.indices) }
func (v *byteValues) dict() *dictionary   { return &v.d }
func (v *byteValues) pageBounds() bounds  { return v.last }
func (v *byteValues) chunkBounds() bounds { return v.chunk.bounds() }

func (v *byteValues) size() int {
	if v.d.on {
		return v.d.size()
	}
	return len(v.plain)
}

func (v *byteValues) flatten() {
	v.plain = v.plain[:0]
	for _, index := range v.d.indices {
		v.plain = append(v.plain, v.table.encoded(index)...)
	}
	v.n = len(v.d.indices)
	v.d.on, v.d.indices = false, v.d.indices[:0]
}

func (v *byteValues) encode(dst []byte) []byte {
	v.last = v.page.bounds()
	v.chunk.join(&v.page, v.rule)
	v.page.any = false
	v.serial++
	if v.d.on {
		return v.d.encode(dst)
	}
	dst = append(dst, v.plain...)
	v.plain, v.n = v.plain[:0], 0
	return dst
}

func (v *byteValues) encodeDictionary(dst []byte) []byte { return append(dst, v.table.plain...) }

func (v *byteValues) order(a, b []byte) int {
	switch s, t := text(a), text(b); {
	case s == t:
		return 0
	case v.rule.less(s, t):
		return -1
	default:
		return 1
	}
}

func (v *byteValues) reset() {
	v.table.reset()
	v.seen = v.seen[:0]
	v.d.reset()
	v.chunk.any = false
}

// byteSpan is the least and the greatest of some byte strings, in memory of its own.
type byteSpan struct {
	min, max             []byte
	minPrefix, maxPrefix uint64
	any                  bool
}

func (b *byteSpan) add(s string, order byteOrder) {
	p := order.prefix(s)
	if !b.any {
		b.min, b.max = append(b.min[:0], s...), append(b.max[:0], s...)
		b.minPrefix, b.maxPrefix, b.any = p, p, true
		return
	}
	if p <= b.minPrefix && order.less(s, text(b.min)) {
		b.min, b.minPrefix = append(b.min[:0], s...), p
	}
	if p >= b.maxPrefix && order.less(text(b.max), s) {
		b.max, b.maxPrefix = append(b.max[:0], s...), p
	}
}

func (b *byteSpan) join(more *byteSpan, order byteOrder) {
	if more.any {
		b.add(text(more.min), order)
		b.add(text(more.max), order)
	}
}

func (b *byteSpan) bounds() bounds {
	if !b.any {
		return bounds{}
	}
	return bounds{min: append([]byte{}, b.min...), max: append([]byte{}, b.max...)}
}
