package postgres

import (
	"errors"
	"io"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"

	"github.com/floedata/floe/internal/pgvalue"
)

// reader gives the rows of records as COPY takes them. pgx may read on after it has given up a connection, so that the
// borrowed records are out of its reach once close has returned.
type reader struct {
	mu      sync.Mutex
	records []arrow.Record // those that are left; nil = closed, or at the end
	codecs  []*pgvalue.Codec
	encode  func(r *reader, dst []byte) []byte // appends some rows of the record
	end     string                             // behind the last row
	columns []column
	row     int // of the record, the next
	buf     *[]byte
	rest    []byte // of buf, not yet read
	ended   bool
}

// column writes one column of a record.
type column struct {
	put   pgvalue.Append
	valid []byte // the bitmap, from bit offset on; nil = nothing is null
	at    int
}

// blocks are buffers of some more than blockSize bytes.
var blocks = sync.Pool{New: func() any { b := make([]byte, 0, blockSize+blockSize/8); return &b }}

// blockSize is what is encoded at once: what pgx reads into its messages, and what a core keeps near.
const blockSize = 64 << 10

const (
	binaryHeader = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00"
	binaryEnd    = "\xff\xff"
)

func newReader(p *copier, records []arrow.Record) *reader {
	r := &reader{records: records, codecs: p.codecs, columns: make([]column, len(p.codecs)), buf: blocks.Get().(*[]byte)}
	if p.binary {
		*r.buf = append((*r.buf)[:0], binaryHeader...)
		r.rest, r.end, r.encode = *r.buf, binaryEnd, (*reader).binaryRows
	} else {
		r.encode = (*reader).textRows
	}
	r.open()
	return r
}

// open looks at the first record that is left.
func (r *reader) open() {
	r.row = 0
	for len(r.records) > 0 && r.records[0].NumRows() == 0 {
		r.records = r.records[1:]
	}
	if len(r.records) == 0 {
		return
	}
	for i, a := range r.records[0].Columns() {
		c := column{at: a.Data().Offset()}
		if a.NullN() > 0 {
			c.valid = a.NullBitmapBytes()
		}
		if r.end == binaryEnd {
			c.put = r.codecs[i].Binary(a)
		} else {
			c.put = r.codecs[i].Text(a)
		}
		r.columns[i] = c
	}
}

// Read implements [io.Reader].
func (r *reader) Read(p []byte) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.buf == nil {
		return 0, errors.New("the rows were taken back")
	}
	for n < len(p) {
		if len(r.rest) == 0 && !r.fill() {
			return n, io.EOF
		}
		k := copy(p[n:], r.rest)
		n, r.rest = n+k, r.rest[k:]
	}
	return n, nil
}

// fill encodes the next block; false = there is none.
func (r *reader) fill() bool {
	if r.ended {
		return false
	}
	if len(r.records) == 0 {
		*r.buf = append((*r.buf)[:0], r.end...)
		r.ended, r.rest = true, *r.buf
		return len(r.rest) > 0
	}
	*r.buf = r.encode(r, (*r.buf)[:0])
	r.rest = *r.buf
	if r.row == int(r.records[0].NumRows()) {
		r.records = r.records[1:]
		r.open()
	}
	return true
}

// binaryRows appends a block of rows in the binary format.
func (r *reader) binaryRows(dst []byte) []byte {
	rows, count := int(r.records[0].NumRows()), len(r.columns)
	for ; r.row < rows && len(dst) < blockSize; r.row++ {
		dst = append(dst, byte(count>>8), byte(count))
		for i := range r.columns {
			c := &r.columns[i]
			if c.valid != nil && bitutil.BitIsNotSet(c.valid, c.at+r.row) {
				dst = append(dst, 0xff, 0xff, 0xff, 0xff)
			} else {
				dst = c.put(dst, r.row)
			}
		}
	}
	return dst
}

// textRows appends a block of rows in the text format.
func (r *reader) textRows(dst []byte) []byte {
	rows := int(r.records[0].NumRows())
	var value []byte
	for ; r.row < rows && len(dst) < blockSize; r.row++ {
		for i := range r.columns {
			if i > 0 {
				dst = append(dst, '\t')
			}
			if pgvalue.IsNull(r.records[0].Column(i), r.row) {
				dst = append(dst, '\\', 'N')
				continue
			}
			value = r.columns[i].put(value[:0], r.row)
			dst = appendEscaped(dst, value)
		}
		dst = append(dst, '\n')
	}
	return dst
}

// appendEscaped writes what has a meaning in the text format behind a backslash.
func appendEscaped(dst, value []byte) []byte {
	for _, c := range value {
		switch c {
		case '\\':
			dst = append(dst, '\\', '\\')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// close takes the records back. It waits for a Read under way.
func (r *reader) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records, r.columns, r.rest = nil, nil, nil
	if cap(*r.buf) <= 16*blockSize {
		blocks.Put(r.buf)
	}
	r.buf = nil
}
