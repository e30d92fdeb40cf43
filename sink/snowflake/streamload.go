package snowflake

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// Load implements [sink.Writer]: it waits until the batch's offset is committed, and so its rows, and holds the counts of
// the channel against the rows that were sent.
func (w *streamWriter) Load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	if w.done() {
		return sink.Receipt{}, errClosed
	}
	r, err := w.load(ctx, b)
	return r, w.s.wrap(ctx, fmt.Sprintf("load partition %.200q into", b.Partition), err)
}

func (w *streamWriter) load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return sink.Receipt{}, err
	}
	if b.Rows == 0 {
		return sink.Receipt{}, nil
	}
	if _, before := b.State.(*appended); !before {
		if err := w.stage(ctx, b); err != nil {
			return sink.Receipt{}, err
		}
	}
	a := b.State.(*appended)
	if a.receipt != nil {
		return *a.receipt, nil
	}
	if a.sent > 0 {
		if err := w.committed(ctx, a.to); err != nil {
			return sink.Receipt{}, w.failed(ctx, err)
		}
	}
	if err := b.Gate(ctx, a.seen()); err != nil {
		return sink.Receipt{}, fmt.Errorf("the batch was not accepted: %w", err)
	}
	if a.sent == 0 {
		// No token moves without rows.
		err := w.t.session(ctx, func(c *sql.Conn) error {
			return w.note(ctx, c, note{state: w.noted.state, refused: w.noted.refused, at: a.to})
		})
		if err != nil {
			return sink.Receipt{}, err
		}
	}
	if w.s.opts.Mode == sink.Upsert {
		if err := w.t.merges.landed(ctx, b.Pipeline); err != nil {
			return sink.Receipt{}, err
		}
	}
	a.receipt = &sink.Receipt{Rows: a.sent, Bytes: a.bytes}
	w.mu.Lock()
	w.loaded = a.to
	w.mu.Unlock()
	w.drop(a)
	return *a.receipt, nil
}

// committed waits until the channel's token is at to, or behind it. While it does not move, it looks whether the claim still
// stands: another process that has opened the channel discarded what was on its way. For the same reason it does not
// wait for ever.
func (w *streamWriter) committed(ctx context.Context, to reached) error {
	w.mu.Lock()
	channel, broken := w.channel, w.broken
	w.mu.Unlock()
	if broken {
		return w.lost(ctx, errBroken)
	}
	var last reached
	var bad error
	moved := time.Now()
	there := func(status streaming.ChannelStatus) bool {
		if status.LatestCommittedOffsetToken == nil {
			return false
		}
		at, err := parseToken(*status.LatestCommittedOffsetToken)
		if err != nil {
			bad = fmt.Errorf("channel %s: %w: %w", w.name, errForeign, err)
			return true
		}
		if at != last {
			last, moved = at, time.Now()
		}
		return at.ordinal() >= to.ordinal()
	}
	for {
		within, cancel := context.WithTimeout(ctx, w.t.opts.CommitTimeout/10)
		status, err := channel.WaitForStatus(within, there)
		late := within.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case bad != nil:
			return bad
		case err == nil:
			return w.count(ctx, status, last)
		case !late:
			return err
		}
		err = w.t.session(ctx, func(c *sql.Conn) error {
			_, err := w.standing(ctx, c)
			return err
		})
		if err != nil {
			return err
		}
		if waited := time.Since(moved); waited >= w.t.opts.CommitTimeout {
			return &streaming.Error{Op: "wait for the commit", Target: "channel " + w.name, Class: streaming.Reopen, Message: fmt.Sprintf("nothing was committed for %v", waited.Round(time.Second))}
		}
	}
}
