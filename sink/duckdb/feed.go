package duckdb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
)

// A feed is a view that stays for the life of the sink, over a stream that is filled for each load. Every time that
// DuckDB makes or looks at a view it has the schema written out in C memory, which neither it nor the driver ever
// frees: five times where a view is made for one load, once where it is there already. Of loads of 10 rows with 20
// columns, the process then grows by 12 kB each instead of 27 (13 instead of 31 where they are upserts), all that the
// table itself takes included. So a writer that goes on loading gets a feed. The view stands in an attached database of its own in memory: one in the
// user's would be written to the file, and what it points to is gone with the process.
type feed struct {
	schema   *arrow.Schema
	rows     *stream
	database string
	view     string // as it stands in a statement
	free     func()
	busy     bool
}

// mostFeeds bounds the databases that are attached. A load that finds no feed does without.
const mostFeeds = 8

// feeds are those of a sink.
type feeds struct {
	mu   sync.Mutex
	list []*feed
}

// take returns a feed for records of that schema, for give to take back; nil where none is free.
func (fs *feeds) take(schema *arrow.Schema) *feed {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.list {
		if !f.busy && (f.schema == schema || f.schema.Equal(schema)) {
			f.busy = true
			return f
		}
	}
	return nil
}

func (fs *feeds) give(f *feed) {
	f.rows.show(f.schema, nil)
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.busy = false
}

// lay makes a feed for each schema that has none. It must be called outside of a transaction, which would not see
// the database that is attached. A feed that cannot be made is no error: the configuration may forbid to attach.
func (s *Sink) lay(ctx context.Context, schemas ...*arrow.Schema) {
	s.feeds.mu.Lock()
	defer s.feeds.mu.Unlock()
	for _, schema := range schemas {
		there := len(s.feeds.list) >= mostFeeds
		for _, f := range s.feeds.list {
			there = there || f.schema.Equal(schema)
		}
		if there {
			continue
		}
		f, err := s.newFeed(ctx, schema)
		if err != nil {
			s.opts.Logger.DebugContext(ctx, "every load makes a view of its own", "sink", "duckdb", "table", s.table, "error", err)
			return
		}
		s.feeds.list = append(s.feeds.list, f)
	}
}

func (s *Sink) newFeed(ctx context.Context, schema *arrow.Schema) (*feed, error) {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	f := &feed{schema: schema, rows: &stream{}, database: fmt.Sprintf("_floe_feed_%s_%d", s.id, s.views.Add(1))}
	f.view = quote(f.database) + ".main.rows"
	f.rows.show(schema, nil)
	if err := s.exec(ctx, c, "ATTACH ':memory:' AS "+quote(f.database)); err != nil {
		return nil, err
	}
	err = s.exec(ctx, c, "USE "+quote(f.database)+".main")
	if err == nil {
		f.free, err = register(c, f.rows, "rows")
	}
	// The connection has another current database now: it is not used again.
	_ = c.Raw(func(any) error { return driver.ErrBadConn })
	if err != nil {
		return nil, errors.Join(err, s.detach(ctx, f))
	}
	return f, nil
}

// detach removes a feed. It is not freed where that fails, because its view is still there.
func (s *Sink) detach(ctx context.Context, f *feed) error {
	if _, err := s.db.ExecContext(ctx, "DETACH "+quote(f.database)); err != nil {
		return fmt.Errorf("detach the database %q: %w", f.database, err)
	}
	if f.free != nil {
		f.free()
	}
	return nil
}

// detachAll removes the feeds from the caller's instance. The sink loads no longer.
func (s *Sink) detachAll(ctx context.Context) error {
	s.feeds.mu.Lock()
	defer s.feeds.mu.Unlock()
	var errs []error
	for _, f := range s.feeds.list {
		errs = append(errs, s.detach(ctx, f))
	}
	s.feeds.list = nil
	return errors.Join(errs...)
}
