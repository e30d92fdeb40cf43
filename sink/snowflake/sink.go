package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/batching"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// Sink loads one table. It is safe for concurrent use; each load and each upload takes a connection of its own.
type Sink struct {
	db    *sql.DB
	owned bool   // the pool is the sink's own: its sessions are set up by their login
	table string // as the user wrote it
	name  string // the table's
	opts  Options
	d     sf.Dialect
	mem   memory.Allocator

	mu      sync.Mutex // guards what start finds out
	started bool
	place   sf.Place
	offsets offset.Table
	// made: the table of offsets and the stage are there.
	made atomic.Bool

	store    store
	uploads  chan struct{} // a place for each upload at once
	manifest manifest
	// ddl is held for reading by loads, for writing by whatever changes tables: an old plan would miss a column that was
	// added, and a change would wait for the locks of loads.
	ddl    sync.RWMutex
	shape  atomic.Int64 // counts how often the sink has made or altered a table, under ddl
	closed atomic.Bool
}

var (
	_ sink.Limiter     = (*Sink)(nil)
	_ sink.GroupLoader = (*Sink)(nil)
	_ sink.Finisher    = (*Sink)(nil)
	_ sink.Inspector   = (*Sink)(nil)
	_ sink.Resetter    = (*Sink)(nil)
)

// New returns a sink of a table in the caller's pool, which must be of gosnowflake, and stays the caller's to close, after
// the sink. On a connection that it takes, the sink sets parameters of the session, such as LOCK_TIMEOUT, and leaves them
// so. It asks Snowflake nothing: what cannot be reached is an error of [Sink.Open]. All faults of the options come together
// as a *config.Error.
func New(db *sql.DB, table string, opts *Options) (*Sink, error) {
	o, err := checked("sink/snowflake.New", table, opts)
	if err != nil {
		return nil, err
	}
	if db == nil {
		return nil, errors.New("sink/snowflake.New: the database is nil")
	}
	return newSink(db, table, o), nil
}

func newSink(db *sql.DB, table string, o Options) *Sink {
	s := &Sink{
		db: db, table: table, name: o.resolve(table), opts: o, mem: memory.DefaultAllocator,
		uploads: make(chan struct{}, o.Uploads), manifest: manifest{w: o.Manifest},
	}
	s.store = &internalStage{s: s, dir: stagingDir{given: o.StagingDir}}
	if o.External != nil {
		s.store = &externalStage{s: s, to: *o.External}
	}
	return s
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
	place := sf.Place{Database: s.opts.resolve(s.opts.Database), Schema: s.opts.resolve(s.opts.Schema)}
	if place.Database == "" || place.Schema == "" {
		var database, schema sql.NullString
		err := s.session(ctx, func(c *sql.Conn) error {
			return c.QueryRowContext(ctx, "SELECT CURRENT_DATABASE(), CURRENT_SCHEMA()").Scan(&database, &schema)
		})
		if err != nil {
			return s.wrap(ctx, "ask for the schema of", err)
		}
		set(&place.Database, database.String)
		set(&place.Schema, schema.String)
	}
	if place.Database == "" || place.Schema == "" {
		return s.wrap(ctx, "find", errors.New("the session has no database or no schema: name them in the configuration or the options"))
	}
	key, text := s.d.OffsetTypes()
	s.place = place
	s.offsets = offset.Table{Name: place.Of(offsetsTable(s.name)), KeyType: key, TextType: text}
	s.started = true
	return nil
}

// make makes the table of offsets and the stage where they are missing.
func (s *Sink) make(ctx context.Context, c *sql.Conn) error {
	if s.made.Load() {
		return nil
	}
	if err := s.offsets.Create(ctx, c); err != nil {
		return err
	}
	if err := s.store.make(ctx, c); err != nil {
		return err
	}
	s.made.Store(true)
	return nil
}

// qualified writes the name of a table of the sink's schema as it stands in a statement.
func (s *Sink) qualified(table string) string { return s.place.Of(table) }

// Limits implements [sink.Limiter]: files that are large enough for a warehouse to read them well, encoded and uploaded
// while earlier ones load; few loads at once, each of what many partitions have ready, because Snowflake lets few
// statements wait for the lock of the table of offsets.
func (s *Sink) Limits() sink.Limits {
	bounded := ""
	if s.opts.Mode == sink.Replace {
		bounded = "replace mode swaps the table in once the source has ended"
	}
	group := 16
	if s.opts.OnError != Abort {
		group = 0
	}
	return sink.Limits{
		BoundedOnly:  bounded,
		Batch:        batching.Policy{Bytes: 2 * s.opts.FileSize, Delay: s.opts.FlushInterval},
		Largest:      batching.Policy{Bytes: 8 * s.opts.FileSize},
		InFlight:     2 + parallel(),
		Stages:       parallel(),
		Loads:        2,
		Group:        group,
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
	err := s.session(ctx, func(c *sql.Conn) error {
		t, err := sf.Inspect(ctx, c, s.place, offsetsTable(s.name))
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
	return s.wrap(ctx, "reset the offsets of", s.session(ctx, func(c *sql.Conn) error {
		if err := s.make(ctx, c); err != nil {
			return err
		}
		if s.opts.Mode == sink.Replace {
			return s.abandon(ctx, c, pipeline)
		}
		return s.offsets.Reset(ctx, c, pipeline, s.name)
	}))
}

// Close implements [sink.Sink]. What is on the stage and was not loaded stays there: the next claim of its partition
// removes it, once its rows are committed.
func (s *Sink) Close(context.Context) error {
	if s.closed.Swap(true) {
		return errClosed
	}
	err := errors.Join(s.store.close(), s.manifest.failed())
	if s.owned {
		err = errors.Join(err, s.db.Close())
	}
	if err != nil {
		return fmt.Errorf("sink/snowflake: close: %w", err)
	}
	return nil
}

// wrap classifies err and says what was being done; nil stays nil.
func (s *Sink) wrap(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sink/snowflake: %s %q: %w", doing, s.table, s.classify(ctx, err))
}
