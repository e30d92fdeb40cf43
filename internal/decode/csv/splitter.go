package csv

import (
	"bytes"
	"io"

	"github.com/floedata/floe/internal/decode/text"
)

// Splitter cuts a text into blocks of whole rows. One goroutine uses it.
type Splitter struct{ r *text.Reader }

// NewSplitter returns the splitter of the text that r goes on with at a mark, which is the zero one at the
// beginning: there, byte order mark and header are skipped. blockBytes is about the size of blocks; 0 means
// [text.DefaultBlockBytes].
func NewSplitter(r io.Reader, o Options, blockBytes int, at text.Mark) *Splitter {
	o = o.withDefaults()
	return &Splitter{text.NewReader(r, &cutter{o: o}, o.LineEnd, blockBytes, o.MaxRowBytes, at)}
}

// Next returns the next block, or io.EOF. Only the last block may end within quotes.
func (s *Splitter) Next() (text.Block, error) { return s.r.Next() }

// cutter finds the ends of rows.
type cutter struct{ o Options }

// Cut finds the last whole row of data.
func (c *cutter) Cut(data []byte, begin, end bool) (text.Cut, error) {
	skip := 0
	if begin {
		skip = text.BOM(data)
		if !c.o.NoHeader {
			n, ok := headerEnd(data[skip:], c.o)
			if !ok && !end {
				return text.Cut{}, nil
			}
			skip += n
		}
	}
	if end {
		return text.Cut{Skip: skip, End: len(data), Next: len(data), Done: true}, nil
	}
	last := lastRow(data[skip:], c.o)
	return text.Cut{Skip: skip, End: skip + last, Next: skip + last}, nil
}

// headerEnd returns the length of the header's row and the empty lines before it; not ok where data ends
// within the row.
func headerEnd(data []byte, o Options) (int, bool) {
	n := 0
	for n < len(data) && (data[n] == '\n' || data[n] == '\r') {
		n++
	}
	end, ok := rowEnd(data[n:], o)
	return n + end, ok
}

// rowEnd returns the length of the first row of data with its line break; not ok where data has no whole row.
func rowEnd(data []byte, o Options) (int, bool) {
	w := rows{data: data, o: o}
	for i := 0; i < len(data); {
		q := w.quote(i)
		if k := bytes.IndexByte(data[i:q], o.LineEnd); k >= 0 {
			return i + k + 1, true
		}
		if q == len(data) {
			break
		}
		if i = w.closing(q); i < 0 {
			break
		}
	}
	return len(data), false
}

// lastRow returns the length of the whole rows of data, whose first row begins at its first byte.
func lastRow(data []byte, o Options) int {
	w := rows{data: data, o: o}
	last := 0
	for i := 0; i < len(data); {
		q := w.quote(i)
		if k := bytes.LastIndexByte(data[i:q], o.LineEnd); k >= 0 {
			last = i + k + 1
		}
		if q == len(data) {
			break
		}
		if i = w.closing(q); i < 0 {
			break
		}
	}
	return last
}

// rows walks over rows from one quoted field to the next.
type rows struct {
	data []byte
	o    Options
}

// quote returns the place, from i on, of the next quote that opens a field; the length of data where there
// is none. i is outside quotes.
func (w *rows) quote(i int) int {
	if w.o.NoQuote {
		return len(w.data)
	}
	for {
		k := bytes.IndexByte(w.data[i:], w.o.Quote)
		if k < 0 {
			return len(w.data)
		}
		if i += k; i == 0 || w.data[i-1] == w.o.Comma || w.data[i-1] == w.o.LineEnd {
			return i
		}
		i++
	}
}

// closing returns the place behind the quote that closes the field which the one at i opens; -1 where there
// is none.
func (w *rows) closing(i int) int {
	end, _ := closingQuote(w.data, i+1, &w.o)
	return end
}

// closingQuote returns the place behind the quote that closes the field whose value begins at i, and whether
// the value holds escapes; -1 where there is none.
func closingQuote(data []byte, i int, o *Options) (end int, escaped bool) {
	if o.Escape != 0 {
		for ; i < len(data); i++ {
			switch data[i] {
			case o.Escape:
				escaped = true
				i++
			case o.Quote:
				return i + 1, escaped
			}
		}
		return -1, escaped
	}
	for {
		k := bytes.IndexByte(data[i:], o.Quote)
		if k < 0 {
			return -1, escaped
		}
		i += k + 1
		if i == len(data) || data[i] != o.Quote {
			return i, escaped
		}
		escaped = true
		i++
	}
}
