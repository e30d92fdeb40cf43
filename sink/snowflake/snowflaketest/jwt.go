package snowflaketest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
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
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("the token does not have three parts")
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	var claims struct {
		Issuer   string  `json:"iss"`
		Subject  string  `json:"sub"`
		IssuedAt float64 `json:"iat"`
		Expires  float64 `json:"exp"`
	}
	if err := decodePart(parts[0], &header); err != nil {
		return "", fmt.Errorf("header: %w", err)
	}
	if err := decodePart(parts[1], &claims); err != nil {
		return "", fmt.Errorf("claims: %w", err)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return "", fmt.Errorf("signature: %w", err)
	}
	if header.Algorithm != "RS256" {
		return "", fmt.Errorf("alg is %q, not RS256", header.Algorithm)
	}
	issued, expires := unix(claims.IssuedAt), unix(claims.Expires)
	switch {
	case !now.Before(expires):
		return "", fmt.Errorf("the token expired at %v, it is %v", expires.UTC(), now.UTC())
	case issued.After(now.Add(jwtSkew)):
		return "", fmt.Errorf("the token was issued at %v, it is %v", issued.UTC(), now.UTC())
	case now.After(issued.Add(jwtLifetime)):
		return "", fmt.Errorf("the token was issued at %v: it is good for an hour", issued.UTC())
	}
	owner, user, ok := strings.Cut(claims.Subject, ".")
	if !ok || !strings.EqualFold(owner, account) {
		return "", fmt.Errorf("sub is %q, not %s.USER", claims.Subject, account)
	}
	claimed, ok := strings.CutPrefix(claims.Issuer, claims.Subject+".")
	if !ok {
		return "", fmt.Errorf("iss is %q, not sub, a dot and a fingerprint", claims.Issuer)
	}
	signed := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	for _, text := range keys(user) {
		key, err := parsePublicKey(text)
		if err != nil {
			return "", fmt.Errorf("public key of user %s: %w", user, err)
		}
		if fingerprint(key) == claimed {
			if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, signed[:], signature); err != nil {
				return "", fmt.Errorf("the signature is not that of the key of user %s", user)
			}
			return user, nil
		}
	}
	return "", fmt.Errorf("user %s has no key with the fingerprint %s", user, claimed)
}

func decodePart(part string, into any) error {
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

func unix(seconds float64) time.Time { return time.Unix(int64(seconds), 0) }

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
