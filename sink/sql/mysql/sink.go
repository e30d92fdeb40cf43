package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/floedata/floe/config"
	mydialect "github.com/floedata/floe/dialect/mysql"
	"github.com/floedata/floe/retry"
	floesql "github.com/floedata/floe/sink/sql"
)

// Sink loads one table of MySQL or MariaDB. It is safe for concurrent use.
type Sink struct {
	*floesql.Sink
	db *sql.DB // to be closed with the sink; nil = it is the caller's
}

// Open returns a sink with a pool of connections of its own, which it closes. dsn is as the driver reads it:
// user:password@tcp(host:port)/database?tls=true; what the sink needs of it, it sets itself. ctx bounds the first
// connection, which is made here. All faults of the configuration come together as a *config.Error, and no error holds
// the password; one of a server that may be there soon is transient.
func Open(ctx context.Context, dsn, table string, opts *floesql.Options) (*Sink, error) {
	var f config.Faults
	cfg, err := parse(dsn)
	if err != nil {
		f.AddErr("dsn", "cannot be used", err)
		cfg = mysql.NewConfig() // for the faults of the rest
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		f.AddErr("dsn", "cannot be used", hidden(err))
		return nil, f.Err("sink/sql/mysql.Open")
	}
	db := sql.OpenDB(connector)
	db.SetConnMaxIdleTime(maxIdle)
	s, err := New(db, table, opts)
	if err := errors.Join(f.Err("sink/sql/mysql.Open"), err); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(cannotConnect(ctx, cfg, err), db.Close())
	}
	s.db = db
	return s, nil
}

// New returns a sink that takes its connections from a pool of the driver github.com/go-sql-driver/mysql, which stays the
// caller's to close, after the sink. Each load takes one, and for a moment after a failure a second one. All faults of
// the options come together as a *config.Error.
func New(db *sql.DB, table string, opts *floesql.Options) (*Sink, error) {
	return newSink(db, table, opts, few)
}

func newSink(db *sql.DB, table string, opts *floesql.Options, few int64) (*Sink, error) {
	if db == nil {
		return nil, errors.New("sink/sql/mysql.New: the database is nil")
	}
	var o floesql.Options
	if opts != nil {
		o = *opts
	}
	if o.Route != nil {
		var f config.Faults
		f.Add("Options.Route", "is this package's own: leave it nil, or build the sink by package sink/sql")
		return nil, f.Err("sink/sql/mysql.New")
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	o.Route = &route{log: log, few: few}
	s, err := floesql.New(db, mydialect.Dialect{}, table, &o)
	if err != nil {
		return nil, err
	}
	return &Sink{Sink: s}, nil
}

// Close implements [sink.Sink]. The connections of a pool that [Open] made are closed.
func (s *Sink) Close(ctx context.Context) error {
	err := s.Sink.Close(ctx)
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	return err
}

// maxIdle ends connections of the pool before the server does, which waits for 45 s.
const maxIdle = 30 * time.Second

// parse reads a DSN and sets what the sink needs of it.
func parse(dsn string) (*mysql.Config, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, hidden(err)
	}
	// Rows found, not rows changed: an UPDATE to an equal value counts. Text is UTF-8, whatever the server prefers.
	cfg.ClientFoundRows = true
	if err := cfg.Apply(mysql.Charset("utf8mb4", "")); err != nil {
		return nil, hidden(err)
	}
	if def := mysql.NewConfig(); cfg.MaxAllowedPacket == def.MaxAllowedPacket {
		cfg.MaxAllowedPacket = 0 // that of the server
	}
	// Errors are returned; the driver would write some of them to the standard error too.
	cfg.Logger = &mysql.NopLogger{}
	return cfg, nil
}

// hidden is an error about a DSN without any part of it, but for those that are known to hold none.
func hidden(err error) error {
	const form = "it is of the form user:password@tcp(host:port)/database?name=value"
	if reason, ok := strings.CutPrefix(err.Error(), "invalid DSN: "); ok {
		return fmt.Errorf("%s: %s", reason, form)
	}
	return errors.New(form + "; what is wrong is not shown, since it may be a part of the password")
}

// cannotConnect says where the connection was to go.
func cannotConnect(ctx context.Context, cfg *mysql.Config, err error) error {
	err = fmt.Errorf("sink/sql/mysql: connect to %s as %q, database %q: %w", cfg.Addr, cfg.User, cfg.DBName, err)
	if ctx.Err() == nil && (mydialect.Dialect{}).Classify(err).Transient() {
		return retry.Transient(err)
	}
	return err
}
