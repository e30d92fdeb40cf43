package snowflake_test

import (
	"context"
	"testing"
	"time"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// quickPipe are options for a service that loads within milliseconds, and calls that are not tried again.
func quickPipe(o snowflake.PipeOptions) snowflake.PipeOptions {
	o.Poll = 3 * time.Millisecond
	o.Patience = time.Minute
	o.REST.Retry = retry.Policy{Retries: -1}
	return o
}

func openPipe(t testing.TB, server *snowflaketest.Server, table string, o snowflake.PipeOptions) *snowflake.PipeSink {
	t.Helper()
	o = quickPipe(o)
	s, err := snowflake.OpenPipe(t.Context(), snowflake.Config{Driver: byKey(server)}, table, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
	return s
}

func newPipeInstance(t *testing.T, o snowflake.PipeOptions) *instance {
	server := startStreaming(t, snowflaketest.Options{})
	i := on(server, snowflake.Options{})
	i.open = func(ctx context.Context, schema, table string) (sink.Sink, error) {
		o := quickPipe(o)
		o.KeepCase, o.Schema = true, schema
		return snowflake.OpenPipe(ctx, snowflake.Config{Driver: byKey(server)}, table, &o)
	}
	i.faults = pipeFaults(server)
	return i
}

// pipeFaults are what goes wrong with entering files, naming them, and asking for them.
func pipeFaults(s *snowflaketest.Server) map[string]sinktest.Fault {
	enter := snowflaketest.Text("INSERT INTO")
	at := func(match func(snowflaketest.Call) bool, e snowflaketest.Effect, class sinktest.Class) sinktest.Fault {
		return sinktest.Fault{Class: class, Inject: func(context.Context) (func(), error) {
			s.Inject(snowflaketest.Fault{Match: match, Effect: e})
			return nil, nil
		}}
	}
	insert, report := snowflaketest.Snowpipe("insertFiles"), snowflaketest.Snowpipe("insertReport")
	return map[string]sinktest.Fault{
		"the upload is cut off":            at(snowflaketest.Statement("PUT"), snowflaketest.CutBefore(), sinktest.Transient),
		"the files are not entered":        at(enter, snowflaketest.CutBefore(), sinktest.Transient),
		"entering waited for a lock":       at(enter, snowflaketest.Fail(625, "57014", "lock timeout"), sinktest.Transient),
		"entering is not understood":       at(enter, snowflaketest.Fail(1003, "42000", "syntax error"), sinktest.Permanent),
		"the files are not named":          at(insert, snowflaketest.CutBefore(), sinktest.Transient),
		"the reply to the names is lost":   at(insert, snowflaketest.CutAfter(), sinktest.Transient),
		"names are throttled":              at(insert, snowflaketest.Throttle(429, 0), sinktest.Transient),
		"Snowpipe is not available":        at(insert, snowflaketest.Throttle(503, 0), sinktest.Transient),
		"the report is not available":      at(report, snowflaketest.Throttle(503, 0), sinktest.Transient), // Go's own client repeats a GET that was cut off
		"the report is throttled":          at(report, snowflaketest.Throttle(429, 0), sinktest.Transient),
		"the pipe is not to be seen":       at(insert, snowflaketest.Answer(404, `{"code":"390404","message":"not authorized"}`), sinktest.Permanent),
		"the report is not understood":     at(report, snowflaketest.Answer(200, `<html>`), sinktest.Permanent),
		"the end of the debt is not heard": at(snowflaketest.Text("DELETE FROM"), snowflaketest.Throttle(503, 0), sinktest.Transient),
	}
}

func TestConformancePipe(t *testing.T) {
	newPipeInstance(t, snowflake.PipeOptions{}).check(t, pipeRules()...)
}

// pipeRules leave out what [Sink] shows as well.
func pipeRules() []string {
	if testing.Short() {
		return short
	}
	return append([]string{"context/", "concurrency/", "fencing/reset"}, short...)
}

// TestPipe: the thin way, and what is left behind: nothing on the stage, nothing owed, and a latency.
func TestPipe(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	s := openPipe(t, server, "events", snowflake.PipeOptions{})
	w, from := claim(t, s, "a")
	from = load(t, w, "a", from, 1, 2)
	from = load(t, w, "a", from, 3)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2", "3")
	want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", "0")
	if left := staged(t, server); len(left) > 0 {
		t.Errorf("files stay on the stage: %q", left)
	}
	if l := s.Latency(); l.Files != 2 || l.Median <= 0 || l.P95 < l.Median {
		t.Errorf("latency %+v", l)
	}
	w, committed := claim(t, openPipe(t, server, "events", snowflake.PipeOptions{}), "a")
	if committed != from {
		t.Errorf("another claim goes on from %q, want %q", committed, from)
	}
	load(t, w, "a", committed, 4)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2", "3", "4")
}
