package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/config"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
)

// Sink loads one table of PostgreSQL. It is safe for concurrent use.
type Sink struct {
	*floesql.Sink
	db   *sql.DB
	pool *pgxpool.Pool // to be closed with the sink; nil = it is the caller's
}

// Open returns a sink with a pool of connections of its own, which it closes. connString is a URL or a list of
// settings, as libpq and pgx read it, with pool_max_conns and the like for the pool; the application is named floe
// unless it says otherwise. ctx bounds the first connection, which is made here; a server that cannot be reached is a
// transient error. All faults of the configuration come together as a *config.Error. No error holds the password.
func Open(ctx context.Context, connString, table string, opts *floesql.Options) (*Sink, error) {
	c, err := pgxpool.ParseConfig(connString)
	if err != nil {
		return nil, badConnString(err, table, opts)
	}
	if c.ConnConfig.RuntimeParams["application_name"] == "" {
		c.ConnConfig.RuntimeParams["application_name"] = "floe"
	}
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 4}}
	c.ConnConfig.DialFunc = dialer.DialContext
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("sink/sql/postgres: make a pool of connections: %w", err)
	}
	s, err := New(pool, table, opts)
	if err == nil {
		err = ping(ctx, pool, c.ConnConfig.Config)
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	s.pool = pool
	return s, nil
}

// New returns a sink that takes its connections from a pool, which stays the caller's to close, after the sink. Each
// load takes one, and for a moment after a failure a second one. The pool's settings stay as they are. All faults of the
// options come together as a *config.Error.
func New(pool *pgxpool.Pool, table string, opts *floesql.Options) (*Sink, error) {
	if pool == nil {
		return nil, errors.New("sink/sql/postgres.New: the pool is nil")
	}
	return build(stdlib.OpenDBFromPool(pool), table, opts)
}

// build takes the database over.
func build(db *sql.DB, table string, opts *floesql.Options) (*Sink, error) {
	var o floesql.Options
	if opts != nil {
		o = *opts
	}
	var f config.Faults
	if o.Route != nil {
		f.Add("Options.Route", "is this package's own: leave it nil, or build the sink by package sink/sql")
	}
	o.Route = route{}
	s, err := floesql.New(db, dia, table, &o)
	if err = withFaults(f, err); err != nil {
		_ = db.Close()
		return nil, err
	}
	return &Sink{Sink: s, db: db}, nil
}

// Close implements [sink.Sink]. The connections of a pool that [Open] made are closed.
func (s *Sink) Close(ctx context.Context) error {
	err := errors.Join(s.Sink.Close(ctx), s.db.Close())
	if s.pool != nil {
		s.pool.Close()
	}
	return err
}

// withFaults adds the faults of err, where it is a *config.Error, to those found before.
func withFaults(f config.Faults, err error) error {
	var bad *config.Error
	if errors.As(err, &bad) {
		for _, fault := range bad.Faults {
			f.AddErr(fault.Field, fault.Problem, fault.Err)
		}
	} else if err != nil {
		return err
	}
	return f.Err("sink/sql/postgres")
}

// settings are those of a connection string that pgx checks.
var settings = []string{
	"port", "connect_timeout", "service", "sslcertmode", "target_session_attrs", "min_protocol_version", "max_protocol_version",
	"channel_binding", "require_auth", "default_query_exec_mode", "statement_cache_capacity", "description_cache_capacity",
	"pool_max_conns", "pool_min_conns", "pool_min_idle_conns", "pool_max_conn_lifetime_jitter", "pool_max_conn_lifetime",
	"pool_max_conn_idle_time", "pool_health_check_period", "pool_ping_timeout", "TLS",
}

// badConnString says what is wrong with a connection string, and with the options. Of pgx's error, which holds the
// string, only the name of a setting is told.
func badConnString(err error, table string, opts *floesql.Options) error {
	var f config.Faults
	problem := "is no connection string: write postgres://user:password@host:port/database, or settings such as host=… dbname=…, with special characters encoded"
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		text := strings.ReplaceAll(err.Error(), parse.ConnString, "")
		for _, name := range settings {
			if _, told, ok := strings.Cut(text, "`: "); ok && strings.Contains(told, name) {
				problem = fmt.Sprintf("its setting of %s is wrong", name)
				break
			}
		}
	}
	f.Add("connString", "%s", problem)
	// No connection is made: what is wrong with the options is found without.
	s, err := build(stdlib.OpenDB(pgx.ConnConfig{}), table, opts)
	if err == nil {
		_ = s.db.Close()
	}
	return withFaults(f, err)
}

// ping makes a connection. pgx's error names hosts, user and database, and no password.
func ping(ctx context.Context, pool *pgxpool.Pool, c pgconn.Config) error {
	err := pool.Ping(ctx)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("sink/sql/postgres: connect to %s as %q, database %q: %w", net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), c.User, c.Database, err)
	if ctx.Err() == nil && dia.Classify(err).Transient() {
		return retry.Transient(err)
	}
	return err
}

// Limits implements [sink.Limiter]. A load takes some round trips beside its COPY, so that larger ones are worth it.
func (s *Sink) Limits() sink.Limits {
	l := s.Sink.Limits()
	l.Batch = batching.Policy{Rows: 500_000, Bytes: 128 << 20}
	return l
}
