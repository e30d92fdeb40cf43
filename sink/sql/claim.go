package sql

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/floedata/floe/dialect"
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
	key := offset.Key{Pipeline: pipeline, Target: s.target(), Partition: partition}
	w := &writer{s: s, Claim: claim.Claim{Offsets: s.offsets, Key: key}, table: s.table}
	if err := s.createOffsets(ctx); err != nil {
		return nil, "", s.wrap(ctx, "make the offsets table of", err)
	}
	if s.opts.Mode == sink.Replace {
		var shadow string
		err := s.inTx(ctx, func(c *sql.Conn) (err error) {
			shadow, err = s.generations(pipeline).Join(ctx, c)
			return err
		})
		if err != nil {
			key := offset.Key{Pipeline: pipeline, Target: s.target()}
			return nil, "", s.wrap(ctx, "begin to replace", s.firstClaim(ctx, key, err))
		}
		w.Key.Target, w.table = shadow, shadow
	}
	committed, err := w.claim(ctx)
	if err != nil {
		return nil, "", s.wrap(ctx, fmt.Sprintf("claim partition %.200q of", partition), s.firstClaim(ctx, w.Key, err))
	}
	return w, committed, nil
}

// createOffsets makes the offsets table where it is missing.
func (s *Sink) createOffsets(ctx context.Context) error {
	name := offsetsTable(s.d, s.table)
	look := func(db dialect.DB) (there bool, err error) {
		t, err := s.d.Inspect(ctx, db, s.schema, name)
		if err == nil && t != nil && t.Unfit != "" {
			err = fmt.Errorf("the table of offsets, %s, %s: drop it, and let the sink make it anew", s.qualified(name), t.Unfit)
		}
		return t != nil, err
	}
	if there, err := look(s.db); there || err != nil {
		return err
	}
	return s.inDDL(ctx, func(c *sql.Conn) error {
		if there, err := look(c); there || err != nil {
			return err
		}
		if err := s.offsets.Create(ctx, c); err != nil {
			return err
		}
		_, err := look(c)
		return err
	})
}

// claim raises the epoch of the writer's row and decides from where it goes on.
func (w *writer) claim(ctx context.Context) (committed string, err error) {
	s := w.s
	err = s.inTx(ctx, func(c *sql.Conn) error {
		row, err := s.offsets.Claim(ctx, c, w.Key)
		if err != nil {
			return err
		}
		t, err := s.d.Inspect(ctx, c, s.schema, w.table)
		if err != nil {
			return err
		}
		comment := ""
		if t != nil {
			comment = t.Comment
		}
		committed, err = w.Resume(ctx, c, row, comment, t != nil, s.opts.Logger.With("sink", s.d.Name(), "table", w.table))
		return err
	})
	return committed, err
}

// firstClaim marks the collision of two first claims, both of which make the row, as worth another try. The row is there
// then; one whose key the table of offsets cannot hold never is.
func (s *Sink) firstClaim(ctx context.Context, key offset.Key, err error) error {
	if s.d.Classify(err) != dialect.RowFault {
		return err
	}
	if _, found, look := s.offsets.Read(ctx, s.db, key); look != nil || !found {
		return err
	}
	return retry.Transient(err)
}
