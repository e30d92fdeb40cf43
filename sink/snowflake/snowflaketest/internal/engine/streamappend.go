package engine

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// AppendRows is what one append sends.
type AppendRows struct {
	Channel      string
	Continuation string  // the token of the reply before
	Start, End   *string // offset tokens of the first and the last row
	Rows         []byte  // lines of JSON objects
	Hold         bool    // the channel commits nothing any more, from these rows on: a fault
	Lose         bool    // the rows are thrown away, although they are accepted: a fault
}

// continuation is the token that the next append has to have.
func (c *channel) continuation() string {
	text := fmt.Sprintf("%d.%d.%d", c.ID, c.Opened, c.next)
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// continued reads a continuation token.
func continued(token string) (id, opened, row int64, ok bool) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, 0, 0, false
	}
	_, err = fmt.Sscanf(string(text), "%d.%d.%d", &id, &opened, &row)
	return id, opened, row, err == nil && token == base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d.%d", id, opened, row))
}

// Append takes rows of a channel, which are committed later. They are kept when it returns, whatever becomes of the process.
// It returns the next continuation token. A refusal is a *StreamError.
func (e *Engine) Append(ctx context.Context, who Streamer, at PipeAddress, a AppendRows) (string, error) {
	s := e.streams
	rows, no := e.counted(a.Rows)
	if no != nil {
		return "", no
	}
	s.mu.Lock()
	c, no := s.holder(at, a, e.now())
	if no == nil {
		no = c.pace.take(e, int64(len(a.Rows)))
	}
	s.mu.Unlock()
	if c == nil && no.Code == codeNoChannel {
		return "", e.whyNot(ctx, who, at, no)
	}
	if no != nil {
		return "", no
	}
	in := &accepted{Start: a.Start, End: a.End, At: e.now(), Rows: rows, Bytes: int64(len(a.Rows))}
	return e.accept(in, a, func() (*channel, *StreamError) { return s.holder(at, a, e.now()) })
}

// Appended returns what was accepted since the engine was opened.
func (e *Engine) Appended() Appended {
	e.streams.mu.Lock()
	defer e.streams.mu.Unlock()
	return e.streams.total
}

// accept keeps rows for the channel that find returns. It is asked when they are written: until then another may open the
// channel.
func (e *Engine) accept(in *accepted, a AppendRows, find func() (*channel, *StreamError)) (string, error) {
	s := e.streams
	part := ""
	if !e.options.CountOnly && !a.Lose {
		s.mu.Lock()
		s.parts++
		part = filepath.Join(s.dir, fmt.Sprintf("%d.part", s.parts))
		s.mu.Unlock()
		defer func() { _ = os.Remove(part) }() // renamed, if all went well
		if err := in.write(part, a.Rows); err != nil {
			return "", err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, no := find()
	if no != nil {
		return "", no
	}
	in.row = c.next
	if (a.Hold || a.Lose) && c.held == 0 {
		c.held = in.row
	}
	if a.Lose {
		c.next++
		return c.continuation(), nil
	}
	if part != "" {
		in.path = s.file(c, in.row)
		if err := os.Rename(part, in.path); err != nil {
			return "", err
		}
	}
	c.next++
	in.due = s.due()
	c.pending = append(c.pending, in)
	s.total.Requests++
	s.total.Rows += in.Rows
	s.total.Bytes += in.Bytes
	s.wakeUp()
	return c.continuation(), nil
}

// holder returns the channel of an append, if its token is the one that has to come. No channel is one that is not there. The
// caller holds mu.
func (s *streams) holder(at PipeAddress, a AppendRows, now time.Time) (*channel, *StreamError) {
	if a.Continuation == "" {
		return nil, refuseStream(http.StatusBadRequest, "ERR_INVALID_REQUEST", "The parameter continuationToken is missing.") // approximate
	}
	id, opened, row, ok := continued(a.Continuation)
	if !ok {
		// Approximate: what an account says to a token that is none.
		return nil, refuseStream(http.StatusBadRequest, codeStale, "The continuation token is none. Please reopen the channel.")
	}
	c := s.channels[id]
	if c == nil || c.Elastic || c.Name != a.Channel || !c.Path.same(at) || c.gone(now) {
		return nil, noChannel(a.Channel)
	}
	switch {
	case c.Broken != "":
		return c, refuseStream(http.StatusConflict, c.Broken, "Channel %s has to be reopened.", c.Name)
	case c.Opened != opened:
		return c, mustReopen(c.Name)
	case c.next != row:
		return c, refuseStream(http.StatusConflict, codeRowSequencer, "Channel %s: the row sequencer in the continuation token is %d, not %d. Please reopen the channel.", c.Name, row, c.next)
	}
	return c, nil
}

// same reports whether two addresses name one pipe: letters of the other case do.
func (p PipeAddress) same(q PipeAddress) bool {
	return strings.EqualFold(p.Database, q.Database) && strings.EqualFold(p.Schema, q.Schema) && strings.EqualFold(p.Pipe, q.Pipe)
}

// whyNot says what is wrong with the pipe of a channel that is not there, or else that it is not there.
func (e *Engine) whyNot(ctx context.Context, who Streamer, at PipeAddress, no *StreamError) error {
	if err := e.streamingLook(ctx, who, at, func(*streamPipe) {}); err != nil {
		return err
	}
	return no
}

// AppendElastic takes rows of a pipe without a channel: they are kept and committed like others, and nothing tells whether
// they came before.
func (e *Engine) AppendElastic(ctx context.Context, who Streamer, at PipeAddress, text []byte) error {
	rows, no := e.counted(text)
	if no != nil {
		return no
	}
	var key channelKey
	err := e.streamingLook(ctx, who, at, func(p *streamPipe) { key = channelKey{p.id, elasticName} })
	if err != nil {
		return err
	}
	s := e.streams
	find := func() (*channel, *StreamError) {
		c := s.names[key]
		if c == nil {
			return nil, noChannel(elasticName)
		}
		c.Broken = "" // nobody opens it again: what could not be committed is tried again
		return c, nil
	}
	s.mu.Lock()
	_, no = find()
	s.mu.Unlock()
	if no != nil {
		err := e.streaming(ctx, who, at, func(w *work, p *streamPipe) error {
			s.mu.Lock()
			there := s.names[key]
			s.mu.Unlock()
			if there != nil {
				return nil
			}
			_, err := w.openChannel(p, elasticName, OpenChannel{})
			return err
		})
		if err != nil {
			return err
		}
	}
	_, err = e.accept(&accepted{At: e.now(), Rows: rows, Bytes: int64(len(text))}, AppendRows{Rows: text}, find)
	return err
}

// counted counts the rows of a request, and refuses one whose lines are not all JSON objects, or that has none.
func (e *Engine) counted(text []byte) (int64, *StreamError) {
	if e.options.CountOnly {
		return int64(bytes.Count(text, []byte{'\n'})), nil
	}
	var rows int64
	line := 0
	for rest := text; len(rest) > 0; {
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			n = len(rest) - 1
		}
		row := bytes.TrimSpace(rest[:n+1])
		rest = rest[n+1:]
		line++
		if len(row) == 0 {
			continue
		}
		if row[0] != '{' || !json.Valid(row) {
			// Approximate: the code and the words.
			return 0, refuseStream(http.StatusBadRequest, "ERR_INVALID_ROWS", "Line %d of the body is not a JSON object.", line)
		}
		rows++
	}
	if rows == 0 {
		return 0, refuseStream(http.StatusBadRequest, "ERR_INVALID_ROWS", "The body has no rows.") // approximate
	}
	return rows, nil
}

// pace is how fast a channel sends: what is left of the requests and bytes of a second.
type pace struct {
	at              time.Time
	requests, bytes float64
}

// take takes a request from what is left, or refuses it.
func (p *pace) take(e *Engine, size int64) *StreamError {
	limit := e.options.StreamingRate
	now := e.now()
	past := min(max(now.Sub(p.at).Seconds(), 0), 1)
	p.at = now
	p.requests = min(p.requests+past*limit.Requests, limit.Requests)
	p.bytes = min(p.bytes+past*limit.Bytes, limit.Bytes)
	// A request may be more than there is left, and what it takes too much the ones behind it pay for.
	if limit.Requests > 0 && p.requests < 1 || limit.Bytes > 0 && p.bytes <= 0 {
		return refuseStream(http.StatusTooManyRequests, "390701", "Request rate exceeds max. allowed rate of the channel.")
	}
	p.requests--
	p.bytes -= float64(size)
	return nil
}
