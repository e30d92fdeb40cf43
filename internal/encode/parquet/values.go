package parquet

import (
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
)

// values holds the values of a leaf that are there: those of the open page, and the dictionary of the open chunk.
type values interface {
	// add appends the selected values of arr, which it borrows, to the open page.
	add(arr arrow.Array, s selection) error
	// len is the number of values of the open page, size about its bytes as it is encoded now.
	len() int
	size() int
	// dict is the dictionary; nil for values that have none.
	dict() *dictionary
	// flatten makes a page of indices one of values. It is for pages whose values have room.
	flatten()
	// encode appends the values of the open page to dst and begins the next page.
	encode(dst []byte) []byte
	// pageBounds are the least and the greatest value of the page that was encoded last, chunkBounds those of the chunk.
	pageBounds() bounds
	chunkBounds() bounds
	// encodeDictionary appends the dictionary as PLAIN to dst.
	encodeDictionary(dst []byte) []byte
	// order compares two values as bounds has them.
	order(a, b []byte) int
	// reset begins the next chunk.
	reset()
}

// bounds are the least and the greatest of some values, as they stand in statistics: parquet.thrift, "Statistics":
// PLAIN, without the length of a byte array. Without any value that has an order both are nil.
type bounds struct{ min, max []byte }

// join widens b to hold the bounds of more values.
func (b *bounds) join(more bounds, order func(a, b []byte) int) {
	if more.min == nil {
		return
	}
	if b.min == nil || order(more.min, b.min) < 0 {
		b.min = more.min
	}
	if b.max == nil || order(more.max, b.max) > 0 {
		b.max = more.max
	}
}

// Limits of dictionaries.
const (
	// sampleValues are looked at before it is known whether they repeat.
	sampleValues = 16 << 10
	// maxEntries keeps the indices within 16 bits, which are packed fastest.
	maxEntries = 1 << 16
	// maxDictionaryBytes bounds the dictionary page.
	maxDictionaryBytes = 1 << 20
	// maxFlatten is the most bytes that a page of indices may get as values.
	maxFlatten = 2 << 20
)

// dictionary is the state of the dictionary of a chunk and the indices of the open page.
type dictionary struct {
	on      bool // the open page has indices
	ended   bool // the next one has none
	pages   int  // pages of this chunk that have indices
	entries int
	bytes   int // of the entries as PLAIN
	tried   int // values of this chunk
	flat    int // bytes of the open page's values as PLAIN
	indices []int32
	rle     rle.Encoding
	packed  []byte
}

// failed says whether the values repeat too little, or are too many, to go on.
func (d *dictionary) failed() bool {
	return d.entries > maxEntries || d.bytes > maxDictionaryBytes || d.tried >= sampleValues && d.entries > d.tried/4*3
}

// pays says whether the only page of a chunk is smaller with the dictionary than without.
func (d *dictionary) pays() bool { return d.bytes+d.size() < d.flat }

// size is about the bytes of the indices, behind that of their width.
func (d *dictionary) size() int { return 1 + len(d.indices)*bitLen(d.entries)/8 }

func bitLen(n int) (bits int) {
	for n--; n > 0; n >>= 1 {
		bits++
	}
	return bits
}

// encode appends the indices to dst and begins the next page. Encodings.md, "Dictionary Encoding": a byte that says
// how many bits an index has, and the indices in the hybrid of runs and packed bits.
func (d *dictionary) encode(dst []byte) []byte {
	all := int32(0)
	for _, index := range d.indices {
		all |= index
	}
	d.rle.BitWidth = bits.Len32(uint32(all))
	// It fails for widths over 32 bits alone.
	d.packed, _ = d.rle.EncodeInt32(d.packed, d.indices)
	d.indices, d.flat = d.indices[:0], 0
	return append(append(dst, byte(d.rle.BitWidth)), d.packed...)
}

func (d *dictionary) reset() {
	d.on, d.ended = true, false
	d.pages, d.entries, d.bytes, d.tried, d.flat = 0, 0, 0, 0, 0
	d.indices = d.indices[:0]
}

// nullValues are no values.
type nullValues struct{}

func (nullValues) add(arrow.Array, selection) error { return nil }
func (nullValues) len() int                         { return 0 }
func (nullValues) size() int                        { return 0 }
func (nullValues) dict() *dictionary                { return nil }
func (nullValues) flatten()                         {}
func (nullValues) encode(dst []byte) []byte         { return dst }
func (nullValues) pageBounds() bounds               { return bounds{} }
func (nullValues) chunkBounds() bounds              { return bounds{} }
func (nullValues) encodeDictionary(d []byte) []byte { return d }
func (nullValues) order(_, _ []byte) int            { return 0 }
func (nullValues) reset()                           {}

// encodingOf is how the open page of values is encoded.
func encodingOf(d *dictionary) format.Encoding {
	if d != nil && d.on {
		return format.RLEDictionary
	}
	return format.Plain
}
