package csv

import (
	"encoding/binary"
	"math/bits"

	"github.com/floedata/floe/internal/decode/text"
)

// trouble is what is wrong with the form of a row.
type trouble uint8

const (
	tooFew   trouble = iota + 1 // fields
	tooMany                     // fields
	unclosed                    // quote
	behind                      // text behind a closing quote
)

// misfit is a row of the wrong form.
type misfit struct {
	row    int // in the chunk
	what   trouble
	fields int
	at     text.Cell // the field at fault
}

// index finds the fields of rows. It holds no state between blocks but its memory.
type index struct {
	o       Options
	width   int // fields in a row; 0 = as many as the first row has
	cells   []text.Cell
	starts  []uint32 // of rows
	misfits []misfit
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// fill indexes up to most rows of data from pos on and returns where it stopped. Every row has width cells
// afterwards: what is missing is marked, what is too much is left out.
func (x *index) fill(data []byte, pos, most int) int {
	x.cells, x.starts, x.misfits = x.cells[:0], x.starts[:0], x.misfits[:0]
	for pos < len(data) && len(x.starts) < most {
		if n := x.blank(data, pos); n > 0 {
			pos += n
			continue
		}
		pos = x.row(data, pos)
	}
	return pos
}

// blank returns the length of the empty line at pos; 0 where a row is there. With one column an empty line is
// a row.
func (x *index) blank(data []byte, pos int) int {
	if x.width == 1 {
		return 0
	}
	if data[pos] == x.o.LineEnd {
		return 1
	}
	if data[pos] == '\r' && pos+1 < len(data) && data[pos+1] == '\n' {
		return 2
	}
	return 0
}

// row indexes the row at pos and returns the place behind it.
func (x *index) row(data []byte, pos int) int {
	row, first := len(x.starts), len(x.cells)
	x.starts = append(x.starts, uint32(pos))
	comma, lineEnd, quote := x.o.Comma, x.o.LineEnd, x.o.Quote
	commas, ends := lows*uint64(comma), lows*uint64(lineEnd)
	quoting := !x.o.NoQuote
	cells := x.cells
	for {
		start := pos
		if quoting && pos < len(data) && data[pos] == quote {
			x.cells = cells
			pos = x.quoted(data, pos, row)
			cells = x.cells
		} else {
			// A borrow may mark bytes above the first hit, never below it: the first is exact.
			for pos+8 <= len(data) {
				w := binary.LittleEndian.Uint64(data[pos:])
				a, b := w^commas, w^ends
				if hit := ((a-lows)&^a | (b-lows)&^b) & highs; hit != 0 {
					pos += bits.TrailingZeros64(hit) >> 3
					goto found
				}
				pos += 8
			}
			for pos < len(data) && data[pos] != comma && data[pos] != lineEnd {
				pos++
			}
		found:
			cells = append(cells, text.Cell{Start: uint32(start), End: uint32(pos)})
		}
		if pos >= len(data) || data[pos] != comma {
			break
		}
		pos++
	}
	x.cells = cells
	x.endRow(data, row, first, pos)
	return pos + 1
}

// endRow strips the CR of a CRLF and makes the row width cells wide.
func (x *index) endRow(data []byte, row, first, pos int) {
	last := &x.cells[len(x.cells)-1]
	if last.End&text.Quoted == 0 && x.o.LineEnd == '\n' && last.End > last.Start && data[last.End-1] == '\r' {
		last.End--
	}
	if x.o.Trim {
		x.trim(data, first)
	}
	n := len(x.cells) - first
	if n == x.width {
		return
	}
	if x.width == 0 {
		x.width = n
		return
	}
	if n > x.width {
		x.misfit(misfit{row: row, what: tooMany, fields: n, at: x.cells[first+x.width]})
		x.cells = x.cells[:first+x.width]
		return
	}
	if !x.o.Ragged {
		x.misfit(misfit{row: row, what: tooFew, fields: n})
	}
	for ; n < x.width; n++ {
		x.cells = append(x.cells, text.Cell{Start: text.Missing})
	}
}

// misfit notes what is wrong with a row; the first fault stands.
func (x *index) misfit(m misfit) {
	if n := len(x.misfits); n == 0 || x.misfits[n-1].row != m.row {
		x.misfits = append(x.misfits, m)
	}
}

// quoted indexes the quoted field at pos and returns the place of what ends it: a comma, a line break, the end.
func (x *index) quoted(data []byte, pos, row int) int {
	end, escaped := closingQuote(data, pos+1, &x.o)
	cell := text.Cell{Start: uint32(pos + 1), End: uint32(end-1) | text.Quoted}
	if end < 0 {
		cell.End = uint32(len(data)) | text.Quoted
		x.misfit(misfit{row: row, what: unclosed, at: cell})
		end = len(data)
	}
	if escaped {
		cell.End |= text.Escaped
	}
	pos = end
	for pos < len(data) && data[pos] != x.o.Comma && data[pos] != x.o.LineEnd {
		pos++
	}
	if pos > end && !(pos == end+1 && data[end] == '\r' && (pos == len(data) || data[pos] == '\n')) {
		cell.Start, cell.End = cell.Start-1, uint32(pos)
		x.misfit(misfit{row: row, what: behind, at: cell})
	}
	x.cells = append(x.cells, cell)
	return pos
}

// trim takes spaces and tabs around the unquoted values from the first cell on away.
func (x *index) trim(data []byte, first int) {
	for i := first; i < len(x.cells); i++ {
		c := &x.cells[i]
		if c.End&text.Quoted != 0 {
			continue
		}
		for c.End > c.Start && (data[c.End-1] == ' ' || data[c.End-1] == '\t') {
			c.End--
		}
		for c.End > c.Start && (data[c.Start] == ' ' || data[c.Start] == '\t') {
			c.Start++
		}
	}
}

// unescaper returns the function that appends the value of a field with escapes.
func unescaper(o Options) func(dst, cell []byte) []byte {
	escape := o.Escape
	if escape == 0 {
		escape = o.Quote
	}
	return func(dst, cell []byte) []byte {
		for i := 0; i < len(cell); i++ {
			if cell[i] == escape && i+1 < len(cell) {
				i++
			}
			dst = append(dst, cell[i])
		}
		return dst
	}
}
