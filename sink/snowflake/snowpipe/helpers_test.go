package snowpipe_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

// service answers the calls of a client, one function each; the last one answers all that follow. It needs no network, so
// that it works in a bubble of package synctest.
type service struct {
	answers []func(*http.Request, []byte) (*http.Response, error)

	mu    sync.Mutex
	calls []call
}

// call is one that the service got.
type call struct {
	*http.Request
	body string
}

func (s *service) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	s.mu.Lock()
	n := len(s.calls)
	s.calls = append(s.calls, call{req, string(body)})
	s.mu.Unlock()
	return s.answers[min(n, len(s.answers)-1)](req, body)
}

// says answers by a status and a body.
func says(status int, body string, header ...string) func(*http.Request, []byte) (*http.Response, error) {
	return func(req *http.Request, _ []byte) (*http.Response, error) {
		h := http.Header{}
		for _, line := range header {
			name, value, _ := strings.Cut(line, ": ")
			h.Set(name, value)
		}
		return &http.Response{
			Status: fmt.Sprint(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: h, Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: req,
		}, nil
	}
}

// cut answers nothing.
func cut(*http.Request, []byte) (*http.Response, error) { return nil, errors.New("connection reset") }

var once = retry.Policy{Retries: -1}

// open returns a client whose calls are answered so.
func open(t testing.TB, policy retry.Policy, answers ...func(*http.Request, []byte) (*http.Response, error)) (*snowpipe.Client, *service) {
	t.Helper()
	s := &service{answers: answers}
	c, err := snowpipe.NewClient(
		snowpipe.Config{Account: "myorg-acct", User: "loader", Key: testkey.Private()},
		snowpipe.Name{Database: "TESTDB", Schema: "TESTSCHEMA", Object: "my pipe"},
		&snowpipe.ClientOptions{HTTPClient: &http.Client{Transport: s}, Retry: policy})
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}
