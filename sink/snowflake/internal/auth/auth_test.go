package auth_test

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floedata/floe/sink/snowflake/internal/auth"
)

func TestAccount(t *testing.T) {
	for _, tc := range []struct{ account, name, host string }{
		{"myorg-my_account", "MYORG-MY_ACCOUNT", "myorg-my-account.snowflakecomputing.com"},
		{"XY12345", "XY12345", "xy12345.snowflakecomputing.com"},
		{"xy12345.eu-west-1.aws", "XY12345", "xy12345.eu-west-1.aws.snowflakecomputing.com"},
		{"xy12345-abc.global", "XY12345", "xy12345-abc.global.snowflakecomputing.com"},
		{"myorg-acc.privatelink", "MYORG-ACC", "myorg-acc.privatelink.snowflakecomputing.com"},
		{"xy12345.cn-northwest-1.aws", "XY12345", "xy12345.cn-northwest-1.aws.snowflakecomputing.cn"},
	} {
		if got := auth.AccountName(tc.account); got != tc.name {
			t.Errorf("AccountName(%q) = %q, want %q", tc.account, got, tc.name)
		}
		if got := auth.Host(tc.account); got != tc.host {
			t.Errorf("Host(%q) = %q, want %q", tc.account, got, tc.host)
		}
		if got := auth.AccountName(auth.AccountOf(tc.host)); got != strings.ReplaceAll(tc.name, "_", "-") {
			t.Errorf("AccountOf(%q) = %q", tc.host, got)
		}
	}
	if got := auth.AccountOf("example.com"); got != "" {
		t.Errorf("an account of another's host: %q", got)
	}
}

// TestKeyPair checks the token as Snowflake does, and when it is renewed.
func TestKeyPair(t *testing.T) {
	key, err := auth.ParseKey(keyFile(t, "plain.pem"), "")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	pair, err := auth.NewKeyPair("myorg-acc.eu-west-1", "loader", key, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	first := tokenOf(t, pair)
	var claims jwt.RegisteredClaims
	parsed, err := jwt.ParseWithClaims(first, &claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil || !parsed.Valid {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	issuer := "MYORG-ACC.LOADER.SHA256:" + base64.StdEncoding.EncodeToString(sum[:])
	if claims.Subject != "MYORG-ACC.LOADER" || claims.Issuer != issuer || !claims.IssuedAt.Equal(now) || claims.ExpiresAt.Sub(now) != 59*time.Minute {
		t.Errorf("claims: %+v, want issuer %s", claims, issuer)
	}
	now = now.Add(53 * time.Minute)
	if tokenOf(t, pair) != first {
		t.Error("another token after 53 minutes")
	}
	now = now.Add(time.Minute)
	second := tokenOf(t, pair)
	if second == first {
		t.Error("the same token after 54 minutes")
	}
	old, err := pair.Token(t.Context())
	if err != nil || !pair.Refused(old) {
		t.Fatal(err)
	}
	now = now.Add(time.Second)
	if tokenOf(t, pair) == second {
		t.Error("the same token after it was refused")
	}
	pair.Refused(old)
	now = now.Add(-2 * time.Hour) // a clock that is set back
	if tokenOf(t, pair) == second {
		t.Error("a token of the future")
	}
}

// tokenOf returns what the header says.
func tokenOf(t *testing.T, c auth.Credentials) string {
	t.Helper()
	token, err := c.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	token.Set(h)
	value, ok := strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	if !ok || h.Get("X-Snowflake-Authorization-Token-Type") != token.Kind || token.Kind == "" {
		t.Errorf("headers %v", h)
	}
	return value
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return r(req) }

// TestRefreshToken: an access token is asked for once while it is good, and a refresh token that comes with it is used.
func TestRefreshToken(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var forms []url.Values
	reply := func(n int) (int, string) {
		return 200, fmt.Sprintf(`{"access_token":"access%d","refresh_token":"refresh%d","token_type":"Bearer","expires_in":600}`, n, n)
	}
	server := roundTripper(func(req *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(req.Body)
		form, err := url.ParseQuery(string(body))
		user, password, ok := req.BasicAuth()
		if err != nil || !ok || user != "id%3Aa" || password != "hush%21" || req.Header.Get("Accept") != "application/json" {
			t.Errorf("%v %q %q", err, user, password)
		}
		forms = append(forms, form)
		status, text := reply(len(forms))
		return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(text)), Request: req}, nil
	})
	r := auth.NewRefreshToken(auth.OAuth{
		Endpoint: "https://example.com/token", ClientID: "id:a", ClientSecret: "hush!", RefreshToken: "refresh0",
		Client: &http.Client{Transport: server}, Now: func() time.Time { return now },
	})
	if got := tokenOf(t, r) + tokenOf(t, r); got != "access1access1" {
		t.Error(got)
	}
	now = now.Add(9 * time.Minute)
	if got := tokenOf(t, r); got != "access2" {
		t.Errorf("%s a minute before the end", got)
	}
	token, _ := r.Token(t.Context())
	r.Refused(token)
	if got := tokenOf(t, r); got != "access3" {
		t.Errorf("%s after a refusal", got)
	}
	for i, form := range forms {
		if form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != fmt.Sprintf("refresh%d", i) {
			t.Errorf("request %d: %v", i, form)
		}
	}
	now = now.Add(time.Hour)
	for _, tc := range []struct {
		status     int
		text, want string
	}{
		{400, `{"error":"invalid_grant","error_description":"expired"}`, "status 400 invalid_grant: expired"},
		{500, `<html>access-secret</html>`, "status 500"},
		{200, `access-secret`, "is not JSON"},
		{200, `{"expires_in":1}`, "no access_token"},
		{200, `{"access_token":"x","expires_in":"soon"}`, "is not JSON"},
	} {
		reply = func(int) (int, string) { return tc.status, tc.text }
		_, err := r.Token(t.Context())
		var e *auth.Error
		if !errors.As(err, &e) || e.Status != tc.status || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want %q", tc.text, err, tc.want)
		}
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Token(done); err == nil {
		t.Error("a done context answers a token")
	}
}

func TestPAT(t *testing.T) {
	p := auth.NewPAT("secret")
	token, _ := p.Token(t.Context())
	if tokenOf(t, p) != "secret" || p.Refused(token) || token.Kind != auth.AccessToken {
		t.Error("a programmatic access token is not what it was")
	}
}

// TestRedacted: whatever the verb, nothing secret is printed.
func TestRedacted(t *testing.T) {
	key, err := auth.ParseKey(keyFile(t, "plain.pem"), "")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := auth.NewKeyPair("acc", "u", key, nil)
	if err != nil {
		t.Fatal(err)
	}
	pat := auth.NewPAT("secret")
	token, _ := pat.Token(t.Context())
	oauth := auth.NewRefreshToken(auth.OAuth{ClientID: "id", ClientSecret: "secret", RefreshToken: "secret"})
	for _, v := range []any{pair, pat, oauth, token, []any{pair, pat, oauth, token}, struct {
		K *auth.KeyPair
		T auth.Token
	}{pair, token}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "secret") || strings.Contains(text, digits(key)) || strings.Contains(text, "736563726574") {
				t.Errorf("%s of %T: %s", verb, v, text)
			}
		}
	}
}

func digits(key *rsa.PrivateKey) string { return key.D.String()[:20] }

// FuzzGrant: no reply of a token endpoint makes the client panic, and none gives an empty token.
func FuzzGrant(f *testing.F) {
	f.Add(200, []byte(`{"access_token":"x","expires_in":600}`))
	f.Add(400, []byte(`{"error":"invalid_grant"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		server := roundTripper(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(string(body))), Request: req}, nil
		})
		r := auth.NewRefreshToken(auth.OAuth{Endpoint: "https://example.com", Client: &http.Client{Transport: server}})
		token, err := r.Token(t.Context())
		h := http.Header{}
		token.Set(h)
		if (err == nil) == (h.Get("Authorization") == "Bearer ") {
			t.Errorf("%v, %v", h, err)
		}
	})
}
