package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"
)

// readSize is how many bytes are asked of the connection at once: a server sends 8 kB at a time, and many of those are
// there when the reader comes back from making columns.
const readSize = 256 << 10

// Messages of the server, by their first byte. Source: PostgreSQL's documentation, "Message Formats".
const (
	msgBindComplete    = '2'
	msgCommandComplete = 'C'
	msgDataRow         = 'D'
	msgEmptyQuery      = 'I'
	msgErrorResponse   = 'E'
	msgNotice          = 'N'
	msgNotification    = 'A'
	msgParameterStatus = 'S'
	msgParseComplete   = '1'
	msgReadyForQuery   = 'Z'
)

// msgHeader is the first byte, and the length of the rest with these four bytes.
const msgHeader = 5

// result is a query under way: the rows are read straight from the connection, a message each, without making
// anything of them. The connection goes back to the pool once the server says that it is ready again, and is closed where it
// has not come to that.
type result struct {
	net   io.Reader
	end   func(clean bool) // gives the connection up; nil once it is called
	cause func() error     // of the end of the query's context, which breaks the connection; nil = it has not come

	buf      []byte
	from, to int // of what has been read and not been taken
	err      error
	done     bool
}

// send asks for the rows of a statement that has been described on the connection, which it takes over.
func send(ctx context.Context, held *pgxpool.Conn, query string, d *pgconn.StatementDescription, bind *pgproto3.Bind) (*result, error) {
	pg := held.Conn().PgConn()
	// The connection is read directly from here on: nothing of it may be in pgx's buffers.
	if err := pg.SyncConn(ctx); err != nil {
		closeConn(held)
		return nil, err
	}
	conn := pg.Conn()
	free := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // reading fails then, or has failed
	r := newResult(conn, func() error { return context.Cause(ctx) }, func(clean bool) {
		if free() && clean { // else a deadline is set, or about to be
			held.Release()
		} else {
			closeConn(held)
		}
	})
	f := pg.Frontend()
	// It is parsed again, as a pool of sessions between here and the server may have changed the session.
	f.SendParse(&pgproto3.Parse{Query: query, ParameterOIDs: d.ParamOIDs})
	f.SendBind(bind)
	f.SendExecute(&pgproto3.Execute{})
	f.SendSync(&pgproto3.Sync{})
	if err := f.Flush(); err != nil {
		r.fail(err)
		return nil, r.err
	}
	return r, nil
}

func newResult(from io.Reader, cause func() error, end func(clean bool)) *result {
	return &result{net: from, cause: cause, end: end, buf: make([]byte, readSize)}
}

// next returns the next row: two bytes with the number of its values, then each with its length before it. It is good
// until the next call. io.EOF: there are no more.
func (r *result) next() ([]byte, error) {
	for r.err == nil {
		kind, body, err := r.message()
		if err != nil {
			r.fail(err)
			break
		}
		if kind == msgDataRow {
			return body, nil
		}
		r.take(kind, body)
	}
	return nil, r.err
}

// take handles a message that is no row.
func (r *result) take(kind byte, body []byte) {
	switch kind {
	case msgReadyForQuery:
		if r.err == nil && !r.done {
			r.fail(errors.New("the server was ready before the query had ended"))
			return
		}
		r.giveUp(true)
		if r.err == nil {
			r.err = io.EOF
		}
	case msgErrorResponse:
		var m pgproto3.ErrorResponse
		if err := m.Decode(body); err != nil {
			r.fail(err)
			return
		}
		r.settle(pgconn.ErrorResponseToPgError(&m))
	case msgCommandComplete, msgEmptyQuery:
		r.done = true
	case msgParseComplete, msgBindComplete, msgNotice, msgNotification, msgParameterStatus:
	default:
		r.fail(fmt.Errorf("the server sent a message of type %q, which is none of a query's", kind))
	}
}

// settle reads on to where the server is ready again, after an error that it told.
func (r *result) settle(told error) {
	for {
		kind, _, err := r.message()
		if err != nil {
			r.fail(told) // the more telling one: a server that goes down says so
			return
		}
		if kind == msgReadyForQuery {
			break
		}
	}
	r.err = told
	r.giveUp(true)
}

// message returns the next message, which is good until the next call.
func (r *result) message() (kind byte, body []byte, err error) {
	if err := r.fill(msgHeader); err != nil {
		return 0, nil, err
	}
	head := r.buf[r.from:]
	size := int64(binary.BigEndian.Uint32(head[1:])) + 1
	if size < msgHeader || size > math.MaxInt32 {
		return 0, nil, fmt.Errorf("the server sent a message of %d bytes", size)
	}
	if err := r.fill(int(size)); err != nil {
		return 0, nil, err
	}
	kind, body = r.buf[r.from], r.buf[r.from+msgHeader:r.from+int(size)]
	r.from += int(size)
	return kind, body, nil
}

// fill makes sure that n bytes are there.
func (r *result) fill(n int) error {
	if r.to-r.from >= n {
		return nil
	}
	rest := r.buf[r.from:r.to]
	if n > len(r.buf) {
		r.buf = make([]byte, n+n/4)
	}
	r.from, r.to = 0, copy(r.buf, rest)
	got, err := io.ReadAtLeast(r.net, r.buf[r.to:], n-r.to)
	r.to += got
	if errors.Is(err, io.EOF) { // which stands for the end of the rows
		err = io.ErrUnexpectedEOF
	}
	return err
}

// fail ends the result with err, and the connection with it.
func (r *result) fail(err error) {
	if cause := r.cause(); cause != nil {
		err = cause
	}
	r.err = err
	r.giveUp(false)
}

// giveUp gives the connection up: clean, where the server is ready and has nothing more to say. Where that has been done
// it does nothing.
func (r *result) giveUp(clean bool) {
	if r.end != nil {
		r.end(clean)
		r.end = nil
	}
}

// closeConn closes a connection that others can do nothing with, and so has the pool forget it. The server is told to stop
// what it does: it would notice the end of the connection only where it has rows to send.
func closeConn(held *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = held.Conn().PgConn().CancelRequest(ctx) // the server may be gone
	_ = held.Conn().Close(ctx)                  // it may be broken
	held.Release()
}
