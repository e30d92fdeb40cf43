package streaming_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// TestFaults: everything that is wrong is said at once, without secrets.
func TestFaults(t *testing.T) {
	jwt := func(set func(*streaming.ClientOptions)) *streaming.ClientOptions {
		o := &streaming.ClientOptions{Profile: streaming.Profile{Account: "a", User: "u", Key: testkey.Private()}}
		set(o)
		return o
	}
	for _, tc := range []struct {
		name                   string
		database, schema, pipe string
		opts                   *streaming.ClientOptions
		want                   []string // the fields
	}{
		{"nothing", "", "", "", nil, []string{"database", "schema", "pipe", "Profile.Account", "Profile.User", "Profile.Account", "Profile.PrivateKey"}},
		{"names of paths", "d", "..", ".", jwt(func(*streaming.ClientOptions) {}), []string{"schema", "pipe"}},
		{"numbers", "d", "s", "p", jwt(func(o *streaming.ClientOptions) {
			o.RequestBytes, o.UncompressedBytes, o.BufferedBytes, o.PollInterval, o.RequestTimeout = -1, 1000, 1999, -1, -1
			o.Compression, o.Overflow, o.Binary = 3, 2, -1
		}), []string{
			"ClientOptions.RequestBytes", "ClientOptions.PollInterval", "ClientOptions.RequestTimeout", "ClientOptions.BufferedBytes",
			"ClientOptions.Compression", "ClientOptions.Overflow", "ClientOptions.Binary",
		}},
		{"http elsewhere", "d", "s", "p", jwt(func(o *streaming.ClientOptions) { o.Scheme = "http" }), []string{"ClientOptions.Scheme"}},
		{"http by the URL", "d", "s", "p", jwt(func(o *streaming.ClientOptions) { o.Profile.URL = "http://example.com" }), []string{"ClientOptions.Scheme"}},
		{"another scheme", "d", "s", "p", jwt(func(o *streaming.ClientOptions) { o.Scheme = "ftp" }), []string{"ClientOptions.Scheme"}},
		{"a host that is none", "d", "s", "p", jwt(func(o *streaming.ClientOptions) { o.Host = "a/b" }), []string{"ClientOptions.Host"}},
		{"a URL with a password", "d", "s", "p", jwt(func(o *streaming.ClientOptions) { o.Profile.URL = "https://u:hush@example.com" }), []string{"Profile.URL"}},
		{"a URL with a path", "d", "s", "p", jwt(func(o *streaming.ClientOptions) { o.Profile.URL = "https://example.com/x" }), []string{"Profile.URL"}},
		{"two keys", "d", "s", "p", jwt(func(o *streaming.ClientOptions) { o.Profile.PrivateKey = "hush" }), []string{"Profile.PrivateKey"}},
		{"a bad key", "d", "s", "p", jwt(func(o *streaming.ClientOptions) { o.Profile.Key, o.Profile.PrivateKey = nil, "hush" }), []string{"Profile.PrivateKey"}},
		{"a key file that is not there", "d", "s", "p", jwt(func(o *streaming.ClientOptions) {
			o.Profile.Key, o.Profile.PrivateKeyFile = nil, filepath.Join(t.TempDir(), "none")
		}), []string{"Profile.PrivateKeyFile"}},
		{"OAuth", "d", "s", "p", &streaming.ClientOptions{Profile: streaming.Profile{Account: "a", AuthorizationType: "oauth", OAuthTokenEndpoint: "http://example.com"}}, []string{
			"Profile.OAuthClientID", "Profile.OAuthClientSecret", "Profile.OAuthRefreshToken", "Profile.OAuthTokenEndpoint",
		}},
		{"PAT", "d", "s", "p", &streaming.ClientOptions{Profile: streaming.Profile{Account: "a", AuthorizationType: "PAT"}}, []string{"Profile.PersonalAccessToken"}},
		{"another type", "d", "s", "p", &streaming.ClientOptions{Profile: streaming.Profile{Account: "a", AuthorizationType: "PASSWORD"}}, []string{"Profile.AuthorizationType"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := streaming.NewClient(t.Context(), "test", tc.database, tc.schema, tc.pipe, tc.opts)
			var e *config.Error
			if !errors.As(err, &e) {
				t.Fatal(err)
			}
			var got []string
			for _, f := range e.Faults {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s\n%v", diff, err)
			}
			if strings.Contains(err.Error(), "hush") {
				t.Error(err)
			}
		})
	}
	if _, err := streaming.NewTableClient(t.Context(), "test", "d", "s", "", jwt(func(*streaming.ClientOptions) {})); err == nil {
		t.Error("a table without a name")
	}
}

// TestAddress: where the first request goes to.
func TestAddress(t *testing.T) {
	for _, tc := range []struct {
		name string
		set  func(*streaming.ClientOptions)
		want string
	}{
		{"account", func(o *streaming.ClientOptions) { o.Profile.Account = "MyOrg-My_Account" }, "https://myorg-my-account.snowflakecomputing.com"},
		{"url", func(o *streaming.ClientOptions) { o.Profile.URL = "https://My.Example.com:443/" }, "https://my.example.com"},
		{"url with a port", func(o *streaming.ClientOptions) { o.Profile.URL = "https://example.com:8443" }, "https://example.com:8443"},
		{"url on this machine", func(o *streaming.ClientOptions) { o.Profile.URL = "http://[::1]:8080" }, "http://[::1]:8080"},
		{"properties", func(o *streaming.ClientOptions) { o.Scheme, o.Host, o.Port = "http", "127.0.0.1", 8080 }, "http://127.0.0.1:8080"},
		{"a port alone", func(o *streaming.ClientOptions) { o.Port = 8443 }, "https://a.snowflakecomputing.com:8443"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := ""
			o := &streaming.ClientOptions{
				Profile: streaming.Profile{Account: "a", User: "u", Key: testkey.Private()}, RetryTimeout: -1,
				HTTPClient: &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
					got = req.URL.Scheme + "://" + req.URL.Host
					return &http.Response{StatusCode: 200, Body: http.NoBody, Request: req}, nil
				})},
			}
			tc.set(o)
			_, err := streaming.NewClient(t.Context(), "test", "d", "s", "p", o)
			wantError(t, err, streaming.Configuration, "")
			if got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// TestConnect: what comes of finding the service and of logging in.
func TestConnect(t *testing.T) {
	for _, tc := range []struct {
		name  string
		a     answer
		op    string
		class streaming.Class
		code  string
		waits bool
	}{
		{"a page", answer{status: 200, body: "<html>welcome</html>"}, "hostname", streaming.Configuration, "", false},
		{"a host that is none", answer{status: 200, body: "evil.example.com/x?y"}, "hostname", streaming.Configuration, "", false},
		{"sent elsewhere", answer{status: 302, header: http.Header{"Location": {"https://evil.example.com"}}}, "hostname", streaming.Configuration, "", false},
		{"refused", answer{status: 401, body: `{"code":"390144","message":"JWT token is invalid."}`}, "hostname", streaming.Configuration, "390144", false},
		{"no Accept", answer{status: 400, body: `{"code":"391902","message":"Unsupported Accept header null"}`}, "hostname", streaming.Configuration, "391902", false},
		{"busy", answer{status: 503, body: "busy"}, "hostname", streaming.Retry, "busy", true},
		{"no connection", answer{err: errConnection}, "hostname", streaming.Retry, "", true},
		{"no such host", answer{err: &net.DNSError{Err: "no such host", IsNotFound: true}}, "hostname", streaming.Configuration, "", false},
		{"no token", answer{status: 403, body: `{"error":"invalid_grant","error_description":"no"}`}, "token", streaming.Configuration, "invalid_grant", false},
		{"a token that is none", answer{status: 200, body: "a\tb"}, "token", streaming.Configuration, "", false},
		{"busy with tokens", answer{status: 429}, "token", streaming.Retry, "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				s.answer = func(c call) *answer {
					if c.op == tc.op {
						return &tc.a
					}
					return nil
				}
				before := time.Now()
				_, err := streaming.NewClient(t.Context(), "test", "d", "s", "p", s.options())
				wantError(t, err, tc.class, tc.code)
				if took := time.Since(before); took > 90*time.Second || (took > 30*time.Second) != tc.waits {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// TestNames: plain names stand for what SQL makes of them.
func TestNames(t *testing.T) {
	for _, tc := range []struct {
		database, schema, pipe string
		keep                   bool
		want                   string
	}{
		{"db", "Public", "events-streaming", false, "DB PUBLIC EVENTS-STREAMING CH_1"},
		{"db", "Public", "My Events-STREAMING", false, "DB PUBLIC My Events-STREAMING CH_1"},
		{"my db", "1st", "pipe$1", false, "my db 1st PIPE$1 CH_1"},
		{"db", "Public", "events-STREAMING", true, "db Public events-STREAMING ch_1"},
	} {
		s := newService(t)
		o := s.options()
		o.KeepCase = tc.keep
		c, err := streaming.NewClient(t.Context(), "test", tc.database, tc.schema, tc.pipe, o)
		if err != nil {
			t.Fatal(err)
		}
		ch := open(t, c, "ch_1")
		if got := fmt.Sprint(c.Database(), " ", c.Schema(), " ", c.Pipe(), " ", ch.Name()); got != tc.want {
			t.Errorf("%s, want %s", got, tc.want)
		}
		if statuses, err := c.ChannelStatuses(t.Context(), "ch_1"); err != nil || statuses["ch_1"].Channel != ch.Name() {
			t.Errorf("%v, %v", statuses, err)
		}
		if c.Name() != "test" || ch.Client() != c || strings.Contains(fmt.Sprintf("%v", c), "0x") {
			t.Errorf("%v", c)
		}
		closeClient(t, c)
	}
}

func TestProfile(t *testing.T) {
	text := `{"authorization_type":"JWT","url":"https://acct.snowflakecomputing.com:443","account":"acct","user":"u","role":"r",
		"private_key":"k","private_key_file":"f","private_key_passphrase":"p","application":"app","oauth_client_id":"i","oauth_client_secret":"s",
		"oauth_refresh_token":"t","oauth_token_endpoint":"e","personal_access_token":"a"}`
	want := streaming.Profile{
		AuthorizationType: "JWT", URL: "https://acct.snowflakecomputing.com:443", Account: "acct", User: "u", Role: "r",
		PrivateKey: "k", PrivateKeyFile: "f", PrivateKeyPassphrase: "p", Application: "app", OAuthClientID: "i", OAuthClientSecret: "s",
		OAuthRefreshToken: "t", OAuthTokenEndpoint: "e", PersonalAccessToken: "a",
	}
	file := filepath.Join(t.TempDir(), "profile.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := streaming.LoadProfile(file)
	if err != nil || got != want {
		t.Errorf("%#v, %v", got, err)
	}
	if _, err := streaming.LoadProfile(file + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	for text, problem := range map[string]string{
		`{"user":"u","pasword":"hush"}`: `"pasword"`, `{"private_key":1}`: `"private_key" is not a string`, `{"user":"hush`: "too early",
		`hush`: "byte 1", `{} {}`: "more than one", ``: "too early",
	} {
		if _, err := streaming.ParseProfile([]byte(text)); err == nil || !strings.Contains(err.Error(), problem) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestRedacted: whatever prints a profile, or what is made of it, prints no secret.
func TestRedacted(t *testing.T) {
	p := streaming.Profile{
		Account: "acct", User: "u", PrivateKey: "hush", PrivateKeyPassphrase: "hush", OAuthClientSecret: "hush", OAuthRefreshToken: "hush",
		PersonalAccessToken: "hush", Key: testkey.Private(),
	}
	digits := testkey.Private().D.String()[:20]
	s := newService(t)
	c := s.client(nil)
	defer closeClient(t, c)
	for _, v := range []any{p, &p, streaming.ClientOptions{Profile: p}, []streaming.Profile{p}, c} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "hush") || strings.Contains(text, "68757368") || strings.Contains(text, digits) {
				t.Errorf("%s of %T: %.200s", verb, v, text)
			}
		}
	}
	var b strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("x", "profile", p)
	}
	if strings.Contains(b.String(), "hush") || !strings.Contains(b.String(), "acct") {
		t.Error(b.String())
	}
	if text, err := json.Marshal(p); err != nil || !strings.Contains(string(text), "hush") {
		t.Errorf("a profile is written as JSON so that it can be read again: %s, %v", text, err)
	}
}

// TestOAuth: the access token of a refresh token logs in.
func TestOAuth(t *testing.T) {
	s := newService(t)
	o := s.options()
	o.Profile = streaming.Profile{Account: "acc", AuthorizationType: "OAUTH", OAuthClientID: "id", OAuthClientSecret: "hush", OAuthRefreshToken: "refresh"}
	o.HTTPClient = &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path == "/oauth/token-request" {
			return &http.Response{StatusCode: 200, Body: body(`{"access_token":"access","expires_in":600}`), Request: req}, nil
		}
		return s.RoundTrip(req)
	})}
	c, err := streaming.NewClient(t.Context(), "test", "d", "s", "p", o)
	if err != nil {
		t.Fatal(err)
	}
	open(t, c, "P0")
	closeClient(t, c)
	for _, op := range []string{"hostname", "token"} {
		for _, call := range s.of(op) {
			if call.header.Get("Authorization") != "Bearer access" || call.header.Get("X-Snowflake-Authorization-Token-Type") != "OAUTH" {
				t.Errorf("%s: %v", op, call.header)
			}
		}
	}
	o.HTTPClient = &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 400, Body: body(`{"error":"invalid_grant","error_description":"expired"}`), Request: req}, nil
	})}
	_, err = streaming.NewClient(t.Context(), "test", "d", "s", "p", o)
	if wantError(t, err, streaming.Configuration, ""); !strings.Contains(err.Error(), "invalid_grant") || strings.Contains(err.Error(), "hush") {
		t.Error(err)
	}
}
