package streaming

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// turn waits until nobody else opens or drops the channel of that name, and answers what ends the turn: what is opened last
// at the service is then what is opened last here.
func (c *Client) turn(ctx context.Context, name string) (end func(), err error) {
	c.mu.Lock()
	turn := c.turns[name]
	if turn == nil {
		turn = make(chan struct{}, 1)
		c.turns[name] = turn
	}
	c.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("sink/snowflake/streaming: channel %q: %w", name, context.Cause(ctx))
	}
}

// OpenChannelWith is OpenChannel with options.
func (c *Client) OpenChannelWith(ctx context.Context, name string, o OpenOptions) (*Channel, ChannelStatus, error) {
	if problem := checkName(name); problem != "" {
		return nil, ChannelStatus{}, &Error{Op: "open channel", Target: name, Message: "the name " + problem, Class: Configuration}
	}
	name = c.opts.fold(name)
	end, err := c.turn(ctx, name)
	if err != nil {
		return nil, ChannelStatus{}, err
	}
	defer end()
	r := &request{
		op: "open channel", target: name, method: http.MethodPut, path: c.channelPath(name), query: query{}.identified(), contentType: jsonType,
		body: jsonBody(struct {
			OffsetToken string `json:"offset_token,omitempty"`
			Fail        bool   `json:"fail_on_uncommitted_rows,omitempty"`
		}{o.OffsetToken, o.FailOnUncommittedRows}),
	}
	var reply opened
	err = c.call(ctx, r, func(body []byte) (err error) {
		reply, err = parseOpened(body)
		return err
	})
	if err != nil {
		return nil, ChannelStatus{}, err
	}
	status := reply.Status.status(time.Now())
	if e, ok := status.Err().(*Error); ok {
		e.Op, e.Target, e.Status = r.op, name, http.StatusOK
		return nil, status, e
	}
	ch := newChannel(c, name, reply, status)
	if err := c.register(ch); err != nil {
		return nil, status, err
	}
	return ch, status, nil
}

// register takes a channel that was opened, in place of the one that it has fenced.
func (c *Client) register(ch *Channel) error {
	c.mu.Lock()
	if c.closed || c.err != nil {
		c.mu.Unlock()
		return c.usable()
	}
	before := c.channels[ch.name]
	c.channels[ch.name] = ch
	c.mu.Unlock()
	if before != nil {
		before.shut(&Error{Op: "channel", Target: ch.name, Message: "it was opened again by this client", Class: Reopen})
	}
	return nil
}

// forget lets go of a channel that is closed.
func (c *Client) forget(ch *Channel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.channels[ch.name] == ch {
		delete(c.channels, ch.name)
	}
}

// DropChannel drops a channel at the service, with its committed token and its counts. It need not be open; where it is,
// its rows that are not sent are given up. What is accepted and not committed may be lost. A channel that is not there
// is no error.
func (c *Client) DropChannel(ctx context.Context, name string, opts *DropOptions) error {
	var o DropOptions
	if opts != nil {
		o = *opts
	}
	if problem := checkName(name); problem != "" {
		return &Error{Op: "drop channel", Target: name, Message: "the name " + problem, Class: Configuration}
	}
	return c.drop(ctx, c.opts.fold(name), o)
}

func (c *Client) drop(ctx context.Context, name string, o DropOptions) error {
	end, err := c.turn(ctx, name)
	if err != nil {
		return err
	}
	defer end()
	r := &request{op: "drop channel", target: name, method: http.MethodDelete, path: c.channelPath(name), query: query{}.identified()}
	if o.FailOnUncommittedRows {
		r.contentType, r.body = jsonType, jsonBody(map[string]bool{"fail_on_uncommitted_rows": true})
	}
	err = c.call(ctx, r, func([]byte) error { return nil })
	if e := (*Error)(nil); errors.As(err, &e) && e.Code == codeUnknownChannel {
		err = nil
	}
	if err != nil {
		return err
	}
	c.mu.Lock()
	ch := c.channels[name]
	c.mu.Unlock()
	if ch != nil {
		ch.shut(&Error{Op: "channel", Target: name, Message: "it was dropped by this client", Class: Reopen})
	}
	return nil
}

// ChannelStatuses asks for the status of channels, by any client. The keys are the names as they are given; channels that
// the service does not know are not in it.
func (c *Client) ChannelStatuses(ctx context.Context, names ...string) (map[string]ChannelStatus, error) {
	folded := make([]string, len(names))
	for i, name := range names {
		folded[i] = c.opts.fold(name)
	}
	all, err := c.statuses(ctx, folded)
	if err != nil {
		return nil, err
	}
	found := make(map[string]ChannelStatus, len(names))
	for i, name := range names {
		if status, ok := all[folded[i]]; ok {
			found[name] = status
		}
	}
	return found, nil
}

// namesAtOnce is how many channels one request asks for.
const namesAtOnce = 1000

func (c *Client) statuses(ctx context.Context, names []string) (map[string]ChannelStatus, error) {
	found := make(map[string]ChannelStatus, len(names))
	for chunk := range slices.Chunk(names, namesAtOnce) {
		r := &request{
			op: "ask for the status of channels of", target: c.pipe, method: http.MethodPost,
			path:  path("/v2/streaming/databases/", c.database, "/schemas/", c.schema, "/pipes/", c.pipe, ":bulk-channel-status"),
			query: query{}.identified(), contentType: jsonType,
			body: jsonBody(map[string][]string{"channel_names": chunk}),
		}
		var statuses map[string]wireStatus
		err := c.call(ctx, r, func(body []byte) (err error) {
			statuses, err = parseStatuses(body)
			return err
		})
		if err != nil {
			return nil, err
		}
		now := time.Now()
		for name, status := range statuses {
			s := status.status(now)
			set(&s.Channel, name)
			found[name] = s
		}
	}
	return found, nil
}

// LatestCommittedOffsetTokens asks for the committed tokens of channels. Each name has an entry: nil for a channel that
// has no token, and for one that the service does not know.
func (c *Client) LatestCommittedOffsetTokens(ctx context.Context, names ...string) (map[string]*string, error) {
	statuses, err := c.ChannelStatuses(ctx, names...)
	if err != nil {
		return nil, err
	}
	tokens := make(map[string]*string, len(names))
	for _, name := range names {
		tokens[name] = statuses[name].LatestCommittedOffsetToken
	}
	return tokens, nil
}

func (c *Client) channelPath(name string) string {
	return path("/v2/streaming/databases/", c.database, "/schemas/", c.schema, "/pipes/", c.pipe, "/channels/", name)
}

const jsonType = "application/json"

// jsonBody is a body of JSON; v has nothing that could have no form.
func jsonBody(v any) [][]byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("sink/snowflake/streaming: a body without a form: " + err.Error())
	}
	return [][]byte{text}
}
