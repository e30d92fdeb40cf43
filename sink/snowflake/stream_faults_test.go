package snowflake_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// byHand: the service commits what it is told to.
const byHand = -1

const allEvents = "SELECT ID, COUNT(*) FROM EVENTS GROUP BY ID ORDER BY ID"

func openStreaming(t testing.TB, server *snowflaketest.Server, table string, o snowflake.StreamingOptions) *snowflake.StreamingSink {
	t.Helper()
	o = quick(o)
	s, err := snowflake.OpenStreaming(t.Context(), snowflake.Config{Driver: byKey(server)}, table, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
	return s
}

// rawClient is one beside the sink's.
func rawClient(t testing.TB, server *snowflaketest.Server, pipe string) *streaming.Client {
	t.Helper()
	cfg := byKey(server)
	c, err := streaming.NewClient(t.Context(), "raw", cfg.Database, cfg.Schema, pipe, &streaming.ClientOptions{
		Profile: streaming.Profile{URL: server.URL(), Account: cfg.Account, User: cfg.User, Key: testkey.Private()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.WithoutCancel(t.Context()), nil) })
	return c
}

// channelOf is the channel of the only partition of a table.
func channelOf(t testing.TB, server *snowflaketest.Server) string {
	t.Helper()
	for _, call := range server.Calls() {
		if call.Streaming == "open" {
			return call.Channel
		}
	}
	t.Fatal("no channel was opened")
	return ""
}

// commit has the service commit what it has accepted, once it has accepted rows beyond those before.
func commit(t testing.TB, server *snowflaketest.Server, rows int64) {
	t.Helper()
	for server.Appended().Rows < rows {
		time.Sleep(time.Millisecond)
	}
	if err := server.CommitStreaming(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestStreamingNobodyIsTold: what the client tries again, because the channel is as it was, the sink does not see.
func TestStreamingNobodyIsTold(t *testing.T) {
	appends, status := snowflaketest.Streaming("append"), snowflaketest.Streaming("status")
	for _, tc := range []struct {
		name  string
		match func(snowflaketest.Call) bool
		with  snowflaketest.Effect
		times int
	}{
		{"a storm of 429", snowflaketest.Streaming("append", "status", "open"), snowflaketest.RateExceeded(), 6},
		{"the receiver is saturated", appends, snowflaketest.Refuse("ReceiverSaturated"), 2},
		{"the status is cut off", status, snowflaketest.CutBefore(), 1},
		{"the token has expired", appends, snowflaketest.Expire(), 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel() // the client waits
			server := startStreaming(t, snowflaketest.Options{})
			s := openStreaming(t, server, "events", snowflake.StreamingOptions{})
			w, from := claim(t, s, "a")
			from = load(t, w, "a", from, 1, 2)
			var happened <-chan struct{}
			for range tc.times {
				happened = server.Inject(snowflaketest.Fault{Match: tc.match, Effect: tc.with})
			}
			from = load(t, w, "a", from, 3)
			load(t, w, "a", from, 4)
			select {
			case <-happened:
			default:
				t.Error("nothing went wrong")
			}
			want(t, server, allEvents, "1 1", "2 1", "3 1", "4 1")
		})
	}
}

// TestStreamingTokensExpire: a client that is there for long goes on with new tokens.
func TestStreamingTokensExpire(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	s := openStreaming(t, server, "events", snowflake.StreamingOptions{})
	w, from := claim(t, s, "a")
	from = load(t, w, "a", from, 1)
	server.ExpireStreamingTokens()
	load(t, w, "a", from, 2)
	want(t, server, allEvents, "1 1", "2 1")
}

// rewound rewinds, and loads what is left of ids, of which row n is the n-th of its partition.
func rewound(t *testing.T, w sink.Writer, ids ...int64) string {
	t.Helper()
	var committed string
	again := retry.Policy{Retries: 5, Base: time.Millisecond}
	err := again.Do(t.Context(), func(ctx context.Context, _ int) (err error) {
		committed, err = w.(sink.Rewinder).Rewind(ctx)
		return err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := offset.Ordinal(committed)
	if err != nil {
		t.Fatal(err)
	}
	if rest := ids[n:]; len(rest) > 0 {
		committed = load(t, w, "a", committed, rest...)
	}
	return committed
}

// TestStreamingFailsOver: all clients that there are are of no more use, in whatever partition that is seen first.
func TestStreamingFailsOver(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	s := openStreaming(t, server, "events", snowflake.StreamingOptions{})
	a, from := claim(t, s, "a")
	load(t, a, "a", from, 1)
	b, fromB := claim(t, s, "b")
	server.FailOver()
	late := batch(t, "b", fromB, rowsOf(t, []int64{10}))
	err := b.(sink.Stager).Stage(t.Context(), late)
	if err == nil {
		_, err = b.Load(t.Context(), late)
	}
	if !errors.Is(err, sink.ErrRewind) {
		t.Fatalf("after a failover: %v", err)
	}
	rewound(t, a, 1, 2)
	if _, err := b.(sink.Rewinder).Rewind(t.Context()); err != nil {
		t.Fatal(err)
	}
	load(t, b, "b", "", 10)
	want(t, server, allEvents, "1 1", "2 1", "10 1")
}

// TestStreamingTakenOver: another process claims while rows are on their way.
func TestStreamingTakenOver(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{StreamingDelay: byHand})
	older, newer := openStreaming(t, server, "events", snowflake.StreamingOptions{}), openStreaming(t, server, "events", snowflake.StreamingOptions{})
	w, from := claim(t, older, "a")
	first := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
	stage(t, w, first)
	commit(t, server, 2)
	if _, err := w.Load(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	second := batch(t, "a", first.To, rowsOf(t, []int64{3}))
	stage(t, w, second)
	for server.Appended().Rows < 3 {
		time.Sleep(time.Millisecond)
	}
	v, committed := claim(t, newer, "a")
	if committed != first.To {
		t.Errorf("the newer claim goes on from %q, want %q", committed, first.To)
	}
	if _, err := w.Load(t.Context(), second); !errors.Is(err, sink.ErrFenced) {
		t.Errorf("Load of the older claim, whose rows were discarded: %v", err)
	}
	if _, err := w.(sink.Rewinder).Rewind(t.Context()); !errors.Is(err, sink.ErrFenced) {
		t.Errorf("Rewind of the older claim: %v", err)
	}
	again := batch(t, "a", committed, rowsOf(t, []int64{3, 4}))
	stage(t, v, again)
	commit(t, server, 5)
	if _, err := v.Load(t.Context(), again); err != nil {
		t.Error(err)
	}
	want(t, server, allEvents, "1 1", "2 1", "3 1", "4 1")
}

// TestStreamingLateClaim: a claim that has lost, but opened the channel after the one that has won, discards what is on its way.
// The winner finds out by waiting.
func TestStreamingLateClaim(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{StreamingDelay: byHand})
	o := quick(snowflake.StreamingOptions{})
	o.CommitTimeout = 2 * time.Second
	s, err := snowflake.OpenStreaming(t.Context(), snowflake.Config{Driver: byKey(server)}, "events", &o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.WithoutCancel(t.Context()))
	w, from := claim(t, s, "a")
	b := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
	stage(t, w, b)
	for server.Appended().Rows < 2 {
		time.Sleep(time.Millisecond)
	}
	if _, _, err := rawClient(t, server, "EVENTS-STREAMING").OpenChannel(t.Context(), channelOf(t, server), ""); err != nil {
		t.Fatal(err)
	}
	if err := server.CommitStreaming(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Load(t.Context(), b); !errors.Is(err, sink.ErrRewind) || retry.IsTransient(err) {
		t.Fatalf("Load of rows that were discarded: %v", err)
	}
	committed, err := w.(sink.Rewinder).Rewind(t.Context())
	if err != nil || committed != "" {
		t.Fatalf("Rewind = %q, %v", committed, err)
	}
	again := batch(t, "a", committed, rowsOf(t, []int64{1, 2}))
	stage(t, w, again)
	commit(t, server, 4)
	if _, err := w.Load(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	want(t, server, allEvents, "1 1", "2 1")
}

// TestStreamingAbandoned: what was accepted of a process that ended lands if nobody opens its channel, and is counted then; else
// it is discarded, and comes again.
func TestStreamingAbandoned(t *testing.T) {
	for _, tc := range []struct {
		name  string
		lands bool
		from  int64
	}{{"landed", true, 2}, {"discarded", false, 0}} {
		t.Run(tc.name, func(t *testing.T) {
			server := startStreaming(t, snowflaketest.Options{StreamingDelay: byHand})
			w, from := claim(t, openStreaming(t, server, "events", snowflake.StreamingOptions{}), "a")
			stage(t, w, batch(t, "a", from, rowsOf(t, []int64{1, 2})))
			for server.Appended().Rows < 2 {
				time.Sleep(time.Millisecond)
			}
			if tc.lands {
				commit(t, server, 2)
			}
			v, committed := claim(t, openStreaming(t, server, "events", snowflake.StreamingOptions{}), "a")
			if n, err := offset.Ordinal(committed); err != nil || n != tc.from {
				t.Fatalf("the next claim goes on from %q, want row %d", committed, tc.from)
			}
			b := batch(t, "a", committed, rowsOf(t, []int64{1, 2, 3}[tc.from:]))
			stage(t, v, b)
			commit(t, server, 5-tc.from)
			if _, err := v.Load(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			want(t, server, allEvents, "1 1", "2 1", "3 1")
		})
	}
}

// TestStreamingVanished: a channel that is gone is not taken for a new one.
func TestStreamingVanished(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	w, from := claim(t, openStreaming(t, server, "events", snowflake.StreamingOptions{}), "a")
	load(t, w, "a", from, 1, 2)
	drop := func() {
		t.Helper()
		if err := rawClient(t, server, "EVENTS-STREAMING").DropChannel(t.Context(), channelOf(t, server), nil); err != nil {
			t.Fatal(err)
		}
	}
	drop()
	s := openStreaming(t, server, "events", snowflake.StreamingOptions{})
	for range 2 {
		_, _, err := s.Open(t.Context(), "p", "a")
		if err == nil || retry.IsTransient(err) || !strings.Contains(err.Error(), "StartOver") || !strings.Contains(err.Error(), "channel is gone") {
			t.Fatalf("Open: %v", err)
		}
	}
	if err := s.Reset(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	w, from = claim(t, s, "a")
	if from != "" {
		t.Errorf("after Reset it goes on from %q", from)
	}
	load(t, w, "a", from, 1)
	drop()
	over := openStreaming(t, server, "events", snowflake.StreamingOptions{StartOver: true})
	if w, from = claim(t, over, "a"); from != "" {
		t.Errorf("with StartOver it goes on from %q", from)
	}
	to := load(t, w, "a", from, 1, 2)
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Closed in good order, it goes on from where it was noted to be.
	drop()
	w, from = claim(t, s, "a")
	if from != to {
		t.Errorf("it goes on from %q, want %q", from, to)
	}
	load(t, w, "a", from, 3)
	want(t, server, allEvents, "1 3", "2 2", "3 1")
}

// TestStreamingAfterFiles: what a sink by files has loaded is not loaded again.
func TestStreamingAfterFiles(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	byFiles := open(t, server, "events", snowflake.Options{})
	w, from := claim(t, byFiles, "a")
	to := load(t, w, "a", from, 1, 2)
	s := openStreaming(t, server, "events", snowflake.StreamingOptions{})
	v, from := claim(t, s, "a")
	if from != to {
		t.Fatalf("it goes on from %q, want %q", from, to)
	}
	to = load(t, v, "a", from, 3)
	if got, err := s.Committed(t.Context(), "p"); err != nil || got["a"] != to {
		t.Errorf("Committed = %q, %v; want %q", got, err, to)
	}
	if err := v.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	v, from = claim(t, s, "a")
	load(t, v, "a", from, 4)
	want(t, server, allEvents, "1 1", "2 1", "3 1", "4 1")
}

// TestStreamingTableMadeAnew: the offsets count rows of a table that is gone.
func TestStreamingTableMadeAnew(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	w, from := claim(t, openStreaming(t, server, "events", snowflake.StreamingOptions{}), "a")
	load(t, w, "a", from, 1, 2)
	exec(t, server, "DROP TABLE EVENTS")
	v, from := claim(t, openStreaming(t, server, "events", snowflake.StreamingOptions{}), "a")
	if from != "" {
		t.Errorf("it goes on from %q", from)
	}
	load(t, v, "a", from, 1)
	want(t, server, allEvents, "1 1")
}

// TestStreamingRefused: rows that the service drops are not passed over, by whoever comes next either.
func TestStreamingRefused(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	s := openStreaming(t, server, "events", snowflake.StreamingOptions{})
	w, from := claim(t, s, "a")
	from = load(t, w, "a", from, 1)
	exec(t, server, "UPDATE EVENTS SET NAME = 'x'", "ALTER TABLE EVENTS ALTER COLUMN NAME SET NOT NULL") // behind the sink's back
	b := batch(t, "a", from, rowsOf(t, []int64{2, 3, 4}, "two"))
	stage(t, w, b)
	_, err := w.Load(t.Context(), b)
	var refused *snowflake.RefusedError
	if !errors.As(err, &refused) || retry.IsTransient(err) || refused.Rows != 2 || refused.Partition != "a" || refused.Message == "" {
		t.Fatalf("Load: %v", err)
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Open(t.Context(), "p", "a"); !errors.As(err, &refused) || refused.Rows != 2 || refused.Logged != nil {
		t.Fatalf("Open: %v, with rows %v", err, refused.Logged)
	}
	accepting := openStreaming(t, server, "events", snowflake.StreamingOptions{AcceptCounts: true})
	v, committed := claim(t, accepting, "a")
	if committed != b.To {
		t.Errorf("it goes on from %q, want %q", committed, b.To)
	}
	if err := v.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	exec(t, server, "ALTER TABLE EVENTS ALTER COLUMN NAME DROP NOT NULL")
	v, committed = claim(t, s, "a") // they are accounted for
	more := batch(t, "a", committed, rowsOf(t, []int64{5}, "five"))
	stage(t, v, more)
	if _, err := v.Load(t.Context(), more); err != nil {
		t.Error(err)
	}
	want(t, server, allEvents, "1 1", "2 1", "5 1")
	exec(t, server, "ALTER TABLE EVENTS ALTER COLUMN NAME SET NOT NULL")
	more = batch(t, "a", more.To, rowsOf(t, []int64{6, 7}))
	stage(t, v, more)
	for _, load := range []func() error{
		func() error { _, err := v.Load(t.Context(), more); return err },
		func() error { _, _, err := s.Open(t.Context(), "p", "a"); return err },
	} {
		if err := load(); !errors.As(err, &refused) || refused.Rows != 2 {
			t.Errorf("with two rows accounted for: %v", err)
		}
	}
}

// TestStreamingRefusedRows: the rows that the service dropped come with the error where the error table has them.
func TestStreamingRefusedRows(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	w, from := claim(t, openStreaming(t, server, "events", snowflake.StreamingOptions{}), "a")
	exec(t, server, "ALTER TABLE EVENTS SET ERROR_LOGGING = TRUE", "ALTER TABLE EVENTS ALTER COLUMN NAME SET NOT NULL")
	b := batch(t, "a", from, rowsOf(t, []int64{2, 3, 4}, "two"))
	stage(t, w, b)
	_, err := w.Load(t.Context(), b)
	var refused *snowflake.RefusedError
	if !errors.As(err, &refused) || len(refused.Logged) != 2 {
		t.Fatalf("Load: %v, with rows %v", err, refused)
	}
	for _, row := range refused.Logged {
		if row.Code != "100072" || row.Message != refused.Message || row.Token != refused.Token || row.Truncated {
			t.Errorf("row %+v of %+v", row, refused)
		}
	}
	data := []string{refused.Logged[0].Data, refused.Logged[1].Data}
	slices.Sort(data)
	if diff := cmp.Diff([]string{`{"ID":3}`, `{"ID":4}`}, data); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestStreamingLosesRows: a service that commits nothing of what it takes does not look as if it did.
func TestStreamingLosesRows(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	o := quick(snowflake.StreamingOptions{})
	o.CommitTimeout = 2 * time.Second
	s, err := snowflake.OpenStreaming(t.Context(), snowflake.Config{Driver: byKey(server)}, "events", &o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.WithoutCancel(t.Context()))
	w, from := claim(t, s, "a")
	for _, effect := range []snowflaketest.Effect{snowflaketest.LoseRows(), snowflaketest.NeverCommit()} {
		server.Inject(snowflaketest.Fault{Match: snowflaketest.Streaming("append"), Effect: effect})
		b := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
		stage(t, w, b)
		if _, err := w.Load(t.Context(), b); !errors.Is(err, sink.ErrRewind) {
			t.Fatalf("Load: %v", err)
		}
		if committed, err := w.(sink.Rewinder).Rewind(t.Context()); err != nil || committed != from {
			t.Fatalf("Rewind = %q, %v", committed, err)
		}
	}
	load(t, w, "a", from, 1, 2)
	want(t, server, allEvents, "1 1", "2 1")
}

// TestStreamingMergesLater: a load does not wait for the merge, which comes with Finish, Close, and the next claim.
func TestStreamingMergesLater(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	o := snowflake.StreamingOptions{Mode: sink.Upsert, Key: []string{"id"}, MergeInterval: time.Hour}
	s := openStreaming(t, server, "events", o)
	w, from := claim(t, s, "a")
	from = load(t, w, "a", from, 1, 2) // the first load has no merge before it
	want(t, server, allEvents, "1 1", "2 1")
	from = load(t, w, "a", from, 2, 3)
	want(t, server, allEvents, "1 1", "2 1")
	if err := s.Finish(t.Context(), "p", []string{"a"}); err != nil {
		t.Fatal(err)
	}
	want(t, server, allEvents, "1 1", "2 1", "3 1")
	load(t, w, "a", from, 4)
	want(t, server, allEvents, "1 1", "2 1", "3 1")
	other := openStreaming(t, server, "events", o)
	w, from = claim(t, other, "a")
	want(t, server, allEvents, "1 1", "2 1", "3 1", "4 1")
	from = load(t, w, "a", from, 5)
	load(t, w, "a", from, 6)
	if err := other.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, server, allEvents, "1 1", "2 1", "3 1", "4 1", "5 1", "6 1")
	want(t, server, `SELECT COUNT(*) FROM "_FLOE_LANDING_EVENTS"`, "0")
}

// TestStreamingMergesByItself: when the interval has passed, without a load.
func TestStreamingMergesByItself(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	s := openStreaming(t, server, "events", snowflake.StreamingOptions{Mode: sink.Upsert, Key: []string{"id"}, MergeInterval: 200 * time.Millisecond})
	w, from := claim(t, s, "a")
	from = load(t, w, "a", from, 1)
	load(t, w, "a", from, 2)
	for deadline := time.Now().Add(time.Minute); len(texts(t, server, allEvents)) < 2; {
		if time.Now().After(deadline) {
			t.Fatal("what has landed was not merged")
		}
		time.Sleep(10 * time.Millisecond)
	}
	want(t, server, allEvents, "1 1", "2 1")
}

// TestStreamingClaimsAtOnce: Snowflake lets 20 statements wait for a lock.
func TestStreamingClaimsAtOnce(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	s := openStreaming(t, server, "events", snowflake.StreamingOptions{Clients: 2})
	w, from := claim(t, s, "first")
	load(t, w, "first", from, 1)
	var claims sync.WaitGroup
	for n := range 50 {
		claims.Go(func() {
			w, _, err := s.Open(t.Context(), "p", fmt.Sprint(n))
			if err != nil {
				t.Error(err)
				return
			}
			if err := w.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	claims.Wait()
}

func TestStreamingOptions(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	keyed := snowflake.Config{Driver: byKey(server)}
	for _, tc := range []struct {
		name   string
		cfg    snowflake.Config
		o      snowflake.StreamingOptions
		fields []string
	}{
		{"replace", keyed, snowflake.StreamingOptions{Mode: sink.Replace}, []string{"StreamingOptions.Mode"}},
		{"a password", snowflake.Config{Driver: server.Config()}, snowflake.StreamingOptions{}, []string{"Config"}},
		{
			"all at once", keyed,
			snowflake.StreamingOptions{Mode: sink.Upsert, Pipe: "a\x00", MergeInterval: -1, FlushInterval: -1, CommitTimeout: 48 * time.Hour, Clients: -1, InFlight: -1},
			[]string{
				"Options.Key", "StreamingOptions.Pipe", "StreamingOptions.MergeInterval", "StreamingOptions.FlushInterval",
				"StreamingOptions.CommitTimeout", "StreamingOptions.Clients", "StreamingOptions.InFlight",
			},
		},
		{"another's key", keyed, snowflake.StreamingOptions{Profile: &streaming.Profile{URL: server.URL(), Account: "X", User: "NOBODY", Key: testkey.Private()}}, []string{"StreamingOptions"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := snowflake.OpenStreaming(t.Context(), tc.cfg, "events", &tc.o)
			if err == nil {
				s.Close(t.Context())
			}
			var bad *config.Error
			if !errors.As(err, &bad) {
				t.Fatalf("OpenStreaming: %v", err)
			}
			var fields []string
			for _, f := range bad.Faults {
				fields = append(fields, f.Field)
			}
			if strings.Join(fields, " ") != strings.Join(tc.fields, " ") {
				t.Errorf("the faults are of %q, want %q", fields, tc.fields)
			}
		})
	}
}
