package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/dialect/postgres"
	"github.com/floedata/floe/retry"
	floesql "github.com/floedata/floe/source/sql"
)

// Open returns a source with a pool of connections of its own, which it closes. connString is a URL or a list of
// settings, as libpq and pgx read it, with pool_max_conns and the like for the pool. ctx bounds the first connection,
// which is made here; a server that cannot be reached is a transient error. No error holds the password.
func Open(ctx context.Context, connString string, q floesql.Query, opts *floesql.Options) (*floesql.Source, error) {
	c, err := pgxpool.ParseConfig(connString)
	if err != nil {
		var f config.Faults
		f.AddErr("connString", "cannot be read", err)
		return nil, f.Err("source/sql/postgres")
	}
	if c.ConnConfig.RuntimeParams["application_name"] == "" {
		c.ConnConfig.RuntimeParams["application_name"] = "floe"
	}
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("source/sql/postgres: make a pool of connections: %w", err)
	}
	s, err := floesql.NewRoute(&route{pool: pool, own: true}, postgres.Dialect{}, q, opts)
	if err == nil {
		if err = pool.Ping(ctx); err != nil {
			transient := postgres.Dialect{}.Classify(err).Transient()
			if err = fmt.Errorf("source/sql/postgres: connect: %w", err); transient {
				err = retry.Transient(err)
			}
		}
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	return s, nil
}

// New returns a source that takes its connections from a pool, one for each partition that is being read. The pool stays
// the caller's.
func New(pool *pgxpool.Pool, q floesql.Query, opts *floesql.Options) (*floesql.Source, error) {
	if pool == nil {
		var f config.Faults
		f.Add("pool", "it is nil")
		return nil, f.Err("source/sql/postgres")
	}
	return floesql.NewRoute(&route{pool: pool}, postgres.Dialect{}, q, opts)
}

// route implements [floesql.Route].
type route struct {
	pool *pgxpool.Pool
	own  bool
}

// Close implements [floesql.Route].
func (t *route) Close(context.Context) error {
	if t.own {
		t.pool.Close()
	}
	return nil
}

// Query implements [floesql.Route].
func (t *route) Query(ctx context.Context, s floesql.Statement) (floesql.Rows, error) {
	// What is not in binary form comes as text. Statements are not kept on the server: a pool before it may give the next
	// one to another session.
	args := append([]any{pgx.QueryExecModeDescribeExec, binaryForms}, s.Args...)
	got, err := t.pool.Query(ctx, s.Text, args...)
	if err != nil {
		return nil, err
	}
	r := &rows{rows: got, mem: s.Allocator}
	if err := r.describe(s.Types); err != nil {
		got.Close()
		if cause := got.Err(); cause != nil {
			err = cause
		}
		return nil, err
	}
	return r, nil
}
