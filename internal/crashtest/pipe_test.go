package crashtest_test

import (
	"context"
	"testing"
	"time"

	dialectsnowflake "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	floesql "github.com/floedata/floe/sink/sql"
)

// piped is a fake Snowflake that is loaded by Snowpipe. Its pipes load a while after they are told of files, so that kills
// fall between the two.
var piped = database{
	d: dialectsnowflake.Dialect{}, driver: "snowflake", appends: true, variable: "FLOE_CRASHTEST_PIPE",
	dsn: func(tb servers.TB) string {
		dsn, _ := startStreaming(tb.(testing.TB))
		return dsn
	},
	open: func(ctx context.Context, dsn, table string, opts *floesql.Options) (sink.Sink, error) {
		o := snowflake.PipeOptions{
			Options: snowflake.Options{Mode: opts.Mode, Key: opts.Key, KeepCase: true}, Poll: 5 * time.Millisecond, Patience: time.Minute,
		}
		return snowflake.OpenPipe(ctx, snowflake.Config{DSN: dsn + "&maxRetryCount=1"}, table, &o)
	},
}

func TestKillSnowflakePipe(t *testing.T)   { killSQL(t, "piped", "append") }
func TestRivalsSnowflakePipe(t *testing.T) { rivals(t, "piped") }

func TestKillSnowflakePipeServer(t *testing.T) {
	killServer(t, piped, func() server {
		dsn, s := startStreaming(t)
		return fake{s, t, dsn}
	})
}
