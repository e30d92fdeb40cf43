package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
)

// wakeUp has commitLoop look again. The caller holds mu.
func (s *streams) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// commitLoop commits what channels have accepted when its time has come, until the engine is closed. Whether a channel's
// client lives makes no difference: what was accepted lands, unless the channel is opened again or dropped before.
func (e *Engine) commitLoop() {
	s := e.streams
	defer s.ended.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		due := timer.C
		if wait, ok := s.nextDue(); ok {
			timer.Reset(wait)
		} else {
			due = nil
		}
		select {
		case <-s.stop:
			return
		case <-s.wake:
		case <-due:
			if err := e.commitStreams(context.Background(), time.Now()); err != nil {
				s.mu.Lock()
				s.failed = errors.Join(s.failed, err)
				s.mu.Unlock()
			}
		}
	}
}

// nextDue is how long it is until something has to be committed.
func (s *streams) nextDue() (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var first time.Time
	for _, c := range s.channels {
		if free := c.free(); len(free) > 0 {
			if due := free[0].due; !due.IsZero() && (first.IsZero() || due.Before(first)) {
				first = due
			}
		}
	}
	return max(time.Until(first), 0), !first.IsZero()
}

// CommitStreams commits all that channels have accepted so far.
func (e *Engine) CommitStreams(ctx context.Context) error { return e.commitStreams(ctx, time.Time{}) }

// commitStreams commits what is due at a time, or all if that is zero. A pipe that fails keeps the others from nothing; its
// channels have to be opened again.
func (e *Engine) commitStreams(ctx context.Context, due time.Time) error {
	var errs []error
	for {
		e.mu.Lock()
		again := false
		for _, pipe := range e.streams.duePipes(due) {
			err := e.commitPipe(ctx, pipe, due)
			if err != nil {
				e.streams.spoil(pipe, err, e.now())
			}
			var refused *copyinto.Error
			if err != nil && !errors.As(err, &refused) {
				errs = append(errs, fmt.Errorf("commit of streamed rows: %w", err))
			}
			again = true
		}
		e.mu.Unlock()
		if !again || ctx.Err() != nil {
			return errors.Join(append(errs, ctx.Err())...)
		}
	}
}

// duePipes are the pipes that have something to commit.
func (s *streams) duePipes(due time.Time) []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []int64
	for _, c := range s.channels {
		if len(c.due(due)) > 0 && !slices.Contains(out, c.Pipe) {
			out = append(out, c.Pipe)
		}
	}
	slices.Sort(out)
	return out
}

// free are the appends of a channel that nothing keeps from being committed.
func (c *channel) free() []*accepted {
	if c.Broken != "" {
		return nil
	}
	return before(c.pending, func(a *accepted) bool { return c.held > 0 && a.row >= c.held })
}

// due are the appends of a channel that are to be committed at a time, or all if that is zero.
func (c *channel) due(at time.Time) []*accepted {
	return before(c.free(), func(a *accepted) bool { return !at.IsZero() && (a.due.IsZero() || a.due.After(at)) })
}

// before are the appends before the first one that has something.
func before(all []*accepted, has func(*accepted) bool) []*accepted {
	if n := slices.IndexFunc(all, has); n >= 0 {
		return all[:n]
	}
	return all
}

// portion is what is committed of a channel at once.
type portion struct {
	channel *channel
	state   channelState // with what is to be committed
	appends []*accepted
}

// portions take appends of a pipe's channels in turns, up to what one transaction should have.
func (s *streams) portions(pipe int64, due time.Time) []*portion {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*portion
	var rows, size int64
	for _, c := range s.of(pipe) {
		p := &portion{channel: c, state: c.channelState}
		for _, a := range c.due(due) {
			if rows > 0 && (rows+a.Rows > maxCommitRows || size+a.Bytes > maxCommitBytes) {
				break
			}
			rows, size = rows+a.Rows, size+a.Bytes
			p.appends = append(p.appends, a)
		}
		if len(p.appends) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// commitPipe commits appends of one pipe: their rows and what the channels tell of them, in one transaction. The caller holds
// the engine's lock.
func (e *Engine) commitPipe(ctx context.Context, id int64, due time.Time) error {
	// Documented: the service's time zone is UTC, whatever the account's is.
	s := &Session{e: e, started: e.now(), queryID: queryID(e.number()), set: map[string]any{"TIMEZONE": "UTC"}}
	portions := e.streams.portions(id, due)
	if len(portions) == 0 {
		return nil // a fault holds them back
	}
	return s.locked(ctx, func(w *work) error {
		p := &streamPipe{id: id, path: portions[0].state.Path}
		if o := e.catalog.objects[id]; o != nil && o.Pipe != nil {
			p.pipe, p.table = o, e.catalog.objects[o.Pipe.Table]
		} else {
			p.table = o
		}
		if p.table == nil {
			return w.breakChannels(portions, codeInvalidPipe)
		}
		if err := w.streamRows(p, portions); err != nil {
			return err
		}
		for _, x := range portions {
			if err := w.saveChannel(x.state); err != nil {
				return err
			}
		}
		w.done = append(w.done, func() {
			e.streams.mu.Lock()
			defer e.streams.mu.Unlock()
			for _, x := range portions {
				x.commit()
			}
		})
		return nil
	})
}

// commit makes what was committed of a channel known.
func (x *portion) commit() {
	c := x.channel
	c.channelState = x.state
	for _, a := range x.appends {
		a.remove()
	}
	c.pending = c.pending[len(x.appends):]
}

// streamRows loads the rows of appends, and enters what became of them into the channels' states.
func (w *work) streamRows(p *streamPipe, portions []*portion) error {
	req, err := w.streamRequest(p)
	if err != nil {
		return err
	}
	for _, x := range portions {
		for _, a := range x.appends {
			rows, err := a.read()
			if err != nil {
				return err
			}
			req.Files = append(req.Files, copyinto.File{Name: x.channel.Name, Text: rows})
		}
	}
	if w.e.options.CountOnly {
		for _, x := range portions {
			for _, a := range x.appends {
				x.state.enter(w, a, copyinto.FileResult{Parsed: a.Rows, Loaded: a.Rows})
			}
		}
		return nil
	}
	if err := w.evolveStream(p, portions, &req); err != nil {
		return err
	}
	if err := w.begin(); err != nil {
		return err
	}
	results, err := copyinto.LoadRows(w.ctx, w.conn, w.e.look, req)
	if err != nil {
		return err
	}
	for _, x := range portions {
		for _, a := range x.appends {
			if err := w.logErrors(p, &x.state, a, results[0].Errors); err != nil {
				return err
			}
			x.state.enter(w, a, results[0])
			results = results[1:]
		}
	}
	return nil
}

// enter adds an append that was loaded to what is told of the channel.
func (c *channelState) enter(w *work, a *accepted, r copyinto.FileResult) {
	now := w.e.now()
	c.Row, c.Used = a.row, now
	if a.End != nil {
		c.Token = a.End
	}
	c.Parsed += r.Parsed
	c.Inserted += r.Loaded
	c.Errors += r.ErrorsSeen
	if n := len(r.Errors); n > 0 {
		message := r.Errors[n-1].Message
		c.LastError, c.LastErrorUpper, c.LastErrorAt = &message, a.End, now
	}
	c.Appends++
	c.Waited += max(now.Sub(a.At), 0)
}

// breakChannels has channels opened again by their clients: what they have accepted cannot be committed.
func (w *work) breakChannels(portions []*portion, code string) error {
	for _, x := range portions {
		x.state.Broken = code
		if err := w.saveChannel(x.state); err != nil {
			return err
		}
	}
	w.done = append(w.done, func() {
		w.e.streams.mu.Lock()
		defer w.e.streams.mu.Unlock()
		for _, x := range portions {
			x.channel.Broken = code
		}
	})
	return nil
}

// spoil has the channels of a pipe opened again whose rows could not be committed.
func (s *streams) spoil(pipe int64, why error, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	message := why.Error()
	for _, c := range s.of(pipe) {
		c.Broken, c.LastError, c.LastErrorAt = codeMustReopen, &message, now
	}
}

// endStreams ends commitLoop, and returns what went wrong in it: once.
func (e *Engine) endStreams() error {
	s := e.streams
	s.over.Do(func() { close(s.stop) })
	s.ended.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.failed
	s.failed = nil
	return err
}
