package text

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
)

const (
	// DefaultBlockBytes is the size of blocks where none is asked for.
	DefaultBlockBytes = 1 << 20
	// DefaultMaxRowBytes bounds a row where no bound is asked for.
	DefaultMaxRowBytes = 64 << 20
	// LargestRowBytes is what a row may be bounded to at most: a block has
	// at most twice of it, and [Cell] has 30 bits for a place in it.
	LargestRowBytes = 256 << 20
)

// Cut is what a [Cutter] found in a stretch of text.
type Cut struct {
	Skip int  // bytes before the first row
	End  int  // end of the last whole row; at most Skip where there is none
	Next int  // where the next row may begin: End and what divides rows
	Done bool // the text is complete: nothing but what was cut is in it
}

// Cutter finds the ends of rows.
type Cutter interface {
	// Cut looks at data, which begins at a row boundary; begin says that it is the very beginning of the text,
	// end that no more follows; then it answers Done, a Next that moves on, or an error. Where there is no whole
	// row it answers 0 for Next and is called again with more of the same text.
	Cut(data []byte, begin, end bool) (Cut, error)
}

// Reader cuts a text into blocks. One goroutine uses it; the blocks may be used by others.
type Reader struct {
	r          io.Reader
	cut        Cutter
	lineEnd    byte
	size, most int
	mark       Mark
	carry      []byte // read, but behind the last cut
	eof, done  bool
	pool       sync.Pool
}

// NewReader returns the reader of the text that r goes on with at mark. blockBytes is about the size of
// blocks, maxRowBytes the bound of one row; 0 means the default of either. lineEnd is the byte by which lines
// are counted.
func NewReader(r io.Reader, cut Cutter, lineEnd byte, blockBytes, maxRowBytes int, at Mark) *Reader {
	if blockBytes <= 0 {
		blockBytes = DefaultBlockBytes
	}
	if maxRowBytes <= 0 {
		maxRowBytes = DefaultMaxRowBytes
	}
	maxRowBytes = min(maxRowBytes, LargestRowBytes)
	if at.Line == 0 {
		at.Line = 1
	}
	return &Reader{r: r, cut: cut, lineEnd: lineEnd, size: min(blockBytes, LargestRowBytes), most: maxRowBytes, mark: at}
}

// bom is the byte order mark that some programs write before UTF-8.
var bom = []byte("\xef\xbb\xbf")

// BOM returns the length of the byte order mark at the beginning of data: 3 or 0.
func BOM(data []byte) int {
	if bytes.HasPrefix(data, bom) {
		return len(bom)
	}
	return 0
}

// Next returns the next block, or io.EOF where the text has ended. After any other error the reader is of no
// more use; reading may go on with a new one at the mark of the last block.
func (t *Reader) Next() (Block, error) {
	for {
		if t.done {
			return Block{}, io.EOF
		}
		b, ok, err := t.next()
		if err != nil {
			t.done = true
			return Block{}, err
		}
		if ok {
			return b, nil
		}
	}
}

// next looks at one stretch of text and cuts it; false where it holds no row, but no error either.
//
// Stretches have t.size bytes, or twice as many as often as no row ends in them: where blocks end follows from
// where they begin and from the text alone, whatever was read before and however r gives it. A reader that goes
// on at a mark cuts the blocks that this one would have cut.
func (t *Reader) next() (Block, bool, error) {
	for size := t.size; ; size = 2*size + 8 {
		buf := t.buffer(size)
		ahead := min(len(t.carry), size)
		data, err := t.fill(append((*buf)[:0], t.carry[:ahead]...), size)
		if err != nil {
			return Block{}, false, err
		}
		// A reader may tell the end with the last byte or behind it: only a stretch that is not full shows it.
		end := t.eof && len(data) < size
		c, err := t.cut.Cut(data, t.mark.Offset == 0, end)
		if err != nil {
			return Block{}, false, t.place(err, data)
		}
		if c.Next > 0 || end {
			t.keep(data, ahead, c.Next)
			return t.block(buf, data, c)
		}
		if len(data) > t.most {
			return Block{}, false, fmt.Errorf("line %d: a row is longer than %d bytes: an unclosed quote, or raise the row limit (Options.MaxRowBytes)", t.mark.Line, t.most)
		}
		t.keep(data, ahead, 0)
		t.put(buf)
	}
}

// keep carries what was read and lies behind a cut. The first ahead bytes of data are those of the carry.
func (t *Reader) keep(data []byte, ahead, cut int) {
	if ahead < len(t.carry) {
		t.carry = t.carry[cut:] // data is the beginning of it
		return
	}
	rest := data[cut:]
	if cap(t.carry) > 4*t.size && len(rest) <= t.size {
		t.carry = nil // what a long row needed is not kept
	}
	t.carry = append(t.carry[:0], rest...)
}

// buffer returns a buffer of size bytes to read into.
func (t *Reader) buffer(size int) *[]byte {
	if size == t.size {
		if b, ok := t.pool.Get().(*[]byte); ok {
			return b
		}
	}
	b := make([]byte, 0, size)
	return &b
}

// put gives a buffer back. Those that a long row made are not kept.
func (t *Reader) put(buf *[]byte) {
	if cap(*buf) == t.size {
		t.pool.Put(buf)
	}
}

// fill reads until data has size bytes or the text ends.
func (t *Reader) fill(data []byte, size int) ([]byte, error) {
	idle := 0
	for len(data) < size && !t.eof {
		n, err := t.r.Read(data[len(data):size])
		data = data[:len(data)+n]
		switch {
		case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			t.eof = true
		case err != nil:
			return data, fmt.Errorf("read at byte %d: %w", t.mark.Offset+int64(len(data)), err)
		case n > 0:
			idle = 0
		default:
			if idle++; idle > 100 {
				return data, io.ErrNoProgress
			}
		}
	}
	return data, nil
}

// block makes the block of a cut and moves the mark.
func (t *Reader) block(buf *[]byte, data []byte, c Cut) (Block, bool, error) {
	t.done = c.Done
	line := t.mark.Line + t.lines(data[:min(c.Skip, c.Next)])
	b := Block{Offset: t.mark.Offset + int64(c.Skip), Line: line, buf: buf, from: t}
	t.mark.Line += t.lines(data[:c.Next])
	t.mark.Offset += int64(c.Next)
	b.After = t.mark
	if c.End <= c.Skip {
		t.put(buf)
		return Block{}, false, nil
	}
	b.Data = data[c.Skip:c.End:c.End]
	return b, true, nil
}

func (t *Reader) lines(data []byte) int64 { return int64(bytes.Count(data, []byte{t.lineEnd})) }

// SyntaxError is an error of a [Cutter] at a place in the text that it was given.
type SyntaxError struct {
	At      int // byte of the text given
	Message string
}

func (e *SyntaxError) Error() string { return e.Message }

// place puts line and byte before a cutter's error.
func (t *Reader) place(err error, data []byte) error {
	var s *SyntaxError
	if !errors.As(err, &s) {
		return err
	}
	return fmt.Errorf("line %d, byte %d: %w", t.mark.Line+t.lines(data[:s.At]), t.mark.Offset+int64(s.At), err)
}
