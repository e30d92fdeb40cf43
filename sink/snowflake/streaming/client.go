package streaming

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/floedata/floe/config"
)

// Client streams into one pipe. Several clients may stream into one pipe; their channels have different names.
type Client struct {
	name, database, schema, pipe string
	opts                         ClientOptions // with defaults, without the profile

	wire        *wire
	owned       *http.Client        // closed with the client; nil = the caller's
	room        *semaphore.Weighted // of BufferedBytes
	counters    counters
	blocks      blocks
	compressors compressors
	poller      *poller
	elastic     *ElasticChannel
	running     sync.WaitGroup // goroutines

	mu       sync.Mutex
	channels map[string]*Channel      // that are open, by name
	turns    map[string]chan struct{} // of who opens or drops a channel, by name
	closed   bool
	err      error // of class Rebuild: why the client is of no more use
}

// NewClient finds the service of the account and logs in. pipe is a pipe for streaming: a custom one, or the default pipe
// of a table, whose name is the table's with -STREAMING behind it and which is made when it is first used. name tells
// clients of one program apart, in logs.
//
// What is wrong with the options is a *config.Error; what keeps from logging in is an [*Error]. ctx bounds this call alone.
func NewClient(ctx context.Context, name, database, schema, pipe string, opts *ClientOptions) (*Client, error) {
	c, err := newClient(name, database, schema, pipe, opts)
	if err != nil {
		return nil, err
	}
	if err := c.wire.connect(ctx); err != nil {
		c.disconnect()
		return nil, err
	}
	return c, nil
}

// NewTableClient is NewClient for the default pipe of a table.
func NewTableClient(ctx context.Context, name, database, schema, table string, opts *ClientOptions) (*Client, error) {
	if table == "" {
		return nil, &config.Error{Of: of, Faults: []config.Fault{{Field: "table", Problem: "is empty"}}}
	}
	var o ClientOptions
	if opts != nil {
		o = *opts
	}
	return NewClient(ctx, name, database, schema, o.fold(table)+defaultPipe, opts)
}

// of is what faults are of.
const of = "sink/snowflake/streaming.NewClient"

func newClient(name, database, schema, pipe string, opts *ClientOptions) (*Client, error) {
	var o ClientOptions
	if opts != nil {
		o = *opts
	}
	var f config.Faults
	for _, n := range [][2]string{{"database", database}, {"schema", schema}, {"pipe", pipe}} {
		if problem := checkName(n[1]); problem != "" {
			f.Add(n[0], "%q %s", n[1], problem)
		}
	}
	o.setDefaults()
	o.check(&f)
	c := &Client{
		name: name, database: o.fold(database), schema: o.fold(schema), pipe: o.foldPipe(pipe),
		room: semaphore.NewWeighted(o.BufferedBytes + appendBytes), compressors: newCompressors(),
		channels: map[string]*Channel{}, turns: map[string]chan struct{}{},
	}
	if o.HTTPClient == nil {
		c.owned = defaultHTTP()
		o.HTTPClient = c.owned
	}
	direct := *o.HTTPClient
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a token is for one host
	o.HTTPClient = &direct
	a := o.address(&f)
	credentials := o.credentials(&f, a)
	if err := f.Err(of); err != nil {
		c.disconnect()
		return nil, err
	}
	c.wire = &wire{
		http: o.HTTPClient, scheme: a.scheme, account: a.host, role: o.fold(o.Profile.Role), credentials: credentials,
		agent:   agentOf(o.Application, runtime.GOOS+" "+runtime.GOARCH, "GO/"+strings.TrimPrefix(strings.Fields(runtime.Version())[0], "go")),
		timeout: o.RequestTimeout, retry: o.RetryTimeout, now: o.Now, log: o.Logger.With("client", name, "pipe", c.pipe),
		turn: make(chan struct{}, 1), counters: &c.counters,
	}
	o.Profile = Profile{}
	c.opts = o
	c.poller = &poller{client: c, waiters: map[*Channel]int{}, once: map[*Channel]bool{}}
	c.elastic = newElastic(c)
	return c, nil
}

// defaultHTTP is a client with connections of its own. They speak HTTP/1.1: a request in flight has a connection to itself,
// where HTTP/2 would send those of all channels through one.
func defaultHTTP() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 256
	t.IdleConnTimeout = 30 * time.Second // sooner than whoever is between closes it: a request on it would be lost
	t.WriteBufferSize = 64 << 10
	return &http.Client{Transport: t}
}

// disconnect closes what is the client's own.
func (c *Client) disconnect() {
	if c.owned != nil {
		c.owned.CloseIdleConnections()
	}
}

// Name returns the name that the client was given.
func (c *Client) Name() string { return c.name }

// Database returns the database as the service knows it. As all names, it can be asked for after Close, too.
func (c *Client) Database() string { return c.database }

// Schema returns the schema as the service knows it.
func (c *Client) Schema() string { return c.schema }

// Pipe returns the pipe as the service knows it.
func (c *Client) Pipe() string { return c.pipe }

// String says what the client streams into.
func (c *Client) String() string {
	return fmt.Sprintf("streaming client %q of %s.%s.%s", c.name, c.database, c.schema, c.pipe)
}

// IsClosed says whether Close was called.
func (c *Client) IsClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// usable answers why the client is of no more use.
func (c *Client) usable() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if c.closed {
		return ErrClosed
	}
	return nil
}

// note takes notice of an error after which the client is of no more use.
func (c *Client) note(err error) {
	e := (*Error)(nil)
	if !errors.As(err, &e) || e.Class != Rebuild {
		return
	}
	c.mu.Lock()
	if c.err == nil {
		c.err = e
	}
	list := c.open()
	c.mu.Unlock()
	for _, ch := range list {
		ch.mu.Lock()
		ch.fail(e)
		ch.mu.Unlock()
	}
}

// open returns the channels that are open, under the lock.
func (c *Client) open() []*Channel {
	list := make([]*Channel, 0, len(c.channels))
	for _, ch := range c.channels {
		list = append(list, ch)
	}
	return list
}

// call calls the service, and may do so several times; see [wire.call].
func (c *Client) call(ctx context.Context, r *request, read func(body []byte) error) error {
	if err := c.usable(); err != nil {
		return err
	}
	err := c.wire.call(ctx, r, read)
	c.note(err)
	return err
}

// most is how large a request may be before compression.
func (c *Client) most() int {
	if c.opts.Compression == Uncompressed {
		return min(c.opts.UncompressedBytes, c.opts.RequestBytes)
	}
	return c.opts.UncompressedBytes
}

// tooLarge is the error of rows that do not fit into one request.
func (c *Client) tooLarge(rows int64, bytes int) *TooLargeError {
	return &TooLargeError{Rows: rows, Bytes: int64(bytes), Limit: int64(c.opts.UncompressedBytes), Option: "UncompressedBytes"}
}

// fits says whether an append goes on the wire in one request. Where that is in doubt, it is compressed to see.
func (c *Client) fits(d *draft, rows int64) error {
	const overhead = 4 << 10 // of what does not become smaller
	if d.bytes+overhead <= c.opts.RequestBytes {
		return nil
	}
	out, err := c.compress(d.parts())
	if err != nil {
		return fmt.Errorf("sink/snowflake/streaming: compress: %w", err)
	}
	size := out.n
	out.free()
	if size <= c.opts.RequestBytes {
		return nil
	}
	return &TooLargeError{Rows: rows, Bytes: int64(size), Limit: int64(c.opts.RequestBytes), Option: "RequestBytes"}
}

// reserve takes room in the buffer.
func (c *Client) reserve(ctx context.Context, target string, bytes int64) error {
	if c.room.TryAcquire(bytes) {
		c.counters.held.Add(bytes)
		return nil
	}
	c.InitiateFlush() // so that there will be some
	if c.opts.Overflow == Fail {
		return &Error{Op: "append to", Target: target, Code: codeMemoryThreshold, Class: Retry, Err: ErrBufferFull}
	}
	if err := c.room.Acquire(ctx, bytes); err != nil {
		return fmt.Errorf("sink/snowflake/streaming: append to %q: wait for room in the buffer: %w", target, context.Cause(ctx))
	}
	c.counters.held.Add(bytes)
	return nil
}

// release gives room back.
func (c *Client) release(bytes int64) {
	c.counters.held.Add(-bytes)
	c.room.Release(bytes)
}

// InitiateFlush has all channels send what they have, without waiting for it.
func (c *Client) InitiateFlush() {
	c.mu.Lock()
	list := c.open()
	c.mu.Unlock()
	for _, ch := range list {
		ch.InitiateFlush()
	}
}

// WaitForFlush has all channels send what they have, and waits until the service has accepted what was appended before the
// call. It answers the errors of channels that cannot send, joined.
func (c *Client) WaitForFlush(ctx context.Context) error {
	if err := c.usable(); err != nil {
		return err
	}
	c.InitiateFlush()
	c.mu.Lock()
	list := c.open()
	c.mu.Unlock()
	var errs []error
	for _, ch := range list {
		errs = append(errs, ch.WaitForFlush(ctx))
	}
	return errors.Join(errs...)
}

// ElasticChannel returns the pipe's elastic channel, the same one each time.
func (c *Client) ElasticChannel() *ElasticChannel { return c.elastic }

// Close sends what the channels have, waits until the service has accepted it, and ends everything that the client has
// started. The error says what could not be sent; the client is closed in any case. The channels stay at the service.
// Further calls of Close answer nil, other calls [ErrClosed].
func (c *Client) Close(ctx context.Context, opts *CloseOptions) error {
	var o CloseOptions
	if opts != nil {
		o = *opts
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	list := c.open()
	c.mu.Unlock()
	ctx, cancel := closeTimeout(ctx, o.Timeout)
	defer cancel()
	for _, ch := range list { // all before one is waited for
		ch.stop(!o.NoFlush)
	}
	var errs []error
	for _, ch := range list {
		if !o.NoFlush {
			errs = append(errs, ch.drain(ctx, -1))
		}
		ch.shut(ErrClosed)
	}
	c.poller.stop()
	errs = append(errs, c.elastic.close(ctx, !o.NoFlush))
	c.running.Wait()
	c.disconnect()
	return errors.Join(errs...)
}

// OpenChannel opens a channel, or makes it where there is none, and answers its status: the token from which to go on is
// LatestCommittedOffsetToken. offsetToken is committed for a channel that has none; "" = none.
//
// Whoever had the channel open before is fenced: its next append fails with class [Reopen], and so do calls on the
// [*Channel] that this client had for the name. Rows that were accepted and not committed are thrown away.
func (c *Client) OpenChannel(ctx context.Context, name, offsetToken string) (*Channel, ChannelStatus, error) {
	return c.OpenChannelWith(ctx, name, OpenOptions{OffsetToken: offsetToken})
}
