package sql_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/dialect/mysql"
	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
	floesql "github.com/floedata/floe/source/sql"
	"github.com/floedata/floe/source/sql/postgres"
)

// wide is a query of rows that no buffer between here and the server holds.
const (
	wideRows = 60_000
	wide     = "CREATE TABLE wide (id BIGINT PRIMARY KEY, fill TEXT)"
)

func TestKillPostgres(t *testing.T) {
	server := servers.StartPostgres(t)
	dsn := server.Database(t)
	exec(t, open(t, "pgx", dsn), wide, "INSERT INTO wide SELECT i, repeat('x', 500) FROM generate_series(0, 59999) i")
	killServer(t, server, func(q floesql.Query, opts *floesql.Options) (source.Source, error) {
		return postgres.Open(t.Context(), dsn, q, opts)
	})
}

func TestKillMariaDB(t *testing.T) {
	server := servers.StartMariaDB(t)
	db := open(t, "mysql", server.Database(t))
	exec(t, db, wide, "INSERT INTO wide SELECT seq, repeat('x', 500) FROM seq_0_to_59999")
	killServer(t, server, func(q floesql.Query, opts *floesql.Options) (source.Source, error) {
		return floesql.New(db, mysql.Dialect{}, q, opts)
	})
}

// killServer reads a table while the server is killed, and started again, amid its rows: they come once each, in order.
func killServer(t *testing.T, server *servers.Private, newSource func(floesql.Query, *floesql.Options) (source.Source, error)) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	src, err := newSource(floesql.Query{Table: "wide", Key: []string{"id"}}, &floesql.Options{BatchRows: 500, Allocator: checked(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close(context.WithoutCancel(ctx))
	dst := sink.NewMemory(nil)
	defer dst.Release()
	var loads, retries atomic.Int64
	p, err := floe.New("kill", src, dst, &floe.Options{
		Batching:    batching.Policy{Rows: 500},
		Retry:       retry.Policy{Retries: 100, Base: 20 * time.Millisecond, Factor: 1.5, Max: 300 * time.Millisecond},
		MemoryLimit: 1 << 20, // so that the rows are not all here before the first are loaded
		Logger:      slog.New(slog.DiscardHandler),
		Hooks: floe.Hooks{
			Loaded: func(floe.BatchInfo) {
				if n := loads.Add(1); n == wideRows/500/4 || n == wideRows/500/2 {
					server.Kill()
					server.Start()
				}
			},
			Retried: func(floe.Retried) { retries.Add(1) },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if retries.Load() < 2 {
		t.Errorf("%d retries: the kills did not come amid the rows", retries.Load())
	}
	next := int64(0)
	for _, rec := range dst.Records() {
		for _, id := range rec.Column(0).(*array.Int64).Int64Values() {
			if id != next {
				t.Fatalf("row %d comes where %d is due", id, next)
			}
			next++
		}
		rec.Release()
	}
	if next != wideRows {
		t.Errorf("%d rows, want %d", next, wideRows)
	}
}
