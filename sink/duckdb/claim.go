package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/internal/mark"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// Open implements [sink.Sink]: it makes the offsets table and the partition's row where they are missing, raises
// the row's epoch, and answers its offset, if the rows it counts are still in the table.
func (s *Sink) Open(ctx context.Context, pipeline, partition string) (sink.Writer, string, error) {
	if s.closed.Load() {
		return nil, "", errClosed
	}
	key := offset.Key{Pipeline: pipeline, Target: s.target(), Partition: partition}
	w := &writer{s: s, Claim: claim.Claim{Offsets: s.offsets, Key: key}, table: s.table}
	if err := s.createOffsets(ctx); err != nil {
		return nil, "", s.wrap(ctx, "make the offsets table of", err)
	}
	if s.opts.Mode == sink.Replace {
		shadow, err := s.join(ctx, pipeline)
		if err != nil {
			return nil, "", s.wrap(ctx, "begin to replace", firstClaim(err))
		}
		w.Key.Target, w.table = shadow, shadow
	}
	committed, err := w.claim(ctx)
	if err != nil {
		return nil, "", s.wrap(ctx, fmt.Sprintf("claim partition %q of", partition), firstClaim(err))
	}
	return w, committed, nil
}

// createOffsets makes the offsets table where it is missing.
func (s *Sink) createOffsets(ctx context.Context) error {
	s.ddl.Lock()
	defer s.ddl.Unlock()
	return s.inTx(ctx, func(c *sql.Conn) error { return s.offsets.Create(ctx, c) })
}

// claim raises the epoch of the writer's row and decides from where it goes on.
func (w *writer) claim(ctx context.Context) (committed string, err error) {
	s := w.s
	err = s.inTx(ctx, func(c *sql.Conn) error {
		row, err := s.offsets.Claim(ctx, c, w.Key)
		if err != nil {
			return err
		}
		t, err := s.inspectTable(ctx, c, w.table)
		if err != nil {
			return err
		}
		if t != nil && t.mark == "" && row.Mark != "" && row.Offset != "" {
			return fmt.Errorf("%w, so whether the rows up to offset %.200q are in it is not known: if they are, put the mark back by "+
				"COMMENT ON TABLE %s IS %s; if not, reset the pipeline to load from the beginning", claim.ErrHeld, row.Offset,
				s.qualified(w.table), literal(mark.Text(row.Mark)))
		}
		if row.Mark != "" && (t == nil || t.mark != row.Mark) {
			s.opts.Logger.WarnContext(ctx, "the table is not the one that the offset counts: loading from the beginning",
				"sink", "duckdb", "table", w.table, "partition", w.Key.Partition, "offset", row.Offset)
			row.Mark, row.Offset = "", ""
			if _, err := s.offsets.Adopt(ctx, c, w.Key, row.Epoch, "", ""); err != nil {
				return err
			}
		}
		w.Epoch, w.Mark, committed = row.Epoch, row.Mark, row.Offset
		return nil
	})
	return committed, err
}

// firstClaim marks the collision of two first claims, both of which make the row, as worth another try.
func firstClaim(err error) error {
	var d *duckdb.Error
	if errors.As(err, &d) && d.Type == duckdb.ErrorTypeConstraint {
		return retry.Transient(err)
	}
	return err
}
