package snowflaketest

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
)

// scopedClaims are what is in the token that the ingest plane takes.
type scopedClaims struct {
	jwt.RegisteredClaims
	Role  string `json:"role,omitempty"`
	Epoch int64  `json:"epoch"` // of the server: see epochs
}

// epochs are what makes scoped tokens void before their time. Tokens of an epoch before are expired, or of a host that another
// has taken over from.
type epochs struct {
	mu sync.Mutex
	epoch
}

// epoch is a moment of epochs.
type epoch struct{ now, failedOver int64 }

func (e *epochs) read() epoch {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.epoch
}

func (e *epochs) expire() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now++
}

func (e *epochs) failOver() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now++
	e.failedOver = e.now
}

// streamRefusal is an error of Snowpipe Streaming.
type streamRefusal = engine.StreamError

// Refusals of the service itself.
var (
	noAccept      = &streamRefusal{Status: http.StatusBadRequest, Code: "391902", Message: "Unsupported Accept header null is specified."}
	noCredentials = &streamRefusal{Status: http.StatusUnauthorized, Code: "390101", Message: "Authorization header not found in the request data."}
	badScoped     = &streamRefusal{Status: http.StatusUnauthorized, Code: "390303", Message: "Invalid OAuth access token."}
	expiredScoped = &streamRefusal{Status: http.StatusUnauthorized, Code: "390318", Message: "OAuth access token expired."}
	wrongScope    = &streamRefusal{Status: http.StatusBadRequest, Code: "390400", Message: "The scope of the token request is not the ingest host of this account."}
	wrongGrant    = &streamRefusal{Status: http.StatusBadRequest, Code: "390400", Message: "The grant type of the token request is not urn:ietf:params:oauth:grant-type:jwt-bearer."}
	failedOver    = &streamRefusal{Status: http.StatusGone, Code: "SfApiPipeFailedOverError", Message: "The pipe has failed over to another host."}
)

const grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// bearer returns the token of a request, "" if there is none.
func bearer(req *http.Request) string {
	scheme, token, ok := strings.Cut(req.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// account finds out who calls the account plane: by key pair, OAuth token or programmatic access token.
func (r *run) account(x *exchange, token string) (engine.Streamer, *streamRefusal) {
	if token == "" {
		return engine.Streamer{}, noCredentials
	}
	req := loginRequest{}
	req.Data.Token, req.Data.Authenticator = token, "SNOWFLAKE_JWT"
	switch strings.ToUpper(x.Request.Header.Get("X-Snowflake-Authorization-Token-Type")) {
	case "OAUTH":
		req.Data.Authenticator = "OAUTH"
	case "PROGRAMMATIC_ACCESS_TOKEN":
		req.Data.Authenticator = "PROGRAMMATIC_ACCESS_TOKEN"
	}
	user, why, no := r.identify(req)
	if why != "" {
		x.note(func(c *Call) { c.Reason = why })
		return engine.Streamer{}, &streamRefusal{Status: http.StatusUnauthorized, Code: no.text(), Message: no.message}
	}
	return engine.Streamer{User: user}, nil
}

// ingest finds out who calls the ingest plane: by a scoped token.
func (r *run) ingest(x *exchange) (engine.Streamer, *streamRefusal) {
	token := bearer(x.Request)
	if token == "" {
		return engine.Streamer{}, noCredentials
	}
	var claims scopedClaims
	_, err := jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return r.server.secret, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(r.now))
	epoch := r.server.epochs.read()
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return engine.Streamer{}, expiredScoped
	case err != nil:
		x.note(func(c *Call) { c.Reason = err.Error() })
		return engine.Streamer{}, badScoped
	case claims.Epoch < epoch.failedOver:
		return engine.Streamer{}, failedOver
	case claims.Epoch < epoch.now:
		return engine.Streamer{}, expiredScoped
	}
	return engine.Streamer{User: claims.Subject, Role: claims.Role}, nil
}

// either finds out who calls what both planes answer.
func (r *run) either(x *exchange) (engine.Streamer, *streamRefusal) {
	who, no := r.ingest(x)
	if no != badScoped {
		return who, no
	}
	return r.account(x, bearer(x.Request))
}

// hostname tells the host of the ingest plane: this server's own.
func (r *run) hostname(x *exchange) {
	if x.Request.Header.Get("Accept") == "" {
		r.refuseStream(x, noAccept)
		return
	}
	if _, no := r.account(x, bearer(x.Request)); no != nil {
		r.refuseStream(x, no)
		return
	}
	if r.server.options.DocumentedShapes {
		r.answerStream(x, map[string]string{"hostname": r.host()})
		return
	}
	writeText(x, r.host())
}

// host is the ingest plane's, with its port.
func (r *run) host() string { return strings.TrimPrefix(r.url, "http://") }

// scopedToken changes a token of the account plane for one of the ingest plane.
func (r *run) scopedToken(x *exchange) {
	form, err := url.ParseQuery(string(x.body))
	if err != nil || form.Get("grant_type") != grantType {
		r.refuseStream(x, wrongGrant)
		return
	}
	token := bearer(x.Request)
	if token == "" {
		token = form.Get("assertion")
	}
	who, no := r.account(x, token)
	if no != nil {
		r.refuseStream(x, no)
		return
	}
	var host string
	for _, word := range strings.Fields(form.Get("scope")) {
		if role, ok := strings.CutPrefix(word, "session:role:"); ok {
			who.Role = role
		} else {
			host = word
		}
	}
	if host != r.host() {
		r.refuseStream(x, wrongScope)
		return
	}
	if err := r.engine.CheckStreamer(who); err != nil {
		r.refuseStream(x, err)
		return
	}
	now := r.now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, scopedClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Subject: who.User, Audience: jwt.ClaimStrings{host}, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(r.server.options.StreamingTokens)),
		},
		Role: who.Role, Epoch: r.server.epochs.read().now,
	}).SignedString(r.server.secret)
	if err != nil {
		panic("snowflaketest: a token that cannot be signed: " + err.Error())
	}
	if r.server.options.DocumentedShapes {
		r.answerStream(x, map[string]any{"token": signed, "expires_in": int64(r.server.options.StreamingTokens / time.Second)})
		return
	}
	writeText(x, signed)
}

func writeText(x *exchange, text string) {
	x.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = x.Write([]byte(text)) // the client may be gone
}
