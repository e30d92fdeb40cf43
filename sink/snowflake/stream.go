package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/config"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// StreamingSink loads one table by Snowpipe Streaming: rows are there seconds after they were read, and no warehouse runs for
// them. It is safe for concurrent use.
//
// Each partition has a channel, whose name follows from the names of pipeline, table and partition. Appends carry the
// partition's offset as their offset token, so that it moves with the rows: a claim reopens the channel, which fences whoever
// had it and discards what has not been committed, and goes on from the token. A load waits until the token is committed, and
// holds the channel's counts against the rows that were sent.
//
// What SQL has to do with it: tables and pipes are made and altered by SQL; and the table of offsets, _FLOE_OFFSETS, has for
// each partition the epoch of its claim, the mark of the table, and a note of where its channel is. By the note a channel
// that has vanished, as one does that is idle for 30 days, is told from one that never was: [StreamingSink.Open] then refuses
// to begin anew, unless the partition was closed in good order, whose offset is noted, or [StreamingOptions].StartOver is set.
//
// # Who has a partition
//
// The epoch says so. A claim raises the epoch first, then opens the channel, and then notes the channel under its epoch,
// which fails where another claim has raised it meanwhile; only then does it append. So of claims that race, the one of the
// highest epoch goes on; one that is late may still reopen the channel, once, and thereby fence the rightful one, but finds
// the epoch raised and appends nothing. The rightful one, whose appends are then refused, or whose rows do not become
// committed, reads that the epoch is still its own, reopens, and replays: [StreamingSink] answers [sink.ErrRewind]. Where the epoch is
// another's it does not reopen, and answers [sink.ErrFenced]: no two processes reopen a channel in turns.
//
// # Rows of partitions that are gone
//
// What Snowflake took of a channel that nobody reopens lands later. It is no orphan: the channel's token moves with it, and
// a claim, however late, goes on behind it. [StreamingSink.Reset] reopens and drops the channels of all partitions that were
// noted, so that nothing lands after it.
//
// # Rows that do not go in
//
// Rows that the table cannot take are found before they are sent, as by [Sink], and are durable as rejects before any row
// behind them is sent. Rows that Snowflake refuses nevertheless it drops and counts: the load that sees the count fails with a
// [RefusedError], and so does the next claim of the partition, until [StreamingOptions].AcceptCounts is set. The error brings the
// rows, where the table logs errors.
type StreamingSink struct {
	s       *Sink // its connection, its table and the table of offsets
	opts    StreamingOptions
	clients clients
	turns   chan struct{} // a place for each session at once: few may wait for the lock of the table of offsets
	ready   atomic.Bool   // the pipe was there
	merges  *schedule     // of mode Upsert
	closed  atomic.Bool
}

var (
	_ sink.Limiter   = (*StreamingSink)(nil)
	_ sink.Finisher  = (*StreamingSink)(nil)
	_ sink.Inspector = (*StreamingSink)(nil)
	_ sink.Resetter  = (*StreamingSink)(nil)
)

// OpenStreaming connects to Snowflake and returns a sink of a table. What is wrong with the configuration or the options, and
// what keeps from connecting within [Config].Timeout, is a *config.Error; package retry still tells whether another try may help.
func OpenStreaming(ctx context.Context, cfg Config, table string, opts *StreamingOptions) (*StreamingSink, error) {
	return openStreaming(ctx, "sink/snowflake.OpenStreaming", cfg, table, opts)
}

func openStreaming(ctx context.Context, of string, cfg Config, table string, opts *StreamingOptions) (*StreamingSink, error) {
	o, profile, faults := checkedStreaming(cfg, opts)
	common := o.common()
	s, err := open(ctx, of, cfg, table, &common, faults...)
	if err != nil {
		return nil, err
	}
	t := &StreamingSink{s: s, opts: o, turns: make(chan struct{}, sessions)}
	t.clients = newClients(o.Clients, t.connector(profile))
	t.merges = newSchedule(o.MergeInterval, t.merge, func(pipeline string, err error) {
		s.opts.Logger.Warn("what has landed is not merged yet", "sink", "snowflake", "table", s.name, "pipeline", pipeline, "error", err)
	})
	timeout := cfg.Timeout
	set(&timeout, defaultTimeout)
	within, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, err := t.clients.of(within, ""); err != nil {
		err = errors.Join(err, t.Close(ctx))
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, &config.Error{Of: of, Faults: []config.Fault{{Field: "StreamingOptions", Problem: "Snowpipe Streaming cannot be reached, or lets nobody in, with them", Err: t.classify(err)}}}
	}
	return t, nil
}

// Limits implements [sink.Limiter]: rows are sent soon, in batches of a few requests, and many batches wait at once for
// their commit, which takes seconds.
func (t *StreamingSink) Limits() sink.Limits {
	return sink.Limits{
		Batch:        batching.Policy{Bytes: 16 << 20, Delay: t.opts.FlushInterval},
		Largest:      batching.Policy{Bytes: 64 << 20},
		RecordRows:   65_536,
		InFlight:     t.opts.InFlight,
		StageIsFinal: true,
	}
}

// sessions is how many of a sink's statements are under way at once. Snowflake lets 20 wait for a lock, of all processes.
const sessions = 6

// session is [Sink.session], when it is its turn. Who holds ddl, too, has taken that before.
func (t *StreamingSink) session(ctx context.Context, do func(c *sql.Conn) error) error {
	select {
	case t.turns <- struct{}{}:
		defer func() { <-t.turns }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return t.s.session(ctx, do)
}

// makeOffsets makes the table of offsets where it is missing.
func (t *StreamingSink) makeOffsets(ctx context.Context, c *sql.Conn) error {
	if t.s.made.Load() {
		return nil
	}
	if err := t.s.offsets.Create(ctx, c); err != nil {
		return err
	}
	t.s.made.Store(true)
	return nil
}

// wrap classifies err and says what was being done; nil stays nil.
func (t *StreamingSink) wrap(ctx context.Context, doing string, err error) error {
	if ctx.Err() == nil && !errors.Is(err, sink.ErrRewind) && !errors.Is(err, sink.ErrFenced) {
		err = t.classify(err)
	}
	return t.s.wrap(ctx, doing, err)
}

// classify marks an error of the service that may not come at another try: one that does not ask for something to be mended.
func (t *StreamingSink) classify(err error) error {
	var service *streaming.Error
	if errors.As(err, &service) && service.Class != streaming.Configuration {
		return retry.After(err, service.RetryAfter)
	}
	return err
}

// Close implements [sink.Sink].
func (t *StreamingSink) Close(ctx context.Context) error {
	if t.closed.Swap(true) {
		return errClosed
	}
	return errors.Join(t.merges.close(ctx), t.clients.close(ctx), t.s.Close(ctx))
}
