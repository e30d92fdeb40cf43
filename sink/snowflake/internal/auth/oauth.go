package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// OAuth says where access tokens come from.
type OAuth struct {
	Endpoint               string // an URL
	ClientID, ClientSecret string
	RefreshToken           string
	Client                 *http.Client
	Now                    func() time.Time // nil = time.Now
}

// RefreshToken are the credentials of an OAuth client that has a refresh token. Where a server gives out another refresh
// token with an access token, that one is used from then on.
type RefreshToken struct {
	o    OAuth
	turn chan struct{} // of who asks the server

	mu      sync.Mutex
	refresh string
	token   Token
	renew   time.Time
}

// NewRefreshToken returns the credentials of o.
func NewRefreshToken(o OAuth) *RefreshToken {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &RefreshToken{o: o, turn: make(chan struct{}, 1), refresh: o.RefreshToken}
}

// Token implements [Credentials].
func (r *RefreshToken) Token(ctx context.Context) (Token, error) {
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return Token{}, context.Cause(ctx)
	}
	defer func() { <-r.turn }()
	token, refresh := r.held()
	if token.value != "" {
		return token, nil
	}
	g, err := r.ask(ctx, refresh)
	if err != nil {
		return Token{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if g.RefreshToken != "" {
		r.refresh = g.RefreshToken
	}
	r.token, r.renew = Token{Kind: OAuthToken, value: g.AccessToken}, r.o.Now().Add(Renewal(time.Duration(g.ExpiresIn)*time.Second))
	return r.token, nil
}

// held returns the access token, while it is good, and the refresh token.
func (r *RefreshToken) held() (Token, string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.o.Now().Before(r.renew) {
		r.token = Token{}
	}
	return r.token, r.refresh
}

// Refused implements [Credentials].
func (r *RefreshToken) Refused(t Token) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t == r.token {
		r.token = Token{}
	}
	return true
}

func (r *RefreshToken) String() string             { return "OAuth client " + r.o.ClientID }
func (r *RefreshToken) GoString() string           { return r.String() }
func (r *RefreshToken) Format(s fmt.State, _ rune) { fmt.Fprint(s, r.String()) }

// Renewal is how old a token gets that is good for life, before another one is asked for: a minute less, and at least
// nine tenths of its life.
func Renewal(life time.Duration) time.Duration { return life - min(time.Minute, life/10) }

func (r *RefreshToken) ask(ctx context.Context, refresh string) (grant, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.o.Endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return grant{}, fmt.Errorf("OAuth: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.SetBasicAuth(url.QueryEscape(r.o.ClientID), url.QueryEscape(r.o.ClientSecret)) // RFC 6749, 2.3.1
	reply, err := r.o.Client.Do(req)
	if err != nil {
		return grant{}, fmt.Errorf("OAuth: %w", err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(io.LimitReader(reply.Body, 1<<20))
	if err != nil {
		return grant{}, fmt.Errorf("OAuth: read the reply: %w", err)
	}
	return parseGrant(reply.StatusCode, text)
}

// grant is a reply of a token endpoint.
type grant struct {
	AccessToken  string  `json:"access_token"`
	RefreshToken string  `json:"refresh_token"`
	ExpiresIn    seconds `json:"expires_in"`

	Code        string `json:"error"`
	Description string `json:"error_description"`
	Message     string `json:"message"`
}

// seconds is a number, or a string of one.
type seconds int64

// UnmarshalJSON implements json.Unmarshaler.
func (s *seconds) UnmarshalJSON(text []byte) error {
	var n json.Number // of a string, too
	if err := json.Unmarshal(text, &n); err != nil || n == "" {
		return err
	}
	f, err := n.Float64()
	if err != nil || f < 0 || f > 1e9 {
		return fmt.Errorf("expires_in is %.20q: no number of seconds", n)
	}
	*s = seconds(f)
	return nil
}

// defaultGrant is how long an access token is good for where the server does not say, in seconds.
const defaultGrant = 600

// parseGrant reads a reply. Its errors hold no token.
func parseGrant(status int, text []byte) (grant, error) {
	var g grant
	err := json.Unmarshal(text, &g)
	switch {
	case status != http.StatusOK:
		e := &Error{Status: status, Code: g.Code, Message: g.Description}
		if e.Message == "" {
			e.Message = g.Message
		}
		return grant{}, e
	case err != nil:
		return grant{}, &Error{Status: status, Message: "the reply is not JSON of a token"}
	case g.AccessToken == "":
		return grant{}, &Error{Status: status, Code: g.Code, Message: "the reply has no access_token"}
	}
	if g.ExpiresIn == 0 {
		g.ExpiresIn = defaultGrant
	}
	return g, nil
}
