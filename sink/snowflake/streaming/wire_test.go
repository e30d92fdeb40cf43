package streaming_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// transcript is a conversation that was written down: a transport that takes its requests alone, in order, and answers as
// it says.
type transcript struct {
	tb testing.TB

	mu        sync.Mutex
	exchanges []string
}

func load(tb testing.TB, name string) *transcript {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "wire", name))
	if err != nil {
		tb.Fatal(err)
	}
	_, conversation, _ := strings.Cut(string(text), "\n") // the first line says what it is
	return &transcript{tb: tb, exchanges: strings.Split(conversation, "---\n")}
}

var (
	anyID    = regexp.MustCompile(`requestId=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	anyJWT   = regexp.MustCompile(`Bearer [\w-]+\.[\w-]+\.[\w-]+`)
	ownAgent = regexp.MustCompile(`^FloeSnowpipeStreaming/\d+\.\d+\.\d+ \(\w+ \w+\) GO/\S+ \(app=test app\)$`)
)

// RoundTrip implements http.RoundTripper.
func (t *transcript) RoundTrip(req *http.Request) (*http.Response, error) {
	var b strings.Builder
	b.WriteString(req.Method + " " + req.URL.String() + "\n")
	if agent := req.Header.Get("User-Agent"); !ownAgent.MatchString(agent) {
		t.tb.Errorf("User-Agent is %q", agent)
	}
	var keys []string
	for key := range req.Header {
		if key != "User-Agent" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		b.WriteString(key + ": " + req.Header.Get(key) + "\n")
	}
	b.WriteString("\n")
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		req.Body.Close()
		if err != nil || int64(len(body)) != req.ContentLength {
			t.tb.Errorf("%v; %d bytes, and Content-Length says %d", err, len(body), req.ContentLength)
		}
		b.WriteString(strings.TrimSuffix(string(body), "\n") + "\n")
	}
	got := anyJWT.ReplaceAllString(anyID.ReplaceAllString(b.String(), "requestId=*"), "Bearer JWT")
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.exchanges) == 0 {
		t.tb.Errorf("a request too many:\n%s", got)
		return nil, io.ErrUnexpectedEOF
	}
	want, reply, _ := strings.Cut(t.exchanges[0], "< ")
	t.exchanges = t.exchanges[1:]
	if diff := cmp.Diff(want, got); diff != "" {
		t.tb.Errorf("request (-want +got):\n%s", diff)
	}
	head, body, _ := strings.Cut(reply, "\n\n")
	lines := strings.Split(head, "\n")
	status, err := strconv.Atoi(lines[0])
	if err != nil {
		t.tb.Errorf("the transcript has no status: %q", lines[0])
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

// TestWire holds the client against conversations in the shapes that the service sends, and in those that are documented.
func TestWire(t *testing.T) {
	for _, name := range []string{"live.http", "documented.http"} {
		t.Run(name, func(t *testing.T) {
			script := load(t, name)
			ctx := context.Background()
			c, err := streaming.NewTableClient(ctx, "test", "db", "Public", "events", &streaming.ClientOptions{
				Profile:     streaming.Profile{Account: "MYORG-MY_ACCOUNT", User: "u", Role: "loader", Key: testkey.Private(), Application: "test app"},
				HTTPClient:  &http.Client{Transport: script},
				Compression: streaming.Uncompressed, FlushInterval: time.Hour,
			})
			if err != nil {
				t.Fatal(err)
			}
			ch, status, err := c.OpenChannel(ctx, "P/0 ä", "0")
			if err != nil {
				t.Fatal(err)
			}
			if got := status.LatestCommittedOffsetToken; got == nil || *got != "0" || status.Err() != nil || !status.CreatedOn.Equal(time.UnixMilli(1764000000000)) {
				t.Errorf("opened: %+v", status)
			}
			rows := []map[string]any{{"ID": 1, "NAME": "one"}, {"ID": 2, "NAME": nil}}
			if err := ch.AppendRows(ctx, rows, "a+b&c=1", "a+b&c=2"); err != nil {
				t.Fatal(err)
			}
			if err := ch.WaitForFlush(ctx); err != nil {
				t.Fatal(err)
			}
			if err := ch.AppendRow(ctx, map[string]any{"ID": 3}, ""); err != nil {
				t.Fatal(err)
			}
			if err := ch.WaitForFlush(ctx); err != nil {
				t.Fatal(err)
			}
			statuses, err := c.ChannelStatuses(ctx, "P/0 ä", "nobody")
			if err != nil {
				t.Fatal(err)
			}
			token := "a+b&c=2"
			want := streaming.ChannelStatus{
				Database: "DB", Schema: "PUBLIC", Pipe: "EVENTS-STREAMING", Channel: "P/0 ä", Code: status.Code,
				LatestCommittedOffsetToken: &token, CreatedOn: time.UnixMilli(1764000000000).UTC(),
				RowsInserted: 2, RowsParsed: 3, RowsErrorCount: 1, LastErrorOffsetTokenUpperBound: &token,
				LastErrorMessage: "NULL result in a non-nullable column", LastErrorTime: time.UnixMilli(1764000001500).UTC(),
				AverageProcessingLatency: 6300 * time.Millisecond, RefreshedOn: statuses["P/0 ä"].RefreshedOn,
			}
			if diff := cmp.Diff(map[string]streaming.ChannelStatus{"P/0 ä": want}, statuses); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
			if err := c.DropChannel(ctx, "P/0 ä", &streaming.DropOptions{FailOnUncommittedRows: true}); err != nil {
				t.Fatal(err)
			}
			if err := c.ElasticChannel().AppendRow(ctx, map[string]any{"ID": 4}); err != nil {
				t.Fatal(err)
			}
			closeClient(t, c)
			if n := len(script.exchanges); n > 0 {
				t.Errorf("%d exchanges did not take place", n)
			}
		})
	}
}
