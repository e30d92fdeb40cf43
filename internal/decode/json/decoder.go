package json

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/decode/text"
)

// Decoder makes records of blocks. It is immutable, and safe for concurrent use.
type Decoder struct {
	mem    memory.Allocator
	schema *arrow.Schema
	o      Options
	states sync.Pool
}

// TruncatedError: the text ends within a row.
type TruncatedError struct {
	Place string // name of the text, if any, and line
	At    int64  // byte of the uncompressed text at which the row begins
}

func (e *TruncatedError) Error() string {
	return fmt.Sprintf("%s, byte %d: the text is cut off: it ends within this row", e.Place, e.At)
}

// NewDecoder returns the decoder of objects whose keys are the fields of schema.
func NewDecoder(mem memory.Allocator, schema *arrow.Schema, o Options) (*Decoder, error) {
	err := o.Check()
	d := &Decoder{mem: mem, schema: schema, o: o.withDefaults()}
	if err == nil {
		_, err = d.root()
	}
	if err == nil && schema.NumFields() == 0 {
		err = errors.New("the schema has no columns")
	}
	if err != nil {
		return nil, fmt.Errorf("json: %w", err)
	}
	return d, nil
}

// Schema returns the schema of the records.
func (d *Decoder) Schema() *arrow.Schema { return d.schema }

// root returns the nodes of a row. Nodes hold no memory before they have values.
func (d *Decoder) root() (*node, error) {
	n := &node{}
	inferred := func(i int) bool { return i < len(d.o.Inferred) && d.o.Inferred[i] }
	return n, n.addFields(d.mem, d.schema.Fields(), "", inferred, d.o)
}

// state is what one call of Decode works on.
type state struct {
	p       parser
	root    *node
	rows    int
	rejects []reject
}

// reject is a row that cannot be read.
type reject struct {
	row    int
	start  int // of the row in the block
	end    int // of the row
	at     int // where the JSON is broken
	bad    misfit
	broken string
}

func (d *Decoder) state() *state {
	if s, ok := d.states.Get().(*state); ok {
		return s
	}
	// The constructor has seen that every type has a node.
	root, _ := d.root()
	return &state{root: root, p: parser{o: d.o}}
}

// Decode makes a record of the rows of b, and of those that cannot be read the rejected rows; either is nil
// where there are none. Both are the caller's. Reason.Row counts all rows of the block. A line that ends with
// the text and within a value is a *[TruncatedError], and none of the block's rows is given then. b is borrowed:
// the record does not refer to its memory.
func (d *Decoder) Decode(b text.Block) (arrow.Record, *deadletter.Rows, error) {
	s := d.state()
	defer d.states.Put(s)
	s.rows, s.rejects = 0, s.rejects[:0]
	s.p.ahead = b.Data
	if s.p.checkUTF8 = !text.ValidUTF8(b.Data); s.p.checkUTF8 {
		s.p.ahead = nil
	}
	cut := -1
	if d.o.Array {
		d.elements(s, b.Data)
	} else {
		cut = d.lines(s, b.Data)
	}
	s.p.data, s.p.ahead = nil, nil
	cols := make([]arrow.Array, len(s.root.fields))
	for i, f := range s.root.fields {
		cols[i] = f.finish()
		defer cols[i].Release()
	}
	if cut >= 0 {
		line := b.Line + int64(bytes.Count(b.Data[:cut], []byte{'\n'}))
		return nil, nil, &TruncatedError{Place: b.Place(line), At: b.Offset + int64(cut)}
	}
	if s.rows == 0 {
		return nil, nil, nil
	}
	rec := array.NewRecord(d.schema, cols, int64(s.rows))
	if len(s.rejects) == 0 {
		return rec, nil, nil
	}
	defer rec.Release()
	kept, rejected, err := deadletter.Split(d.mem, rec, s.reasons(b))
	if err != nil {
		return nil, nil, fmt.Errorf("json: %s: %w", b.Place(b.Line), err)
	}
	return kept, rejected, nil
}

// lines reads one object a line. It returns where the row begins that the end of the text cuts off; -1 = none.
func (d *Decoder) lines(s *state, data []byte) (cut int) {
	p := &s.p
	for pos := 0; pos < len(data); {
		end := len(data)
		if k := bytes.IndexByte(data[pos:], '\n'); k >= 0 {
			end = pos + k
		}
		p.data, p.pos = data[:end], pos
		if p.next(); p.pos >= end {
			pos = end + 1
			continue
		}
		start := p.pos
		if s.row() {
			if p.next(); p.pos < end {
				p.fail("text stands behind the object")
			}
		}
		if p.broken != "" && end == len(data) && p.pos >= end {
			return start
		}
		s.endRow(start, end)
		if s.rows == 64 {
			s.reserve(len(data), end)
		}
		pos = end + 1
	}
	return -1
}

// elements reads objects with commas between them. What ends a broken one is found as the splitter finds it.
func (d *Decoder) elements(s *state, data []byte) {
	p := &s.p
	p.data = data
	for pos := space(data, 0); pos < len(data); pos = space(data, pos) {
		start := pos
		p.pos = pos
		ok := s.row()
		if c := p.next(); ok && c != ',' && p.pos < len(data) {
			p.fail("a comma should stand behind the object")
		}
		if pos = p.pos; p.broken != "" {
			if pos = skipValue(data, start); pos < 0 {
				pos = len(data)
			}
			if pos = space(data, pos); pos < len(data) && data[pos] != ',' {
				pos = len(data)
			}
		}
		s.endRow(start, pos)
		if s.rows == 64 {
			s.reserve(len(data), pos)
		}
		pos++
	}
}

// maxReserve bounds the rows for which room is made on the word of those before: other ones may be longer.
const maxReserve = 1 << 16

// reserve makes room for the rows to come: as long as those before.
func (s *state) reserve(size, done int) {
	rest := int(float64(s.rows) / float64(done) * float64(size-done) * 1.02)
	for _, f := range s.root.fields {
		f.reserve(min(rest, maxReserve) + 16)
	}
}

// row reads the object at the parser's place, and reports whether it is whole.
func (s *state) row() bool {
	p := &s.p
	p.depth, p.bad, p.broken = 0, misfit{}, ""
	if p.next() != '{' {
		if p.skip() {
			return p.fail("the row is no JSON object")
		}
		return false
	}
	return p.object(s.root)
}

// endRow counts the row, and notes it where it cannot be read: what is missing of it becomes null.
func (s *state) endRow(start, end int) {
	p := &s.p
	if p.broken != "" {
		for _, f := range s.root.fields {
			if f.length() <= s.rows {
				f.truncate(s.rows)
				f.appendNull()
			}
		}
	}
	if p.broken != "" || p.bad.found() {
		s.rejects = append(s.rejects, reject{row: s.rows, start: start, end: end, at: min(p.pos, end), bad: p.bad, broken: p.broken})
	}
	s.rows++
}

// reasons makes the reasons of the rejected rows.
func (s *state) reasons(b text.Block) []deadletter.Reason {
	reasons := make([]deadletter.Reason, 0, len(s.rejects))
	line, counted := b.Line, 0
	for _, r := range s.rejects {
		line += int64(bytes.Count(b.Data[counted:r.start], []byte{'\n'}))
		counted = r.start
		reason := deadletter.Reason{Row: int64(r.row), Code: deadletter.CodeInvalid}
		if r.broken != "" {
			line := line + int64(bytes.Count(b.Data[r.start:r.at], []byte{'\n'}))
			near := bytes.TrimSpace(b.Data[r.at:r.end])
			if len(near) == 0 {
				near = bytes.TrimSpace(b.Data[r.start:r.end])
			}
			reason.Message = fmt.Sprintf("%s, byte %d: invalid JSON: %s: %s", b.Place(line), b.Offset+int64(r.at), r.broken, text.Quote(near))
		} else {
			m := r.bad.message
			if m == "" {
				m = r.bad.fault.Describe(r.bad.value, r.bad.typ)
			}
			reason.Code = r.bad.fault.Code()
			reason.Column = r.bad.column
			reason.Message = fmt.Sprintf("%s: column %q: %s", b.Place(line), r.bad.path, m)
		}
		reasons = append(reasons, reason)
	}
	return reasons
}
