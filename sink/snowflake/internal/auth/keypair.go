package auth

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// How long a token by key pair is good for, and how old it gets before another one is made. Snowflake takes none that was
// issued more than an hour ago.
const (
	jwtLife  = 59 * time.Minute
	jwtRenew = 54 * time.Minute
)

// KeyPair are the credentials of a user who has registered a public key.
type KeyPair struct {
	issuer, subject string
	key             *rsa.PrivateKey
	now             func() time.Time

	mu     sync.Mutex
	token  Token
	issued time.Time
}

// NewKeyPair returns the credentials of a user. account may have any of the forms that Snowflake has for it; see
// [AccountName]. now is the clock; nil = time.Now.
func NewKeyPair(account, user string, key *rsa.PrivateKey, now func() time.Time) (*KeyPair, error) {
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("the public key has no form in DER: %w", err)
	}
	if now == nil {
		now = time.Now
	}
	sum := sha256.Sum256(der)
	subject := AccountName(account) + "." + strings.ToUpper(user)
	return &KeyPair{
		issuer: subject + ".SHA256:" + base64.StdEncoding.EncodeToString(sum[:]), subject: subject, key: key, now: now,
	}, nil
}

// Token implements [Credentials].
func (k *KeyPair) Token(context.Context) (Token, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if age := now.Sub(k.issued); k.token.value != "" && age >= 0 && age < jwtRenew {
		return k.token, nil
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: k.issuer, Subject: k.subject, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(jwtLife)),
	}).SignedString(k.key)
	if err != nil {
		return Token{}, fmt.Errorf("sign a token of %s: %w", k.subject, err)
	}
	k.token, k.issued = Token{Kind: KeyPairJWT, value: signed}, now
	return k.token, nil
}

// Refused implements [Credentials].
func (k *KeyPair) Refused(t Token) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if t == k.token {
		k.token = Token{}
	}
	return true
}

func (k *KeyPair) String() string             { return "key pair of " + k.subject }
func (k *KeyPair) GoString() string           { return k.String() }
func (k *KeyPair) Format(s fmt.State, _ rune) { fmt.Fprint(s, k.String()) }
