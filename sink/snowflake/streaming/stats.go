package streaming

import (
	"errors"
	"sync/atomic"
)

// Stats are what a client has done since it was made, and what it has now: for the metrics of a program.
type Stats struct {
	Requests  int64 // sent, each try
	Failed    int64 // of those, without an answer, or with one that is no success
	Throttled int64 // of those, because the service had too much to do
	Sent      int64 // bytes of all requests' bodies, compressed

	Rows  int64 // that the service has accepted
	Bytes int64 // of them, before compression

	Buffered int64 // bytes that are held of ClientOptions.BufferedBytes
	Channels int   // open
}

// counters are those of [Stats] that only grow, but for held.
type counters struct {
	requests, failed, throttled, sent atomic.Int64
	rows, bytes, held                 atomic.Int64
}

// Stats returns what the client has done and has. It can be called at any time, after Close too.
func (c *Client) Stats() Stats {
	n := &c.counters
	c.mu.Lock()
	channels := len(c.channels)
	c.mu.Unlock()
	return Stats{
		Requests: n.requests.Load(), Failed: n.failed.Load(), Throttled: n.throttled.Load(), Sent: n.sent.Load(),
		Rows: n.rows.Load(), Bytes: n.bytes.Load(), Buffered: n.held.Load(), Channels: channels,
	}
}

// accepted counts rows that the service has accepted.
func (n *counters) accepted(rows, bytes int64) {
	n.rows.Add(rows)
	n.bytes.Add(bytes)
}

// tried counts a request that was sent, and what came of it.
func (n *counters) tried(r *request, err error) {
	n.requests.Add(1)
	for _, part := range r.body {
		n.sent.Add(int64(len(part)))
	}
	if err == nil {
		return
	}
	n.failed.Add(1)
	if e := (*Error)(nil); errors.As(err, &e) && e.throttled() {
		n.throttled.Add(1)
	}
}
