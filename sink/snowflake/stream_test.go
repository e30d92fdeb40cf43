package snowflake_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"sync"
	"testing"
	"time"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// keyPair is the one by which tests log in: to make one takes a while.
var keyPair = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// startStreaming starts a fake account whose user logs in by key pair.
func startStreaming(t testing.TB, o snowflaketest.Options) *snowflaketest.Server {
	o.LocalStages = true
	o.Users = []snowflaketest.User{{Name: "U", Password: "p", PublicKey: &keyPair().PublicKey}}
	return snowflaketest.Start(t, &o)
}

// byKey is the server's configuration, with the key pair, and a driver that tries nothing again by itself.
func byKey(s *snowflaketest.Server) *gosnowflake.Config {
	cfg := impatient(s)
	cfg.Authenticator, cfg.PrivateKey = gosnowflake.AuthTypeJwt, keyPair()
	return cfg
}

// quick are options for a service that commits within milliseconds.
func quick(o snowflake.StreamingOptions) snowflake.StreamingOptions {
	o.CommitTimeout = 5 * time.Second
	o.Client.PollInterval = 2 * time.Millisecond
	o.Client.RetryTimeout = 10 * time.Second
	o.Client.ChannelRequestsPerSecond = -1
	return o
}

func newStreamInstance(t *testing.T, o snowflake.StreamingOptions) *instance {
	server := startStreaming(t, snowflaketest.Options{})
	o = quick(o)
	o.KeepCase = true
	o.MergeInterval = 1 // every load
	i := &instance{config: func() *gosnowflake.Config { return byKey(server) }, exec: server.Exec, mode: o.Mode, prefix: "S"}
	i.open = func(ctx context.Context, schema, table string) (sink.Sink, error) {
		o := o
		o.Schema = schema
		return snowflake.OpenStreaming(ctx, snowflake.Config{Driver: byKey(server)}, table, &o)
	}
	return i
}

func TestConformanceStreaming(t *testing.T) {
	i := newStreamInstance(t, snowflake.StreamingOptions{})
	sinktest.Run(t, i.harness)
}
