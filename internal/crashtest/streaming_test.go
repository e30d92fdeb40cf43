package crashtest_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"testing"
	"time"

	"github.com/snowflakedb/gosnowflake"

	dialectsnowflake "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
	floesql "github.com/floedata/floe/sink/sql"
)

// streamed is a fake Snowflake that is loaded by Snowpipe Streaming. Its commits come a while after its replies, so that kills
// fall between the two.
var streamed = database{
	d: dialectsnowflake.Dialect{}, driver: "snowflake", variable: "FLOE_CRASHTEST_STREAMING",
	dsn: func(tb servers.TB) string {
		dsn, _ := startStreaming(tb.(testing.TB))
		return dsn
	},
	open: func(ctx context.Context, dsn, table string, opts *floesql.Options) (sink.Sink, error) {
		o := snowflake.StreamingOptions{
			Mode: opts.Mode, Key: opts.Key, KeepCase: true, CommitTimeout: 10 * time.Second,
			MergeInterval: 100 * time.Millisecond, // amid the loads, too
			InFlight:      2,                      // so that loads, and kills amid them, are spread over the job
		}
		o.Client.PollInterval = 2 * time.Millisecond
		o.Client.ChannelRequestsPerSecond = -1
		return snowflake.OpenStreaming(ctx, snowflake.Config{DSN: dsn + "&maxRetryCount=1"}, table, &o)
	},
}

// startStreaming starts a server whose user logs in by a key pair, which the connection string has.
func startStreaming(tb testing.TB) (dsn string, server *snowflaketest.Server) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	server = snowflaketest.Start(tb, &snowflaketest.Options{
		LocalStages: true, StreamingDelay: 10 * time.Millisecond, PipeDelay: 10 * time.Millisecond,
		Users: []snowflaketest.User{{Name: "U", Password: "p", PublicKey: &key.PublicKey}},
	})
	cfg := server.Config()
	cfg.Authenticator, cfg.PrivateKey = gosnowflake.AuthTypeJwt, key
	if dsn, err = gosnowflake.DSN(cfg); err != nil {
		tb.Fatal(err)
	}
	return dsn, server
}

func TestKillSnowflakeStreaming(t *testing.T)       { killSQL(t, "streamed", "append") }
func TestKillSnowflakeStreamingUpsert(t *testing.T) { killSQL(t, "streamed", "upsert") }
func TestRivalsSnowflakeStreaming(t *testing.T)     { rivals(t, "streamed") }

func TestKillSnowflakeStreamingServer(t *testing.T) {
	killServer(t, streamed, func() server {
		dsn, s := startStreaming(t)
		return fake{s, t, dsn}
	})
}
