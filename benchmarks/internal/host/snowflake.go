package host

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// placeVariable of the environment has where the fake Snowflake is.
const placeVariable = "FLOE_BENCHMARK_SNOWFLAKE"

// place is where the fake Snowflake is: what its process tells the one that started it.
type place struct {
	Account Account
	Counts  string // the address that tells what has arrived
}

// Account is how a fake Snowflake lets in: by password, and by key pair.
type Account struct {
	DSN     string // with the password
	URL     string
	Account string
	User    string
	Key     []byte // PKCS#8 in PEM
}

// Snowflake starts a fake Snowflake in a process of its own, until stop: it counts the rows of the files that are uploaded,
// and of what is streamed, and drops the data, so that what is measured is the client. The process is this program, see
// [ServeIfAsked].
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
	text, err := json.Marshal(p)
	return stop, errors.Join(err, os.Setenv(variable, p.Account.DSN), os.Setenv(placeVariable, string(text)))
}

// started is where the fake Snowflake of this process's parent is.
func started() (p place, err error) {
	err = json.Unmarshal([]byte(os.Getenv(placeVariable)), &p)
	return p, err
}

// SnowflakeAccount is how the fake that [Snowflake] has started lets in.
func SnowflakeAccount() (Account, error) {
	p, err := started()
	return p.Account, err
}

// NewSnowflake starts a fake Snowflake in this process, for the caller to close.
func NewSnowflake(opts snowflaketest.Options) (s *snowflaketest.Server, a Account, err error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, a, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, a, err
	}
	opts.Users = []snowflaketest.User{{Name: "FLOE", Password: "floe", PublicKey: &key.PublicKey}}
	if s, err = snowflaketest.New(opts); err != nil {
		return nil, a, err
	}
	return s, Account{
		DSN: s.DSN(), URL: s.URL(), Account: snowflaketest.DefaultAccount, User: "FLOE",
		Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	}, nil
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
	s, account, err := NewSnowflake(snowflaketest.Options{CountOnly: true})
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
		up, app := s.Uploads(), s.Appended()
		_ = json.NewEncoder(w).Encode(arrived{up.Rows + app.Rows, up.Bytes + app.Bytes}) // whoever asks sees it
	}))
	if err := json.NewEncoder(os.Stdout).Encode(place{account, "http://" + l.Addr().String()}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// arrived is what a fake Snowflake has got so far, in files and by appends.
type arrived struct{ Rows, Bytes int64 }

// Counted adds to what a load says of itself what has arrived at the fake: the rows in the footers of files, those of
// appends, and their bytes.
func Counted(ctx context.Context, load func() (child.Result, error)) (child.Result, error) {
	before, err := count(ctx)
	if err != nil {
		return child.Result{}, err
	}
	r, err := load()
	if err != nil {
		return r, err
	}
	after, err := count(ctx)
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

// count asks the fake what has arrived.
func count(ctx context.Context) (a arrived, err error) {
	p, err := started()
	if err != nil {
		return a, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Counts, nil)
	if err != nil {
		return a, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	return a, json.NewDecoder(resp.Body).Decode(&a)
}
