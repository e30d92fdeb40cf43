package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/uuid"
	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// rowGroup is the number of rows that DuckDB compresses and stores together.
const rowGroup = 122_880

// Sink loads one table. It is safe for concurrent use, and loads one batch at a time.
type Sink struct {
	db       *sql.DB
	owned    bool   // the instance is the sink's own
	release  func() // gives the file back; nil where it is the caller's
	database string
	table    string // as the user wrote it
	schema   string // resolved
	opts     Options
	offsets  offset.Table
	id       string // tells the views of this sink from those of another on the same instance
	mem      memory.Allocator

	views atomic.Int64 // made so far: their names' numbers
	feeds feeds
	// ddl is held for reading by loads, for writing by whatever changes tables: DuckDB fails either one where
	// they meet.
	ddl    sync.RWMutex
	closed atomic.Bool
}

var (
	_ sink.Limiter   = (*Sink)(nil)
	_ sink.Finisher  = (*Sink)(nil)
	_ sink.Inspector = (*Sink)(nil)
	_ sink.Resetter  = (*Sink)(nil)
)

// Open opens or makes the database file and returns a sink of its table. The instance is the sink's own, and
// tuned for loading: the order of rows in a table is not kept. Nothing else can open the file meanwhile, neither in
// another process nor in this one: for several tables of one file give [New] one connector. All
// faults of the options come together as a *config.Error.
func Open(path, table string, opts *Options) (*Sink, error) {
	o, err := checked("sink/duckdb.Open", path, table, opts, true)
	if err != nil {
		return nil, err
	}
	release, err := claimFile(path)
	if err != nil {
		return nil, err
	}
	s, err := openOwned(path, table, o)
	if err != nil {
		release()
		return nil, err
	}
	s.release = release
	return s, nil
}

// openOwned opens the file and tunes the instance.
func openOwned(path, table string, o Options) (*Sink, error) {
	if err := createFile(path); err != nil {
		return nil, err
	}
	connector, err := duckdb.NewConnector(path, nil)
	if err != nil {
		return nil, fmt.Errorf("sink/duckdb: open %q: %w", path, err)
	}
	s := &Sink{db: sql.OpenDB(connector), owned: true, table: table, opts: o}
	settings := []string{"SET preserve_insertion_order = false"}
	if o.Threads > 0 {
		settings = append(settings, "SET threads = "+strconv.Itoa(o.Threads))
	}
	if o.MemoryLimit > 0 {
		settings = append(settings, "SET memory_limit = '"+strconv.FormatInt(o.MemoryLimit, 10)+" B'")
	}
	for _, set := range settings {
		if _, err := s.db.Exec(set); err != nil {
			return nil, errors.Join(fmt.Errorf("sink/duckdb: open %q: %s: %w", path, set, err), s.db.Close())
		}
	}
	if err := s.start(connector); err != nil {
		return nil, errors.Join(fmt.Errorf("sink/duckdb: open %q: %w", path, err), s.db.Close())
	}
	return s, nil
}

// New returns a sink of a table in the caller's instance, of which it changes no settings. It empties the log by
// CHECKPOINT, where no transaction is in the way, and attaches a few empty databases in memory, named _floe_feed_…,
// until it is closed. The connector stays the caller's to close, after the sink. It must be one of go-duckdb. All
// faults of the options come together as a *config.Error.
func New(connector driver.Connector, table string, opts *Options) (*Sink, error) {
	o, err := checked("sink/duckdb.New", "", table, opts, false)
	if err != nil {
		return nil, err
	}
	if connector == nil {
		return nil, errors.New("sink/duckdb.New: the connector is nil")
	}
	s := &Sink{db: sql.OpenDB(borrowed{connector}), table: table, opts: o}
	if err := s.start(connector); err != nil {
		return nil, errors.Join(fmt.Errorf("sink/duckdb: %w", err), s.db.Close())
	}
	return s, nil
}

// borrowed hides the Close of a connector, which database/sql would call.
type borrowed struct{ driver.Connector }

// start finds out where the table and its offsets are.
func (s *Sink) start(connector driver.Connector) error {
	s.id = strings.ReplaceAll(uuid.NewString(), "-", "")
	s.mem = memory.DefaultAllocator
	var current, name string
	var path sql.NullString
	var readOnly bool
	err := s.db.QueryRow(`SELECT current_schema(), database_name, path, readonly FROM duckdb_databases() WHERE database_name = current_database()`).
		Scan(&current, &name, &path, &readOnly)
	if err != nil {
		return fmt.Errorf("ask for the current schema (the connector must be one of go-duckdb): %w", err)
	}
	s.schema = current
	if s.opts.Schema != "" {
		s.schema = s.opts.Schema
		var n int
		if err := s.db.QueryRow(`SELECT count(*) FROM duckdb_schemas() WHERE database_name = ? AND lower(schema_name) = lower(?)`, name, s.schema).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("there is no schema %q in database %q: create it first, or mend Options.Schema", s.schema, name)
		}
	}
	s.database = databaseID(path.String, connector)
	if path.String != "" && !readOnly {
		if err := s.emptyLog(); err != nil {
			return err
		}
	}
	s.offsets = offset.Table{Name: s.qualified(offsetsTable(s.table)), KeyType: "VARCHAR", TextType: "VARCHAR"}
	return nil
}

// emptyLog writes what is in the log into the database file before anything is added to it. A process that was
// killed amid a write leaves a log with a torn end. DuckDB 1.1.2 replays what is whole, but appends behind what is
// torn: the next replay, after another kill, fails with "Corrupt WAL file", or ends there without a word, so that
// transactions which were committed are gone. A log that is empty costs nothing. In the caller's instance another
// transaction may be in the way, which must not be broken off: the log is left as it is then.
func (s *Sink) emptyLog() error {
	_, err := s.db.Exec("CHECKPOINT")
	var d *duckdb.Error
	if !s.owned && errors.As(err, &d) && isConflict(d) {
		s.opts.Logger.Warn("the log could not be emptied: should the process before have been killed, CHECKPOINT once no transaction is open",
			"sink", "duckdb", "database", s.database, "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// databaseID names a database file alike however its path was written; one in memory by its connector.
func databaseID(path string, connector driver.Connector) string {
	if path == "" {
		return fmt.Sprintf("duckdb:memory:%p", connector)
	}
	return "duckdb:" + realPath(path)
}

// qualified writes the name of a table of the sink's schema as it stands in a statement.
func (s *Sink) qualified(table string) string { return quote(s.schema) + "." + quote(table) }

// Limits implements [sink.Limiter]: full row groups, and few, large loads, one at a time, while the next batch fills. At
// the end of each load, threads of DuckDB's wait for one another, and its COMMIT writes the row groups that are left over.
func (s *Sink) Limits() sink.Limits {
	bounded := ""
	if s.opts.Mode == sink.Replace {
		bounded = "replace mode swaps the table in once the source has ended"
	}
	return sink.Limits{
		BoundedOnly:  bounded,
		Database:     s.database,
		Batch:        batching.Policy{Rows: 20 * rowGroup, Bytes: 384 << 20},
		Largest:      batching.Policy{Rows: 64 * rowGroup, Bytes: 1 << 30},
		RecordRows:   rowGroup,
		Loads:        1,
		EmptyBatches: true,
		KeepsRejects: s.opts.Rejects != "",
	}
}

// Committed implements [sink.Inspector].
func (s *Sink) Committed(ctx context.Context, pipeline string, partitions ...string) (map[string]string, error) {
	if s.closed.Load() {
		return nil, errClosed
	}
	committed := map[string]string{}
	err := s.inTx(ctx, func(c *sql.Conn) error {
		t, err := s.inspect(ctx, c, offsetsTable(s.table))
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
	if s.closed.Load() {
		return errClosed
	}
	s.ddl.Lock()
	defer s.ddl.Unlock()
	err := s.inTx(ctx, func(c *sql.Conn) error {
		if err := s.offsets.Create(ctx, c); err != nil {
			return err
		}
		if s.opts.Mode == sink.Replace {
			return s.abandon(ctx, c, pipeline)
		}
		return s.offsets.Reset(ctx, c, pipeline, s.target())
	})
	return s.wrap(ctx, "reset the offsets of", err)
}

// target is the name under which offsets are kept.
func (s *Sink) target() string { return fold(s.table) }

// Close implements [sink.Sink]. It writes what is in the log into the database file, where the instance is the
// sink's own.
func (s *Sink) Close(ctx context.Context) error {
	if s.closed.Swap(true) {
		return nil
	}
	s.ddl.Lock()
	defer s.ddl.Unlock()
	var err error
	if s.owned {
		if _, err = s.db.ExecContext(ctx, "CHECKPOINT"); err != nil {
			err = fmt.Errorf("sink/duckdb: close %s: checkpoint: %w", s.database, err)
		}
	}
	err = errors.Join(err, s.detachAll(ctx), s.db.Close())
	if s.release != nil {
		s.release()
	}
	return err
}

// wrap classifies err and says what was being done to the table; nil stays nil.
func (s *Sink) wrap(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sink/duckdb: %s %q: %w", doing, s.table, classify(ctx, err))
}
