package streaming

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// A channel has a goroutine that sends, for as long as it has something to send.

// rouse has what is there sent, when it is time; under the channel's lock.
func (ch *Channel) rouse() {
	switch {
	case ch.queue.bytes == 0 || ch.err != nil:
	case !ch.sending:
		ctx, cancel := context.WithCancel(context.Background())
		ch.sending, ch.cancel = true, cancel
		ch.client.running.Add(1)
		go func() {
			defer ch.client.running.Done()
			defer cancel()
			ch.send(ctx)
		}()
	case ch.due() <= 0:
		select {
		case ch.wake <- struct{}{}:
		default: // it has been told
		}
	}
}

// due says how long what is there waits for more; under the channel's lock.
func (ch *Channel) due() time.Duration {
	if ch.queue.bytes >= int64(ch.most) || ch.flush > ch.accepted {
		return 0
	}
	if ch.filling {
		return time.Hour // the end of it is told
	}
	return ch.client.opts.FlushInterval - time.Since(ch.oldest)
}

// send sends until nothing is left, or the channel is of no more use.
func (ch *Channel) send(ctx context.Context) {
	t := trouble{limit: ch.client.opts.RetryTimeout}
	for {
		wait, more := ch.idle()
		if !more {
			return
		}
		if wait > 0 {
			ch.pause(ctx, wait)
			continue
		}
		b, err := ch.once(ctx)
		if err == nil {
			t = trouble{limit: t.limit}
			continue
		}
		e := (*Error)(nil)
		if !errors.As(err, &e) { // its context is done
			e = &Error{Op: "append to", Target: ch.name, Message: "given up", Class: Reopen, Err: err}
		}
		again, dead := t.judge(e, b)
		if dead != nil {
			ch.client.note(dead)
			ch.mu.Lock()
			ch.fail(dead)
			ch.mu.Unlock()
			continue
		}
		ch.shrink(b, e)
		if again > 0 {
			sleep(ctx, ch.client.wire.wait(again, e))
		}
	}
}

// idle says how long the sender has nothing to do; more is false where it is to end.
func (ch *Channel) idle() (wait time.Duration, more bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.queue.bytes == 0 || ch.err != nil {
		ch.sending, ch.cancel = false, nil
		return 0, false
	}
	now := time.Now()
	return max(ch.due(), ch.bytesPace.wait(now), ch.requestsPace.wait(now)), true
}

// pause waits until it is time to send, or to look again.
func (ch *Channel) pause(ctx context.Context, wait time.Duration) {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ch.wake:
	case <-ctx.Done():
	}
}

// once sends a batch once. The batch is taken off the queue where the error is nil.
func (ch *Channel) once(ctx context.Context) (batch, error) {
	b, r, out, err := ch.request()
	if err != nil || b.appends == 0 {
		return b, err
	}
	now := time.Now()
	ch.bytesPace.spend(float64(b.bytes), now)
	ch.requestsPace.spend(1, now)
	body, err := ch.client.wire.send(ctx, r)
	if !r.read() {
		out.free()
	}
	if err != nil {
		return b, err
	}
	token, err := ch.answer(r, body)
	if err != nil {
		return b, err
	}
	ch.took(b, token, r.read())
	return b, nil
}

// request makes a request of what is to be sent next. out is the memory of its body, where that is not the queue's.
func (ch *Channel) request() (b batch, r *request, out *spill, err error) {
	c := ch.client
	ch.mu.Lock()
	most, continuation := ch.most, ch.continuation
	ch.mu.Unlock()
	for {
		ch.mu.Lock()
		b = ch.queue.take(most)
		ch.mu.Unlock()
		if b.appends == 0 {
			return b, nil, nil, nil
		}
		out, err = c.compress(b.parts)
		if err != nil || out.n <= c.opts.RequestBytes {
			break
		}
		size := out.n
		out.free()
		if b.appends == 1 {
			return b, nil, nil, &Error{Op: "append to", Target: ch.name, Class: Configuration, Err: c.tooLarge(b.rows, size)}
		}
		most = max(1, int(int64(b.bytes)*int64(c.opts.RequestBytes)/int64(size))*15/16)
	}
	if err != nil {
		return b, nil, nil, fmt.Errorf("compress: %w", err)
	}
	r = &request{
		op: "append to", target: ch.name, method: http.MethodPost,
		path:        path("/v2/streaming/data/databases/", c.database, "/schemas/", c.schema, "/pipes/", c.pipe, "/channels/", ch.name, "/rows"),
		contentType: ndjsonType, encoding: c.opts.Compression.encoding(), length: b.bytes, body: out.parts(),
	}
	if b.start != "" || b.end != "" {
		r.query = r.query.add("startOffsetToken", b.start).add("endOffsetToken", b.end)
	}
	r.query = r.query.add("continuationToken", continuation).identified()
	return b, r, out, nil
}

const ndjsonType = "application/x-ndjson"

// answer reads the reply to an append.
func (ch *Channel) answer(r *request, body []byte) (token string, err error) {
	a, err := parseAppended(body)
	e := &Error{Op: r.op, Target: r.target, Status: http.StatusOK, Class: Reopen}
	switch {
	case err != nil:
		e.Message, e.Unknown = err.Error(), true
		return "", e
	case a.Code != "": // refused, for all its status
		f := failure{code: string(a.Code), message: clip(string(a.Message))}
		e.Code, e.Message = f.code, hint(f.message, f.code)
		if class, ok := codes[f.code]; ok {
			e.Class = class
		}
		return "", e
	}
	return a.Token, nil
}

// took takes what the service has accepted off the queue.
func (ch *Channel) took(b batch, token string, read bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.err != nil {
		return // it is given up already
	}
	ch.continuation = token
	ch.queue.accepted(b, read)
	ch.accepted += int64(b.bytes)
	ch.client.release(b.held())
	ch.client.counters.accepted(b.rows, int64(b.bytes))
	ch.oldest = b.taken // of what stays behind
	if most := ch.client.most(); ch.most < most {
		ch.most = min(ch.most+max(ch.most/16, 1), most)
	}
	ch.sent.tell()
}

// shrink makes the next requests smaller, where the service found one too large, or has too much to do.
func (ch *Channel) shrink(b batch, e *Error) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	switch {
	case e.Status == http.StatusRequestEntityTooLarge:
		ch.most = max(b.bytes/2, 1)
	case e.throttled():
		ch.most = min(ch.most, max(min(ch.most, b.bytes)/2, blockBytes))
	}
}

// trouble is a run of failures of one append.
type trouble struct {
	limit time.Duration
	n     int
	since time.Time // of the first that came without a reply
}

// judge says what becomes of an append that failed: again > 0: the same is repeated after the wait of that number; again
// = 0: it is repeated in smaller parts; dead: the channel is of no more use.
//
// Repeated is what the service has not taken for sure: what it had no room for, as long as it takes; what never reached
// it, for a while. Whether the continuation token is good for more, where it may have taken the rows, is not documented.
func (t *trouble) judge(e *Error, b batch) (again int, dead *Error) {
	t.n++
	d := *e
	switch {
	case e.Unknown:
		d.Class = Reopen
		return 0, &d
	case e.Status == http.StatusRequestEntityTooLarge && b.appends > 1:
		return 0, nil
	case e.Class == Retry && e.throttled():
		return t.n, nil
	case e.Class == Retry:
		if t.since.IsZero() {
			t.since = time.Now()
		}
		if time.Since(t.since) < t.limit {
			return t.n, nil
		}
		d.Class = Reopen
		return 0, &d
	}
	return 0, &d
}
