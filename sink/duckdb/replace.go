package duckdb

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/floedata/floe/internal/generation"
	"github.com/floedata/floe/internal/mark"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// generations are those of a pipeline that replaces the table.
func (s *Sink) generations(pipeline string) generation.Generations {
	return generation.Generations{Offsets: s.offsets, Pipeline: pipeline, Target: s.target()}
}

// current returns the name under which a pipeline's offsets are kept now; "" = no generation is under way.
func (s *Sink) current(ctx context.Context, db offset.DB, pipeline string) (string, error) {
	if s.opts.Mode != sink.Replace {
		return s.target(), nil
	}
	return s.generations(pipeline).Current(ctx, db)
}

// join returns the shadow table of the generation under way, or begins one.
func (s *Sink) join(ctx context.Context, pipeline string) (shadow string, err error) {
	s.ddl.Lock()
	defer s.ddl.Unlock()
	err = s.inTx(ctx, func(c *sql.Conn) error {
		shadow, err = s.generations(pipeline).Join(ctx, c)
		return err
	})
	return shadow, err
}

// createLike makes the writer's table with the columns, defaults and constraints of another.
func (w *writer) createLike(ctx context.Context, c *sql.Conn, old *target) (*target, error) {
	var ddl string
	err := c.QueryRowContext(ctx, `SELECT sql FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = ? AND table_name = ?`,
		w.s.schema, old.name).Scan(&ddl)
	if err != nil {
		return nil, err
	}
	definition, err := afterName(ddl)
	if err != nil {
		return nil, err
	}
	if err := w.s.exec(ctx, c, "CREATE TABLE "+w.s.qualified(w.table)+definition); err != nil {
		return nil, err
	}
	t, err := w.s.inspect(ctx, c, w.table)
	if err == nil {
		t.comment = mark.Strip(old.comment)
	}
	return t, err
}

// afterName returns what follows the table's name in CREATE TABLE: the catalog quotes a name that holds a bracket.
func afterName(ddl string) (string, error) {
	quoted := false
	for i, r := range ddl {
		switch {
		case r == '"':
			quoted = !quoted
		case r == '(' && !quoted:
			return ddl[i:], nil
		}
	}
	return "", fmt.Errorf("the catalog's definition of the table has no columns: %.100q", ddl)
}

// Finish implements [sink.Finisher]: in replace mode the shadow table takes the place of the old one, in the same
// transaction that retires the generation. Done again, it finds nothing under way.
func (s *Sink) Finish(ctx context.Context, pipeline string, _ []string) error {
	if s.closed.Load() {
		return errClosed
	}
	if s.opts.Mode != sink.Replace {
		return nil
	}
	s.ddl.Lock()
	defer s.ddl.Unlock()
	return s.wrap(ctx, "replace", s.inTx(ctx, func(c *sql.Conn) error {
		shadow, err := s.current(ctx, c, pipeline)
		if err != nil || shadow == "" {
			return err
		}
		if err := s.swap(ctx, c, shadow); err != nil {
			return err
		}
		return s.generations(pipeline).Finish(ctx, c, shadow)
	}))
}

// swap puts the shadow in the place of the old table. A source without rows or columns leaves no shadow: the old
// table is emptied then.
func (s *Sink) swap(ctx context.Context, c *sql.Conn, shadow string) error {
	old, err := s.inspect(ctx, c, s.table)
	if err != nil {
		return err
	}
	t, err := s.inspect(ctx, c, shadow)
	if err != nil {
		return err
	}
	if t == nil {
		if old == nil {
			return nil
		}
		return s.exec(ctx, c, "DELETE FROM "+s.qualified(old.name))
	}
	name := s.table
	var indexes []string
	if old != nil {
		name = old.name
		if indexes, err = s.indexes(ctx, c, name); err != nil {
			return err
		}
		if err := s.exec(ctx, c, "DROP TABLE "+s.qualified(name)); err != nil {
			return fmt.Errorf("drop the old table: %w", err)
		}
	}
	s.opts.Logger.InfoContext(ctx, "swapping the table", "sink", "duckdb", "table", name)
	if err := s.exec(ctx, c, "ALTER TABLE "+s.qualified(shadow)+" RENAME TO "+quote(name)); err != nil {
		return err
	}
	for _, index := range indexes {
		if err := s.exec(ctx, c, index); err != nil {
			return fmt.Errorf("make the old table's index again: %s: %w", index, err)
		}
	}
	return nil
}

// indexes returns the statements that made the indexes of a table.
func (s *Sink) indexes(ctx context.Context, c *sql.Conn, table string) ([]string, error) {
	rows, err := c.QueryContext(ctx, `SELECT sql FROM duckdb_indexes() WHERE database_name = current_database() AND schema_name = ? AND table_name = ? AND sql IS NOT NULL`, s.schema, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var statement string
		if err := rows.Scan(&statement); err != nil {
			return nil, err
		}
		list = append(list, statement)
	}
	return list, rows.Err()
}

// abandon drops the generation under way.
func (s *Sink) abandon(ctx context.Context, c *sql.Conn, pipeline string) error {
	shadow, err := s.current(ctx, c, pipeline)
	if err != nil || shadow == "" {
		return err
	}
	if err := s.exec(ctx, c, "DROP TABLE IF EXISTS "+s.qualified(shadow)); err != nil {
		return err
	}
	return s.generations(pipeline).Abandon(ctx, c, shadow)
}
