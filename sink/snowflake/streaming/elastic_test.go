package streaming_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink/snowflake/streaming"
)

// lines returns what came by elastic appends that were answered well.
func (s *service) lines() []string {
	var lines []string
	for _, call := range s.of("elastic") {
		for line := range strings.Lines(string(call.body)) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

// TestElastic: rows of calls at the same time go together, and those of a large call in several requests.
func TestElastic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		defer mem.AssertSize(t, 0)
		s := newService(t)
		c := s.client(func(o *streaming.ClientOptions) { o.UncompressedBytes, o.BufferedBytes = 10_000, 20_000 })
		e := c.ElasticChannel()
		if e != c.ElasticChannel() {
			t.Error("there are two elastic channels")
		}
		s.delay = time.Second
		var want []string
		var calls sync.WaitGroup
		for i := range 100 {
			want = append(want, fmt.Sprintf(`{"ID":%d}`, i))
			calls.Go(func() {
				if err := e.AppendRow(t.Context(), map[string]any{"ID": i}); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		if n := len(s.of("elastic")); n > 16 {
			t.Errorf("%d requests for 100 calls at the same time", n)
		}
		lengths := make([]int, 200)
		for i := range lengths {
			lengths[i] = 300
			want = append(want, line(int64(1000+i), 300))
		}
		rec := record(mem, 1000, lengths...)
		if err := e.AppendRecord(t.Context(), rec); err != nil {
			t.Error(err)
		}
		rec.Release()
		var rows []map[string]any
		for i := range 100 {
			rows = append(rows, map[string]any{"NOTE": strings.Repeat("y", 900), "ID": i})
			want = append(want, fmt.Sprintf(`{"ID":%d,"NOTE":"%s"}`, i, strings.Repeat("y", 900)))
		}
		if err := e.AppendRows(t.Context(), rows); err != nil {
			t.Error(err)
		}
		closeClient(t, c)
		got := s.lines()
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rows (-want +got):\n%.1000s", diff)
		}
		for _, call := range s.of("elastic") {
			if len(call.body) > 10_000 {
				t.Errorf("a request of %d bytes", len(call.body))
			}
			for _, key := range []string{"continuationToken", "startOffsetToken", "endOffsetToken", "offsetToken"} {
				if call.query.Has(key) {
					t.Errorf("the request has a %s", key)
				}
			}
		}
	})
}

// TestElasticPath: a custom pipe has an elastic channel, the default pipe of a table is the table's.
func TestElasticPath(t *testing.T) {
	for pipe, want := range map[string]string{
		"loader": "/v2/streaming/data/databases/D/schemas/S/pipes/LOADER/channels/ELASTIC/rows", "my events-streaming": "/v2/streaming/data/databases/D/schemas/S/tables/my%20events/rows",
	} {
		s := newService(t)
		o := s.options()
		var paths []string
		o.HTTPClient = &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			paths = append(paths, req.URL.EscapedPath())
			return s.RoundTrip(req)
		})}
		c, err := streaming.NewClient(t.Context(), "test", "d", "s", pipe, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.ElasticChannel().AppendRow(t.Context(), map[string]any{"ID": 1}); err != nil {
			t.Fatal(err)
		}
		closeClient(t, c)
		if got := paths[len(paths)-1]; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestElasticRetries: what failed for a while is sent again under the same id; what was refused is not.
func TestElasticRetries(t *testing.T) {
	for _, tc := range []struct {
		name  string
		a     answer
		class streaming.Class
		code  string
		tries int // that fail, 0 = all
	}{
		{"reply lost", answer{err: errConnection, after: true}, 0, "", 3},
		{"503", answer{status: 503, body: `"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"`}, 0, "", 3},
		{"429", answer{status: 429}, 0, "", 3},
		{"400", answer{status: 400, body: `{"code":"ERR_BAD_ROWS","message":"not JSON"}`}, streaming.Configuration, "ERR_BAD_ROWS", 0},
		{"200 with a code", answer{status: 200, body: `{"code":"ERR_PIPE_IN_INVALID_STATE","message":"no"}`}, streaming.Configuration, "ERR_PIPE_IN_INVALID_STATE", 0},
		{"410", answer{status: 410}, streaming.Rebuild, "", 0},
		{"500 for good", answer{status: 500}, streaming.Retry, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				s.answer = func(c call) *answer {
					if c.op == "elastic" && (tc.tries == 0 || c.n < tc.tries) {
						return &tc.a
					}
					return nil
				}
				c := s.client(nil)
				err := c.ElasticChannel().AppendRow(t.Context(), map[string]any{"ID": 1})
				if tc.tries > 0 && err != nil {
					t.Error(err)
				} else if tc.tries == 0 {
					wantError(t, err, tc.class, tc.code)
				}
				for i, call := range s.of("elastic") {
					if got := call.query.Get("retryCount"); got != fmt.Sprint(i) {
						t.Errorf("try %d has retryCount %s", i, got)
					}
					if got, want := call.query.Get("requestId"), s.of("elastic")[0].query.Get("requestId"); got != want || got == "" {
						t.Errorf("try %d has another id", i)
					}
				}
				if tc.class == streaming.Rebuild {
					wantError(t, c.ElasticChannel().AppendRow(t.Context(), map[string]any{"ID": 1}), streaming.Rebuild, "")
				}
				closeClient(t, c)
			})
		})
	}
}

// TestElasticTooLarge: a request that the service finds too large is cut; a row that does not fit is refused.
func TestElasticTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		c := s.client(func(o *streaming.ClientOptions) { o.UncompressedBytes, o.BufferedBytes = 100_000, 200_000 })
		s.delay = time.Second
		s.answer = func(c call) *answer {
			if n, _ := strconv.Atoi(c.header.Get("X-Snowflake-Uncompressed-Content-Length")); n > 30 { // three rows
				return &answer{status: 413}
			}
			return nil
		}
		var calls sync.WaitGroup
		for i := range 100 {
			calls.Go(func() {
				if err := c.ElasticChannel().AppendRow(t.Context(), map[string]any{"ID": i}); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		taken := 0
		for _, call := range s.of("elastic") {
			if len(call.body) <= 30 {
				taken += strings.Count(string(call.body), "\n")
			}
		}
		if taken != 100 {
			t.Errorf("%d rows were taken", taken)
		}
		var e *streaming.TooLargeError
		if err := c.ElasticChannel().AppendRow(t.Context(), map[string]any{"NOTE": strings.Repeat("x", 100_000)}); !errors.As(err, &e) || e.Rows != 1 {
			t.Errorf("%v", err)
		}
		closeClient(t, c)
	})
}

// TestElasticClose: closing waits for what is on its way, and who waits for it gets an answer.
func TestElasticClose(t *testing.T) {
	for _, tc := range []struct {
		name string
		opts *streaming.CloseOptions
		ok   bool
	}{
		{"flush", nil, true},
		{"for a second", &streaming.CloseOptions{Timeout: time.Second}, false},
		{"no flush", &streaming.CloseOptions{NoFlush: true}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				c := s.client(nil)
				s.delay = 10 * time.Second
				answered := make(chan error, 50)
				for i := range 50 {
					go func() { answered <- c.ElasticChannel().AppendRow(context.Background(), map[string]any{"ID": i}) }()
				}
				synctest.Wait()
				if err := c.Close(t.Context(), tc.opts); (err == nil) != (tc.ok || tc.opts.NoFlush) {
					t.Errorf("close: %v", err)
				}
				for range 50 {
					if err := <-answered; (err == nil) != tc.ok {
						t.Errorf("append: %v", err)
					}
				}
			})
		})
	}
}

// TestElasticGivenUp: a call whose context is done says that rows may have been taken.
func TestElasticGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		c := s.client(nil)
		s.delay = 10 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := c.ElasticChannel().AppendRow(ctx, map[string]any{"ID": 1})
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "may have been taken") {
			t.Errorf("%v", err)
		}
		if err := c.ElasticChannel().AppendRows(t.Context(), []map[string]any{{"ID": 2}, {"ID": func() {}}}); err == nil {
			t.Error("a value without a form is taken")
		}
		if err := c.ElasticChannel().AppendRows(t.Context(), nil); err != nil {
			t.Error(err)
		}
		closeClient(t, c)
		if got := s.lines(); len(got) != 1 {
			t.Errorf("%q", got)
		}
	})
}
