package snowflake_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	"github.com/floedata/floe/sink/snowflake"
)

// TestAccount runs the suite on an account: SNOWFLAKE_DSN names it, with a database in which schemas may be made, and a
// warehouse. Streaming and pipes take a DSN that logs in by key pair.
func TestAccount(t *testing.T) {
	dsn := os.Getenv("SNOWFLAKE_DSN")
	if dsn == "" {
		t.Skip("SNOWFLAKE_DSN names no account")
	}
	cfg, err := gosnowflake.ParseDSN(dsn)
	if err != nil {
		t.Fatal("SNOWFLAKE_DSN is no connection string") // the error may quote it
	}
	account := func(mode sink.Mode) *instance {
		i := &instance{prefix: fmt.Sprintf("FLOE_TEST_%X_", rand.Uint64()), mode: mode, config: func() *gosnowflake.Config {
			c := *cfg
			return &c
		}}
		i.exec = func(ctx context.Context, query string) error {
			return look(i.config(), func(db *sql.DB) error {
				_, err := db.ExecContext(ctx, query)
				return err
			})
		}
		return i
	}
	key := []string{"id"}
	for name, o := range map[string]snowflake.Options{"append": {}, "upsert": {Mode: sink.Upsert, Key: key}, "replace": {Mode: sink.Replace}} {
		t.Run(name, func(t *testing.T) {
			i := account(o.Mode)
			i.options = o
			i.options.KeepCase = true
			sinktest.Run(t, i.harness)
		})
	}
	byKey := func(t *testing.T) {
		if cfg.PrivateKey == nil {
			t.Skip("SNOWFLAKE_DSN logs in without a key pair")
		}
	}
	for name, o := range map[string]snowflake.StreamingOptions{"streaming": {}, "streaming upsert": {Mode: sink.Upsert, Key: key}} {
		t.Run(name, func(t *testing.T) {
			byKey(t)
			i := account(o.Mode)
			i.oneCase = true
			i.open = func(ctx context.Context, schema, table string) (sink.Sink, error) {
				o := o
				o.Schema, o.KeepCase, o.MergeInterval = schema, true, 1
				return snowflake.OpenStreaming(ctx, snowflake.Config{Driver: i.config()}, table, &o)
			}
			i.check(t, streamRules()...)
		})
	}
	t.Run("pipe", func(t *testing.T) {
		byKey(t)
		i := account(sink.Append)
		i.open = func(ctx context.Context, schema, table string) (sink.Sink, error) {
			o := snowflake.PipeOptions{}
			o.Schema, o.KeepCase = schema, true
			return snowflake.OpenPipe(ctx, snowflake.Config{Driver: i.config()}, table, &o)
		}
		i.check(t, pipeRules()...)
	})
}
