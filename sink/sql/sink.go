package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/internal/generation"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// Sink loads one table. It is safe for concurrent use; each load takes a connection of its own.
type Sink struct {
	db    *sql.DB
	d     dialect.Dialect
	table string // as the user wrote it
	opts  Options
	mem   memory.Allocator

	mu      sync.Mutex // guards what start finds out
	started bool
	schema  string
	folded  string // the table, as the offsets know it
	offsets offset.Table

	// ddl is held for reading by loads, for writing by whatever changes tables: a change would wait for the locks of
	// loads, and further loads behind it.
	ddl    sync.RWMutex
	shape  atomic.Int64 // counts how often the sink has made or altered a table, under ddl
	closed atomic.Bool
}

var (
	_ sink.Limiter   = (*Sink)(nil)
	_ sink.Finisher  = (*Sink)(nil)
	_ sink.Inspector = (*Sink)(nil)
	_ sink.Resetter  = (*Sink)(nil)
)

// New returns a sink of a table in the caller's database, which stays the caller's to close, after the sink. It asks
// the database nothing: what cannot be reached is an error of [Sink.Open]. A load holds one connection, and for a moment
// after a failure a second one. All faults of the options come together as a *config.Error.
func New(db *sql.DB, d dialect.Dialect, table string, opts *Options) (*Sink, error) {
	if db == nil || d == nil {
		return nil, errors.New("sink/sql.New: the database or its dialect is nil")
	}
	o, err := checked(d, table, opts)
	if err != nil {
		return nil, err
	}
	if o.Route == nil {
		o.Route = Insert{Dialect: d}
	}
	return &Sink{db: db, d: d, table: table, opts: o, mem: memory.DefaultAllocator}, nil
}

// start finds out where the table and its offsets are.
func (s *Sink) start(ctx context.Context) error {
	if s.closed.Load() {
		return errClosed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return nil
	}
	schema := s.opts.Schema
	if schema == "" {
		var err error
		if schema, err = s.d.Schema(ctx, s.db); err != nil {
			return s.wrap(ctx, "ask for the schema of", err)
		}
	}
	folded, err := s.d.FoldTable(ctx, s.db, s.table)
	if err != nil {
		return s.wrap(ctx, "ask how names are compared by the database of", err)
	}
	s.folded = folded
	key, text := s.d.OffsetTypes()
	s.schema = schema
	s.offsets = offset.Table{
		Name:    dialect.Qualified(s.d, schema, offsetsTable(s.d, s.table)),
		KeyType: key, TextType: text, Placeholder: s.d.Placeholder,
	}
	s.started = true
	return nil
}

// qualified writes the name of a table of the sink's schema as it stands in a statement.
func (s *Sink) qualified(table string) string { return dialect.Qualified(s.d, s.schema, table) }

// target is the name under which offsets are kept.
func (s *Sink) target() string { return s.folded }

// Limits implements [sink.Limiter]: transactions that are large enough to make their cost small, and short enough to
// hold their locks for a moment; the next batch ready meanwhile.
func (s *Sink) Limits() sink.Limits {
	bounded := ""
	if s.opts.Mode == sink.Replace {
		bounded = "replace mode swaps the table in once the source has ended"
	}
	return sink.Limits{
		BoundedOnly:  bounded,
		Batch:        batching.Policy{Rows: 100_000, Bytes: 64 << 20},
		Largest:      batching.Policy{Rows: 1_000_000, Bytes: 512 << 20},
		InFlight:     2,
		EmptyBatches: true,
		KeepsRejects: s.opts.Rejects != "",
	}
}

// Committed implements [sink.Inspector].
func (s *Sink) Committed(ctx context.Context, pipeline string, partitions ...string) (map[string]string, error) {
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	committed := map[string]string{}
	err := s.inTx(ctx, func(c *sql.Conn) error {
		t, err := s.d.Inspect(ctx, c, s.schema, offsetsTable(s.d, s.table))
		if err != nil || t == nil {
			return err
		}
		target, err := s.current(ctx, c, pipeline)
		if err != nil || target == "" {
			return err
		}
		rows, err := s.offsets.List(ctx, c, pipeline, target)
		committed = claim.Committed(rows, partitions)
		return err
	})
	if err != nil {
		return nil, s.wrap(ctx, "read the offsets of", err)
	}
	return committed, nil
}

// Reset implements [sink.Resetter]. In replace mode it also gives up the generation under way.
func (s *Sink) Reset(ctx context.Context, pipeline string) error {
	if err := s.start(ctx); err != nil {
		return err
	}
	if err := s.createOffsets(ctx); err != nil {
		return s.wrap(ctx, "make the offsets table of", err)
	}
	if s.opts.Mode == sink.Replace {
		return s.wrap(ctx, "reset the offsets of", s.abandon(ctx, pipeline))
	}
	return s.wrap(ctx, "reset the offsets of", s.inTx(ctx, func(c *sql.Conn) error {
		return s.offsets.Reset(ctx, c, pipeline, s.target())
	}))
}

// current returns the name under which a pipeline's offsets are kept now; "" = no generation is under way.
func (s *Sink) current(ctx context.Context, db offset.DB, pipeline string) (string, error) {
	if s.opts.Mode != sink.Replace {
		return s.target(), nil
	}
	return s.generations(pipeline).Current(ctx, db)
}

// generations are those of a pipeline that replaces the table.
func (s *Sink) generations(pipeline string) generation.Generations {
	return generation.Generations{Offsets: s.offsets, Pipeline: pipeline, Target: s.target()}
}

// Close implements [sink.Sink].
func (s *Sink) Close(context.Context) error {
	if s.closed.Swap(true) {
		return errClosed
	}
	return nil
}

// wrap classifies err and says what was being done; nil stays nil.
func (s *Sink) wrap(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sink/sql: %s: %s %q: %w", s.d.Name(), doing, s.table, s.classify(ctx, err))
}
