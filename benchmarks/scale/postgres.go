package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/host"
	floesql "github.com/floedata/floe/sink/sql/postgres"
)

// postgres loads into a table that the sink makes.
func postgres(ctx context.Context, l load) (r child.Result, err error) {
	pool, err := pgxpool.New(ctx, host.DSN())
	if err != nil {
		return r, err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, "DROP TABLE IF EXISTS "+table+", _floe_offsets"); err != nil {
		return r, err
	}
	if _, err := pool.Exec(ctx, "CHECKPOINT"); err != nil {
		return r, err
	}
	pool.Reset() // the sessions to come are those that load
	clock := child.Start()
	if err := l.intoPostgres(ctx, pool); err != nil {
		return r, err
	}
	if r, err = clock.Stop(); err != nil {
		return r, err
	}
	sessions, err := sessionsCPU(ctx, pool)
	if err != nil {
		return r, err
	}
	r.CPU += sessions
	query := fmt.Sprintf("SELECT count(*), pg_total_relation_size('%s') FROM %[1]s", table)
	return r, pool.QueryRow(ctx, query).Scan(&r.Rows, &r.Size)
}

func (l load) intoPostgres(ctx context.Context, pool *pgxpool.Pool) (err error) {
	dst, err := floesql.New(pool, table, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close(ctx)) }()
	return l.pipe(ctx, dst)
}

// ticks of /proc are hundredths of a second on every Linux.
const ticks = 100

// sessionsCPU returns what the server's processes for the pool's sessions have used of all cores, in seconds.
func sessionsCPU(ctx context.Context, pool *pgxpool.Pool) (seconds float64, err error) {
	for _, c := range pool.AcquireAllIdle(ctx) {
		defer c.Release()
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.Conn().PgConn().PID()))
		if err != nil {
			return 0, err
		}
		// Behind the name: state, ten others, then the ticks in user and in system mode.
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		for _, text := range fields[11:13] {
			n, err := strconv.ParseFloat(string(text), 64)
			if err != nil {
				return 0, err
			}
			seconds += n / ticks
		}
	}
	return seconds, nil
}
