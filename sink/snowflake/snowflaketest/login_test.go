package snowflaketest_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestLogin(t *testing.T) {
	t.Parallel()
	key, other := newKey(t), newKey(t)
	past, future := time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	srv := snowflaketest.Start(t, &snowflaketest.Options{
		Account: "MYORG-MYACCT",
		Roles:   []string{"LOADER"},
		Users: []snowflaketest.User{
			{Name: "ann", Password: "it's \\ here"},
			{
				Name: "BOB", PublicKey: &key.PublicKey, Role: "LOADER",
				OAuth:        []snowflaketest.Token{{Text: "oauth"}, {Text: "old", Expires: past}, {Text: "new", Expires: future}},
				AccessTokens: []snowflaketest.Token{{Text: "pat"}, {Text: "oldpat", Expires: past}},
			},
		},
	})
	for _, grant := range []string{"DATABASE TEST", "SCHEMA TEST.PUBLIC", "WAREHOUSE TEST_WH"} {
		if err := srv.Exec(t.Context(), "GRANT USAGE ON "+grant+" TO ROLE LOADER"); err != nil {
			t.Fatal(err)
		}
	}
	jwt := func(c *gosnowflake.Config) {
		c.User, c.Password, c.Role, c.Authenticator, c.PrivateKey = "bob", "", "", gosnowflake.AuthTypeJwt, key
	}
	token := func(a gosnowflake.AuthType, text string) func(*gosnowflake.Config) {
		return func(c *gosnowflake.Config) {
			c.User, c.Password, c.Role, c.Authenticator, c.Token = "bob", "", "", a, text
		}
	}
	for _, tc := range []struct {
		name   string
		change func(*gosnowflake.Config)
		code   int
		reason string // in the log of the server
		user   string // of a session that was opened
	}{
		{"password", func(*gosnowflake.Config) {}, 0, "", "ANN"},
		{"wrong password", func(c *gosnowflake.Config) { c.Password = "x" }, 390100, "password", ""},
		{"unknown user", func(c *gosnowflake.Config) { c.User = "carl" }, 390100, "password", ""},
		{"no password of that user", func(c *gosnowflake.Config) { c.User = "bob" }, 390100, "password", ""},
		{"the administrator", func(c *gosnowflake.Config) { c.User = "admin" }, 390100, "password", ""},
		{"another account", func(c *gosnowflake.Config) { c.Account = "other" }, 260008, "account", ""},
		{"account in lower case", func(c *gosnowflake.Config) { c.Account = "myorg-myacct" }, 0, "", "ANN"},
		{"no such database", func(c *gosnowflake.Config) { c.Database = "NONE" }, 390201, "", ""},
		{"no such schema", func(c *gosnowflake.Config) { c.Schema = "NONE" }, 390201, "", ""},
		{"no such warehouse", func(c *gosnowflake.Config) { c.Warehouse = "NONE" }, 390201, "", ""},
		{"no such role", func(c *gosnowflake.Config) { c.Role = "NONE" }, 390189, "", ""},
		{"a role of others", func(c *gosnowflake.Config) { jwt(c); c.Role = "ACCOUNTADMIN" }, 390189, "", ""},
		{"key pair", jwt, 0, "", "BOB"},
		{"another key", func(c *gosnowflake.Config) { jwt(c); c.PrivateKey = other }, 390144, "fingerprint", ""},
		{"key of another user", func(c *gosnowflake.Config) { jwt(c); c.User = "ann" }, 390144, "fingerprint", ""},
		{"key for another account", func(c *gosnowflake.Config) { jwt(c); c.Account = "OTHER" }, 260008, "account", ""},
		{"OAuth", token(gosnowflake.AuthTypeOAuth, "oauth"), 0, "", "BOB"},
		{"OAuth with expiry", token(gosnowflake.AuthTypeOAuth, "new"), 0, "", "BOB"},
		{"OAuth expired", token(gosnowflake.AuthTypeOAuth, "old"), 390318, "expired", ""},
		{"OAuth unknown", token(gosnowflake.AuthTypeOAuth, "x"), 390303, "OAuth", ""},
		{"access token", token(gosnowflake.AuthTypePat, "pat"), 0, "", "BOB"},
		{"access token expired", token(gosnowflake.AuthTypePat, "oldpat"), 394400, "programmatic", ""},
		{"an OAuth token as access token", token(gosnowflake.AuthTypePat, "oauth"), 394400, "programmatic", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := len(srv.Calls())
			db := open(t, srv, func(c *gosnowflake.Config) { tc.change(c) })
			var user string
			err := db.QueryRowContext(t.Context(), "SELECT CURRENT_USER()").Scan(&user)
			if code(err) != tc.code || user != tc.user {
				t.Errorf("user %q, error %v: want user %q, code %d", user, err, tc.user, tc.code)
			}
			if login := srv.Calls()[before]; !strings.Contains(login.Reason, tc.reason) || tc.reason == "" && login.Reason != "" {
				t.Errorf("the server says %q, want something about %q", login.Reason, tc.reason)
			}
			if err != nil && strings.Contains(err.Error(), "here") {
				t.Errorf("the error has the password: %v", err)
			}
		})
	}
}

// TestExpiredJWT holds that a token is good for a minute, by the account's clock.
func TestExpiredJWT(t *testing.T) {
	t.Parallel()
	key, clock := newKey(t), newClock()
	srv := snowflaketest.Start(t, &snowflaketest.Options{
		Users: []snowflaketest.User{{Name: "BOB", PublicKey: &key.PublicKey}}, Now: clock.now,
	})
	db := open(t, srv, func(c *gosnowflake.Config) { c.Authenticator, c.PrivateKey = gosnowflake.AuthTypeJwt, key })
	clock.add(2 * time.Minute)
	if err := db.PingContext(t.Context()); code(err) != 390144 {
		t.Errorf("an expired token: %v, want error 390144", err)
	}
	if reason := srv.Calls()[0].Reason; !strings.Contains(reason, "expired") {
		t.Errorf("the server says %q", reason)
	}
}

// TestSignature holds that a token is not taken for its fingerprint alone.
func TestSignature(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	srv := snowflaketest.Start(t, &snowflaketest.Options{Users: []snowflaketest.User{{Name: "BOB", PublicKey: &key.PublicKey}}})
	db := open(t, srv, func(c *gosnowflake.Config) {
		c.Authenticator, c.PrivateKey = gosnowflake.AuthTypeJwt, key
		c.Transporter = tripper(func(req *http.Request) (*http.Response, error) {
			forge(t, req)
			return http.DefaultTransport.RoundTrip(req)
		})
	})
	if err := db.PingContext(t.Context()); code(err) != 390144 {
		t.Errorf("a forged signature: %v, want error 390144", err)
	}
	if reason := srv.Calls()[0].Reason; !strings.Contains(reason, "signature") {
		t.Errorf("the server says %q", reason)
	}
}

// forge changes the last bytes of a login's token.
func forge(t *testing.T, req *http.Request) {
	if !strings.Contains(req.URL.Path, "login") {
		return
	}
	body := readBody(t, req)
	data := body["data"].(map[string]any)
	token := data["TOKEN"].(string)
	data["TOKEN"] = token[:len(token)-8] + "AAAAAAAA"
	b, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
	}
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
}

func readBody(t *testing.T, req *http.Request) map[string]any {
	b, err := io.ReadAll(req.Body)
	if err != nil {
		t.Error(err)
	}
	req.Body = io.NopCloser(bytes.NewReader(b))
	var body map[string]any
	if err := json.Unmarshal(b, &body); err != nil {
		t.Error(err)
	}
	return body
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestHermetic holds that the driver does not look around for clouds and does not load its native library where this
// package is linked in.
func TestHermetic(t *testing.T) {
	t.Parallel()
	srv := snowflaketest.Start(t, nil)
	var env map[string]any
	db := open(t, srv, func(c *gosnowflake.Config) {
		c.Transporter = tripper(func(req *http.Request) (*http.Response, error) {
			if strings.Contains(req.URL.Path, "login") {
				env = readBody(t, req)["data"].(map[string]any)["CLIENT_ENVIRONMENT"].(map[string]any)
			}
			return http.DefaultTransport.RoundTrip(req)
		})
	})
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _ := json.Marshal(env["PLATFORM"]); string(got) != `["disabled"]` {
		t.Errorf("PLATFORM is %s: the driver has looked for clouds", got)
	}
	if got, _ := env["CORE_LOAD_ERROR"].(string); !strings.Contains(got, "SF_DISABLE_MINICORE") {
		t.Errorf("CORE_LOAD_ERROR is %q: the driver has looked for its native library", got)
	}
}

// TestDSN holds that the text form opens the account too.
func TestDSN(t *testing.T) {
	t.Parallel()
	srv := snowflaketest.Start(t, nil)
	cfg, err := gosnowflake.ParseDSN(srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	db := openConfig(t, cfg)
	if got := query(t, db, "SELECT CURRENT_DATABASE() || '.' || CURRENT_SCHEMA()"); got[0][0] != "TEST.PUBLIC" {
		t.Errorf("the session is in %s", got[0][0])
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := snowflaketest.New(snowflaketest.Options{Addr: "0.0.0.0:0", LongPoll: -1, ChunkRows: -1, Users: []snowflaketest.User{{}}})
	if err == nil {
		t.Fatal("faulty options are no error")
	}
	for _, want := range []string{"Addr", "loopback", "LongPoll", "ChunkRows", "Users"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
}
