package parquet

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go/format"
)

func dictionaryType(values arrow.DataType) *arrow.DictionaryType {
	return &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: values}
}

// encoded answers whether every value of the leaf in the file is in a
// dictionary, as far as the metadata say so for certain.
func (f *File) encoded(l *leaf) bool {
	if !l.flat || l.shape.conv != convBytes || l.shape.large {
		return false
	}
	// DuckDB encodes all pages of a chunk alike, and names PLAIN for its dictionary page.
	alike := strings.HasPrefix(f.meta.CreatedBy, "DuckDB")
	for g := range f.meta.RowGroups {
		if f.meta.RowGroups[g].NumRows > 0 && !chunkEncoded(&f.meta.RowGroups[g].Columns[l.index].MetaData, alike) {
			return false
		}
	}
	return len(f.meta.RowGroups) > 0
}

// chunkEncoded is encoded for one chunk; alike says that all its data pages are encoded alike.
func chunkEncoded(m *format.ColumnMetaData, alike bool) bool {
	if len(m.EncodingStats) > 0 {
		for _, s := range m.EncodingStats {
			data := s.PageType == format.DataPage || s.PageType == format.DataPageV2
			if data && s.Count != 0 && s.Encoding != format.RLEDictionary && s.Encoding != plainDictionary {
				return false
			}
		}
		return true
	}
	// Without statistics, PLAIN may be that of the dictionary page or that of a data page.
	dictionary := false
	for _, e := range m.Encoding {
		switch e {
		case format.RLEDictionary, plainDictionary:
			dictionary = true
		case format.RLE, format.BitPacked:
		default:
			if !alike || e != format.Plain {
				return false
			}
		}
	}
	return dictionary
}

// appendIndices appends indices of the dictionaries of the batch, which follow one another.
func (c *columnReader) appendIndices(slots, dense int, valid []byte, off int) error {
	o, p := &c.out, &c.page
	dst := view[uint32](o.values.extend(slots * 4))
	if dense == 0 {
		clear(dst)
		return nil
	}
	if p.kind != valuesIndices {
		return errors.New("the metadata say that all values are in a dictionary, but those of the page are not: read without Dictionaries")
	}
	if o.newDictionary {
		if err := o.addWords(&c.dict); err != nil {
			return err
		}
		o.newDictionary = false
	}
	idx := p.idx[p.used : p.used+dense]
	if o.base > 0 {
		c.shifted = resize(c.shifted, dense)
		for i, x := range idx {
			c.shifted[i] = x + uint32(o.base)
		}
		idx = c.shifted
	}
	if dense == slots {
		copy(dst, idx)
	} else {
		spread(dst, idx, valid, off)
	}
	return nil
}

// addWords appends the strings of d to the dictionary of the batch.
func (o *column) addWords(d *dictionary) error {
	o.base = o.entries
	o.entries += d.n
	size := int(d.offsets[d.n])
	if o.entries > math.MaxInt32 || int64(o.words.len)+int64(size) > math.MaxInt32 {
		return fmt.Errorf("%d values in the dictionaries of one batch: read without Dictionaries", o.entries)
	}
	start := int32(o.words.len)
	copy(o.words.extend(size), d.data[:size])
	ends := view[int32](o.wordEnds.extend(d.n * 4))
	for i, end := range d.offsets[1 : d.n+1] {
		ends[i] = start + end
	}
	return nil
}

// dictionary answers the dictionary of the batch; the caller releases it.
func (o *column) dictionary(values arrow.DataType) *array.Data {
	ends, words := o.wordEnds.take(), o.words.take()
	defer ends.Release()
	defer words.Release()
	return array.NewData(values, o.entries, []*memory.Buffer{nil, ends, words}, nil, 0, 0)
}
