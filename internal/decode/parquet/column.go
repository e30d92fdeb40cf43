package parquet

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go/format"
)

// columnReader reads one leaf of the file in row order. One goroutine uses it at a time.
type columnReader struct {
	file  *File
	leaf  *leaf
	src   chunkReader
	codec *decompressor          // of the worker that reads at present
	meta  *format.ColumnMetaData // of the open chunk

	group      int   // the row group that is open, or else comes next
	opened     bool  // whether its chunk is open
	pageNo     int   // pages of the chunk that were begun, dictionaries included
	rowsLeft   int64 // rows of the chunk that were not taken
	valuesLeft int64 // levels of the chunk in pages that were not begun
	jumped     bool  // valuesLeft is too high: the levels of pages that were jumped over are not known

	header format.PageHeader
	page   page
	dict   dictionary
	out    column

	raw      []byte // lent by the pool: the decompressed page
	bitmap   []byte
	fixed    []byte
	bytes    []byte
	prefixes []int32
	spare    []byte   // dense values on their way between nulls
	sparse   []int32  // ends of dense byte strings, likewise
	shifted  []uint32 // indices, shifted to a later dictionary of the batch
}

func newColumnReader(f *File, l *leaf, pool *scratchPool, mem memory.Allocator) *columnReader {
	c := &columnReader{file: f, leaf: l}
	c.src = chunkReader{r: f.r, pool: pool}
	c.out.init(mem)
	return c
}

// guard adds to err where in the file it arose. A panic, which only a bug or
// a library that did not expect a corrupt page can raise, becomes an error too.
func (c *columnReader) guard(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the page is corrupt: %v", p)
	}
	if *err == nil {
		return
	}
	if c.pageNo == 0 {
		*err = fmt.Errorf("column %q, row group %d: %w", c.leaf.name, c.group, *err)
		return
	}
	*err = fmt.Errorf("column %q, row group %d, page %d: %w", c.leaf.name, c.group, c.pageNo-1, *err)
}

// read appends the next n rows to c.out.
func (c *columnReader) read(n int64) (err error) {
	defer c.guard(&err)
	c.out.begin(c.leaf, int(n))
	for n > 0 {
		if err := c.ensureGroup(); err != nil {
			return err
		}
		take := min(n, c.rowsLeft)
		if err := c.rows(take, true); err != nil {
			return err
		}
		n -= take
		if err := c.endGroup(); err != nil {
			return err
		}
	}
	return nil
}

// skip steps over the next n rows, unpacking as little as possible.
func (c *columnReader) skip(n int64) (err error) {
	defer c.guard(&err)
	for n > 0 {
		if !c.opened {
			if c.group >= len(c.file.meta.RowGroups) {
				return io.ErrUnexpectedEOF
			}
			if rows := c.file.meta.RowGroups[c.group].NumRows; rows <= n {
				n -= rows
				c.group++
				continue
			}
		}
		if err := c.ensureGroup(); err != nil {
			return err
		}
		take := min(n, c.rowsLeft)
		if err := c.skipInGroup(take); err != nil {
			return err
		}
		n -= take
		if err := c.endGroup(); err != nil {
			return err
		}
	}
	return nil
}

// ensureGroup opens the chunk of the next row group that has rows, if none is open.
func (c *columnReader) ensureGroup() error {
	if c.opened {
		return nil
	}
	groups := c.file.meta.RowGroups
	for c.group < len(groups) && groups[c.group].NumRows == 0 {
		c.group++
	}
	if c.group >= len(groups) {
		return io.ErrUnexpectedEOF
	}
	c.meta = &groups[c.group].Columns[c.leaf.index].MetaData
	c.rowsLeft = groups[c.group].NumRows
	c.valuesLeft = c.meta.NumValues
	c.jumped = false
	c.pageNo = 0
	c.dict.loaded = false
	c.dropPage()
	start := chunkStart(c.meta)
	c.src.open(start, start+c.meta.TotalCompressedSize)
	c.opened = true
	c.out.newDictionary = true
	return nil
}

// endGroup closes the chunk once its rows are taken, and makes sure that nothing is left of it.
func (c *columnReader) endGroup() error {
	if c.rowsLeft > 0 {
		return nil
	}
	if left := c.page.slots - c.page.pos; left > 0 || c.valuesLeft > 0 && !c.jumped {
		return fmt.Errorf("the column goes on after the %d rows of its row group", c.file.meta.RowGroups[c.group].NumRows)
	}
	c.opened = false
	c.group++
	c.dropPage()
	c.src.close()
	return nil
}

// rows takes n rows of the open chunk, to c.out if keep.
func (c *columnReader) rows(n int64, keep bool) error {
	if !c.leaf.flat {
		return c.nestedRows(n, keep)
	}
	for n > 0 {
		p := &c.page
		if p.pos == p.slots {
			if err := c.loadPage(); err != nil {
				return err
			}
		}
		take := int(min(n, int64(p.slots-p.pos)))
		dense := p.denseIn(take)
		if err := c.take(take, dense, p.valid, p.pos, keep); err != nil {
			return err
		}
		p.pos += take
		n -= int64(take)
		c.rowsLeft -= int64(take)
	}
	return nil
}

// take appends slots places to c.out, the next dense values of the page where
// valid, from bit off on, has ones; or it just steps over them.
func (c *columnReader) take(slots, dense int, valid []byte, off int, keep bool) error {
	if !keep {
		return c.discard(dense)
	}
	if err := c.appendValues(slots, dense, valid, off); err != nil {
		return err
	}
	c.page.used += dense
	return nil
}

// discard steps over dense values.
func (c *columnReader) discard(n int) error {
	p := &c.page
	p.used += n
	if p.kind != valuesPlain || n == 0 {
		return nil
	}
	if p.used == p.dense {
		p.at = len(p.data)
		return nil
	}
	_, reach, err := plainSize(p.data[p.at:], n)
	p.at += reach
	return err
}

// nestedRows is rows for a column whose places are told by levels: a row
// begins where the repetition level is 0, and may go on in the next page.
func (c *columnReader) nestedRows(n int64, keep bool) error {
	begun := c.rowsLeft < c.file.meta.RowGroups[c.group].NumRows || c.jumped
	for {
		p := &c.page
		if p.pos == p.slots {
			// Where there is an offset index, which c jumped by, pages begin with a row.
			if n == 0 && (c.valuesLeft == 0 || c.jumped) {
				return nil
			}
			if err := c.loadPage(); err != nil {
				return err
			}
		}
		from, to := p.pos, p.pos
		if p.rep == nil || c.leaf.maxRep == 0 {
			rows := min(n, int64(p.slots-from))
			to += int(rows)
			n -= rows
			c.rowsLeft -= rows
		} else {
			if !begun && p.rep[from] != 0 {
				return fmt.Errorf("the page is corrupt: the first row of the chunk begins in its middle")
			}
			begun = true
			for to < p.slots {
				if p.rep[to] == 0 {
					if n == 0 {
						break
					}
					n--
					c.rowsLeft--
				}
				to++
			}
		}
		if err := c.takeLevels(from, to, keep); err != nil {
			return err
		}
		p.pos = to
		if n == 0 && (to < p.slots || c.leaf.maxRep == 0) {
			return nil
		}
	}
}

// takeLevels takes what the levels from..to of the page stand for.
func (c *columnReader) takeLevels(from, to int, keep bool) error {
	if from == to {
		return nil
	}
	l, p := c.leaf, &c.page
	def := p.def[from:to]
	if !keep {
		dense := 0
		for _, d := range def {
			if int(d) == l.maxDef {
				dense++
			}
		}
		return c.discard(dense)
	}
	o := &c.out
	o.def = append(o.def, def...)
	if l.maxRep > 0 {
		o.rep = append(o.rep, p.rep[from:to]...)
	}
	// A place of the leaf: wherever its innermost list has an element.
	c.bitmap = resize(c.bitmap, bitmapBytes(len(def)))
	slots, dense := packPlaces(c.bitmap, def, byte(l.ancestor), byte(l.maxDef))
	valid := c.bitmap
	if dense == slots {
		valid = nil
	}
	return c.take(slots, dense, valid, 0, true)
}

// packPlaces writes a bit for every level that is a place at all: whether it
// has a value. It answers the number of places and of values.
func packPlaces(dst, def []byte, place, value byte) (slots, dense int) {
	w := bitWriter{dst: dst}
	var word uint64
	var n uint
	for _, d := range def {
		if d < place {
			continue
		}
		if d >= value {
			word |= 1 << n
		}
		if n++; n == 64 {
			w.bits(word, 64)
			word, n = 0, 0
			slots += 64
		}
	}
	if n > 0 {
		w.bits(word, n)
		slots += int(n)
	}
	w.flush()
	return slots, w.ones
}

// close gives back everything that is not part of a record.
func (c *columnReader) close() {
	c.dropPage()
	c.src.close()
	c.out.drop()
}
