package auth

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
)

// TypeHeader is the header that says what kind of token the Authorization header has.
const TypeHeader = "X-Snowflake-Authorization-Token-Type"

// Kinds of tokens, as TypeHeader has them.
const (
	KeyPairJWT  = "KEYPAIR_JWT"
	OAuthToken  = "OAUTH"
	AccessToken = "PROGRAMMATIC_ACCESS_TOKEN"
)

// Token is one that a request carries. It prints as its kind alone.
type Token struct {
	Kind  string // KeyPairJWT, OAuthToken or AccessToken
	value string
}

// Set puts the token on a request.
func (t Token) Set(h http.Header) {
	h.Set("Authorization", "Bearer "+t.value)
	h.Set(TypeHeader, t.Kind)
}

func (t Token) String() string             { return t.Kind + "(redacted)" }
func (t Token) GoString() string           { return t.String() }
func (t Token) LogValue() slog.Value       { return slog.StringValue(t.String()) }
func (t Token) Format(s fmt.State, _ rune) { fmt.Fprint(s, t.String()) }

// Credentials make tokens for the services of one account. They are safe for concurrent use.
type Credentials interface {
	// Token returns one that is good for some minutes. Its errors are of type *Error where a server has refused.
	Token(ctx context.Context) (Token, error)
	// Refused says that a service did not accept t: the next Token is another one, where there can be one, and then
	// Refused answers true.
	Refused(t Token) bool
}

// Error is a refusal by a server that gives out tokens.
type Error struct {
	Status  int    // of HTTP
	Code    string // of OAuth, such as invalid_grant; "" = none
	Message string
}

func (e *Error) Error() string {
	text := fmt.Sprintf("the OAuth server answered status %d", e.Status)
	if e.Code != "" {
		text += " " + e.Code
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}
