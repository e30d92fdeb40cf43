package main

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/host"
	"github.com/floedata/floe/sink/snowflake"
)

// staged loads by files on a stage into a fake Snowflake, in a process of its own, that counts their rows and drops them:
// what is measured is the client.
func staged(ctx context.Context, l load) (r child.Result, err error) {
	if err := forget(ctx); err != nil {
		return r, err
	}
	return host.Counted(ctx, func() (child.Result, error) {
		clock := child.Start()
		if err := l.intoSnowflake(ctx); err != nil {
			return child.Result{}, err
		}
		return clock.Stop()
	})
}

func (l load) intoSnowflake(ctx context.Context) (err error) {
	dst, err := snowflake.Open(ctx, snowflake.Config{DSN: host.DSN()}, table, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close(ctx)) }()
	return l.pipe(ctx, dst)
}

// forget drops what an earlier load has left.
func forget(ctx context.Context) (err error) {
	db, err := sql.Open("snowflake", host.DSN())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return host.Drop(ctx, db, strings.ToUpper(table), "_FLOE_OFFSETS")
}
