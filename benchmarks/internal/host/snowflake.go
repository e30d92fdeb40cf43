package host

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// countVariable of the environment has the address that tells what has been uploaded.
const countVariable = "FLOE_BENCHMARK_UPLOADS"

// place is where the fake Snowflake is: what its process tells the one that started it.
type place struct{ DSN, Uploads string }

// Snowflake starts a fake Snowflake in a process of its own, until stop: it counts the rows of the files that are uploaded
// and drops the data, so that what is measured is the client. The process is this program, see [ServeIfAsked].
func Snowflake() (stop func() error, err error) {
	cmd, err := child.Command(context.Background(), serving)
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() error { return errors.Join(in.Close(), cmd.Wait()) } // it ends with its input
	var p place
	if err := json.NewDecoder(out).Decode(&p); err != nil {
		return nil, errors.Join(fmt.Errorf("the fake Snowflake did not start: %w", err), stop())
	}
	return stop, errors.Join(os.Setenv(variable, p.DSN), os.Setenv(countVariable, p.Uploads))
}

// serving is the argument of the child that is the fake.
const serving = "serve"

// ServeIfAsked is the process of [Snowflake], where the arguments of a child say so: it ends when its standard input does.
func ServeIfAsked(args []string) {
	if args[0] != serving {
		return
	}
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve() (err error) {
	s, err := snowflaketest.New(snowflaketest.Options{CountOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { //nolint:errcheck // until the end
		_ = json.NewEncoder(w).Encode(s.Uploads()) // whoever asks sees it
	}))
	if err := json.NewEncoder(os.Stdout).Encode(place{s.DSN(), "http://" + l.Addr().String()}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// Counted adds to what a load says of itself what has arrived at the fake: the rows in the footers of the files, and their
// bytes.
func Counted(ctx context.Context, load func() (child.Result, error)) (child.Result, error) {
	before, err := uploads(ctx)
	if err != nil {
		return child.Result{}, err
	}
	r, err := load()
	if err != nil {
		return r, err
	}
	after, err := uploads(ctx)
	r.Rows, r.Size = after.Rows-before.Rows, after.Bytes-before.Bytes
	return r, err
}

// Drop drops the tables of the fake, or another, that an earlier load has left.
func Drop(ctx context.Context, db *sql.DB, tables ...string) error {
	for _, t := range tables {
		if _, err := db.ExecContext(ctx, `DROP TABLE IF EXISTS "`+t+`"`); err != nil {
			return err
		}
	}
	return nil
}

// uploads returns what has been uploaded to the fake so far.
func uploads(ctx context.Context) (u snowflaketest.Uploads, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Getenv(countVariable), nil)
	if err != nil {
		return u, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return u, err
	}
	defer resp.Body.Close()
	return u, json.NewDecoder(resp.Body).Decode(&u)
}
