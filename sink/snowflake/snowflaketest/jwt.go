package snowflaketest

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// What Snowflake allows of a token's times.
const (
	jwtLifetime = time.Hour        // after iat, whatever exp says
	jwtSkew     = 60 * time.Second // of the client's clock
)

// verifyJWT checks a token by which a key pair logs in: iss is ACCOUNT.USER.SHA256:fingerprint, sub is ACCOUNT.USER, the
// fingerprint is that of a key of the user's, and that key has signed (RS256). It returns the user. keys are base64 of
// DER. The error names what is wrong.
func verifyJWT(token, account string, now time.Time, keys func(login string) []string) (string, error) {
	var claims jwt.RegisteredClaims
	var user string
	_, err := jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (key any, err error) {
		user, key, err = jwtKey(claims, account, keys)
		return key, err
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(func() time.Time { return now }))
	switch {
	case err != nil:
		return "", err
	case claims.IssuedAt == nil:
		return "", errors.New("the token has no iat")
	case claims.IssuedAt.After(now.Add(jwtSkew)):
		return "", fmt.Errorf("the token was issued at %v, it is %v", claims.IssuedAt.UTC(), now.UTC())
	case now.After(claims.IssuedAt.Add(jwtLifetime)):
		return "", fmt.Errorf("the token was issued at %v: it is good for an hour", claims.IssuedAt.UTC())
	}
	return user, nil
}

// jwtKey returns the user whom a token names, and the key that it says has signed it.
func jwtKey(claims jwt.RegisteredClaims, account string, keys func(login string) []string) (string, any, error) {
	owner, user, ok := strings.Cut(claims.Subject, ".")
	if !ok || !strings.EqualFold(owner, account) {
		return "", nil, fmt.Errorf("sub is %q, not %s.USER", claims.Subject, account)
	}
	claimed, ok := strings.CutPrefix(claims.Issuer, claims.Subject+".")
	if !ok {
		return "", nil, fmt.Errorf("iss is %q, not sub, a dot and a fingerprint", claims.Issuer)
	}
	for _, text := range keys(user) {
		key, err := parsePublicKey(text)
		if err != nil {
			return "", nil, fmt.Errorf("public key of user %s: %w", user, err)
		}
		if fingerprint(key) == claimed {
			return user, key, nil
		}
	}
	return "", nil, fmt.Errorf("user %s has no key with the fingerprint %s", user, claimed)
}

// publicKeyText is a key as a user's RSA_PUBLIC_KEY has it.
func publicKeyText(key *rsa.PublicKey) string {
	return base64.StdEncoding.EncodeToString(publicKeyDER(key))
}

func parsePublicKey(text string) (*rsa.PublicKey, error) {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%T is not an RSA key", key)
	}
	return public, nil
}

// fingerprint is that of a public key, as iss has it and DESCRIBE USER shows it.
func fingerprint(key *rsa.PublicKey) string {
	sum := sha256.Sum256(publicKeyDER(key))
	return "SHA256:" + base64.StdEncoding.EncodeToString(sum[:])
}

func publicKeyDER(key *rsa.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic("snowflaketest: an RSA key without DER: " + err.Error())
	}
	return der
}
