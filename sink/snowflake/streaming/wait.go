package streaming

import (
	"context"
	"fmt"
)

// WaitForStatus waits until done answers true for a status of the channel, which it answers. done is called for the one
// that is known, and then for each that the client's poller gets, by the caller's goroutine. It flushes nothing. An error
// of the channel, such as a code that is not well, ends it.
func (ch *Channel) WaitForStatus(ctx context.Context, done func(ChannelStatus) bool) (ChannelStatus, error) {
	var status ChannelStatus
	err := ch.await(ctx, func() (bool, error) {
		status = ch.status
		ch.mu.Unlock()
		defer ch.mu.Lock()
		return done(status), nil
	})
	return status, err
}

// WaitForCommit waits until done answers true for the committed token, nil for none, as WaitForStatus does.
func (ch *Channel) WaitForCommit(ctx context.Context, done func(token *string) bool) error {
	_, err := ch.WaitForStatus(ctx, func(s ChannelStatus) bool { return done(s.LatestCommittedOffsetToken) })
	return err
}

// WaitForToken waits until the rows are committed that were appended with token, as their last or only one. A token that
// was neither appended to this channel nor committed when it was opened, or so long ago that many thousands were committed
// since, is an error. Appends that are told apart have different tokens. It flushes nothing.
func (ch *Channel) WaitForToken(ctx context.Context, token string) error {
	return ch.await(ctx, func() (bool, error) {
		committed, known := ch.tokens.covered(token)
		if !known {
			return false, fmt.Errorf("sink/snowflake/streaming: wait for token %q of %q: nothing was appended with it", token, ch.name)
		}
		return committed, nil
	})
}

// await waits until done, which is called under the channel's lock.
func (ch *Channel) await(ctx context.Context, done func() (bool, error)) error {
	watched, polls := false, 0
	defer func() {
		if watched {
			ch.client.poller.unwatch(ch)
		}
	}()
	ch.mu.Lock()
	defer ch.mu.Unlock()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		changed := ch.polled.wait() // before what may have changed is looked at
		switch {
		case ch.err != nil:
			return ch.err
		case ctx.Err() != nil:
			return ch.given(ctx, "wait for a commit of")
		case watched && ch.polls != polls && ch.pollErr != nil:
			return ch.pollErr
		}
		ch.mu.Unlock()
		if !watched {
			watched = true
			polls = ch.watch()
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
		ch.mu.Lock()
	}
}

// watch has the poller look at the channel, and answers how many polls there were before.
func (ch *Channel) watch() int {
	ch.mu.Lock()
	polls := ch.polls
	ch.mu.Unlock()
	ch.client.poller.watch(ch)
	return polls
}

// Status asks for the channel's status. Its Code may say that the channel is not well.
func (ch *Channel) Status(ctx context.Context) (ChannelStatus, error) {
	ch.mu.Lock()
	err := ch.usable()
	ch.mu.Unlock()
	if err != nil {
		return ChannelStatus{}, err
	}
	statuses, err := ch.client.statuses(ctx, []string{ch.name})
	if err != nil {
		return ChannelStatus{}, err
	}
	status, ok := statuses[ch.name]
	if !ok {
		return ChannelStatus{}, unknownChannel(ch.name)
	}
	ch.observe(&status)
	return status, nil
}

func unknownChannel(name string) *Error {
	return &Error{Op: "channel status", Target: name, Code: codeUnknownChannel, Message: "the service does not know the channel", Class: Reopen}
}

// LatestCommittedOffsetToken asks for the channel's committed token; nil = there is none.
func (ch *Channel) LatestCommittedOffsetToken(ctx context.Context) (*string, error) {
	status, err := ch.Status(ctx)
	return status.LatestCommittedOffsetToken, err
}

// absences is after how many polls a channel counts as gone that the service does not know: it may know it a little later.
const absences = 3

// observe takes in what a poll, or another question, has answered for the channel; nil = nothing.
func (ch *Channel) observe(status *ChannelStatus) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.polls++
	ch.pollErr = nil
	defer ch.polled.tell()
	if status == nil {
		if ch.missed++; ch.missed == absences {
			ch.fail(unknownChannel(ch.name))
		}
		return
	}
	ch.missed = 0
	if status.RefreshedOn.Before(ch.status.RefreshedOn) {
		return // a later answer was faster
	}
	ch.status = *status
	if token := status.LatestCommittedOffsetToken; token != nil {
		ch.tokens.commit(*token)
	}
	if e, ok := status.Err().(*Error); ok && e.Class != Retry {
		ch.fail(e)
	}
}

// unpolled notes that a poll has failed.
func (ch *Channel) unpolled(err error) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.polls++
	ch.pollErr = err
	ch.polled.tell()
}
