package snowflaketest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// streamOptions has a user BOB with the key pair, besides what o has.
func streamOptions(o snowflaketest.Options) *snowflaketest.Options {
	o.Users = append(o.Users, snowflaketest.User{Name: "BOB", Password: "bob", PublicKey: &testkey.Private().PublicKey})
	return &o
}

// streamer is a client of Snowpipe Streaming without any wisdom.
type streamer struct {
	t     testing.TB
	url   string
	jwt   string
	token string // scoped
}

// newStreamer logs BOB in.
func newStreamer(t testing.TB, srv *snowflaketest.Server) *streamer {
	t.Helper()
	s := &streamer{t: t, url: srv.URL(), jwt: keyPairToken(t, testkey.Private(), snowflaketest.DefaultAccount, "BOB", time.Now())}
	s.login("")
	return s
}

// login gets a scoped token, of a role if it is not "".
func (s *streamer) login(role string) {
	s.t.Helper()
	status, host := s.do("GET", "/v2/streaming/hostname", s.jwt, nil, "Accept", "application/json", "X-Snowflake-Authorization-Token-Type", "KEYPAIR_JWT")
	if status != 200 {
		s.t.Fatalf("hostname: %d %s", status, host)
	}
	scope := string(host)
	if role != "" {
		scope += " session:role:" + role
	}
	status, token := s.do("POST", "/oauth/token", s.jwt, []byte(url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "scope": {scope}}.Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json")
	if status != 200 {
		s.t.Fatalf("token: %d %s", status, token)
	}
	s.token = string(token)
}

// do makes a call, and returns status 0 if the connection is cut.
func (s *streamer) do(method, path, token string, body []byte, header ...string) (int, []byte) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil
	}
	return resp.StatusCode, text
}

// call makes a call of the ingest plane with JSON, and returns the reply as JSON.
func (s *streamer) call(method, path string, body any) (int, map[string]any) {
	s.t.Helper()
	var text []byte
	switch b := body.(type) {
	case nil:
	case string:
		text = []byte(b)
	default:
		text, _ = json.Marshal(b)
	}
	status, got := s.do(method, path, s.token, text, "Accept", "application/json", "Content-Type", "application/json")
	out := map[string]any{}
	if len(got) > 0 {
		if err := json.Unmarshal(got, &out); err != nil {
			s.t.Fatalf("%s %s: %d, and no JSON: %s", method, path, status, got)
		}
	}
	return status, out
}

func pipePath(pipe string) string {
	return "/v2/streaming/databases/TEST/schemas/PUBLIC/pipes/" + url.PathEscape(pipe)
}

// open opens a channel, and returns its continuation token and status.
func (s *streamer) open(pipe, channel string) (string, map[string]any) {
	s.t.Helper()
	status, got := s.call("PUT", pipePath(pipe)+"/channels/"+url.PathEscape(channel), "{}")
	if status != 200 {
		s.t.Fatalf("open %s: %d %v", channel, status, got)
	}
	return got["next_continuation_token"].(string), got["channel_status"].(map[string]any)
}

// append sends rows, and returns what is answered.
func (s *streamer) append(pipe, channel, continuation, token, rows string) (int, map[string]any) {
	s.t.Helper()
	q := url.Values{"continuationToken": {continuation}, "startOffsetToken": {token}, "endOffsetToken": {token}}
	return s.call("POST", strings.Replace(pipePath(pipe), "/streaming/", "/streaming/data/", 1)+"/channels/"+url.PathEscape(channel)+"/rows?"+q.Encode(), rows)
}

// mustAppend is append of rows that are accepted, and returns the next continuation token.
func (s *streamer) mustAppend(pipe, channel, continuation, token, rows string) string {
	s.t.Helper()
	status, got := s.append(pipe, channel, continuation, token, rows)
	if status != 200 {
		s.t.Fatalf("append to %s: %d %v", channel, status, got)
	}
	return got["next_continuation_token"].(string)
}

// status returns the status of channels.
func (s *streamer) status(pipe string, names ...string) map[string]map[string]any {
	s.t.Helper()
	status, got := s.call("POST", pipePath(pipe)+":bulk-channel-status", map[string]any{"channel_names": names})
	if status != 200 {
		s.t.Fatalf("status: %d %v", status, got)
	}
	out := map[string]map[string]any{}
	for name, v := range got["channel_statuses"].(map[string]any) {
		out[name] = v.(map[string]any)
	}
	return out
}

// waitFor waits until a channel has committed a token.
func (s *streamer) waitFor(pipe, channel, token string) map[string]any {
	s.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		st := s.status(pipe, channel)[channel]
		if st["last_committed_offset_token"] == token {
			return st
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("channel %s has not committed %s: %v", channel, token, st)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// numbers are rows {"N": from} to {"N": to-1}.
func numbers(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "{\"N\":%d}\n", i)
	}
	return b.String()
}
