package crashtest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/internal/crashtest"
	"github.com/floedata/floe/internal/netfault"
	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// networked are the databases behind a network, with what their clients send when they load, and when they commit: the
// column committed is not meant.
var networked = map[string]struct {
	server        func(tb servers.TB) *servers.Server
	loads, commit string
}{
	"postgres": {func(tb servers.TB) *servers.Server { return servers.Postgres(tb) }, "COPY", "COMMIT\x00"},
	"mysql":    {func(tb servers.TB) *servers.Server { return servers.MariaDB(tb) }, "LOAD DATA", "\x03COMMIT"},
}

// behind makes a database behind a proxy.
func behind(t *testing.T, name string) (direct, proxied string, p *netfault.Proxy) {
	t.Helper()
	server := networked[name].server(t)
	direct = server.Database(t)
	p = netfault.Start(t, server.Addr())
	return direct, server.Via(direct, p.Addr()), p
}

// load runs a pipeline into the table numbers.
func (d database) load(ctx context.Context, n crashtest.Numbers, dsn, mode string) error {
	opts := modes[mode]
	dst, err := d.open(ctx, dsn, "numbers", &opts)
	if err != nil {
		return err
	}
	defer dst.Close(context.WithoutCancel(ctx))
	return move(ctx, n, dst)
}

// move runs a pipeline that has patience with short failures.
func move(ctx context.Context, n crashtest.Numbers, dst sink.Sink) error {
	p, err := floe.New("network", n.Source(), dst, &floe.Options{
		Batching: batching.Policy{Rows: int64(n.Rows)},
		Retry:    retry.Policy{Retries: 20, Base: time.Millisecond, Factor: 1.5, Max: 100 * time.Millisecond},
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	_, err = p.Run(ctx)
	return err
}

// Requests and replies are lost amid loads, around every COMMIT among them: no row is lost or there twice.
func TestNetworkCuts(t *testing.T) {
	n := crashtest.Numbers{Partitions: 2, Batches: 100, Rows: 300, Keys: 700}
	for name, db := range networked {
		for _, mode := range []string{"append", "upsert"} {
			t.Run(name+"/"+mode, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				direct, proxied, p := behind(t, name)
				faults := []netfault.Fault{
					{Seen: db.commit},
					{Seen: db.commit, Reply: true},
					{Seen: db.loads},
					{Seen: db.loads, Reply: true, Cut: netfault.Finish},
					{Seen: "_floe_offsets"},
					{Seen: db.commit, Reply: true, Cut: netfault.Finish},
					{Seen: db.commit, Cut: netfault.Finish},
					{Seen: "_floe_offsets", Reply: true},
					{Seen: db.commit, Reply: true},
				}
				done := make(chan error, 1)
				go func() { done <- databases[name].load(ctx, n, proxied, mode) }()
				for i, f := range faults {
					select {
					case <-p.Arm(f):
					case err := <-done:
						t.Fatalf("the run ended before fault %d of %d: %v", i, len(faults), err)
					}
				}
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				databases[name].verify(t, direct, "numbers", n, mode == "upsert")
			})
		}
	}
}

// A slow link takes long and loses nothing.
func TestNetworkSlow(t *testing.T) {
	n := crashtest.Numbers{Partitions: 1, Batches: 3, Rows: 200, Keys: 70}
	for name := range networked {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			direct, proxied, p := behind(t, name)
			p.Slow(64<<10, 2*time.Millisecond)
			if err := databases[name].load(ctx, n, proxied, "append"); err != nil {
				t.Fatal(err)
			}
			databases[name].verify(t, direct, "numbers", n, false)
		})
	}
}

// A server that says nothing any more is waited for as long as the context lasts, wherever it fell silent.
func TestNetworkStalls(t *testing.T) {
	n := crashtest.Numbers{Partitions: 1, Batches: 10, Rows: 300, Keys: 70}
	for name, db := range networked {
		for what, fault := range map[string]netfault.Fault{
			"before the load":  {Seen: db.loads, Stall: true},
			"before COMMIT":    {Seen: db.commit, Stall: true},
			"in COMMIT":        {Seen: db.commit, Reply: true, Stall: true},
			"before the claim": {Seen: "_floe_offsets", Stall: true},
		} {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel() // the driver takes its time to give a connection up
				direct, proxied, p := behind(t, name)
				fired := p.Arm(fault)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				go func() {
					<-fired
					cancel()
				}()
				start := time.Now()
				err := databases[name].load(ctx, n, proxied, "append")
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("a run on a silent server answered %v after %s", err, time.Since(start))
				}
				if took := time.Since(start); took > 45*time.Second {
					t.Errorf("it took %s to give up", took)
				}
				p.Resume()
				p.Cut(netfault.Reset)
				if err := databases[name].load(t.Context(), n, direct, "append"); err != nil {
					t.Fatal(err)
				}
				databases[name].verify(t, direct, "numbers", n, false)
			})
		}
	}
}

// A loader that is killed between its offset's UPDATE and its COMMIT holds the row's lock: the next one gets it all the
// same, at once where the server hears of the end, and within a minute where the whole machine is gone.
func TestNetworkSuccessor(t *testing.T) {
	for name := range networked {
		for _, gone := range []bool{false, true} {
			direct, proxied, p := behind(t, name)
			table := fmt.Sprint("gone_", gone)
			fired := p.Arm(netfault.Fault{Seen: networked[name].commit, Skip: 8, Stall: true})
			t.Setenv(databases[name].variable, proxied)
			kill := crashtest.Start(t, name+" append", table)
			<-fired
			kill()
			if !gone {
				p.Cut(netfault.Reset)
			}
			t.Run(name+"/"+table, func(t *testing.T) {
				t.Parallel() // most of it is waiting
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				dst, err := databases[name].open(ctx, direct, table, nil)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				var first sync.Once
				var took time.Duration // until its first load
				if err := run(ctx, small, dst, func() { first.Do(func() { took = time.Since(start) }) }); err != nil {
					t.Fatal(err)
				}
				if most := map[bool]time.Duration{false: 30 * time.Second, true: time.Minute}[gone]; took > most {
					t.Errorf("the next loader waited for %s", took)
				}
				databases[name].verify(t, direct, table, small, false)
			})
		}
	}
}
