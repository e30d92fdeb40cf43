package snowflake_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// TestDriverTriesAgain: what the driver tries again by itself, or the sink finds done, nobody is told of.
func TestDriverTriesAgain(t *testing.T) {
	load, upload := snowflaketest.Text("COPY INTO"), snowflaketest.Statement("PUT")
	for _, tc := range []struct {
		name  string
		fault snowflaketest.Fault
	}{
		{"the reply to the upload is lost", snowflaketest.Fault{Match: upload, Effect: snowflaketest.CutAfter()}},
		{"the reply to the load is lost", snowflaketest.Fault{Match: load, Effect: snowflaketest.CutAfter()}},
		{"the load is throttled", snowflaketest.Fault{Match: load, Effect: snowflaketest.Throttle(429, time.Second)}},
		{"the session expires with the upload", snowflaketest.Fault{Match: upload, Effect: snowflaketest.Expire()}},
		{"the session expires with the load", snowflaketest.Fault{Match: load, Effect: snowflaketest.Expire()}},
		{"the claim's reply is lost", snowflaketest.Fault{Match: snowflaketest.Text("claimed INTEGER"), Effect: snowflaketest.CutAfter()}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel() // the driver waits for a second or more
			server := start(t)
			s := open(t, server, "events", snowflake.Options{})
			happened := server.Inject(tc.fault)
			w, from := claim(t, s, "a")
			from = load2(t, w, from)
			load2(t, w, from)
			select {
			case <-happened:
			default:
				t.Error("nothing went wrong")
			}
			want(t, server, "SELECT ID, COUNT(*) FROM EVENTS GROUP BY ID ORDER BY ID", "1 2", "2 2")
		})
	}
}

// load2 loads the rows 1 and 2 into partition a.
func load2(t *testing.T, w sink.Writer, from string) string {
	t.Helper()
	return load(t, w, "a", from, 1, 2)
}

// TestSuspendedWarehouse: one that does not resume by itself is no matter of time. One that does, nobody is told of.
func TestSuspendedWarehouse(t *testing.T) {
	server := start(t)
	s := open(t, server, "events", snowflake.Options{})
	w, from := claim(t, s, "a")
	exec(t, server, "ALTER WAREHOUSE TEST_WH SET AUTO_RESUME = FALSE", "ALTER WAREHOUSE TEST_WH SUSPEND")
	b := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
	stage(t, w, b)
	if _, err := w.Load(t.Context(), b); err == nil || retry.IsTransient(err) || !strings.Contains(strings.ToLower(err.Error()), "warehouse") {
		t.Errorf("Load: %v", err)
	}
	exec(t, server, "ALTER WAREHOUSE TEST_WH SET AUTO_RESUME = TRUE")
	if _, err := w.Load(t.Context(), b); err != nil {
		t.Errorf("Load: %v", err)
	}
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2")
}

// TestServerIsKilled: the sessions are gone, and what was staged is there.
func TestServerIsKilled(t *testing.T) {
	server := start(t)
	s, err := snowflake.Open(t.Context(), snowflake.Config{Driver: impatient(server)}, "events", nil)
	if err != nil {
		t.Fatal(err)
	}
	w, from := claim(t, s, "a")
	b := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
	stage(t, w, b)
	loadKilled(t, server, w, b, 3)
	load(t, w, "a", b.To, 3)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2", "3")
}

// loadKilled loads b from a server that is dead, which is worth another try, and then, at so many tries more, from the one that is started again.
func loadKilled(t *testing.T, server *snowflaketest.Server, w sink.Writer, b *sink.Batch, retries int) {
	t.Helper()
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Load(t.Context(), b); !retry.IsTransient(err) {
		t.Errorf("Load from a server that is dead: %v", err)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	again := retry.Policy{Retries: retries, Base: time.Millisecond}
	err := again.Do(t.Context(), func(ctx context.Context, _ int) error {
		_, err := w.Load(ctx, b)
		return err
	}, nil)
	if err != nil {
		t.Errorf("Load by sessions that are gone: %v", err)
	}
}

// TestWaitingForALock: a load that meets another transaction's lock waits, for as long as the option says.
func TestWaitingForALock(t *testing.T) {
	server := start(t)
	s := open(t, server, "events", snowflake.Options{LockTimeout: time.Second})
	w, from := claim(t, s, "a")
	b := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
	stage(t, w, b)
	unlock := lockOffsets(t, server)
	if _, err := w.Load(t.Context(), b); !retry.IsTransient(err) {
		t.Errorf("Load: %v", err)
	}
	unlock()
	if _, err := w.Load(t.Context(), b); err != nil {
		t.Error(err)
	}
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2")
}

// lockOffsets holds the lock of the table of offsets until unlock is called.
func lockOffsets(t *testing.T, server *snowflaketest.Server) (unlock func()) {
	t.Helper()
	db := sql.OpenDB(gosnowflake.NewConnector(gosnowflake.SnowflakeDriver{}, *server.Config()))
	t.Cleanup(func() { db.Close() })
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run := func(statements ...string) {
		for _, q := range statements {
			if _, err := c.ExecContext(t.Context(), q); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
	}
	run("BEGIN TRANSACTION", "UPDATE _FLOE_OFFSETS SET mark = mark")
	return func() { run("ROLLBACK") }
}
