package snowflaketest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// exchange is one call: request and reply.
type exchange struct {
	http.ResponseWriter
	*http.Request
	body   []byte // of calls of the API, decompressed
	effect Effect // what a fault changes of a call that is carried out
	call   *Call
	calls  *calls
}

// Header is the reply's: requests have one too.
func (x *exchange) Header() http.Header { return x.ResponseWriter.Header() }

// Write writes to the reply: requests can be written too.
func (x *exchange) Write(p []byte) (int, error) { return x.ResponseWriter.Write(p) }

func (x *exchange) note(change func(*Call)) { x.calls.edit(func() { change(x.call) }) }

// maxBody bounds the bodies of calls, compressed or not: Snowflake takes statements of 1 MB, and binds beside them.
const maxBody = 256 << 20

// read reads the body of a call of the API.
func (x *exchange) read() error {
	body := x.Body
	if x.Request.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			return fmt.Errorf("body: %w", err)
		}
		body = z
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(body, maxBody+1)); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if b.Len() > maxBody {
		return fmt.Errorf("body: more than %d bytes", maxBody)
	}
	x.body = b.Bytes()
	return nil
}

// noting notes the status of a reply in the log of calls.
type noting struct {
	http.ResponseWriter
	x *exchange
}

func (w *noting) WriteHeader(status int) {
	w.x.note(func(c *Call) { c.Status = status })
	w.ResponseWriter.WriteHeader(status)
}

func (w *noting) Write(p []byte) (int, error) {
	w.x.note(func(c *Call) {
		if c.Status == 0 {
			c.Status = http.StatusOK
		}
	})
	return w.ResponseWriter.Write(p)
}

// unheard drops a reply.
type unheard struct{ header http.Header }

func (w *unheard) Header() http.Header         { return w.header }
func (w *unheard) Write(p []byte) (int, error) { return len(p), nil }
func (w *unheard) WriteHeader(int)             {}

// answer writes an HTTP status and a body.
func (x *exchange) answer(status int, body string) {
	kind := "text/plain; charset=utf-8"
	if json.Valid([]byte(body)) {
		kind = "application/json"
	}
	x.Header().Set("Content-Type", kind)
	x.WriteHeader(status)
	_, _ = io.WriteString(x, body) // the client may be gone
}
