package crashtest_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/internal/crashtest"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
	floesql "github.com/floedata/floe/sink/sql"
)

var soakFor = flag.Duration("crash.soak", 5*time.Second, "how long channels are soaked in faults")

// TestSoakSnowflakeStreaming moves rows by 64 channels, round after round, while whatever can go wrong does: appends, statuses
// and opens fail in every way, the service fails over, tokens and sessions expire, the server dies, another process claims
// partitions, and runs are broken off. After each round the table is held against the source, row by row.
func TestSoakSnowflakeStreaming(t *testing.T) {
	seed := crashtest.Seed(t)
	rng := rand.New(rand.NewPCG(seed, 0))
	numbers := crashtest.Numbers{Partitions: 64, Batches: 4, Rows: 20, Keys: 30}
	dsn, server := startStreaming(t)
	sum := soaked{}
	for start, round := time.Now(), 0; round == 0 || time.Since(start) < *soakFor; round++ {
		mode := []string{"append", "upsert"}[round%2]
		s := soak{server: server, dsn: dsn, table: fmt.Sprint("soak", round), opts: modes[mode], numbers: numbers, rng: rng, sum: &sum}
		s.round(t)
		streamed.verify(t, dsn, s.table, numbers, mode == "upsert")
		if t.Failed() {
			t.FailNow()
		}
		sum.rounds++
	}
	t.Logf("%d rounds of %d rows, %d runs, %d faults", sum.rounds, numbers.Total(), sum.runs, sum.faults)
	if sum.faults < 10 || sum.runs < sum.rounds {
		t.Error("hardly anything went wrong")
	}
}

// soaked counts what has happened.
type soaked struct{ rounds, runs, faults int }

// soak is one round.
type soak struct {
	server     *snowflaketest.Server
	dsn, table string
	opts       floesql.Options
	numbers    crashtest.Numbers
	rng        *rand.Rand // of the goroutine that makes faults
	sum        *soaked
}

// round runs the pipeline until all is loaded. A run may end by another claim, or because it was broken off, or at a fault
// that is no matter of time.
func (s *soak) round(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	breaking, over := context.WithCancel(ctx)
	var faults sync.WaitGroup
	broken := make(chan context.CancelFunc, 1) // ends the run that goes on
	faults.Go(func() { s.goWrong(breaking, t, broken) })
	for try := 0; ; try++ {
		if try == 10 {
			over() // enough of it
		}
		running, cancel := context.WithCancel(ctx)
		select {
		case <-broken:
		default:
		}
		broken <- cancel
		err := s.run(running)
		cancel()
		s.sum.runs++
		if err == nil {
			break
		}
		if ctx.Err() != nil || try == 30 {
			t.Fatalf("table %s, after %d runs: %v", s.table, try, err)
		}
	}
	over()
	faults.Wait()
}

func (s *soak) open(ctx context.Context) (sink.Sink, error) {
	o := snowflake.StreamingOptions{
		Mode: s.opts.Mode, Key: s.opts.Key, KeepCase: true, Clients: 3, FlushInterval: time.Millisecond,
		CommitTimeout: time.Second, MergeInterval: 100 * time.Millisecond,
	}
	o.Client.PollInterval = 5 * time.Millisecond
	o.Client.ChannelRequestsPerSecond = -1
	o.Client.RetryTimeout = 2 * time.Second
	return snowflake.OpenStreaming(ctx, snowflake.Config{DSN: s.dsn + "&maxRetryCount=1"}, s.table, &o)
}

func (s *soak) run(ctx context.Context) error {
	dst, err := s.open(ctx)
	if err != nil {
		return err
	}
	p, err := floe.New("soak", s.numbers.Source(), dst, &floe.Options{
		Batching: batching.Policy{Rows: int64(s.numbers.Rows)},
		Workers:  s.numbers.Partitions,
		Retry:    retry.Policy{Retries: 30, Base: 5 * time.Millisecond, Factor: 1.5, Max: 200 * time.Millisecond},
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err == nil {
		_, err = p.Run(ctx)
	}
	return errors.Join(err, dst.Close(context.WithoutCancel(ctx)))
}

// roundFaults are how many faults a round has at most: many cost their partition, or all of them, a rewind.
const roundFaults = 30

// goWrong makes faults, until ctx is done.
func (s *soak) goWrong(ctx context.Context, t *testing.T, broken chan context.CancelFunc) {
	appends, opens, status := snowflaketest.Streaming("append"), snowflaketest.Streaming("open"), snowflaketest.Streaming("status")
	type call = func(snowflaketest.Call) bool
	calls := []struct {
		match  call
		effect snowflaketest.Effect
	}{
		{appends, snowflaketest.CutBefore()},
		{appends, snowflaketest.CutAfter()},
		{appends, snowflaketest.Refuse("STALE_CONTINUATION_TOKEN_SEQUENCER")},
		{appends, snowflaketest.Refuse("ERR_CHANNEL_MUST_BE_REOPENED_DUE_TO_ROW_SEQ_GAP")},
		{appends, snowflaketest.Refuse("ReceiverSaturated")},
		{appends, snowflaketest.RateExceeded()},
		{appends, snowflaketest.RetryRequest()},
		{appends, snowflaketest.Reject()},
		{appends, snowflaketest.NeverCommit()},
		{appends, snowflaketest.LoseRows()},
		{appends, snowflaketest.Expire()},
		{opens, snowflaketest.CutAfter()},
		{opens, snowflaketest.Refuse("ERR_OPEN_CHANNEL_IN_PROGRESS")},
		{opens, snowflaketest.Refuse("STALE_PIPE_CACHE")},
		{status, snowflaketest.CutBefore()},
		{status, snowflaketest.ChannelCode("ERR_CHANNEL_MUST_BE_REOPENED")},
		{status, snowflaketest.Refuse("SfApiPipeFailedOverError")},
		{snowflaketest.Text("_FLOE_OFFSETS"), snowflaketest.CutAfter()},
		{snowflaketest.Text("MERGE INTO"), snowflaketest.CutAfter()},
		{snowflaketest.Text("MERGE INTO"), snowflaketest.Fail(625, "57014", "lock timeout")},
	}
	for range roundFaults {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(s.rng.Int64N(int64(30 * time.Millisecond)))):
		}
		s.sum.faults++
		switch k := s.rng.IntN(100); {
		case k == 0:
			if err := errors.Join(s.server.Kill(), s.server.Restart()); err != nil {
				t.Error(err)
				return
			}
		case k == 1:
			s.server.FailOver()
		case k == 2:
			s.server.ExpireStreamingTokens()
		case k == 3:
			s.server.ExpireSessions()
		case k == 4:
			s.intrude(ctx)
		case k == 5:
			select {
			case cancel := <-broken:
				cancel()
			default:
			}
		default:
			f := calls[s.rng.IntN(len(calls))]
			s.server.Inject(snowflaketest.Fault{Match: f.match, Effect: f.effect})
		}
	}
}

// intrude claims a partition as another process does. What keeps it from that is one of the faults.
func (s *soak) intrude(ctx context.Context) {
	dst, err := s.open(ctx)
	if err != nil {
		return
	}
	defer dst.Close(context.WithoutCancel(ctx))
	if w, _, err := dst.Open(ctx, "soak", fmt.Sprint(s.rng.IntN(s.numbers.Partitions))); err == nil {
		_ = w.Close(ctx)
	}
}
