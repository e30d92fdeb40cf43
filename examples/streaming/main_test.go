package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// childVar makes the test binary the program itself, so that a test can kill it.
const childVar = "FLOE_STREAMING_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVar) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Without an account it brings its own.
func TestFake(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out := &output{lines: make(chan string, 10)}
	done := make(chan error, 1)
	go func() { done <- run(ctx, out, "", "127.0.0.1:0") }()
	<-out.lines // that it is a fake
	url := address(t, <-out.lines)
	for _, tc := range []struct {
		body string
		want int
	}{
		{`{"id": "1", "text": "hello"}`, http.StatusAccepted},
		{`{"id": "2"}`, http.StatusAccepted},
		{`{"text": "no id"}`, http.StatusBadRequest},
		{`hello`, http.StatusBadRequest},
	} {
		status, err := post(t.Context(), url, tc.body)
		if err != nil || status != tc.want {
			t.Errorf("%s: status %d, %v; want %d", tc.body, status, err, tc.want)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if line := <-out.lines; !strings.HasPrefix(line, "read=2 written=2 rejected=0") {
		t.Errorf("it ended with %q", line)
	}
}

// output hands out what is written, line by line.
type output struct{ lines chan string }

func (o *output) Write(p []byte) (int, error) {
	o.lines <- strings.TrimSuffix(string(p), "\n")
	return len(p), nil
}

func address(t *testing.T, line string) string {
	t.Helper()
	url, found := strings.CutPrefix(line, "post events to ")
	if !found {
		t.Fatalf("it said %q, and not where to post", line)
	}
	return url
}

func post(ctx context.Context, url, body string) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

// TestKilled posts from many sides while the program is killed by SIGKILL again and again, and at last asked to end. Each event
// that was answered for is in the table, and none twice.
func TestKilled(t *testing.T) {
	const posters, kills, between = 8, 3, 40
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	server := snowflaketest.Start(t, &snowflaketest.Options{
		StreamingDelay: 20 * time.Millisecond,
		Users:          []snowflaketest.User{{Name: "ME", Password: "me", PublicKey: &key.PublicKey}},
	})
	cfg := server.Config()
	cfg.Authenticator, cfg.PrivateKey = gosnowflake.AuthTypeJwt, key
	dsn, err := gosnowflake.DSN(cfg)
	if err != nil {
		t.Fatal(err)
	}
	answered := map[string]bool{}
	for n := range kills + 1 {
		p := start(t, dsn)
		acks := make(chan string)
		stopped := make(chan struct{})
		var posting sync.WaitGroup
		for k := range posters {
			posting.Go(func() {
				for i := 0; ; i++ {
					id := fmt.Sprintf("%d/%d/%d", n, k, i)
					status, err := post(t.Context(), p.url, fmt.Sprintf(`{"id": %q, "text": "event"}`, id))
					switch {
					case err == nil && status == http.StatusAccepted:
						acks <- id
					case err == nil:
						t.Errorf("event %s: status %d", id, status)
						return
					default:
						select {
						case <-stopped: // nobody takes connections any more
							return
						default:
							t.Errorf("event %s: %v", id, err)
							return
						}
					}
				}
			})
		}
		ended := make(chan struct{})
		go func() { posting.Wait(); close(ended) }()
		for count := 0; ; {
			select {
			case id := <-acks:
				answered[id] = true
				if count++; count == between {
					close(stopped)
					p.stop(t, n < kills)
				}
				continue
			case <-ended:
			}
			break
		}
		p.wait(t, n < kills)
	}
	var rows, twice int
	db, err := sql.Open("snowflake", server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	there := map[string]bool{}
	list, err := db.QueryContext(t.Context(), "SELECT id FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	for list.Next() {
		var id string
		if err := list.Scan(&id); err != nil {
			t.Fatal(err)
		}
		if rows++; there[id] {
			twice++
		}
		there[id] = true
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for id := range answered {
		if !there[id] {
			lost++
		}
	}
	if lost > 0 || twice > 0 || len(answered) < (kills+1)*between {
		t.Errorf("of %d events that were answered for, %d are lost; of %d rows, %d are there twice", len(answered), lost, rows, twice)
	}
}

// program is one process.
type program struct {
	cmd  *exec.Cmd
	url  string
	errs bytes.Buffer
}

func start(t *testing.T, dsn string) *program {
	t.Helper()
	p := &program{cmd: exec.CommandContext(t.Context(), os.Args[0])}
	p.cmd.Env = append(os.Environ(), childVar+"=1", "SNOWFLAKE_DSN="+dsn, "ADDR=127.0.0.1:0")
	p.cmd.Stderr = &p.errs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the program ended: %v: %s", err, p.errs.String())
	}
	p.url = address(t, strings.TrimSpace(line))
	return p
}

// stop kills the program, or asks it to end.
func (p *program) stop(t *testing.T, kill bool) {
	t.Helper()
	signal := os.Signal(syscall.SIGTERM)
	if kill {
		signal = os.Kill
	}
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Error(err)
	}
}

// wait waits for its end.
func (p *program) wait(t *testing.T, killed bool) {
	t.Helper()
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if killed != errors.As(err, &exit) {
		t.Errorf("the program ended with %v: %s", err, p.errs.String())
	}
}
