package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// Open implements [sink.Sink]: it makes the offsets table and the partition's row where they are missing, raises
// the row's epoch, and answers its offset, if the rows it counts are still in the table.
func (s *Sink) Open(ctx context.Context, pipeline, partition string) (sink.Writer, string, error) {
	if err := s.start(ctx); err != nil {
		return nil, "", err
	}
	w := s.newWriter(pipeline, partition)
	committed := ""
	err := s.session(ctx, func(c *sql.Conn) (err error) {
		if err := s.make(ctx, c); err != nil {
			return err
		}
		if s.opts.Mode == sink.Replace {
			shadow, err := s.join(ctx, c, pipeline)
			if err != nil {
				return err
			}
			w.Key.Target, w.table = shadow, shadow
		}
		if committed, err = w.claim(ctx, c); err != nil {
			return err
		}
		return w.findLeftovers(ctx, c, committed)
	})
	if err != nil {
		return nil, "", s.wrap(ctx, fmt.Sprintf("claim partition %.200q of", partition), err)
	}
	return w, committed, nil
}

// newWriter returns a writer that has not claimed its partition yet.
func (s *Sink) newWriter(pipeline, partition string) *writer {
	key := offset.Key{Pipeline: pipeline, Target: s.name, Partition: partition}
	return &writer{s: s, Claim: claim.Claim{Offsets: s.offsets, Key: key}, table: s.name, lane: lane(pipeline, partition)}
}

// claimBlock makes the row of key where it is missing, and raises its epoch, which it answers.
//
// Snowflake enforces no key: two first claims at once may leave two rows, twins, of which a late one has epoch 0, which is
// no claim's. The UPDATE makes all twins like the one of the highest epoch, so that they move together from then on.
func (s *Sink) claimBlock(key offset.Key, then ...string) *block {
	k := literals(key)
	b := &block{variables: []string{"claimed INTEGER"}}
	b.add(
		fmt.Sprintf(`MERGE INTO %s t
    USING (SELECT %s AS pipeline, %s AS target, %s AS partition_id) s
    ON t.pipeline = s.pipeline AND t.target = s.target AND t.partition_id = s.partition_id
    WHEN NOT MATCHED THEN INSERT (pipeline, target, partition_id, epoch, committed, mark)
      VALUES (s.pipeline, s.target, s.partition_id, 0, '', '')`, s.offsets.Name, k.pipeline, k.target, k.partition),
		"BEGIN TRANSACTION",
		fmt.Sprintf(`UPDATE %s t
    SET epoch = s.epoch + 1, committed = s.committed, mark = s.mark
    FROM (SELECT MAX(epoch) AS epoch, MAX_BY(committed, epoch) AS committed, MAX_BY(mark, epoch) AS mark
      FROM %s WHERE %s) s
    WHERE %s`, s.offsets.Name, s.offsets.Name, k.is(""), k.is("t.")))
	b.add(then...)
	b.add(
		fmt.Sprintf("SELECT MAX(epoch) INTO :claimed FROM %s WHERE %s", s.offsets.Name, k.is("")),
		"COMMIT",
		"RETURN claimed")
	return b
}

// claimRow runs a block of [Sink.claimBlock] and reads the row that it claimed.
func (s *Sink) claimRow(ctx context.Context, c *sql.Conn, key offset.Key, b *block) (offset.Row, error) {
	answer, err := run(ctx, c, b.String())
	if err != nil {
		return offset.Row{}, err
	}
	epoch, err := strconv.ParseInt(answer, 10, 64)
	if err != nil {
		return offset.Row{}, fmt.Errorf("the claim answered %.100q, not an epoch", answer)
	}
	row, found, err := s.offsets.Read(ctx, c, key)
	if err == nil && (!found || row.Epoch != epoch) {
		err = retry.Transient(errors.New("another process claimed it at the same time"))
	}
	return row, err
}

// claim raises the epoch of the writer's row and decides from where it goes on.
func (w *writer) claim(ctx context.Context, c *sql.Conn) (committed string, err error) {
	s := w.s
	row, err := s.claimRow(ctx, c, w.Key, s.claimBlock(w.Key))
	if err != nil {
		return "", err
	}
	comment, found, err := s.place.Comment(ctx, c, w.table)
	if err != nil {
		return "", err
	}
	return w.Resume(ctx, c, row, comment, found, s.opts.Logger.With("sink", "snowflake", "table", w.table))
}
