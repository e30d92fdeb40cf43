package parquet

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// chunk is the pages of a column in the open row group.
type chunk struct {
	data   blocks
	pages  []pageInfo
	raw    int64 // bytes of the pages, not compressed, with their headers
	values int64 // nulls included
	nulls  int64
}

// pageInfo is what is known of a data page.
type pageInfo struct {
	encoding format.Encoding
	rows     int
	values   int // nulls included
	nulls    int
	bounds   bounds
	offset   int64 // from the first data page of the chunk
	size     int   // with its header
}

// addPage appends the data page whose bytes are in w.raw.
func (c *chunk) addPage(w *Writer, p pageInfo) error {
	h := &w.header
	*h = format.PageHeader{Type: format.DataPage}
	h.DataPageHeader.Set(format.DataPageHeader{
		NumValues:               int32(p.values),
		Encoding:                p.encoding,
		DefinitionLevelEncoding: format.RLE,
		RepetitionLevelEncoding: format.RLE,
		// The bounds are in the page index: parquet.thrift, "DataPageHeader", PageIndex.md.
		Statistics: format.Statistics{NullCount: int64(p.nulls)},
	})
	header, body, err := w.compress()
	if err != nil {
		return err
	}
	p.offset, p.size = c.data.size, len(header)+len(body)
	c.data.append(&w.pool, header)
	c.data.append(&w.pool, body)
	c.pages = append(c.pages, p)
	c.raw += int64(len(header) + len(w.raw))
	c.values += int64(p.values)
	c.nulls += int64(p.nulls)
	w.buffered += int64(p.size)
	w.rawTotal += int64(len(w.raw))
	w.outTotal += int64(p.size)
	return nil
}

// compress completes w.header for the page whose bytes are in w.raw and answers both as they stand in the file, good
// until the next call.
func (w *Writer) compress() (header, body []byte, err error) {
	if len(w.raw) <= math.MaxInt32 {
		body = w.codec.compress(w.raw)
	}
	if max(len(w.raw), len(body)) > math.MaxInt32 {
		return nil, nil, fmt.Errorf("a page of %d bytes: 2 GiB are the most, and a row is never split", len(w.raw))
	}
	h := &w.header
	h.UncompressedPageSize, h.CompressedPageSize = int32(len(w.raw)), int32(len(body))
	h.CRC = int32(crc32.ChecksumIEEE(body)) // parquet.thrift, "PageHeader": of the compressed bytes
	w.thrift.buf.Reset()
	if err := w.thrift.enc.Encode(h); err != nil {
		return nil, nil, err
	}
	return w.thrift.buf.Bytes(), body, nil
}

// structs encodes the structures of the format: thrift's compact protocol.
type structs struct {
	buf *bytes.Buffer
	enc *thrift.Encoder
}

func newStructs() structs {
	buf := new(bytes.Buffer)
	return structs{buf, thrift.NewEncoder(new(thrift.CompactProtocol).NewWriter(buf))}
}

// write writes the chunk to the file and begins the next one.
func (c *column) write(w *Writer) (format.ColumnChunk, error) {
	k := &c.chunk
	start := w.written
	meta := format.ColumnMetaData{
		Type:         c.form.physical,
		PathInSchema: c.path,
		Codec:        w.codec.format(),
		NumValues:    k.values,
	}
	meta.TotalUncompressedSize = k.raw
	var byEncoding [2]int32 // with a dictionary, without
	for _, p := range k.pages {
		if p.encoding == format.Plain {
			byEncoding[1]++
		} else {
			byEncoding[0]++
		}
	}
	meta.Encoding = append(meta.Encoding, format.RLE, format.Plain) // of levels, and of values or the dictionary
	if byEncoding[0] > 0 {
		meta.Encoding = append(meta.Encoding, format.RLEDictionary)
		meta.EncodingStats = append(meta.EncodingStats,
			format.PageEncodingStats{PageType: format.DictionaryPage, Encoding: format.Plain, Count: 1},
			format.PageEncodingStats{PageType: format.DataPage, Encoding: format.RLEDictionary, Count: byEncoding[0]})
		size, err := c.writeDictionary(w)
		if err != nil {
			return format.ColumnChunk{}, fmt.Errorf("column %q: %w", c.name(), err)
		}
		meta.DictionaryPageOffset = start
		meta.TotalUncompressedSize += size
	}
	if byEncoding[1] > 0 {
		meta.EncodingStats = append(meta.EncodingStats,
			format.PageEncodingStats{PageType: format.DataPage, Encoding: format.Plain, Count: byEncoding[1]})
	}
	meta.DataPageOffset = w.written
	meta.Statistics = c.statistics()
	w.indexes = append(w.indexes, c.index(w.written))
	w.written += k.data.size
	if err := k.data.writeTo(w.out, &w.pool); err != nil {
		return format.ColumnChunk{}, err
	}
	meta.TotalCompressedSize = w.written - start
	*k = chunk{data: k.data, pages: k.pages[:0]}
	c.values.reset()
	return format.ColumnChunk{MetaData: meta}, nil
}

// writeDictionary writes the dictionary page, which comes first: parquet.thrift, "DictionaryPageHeader".
func (c *column) writeDictionary(w *Writer) (size int64, err error) {
	w.raw = c.values.encodeDictionary(w.raw[:0])
	w.header = format.PageHeader{Type: format.DictionaryPage}
	w.header.DictionaryPageHeader.Set(format.DictionaryPageHeader{
		NumValues: int32(c.values.dict().entries),
		Encoding:  format.Plain,
	})
	header, body, err := w.compress()
	if err != nil {
		return 0, err
	}
	for _, b := range [][]byte{header, body} {
		if _, err := w.out.Write(b); err != nil {
			return 0, err
		}
		w.written += int64(len(b))
	}
	return int64(len(header) + len(w.raw)), nil
}
