package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// Open implements [sink.Sink]: it raises the epoch of the partition's row, opens the channel where its pipe is there, and
// answers its committed offset. The pipe of a table that is yet to be made has no channels: Prepare opens it then.
func (t *StreamingSink) Open(ctx context.Context, pipeline, partition string) (sink.Writer, string, error) {
	if t.closed.Load() {
		return nil, "", errClosed
	}
	if err := t.s.start(ctx); err != nil {
		return nil, "", err
	}
	w := &streamWriter{writer: t.s.newWriter(pipeline, partition), t: t}
	w.name = channelName(offset.Key(w.Key))
	t.s.ddl.RLock()
	defer t.s.ddl.RUnlock()
	err := t.session(ctx, func(c *sql.Conn) error {
		if err := t.makeOffsets(ctx, c); err != nil {
			return err
		}
		before, _, err := w.Offsets.Read(ctx, c, w.Key)
		if err != nil {
			return err
		}
		text, err := w.claim(ctx, c)
		if err != nil {
			return err
		}
		n, err := parseNote(text)
		if err != nil {
			return err
		}
		if text == "" && before.Offset != "" {
			n = note{state: void} // the table is another one
			t.ready.Store(false)
		}
		if made := t.ready.Load(); !made {
			if made, err = t.pipeMade(ctx, c); err != nil {
				return err
			}
			if !made {
				return w.wait(ctx, n)
			}
		}
		return w.enter(ctx, c, n)
	})
	if err != nil {
		return nil, "", t.wrap(ctx, fmt.Sprintf("claim partition %.200q of", partition), err)
	}
	return w, w.at.offset, nil
}

// wait says where the partition will go on once there is a pipe to open its channel in.
func (w *streamWriter) wait(ctx context.Context, n note) error {
	at, err := n.resume(false, nil)
	if err != nil {
		if n, err = w.startOver(ctx, n, err); err != nil {
			return err
		}
	}
	w.noted, w.at = n, at
	return nil
}

// startOver is the note of a partition of which cannot be known where it goes on, by err, if the options let it begin anew.
func (w *streamWriter) startOver(ctx context.Context, n note, err error) (note, error) {
	if !w.t.opts.StartOver {
		return n, retry.Permanent(fmt.Errorf("channel %s: %w, so where the partition goes on is not known; at least the rows up to offset %.200q are in the table: "+
			"look, and reset the pipeline, or set StreamingOptions.StartOver, to load the partition from the beginning", w.name, err, n.at.offset))
	}
	w.s.opts.Logger.WarnContext(ctx, "loading from the beginning", "sink", "snowflake", "table", w.table, "partition", w.Key.Partition, "reason", err)
	return note{state: void}, nil
}

// enter opens the channel, and notes it under the writer's epoch: [sink.ErrFenced] where that is another's by now. The caller
// holds ddl.
func (w *streamWriter) enter(ctx context.Context, c *sql.Conn, n note) error {
	client, err := w.t.clients.of(ctx, w.name)
	if err != nil {
		return err
	}
	err = w.enterBy(ctx, c, client, n)
	if noPipe(err) {
		w.t.ready.Store(false)
	}
	if needs(err, streaming.Rebuild) {
		w.t.clients.giveUp(ctx, client)
	}
	return err
}

func (w *streamWriter) enterBy(ctx context.Context, c *sql.Conn, client *streaming.Client, n note) error {
	// To open a channel that is not there makes it: whether it was there must be known before.
	known, err := client.ChannelStatuses(ctx, w.name)
	if err != nil && !noPipe(err) {
		return err
	}
	_, there := known[w.name]
	if !there {
		if _, err := n.resume(false, nil); err != nil {
			if n, err = w.startOver(ctx, n, err); err != nil {
				return err
			}
		}
	}
	ch, status, err := client.OpenChannel(ctx, w.name, "")
	if err != nil {
		return err
	}
	at, err := n.resume(there || status.LatestCommittedOffsetToken != nil, status.LatestCommittedOffsetToken)
	if err != nil {
		if n, err = w.startOver(ctx, n, err); err != nil {
			return err
		}
	}
	if n.state == void {
		if there {
			if err := w.t.retire(ctx, c, w.name); err != nil {
				return err
			}
			if ch, status, err = client.OpenChannel(ctx, w.name, ""); err != nil {
				return err
			}
		}
		at = reached{}
	}
	next := note{state: opened, refused: n.refused, at: at}
	if status.LatestCommittedOffsetToken == nil {
		next = note{state: fresh, at: at}
	}
	if err := w.accept(ctx, c, &next, status); err != nil {
		return err
	}
	if err := w.note(ctx, c, next); err != nil {
		return err
	}
	if w.s.opts.Mode == sink.Upsert {
		// Nothing is on its way: all that has landed is committed.
		if err := w.t.mergeLanded(ctx, c, map[string]int64{w.name: all}); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.client, w.channel, w.at, w.loaded, w.broken = client, ch, at, at, false
	w.base = status.RowsInserted + status.RowsErrorCount - at.sent
	return nil
}

// note writes the note under the writer's epoch.
func (w *streamWriter) note(ctx context.Context, c *sql.Conn, n note) error {
	ours, err := w.Offsets.Adopt(ctx, c, w.Key, w.Epoch, w.Mark, n.String())
	if err == nil && !ours {
		err = sink.ErrFenced
	}
	if err == nil {
		w.noted = n
	}
	return err
}

// Rewind implements [sink.Rewinder].
func (w *streamWriter) Rewind(ctx context.Context) (string, error) {
	if w.done() {
		return "", errClosed
	}
	w.s.ddl.RLock()
	defer w.s.ddl.RUnlock()
	err := w.t.session(ctx, func(c *sql.Conn) error {
		n, err := w.standing(ctx, c)
		if err != nil {
			return err
		}
		return w.enter(ctx, c, n)
	})
	if err != nil {
		return "", w.t.wrap(ctx, fmt.Sprintf("claim partition %.200q again of", w.Key.Partition), err)
	}
	return w.at.offset, nil
}

// standing reads the note, and answers [sink.ErrFenced] where the epoch is another claim's.
func (w *streamWriter) standing(ctx context.Context, c *sql.Conn) (note, error) {
	row, found, err := w.Offsets.Read(ctx, c, w.Key)
	if err != nil {
		return note{}, err
	}
	if !found || row.Epoch != w.Epoch {
		return note{}, sink.ErrFenced
	}
	return parseNote(row.Offset)
}

// needs says that err asks for that.
func needs(err error, class streaming.Class) bool {
	var service *streaming.Error
	return errors.As(err, &service) && service.Class == class
}

// noPipe says that the pipe is not there: a default pipe is made when its first channel is opened.
func noPipe(err error) bool {
	var service *streaming.Error
	return errors.As(err, &service) && service.Code == "ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED"
}
