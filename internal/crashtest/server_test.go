package crashtest_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/internal/crashtest"
	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// serverKills is how often the server is killed amid one run.
const serverKills = 10

// longFor is a source that outlives the kills: what comes after the last one is more than a group of the sink's.
func longFor(dst sink.Sink) crashtest.Numbers {
	n := crashtest.Numbers{Partitions: 3, Batches: 60, Rows: 100, Keys: 700}
	if l, ok := dst.(sink.Limiter); ok {
		n.Batches = max(n.Batches, l.Limits().Group*(serverKills+2)/2/n.Partitions+n.Partitions)
	}
	return n
}

func TestKillPostgresServer(t *testing.T) {
	killServer(t, databases["postgres"], func() server { return servers.StartPostgres(t) })
}

func TestKillMariaDBServer(t *testing.T) {
	killServer(t, databases["mysql"], func() server { return servers.StartMariaDB(t) })
}

func TestKillSnowflakeServer(t *testing.T) {
	killServer(t, databases["snowflake"], func() server {
		s := snowflaketest.Start(t, &snowflaketest.Options{LocalStages: true})
		return fake{s, t, s.DSN()}
	})
}

// server is one that a test kills.
type server interface {
	Database(servers.TB) string
	Kill()
	Start()
}

// fake is the fake Snowflake as such a server.
type fake struct {
	s   *snowflaketest.Server
	t   *testing.T
	dsn string
}

func (f fake) Database(servers.TB) string { return f.dsn }

func (f fake) Kill() {
	if err := f.s.Kill(); err != nil {
		f.t.Error(err)
	}
}

func (f fake) Start() {
	if err := f.s.Restart(); err != nil {
		f.t.Fatal(err)
	}
}

// killServer runs one pipeline while the server is killed by SIGKILL, and started again, between its loads.
func killServer(t *testing.T, d database, start func() server) {
	for _, mode := range []string{"append", "upsert"} {
		if d.appends && mode != "append" {
			continue
		}
		opts := modes[mode]
		t.Run(mode, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			server := start()
			dsn := server.Database(t)
			dst, err := d.open(ctx, dsn, "numbers", &opts)
			if err != nil {
				t.Fatal(err)
			}
			defer dst.Close(ctx)
			n := longFor(dst)
			var loads atomic.Int64
			p, err := floe.New("server", n.Source(), dst, &floe.Options{
				Batching: batching.Policy{Rows: int64(n.Rows)},
				Retry:    retry.Policy{Retries: 100, Base: 20 * time.Millisecond, Factor: 1.5, Max: 300 * time.Millisecond},
				Hooks:    floe.Hooks{Loaded: func(floe.BatchInfo) { loads.Add(1) }},
				Logger:   slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				_, err := p.Run(ctx)
				done <- err
			}()
			total := int64(n.Partitions * n.Batches)
			for k := range int64(serverKills) {
				// Each kill comes after a share of the loads, and a random while later, so that it falls anywhere in one.
				for loads.Load() < (k+1)*total/(serverKills+2) {
					select {
					case err := <-done:
						t.Fatalf("after %d kills and %d loads the run ended: %v", k, loads.Load(), err)
					case <-time.After(time.Millisecond):
					}
				}
				time.Sleep(time.Duration(rand.Int64N(int64(10 * time.Millisecond))))
				server.Kill()
				server.Start()
			}
			if err := <-done; err != nil {
				t.Fatalf("after %d kills: %v", serverKills, err)
			}
			d.verify(t, dsn, "numbers", n, mode == "upsert")
		})
	}
}
