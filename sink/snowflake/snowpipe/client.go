package snowpipe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink/snowflake/internal/auth"
)

// ClientOptions are read once, by [NewClient]. nil and the zero value are the defaults.
type ClientOptions struct {
	// HTTPClient makes the calls. Default: http.DefaultClient.
	HTTPClient *http.Client
	// Retry is how often and after which waits a call is tried again that may succeed then. Its zero value is that of
	// package retry: 3 retries, the first after 1 s. Negative Retries: none.
	Retry retry.Policy
	// Timeout bounds one try of a call. Default: 1 min.
	Timeout time.Duration
	// HistoryInterval is how long after one call of loadHistoryScan the next one is made: Snowflake bounds their rate so that
	// each entry of the history can be read a handful of times. Default: 5 s; negative: no wait.
	HistoryInterval time.Duration
	// UserAgent names the program in Snowflake's logs. Default: "Floe".
	UserAgent string
}

// Client speaks for one pipe. It is safe for concurrent use.
type Client struct {
	pipe        Name
	base        string // of addresses: up to the pipe's name, with a slash behind that
	credentials auth.Credentials
	opts        ClientOptions

	mu      sync.Mutex
	scanned time.Time // when loadHistoryScan was called last
}

// NewClient returns a client of a pipe. It asks Snowflake nothing. All faults come together as a *config.Error.
func NewClient(cfg Config, pipe Name, opts *ClientOptions) (*Client, error) {
	var f config.Faults
	c := &Client{pipe: pipe, base: cfg.address(&f) + "/v1/data/pipes/" + pipe.path() + "/"}
	if opts != nil {
		c.opts = *opts
	}
	set(&c.opts.HTTPClient, http.DefaultClient)
	set(&c.opts.Timeout, time.Minute)
	set(&c.opts.HistoryInterval, 5*time.Second)
	set(&c.opts.UserAgent, "Floe")
	if c.opts.Timeout < 0 {
		f.Add("ClientOptions.Timeout", "%v is negative: leave it 0 for a minute", c.opts.Timeout)
	}
	for _, part := range []struct{ field, value string }{{"Database", pipe.Database}, {"Schema", pipe.Schema}, {"Object", pipe.Object}} {
		if part.value == "" {
			f.Add("pipe."+part.field, "is empty: Snowpipe's REST knows pipes by their whole names")
		}
	}
	c.credentials = cfg.credentials(&f)
	if err := f.Err("snowpipe.NewClient"); err != nil {
		return nil, err
	}
	return c, nil
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Pipe returns the name of the client's pipe.
func (c *Client) Pipe() Name { return c.pipe }

// most is how much of an answer is read: a report of 10,000 files is of a few megabytes.
const most = 64 << 20

// call makes a call, again where that may help, and has its answer read. The request id is that of all tries.
func (c *Client) call(ctx context.Context, op string, query url.Values, body any, read func([]byte) error) error {
	query.Set("requestId", uuid.NewString())
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("snowpipe: %s: %w", op, err)
		}
	}
	renewed := false
	err := c.opts.Retry.Do(ctx, func(ctx context.Context, _ int) error {
		for {
			token, err := c.credentials.Token(ctx)
			if err != nil {
				return err
			}
			answer, err := c.try(ctx, op, query, text, token)
			if refused := (*Error)(nil); !renewed && errors.As(err, &refused) && refused.Status == http.StatusUnauthorized {
				renewed = c.credentials.Refused(token) // its time may be over by the service's clock
				if renewed {
					continue
				}
			}
			if err == nil {
				err = read(answer)
			}
			return err
		}
	}, nil)
	if err != nil {
		return fmt.Errorf("snowpipe: %s of pipe %s: %w", op, c.pipe.plain(), err)
	}
	return nil
}

// try makes a call once.
func (c *Client) try(ctx context.Context, op string, query url.Values, body []byte, token auth.Token) ([]byte, error) {
	within, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(within, method, c.base+op+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	token.Set(req.Header)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.opts.UserAgent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.opts.HTTPClient.Do(req)
	if err != nil {
		return nil, lost(ctx, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case resp.StatusCode != http.StatusOK:
		return nil, refusal(resp, answer)
	case err != nil:
		return nil, lost(ctx, err)
	case len(answer) > most:
		return nil, fmt.Errorf("the answer is longer than %d bytes", most)
	}
	return answer, nil
}

// lost classifies an error of the connection: what became of the call is unknown, and it may be made again. The caller's
// own context being done is no such error.
func lost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return retry.Transient(err)
}

// refusal makes an error of an answer that is no success.
func refusal(resp *http.Response, body []byte) error {
	e := parseError(body)
	e.Status = resp.StatusCode
	if seconds, err := strconv.Atoi(strings.TrimSpace(resp.Header.Get("Retry-After"))); err == nil && seconds > 0 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	return e.classified()
}
