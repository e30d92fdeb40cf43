package streaming_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink/snowflake/streaming"
)

var errConnection = errors.New("connection reset by peer")

// TestUnknownOutcome: where the service may have taken an append, the channel is of no more use, and opening it again tells
// from where to go on.
func TestUnknownOutcome(t *testing.T) {
	for _, tc := range []struct {
		name  string
		a     answer
		taken bool
	}{
		{"reply lost after it was taken", answer{err: errConnection, after: true}, true},
		{"reply lost before", answer{err: errConnection}, false},
		{"500", answer{status: 500, body: "oops"}, false},
		{"502 after it was taken", answer{status: 502, body: "<html>bad gateway</html>", after: true}, true},
		{"503 that asks for a retry", answer{status: 503, body: `"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"`}, false},
		{"408", answer{status: 408}, false},
		{"a reply that is none", answer{status: 200, body: "taken", after: true}, true},
		{"a reply without a token", answer{status: 200, body: "{}", after: true}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				s := newService(t)
				s.answer = nth("append", 1, tc.a)
				c := s.client(nil)
				ch := open(t, c, "P0")
				var failed error
				for i := 1; i <= 5 && failed == nil; i++ {
					failed = errors.Join(ch.AppendRow(ctx, map[string]any{"ID": i}, strconv.Itoa(i)), ch.WaitForFlush(ctx))
				}
				e := &streaming.Error{}
				if !errors.As(failed, &e) || e.Class != streaming.Reopen || !e.Unknown {
					t.Fatalf("%v", failed)
				}
				_, status := ch.Status(ctx)
				for _, err := range []error{
					ch.AppendRow(ctx, map[string]any{"ID": 9}, "9"), ch.WaitForFlush(ctx), ch.WaitForToken(ctx, "2"), status,
				} {
					if !errors.As(err, &e) || e.Class != streaming.Reopen {
						t.Errorf("%v, want class Reopen", err)
					}
				}
				if n := len(s.of("append")); n != 2 {
					t.Errorf("%d appends: one whose fate is not known was sent again", n)
				}
				ch, st, err := c.OpenChannel(ctx, "P0", "")
				if err != nil {
					t.Fatal(err)
				}
				want := "1"
				if tc.taken {
					want = "2"
				}
				if st.LatestCommittedOffsetToken == nil || *st.LatestCommittedOffsetToken != want {
					t.Fatalf("committed %v, want %s", st.LatestCommittedOffsetToken, want)
				}
				from, _ := strconv.Atoi(want)
				for i := from + 1; i <= 5; i++ {
					if err := ch.AppendRow(ctx, map[string]any{"ID": i}, strconv.Itoa(i)); err != nil {
						t.Fatal(err)
					}
				}
				if err := ch.WaitForToken(ctx, "5"); err != nil {
					t.Fatal(err)
				}
				closeClient(t, c)
				if diff := cmp.Diff([]string{`{"ID":1}`, `{"ID":2}`, `{"ID":3}`, `{"ID":4}`, `{"ID":5}`}, s.rows("P0")); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestTimeout: a request that is not answered in time has an unknown outcome.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		c := s.client(func(o *streaming.ClientOptions) { o.RequestTimeout = 10 * time.Second })
		ch := open(t, c, "P0")
		s.delay = time.Hour
		before := time.Now()
		if err := ch.AppendRow(t.Context(), map[string]any{"ID": 1}, "1"); err != nil {
			t.Fatal(err)
		}
		e := wantError(t, ch.WaitForFlush(t.Context()), streaming.Reopen, "")
		if took := time.Since(before); !e.Unknown || took != 10*time.Second {
			t.Errorf("%v after %v", e, took)
		}
		if err := c.Close(t.Context(), nil); err == nil {
			t.Error("closing answers nothing of a row that may be lost")
		}
	})
}

// TestRepeated: what the service has not taken for sure is sent again, on the same continuation token.
func TestRepeated(t *testing.T) {
	busy := func(status int, body string) func(int) *answer {
		return func(n int) *answer {
			if n < 20 {
				return &answer{status: status, body: body}
			}
			return nil
		}
	}
	for _, tc := range []struct {
		name  string
		a     func(n int) *answer
		tries int
		least time.Duration
	}{
		{"429", busy(429, `{"code":"390701","message":"Request rate exceeds max. request rate."}`), 21, time.Minute},
		{"429 without a code", busy(429, ""), 21, time.Minute},
		{"503 ReceiverSaturated", busy(503, `{"error_code":"ReceiverSaturated","message":"busy"}`), 21, time.Minute},
		{"503 MemoryThresholdExceeded", busy(503, `"MemoryThresholdExceeded"`), 21, time.Minute},
		{"503 HttpRetryableClientError", busy(503, "HttpRetryableClientError"), 21, time.Minute},
		{"429 MEMORY_THRESHOLD_EXCEEDED_IN_CONTAINER", busy(429, `{"code":"MEMORY_THRESHOLD_EXCEEDED_IN_CONTAINER"}`), 21, time.Minute},
		{"Retry-After", func(n int) *answer {
			if n == 0 {
				return &answer{status: 429, header: http.Header{"Retry-After": {"1000"}}}
			}
			return nil
		}, 2, 1000 * time.Second},
		{"not connected", func(n int) *answer {
			if n < 3 {
				return &answer{err: errConnection, unread: true}
			}
			return nil
		}, 4, 500 * time.Millisecond},
		{"401", func(n int) *answer {
			if n == 0 {
				return &answer{status: 401, body: `{"code":"390303","message":"Invalid OAuth access token."}`}
			}
			return nil
		}, 2, 0},
		{"expired, three times", func(n int) *answer {
			if n < 3 {
				return &answer{status: 401, body: `{"code":"390318","message":"OAuth access token expired."}`}
			}
			return nil
		}, 4, 0},
		{"403", func(n int) *answer {
			if n == 0 {
				return &answer{status: 403}
			}
			return nil
		}, 2, 0},
		{"200 that is a refusal for lack of room", func(n int) *answer {
			if n == 0 {
				return &answer{status: 200, body: `{"status_code":"ReceiverSaturated","message":"busy"}`}
			}
			return nil
		}, 2, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				s.answer = func(c call) *answer {
					if c.op != "append" {
						return nil
					}
					return tc.a(c.n)
				}
				c := s.client(nil)
				ch := open(t, c, "P0")
				before := time.Now()
				if err := ch.AppendRow(t.Context(), map[string]any{"ID": 1}, "1"); err != nil {
					t.Fatal(err)
				}
				if err := ch.WaitForFlush(t.Context()); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(before); took < tc.least {
					t.Errorf("it took %v, want %v at least", took, tc.least)
				}
				s.mu.Lock()
				tries := s.counts["append"]
				s.mu.Unlock()
				if tries != tc.tries {
					t.Errorf("%d tries, want %d", tries, tc.tries)
				}
				for _, call := range s.of("append") {
					if got := call.query.Get("continuationToken"); got != "1_0" {
						t.Errorf("continuation token %q", got)
					}
				}
				closeClient(t, c)
				if got := s.rows("P0"); len(got) != 1 {
					t.Errorf("rows: %q", got)
				}
			})
		})
	}
}

// TestGivenUp: what fails for longer than RetryTimeout without a reply ends the channel; a token that is refused twice, too.
func TestGivenUp(t *testing.T) {
	for _, tc := range []struct {
		name    string
		a       answer
		class   streaming.Class
		unknown bool
		tries   int
	}{
		{"not connected", answer{err: errConnection, unread: true}, streaming.Reopen, false, 0},
		{"401", answer{status: 401, body: `{"code":"390303","message":"Invalid OAuth access token."}`}, streaming.Configuration, false, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				s.answer = func(c call) *answer {
					if c.op == "append" {
						return &tc.a
					}
					return nil
				}
				c := s.client(func(o *streaming.ClientOptions) { o.RetryTimeout = 30 * time.Second })
				ch := open(t, c, "P0")
				before := time.Now()
				if err := ch.AppendRow(t.Context(), map[string]any{"ID": 1}, "1"); err != nil {
					t.Fatal(err)
				}
				var e *streaming.Error
				if err := ch.WaitForFlush(t.Context()); !errors.As(err, &e) || e.Class != tc.class || e.Unknown != tc.unknown {
					t.Fatalf("%v", err)
				}
				if took := time.Since(before); took > time.Minute {
					t.Errorf("it took %v", took)
				}
				if n := s.counts["append"]; tc.tries > 0 && n != tc.tries {
					t.Errorf("%d tries, want %d", n, tc.tries)
				}
				err := c.Close(t.Context(), nil)
				if !errors.As(err, &e) || !strings.Contains(err.Error(), "bytes of rows were not accepted") {
					t.Errorf("close: %v", err)
				}
			})
		})
	}
}

// TestTooLarge: a request that the service finds too large is cut, later ones are smaller, and grow again.
func TestTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		small := true
		s.answer = func(c call) *answer { return nil }
		inner := http.RoundTripper(s)
		limit := roundTripper(func(req *http.Request) (*http.Response, error) {
			if small && req.ContentLength > 100_000 {
				io.Copy(io.Discard, req.Body)
				req.Body.Close()
				return &http.Response{StatusCode: 413, Body: http.NoBody, Request: req}, nil
			}
			return inner.RoundTrip(req)
		})
		c := s.client(func(o *streaming.ClientOptions) {
			o.HTTPClient, o.Compression = &http.Client{Transport: limit}, streaming.Uncompressed
			o.UncompressedBytes, o.FlushInterval = 1_000_000, time.Hour
		})
		ch := open(t, c, "P0")
		id := 0
		appendRows := func(n int) {
			for range n {
				if err := ch.AppendRow(t.Context(), map[string]any{"ID": id, "NOTE": strings.Repeat("x", 1000)}, strconv.Itoa(id)); err != nil {
					t.Fatal(err)
				}
				id++
			}
			if err := ch.WaitForFlush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		appendRows(900)
		small = false
		appendRows(900)
		for range 40 {
			appendRows(900)
		}
		closeClient(t, c)
		if got := s.rows("P0"); len(got) != id {
			t.Fatalf("%d rows, want %d", len(got), id)
		}
		for i, row := range s.rows("P0") {
			if !strings.HasPrefix(row, `{"ID":`+strconv.Itoa(i)+`,`) {
				t.Fatalf("row %d is %.40s", i, row)
			}
		}
		calls := s.of("append")
		if last := calls[len(calls)-1].wire; last < 800_000 {
			t.Errorf("the last request has %d bytes: it has not grown again", last)
		}
	})
}

// TestTooLargeForGood: one append that the service finds too large cannot be cut.
func TestTooLargeForGood(t *testing.T) {
	s := newService(t)
	s.answer = nth("append", 0, answer{status: 413})
	c := s.client(nil)
	ch := open(t, c, "P0")
	if err := ch.AppendRow(context.Background(), map[string]any{"ID": 1}, "1"); err != nil {
		t.Fatal(err)
	}
	wantError(t, ch.WaitForFlush(context.Background()), streaming.Configuration, "")
	if err := c.Close(context.Background(), nil); err == nil {
		t.Error("closing answers nothing of a row that was not accepted")
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return r(req) }

// TestNoReply: what is known of a failure without a reply is said, and no token with it.
func TestNoReply(t *testing.T) {
	for _, tc := range []struct {
		name  string
		err   error
		class streaming.Class
		want  string
	}{
		{"no such host any more", &net.DNSError{Err: "no such host", Name: "ingest.example.com", IsNotFound: true}, streaming.Reopen, "no such host"},
		{"a bad certificate", &tls.CertificateVerificationError{Err: errors.New("signed by nobody")}, streaming.Configuration, "signed by nobody"},
		{"reset", errConnection, streaming.Reopen, "there was no reply"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				s.answer = func(c call) *answer {
					if c.op == "append" {
						return &answer{err: tc.err, unread: true}
					}
					return nil
				}
				c := s.client(nil)
				ch := open(t, c, "P0")
				if err := ch.AppendRow(t.Context(), map[string]any{"ID": 1}, "offset-token"); err != nil {
					t.Fatal(err)
				}
				err := ch.WaitForFlush(t.Context())
				wantError(t, err, tc.class, "")
				if !errors.Is(err, tc.err) || !strings.Contains(err.Error(), tc.want) {
					t.Error(err)
				}
				for _, secret := range []string{"1_0", "offset-token", "scoped1", "Token="} {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("%q is in %v", secret, err)
					}
				}
				if err := c.Close(t.Context(), &streaming.CloseOptions{NoFlush: true}); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestCallGivenUp: a call whose context is done answers that, and is not repeated.
func TestCallGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		c := s.client(nil)
		ch := open(t, c, "P0")
		s.delay = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, opened := c.OpenChannel(ctx, "P1", "")
		_, statuses := c.ChannelStatuses(ctx, "P1")
		_, token := ch.LatestCommittedOffsetToken(ctx)
		for i, err := range []error{opened, statuses, token, c.DropChannel(ctx, "P1", nil)} {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("call %d: %v", i, err)
			}
		}
		s.delay = 0
		if token, err := ch.LatestCommittedOffsetToken(t.Context()); token != nil || err != nil {
			t.Errorf("%v, %v", token, err)
		}
		if _, err := open(t, c, "P2").Status(t.Context()); err != nil {
			t.Error(err)
		}
		delete(s.channels, "P0")
		_, err := ch.Status(t.Context())
		wantError(t, err, streaming.Reopen, "ERR_CHANNEL_DOES_NOT_EXIST_OR_IS_NOT_AUTHORIZED")
		closeClient(t, c)
	})
}
