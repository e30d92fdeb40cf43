package snowflake

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/floedata/floe/dialect"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/mark"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// Which loading of everything is under way is kept in a row of the table to be replaced under the partition "", which no
// source has: openPrefix and an id while it loads, donePrefix and the id once it is swapped in. Its rows go into a shadow
// table, and its offsets are kept, under the shadow's name.
const (
	openPrefix   = "open "
	donePrefix   = "done "
	shadowPrefix = "_FLOE_NEW_"
)

func (s *Sink) generationKey(pipeline string) offset.Key {
	return offset.Key{Pipeline: pipeline, Target: s.name, Partition: ""}
}

func shadowOf(id string) string {
	return shadowPrefix + strings.ToUpper(strings.ReplaceAll(id, "-", ""))
}

// current returns the name under which a pipeline's offsets are kept now; "" = no generation is under way.
func (s *Sink) current(ctx context.Context, c *sql.Conn, pipeline string) (string, error) {
	if s.opts.Mode != sink.Replace {
		return s.name, nil
	}
	row, _, err := s.offsets.Read(ctx, c, s.generationKey(pipeline))
	if id, open := strings.CutPrefix(row.Offset, openPrefix); err == nil && open {
		return shadowOf(id), nil
	}
	return "", err
}

// join returns the shadow table of the generation under way, or begins one.
func (s *Sink) join(ctx context.Context, c *sql.Conn, pipeline string) (shadow string, err error) {
	if shadow, err = s.current(ctx, c, pipeline); err != nil || shadow != "" {
		return shadow, err
	}
	if _, err := s.claimRow(ctx, c, s.generationKey(pipeline), s.beginBlock(pipeline, uuid.NewString())); err != nil {
		return "", err
	}
	return s.current(ctx, c, pipeline)
}

// beginBlock begins a generation, unless another process has begun one.
func (s *Sink) beginBlock(pipeline, id string) *block {
	key := s.generationKey(pipeline)
	return s.claimBlock(key, fmt.Sprintf("UPDATE %s SET committed = %s WHERE %s AND NOT STARTSWITH(committed, %s)",
		s.offsets.Name, sf.Literal(openPrefix+id), literals(key).is(""), sf.Literal(openPrefix)))
}

// retire ends the generation of a shadow. Its offsets go, which fences its writers.
func (s *Sink) retire(ctx context.Context, c *sql.Conn, pipeline, shadow, state string) error {
	_, err := run(ctx, c, s.retireBlock(pipeline, shadow, state).String())
	return err
}

func (s *Sink) retireBlock(pipeline, shadow, state string) *block {
	var w script
	_ = w.of(s.offsets).Forget(context.Background(), &w, pipeline, shadow)
	b := &block{}
	b.add(
		"BEGIN TRANSACTION",
		fmt.Sprintf("UPDATE %s SET epoch = epoch + 1, mark = '', committed = %s WHERE %s", s.offsets.Name, sf.Literal(state), literals(s.generationKey(pipeline)).is("")))
	b.add(w.statements...)
	b.add("COMMIT", "RETURN 'RETIRED'")
	return b
}

// createLike makes the shadow of a table, with its columns, defaults, keys, clustering and privileges.
func (s *Sink) createLike(ctx context.Context, c *sql.Conn, shadow string, old *dialect.Table) error {
	if old.Unfit != "" {
		return s.unfit(old)
	}
	s.opts.Logger.InfoContext(ctx, "making the table", "sink", "snowflake", "table", shadow, "like", old.Name)
	return execAll(ctx, c, "CREATE TABLE "+s.qualified(shadow)+" LIKE "+s.qualified(old.Name)+" COPY GRANTS")
}

// Finish implements [sink.Finisher]: in replace mode the shadow table takes the place of the old one. Done again after
// a crash at any point, it does what is left: the table that has the shadow's mark is swapped in already.
func (s *Sink) Finish(ctx context.Context, pipeline string, _ []string) error {
	if err := s.start(ctx); err != nil {
		return err
	}
	if s.opts.Mode != sink.Replace {
		return nil
	}
	s.ddl.Lock()
	defer s.ddl.Unlock()
	return s.wrap(ctx, "replace", s.session(ctx, func(c *sql.Conn) error {
		shadow, err := s.current(ctx, c, pipeline)
		if err != nil || shadow == "" {
			return err
		}
		row, _, err := s.offsets.Read(ctx, c, s.generationKey(pipeline))
		if err != nil {
			return err
		}
		if err := s.swap(ctx, c, pipeline, shadow); err != nil {
			return err
		}
		return s.retire(ctx, c, pipeline, shadow, donePrefix+strings.TrimPrefix(row.Offset, openPrefix))
	}))
}

// swap puts the shadow in the place of the old table. A source without rows or columns leaves no shadow: the old
// table is emptied then.
func (s *Sink) swap(ctx context.Context, c *sql.Conn, pipeline, shadow string) error {
	old, err := sf.Inspect(ctx, c, s.place, s.name)
	if err != nil {
		return err
	}
	if old != nil && old.Unfit != "" {
		return s.unfit(old)
	}
	beside, err := sf.Inspect(ctx, c, s.place, shadow)
	if err != nil {
		return err
	}
	rows, err := s.offsets.List(ctx, c, pipeline, shadow)
	if err != nil {
		return err
	}
	loaded := map[string]bool{} // marks of what the generation loaded into
	for _, row := range rows {
		if row.Mark != "" {
			loaded[row.Mark] = true
		}
	}
	s.opts.Logger.InfoContext(ctx, "swapping the table", "sink", "snowflake", "table", s.name)
	name := s.qualified(s.name)
	switch {
	case old != nil && loaded[mark.Find(old.Comment)]:
		// Swapped already: what has the shadow's name is the old table.
		return execAll(ctx, c, "DROP TABLE IF EXISTS "+s.qualified(shadow))
	case beside == nil && len(loaded) > 0:
		return fmt.Errorf("the rows that were loaded aside are gone: %s was dropped: reset the pipeline to begin anew", s.qualified(shadow))
	case beside != nil && old == nil:
		return execAll(ctx, c, "ALTER TABLE "+s.qualified(shadow)+" RENAME TO "+name)
	case beside != nil:
		return execAll(ctx, c, "ALTER TABLE "+name+" SWAP WITH "+s.qualified(shadow), "DROP TABLE IF EXISTS "+s.qualified(shadow))
	case old != nil:
		return execAll(ctx, c, "DELETE FROM "+name)
	}
	return nil
}

// abandon drops the generation under way.
func (s *Sink) abandon(ctx context.Context, c *sql.Conn, pipeline string) error {
	shadow, err := s.current(ctx, c, pipeline)
	if err != nil || shadow == "" {
		return err
	}
	if err := execAll(ctx, c, "DROP TABLE IF EXISTS "+s.qualified(shadow)); err != nil {
		return err
	}
	return s.retire(ctx, c, pipeline, shadow, "")
}
