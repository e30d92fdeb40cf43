package mysql

import (
	"encoding/base64"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/internal/mysqlvalue"
	"github.com/floedata/floe/internal/rejects"
)

// encoder is the stream that LOAD DATA reads: a line a row, a tab between columns.
type encoder struct {
	columns []column
	records []arrow.Record // borrowed; the first is the one under way
	row     int
	cells   []cell // of the record under way; nil = not begun
	buf     []byte // lines that are written and not yet read
	read    int    // bytes of buf that are
	scratch []byte
}

// cell writes the values of one column of a record.
type cell struct {
	write mysqlvalue.Writer // nil = all are null
	form  mysqlvalue.Form
	nulls arrow.Array // nil = there are none
}

func newEncoder(columns []column, records []arrow.Record) *encoder {
	return &encoder{columns: columns, records: records}
}

// lines is how many bytes are written before they are read.
const lines = 64 << 10

// Read implements [io.Reader].
func (e *encoder) Read(p []byte) (int, error) {
	if e.read == len(e.buf) {
		e.read, e.buf = 0, e.buf[:0]
		for len(e.buf) < lines && len(e.records) > 0 {
			e.line()
		}
		if len(e.buf) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(p, e.buf[e.read:])
	e.read += n
	return n, nil
}

// line writes the next row, or goes on to the next record.
func (e *encoder) line() {
	rec := e.records[0]
	if int64(e.row) == rec.NumRows() {
		e.records, e.row, e.cells = e.records[1:], 0, nil
		return
	}
	if e.cells == nil {
		e.begin(rec)
	}
	for i := range e.cells {
		c := &e.cells[i]
		switch {
		case c.write == nil, c.nulls != nil && rejects.IsNull(c.nulls, e.row):
			e.buf = append(e.buf, '\\', 'N')
		case c.form == mysqlvalue.Text:
			start := len(e.buf)
			e.buf = escape(c.write(e.buf, e.row), start)
		case c.form == mysqlvalue.Bytes:
			e.scratch = c.write(e.scratch[:0], e.row)
			e.buf = base64.StdEncoding.AppendEncode(e.buf, e.scratch)
		default:
			e.buf = c.write(e.buf, e.row)
		}
		e.buf = append(e.buf, '\t')
	}
	e.buf[len(e.buf)-1] = '\n'
	e.row++
}

func (e *encoder) begin(rec arrow.Record) {
	e.cells = make([]cell, len(e.columns))
	for i, c := range e.columns {
		a := rec.Column(i)
		e.cells[i] = cell{write: c.On(a), form: c.Form}
		if a.NullN() > 0 || a.DataType().ID() == arrow.DICTIONARY {
			e.cells[i].nulls = a
		}
	}
}

// escapes are the characters that mean something in the stream, and what stands behind the backslash for them.
var escapes = [256]byte{'\\': '\\', '\t': 't', '\n': 'n', 0: '0'}

// escape writes what is in buf from start on so that LOAD DATA reads it as it was.
func escape(buf []byte, start int) []byte {
	n := 0
	for _, b := range buf[start:] {
		if escapes[b] != 0 {
			n++
		}
	}
	if n == 0 {
		return buf
	}
	from := len(buf) - 1
	buf = append(buf, make([]byte, n)...)
	for to := len(buf) - 1; to > from; from-- {
		b := buf[from]
		if code := escapes[b]; code != 0 {
			buf[to], buf[to-1] = code, '\\'
			to -= 2
			continue
		}
		buf[to] = b
		to--
	}
	return buf
}
