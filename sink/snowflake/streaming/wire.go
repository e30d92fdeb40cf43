package streaming

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink/snowflake/internal/auth"
)

// wire sends requests: to the host of the account, with the credentials, and to the host of the service that the account
// names, with a token for that host alone.
type wire struct {
	http        *http.Client
	scheme      string
	account     string // host of
	role        string
	credentials auth.Credentials
	agent       string
	timeout     time.Duration // of a request
	retry       time.Duration // of a call
	now         func() time.Time
	log         *slog.Logger
	counters    *counters

	host string        // of the service
	turn chan struct{} // of who exchanges a token

	mu    sync.Mutex
	token string // for the host of the service
	renew time.Time
}

// What is read of replies at most.
const (
	replyBytes   = 32 << 20
	failureBytes = 64 << 10
)

// connect finds the host of the service, and gets a token for it.
func (w *wire) connect(ctx context.Context) error {
	r := &request{
		op: "find the service of", target: w.account, account: true, first: true,
		method: http.MethodGet, path: "/v2/streaming/hostname", query: query{}.identified(),
	}
	err := w.call(ctx, r, func(body []byte) (err error) {
		if w.host, err = parseHostname(body); err != nil { // it is not the account's host that has answered
			return &Error{Op: r.op, Target: r.target, Status: http.StatusOK, Message: err.Error(), Class: Configuration}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if w.scheme == "http" && !loopback(w.host) {
		return &Error{
			Op: r.op, Target: r.target, Status: http.StatusOK, Class: Configuration,
			Message: fmt.Sprintf("the service is at %s, and http is for this machine alone: use https", w.host),
		}
	}
	return w.again(ctx, func() error {
		_, err := w.scoped(ctx)
		return err
	})
}

// scoped returns a token for the host of the service, which is good for a while.
func (w *wire) scoped(ctx context.Context) (string, error) {
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	defer func() { <-w.turn }()
	w.mu.Lock()
	token, renew := w.token, w.renew
	w.mu.Unlock()
	if token != "" && w.now().Before(renew) {
		return token, nil
	}
	token, expires, err := w.exchange(ctx)
	if err != nil {
		return "", err
	}
	life := tokenLife
	if !expires.IsZero() {
		life = min(max(expires.Sub(w.now()), 0), life)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.token, w.renew = token, w.now().Add(auth.Renewal(life))
	return token, nil
}

// tokenLife is how long a token is used at most; the service does not say how long one is good that names no time.
const tokenLife = 55 * time.Minute

// exchange asks for a token for the host of the service.
func (w *wire) exchange(ctx context.Context) (token string, expires time.Time, err error) {
	scope := w.host
	if w.role != "" {
		scope += " session:role:" + w.role
	}
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "scope": {scope}}
	r := &request{
		op: "get a token for", target: w.host, account: true, method: http.MethodPost, path: "/oauth/token",
		contentType: "application/x-www-form-urlencoded", body: [][]byte{[]byte(form.Encode())},
	}
	body, err := w.send(ctx, r)
	if err != nil {
		if e := (*Error)(nil); errors.As(err, &e) {
			e.Unknown = false // nothing is done by it
		}
		return "", time.Time{}, err
	}
	if token, expires, err = parseToken(body); err != nil {
		return "", time.Time{}, &Error{Op: r.op, Target: r.target, Status: http.StatusOK, Message: err.Error(), Class: Configuration}
	}
	return token, expires, nil
}

// call sends a request that may be sent again, until it is answered with what read can read, fails for good, or has failed
// for too long.
func (w *wire) call(ctx context.Context, r *request, read func(body []byte) error) error {
	return w.again(ctx, func() error {
		body, err := w.send(ctx, r)
		if err != nil {
			return err
		}
		err = read(body)
		if e := (*Error)(nil); err != nil && !errors.As(err, &e) {
			return &Error{Op: r.op, Target: r.target, Status: http.StatusOK, Message: err.Error(), Class: Retry}
		}
		return err
	})
}

// backOff is how long the client waits before it sends a request again.
var backOff = retry.Policy{Base: 250 * time.Millisecond, Max: 8 * time.Second, Retries: 1 << 30}

// again does what may be done again.
func (w *wire) again(ctx context.Context, do func() error) error {
	end := time.Now().Add(w.retry)
	for n := 1; ; n++ {
		err := do()
		e := (*Error)(nil)
		if !errors.As(err, &e) || !e.passing() || ctx.Err() != nil {
			return err
		}
		if wait := w.wait(n, e); time.Now().Add(wait).After(end) || !sleep(ctx, wait) {
			return err
		}
	}
}

// wait says how long to wait after the n-th failure.
func (w *wire) wait(n int, e *Error) time.Duration {
	wait, _ := backOff.Next(n, retry.After(e, e.RetryAfter))
	w.log.Debug("snowpipe streaming: again", "op", e.Op, "target", e.Target, "status", e.Status, "code", e.Code, "attempt", n, "wait", wait)
	return wait
}

// sleep waits, and answers false as soon as ctx is done.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// renewals is how often a call may get another token where it is told that its own has expired. What is refused for another
// reason is tried once more.
const renewals = 3

// send sends a request, and again with another token where its own is not accepted. Its errors are of type *Error, but for
// that of ctx.
func (w *wire) send(ctx context.Context, r *request) ([]byte, error) {
	for n := 0; ; n++ {
		set, refused, err := w.authorize(ctx, r)
		if err != nil {
			return nil, err
		}
		body, err := w.try(ctx, r, set)
		e := (*Error)(nil)
		if !errors.As(err, &e) || e.Status != http.StatusUnauthorized && e.Status != http.StatusForbidden {
			return body, err
		}
		if again := n == 0 || e.Code == codeExpired && n < renewals; !refused() || !again {
			return body, err
		}
	}
}

// authorize returns what puts a token on the request, and what to call where it is refused.
func (w *wire) authorize(ctx context.Context, r *request) (set func(http.Header), refused func() bool, err error) {
	if r.account {
		token, err := w.credentials.Token(ctx)
		if err != nil {
			return nil, nil, w.unauthorized(ctx, r, err)
		}
		return token.Set, func() bool { return w.credentials.Refused(token) }, nil
	}
	token, err := w.scoped(ctx)
	if err != nil {
		return nil, nil, err
	}
	set = func(h http.Header) {
		h.Set("Authorization", "Bearer "+token)
		h.Set(auth.TypeHeader, auth.OAuthToken)
	}
	return set, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.token == token {
			w.token = ""
		}
		return true
	}, nil
}

// unauthorized says why there is no token of the credentials.
func (w *wire) unauthorized(ctx context.Context, r *request, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("sink/snowflake/streaming: %s %q: %w", r.op, r.target, context.Cause(ctx))
	}
	e := &Error{Op: r.op, Target: r.target, Message: "there is no token to log in with", Class: Retry, Err: err}
	if refusal := (*auth.Error)(nil); errors.As(err, &refusal) {
		e.Class = classOf(refusal.Status, refusal.Code)
	}
	return e
}

// try sends a request once.
func (w *wire) try(ctx context.Context, r *request, set func(http.Header)) ([]byte, error) {
	body, err := w.once(ctx, r, set)
	w.counters.tried(r, err)
	return body, err
}

func (w *wire) once(ctx context.Context, r *request, set func(http.Header)) ([]byte, error) {
	within, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	base := w.scheme + "://" + w.host
	if r.account {
		base = w.scheme + "://" + w.account
	}
	var begun atomic.Bool
	req, err := r.http(within, base, w.agent, &begun)
	if err != nil {
		return nil, &Error{Op: r.op, Target: r.target, Message: "the request cannot be made", Class: Configuration}
	}
	set(req.Header)
	reply, err := w.http.Do(req)
	if err != nil {
		return nil, broken(ctx, r, begun.Load(), 0, err)
	}
	defer reply.Body.Close()
	good := reply.StatusCode >= 200 && reply.StatusCode < 300
	most := int64(failureBytes)
	if good {
		most = replyBytes
	}
	body, err := io.ReadAll(io.LimitReader(reply.Body, most))
	if good && err != nil {
		return nil, broken(ctx, r, true, reply.StatusCode, err)
	}
	if good {
		return body, nil
	}
	return nil, failed(r, reply, body, w.now())
}
