package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// where is a partition as the table of offsets and the service have it.
type where struct {
	channel string
	note    note
	there   bool
	status  streaming.ChannelStatus // zero where the channel is not there
}

// at is where the partition goes on.
func (w where) at() (reached, error) {
	return w.note.resume(w.there, w.status.LatestCommittedOffsetToken)
}

// where looks up the partitions named of a pipeline, or all that are noted where none is named.
func (t *StreamingSink) where(ctx context.Context, c *sql.Conn, pipeline string, partitions ...string) (map[string]where, error) {
	table, err := sf.Inspect(ctx, c, t.s.place, offsetsTable(t.s.name))
	if err != nil || table == nil {
		return nil, err
	}
	rows, err := t.s.offsets.List(ctx, c, pipeline, t.s.name)
	if err != nil {
		return nil, err
	}
	list := map[string]where{}
	var names []string
	for id, row := range rows {
		if id == "" || len(partitions) > 0 && !slices.Contains(partitions, id) {
			continue
		}
		n, err := parseNote(row.Offset)
		if err != nil {
			return nil, fmt.Errorf("partition %.200q: %w", id, err)
		}
		name := channelName(offset.Key{Pipeline: pipeline, Target: t.s.name, Partition: id})
		list[id] = where{channel: name, note: n}
		names = append(names, name)
	}
	made, err := t.pipeMade(ctx, c)
	if err != nil || !made || len(names) == 0 {
		return list, err
	}
	client, err := t.clients.of(ctx, names[0])
	if err != nil {
		return nil, err
	}
	known, err := client.ChannelStatuses(ctx, names...)
	if err != nil && !noPipe(err) {
		return nil, err
	}
	for id, w := range list {
		w.status, w.there = known[w.channel]
		list[id] = w
	}
	return list, nil
}

// Committed implements [sink.Inspector]: what the channels have committed, whoever has them. Of a channel that has vanished it
// is what was noted.
func (t *StreamingSink) Committed(ctx context.Context, pipeline string, partitions ...string) (map[string]string, error) {
	if err := t.s.start(ctx); err != nil {
		return nil, err
	}
	committed := map[string]string{}
	err := t.session(ctx, func(c *sql.Conn) error {
		list, err := t.where(ctx, c, pipeline, partitions...)
		for id, w := range list {
			at, err := w.at()
			if err != nil {
				at = w.note.at
			}
			if at.offset != "" {
				committed[id] = at.offset
			}
		}
		return err
	})
	if err != nil {
		return nil, t.wrap(ctx, "read the offsets of", err)
	}
	return committed, nil
}

// Reset implements [sink.Resetter]: it fences the pipeline's writers, and drops its channels with what is on its way. In mode
// Upsert what has landed is merged before. A claim that comes amid it drops the channel of its partition itself.
func (t *StreamingSink) Reset(ctx context.Context, pipeline string) error {
	if err := t.s.start(ctx); err != nil {
		return err
	}
	t.s.ddl.RLock()
	defer t.s.ddl.RUnlock()
	return t.wrap(ctx, "reset the offsets of", t.session(ctx, func(c *sql.Conn) error {
		if err := t.makeOffsets(ctx, c); err != nil {
			return err
		}
		k := literals(offset.Key{Pipeline: pipeline, Target: t.s.name})
		err := execAll(ctx, c, fmt.Sprintf("UPDATE %s SET epoch = epoch + 1, committed = %s WHERE pipeline = %s AND target = %s",
			t.s.offsets.Name, sf.Literal(note{state: void}.String()), k.pipeline, k.target))
		if err != nil {
			return err
		}
		list, err := t.where(ctx, c, pipeline)
		if err != nil {
			return err
		}
		for _, w := range list {
			if w.there && w.note.state == void {
				if err := t.retire(ctx, c, w.channel); err != nil {
					return err
				}
			}
		}
		return nil
	}))
}

// retire drops a channel, so that nothing of it lands any more. What has landed is merged. The caller holds ddl.
func (t *StreamingSink) retire(ctx context.Context, c *sql.Conn, channel string) error {
	client, err := t.clients.of(ctx, channel)
	if err != nil {
		return err
	}
	// Opening it discards what is on its way, and fences whoever has it.
	if _, _, err := client.OpenChannel(ctx, channel, ""); err != nil {
		return err
	}
	if t.s.opts.Mode == sink.Upsert {
		if err := t.mergeLanded(ctx, c, map[string]int64{channel: all}); err != nil {
			return err
		}
	}
	return client.DropChannel(ctx, channel, nil)
}

// Finish implements [sink.Finisher]: in mode Upsert all that has landed is merged.
func (t *StreamingSink) Finish(ctx context.Context, pipeline string, _ []string) error {
	if t.s.opts.Mode != sink.Upsert {
		return nil
	}
	if err := t.s.start(ctx); err != nil {
		return err
	}
	return t.merges.now(ctx, pipeline)
}

// merge moves what has landed of a pipeline into the table, of each partition up to its committed offset.
func (t *StreamingSink) merge(ctx context.Context, pipeline string) error {
	t.s.ddl.RLock()
	defer t.s.ddl.RUnlock()
	return t.wrap(ctx, "merge what has landed into", t.session(ctx, func(c *sql.Conn) error {
		list, err := t.where(ctx, c, pipeline)
		if err != nil {
			return err
		}
		bounds := map[string]int64{}
		for _, w := range list {
			at, err := w.at()
			switch {
			case err == nil && at.ordinal() > 0:
				bounds[w.channel] = at.ordinal()
			case errors.Is(err, errVanished) && !w.there:
				bounds[w.channel] = all
			}
		}
		return t.mergeLanded(ctx, c, bounds)
	}))
}
