package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// channelsTable has a row for each channel of Snowpipe Streaming.
const channelsTable = `CREATE TABLE IF NOT EXISTS floe_channels (id BIGINT PRIMARY KEY, pipe BIGINT NOT NULL, doc VARCHAR NOT NULL)`

// channel is one of Snowpipe Streaming. What is kept of it is in channelState, as JSON; what it has accepted and not
// committed is in files of its own: see accepted.
type channel struct {
	channelState
	next    int64 // row sequencer of the next append
	pending []*accepted
	held    int64 // row sequencer from which on nothing is committed: a fault; 0 = there is none
	pace    pace
}

// channelState is a channel as it was last committed.
type channelState struct {
	ID      int64
	Pipe    int64 // the pipe, or the table whose default pipe it is
	Path    PipeAddress
	Name    string
	Elastic bool `json:",omitempty"` // that of a pipe's rows without a channel: nobody opens it or is told of it
	Created time.Time
	Opened  int64     // client sequencer: how often it was opened
	Row     int64     // row sequencer of the last append that is committed
	Token   *string   // offset token of it
	Used    time.Time // when it was opened, or committed something, last
	Role    int64     // that opened it
	User    int64

	Inserted, Parsed, Errors int64
	LastErrorUpper           *string
	LastError                *string
	LastErrorAt              time.Time
	Appends                  int64         // that are committed
	Waited                   time.Duration // between accepting them and committing them, in sum
	Broken                   string        // the code of why it has to be opened again; "" = it is good
}

// kept is how long a channel is remembered that nobody uses.
const kept = 30 * 24 * time.Hour

// gone reports whether a channel was not used for so long that it is forgotten, with its token.
func (c *channel) gone(now time.Time) bool { return len(c.pending) == 0 && now.Sub(c.Used) > kept }

// channelKey is where the name of a channel is unique.
type channelKey struct {
	pipe int64
	name string
}

func (c *channel) key() channelKey { return channelKey{c.Pipe, c.Name} }

func (c *channel) status() ChannelStatus {
	s := ChannelStatus{
		Database: c.Path.Database, Schema: c.Path.Schema, Pipe: c.Path.Pipe, Channel: c.Name, Code: c.Broken, Token: c.Token, Created: c.Created,
		Inserted: c.Inserted, Parsed: c.Parsed, Errors: c.Errors,
		LastErrorUpper: c.LastErrorUpper, LastError: c.LastError, LastErrorAt: c.LastErrorAt,
	}
	if s.Code == "" {
		s.Code = statusSuccess
	}
	if c.Appends > 0 {
		s.Latency = c.Waited / time.Duration(c.Appends)
	}
	return s
}

// streams are the channels of an account. mu guards them and what is in them; who holds the engine's lock too takes that
// one first. What is committed of a channel changes under both.
type streams struct {
	dir   string
	delay time.Duration // Options.StreamingDelay

	mu       sync.Mutex
	channels map[int64]*channel
	names    map[channelKey]*channel
	opening  map[string]bool // channels by address and name
	last     int64
	parts    int64 // numbers of files that are being written
	failed   error // of a commit
	total    Appended

	wake  chan struct{} // has one in it when there is more to commit
	stop  chan struct{}
	over  sync.Once
	ended sync.WaitGroup
}

// StreamingRate is how much a channel may send in a second: requests, and bytes of rows that are not compressed.
type StreamingRate struct{ Requests, Bytes float64 }

// Appended counts what Snowpipe Streaming has accepted: requests, their rows, and the bytes of these, not compressed.
type Appended struct{ Requests, Rows, Bytes int64 }

func newStreams(dir string, delay time.Duration) *streams {
	return &streams{
		dir: filepath.Join(dir, "streaming"), delay: delay, channels: map[int64]*channel{}, names: map[channelKey]*channel{}, opening: map[string]bool{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}),
	}
}

// load reads the channels, and what they have accepted.
func (s *streams) load(ctx context.Context, q queryer) error {
	err := documents(ctx, q, func(state *channelState) {
		s.put(&channel{channelState: *state, next: state.Row + 1})
	}, `SELECT doc FROM floe_channels`)
	if err != nil {
		return err
	}
	return s.recover()
}

func (s *streams) put(c *channel) {
	s.channels[c.ID], s.names[c.key()] = c, c
	s.last = max(s.last, c.ID)
}

func (s *streams) remove(c *channel) {
	delete(s.channels, c.ID)
	if s.names[c.key()] == c {
		delete(s.names, c.key())
	}
	c.discard()
}

// of returns the channels of a pipe, by name.
func (s *streams) of(pipe int64) []*channel {
	var out []*channel
	for _, c := range s.channels {
		if c.Pipe == pipe {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *channel) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// saveChannel writes what is kept of a channel.
func (w *work) saveChannel(c channelState) error {
	doc, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return w.exec(`INSERT OR REPLACE INTO floe_channels VALUES (?, ?, ?)`, c.ID, c.Pipe, string(doc))
}

// eraseChannels drops the channels of a pipe, or of a table's default pipe, with what they have accepted.
func (w *work) eraseChannels(pipe int64) error {
	s := w.e.streams
	s.mu.Lock()
	gone := s.of(pipe)
	s.mu.Unlock()
	if len(gone) == 0 {
		return nil
	}
	w.done = append(w.done, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range gone {
			s.remove(c)
		}
	})
	return w.exec(`DELETE FROM floe_channels WHERE pipe = ?`, pipe)
}

// file is where an append of the channel is while it is not committed.
func (s *streams) file(c *channel, row int64) string {
	return filepath.Join(s.dir, fmt.Sprintf("%d-%d-%d.ndjson", c.ID, c.Opened, row))
}
