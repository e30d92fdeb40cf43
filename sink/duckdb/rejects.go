package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/rejects"
	"github.com/floedata/floe/sink"
)

// prepareRejects makes the rejects table where the options ask for one.
func (s *Sink) prepareRejects(ctx context.Context, c *sql.Conn) error {
	if s.opts.Rejects == "" {
		return nil
	}
	var columns []string
	for _, f := range rejects.Columns() {
		m, err := mapField(s.opts.Rejects, f)
		if err != nil {
			return err
		}
		columns = append(columns, quote(f.Name)+" "+m.sql)
	}
	return s.exec(ctx, c, "CREATE TABLE IF NOT EXISTS "+s.qualified(s.opts.Rejects)+" ("+strings.Join(columns, ", ")+")")
}

// writeRejects puts the rows refused into the rejects table, in the load's transaction.
func (w *writer) writeRejects(ctx context.Context, c *sql.Conn, b *sink.Batch, rejected *deadletter.Rows) error {
	if w.s.opts.Rejects == "" || rejected.Len() == 0 {
		return nil
	}
	rec, err := rejects.Record(w.s.mem, b, rejected)
	if err != nil {
		return fmt.Errorf("write to the rejects table %q: %w", w.s.opts.Rejects, err)
	}
	defer rec.Release()
	var names []string
	for _, f := range rejects.Columns() {
		names = append(names, quote(f.Name))
	}
	list := strings.Join(names, ", ")
	err = w.s.withView(ctx, c, rec.Schema(), []arrow.Record{rec}, func(view string) error {
		return w.s.exec(ctx, c, "INSERT INTO "+w.s.qualified(w.s.opts.Rejects)+" ("+list+") SELECT "+list+" FROM "+view)
	})
	if err != nil {
		return fmt.Errorf("write to the rejects table %q: %w", w.s.opts.Rejects, err)
	}
	return nil
}
