package parquet

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

const (
	// stepRows are taken from a record at once, so that what is made of them stays in the cache of a core.
	stepRows = 4 << 10
	// pageRows is the most rows of a page, within a step: pages of few bytes too are of use to a page index.
	pageRows = 64 << 10
)

// column is a leaf of the schema and its chunk of the open row group.
type column struct {
	path []string
	form form

	levels levels
	values values
	rows   int // of the open page
	places []int
	bits   []byte

	chunk chunk
}

func newColumn(path []string, f form, maxDef, maxRep int) *column {
	return &column{path: path, form: f, levels: levels{maxDef: maxDef, maxRep: maxRep, flat: len(path) == 1}}
}

func (c *column) name() string { return strings.Join(c.path, ".") }

// size is about the bytes of the open page and of the dictionary, encoded.
func (c *column) size() int {
	n := c.values.size() + c.levels.size()
	if d := c.values.dict(); d != nil && (d.on || d.pages > 0) {
		n += d.bytes
	}
	return n
}

// appendFlat appends rows of a column that is not nested.
func (c *column) appendFlat(w *Writer, arr arrow.Array, from, to int) error {
	v := validityOf(arr, from, to, &c.bits)
	if d := c.values.dict(); d != nil && d.on && d.tried == 0 && arr.DataType().ID() != arrow.DICTIONARY {
		if w.survey.hopeless(c.values.(hasher), arr, v, from, to) {
			d.on = false
		}
	}
	for from < to {
		next := from + fit(to-from, w.opts.PageBytes/8, func(n int) int { return leafBytes(&c.form, arr, from, from+n) })
		nulls := v.nulls(from, next)
		if nulls > 0 && c.levels.maxDef == 0 {
			at := firstNull(v, from)
			return c.fault(w, rowRange{at, at + 1}, errors.New("a null where the schema has none"))
		}
		c.levels.addFlat(v, from, next-from, nulls)
		s := selection{from: from, to: next}
		if nulls > 0 {
			c.places = v.places(c.places[:0], from, next)
			s.list = c.places
		}
		if err := c.add(arr, s); err != nil {
			rows := rowRange{from, next}
			if m := (*misfit)(nil); errors.As(err, &m) && arr.DataType().ID() != arrow.DICTIONARY {
				rows = rowRange{m.at, m.at + 1}
			}
			return c.fault(w, rows, err)
		}
		c.rows += next - from
		if err := c.endPage(w); err != nil {
			return err
		}
		from = next
	}
	return nil
}

// fit answers how many of n rows, one at least, have no more than budget bytes.
func fit(n, budget int, size func(n int) int) int {
	n = min(n, stepRows)
	for n > 1 && size(n) > budget {
		n /= 2
	}
	return n
}

func firstNull(v validity, from int) int {
	for v.valid(from) {
		from++
	}
	return from
}

// appendNested appends rows of a nested column, whose places in arr and levels are in p.
func (c *column) appendNested(w *Writer, arr arrow.Array, p *slots, rows rowRange) error {
	c.levels.def = append(c.levels.def, p.def...)
	if c.levels.maxRep > 0 {
		c.levels.rep = append(c.levels.rep, p.rep...)
	}
	c.places = grown(c.places[:0], len(p.at))
	k := 0
	for _, at := range p.at {
		c.places[k] = at
		if at >= 0 {
			k++
		}
	}
	s := selection{list: c.places[:k]}
	// Places only go up: as many as there are from the first to the last are all of them.
	if k > 0 && s.list[k-1]-s.list[0] == k-1 {
		s = selection{from: s.list[0], to: s.list[0] + k}
	}
	if err := c.add(arr, s); err != nil {
		return c.fault(w, rows, err)
	}
	c.rows += rows.to - rows.from
	return c.endPage(w)
}

// add appends values of arr to the open page.
func (c *column) add(arr arrow.Array, s selection) error {
	if s.len() == 0 {
		return nil
	}
	if d, ok := arr.(*array.Dictionary); ok {
		// The list may be where the places came from: each is read before it is overwritten.
		places := grown(c.places[:0], s.len())
		for i := range places {
			places[i] = d.GetValueIndex(s.at(i))
		}
		c.places = places
		arr, s = storage(d.Dictionary()), selection{list: places, repeats: true}
	}
	if err := c.values.add(arr, s); err != nil {
		return err
	}
	if d := c.values.dict(); d != nil && d.on && d.failed() {
		// On without the dictionary: from the open page on if it is the first, else from the next.
		if d.pages == 0 && d.flat <= maxFlatten {
			c.values.flatten()
		} else {
			d.ended = true
		}
	}
	return nil
}

// endPage ends the open page if it is full.
func (c *column) endPage(w *Writer) error {
	d := c.values.dict()
	full := c.values.size()+c.levels.size() >= w.opts.PageBytes || c.rows >= pageRows || d != nil && d.ended && d.on
	if !full || c.rows == 0 {
		return nil
	}
	return c.closePage(w)
}

// closePage encodes and compresses the open page.
func (c *column) closePage(w *Writer) error {
	p := pageInfo{
		rows:   c.rows,
		values: c.levels.len(),
		nulls:  c.levels.len() - c.values.len(),
	}
	d := c.values.dict()
	p.encoding = encodingOf(d)
	w.raw = c.levels.encode(w.raw[:0])
	w.raw = c.values.encode(w.raw)
	if p.values > math.MaxInt32 {
		return fmt.Errorf("column %q: a page of %d values: 2^31 are the most, and a row is never split", c.name(), p.values)
	}
	if d != nil && d.on {
		d.pages++
		d.on = !d.ended
	}
	p.bounds = c.values.pageBounds()
	c.rows = 0
	if err := c.chunk.addPage(w, p); err != nil {
		return fmt.Errorf("column %q: %w", c.name(), err)
	}
	return nil
}

// endChunk ends the last page of the row group.
func (c *column) endChunk(w *Writer) error {
	if c.rows == 0 {
		return nil
	}
	if d := c.values.dict(); d != nil && d.on && d.pages == 0 && !d.pays() && d.flat <= maxFlatten {
		c.values.flatten()
	}
	return c.closePage(w)
}

// rowRange is rows of the record that is being written.
type rowRange struct{ from, to int }

func (c *column) fault(w *Writer, rows rowRange, err error) error {
	first, last := w.rows+int64(rows.from), w.rows+int64(rows.to)-1
	if first == last {
		return fmt.Errorf("column %q, row %d: %w", c.name(), first, err)
	}
	return fmt.Errorf("column %q, rows %d to %d: %w", c.name(), first, last, err)
}
