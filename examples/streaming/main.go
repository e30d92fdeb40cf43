// Streaming takes events by HTTP and streams them into Snowflake: who posts one is answered 202 only once it is committed, so
// that no event that was answered for is lost, whatever is killed and whenever.
//
//	go run ./examples/streaming
//	curl -i localhost:8080/events -d '{"id": "1", "text": "hello"}'
//
// needs no account: it streams into a fake Snowflake, which runs in the program itself. With SNOWFLAKE_DSN, such as
//
//	SNOWFLAKE_DSN='user@account/database/schema?warehouse=wh&authenticator=SNOWFLAKE_JWT&privateKey=…' go run ./examples/streaming
//
// it streams into that account: a table FLOE_EVENTS, and one of offsets beside it, both of which it makes. An interrupt stops
// it once all that was posted is answered.
package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

const table = "floe_events"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	addr := os.Getenv("ADDR")
	if addr == "" {
		addr = "localhost:8080"
	}
	if err := run(ctx, os.Stdout, os.Getenv("SNOWFLAKE_DSN"), addr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves at addr until ctx is done, into the account or a fake one.
func run(ctx context.Context, out io.Writer, dsn, addr string) (err error) {
	if dsn == "" {
		fake, text, err := fakeAccount()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, fake.Close()) }()
		dsn = text
		fmt.Fprintln(out, "a fake Snowflake; set SNOWFLAKE_DSN to stream into an account")
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "post events to http://%s/events\n", listener.Addr())
	res, err := serve(ctx, listener, dsn)
	fmt.Fprintln(out, res)
	return err
}

// serve is the pipeline, and the server in front of it.
func serve(ctx context.Context, listener net.Listener, dsn string) (res floe.Result, err error) {
	ending := context.WithoutCancel(ctx)
	dst, err := snowflake.OpenStreaming(ctx, snowflake.Config{DSN: dsn}, table, nil)
	if err != nil {
		return res, errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, dst.Close(ending)) }()
	events := newInbox("inbox")
	p, err := floe.New("events", events, dst, &floe.Options{
		Batching: batching.Policy{Delay: 50 * time.Millisecond}, // whoever posts waits for it
	})
	if err != nil {
		return res, errors.Join(err, listener.Close())
	}

	mux := http.NewServeMux()
	mux.Handle("POST /events", events)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	running := make(chan error, 1)
	go func() { running <- server.Serve(listener) }()
	drained := make(chan error, 1)
	loading, failed := context.WithCancel(ctx)
	go func() {
		<-loading.Done()
		// First whoever has posted is answered, then what was posted is known to be loaded.
		err := server.Shutdown(ending)
		if errors.Is(<-running, http.ErrServerClosed) {
			err = errors.Join(err, p.Drain(ending))
		}
		drained <- err
	}()
	res, err = p.Run(ending)
	events.close(err)
	failed()
	return res, errors.Join(err, <-drained)
}

// fakeAccount starts a fake Snowflake, and returns what its user connects with.
func fakeAccount() (*snowflaketest.Server, string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, "", err
	}
	fake, err := snowflaketest.New(snowflaketest.Options{
		Users: []snowflaketest.User{{Name: "ME", Password: "me", PublicKey: &key.PublicKey}},
	})
	if err != nil {
		return nil, "", err
	}
	cfg := fake.Config()
	cfg.Authenticator, cfg.PrivateKey = gosnowflake.AuthTypeJwt, key
	dsn, err := gosnowflake.DSN(cfg)
	if err != nil {
		return nil, "", errors.Join(err, fake.Close())
	}
	return fake, dsn, nil
}
