package sql

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/rejects"
	"github.com/floedata/floe/sink"
)

// prepareRejects makes the rejects table where the options ask for one.
func (s *Sink) prepareRejects(ctx context.Context, c *sql.Conn) error {
	if s.opts.Rejects == "" {
		return nil
	}
	t, err := s.d.Inspect(ctx, c, s.schema, s.opts.Rejects)
	if err != nil || t != nil {
		return err
	}
	var columns []dialect.Column
	for _, f := range rejects.Columns() {
		col, err := s.columnOf(f, false)
		if err != nil {
			return err
		}
		columns = append(columns, col)
	}
	return execAll(ctx, c, []string{s.d.CreateTable(s.qualified(s.opts.Rejects), columns, nil)})
}

// writeRejects puts the rows refused into the rejects table, in the load's transaction.
func (w *writer) writeRejects(ctx context.Context, c *sql.Conn, b *sink.Batch, rejected *deadletter.Rows) error {
	if w.s.opts.Rejects == "" || rejected.Len() == 0 {
		return nil
	}
	err := w.s.insertRejects(ctx, c, b, rejected)
	if err != nil {
		return fmt.Errorf("write to the rejects table %q: %w", w.s.opts.Rejects, err)
	}
	return nil
}

func (s *Sink) insertRejects(ctx context.Context, c *sql.Conn, b *sink.Batch, rejected *deadletter.Rows) error {
	rec, err := rejects.Record(s.mem, b, rejected)
	if err != nil {
		return err
	}
	defer rec.Release()
	t, err := s.d.Inspect(ctx, c, s.schema, s.opts.Rejects)
	if err != nil {
		return err
	}
	into := Into{Table: s.qualified(s.opts.Rejects), Fields: rejects.Columns()}
	for _, f := range into.Fields {
		var col *dialect.Column
		if t != nil {
			col = t.Column(s.d, f.Name)
		}
		if col == nil {
			return fmt.Errorf("it has no column %q: drop the table, and let the sink make it anew", f.Name)
		}
		into.Columns = append(into.Columns, *col)
	}
	in, err := s.opts.Route.Plan(into)
	if err != nil {
		return err
	}
	if bad := in.Check(rec); len(bad) > 0 {
		return fmt.Errorf("row %d: %s", bad[0].Row, bad[0].Message)
	}
	return in.Insert(ctx, c, []arrow.Record{rec})
}
