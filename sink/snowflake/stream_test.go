package snowflake_test

import (
	"context"
	"testing"
	"time"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// startStreaming starts a fake account whose user logs in by key pair.
func startStreaming(t testing.TB, o snowflaketest.Options) *snowflaketest.Server {
	o.LocalStages = true
	o.Users = []snowflaketest.User{{Name: "U", Password: "p", PublicKey: &testkey.Private().PublicKey}}
	return snowflaketest.Start(t, &o)
}

// byKey is the server's configuration, with the key pair, and a driver that tries nothing again by itself.
func byKey(s *snowflaketest.Server) *gosnowflake.Config {
	cfg := impatient(s)
	cfg.Authenticator, cfg.PrivateKey = gosnowflake.AuthTypeJwt, testkey.Private()
	return cfg
}

// quick are options for a service that commits within milliseconds.
func quick(o snowflake.StreamingOptions) snowflake.StreamingOptions {
	o.CommitTimeout = 30 * time.Second // on a machine that is busy, too
	o.Client.PollInterval = 2 * time.Millisecond
	o.Client.RetryTimeout = 10 * time.Second
	o.Client.ChannelRequestsPerSecond = -1
	return o
}

func newStreamInstance(t *testing.T, o snowflake.StreamingOptions) *instance {
	server := startStreaming(t, snowflaketest.Options{})
	o = quick(o)
	o.KeepCase = true
	o.MergeInterval = 1 // at every load
	i := &instance{config: func() *gosnowflake.Config { return byKey(server) }, exec: server.Exec, faults: streamFaults(server), mode: o.Mode, oneCase: o.Pipe == "", prefix: "S"}
	i.open = func(ctx context.Context, schema, table string) (sink.Sink, error) {
		o := o
		o.Schema = schema
		return snowflake.OpenStreaming(ctx, snowflake.Config{Driver: byKey(server)}, table, &o)
	}
	return i
}

// streamFaults are what goes wrong with appends.
func streamFaults(s *snowflaketest.Server) map[string]sinktest.Fault {
	at := func(match func(snowflaketest.Call) bool, e snowflaketest.Effect, class sinktest.Class) sinktest.Fault {
		return sinktest.Fault{Class: class, Inject: func(context.Context) (func(), error) {
			s.Inject(snowflaketest.Fault{Match: match, Effect: e})
			return nil, nil
		}}
	}
	appends := snowflaketest.Streaming("append")
	return map[string]sinktest.Fault{
		"the append is cut off":            at(appends, snowflaketest.CutBefore(), sinktest.Rewind),
		"the reply to the append is lost":  at(appends, snowflaketest.CutAfter(), sinktest.Rewind),
		"the channel was opened elsewhere": at(appends, snowflaketest.Refuse("STALE_CONTINUATION_TOKEN_SEQUENCER"), sinktest.Rewind),
		"the channel must be reopened":     at(appends, snowflaketest.Refuse("ERR_CHANNEL_MUST_BE_REOPENED"), sinktest.Rewind),
		"the channel is gone":              at(appends, snowflaketest.Refuse("ERR_CHANNEL_DOES_NOT_EXIST_OR_IS_NOT_AUTHORIZED"), sinktest.Rewind),
		"the pipe was made anew":           at(appends, snowflaketest.Refuse("STALE_PIPE_CACHE"), sinktest.Rewind),
		"the rows are not taken":           at(appends, snowflaketest.Reject(), sinktest.Rewind),
		"the service is overwhelmed":       at(appends, snowflaketest.RetryRequest(), sinktest.Rewind),
		"the service has failed over":      at(appends, snowflaketest.Refuse("SfApiPipeFailedOverError"), sinktest.Rewind),
		"the pipe is in an invalid state":  at(appends, snowflaketest.Refuse("ERR_PIPE_IN_INVALID_STATE"), sinktest.Permanent),
		"the pipe is gone":                 at(appends, snowflaketest.Refuse("ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED"), sinktest.Permanent),
	}
}

func TestConformanceStreaming(t *testing.T) {
	newStreamInstance(t, snowflake.StreamingOptions{}).check(t, streamRules()...)
}

func TestConformanceStreamingUpsert(t *testing.T) {
	newStreamInstance(t, snowflake.StreamingOptions{Mode: sink.Upsert, Key: []string{"id"}}).check(t, short...)
}

// streamRules leave out what takes long and shows nothing that is the mode's own: internal/crashtest lets processes claim
// and load at once.
func streamRules() []string {
	if testing.Short() {
		return short
	}
	return append([]string{
		"life/", "ownership/", "context/", "types/", "concurrency/", "schema/", "fencing/reset", "shape/column", "shape/partition-names",
	}, short...)
}

func TestConformanceStreamingRejects(t *testing.T) {
	i := newStreamInstance(t, snowflake.StreamingOptions{})
	err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) { return i.refusing(t.Context()) }, "rejects/", "gate/")
	if err != nil {
		t.Error(err)
	}
}

func TestConformanceStreamingEvolving(t *testing.T) {
	i := newStreamInstance(t, snowflake.StreamingOptions{Mode: sink.Upsert, Key: []string{"id"}, Evolve: sink.Widen})
	err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) {
		h, err := i.on(t.Context(), "t")
		h.AddColumns, h.Widen = true, true
		return h, err
	}, "schema/")
	if err != nil {
		t.Error(err)
	}
}

func TestConformanceStreamingPipe(t *testing.T) {
	newStreamInstance(t, snowflake.StreamingOptions{Pipe: `a "pipe"`, Clients: 2}).check(t, "types/round-trip", "shape/column-names", "exactly-once/", "concurrency/partitions")
}
