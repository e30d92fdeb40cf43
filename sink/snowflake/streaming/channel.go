package streaming

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// Channel is a channel that is open. It is made by [Client.OpenChannel].
//
// A channel whose append failed in a way that leaves its rows unsent, or their fate unknown, is of no more use: all its
// calls then answer that error. An append that itself answers [ErrBufferFull], a [*TooLargeError], a [*RowError] or that
// its context is done has taken nothing, and leaves the channel as it was.
type Channel struct {
	client *Client
	name   string

	turn    chan struct{} // of who appends
	encode  recordEncoder // in turn
	scratch []byte        // in turn

	bytesPace, requestsPace pacer // of the sender

	mu           sync.Mutex
	queue        queue
	appended     int64 // bytes in all
	accepted     int64 // of them
	flush        int64 // of appended, what is to be sent without waiting for more
	oldest       time.Time
	sending      bool
	cancel       context.CancelFunc // of the sender
	wake         chan struct{}      // tells the sender that there is more to send, or reason to send it
	most         int                // bytes of a request, by what the service takes
	continuation string
	tokens       tokens
	status       ChannelStatus
	polls        int   // how many have been answered
	pollErr      error // of the last one
	missed       int   // how many in a row did not know the channel
	filling      bool  // a record is being appended: there will be more in a moment
	closing      bool  // nothing is appended any more
	err          error // why the channel is of no more use; ErrClosed = it is closed

	sent   signal // accepted or err has changed
	polled signal // status, polls or err has changed
}

// signal tells whoever waits. It is used under a lock.
type signal struct{ c chan struct{} }

func (s *signal) wait() <-chan struct{} {
	if s.c == nil {
		s.c = make(chan struct{})
	}
	return s.c
}

func (s *signal) tell() {
	if s.c != nil {
		close(s.c)
		s.c = nil
	}
}

func newChannel(c *Client, name string, o opened, status ChannelStatus) *Channel {
	ch := &Channel{
		client: c, name: name, turn: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		encode:    recordEncoder{options: &c.opts},
		bytesPace: pacer{perSecond: c.opts.ChannelBytesPerSecond}, requestsPace: pacer{perSecond: c.opts.ChannelRequestsPerSecond},
		queue: queue{from: &c.blocks}, most: c.most(), continuation: o.Token, status: status,
	}
	ch.tokens.begin(status.LatestCommittedOffsetToken)
	return ch
}

// Name returns the channel's name as the service knows it.
func (ch *Channel) Name() string { return ch.name }

// Client returns the client that the channel is of.
func (ch *Channel) Client() *Client { return ch.client }

// IsClosed says whether the channel or its client is closed.
func (ch *Channel) IsClosed() bool {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	return ch.closing
}

// usable answers why the channel is of no more use, under its lock.
func (ch *Channel) usable() error {
	if ch.err != nil {
		return ch.err
	}
	if ch.closing {
		return ErrClosed
	}
	return nil
}

// AppendRow appends a row: a value for each name of a column. token is the row's offset token; "" = none.
//
// Values are written as encoding/json does, but for these:
//
//	nil                    left out: the column becomes its DEFAULT or NULL. Inside a list or a map it is null.
//	float32, float64       in 64 bits; NaN, "inf" and "-inf" as strings, an error inside a list or a map
//	[]byte                 a string of base64 or hex, see [ClientOptions].Binary
//	time.Time              a string of RFC 3339 with up to nine digits of fraction
//	string                 not UTF-8: an error, nothing is replaced
//	json.Number            a number as it is written
//	fmt.Stringer           of a pointer or struct without a form in JSON or as text, such as decimals: a string
//
// A value that has no form is a [*RowError]. The row is written before the call returns.
func (ch *Channel) AppendRow(ctx context.Context, row map[string]any, token string) error {
	return ch.AppendRows(ctx, []map[string]any{row}, token, token)
}

// AppendRows appends rows as one: they become durable together, with endToken. startToken is the first row's, for the
// service's reports of errors; "" = none. Without rows it does nothing.
func (ch *Channel) AppendRows(ctx context.Context, rows []map[string]any, startToken, endToken string) error {
	if len(rows) == 0 {
		return nil
	}
	if err := ch.begin(ctx); err != nil {
		return err
	}
	defer ch.end()
	d := ch.draft(0)
	for i, row := range rows {
		var err error
		if ch.scratch, err = appendRow(ch.scratch[:0], row, ch.client.opts.Binary); err != nil {
			ch.abandon(d)
			return atRow(err, i)
		}
		if d.bytes+len(ch.scratch) > ch.client.opts.UncompressedBytes {
			ch.abandon(d)
			return ch.client.tooLarge(int64(i)+1, d.bytes+len(ch.scratch))
		}
		d.write(ch.scratch)
	}
	return ch.put(ctx, d, int64(len(rows)), startToken, endToken)
}

// AppendRecord appends the rows of a record as one: they become durable together, with token; "" = none. rec is borrowed
// until the call returns. A column whose type has no form is an error that names it. Without rows it does nothing.
func (ch *Channel) AppendRecord(ctx context.Context, rec arrow.Record, token string) error {
	if rec.NumRows() == 0 {
		return nil
	}
	if err := ch.begin(ctx); err != nil {
		return err
	}
	defer ch.end()
	if err := ch.encode.bind(rec); err != nil {
		return err
	}
	defer ch.encode.reset()
	d := ch.draft(0)
	for from := 0; from < int(rec.NumRows()); {
		next := ch.encode.fill(d, from, int(rec.NumRows()), ch.client.opts.UncompressedBytes)
		size := d.bytes
		if next == from {
			size += len(ch.encode.line(from))
		}
		if size > ch.client.opts.UncompressedBytes {
			ch.abandon(d)
			return ch.client.tooLarge(int64(from)+1, size)
		}
		from = next
	}
	return ch.put(ctx, d, rec.NumRows(), "", token)
}

// AppendRecordAt appends the rows of a record in pieces of the channel's choice, each with a token of its own: at(n) is the
// token of the first n rows, and is called for the last of each piece. It answers how many rows were taken, in order, which
// is all of them where the error is nil: where the buffer is full, or ctx is done, the pieces before are appended. rec is
// borrowed until the call returns.
func (ch *Channel) AppendRecordAt(ctx context.Context, rec arrow.Record, at func(rows int64) string) (rows int64, err error) {
	if rec.NumRows() == 0 {
		return 0, nil
	}
	if err := ch.begin(ctx); err != nil {
		return 0, err
	}
	defer ch.end()
	if err := ch.encode.bind(rec); err != nil {
		return 0, err
	}
	defer ch.encode.reset()
	ch.fill(true)
	defer ch.fill(false)
	for from := 0; from < int(rec.NumRows()); {
		d := ch.draft(blockBytes / 2)
		next := ch.encode.fill(d, from, int(rec.NumRows()), min(ch.client.opts.UncompressedBytes, blockBytes))
		if d.bytes > ch.client.opts.UncompressedBytes {
			ch.abandon(d)
			return int64(from), ch.client.tooLarge(1, d.bytes)
		}
		if err := ch.put(ctx, d, int64(next-from), "", at(int64(next))); err != nil {
			return int64(from), err
		}
		from = next
	}
	return rec.NumRows(), nil
}

// begin waits for the caller's turn to append.
func (ch *Channel) begin(ctx context.Context) error {
	select {
	case ch.turn <- struct{}{}:
	case <-ctx.Done():
		return ch.given(ctx, "append to")
	}
	ch.mu.Lock()
	err := ch.usable()
	ch.mu.Unlock()
	if err != nil {
		ch.end()
	}
	return err
}

// fill says whether there will be more in a moment.
func (ch *Channel) fill(more bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.filling = more
	ch.rouse()
}

// end lets the next one append.
func (ch *Channel) end() { <-ch.turn }

// given is the error of a call whose context is done.
func (ch *Channel) given(ctx context.Context, op string) error {
	return fmt.Errorf("sink/snowflake/streaming: %s %q: %w", op, ch.name, context.Cause(ctx))
}

func (ch *Channel) draft(room int) *draft {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	return ch.queue.draft(max(room, 1))
}

func (ch *Channel) abandon(d *draft) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.queue.abandon(d)
}

// put makes the rows of a draft wait to be sent, once there is room for them. It takes the draft in any case.
func (ch *Channel) put(ctx context.Context, d *draft, rows int64, start, token string) error {
	c := ch.client
	err := c.fits(d, rows)
	if err == nil {
		err = c.reserve(ctx, ch.name, int64(d.bytes)+appendBytes)
	}
	if err != nil {
		ch.abandon(d)
		return err
	}
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if err := ch.usable(); err != nil {
		ch.queue.abandon(d)
		c.release(int64(d.bytes) + appendBytes)
		return err
	}
	if ch.queue.bytes == 0 {
		ch.oldest = time.Now()
	}
	ch.queue.put(d, rows, start, token)
	ch.appended += int64(d.bytes)
	if ch.tokens.add(token) {
		c.poller.look(ch)
	}
	ch.rouse()
	return nil
}

// InitiateFlush has the channel send what it has, without waiting for it.
func (ch *Channel) InitiateFlush() {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.flush = ch.appended
	ch.rouse()
}

// WaitForFlush has the channel send what it has, and waits until the service has accepted what was appended before the
// call.
func (ch *Channel) WaitForFlush(ctx context.Context) error {
	ch.mu.Lock()
	until := ch.appended
	ch.flush = until
	ch.rouse()
	for {
		switch {
		case ch.err != nil:
			defer ch.mu.Unlock()
			return ch.err
		case ch.accepted >= until:
			ch.mu.Unlock()
			return nil
		}
		changed := ch.sent.wait()
		ch.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ch.given(ctx, "flush")
		}
		ch.mu.Lock()
	}
}

// fail makes the channel of no more use, under its lock. What it has is given up.
func (ch *Channel) fail(err error) {
	if ch.err != nil {
		return
	}
	ch.err = err
	ch.client.release(ch.queue.held())
	ch.queue.give(ch.sending) // the sender may be reading it
	if ch.cancel != nil {
		ch.cancel()
	}
	ch.sent.tell()
	ch.polled.tell()
}

// Close sends what the channel has, waits until the service has accepted it, and lets go of the channel. It stays at the
// service unless it is dropped. The error says what could not be sent; the channel is closed in any case, but for a
// Drop that failed: Close may be called again then. Otherwise further calls of Close answer nil.
func (ch *Channel) Close(ctx context.Context, opts *ChannelCloseOptions) error {
	var o ChannelCloseOptions
	if opts != nil {
		o = *opts
	}
	again := ch.IsClosed()
	ch.stop(!o.NoFlush)
	var err error
	if !again && !o.NoFlush {
		err = ch.drain(ctx, o.Timeout)
	}
	ch.shut(ErrClosed)
	if o.Drop && err == nil {
		err = ch.client.drop(ctx, ch.name, DropOptions{})
	}
	return err
}

// stop lets nothing more be appended, and may have the channel send what it has.
func (ch *Channel) stop(flush bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.closing = true
	if flush {
		ch.flush = ch.appended
		ch.rouse()
	}
}

// drain waits until what the channel has is accepted.
func (ch *Channel) drain(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := closeTimeout(ctx, timeout)
	defer cancel()
	err := ch.WaitForFlush(ctx)
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if err == nil || ch.accepted == ch.appended {
		return nil
	}
	return fmt.Errorf("%w; %d bytes of rows were not accepted", err, ch.appended-ch.accepted)
}

// closeTimeout bounds closing: by 60 s where timeout is 0, not at all where it is negative.
func closeTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	switch {
	case timeout < 0:
		return context.WithCancel(ctx)
	case timeout == 0:
		timeout = defaultCloseTimeout
	}
	return context.WithTimeout(ctx, timeout)
}

const defaultCloseTimeout = time.Minute

// shut ends the channel.
func (ch *Channel) shut(why error) {
	ch.mu.Lock()
	ch.closing = true
	ch.fail(why)
	ch.mu.Unlock()
	ch.client.forget(ch)
}
