package engine

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// OpenChannel says how a channel is to be opened.
type OpenChannel struct {
	Token           *string // the offset token of a channel that is new
	FailUncommitted bool    // refuse a channel that has accepted rows which are not committed
}

// OpenChannel opens a channel, or opens it again: who had it before has it no more, and what was accepted and not committed
// is thrown away. It returns the continuation token of the first append. A refusal is a *StreamError.
func (e *Engine) OpenChannel(ctx context.Context, who Streamer, at PipeAddress, name string, o OpenChannel) (ChannelStatus, string, error) {
	if name == "" || strings.EqualFold(name, elasticName) {
		return ChannelStatus{}, "", refuseStream(http.StatusBadRequest, "ERR_INVALID_CHANNEL_NAME", "%q is no name for a channel.", name) // approximate
	}
	var status ChannelStatus
	var token string
	done, no := e.streams.begin(at, name)
	if no != nil {
		return ChannelStatus{}, "", no
	}
	defer done()
	err := e.streaming(ctx, who, at, func(w *work, p *streamPipe) error {
		c, err := w.openChannel(p, name, o)
		if err != nil {
			return err
		}
		w.done = append(w.done, func() {
			e.streams.mu.Lock()
			defer e.streams.mu.Unlock()
			status, token = c.status(), c.continuation()
		})
		return nil
	})
	return status, token, err
}

// begin notes that a channel is being opened: who comes meanwhile is to come again.
func (s *streams) begin(at PipeAddress, name string) (done func(), no *StreamError) {
	key := strings.ToUpper(strings.Join([]string{at.Database, at.Schema, at.Pipe}, "\x00")) + "\x00" + name
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opening[key] {
		return nil, refuseStream(http.StatusConflict, codeOpening, "Channel %s is being opened by another request.", name)
	}
	s.opening[key] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.opening, key)
	}, nil
}

// streaming runs f on the pipe of an address, in a transaction of the engine's.
func (e *Engine) streaming(ctx context.Context, who Streamer, at PipeAddress, f func(*work, *streamPipe) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, no := e.streamer(who)
	if no != nil {
		return no
	}
	return s.locked(ctx, func(w *work) error {
		p, no := w.streamPipe(at)
		if no != nil {
			return no
		}
		return f(w, p)
	})
}

// openChannel opens a channel of a pipe. What others see of it changes when that is committed.
func (w *work) openChannel(p *streamPipe, name string, o OpenChannel) (*channel, error) {
	s := w.e.streams
	key := channelKey{p.id, name}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.names[key]
	if c != nil && c.gone(w.e.now()) {
		forgotten := c
		w.done = append(w.done, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.remove(forgotten)
		})
		if err := w.exec(`DELETE FROM floe_channels WHERE id = ?`, c.ID); err != nil {
			return nil, err
		}
		c = nil
	}
	if c == nil {
		c = &channel{channelState: channelState{Pipe: p.id, Name: name, Created: w.e.now(), Token: o.Token, Elastic: name == elasticName}, next: 1}
		// No number comes again, so that no continuation token of a channel before is good for this one.
		s.last = max(s.last+1, w.e.number())
		c.ID = s.last
	} else if o.FailUncommitted && len(c.pending) > 0 {
		return nil, refuseStream(http.StatusConflict, codeUncommitted, "Channel %s has %d appends that are not committed.", name, len(c.pending))
	}
	state := c.channelState
	state.Opened++
	state.Path, state.Role, state.User, state.Broken, state.Used = p.path, w.s.role, w.s.user, "", w.e.now()
	w.done = append(w.done, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		// What is committed changes under the engine's lock, and that is held since.
		c.discard()
		c.channelState = state
		s.put(c)
	})
	return c, w.saveChannel(state)
}

// DropChannel forgets a channel, with its token and what it has accepted and not committed.
func (e *Engine) DropChannel(ctx context.Context, who Streamer, at PipeAddress, name string, failUncommitted bool) error {
	return e.streaming(ctx, who, at, func(w *work, p *streamPipe) error {
		s := e.streams
		s.mu.Lock()
		defer s.mu.Unlock()
		c := s.names[channelKey{p.id, name}]
		if c == nil || c.Elastic || c.gone(e.now()) {
			return noChannel(name)
		}
		if failUncommitted && len(c.pending) > 0 {
			return refuseStream(http.StatusConflict, codeUncommitted, "Channel %s has %d appends that are not committed.", name, len(c.pending))
		}
		w.done = append(w.done, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.remove(c)
		})
		return w.exec(`DELETE FROM floe_channels WHERE id = ?`, c.ID)
	})
}

// ChannelStatuses returns the status of channels by their names; those that are not there are left out.
func (e *Engine) ChannelStatuses(ctx context.Context, who Streamer, at PipeAddress, names []string) (map[string]ChannelStatus, error) {
	out := map[string]ChannelStatus{}
	err := e.streamingLook(ctx, who, at, func(p *streamPipe) {
		s := e.streams
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range s.of(p.id) {
			if !c.Elastic && slices.Contains(names, c.Name) && !c.gone(e.now()) {
				out[c.Name] = c.status()
			}
		}
	})
	return out, err
}

// PipeInfo returns the names of a pipe as they are stored.
func (e *Engine) PipeInfo(ctx context.Context, who Streamer, at PipeAddress) (PipeAddress, error) {
	var path PipeAddress
	err := e.streamingLook(ctx, who, at, func(p *streamPipe) { path = p.path })
	return path, err
}

// streamingLook runs f on the pipe of an address, which it only looks at.
func (e *Engine) streamingLook(ctx context.Context, who Streamer, at PipeAddress, f func(*streamPipe)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, no := e.streamer(who)
	if no != nil {
		return no
	}
	w := &work{ctx: ctx, e: e, s: s, conn: e.conn}
	p, no := w.streamPipe(at)
	if no != nil {
		return no
	}
	f(p)
	return nil
}
