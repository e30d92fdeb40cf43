package streaming

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/uuid"
)

// ElasticChannel is a pipe's channel without order and without tokens: each row comes at least once. It needs no opening
// and no closing. Rows of calls that go on at the same time go in common requests.
type ElasticChannel struct {
	client *Client

	mu      sync.Mutex
	waiting []*piece
	senders map[int]context.CancelFunc
	started int // senders, in all
	closed  bool
	idle    signal // a sender has ended
}

const (
	// elasticName is what the service calls the channel.
	elasticName = "ELASTIC"
	// elasticSenders is how many requests are in flight at once. Rows that come meanwhile wait, and go together.
	elasticSenders = 8
)

func newElastic(c *Client) *ElasticChannel {
	return &ElasticChannel{client: c, senders: map[int]context.CancelFunc{}}
}

// AppendRow appends a row, in the form of [Channel.AppendRow]. nil says that the service keeps it durably, and it will be in
// the table. After an error it may have been taken; appended again, it may come twice: give rows a key of their own.
func (e *ElasticChannel) AppendRow(ctx context.Context, row map[string]any) error {
	return e.AppendRows(ctx, []map[string]any{row})
}

// AppendRows appends rows, as AppendRow does. Those that do not fit into one request go in several; after an error some
// may have been taken.
func (e *ElasticChannel) AppendRows(ctx context.Context, rows []map[string]any) error {
	call := e.begin()
	var line []byte
	for i, row := range rows {
		var err error
		if line, err = appendRow(line[:0], row, e.client.opts.Binary); err != nil {
			return call.end(ctx, atRow(err, i))
		}
		if call.bytes > 0 && call.bytes+len(line) > call.most {
			if err := call.send(ctx); err != nil {
				return call.end(ctx, err)
			}
		}
		call.write(line)
		call.rows++
	}
	return call.end(ctx, call.send(ctx))
}

// AppendRecord appends the rows of a record, as AppendRows does. rec is borrowed until the call returns.
func (e *ElasticChannel) AppendRecord(ctx context.Context, rec arrow.Record) error {
	encode := recordEncoder{options: &e.client.opts}
	if err := encode.bind(rec); err != nil {
		return err
	}
	call := e.begin()
	for from := 0; from < int(rec.NumRows()); {
		next := encode.fill(call.draft, from, int(rec.NumRows()), call.most)
		call.rows += int64(next - from)
		if next == from || call.bytes > call.most {
			if err := call.send(ctx); err != nil {
				return call.end(ctx, err)
			}
		}
		from = next
	}
	return call.end(ctx, call.send(ctx))
}

// elasticCall is a call that appends.
type elasticCall struct {
	*draft // the piece at hand
	e      *ElasticChannel
	most   int
	rows   int64
	sent   []*piece
}

// piece is rows of a call, as many as go in one request at most.
type piece struct {
	*draft
	rows int64
	done chan error // answered once
}

func (e *ElasticChannel) begin() *elasticCall {
	return &elasticCall{
		e: e, draft: &draft{from: &e.client.blocks},
		most: min(e.client.opts.UncompressedBytes, e.client.opts.RequestBytes),
	}
}

// send has the piece at hand sent, and begins another one.
func (c *elasticCall) send(ctx context.Context) error {
	if c.bytes == 0 {
		return nil
	}
	if c.bytes > c.most {
		err := c.e.client.tooLarge(c.rows, c.bytes)
		err.Limit = int64(c.most)
		return err
	}
	if err := c.e.client.reserve(ctx, elasticName, int64(c.bytes)+appendBytes); err != nil {
		return err
	}
	p := &piece{draft: c.draft, rows: c.rows, done: make(chan error, 1)}
	if err := c.e.enqueue(p); err != nil {
		c.e.client.release(int64(c.bytes) + appendBytes)
		return err
	}
	c.sent = append(c.sent, p)
	c.draft, c.rows = &draft{from: &c.e.client.blocks}, 0
	return nil
}

// end waits for what was sent. err is why the call ends early, if it does.
func (c *elasticCall) end(ctx context.Context, err error) error {
	c.free()
	for _, p := range c.sent {
		select {
		case failed := <-p.done:
			err = errors.Join(err, failed)
		case <-ctx.Done():
			return errors.Join(err, fmt.Errorf("sink/snowflake/streaming: append to %s: %w; rows may have been taken", elasticName, context.Cause(ctx)))
		}
	}
	return err
}

// enqueue has a piece sent.
func (e *ElasticChannel) enqueue(p *piece) error {
	if err := e.client.usable(); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	e.waiting = append(e.waiting, p)
	if len(e.senders) == elasticSenders {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	e.started++
	id := e.started
	e.senders[id] = cancel
	e.client.running.Add(1)
	go func() {
		defer e.client.running.Done()
		defer cancel()
		for {
			batch := e.take(id)
			if batch == nil {
				return
			}
			e.deliver(ctx, batch)
		}
	}()
	return nil
}

// take returns pieces for one request; nil = there are none, and the sender of that number ends.
func (e *ElasticChannel) take(id int) []*piece {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, size := 0, 0
	for n < len(e.waiting) && (n == 0 || size+e.waiting[n].bytes <= min(e.client.opts.UncompressedBytes, e.client.opts.RequestBytes)) {
		size += e.waiting[n].bytes
		n++
	}
	if n == 0 {
		delete(e.senders, id)
		e.idle.tell()
		return nil
	}
	batch := e.waiting[:n:n]
	e.waiting = e.waiting[n:]
	return batch
}

// deliver sends pieces, and answers those who wait for them.
func (e *ElasticChannel) deliver(ctx context.Context, batch []*piece) {
	var parts [][]byte
	size := 0
	for _, p := range batch {
		parts = append(parts, p.parts()...)
		size += p.bytes
	}
	read, err := e.post(ctx, parts, size)
	failed := (*Error)(nil)
	if n := len(batch); n > 1 && errors.As(err, &failed) && failed.Status == http.StatusRequestEntityTooLarge {
		e.deliver(ctx, batch[:n/2])
		e.deliver(ctx, batch[n/2:])
		return
	}
	e.client.note(err)
	for _, p := range batch {
		if !read {
			p.free()
		}
		e.client.release(int64(p.bytes) + appendBytes)
		if err == nil {
			e.client.counters.accepted(p.rows, int64(p.bytes))
		}
		p.done <- err
	}
}

// post sends one request until it is answered for good. The same rows may come twice by that. read says that the parts are
// still being read.
func (e *ElasticChannel) post(ctx context.Context, parts [][]byte, size int) (read bool, err error) {
	c := e.client
	out, err := c.compress(parts)
	if err != nil {
		return false, fmt.Errorf("sink/snowflake/streaming: compress: %w", err)
	}
	r := &request{
		op: "append to", target: elasticName, method: http.MethodPost, path: c.elasticPath(),
		contentType: ndjsonType, encoding: c.opts.Compression.encoding(), length: size, body: out.parts(),
	}
	id, attempt := uuid.NewString(), 0
	err = c.wire.again(ctx, func() error {
		r.query = query{}.add("requestId", id).add("retryCount", strconv.Itoa(attempt))
		attempt++
		body, err := c.wire.send(ctx, r)
		if err != nil {
			return err
		}
		return elasticAnswer(r, body)
	})
	if !r.read() {
		out.free()
	}
	return r.read(), err
}

// elasticAnswer reads the reply: what has a code of its own was refused, for all its status.
func elasticAnswer(r *request, body []byte) error {
	f := parseFailure(body)
	if f.code == "" || f.code == "0" || f.code == "OK" {
		return nil
	}
	return &Error{Op: r.op, Target: r.target, Status: http.StatusOK, Code: f.code, Message: hint(f.message, f.code), Class: codes[f.code]}
}

func (c *Client) elasticPath() string {
	if table, ok := strings.CutSuffix(c.pipe, defaultPipe); ok {
		return path("/v2/streaming/data/databases/", c.database, "/schemas/", c.schema, "/tables/", table, "/rows")
	}
	return path("/v2/streaming/data/databases/", c.database, "/schemas/", c.schema, "/pipes/", c.pipe, "/channels/", elasticName, "/rows")
}

// close lets nothing more be appended, and waits until what was is sent, or ends it.
func (e *ElasticChannel) close(ctx context.Context, flush bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	for flush && len(e.senders) > 0 && ctx.Err() == nil {
		ended := e.idle.wait()
		e.mu.Unlock()
		select {
		case <-ended:
		case <-ctx.Done():
		}
		e.mu.Lock()
	}
	for _, p := range e.waiting {
		p.free()
		e.client.release(int64(p.bytes) + appendBytes)
		p.done <- ErrClosed
	}
	e.waiting = nil
	var err error
	if n := len(e.senders); n > 0 && flush {
		err = fmt.Errorf("sink/snowflake/streaming: close: %d requests to %s were not answered: %w", n, elasticName, context.Cause(ctx))
	}
	for _, cancel := range e.senders {
		cancel()
	}
	return err
}
