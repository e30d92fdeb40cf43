package json

import (
	"bytes"
	"io"

	"github.com/floedata/floe/internal/decode/text"
)

// Splitter cuts a text into blocks of whole rows. One goroutine uses it.
type Splitter struct{ r *text.Reader }

// NewSplitter returns the splitter of the text that r goes on with at a mark, which is the zero one at the
// beginning. blockBytes is about the size of blocks; 0 means [text.DefaultBlockBytes].
func NewSplitter(r io.Reader, o Options, blockBytes int, at text.Mark) *Splitter {
	var c text.Cutter = lineCutter{}
	if o.Array {
		c = &arrayCutter{}
	}
	return &Splitter{text.NewReader(r, c, '\n', blockBytes, o.MaxRowBytes, at)}
}

// Next returns the next block, or io.EOF. The blocks of an array hold its elements with commas between them;
// an array that is cut off is an error behind its last whole element.
func (s *Splitter) Next() (text.Block, error) { return s.r.Next() }

// lineCutter cuts behind the last line break.
type lineCutter struct{}

func (lineCutter) Cut(data []byte, begin, end bool) (text.Cut, error) {
	skip := 0
	if begin {
		skip = text.BOM(data)
	}
	if end {
		return text.Cut{Skip: skip, End: len(data), Next: len(data), Done: true}, nil
	}
	last := bytes.LastIndexByte(data, '\n') + 1
	return text.Cut{Skip: skip, End: last, Next: last}, nil
}

// arrayCutter cuts behind the last whole element of an array.
type arrayCutter struct{ closed bool }

// Cut goes from element to element. The mark behind the last one is before the closing bracket, so that
// reading may go on there and find it.
func (c *arrayCutter) Cut(data []byte, begin, end bool) (text.Cut, error) {
	i := 0
	if begin && !c.closed {
		if len(data) < 3 && !end {
			return text.Cut{}, nil // perhaps a part of the byte order mark
		}
		i = space(data, text.BOM(data))
		if i == len(data) {
			if end {
				return text.Cut{Next: i, Done: true}, nil
			}
			return text.Cut{}, nil
		}
		if data[i] != '[' {
			return text.Cut{}, &text.SyntaxError{At: i, Message: "the text is no JSON array: it begins with " + glimpse(data, i)}
		}
		i = space(data, i+1)
	}
	cut := text.Cut{Skip: i}
	for !c.closed {
		i = space(data, i)
		if i < len(data) && data[i] == ']' {
			if cut.Next > 0 {
				return cut, nil
			}
			c.closed = true
			i++
			break
		}
		from := i
		i = skipElement(data, i)
		if i < 0 {
			if end && cut.Next == 0 {
				return text.Cut{}, &text.SyntaxError{At: from, Message: "the JSON array is cut off: the text ends before its closing bracket"}
			}
			return cut, nil
		}
		switch {
		case data[i] == ',' && i > from:
			cut.End, cut.Next = i, i+1
			i++
		case data[i] == ']':
			cut.End, cut.Next = i, i
			return cut, nil
		case cut.Next > 0:
			return cut, nil // the whole elements first, the error then
		case i == from:
			return text.Cut{}, &text.SyntaxError{At: i, Message: "an element of the JSON array should stand here, not " + glimpse(data, i)}
		default:
			return text.Cut{}, &text.SyntaxError{At: i, Message: "a comma or the closing bracket of the JSON array should stand here, not " + glimpse(data, i)}
		}
	}
	if i = space(data, i); i < len(data) {
		return text.Cut{}, &text.SyntaxError{At: i, Message: "text stands behind the JSON array: " + glimpse(data, i)}
	}
	return text.Cut{Next: len(data), Done: end}, nil
}

// skipElement returns the place of what follows the element at i and the spaces behind it; -1 where data ends
// before.
func skipElement(data []byte, i int) int {
	if i = skipValue(data, i); i < 0 {
		return -1
	}
	if i = space(data, i); i == len(data) {
		return -1
	}
	return i
}

// glimpse returns the beginning of data[i:] for a message.
func glimpse(data []byte, i int) string { return text.Quote(data[i:min(i+20, len(data))]) }
