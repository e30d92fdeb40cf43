package parquet

import (
	"bytes"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/format"
)

const (
	// indexBytes is the most that the page index keeps of a byte array.
	indexBytes = 64
	// statisticsBytes is the most that statistics have of a value: they have it whole or not at all, as they cannot
	// say here that a bound is not exact.
	statisticsBytes = 256
)

// statistics of the chunk.
func (c *column) statistics() format.Statistics {
	s := format.Statistics{NullCount: c.chunk.nulls}
	if b := c.values.chunkBounds(); len(b.min) <= statisticsBytes && len(b.max) <= statisticsBytes {
		s.MinValue, s.MaxValue = b.min, b.max
	}
	return s
}

// pageIndex is the page index of a chunk.
type pageIndex struct {
	columns *format.ColumnIndex // nil where the bounds of a page are not known
	offsets format.OffsetIndex
}

// index makes the page index of a chunk whose first data page begins at start. PageIndex.md, parquet.thrift,
// "ColumnIndex": a page of nulls has empty bounds; a page that has values but no bounds, such as one with a NaN, has no
// place in it, and then the chunk has none.
func (c *column) index(start int64) pageIndex {
	var x pageIndex
	columns := &format.ColumnIndex{}
	row := int64(0)
	for _, p := range c.chunk.pages {
		x.offsets.PageLocations = append(x.offsets.PageLocations, format.PageLocation{
			Offset:             start + p.offset,
			CompressedPageSize: int32(p.size),
			FirstRowIndex:      row,
		})
		row += int64(p.rows)
		empty := p.nulls == p.values
		b, ok := c.indexed(p.bounds)
		if !ok && !empty {
			columns = nil
		}
		if columns == nil {
			continue
		}
		if empty {
			b = bounds{min: []byte{}, max: []byte{}}
		}
		columns.NullPages = append(columns.NullPages, empty)
		columns.NullCounts = append(columns.NullCounts, int64(p.nulls))
		columns.MinValues = append(columns.MinValues, b.min)
		columns.MaxValues = append(columns.MaxValues, b.max)
	}
	if columns != nil {
		columns.BoundaryOrder = boundaryOrder(columns, c.values.order)
		x.columns = columns
	}
	return x
}

// boundaryOrder says whether both bounds go up, or down, over the pages that have any.
func boundaryOrder(x *format.ColumnIndex, order func(a, b []byte) int) format.BoundaryOrder {
	up, down, last := true, true, -1
	for i, empty := range x.NullPages {
		if empty {
			continue
		}
		if last >= 0 {
			low, high := order(x.MinValues[last], x.MinValues[i]), order(x.MaxValues[last], x.MaxValues[i])
			up = up && low <= 0 && high <= 0
			down = down && low >= 0 && high >= 0
		}
		last = i
	}
	switch {
	case up:
		return format.Ascending
	case down:
		return format.Descending
	default:
		return format.Unordered
	}
}

// indexed is b as the page index has it: long byte arrays are cut, the lower bound down, the upper one up.
func (c *column) indexed(b bounds) (bounds, bool) {
	if b.min == nil {
		return b, false
	}
	if c.form.physical == format.FixedLenByteArray {
		return b, len(b.min) <= statisticsBytes
	}
	if c.form.physical != format.ByteArray {
		return b, true
	}
	isText := c.form.logical != nil
	if len(b.max) > indexBytes {
		b.max = above(b.max, isText)
	}
	if len(b.min) > indexBytes {
		b.min = below(b.min, isText)
	}
	return b, b.max != nil
}

// below is the first bytes of b; of a text, whole characters.
func below(b []byte, isText bool) []byte {
	cut := bytes.Clone(b[:indexBytes])
	if isText && utf8.Valid(b) {
		n := indexBytes
		for !utf8.RuneStart(b[n]) {
			n--
		}
		return cut[:n]
	}
	return cut
}

// above is the first bytes of b with the last one, or the last character, raised, so that it is greater than all that
// begin like b; nil where there is none.
func above(b []byte, isText bool) []byte {
	cut := below(b, isText)
	if isText && utf8.Valid(cut) {
		for len(cut) > 0 {
			r, n := utf8.DecodeLastRune(cut)
			cut = cut[:len(cut)-n]
			if next := nextRune(r); next != 0 {
				return utf8.AppendRune(cut, next)
			}
		}
		return nil
	}
	for len(cut) > 0 {
		last := len(cut) - 1
		if cut[last] < 0xff {
			cut[last]++
			return cut
		}
		cut = cut[:last]
	}
	return nil
}

// nextRune is the character after r in the order of UTF-8, which has no surrogates; 0 after the last one.
func nextRune(r rune) rune {
	switch r {
	case 0xd7ff:
		return 0xe000
	case utf8.MaxRune:
		return 0
	default:
		return r + 1
	}
}
