package auth

import (
	"context"
	"fmt"
)

// PAT are the credentials of who has a programmatic access token. There is nothing to renew.
type PAT struct{ token Token }

// NewPAT returns the credentials of a programmatic access token.
func NewPAT(secret string) *PAT { return &PAT{Token{Kind: AccessToken, value: secret}} }

// Token implements [Credentials].
func (p *PAT) Token(context.Context) (Token, error) { return p.token, nil }

// Refused implements [Credentials].
func (*PAT) Refused(Token) bool { return false }

func (p *PAT) String() string             { return "programmatic access token" }
func (p *PAT) GoString() string           { return p.String() }
func (p *PAT) Format(s fmt.State, _ rune) { fmt.Fprint(s, p.String()) }
