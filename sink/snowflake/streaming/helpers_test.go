package streaming_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// answer is a reply that a test has the service give.
type answer struct {
	status int
	header http.Header
	body   string
	err    error // instead of a reply
	after  bool  // the service does what it was asked for, and answers this all the same
	unread bool  // the connection fails before anything of the body is read
}

// call is a request as the service got it.
type call struct {
	op      string // hostname, token, open, append, elastic, status, drop
	channel string
	query   url.Values
	header  http.Header
	body    []byte // decoded
	wire    int    // bytes of the body as it came
	n       int    // how many of the kind there were before
}

// service is the service, as far as the client's own behaviour needs it, in memory: it is a transport. It can stand in a
// bubble of synctest.
type service struct {
	tb     testing.TB
	delay  time.Duration      // of every reply
	life   time.Duration      // of a scoped token; 0 = it does not expire
	answer func(call) *answer // nil, or answering nil: as ever
	commit bool               // what is accepted is committed at once

	mu       sync.Mutex
	calls    []call
	counts   map[string]int
	tokens   int
	good     map[string]bool // scoped tokens
	channels map[string]*served
	flying   int // appends
	most     int // at once
}

// served is a channel.
type served struct {
	client, row         int // sequencers
	rows                []string
	committed, accepted *string
	inserted            int
}

func newService(tb testing.TB) *service {
	return &service{tb: tb, commit: true, counts: map[string]int{}, good: map[string]bool{}, channels: map[string]*served{}}
}

// options are those of a client of the service.
func (s *service) options() *streaming.ClientOptions {
	return &streaming.ClientOptions{
		Profile:    streaming.Profile{Account: "myorg-acc", User: "u", Key: testkey.Private()},
		HTTPClient: &http.Client{Transport: s}, FlushInterval: -1, ChannelBytesPerSecond: -1, ChannelRequestsPerSecond: -1,
	}
}

// client opens a client of the service; set may change its options.
func (s *service) client(set func(*streaming.ClientOptions)) *streaming.Client {
	s.tb.Helper()
	o := s.options()
	if set != nil {
		set(o)
	}
	c, err := streaming.NewClient(context.Background(), "test", "db", "public", "events-streaming", o)
	if err != nil {
		s.tb.Fatal(err)
	}
	return c
}

// channel opens a channel.
func open(tb testing.TB, c *streaming.Client, name string) *streaming.Channel {
	tb.Helper()
	ch, _, err := c.OpenChannel(context.Background(), name, "")
	if err != nil {
		tb.Fatal(err)
	}
	return ch
}

// closeClient closes a client that has nothing left to fail with.
func closeClient(tb testing.TB, c *streaming.Client) {
	tb.Helper()
	if err := c.Close(context.Background(), nil); err != nil {
		tb.Error(err)
	}
}

// RoundTrip implements http.RoundTripper.
func (s *service) RoundTrip(req *http.Request) (*http.Response, error) {
	c := s.read(req)
	a := s.decide(c)
	if a != nil && a.err != nil && a.unread {
		req.Body.Close()
		return nil, a.err
	}
	if req.Body != nil {
		wire, err := io.ReadAll(req.Body)
		req.Body.Close()
		if err != nil {
			return nil, err
		}
		c.wire, c.body = len(wire), s.decode(req.Header.Get("Content-Encoding"), wire)
	}
	s.note(c)
	if s.delay > 0 {
		t := time.NewTimer(s.delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-req.Context().Done():
			s.landed(c)
			return nil, req.Context().Err()
		}
	}
	defer s.landed(c)
	if a == nil || a.after {
		status, body := s.serve(req, c)
		if a == nil {
			a = &answer{status: status, body: body}
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	header := a.header
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader(a.body)), Request: req}, nil
}

func (s *service) read(req *http.Request) call {
	path := req.URL.Path
	c := call{header: req.Header, query: req.URL.Query()}
	switch last := path[strings.LastIndexByte(path, '/')+1:]; {
	case strings.HasSuffix(path, "/hostname"):
		c.op = "hostname"
	case path == "/oauth/token":
		c.op = "token"
	case strings.HasSuffix(path, ":bulk-channel-status"):
		c.op = "status"
	case req.Method == http.MethodPut:
		c.op, c.channel = "open", last
	case req.Method == http.MethodDelete:
		c.op, c.channel = "drop", last
	case strings.Contains(path, "/tables/") || strings.HasSuffix(path, "/channels/ELASTIC/rows"):
		c.op = "elastic"
	default:
		c.op = "append"
		parts := strings.Split(path, "/")
		c.channel = parts[len(parts)-2]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.n = s.counts[c.op]
	s.counts[c.op]++
	if c.op == "append" {
		s.flying++
		s.most = max(s.most, s.flying)
	}
	return c
}

func (s *service) landed(c call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.op == "append" {
		s.flying--
	}
}

func (s *service) decide(c call) *answer {
	if s.answer == nil {
		return nil
	}
	return s.answer(c)
}

func (s *service) note(c call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
}

func (s *service) decode(encoding string, wire []byte) []byte {
	var r io.Reader = bytes.NewReader(wire)
	var err error
	switch encoding {
	case "zstd":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1)); err == nil {
			defer d.Close()
			r = d
		}
	case "gzip":
		r, err = gzip.NewReader(r)
	}
	if err != nil {
		s.tb.Error(err)
		return nil
	}
	text, err := io.ReadAll(r)
	if err != nil {
		s.tb.Error(err)
	}
	return text
}

func (s *service) serve(req *http.Request, c call) (int, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c.op {
	case "hostname":
		return 200, "ingest.example.com"
	case "token":
		s.tokens++
		token := "scoped" + strconv.Itoa(s.tokens)
		if s.life > 0 {
			token = jwtUntil(time.Now().Add(s.life))
		}
		s.good["Bearer "+token] = true
		return 200, token
	}
	if !s.good[req.Header.Get("Authorization")] {
		return 401, `{"code":"390303","message":"Invalid OAuth access token."}`
	}
	ch := s.channels[c.channel]
	switch c.op {
	case "open":
		if ch == nil {
			ch = &served{}
			s.channels[c.channel] = ch
			var body struct {
				Token *string `json:"offset_token"`
			}
			_ = json.Unmarshal(c.body, &body)
			ch.committed = body.Token
		}
		ch.client++
		ch.row, ch.accepted = 0, ch.committed
		return 200, fmt.Sprintf(`{"next_continuation_token":%q,"channel_status":%s}`, ch.token(), ch.status(c.channel))
	case "drop":
		delete(s.channels, c.channel)
		return 200, ""
	case "status":
		var body struct {
			Names []string `json:"channel_names"`
		}
		_ = json.Unmarshal(c.body, &body)
		var list []string
		for _, name := range body.Names {
			if ch := s.channels[name]; ch != nil {
				list = append(list, fmt.Sprintf("%q:%s", name, ch.status(name)))
			}
		}
		return 200, `{"channel_statuses":{` + strings.Join(list, ",") + `}}`
	case "elastic":
		return 200, `{"message":"OK"}`
	}
	if ch == nil {
		return 404, `{"error_code":"ERR_CHANNEL_DOES_NOT_EXIST_OR_IS_NOT_AUTHORIZED","message":"gone"}`
	}
	if c.query.Get("continuationToken") != ch.token() {
		return 400, `{"error_code":"STALE_CONTINUATION_TOKEN_SEQUENCER","message":"Channel sequencer in the continuation token is stale. Please reopen the channel"}`
	}
	ch.row++
	lines := strings.SplitAfter(string(c.body), "\n")
	lines = lines[:len(lines)-1]
	ch.rows = append(ch.rows, lines...)
	if end := c.query.Get("endOffsetToken"); end != "" {
		ch.accepted = &end
	}
	if s.commit {
		ch.committed, ch.inserted = ch.accepted, len(ch.rows)
	}
	return 200, fmt.Sprintf(`{"next_continuation_token":%q,"status_code":0,"message":"Success"}`, ch.token())
}

func (ch *served) token() string { return fmt.Sprintf("%d_%d", ch.client, ch.row) }

func (ch *served) status(name string) string {
	text, _ := json.Marshal(map[string]any{
		"channel_name": name, "channel_status_code": "SUCCESS", "last_committed_offset_token": ch.committed,
		"rows_inserted": ch.inserted, "rows_parsed": ch.inserted, "rows_error_count": 0,
	})
	return string(text)
}

// commitAll commits what is accepted.
func (s *service) commitAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ch := range s.channels {
		ch.committed, ch.inserted = ch.accepted, len(ch.rows)
	}
}

// rows returns what a channel has taken, without the newlines.
func (s *service) rows(channel string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.channels[channel] == nil {
		return nil
	}
	rows := slices.Clone(s.channels[channel].rows)
	for i := range rows {
		rows[i] = strings.TrimSuffix(rows[i], "\n")
	}
	return rows
}

// of returns the calls of a kind.
func (s *service) of(op string) []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []call
	for _, c := range s.calls {
		if c.op == op {
			list = append(list, c)
		}
	}
	return list
}

// wantError fails the test unless err is an *Error of the class with the code.
func wantError(tb testing.TB, err error, class streaming.Class, code string) *streaming.Error {
	tb.Helper()
	var e *streaming.Error
	if !errors.As(err, &e) || e.Class != class || e.Code != code {
		tb.Fatalf("%v (%T), want class %q and code %q", err, err, class, code)
	}
	return e
}

// once answers the nth call of a kind.
func nth(op string, n int, a answer) func(call) *answer {
	return func(c call) *answer {
		if c.op == op && c.n == n {
			return &a
		}
		return nil
	}
}

// jwtUntil is a token that says until when it is good, and nothing else.
func jwtUntil(end time.Time) string {
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{ExpiresAt: jwt.NewNumericDate(end)}).SignedString([]byte("secret"))
	if err != nil {
		panic(err)
	}
	return token
}

func body(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }
