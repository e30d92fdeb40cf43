package snowflaketest

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// signJWT makes a token.
func signJWT(t testing.TB, key *rsa.PrivateKey, claims jwt.MapClaims) string {
	t.Helper()
	text, err := jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// unsigned makes a token that says that it needs no signature.
func unsigned(t testing.TB, claims jwt.MapClaims) string {
	t.Helper()
	text, err := jwt.NewWithClaims(jwt.SigningMethodNone, claims).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestVerifyJWT(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	keys := func(login string) []string {
		if login != "BOB" {
			return nil
		}
		return []string{publicKeyText(&key.PublicKey)}
	}
	good := func(change ...any) jwt.MapClaims {
		claims := jwt.MapClaims{
			"iss": "ACCT.BOB." + fingerprint(&key.PublicKey), "sub": "ACCT.BOB",
			"iat": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Minute).Unix(),
		}
		for i := 0; i < len(change); i += 2 {
			claims[change[i].(string)] = change[i+1]
		}
		return claims
	}
	for _, tc := range []struct {
		name   string
		token  string
		reason string // "" = it is good
	}{
		{"good", signJWT(t, key, good()), ""},
		{"no signature", unsigned(t, good()), "signing method none"},
		{"expired", signJWT(t, key, good("exp", now.Unix())), "expired"},
		{"from the future", signJWT(t, key, good("iat", now.Add(2*time.Minute).Unix())), "issued"},
		{"a clock ahead by a little", signJWT(t, key, good("iat", now.Add(30*time.Second).Unix())), ""},
		{"older than an hour", signJWT(t, key, good("iat", now.Add(-61*time.Minute).Unix())), "hour"},
		{"another account", signJWT(t, key, good("sub", "OTHER.BOB")), "sub"},
		{"no account", signJWT(t, key, good("sub", "BOB")), "sub"},
		{"issuer without fingerprint", signJWT(t, key, good("iss", "ACCT.BOB")), "iss"},
		{"another user's issuer", signJWT(t, key, good("iss", "ACCT.ANN."+fingerprint(&key.PublicKey))), "iss"},
		{"unknown user", signJWT(t, key, good("sub", "ACCT.ANN", "iss", "ACCT.ANN."+fingerprint(&key.PublicKey))), "no key"},
		{"another fingerprint", signJWT(t, key, good("iss", "ACCT.BOB.SHA256:AAAA")), "no key"},
		{"no exp", signJWT(t, key, jwt.MapClaims{"iss": good()["iss"], "sub": "ACCT.BOB", "iat": now.Unix()}), "exp claim is required"},
		{"no iat", signJWT(t, key, jwt.MapClaims{"iss": good()["iss"], "sub": "ACCT.BOB", "exp": now.Add(time.Minute).Unix()}), "iat"},
		{"two parts", "a.b", "segments"},
		{"no base64", "!.!.!", "header"},
		{"empty", "", "segments"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			user, err := verifyJWT(tc.token, "ACCT", now, keys)
			switch {
			case tc.reason == "" && (err != nil || user != "BOB"):
				t.Errorf("user %q, %v", user, err)
			case tc.reason != "" && (err == nil || !strings.Contains(err.Error(), tc.reason)):
				t.Errorf("error %v, want something about %q", err, tc.reason)
			}
		})
	}
}

// FuzzVerifyJWT holds that no change of a token is taken.
func FuzzVerifyJWT(f *testing.F) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.Fatal(err)
	}
	now := time.Now()
	keys := func(string) []string { return []string{publicKeyText(&key.PublicKey)} }
	token := signJWT(f, key, jwt.MapClaims{
		"iss": "A.B." + fingerprint(&key.PublicKey), "sub": "A.B", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	})
	if _, err := verifyJWT(token, "A", now, keys); err != nil {
		f.Fatal(err)
	}
	parts := strings.Split(token, ".")
	f.Add(parts[0], parts[1], "AAAA")
	f.Add(parts[0], "e30", parts[2])
	f.Add("e30", parts[1], parts[2])
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, header, claims, signature string) {
		changed := fmt.Sprintf("%s.%s.%s", header, claims, signature)
		user, err := verifyJWT(changed, "A", now, keys)
		// Base64 that ends in other bits may be the same bytes: then it is the same token.
		if err == nil && (header != parts[0] || claims != parts[1]) {
			t.Errorf("%q is taken, for user %s", changed, user)
		}
	})
}
