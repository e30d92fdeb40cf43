package snowflake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/floedata/floe/sink/snowflake/streaming"
)

// clients are those that the partitions share. One that is of no more use is given up, and made anew when it is needed.
type clients struct {
	connect func(ctx context.Context, number int) (*streaming.Client, error)
	lock    chan struct{}       // of list; a place for its holder
	list    []*streaming.Client // nil = none yet, or given up
}

func newClients(n int, connect func(ctx context.Context, number int) (*streaming.Client, error)) clients {
	return clients{connect: connect, lock: make(chan struct{}, 1), list: make([]*streaming.Client, n)}
}

// of returns the client of a channel, which is the same one as long as it lasts.
func (c *clients) of(ctx context.Context, channel string) (*streaming.Client, error) {
	select {
	case c.lock <- struct{}{}:
		defer func() { <-c.lock }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	n := 0
	for _, b := range []byte(channel) {
		n = (n*31 + int(b)) % len(c.list)
	}
	if c.list[n] != nil {
		return c.list[n], nil
	}
	client, err := c.connect(ctx, n)
	if err == nil {
		c.list[n] = client
	}
	return client, err
}

// giveUp closes a client that is of no more use. Its channels' calls then fail, and their partitions rewind.
func (c *clients) giveUp(ctx context.Context, client *streaming.Client) {
	c.lock <- struct{}{}
	if i := slices.Index(c.list, client); i >= 0 {
		c.list[i] = nil
	}
	<-c.lock
	_ = client.Close(ctx, &streaming.CloseOptions{NoFlush: true}) // what it had is replayed
}

// close closes all. What writers have appended they have waited for, or given up.
func (c *clients) close(ctx context.Context) error {
	c.lock <- struct{}{}
	defer func() { <-c.lock }()
	var errs []error
	for i, client := range c.list {
		if client != nil {
			errs = append(errs, client.Close(ctx, &streaming.CloseOptions{NoFlush: true}))
		}
		c.list[i] = nil
	}
	return errors.Join(errs...)
}

// connector returns what makes a client of the sink's pipe.
func (t *StreamingSink) connector(profile streaming.Profile) func(context.Context, int) (*streaming.Client, error) {
	return func(ctx context.Context, number int) (*streaming.Client, error) {
		o := t.opts.Client
		// What is appended was waited for already: it goes at once.
		o.Profile, o.KeepCase, o.Overflow, o.FlushInterval = profile, true, streaming.Block, -1
		if t.opts.Pipe != "" {
			o.Binary = streaming.Hex
		}
		if o.Logger == nil {
			o.Logger = t.s.opts.Logger
		}
		return streaming.NewClient(ctx, fmt.Sprintf("floe-%d", number), t.s.place.Database, t.s.place.Schema, t.pipe(), &o)
	}
}
