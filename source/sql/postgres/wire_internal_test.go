package postgres

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/jackc/pgx/v5/pgconn"
)

// message is one as the server sends it.
func message(kind byte, body string) string {
	return string(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)+4))) + body
}

const (
	ready = "\x00\x01\x00\x00\x00\x03abc" // a row of one value
	null  = "\x00\x01\xff\xff\xff\xff"
)

func TestMessages(t *testing.T) {
	begin := message('1', "") + message('2', "")
	end := message('C', "SELECT 2\x00") + message('Z', "I")
	failed := message('E', "SERROR\x00C22012\x00Mdivision by zero\x00\x00")
	gone := errors.New("the run is over")
	for _, tc := range []struct {
		name, sent string
		cause      error
		rows       int
		err        string
		clean      bool
	}{
		{name: "rows", sent: begin + message('D', ready) + message('N', "\x00") + message('D', null) + end, rows: 2, err: "EOF", clean: true},
		{name: "none", sent: begin + end, err: "EOF", clean: true},
		{name: "error", sent: begin + message('D', ready) + failed + message('Z', "I"), rows: 1, err: "ERROR: division by zero (SQLSTATE 22012)", clean: true},
		{name: "error and gone", sent: begin + failed, err: "ERROR: division by zero (SQLSTATE 22012)"},
		{name: "gone", sent: begin + message('D', ready), rows: 1, err: "unexpected EOF"},
		{name: "gone amid a row", sent: begin + message('D', ready)[:9], err: "unexpected EOF"},
		{name: "cancelled", sent: begin, cause: gone, err: "the run is over"},
		{name: "not complete", sent: begin + message('Z', "I"), err: "the server was ready before the query had ended"},
		{name: "copy", sent: begin + message('H', "\x00\x00\x00"), err: "the server sent a message of type 'H', which is none of a query's"},
		{name: "length", sent: "D\x00\x00\x00\x01", err: "the server sent a message of 2 bytes"},
	} {
		for name, from := range map[string]io.Reader{
			"at once": strings.NewReader(tc.sent), "byte by byte": iotest.OneByteReader(strings.NewReader(tc.sent)),
		} {
			t.Run(tc.name+"/"+name, func(t *testing.T) {
				var ended []bool
				r := newResult(from, func() error { return tc.cause }, func(clean bool) { ended = append(ended, clean) })
				r.buf = make([]byte, 8)
				rows := 0
				_, err := r.next()
				for ; err == nil; _, err = r.next() {
					rows++
				}
				if rows != tc.rows || err.Error() != tc.err {
					t.Errorf("%d rows and %v; want %d and %s", rows, err, tc.rows, tc.err)
				}
				if strings.HasPrefix(tc.err, "ERROR") && !errors.As(err, new(*pgconn.PgError)) {
					t.Errorf("%T is no error of the server", err)
				}
				r.giveUp(false)
				if len(ended) != 1 || ended[0] != tc.clean {
					t.Errorf("the connection was given up %v, want once, clean %t", ended, tc.clean)
				}
			})
		}
	}
}

// FuzzRow: a row is refused, or its values are where the spans say.
func FuzzRow(f *testing.F) {
	f.Add([]byte(ready), uint8(1))
	f.Add([]byte(null+null), uint8(2))
	f.Add([]byte("\x00\x01\x7f\xff\xff\xffabc"), uint8(1))
	f.Fuzz(func(t *testing.T, row []byte, columns uint8) {
		b := block{spans: make([][]span, columns), data: []byte("before")}
		size, err := b.add(row)
		if err != nil {
			return
		}
		total := int64(0)
		var values [][]byte
		for _, s := range b.spans {
			if s[0].length >= 0 {
				values = append(values, b.data[s[0].at:][:s[0].length])
				total += int64(s[0].length)
			}
		}
		if total != size || b.rows != 1 {
			t.Fatalf("%d bytes in %d rows, want %d in 1", size, b.rows, total)
		}
		for _, v := range values {
			if !bytes.Contains(row, v) {
				t.Fatalf("%q is not in the row %q", v, row)
			}
		}
	})
}
