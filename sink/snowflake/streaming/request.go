package streaming

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// request is one call of the service.
type request struct {
	op, target  string // for errors
	method      string
	path        string // escaped
	query       query
	account     bool // to the account's host
	first       bool // whether there is such a host is not known yet
	contentType string
	encoding    string   // of body; "" = none
	length      int      // of body before encoding
	body        [][]byte // one behind the other; nil = none

	reading atomic.Int32 // how many readers of body are not closed
}

// query are the parameters of a request, in their order.
type query []string

// add adds a parameter.
func (q query) add(key, value string) query {
	return append(q, key+"="+strings.ReplaceAll(url.QueryEscape(value), "+", "%20"))
}

// identified adds an id, by which a request is found in the service's logs.
func (q query) identified() query { return q.add("requestId", uuid.NewString()) }

// path joins the parts of a path. Every second one is a name, and escaped.
func path(parts ...string) string {
	var b strings.Builder
	for i, part := range parts {
		if i%2 == 1 {
			part = url.PathEscape(part)
		}
		b.WriteString(part)
	}
	return b.String()
}

// http makes the request of HTTP. begun is set when its body is first read: before that, the service has none of it.
func (r *request) http(ctx context.Context, base, agent string, begun *atomic.Bool) (*http.Request, error) {
	to := base + r.path
	if len(r.query) > 0 {
		to += "?" + strings.Join(r.query, "&")
	}
	req, err := http.NewRequestWithContext(ctx, r.method, to, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json") // the service refuses requests that have none
	req.Header.Set("User-Agent", agent)
	if r.body == nil {
		begun.Store(true) // what has no body is sent at once
		return req, nil
	}
	for _, part := range r.body {
		req.ContentLength += int64(len(part))
	}
	req.GetBody = func() (io.ReadCloser, error) {
		r.reading.Add(1)
		return &upload{parts: r.body, begun: begun, reading: &r.reading}, nil
	}
	req.Body, _ = req.GetBody()
	req.Header.Set("Content-Type", r.contentType)
	if r.encoding != "" {
		req.Header.Set("Content-Encoding", r.encoding)
		req.Header.Set("X-Snowflake-Uncompressed-Content-Length", strconv.Itoa(r.length))
	}
	return req, nil
}

// read says whether a transport still reads the body, as one may after it has answered.
func (r *request) read() bool { return r.reading.Load() > 0 }

// upload reads the parts of a body.
type upload struct {
	parts   [][]byte
	at      int // within the first part
	begun   *atomic.Bool
	reading *atomic.Int32
	closed  atomic.Bool
}

// Read implements io.Reader.
func (u *upload) Read(p []byte) (n int, err error) {
	u.begun.Store(true)
	for len(u.parts) > 0 && n < len(p) {
		if u.at == len(u.parts[0]) {
			u.parts, u.at = u.parts[1:], 0
			continue
		}
		k := copy(p[n:], u.parts[0][u.at:])
		n, u.at = n+k, u.at+k
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Close implements io.Closer.
func (u *upload) Close() error {
	if !u.closed.Swap(true) {
		u.reading.Add(-1)
	}
	return nil
}

// broken is the error of a request without a whole reply. begun says that the service may have the request.
func broken(ctx context.Context, r *request, begun bool, status int, err error) error {
	e := &Error{Op: r.op, Target: r.target, Status: status, Class: Retry, Unknown: begun}
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err // without the URL, which has tokens in it
	}
	e.Err = err
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case ctx.Err() != nil:
		e.Message, e.Err = "given up", context.Cause(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		e.Message, e.Err = "there was no reply in time", nil
	case r.first && errors.As(err, &dns) && dns.IsNotFound:
		e.Message, e.Class = "there is no such host: look at the account and the URL", Configuration
	case errors.As(err, &certificate):
		e.Message, e.Class = "the host is not who it says", Configuration
	default:
		e.Message = "there was no reply"
	}
	return e
}

// failed is the error of a request that was answered with an error.
func failed(r *request, reply *http.Response, body []byte, now time.Time) *Error {
	f := parseFailure(body)
	e := &Error{
		Op: r.op, Target: r.target, Code: f.code, Status: reply.StatusCode, Message: hint(f.message, f.code),
		Class: classOf(reply.StatusCode, f.code), RetryAfter: retryAfter(reply.Header, now),
	}
	e.Unknown = (reply.StatusCode >= 500 || reply.StatusCode == http.StatusRequestTimeout) && !untaken[f.code]
	if e.Code == codeStalePipe && e.RetryAfter == 0 {
		e.RetryAfter = time.Second // until the service knows the new pipe
	}
	if reply.StatusCode >= 300 && reply.StatusCode < 400 {
		e.Message = "the service sends the request elsewhere, and it is not sent there: look at the account and the URL"
	}
	return e
}

// passing says that the same request may succeed later.
func (e *Error) passing() bool {
	return e.Class == Retry && e.Code != codeUncommitted || e.Code == codeStalePipe
}

// loopback says that a host is this machine.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// agentOf is how the client calls itself.
func agentOf(application, platform, language string) string {
	agent := fmt.Sprintf("FloeSnowpipeStreaming/2.0.0 (%s) %s", platform, language)
	if application = strings.Map(printable, application); application != "" {
		agent += " (app=" + application + ")"
	}
	return agent
}

// printable leaves out what has no place in a header.
func printable(r rune) rune {
	if r < ' ' || r > '~' || r == '(' || r == ')' {
		return -1
	}
	return r
}
