package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "github.com/marcboeker/go-duckdb" // the driver "duckdb"
	"gocloud.dev/blob"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/scalar"
)

// Options configure an Engine. The zero value works.
type Options struct {
	// Account is what CURRENT_ACCOUNT answers; "" means TESTACCOUNT.
	Account string

	// Now is the clock: of CURRENT_TIMESTAMP, load history, lock timeouts and idle transactions. Nil means time.Now.
	Now func() time.Time

	// IdleTransaction is how long a transaction may do nothing before it is rolled back, whether its client lives or not;
	// IdleBlocking is the same while another session waits for its locks. 0 means Snowflake's 4 hours and 5 minutes.
	IdleTransaction, IdleBlocking time.Duration

	// StreamingDelay is how long rows that Snowpipe Streaming has accepted are not committed, by the machine's clock.
	// Negative: until CommitStreams.
	StreamingDelay time.Duration

	// StreamingRate is how much a channel may send in a second. 0 means no limit.
	StreamingRate StreamingRate

	// CountOnly makes COPY INTO count the rows that the footers of Parquet files tell, and insert none: for measuring what
	// a client costs. A COPY of anything else is refused. Rows of Snowpipe Streaming are counted, and thrown away.
	CountOnly bool

	// PipeDelay is how long a file waits in the queue of a pipe before it is loaded, by the clock of the machine.
	PipeDelay time.Duration

	// Buckets have the objects of external stages, by the URLs of their roots: a stage's is there or below. The longest one
	// counts. They stay the caller's.
	Buckets map[string]*blob.Bucket
}

// Engine is one account. Its methods may be called by many goroutines.
type Engine struct {
	options Options
	dir     string
	stages  string
	scratch string // for objects of buckets while a statement reads them
	db      *sql.DB
	conn    *sql.Conn // all statements
	look    *sql.Conn // reads files while a transaction of conn is open

	// mu is held while a statement runs in DuckDB, and guards all below. Who waits for a lock of a table gives it up.
	mu       sync.Mutex
	catalog  catalog
	account  *object
	sessions map[int64]*Session
	last     int64 // session, transaction and query: unique numbers of this process
	released chan struct{}
	locks    map[int64]*lock
	busy     map[fileLock]*transaction
	closed   bool

	answers  answers
	running  running
	digests  digests
	streams  *streams
	conveyor conveyor
}

// New opens the account whose state is in dir, and makes it if the directory is empty or missing: with the roles that every
// account has, and a user ADMIN without a password whose default role is ACCOUNTADMIN. The caller closes it.
func New(dir string, o Options) (*Engine, error) {
	if o.Account == "" {
		o.Account = "TESTACCOUNT"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.IdleTransaction == 0 {
		o.IdleTransaction = 4 * time.Hour
	}
	if o.IdleBlocking == 0 {
		o.IdleBlocking = 5 * time.Minute
	}
	e := &Engine{
		options: o, dir: dir, stages: filepath.Join(dir, "stages"), scratch: filepath.Join(dir, "fetched"),
		sessions: map[int64]*Session{}, released: make(chan struct{}), locks: map[int64]*lock{}, busy: map[fileLock]*transaction{},
		answers: answers{byID: map[string]*Result{}}, running: running{byID: map[string]context.CancelCauseFunc{}},
		digests: digests{byFile: map[string]digest{}}, streams: newStreams(dir, o.StreamingDelay), conveyor: conveyor{work: make(chan struct{}, 1)},
	}
	if err := e.open(context.Background()); err != nil {
		return nil, errors.Join(fmt.Errorf("snowflaketest: opening %s: %w", dir, err), e.release())
	}
	e.streams.ended.Add(1)
	go e.commitLoop()
	e.convey()
	return e, nil
}

func (e *Engine) open(ctx context.Context) error {
	// What a killed process left there nobody reads any more.
	if err := errors.Join(os.MkdirAll(e.stages, 0o755), os.RemoveAll(e.scratch), os.MkdirAll(e.scratch, 0o700)); err != nil {
		return err
	}
	var err error
	// One thread, as threads of DuckDB's own that call functions written in Go stay with Go as goroutines: tests that look for
	// what is left over would find them. Compressed, a run of zeros has one sign.
	if e.db, err = sql.Open("duckdb", filepath.Join(e.dir, "account.duckdb")+"?threads=1&force_compression=uncompressed"); err != nil {
		return err
	}
	if e.conn, err = e.db.Conn(ctx); err != nil {
		return err
	}
	if e.look, err = e.db.Conn(ctx); err != nil {
		return err
	}
	if err := scalar.Register(ctx, e.conn); err != nil {
		return err
	}
	for _, q := range []string{
		`CREATE TABLE IF NOT EXISTS floe_objects (id BIGINT PRIMARY KEY, doc VARCHAR NOT NULL)`,
		loadsTable,
		channelsTable,
		rowErrorsTable,
		filesTable,
		noticedTable,
	} {
		if _, err := e.conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	if err := e.catalog.load(ctx, e.conn); err != nil {
		return err
	}
	if err := e.streams.load(ctx, e.conn); err != nil {
		return err
	}
	// Numbers of files and their events go on growing, whatever the clock says.
	if err := e.conn.QueryRowContext(ctx, `SELECT COALESCE(MAX(GREATEST(number, event)), 0) FROM floe_pipe_files`).Scan(&e.last); err != nil {
		return err
	}
	boot := &Session{e: e}
	return boot.locked(ctx, func(w *work) error {
		if err := w.recover(); err != nil {
			return err
		}
		return w.found()
	})
}

// recover takes back what was open when the process before this one ended: transactions and temporary objects.
func (w *work) recover() error {
	for _, o := range w.e.catalog.objects {
		if w.e.catalog.objects[o.ID] == nil {
			continue // it went with what it lay in
		}
		if o.Session != 0 {
			if err := w.erase(o); err != nil {
				return err
			}
			continue
		}
		if o.Table != nil {
			if err := w.exec(fmt.Sprintf(`DELETE FROM %s WHERE %s <> 0`, physical(o), inserted)); err != nil {
				return err
			}
			if err := w.exec(fmt.Sprintf(`UPDATE %s SET %s = NULL WHERE %[2]s IS NOT NULL`, physical(o), deleted)); err != nil {
				return err
			}
		}
	}
	if err := w.exec(`DELETE FROM floe_loads WHERE tx <> 0`); err != nil {
		return err
	}
	return w.exec(`UPDATE floe_loads SET gone = NULL WHERE gone IS NOT NULL`)
}

// Close aborts the statements under way, ends all sessions, rolls their transactions back, and closes the files.
func (e *Engine) Close() error {
	e.running.end()
	e.conveyor.end()
	errs := []error{e.endStreams()}
	for _, s := range e.live() {
		errs = append(errs, s.Close())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	return errors.Join(append(errs, e.release())...)
}

func (e *Engine) live() []*Session {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []*Session
	for _, s := range e.sessions {
		out = append(out, s)
	}
	return out
}

func (e *Engine) release() error {
	var errs []error
	for _, c := range []*sql.Conn{e.look, e.conn} {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	if e.db != nil {
		errs = append(errs, e.db.Close())
	}
	return errors.Join(errs...)
}

func (e *Engine) now() time.Time { return e.options.Now().UTC() }

// number returns a number that none before it is equal to. They grow with time, as Snowflake's do.
func (e *Engine) number() int64 {
	e.last = max(e.last+1, e.now().UnixNano())
	return e.last
}
