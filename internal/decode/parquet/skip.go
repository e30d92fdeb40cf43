package parquet

import (
	"fmt"
	"sort"

	"github.com/parquet-go/parquet-go/format"
)

// skipInGroup steps over n rows of the open chunk. Pages that the offset
// index places, or whose header counts their rows, are not unpacked.
func (c *columnReader) skipInGroup(n int64) error {
	if c.pageNo == 0 {
		skipped, err := c.jump(n)
		if err != nil {
			return err
		}
		n -= skipped
	}
	for n > 0 {
		if p := &c.page; p.pos < p.slots {
			take := n
			if c.leaf.maxRep == 0 {
				take = min(n, int64(p.slots-p.pos))
			}
			if err := c.rows(take, false); err != nil {
				return err
			}
			n -= take
			continue
		}
		values, err := c.nextDataHeader()
		if err != nil {
			return err
		}
		if rows, known := c.headerRows(values); known && rows <= n {
			if err := c.src.seek(c.src.offset() + int64(c.header.CompressedPageSize)); err != nil {
				return err
			}
			c.valuesLeft -= int64(values)
			c.rowsLeft -= rows
			n -= rows
			continue
		}
		if err := c.decodePage(values); err != nil {
			return err
		}
	}
	return nil
}

// headerRows answers how many rows the page of values levels has, where its header tells.
func (c *columnReader) headerRows(values int) (int64, bool) {
	if c.leaf.maxRep == 0 {
		return int64(values), true
	}
	if h := &c.header; h.Type == format.DataPageV2 {
		rows := int64(h.DataPageHeaderV2.V.NumRows)
		return rows, rows >= 0
	}
	return 0, false
}

// jump goes to the page that holds row n of the chunk by the offset index, if
// there is one, and answers how many rows it stepped over.
func (c *columnReader) jump(n int64) (int64, error) {
	chunk := &c.file.meta.RowGroups[c.group].Columns[c.leaf.index]
	start, length := chunk.OffsetIndexOffset, int64(chunk.OffsetIndexLength)
	if start <= 0 || length <= 0 || start > c.file.size || length > c.file.size-start {
		return 0, nil
	}
	raw := make([]byte, length)
	if err := readAt(c.file.r, raw, start); err != nil {
		return 0, fmt.Errorf("read the offset index: %w", err)
	}
	var index format.OffsetIndex
	if _, err := unmarshalThrift(raw, &index); err != nil {
		return 0, fmt.Errorf("the offset index is corrupt: %w", err)
	}
	pages := index.PageLocations
	for i := range pages {
		if pages[i].FirstRowIndex < 0 || pages[i].FirstRowIndex > c.rowsLeft ||
			i > 0 && (pages[i].FirstRowIndex < pages[i-1].FirstRowIndex || pages[i].Offset < pages[i-1].Offset) {
			return 0, fmt.Errorf("the offset index is corrupt: page %d at row %d", i, pages[i].FirstRowIndex)
		}
	}
	at := sort.Search(len(pages), func(i int) bool { return pages[i].FirstRowIndex > n }) - 1
	if at <= 0 {
		return 0, nil
	}
	if c.meta.DictionaryPageOffset > 0 || pages[0].Offset > c.src.offset() {
		// The dictionary stands before the first data page.
		c.pageNo++
		if err := c.nextHeader(); err != nil {
			return 0, err
		}
		if c.header.Type == format.DictionaryPage {
			if err := c.readDictionary(); err != nil {
				return 0, err
			}
		}
	}
	if err := c.src.seek(pages[at].Offset); err != nil {
		return 0, err
	}
	c.pageNo += at
	c.jumped = true
	rows := pages[at].FirstRowIndex
	c.rowsLeft -= rows
	if c.leaf.maxRep == 0 {
		c.valuesLeft -= rows
		c.jumped = false
	}
	return rows, nil
}
