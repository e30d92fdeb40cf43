package sql

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/mark"
	"github.com/floedata/floe/sink"
)

// Finish implements [sink.Finisher]: in replace mode the shadow table takes the place of the old one. Done again after
// a crash at any point, it does what is left: the table that has the shadow's mark is swapped in already.
func (s *Sink) Finish(ctx context.Context, pipeline string, _ []string) error {
	if err := s.start(ctx); err != nil {
		return err
	}
	if s.opts.Mode != sink.Replace {
		return nil
	}
	err := s.inDDL(ctx, func(c *sql.Conn) error {
		shadow, err := s.current(ctx, c, pipeline)
		if err != nil || shadow == "" {
			return err
		}
		if err := s.swap(ctx, c, pipeline, shadow); err != nil {
			return err
		}
		return s.within(ctx, c, func(c *sql.Conn) error { return s.generations(pipeline).Finish(ctx, c, shadow) })
	})
	return s.wrap(ctx, "replace", err)
}

// within runs do in a transaction of its own, where inDDL has none.
func (s *Sink) within(ctx context.Context, c *sql.Conn, do func(c *sql.Conn) error) error {
	if s.d.TransactionalDDL() {
		return do(c)
	}
	return s.transact(ctx, c, do)
}

// swap puts the shadow in the place of the old table. A source without rows or columns leaves no shadow: the old
// table is emptied then.
func (s *Sink) swap(ctx context.Context, c *sql.Conn, pipeline, shadow string) error {
	old, err := s.d.Inspect(ctx, c, s.schema, s.table)
	if err != nil {
		return err
	}
	if old != nil && old.Unfit != "" {
		return s.unfit(old)
	}
	t, err := s.d.Inspect(ctx, c, s.schema, shadow)
	if err != nil {
		return err
	}
	if t == nil {
		return s.swapped(ctx, c, pipeline, shadow, old)
	}
	statements, err := s.d.Swap(ctx, c, s.schema, shadow, s.table, old)
	if err != nil {
		return err
	}
	s.opts.Logger.InfoContext(ctx, "swapping the table", "sink", s.d.Name(), "table", s.table)
	return execAll(ctx, c, statements)
}

// swapped is for a shadow that is not there: it has the table's name by now, or was never made.
func (s *Sink) swapped(ctx context.Context, c *sql.Conn, pipeline, shadow string, old *dialect.Table) error {
	rows, err := s.offsets.List(ctx, c, pipeline, shadow)
	if err != nil {
		return err
	}
	there, made := "", false
	if old != nil {
		there = mark.Find(old.Comment)
	}
	for _, row := range rows {
		made = made || row.Mark != ""
		if row.Mark != "" && row.Mark == there {
			return s.dropAside(ctx, c, shadow)
		}
	}
	if made {
		return fmt.Errorf("the rows that were loaded aside are gone: %s was dropped: reset the pipeline to begin anew", s.qualified(shadow))
	}
	if old == nil {
		return nil
	}
	return s.within(ctx, c, func(c *sql.Conn) error {
		return execAll(ctx, c, []string{"DELETE FROM " + s.qualified(old.Name)})
	})
}

// dropAside drops the old table where a crash came between its renaming and its end.
func (s *Sink) dropAside(ctx context.Context, c *sql.Conn, shadow string) error {
	aside, err := s.d.Inspect(ctx, c, s.schema, dialect.Aside(shadow))
	if err != nil || aside == nil {
		return err
	}
	return execAll(ctx, c, []string{"DROP TABLE " + s.qualified(aside.Name)})
}

// abandon drops the generation under way.
func (s *Sink) abandon(ctx context.Context, pipeline string) error {
	return s.inDDL(ctx, func(c *sql.Conn) error {
		shadow, err := s.current(ctx, c, pipeline)
		if err != nil || shadow == "" {
			return err
		}
		t, err := s.d.Inspect(ctx, c, s.schema, shadow)
		if err != nil {
			return err
		}
		if t != nil {
			if err := execAll(ctx, c, []string{"DROP TABLE " + s.qualified(t.Name)}); err != nil {
				return err
			}
		}
		return s.within(ctx, c, func(c *sql.Conn) error { return s.generations(pipeline).Abandon(ctx, c, shadow) })
	})
}
