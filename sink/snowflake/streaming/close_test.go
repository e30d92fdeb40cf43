package streaming_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/floedata/floe/sink/snowflake/streaming"
)

// TestClose: closing sends what is there, for as long as it may take, and then nothing is left running: a bubble whose
// goroutines do not end fails.
func TestClose(t *testing.T) {
	for _, tc := range []struct {
		name    string
		opts    *streaming.CloseOptions
		delay   time.Duration
		took    time.Duration
		rows    int
		problem string
	}{
		{"it flushes", nil, 10 * time.Second, 10 * time.Second, 1, ""},
		{"for 60 s", nil, time.Hour, time.Minute, 0, "bytes of rows were not accepted"},
		{"for as long as is said", &streaming.CloseOptions{Timeout: time.Second}, time.Hour, time.Second, 0, "bytes of rows were not accepted"},
		{"without bound", &streaming.CloseOptions{Timeout: -1}, 50 * time.Minute, 50 * time.Minute, 1, ""},
		{"without a flush", &streaming.CloseOptions{NoFlush: true}, time.Hour, 0, 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				c := s.client(func(o *streaming.ClientOptions) { o.FlushInterval, o.RequestTimeout = 24*time.Hour, 2*time.Hour })
				ch := open(t, c, "P0")
				other := open(t, c, "P1")
				s.delay = tc.delay
				if err := ch.AppendRow(t.Context(), map[string]any{"ID": 1}, "1"); err != nil {
					t.Fatal(err)
				}
				waited := make(chan error, 1)
				go func() { waited <- other.WaitForCommit(context.Background(), func(*string) bool { return false }) }()
				synctest.Wait()
				before := time.Now()
				err := c.Close(t.Context(), tc.opts)
				if tc.problem == "" && err != nil || tc.problem != "" && (err == nil || !strings.Contains(err.Error(), tc.problem)) {
					t.Errorf("close: %v", err)
				}
				if took := time.Since(before); took != tc.took {
					t.Errorf("it took %v, want %v", took, tc.took)
				}
				if err := <-waited; !errors.Is(err, streaming.ErrClosed) {
					t.Errorf("who waits for a commit gets %v", err)
				}
				if got := len(s.rows("P0")); got != tc.rows {
					t.Errorf("%d rows, want %d", got, tc.rows)
				}
				closed(t, c, ch)
			})
		})
	}
}

// closed checks what is left of a client that is closed, and of a channel of it.
func closed(t *testing.T, c *streaming.Client, ch *streaming.Channel) {
	t.Helper()
	ctx := context.Background()
	_, _, opened := c.OpenChannel(ctx, "P0", "")
	_, statuses := c.ChannelStatuses(ctx, "P0")
	_, tokens := c.LatestCommittedOffsetTokens(ctx, "P0")
	_, status := ch.Status(ctx)
	for i, err := range []error{
		opened, statuses, tokens, status, c.DropChannel(ctx, "P0", nil), c.WaitForFlush(ctx), c.ElasticChannel().AppendRow(ctx, map[string]any{"ID": 1}),
		ch.AppendRow(ctx, map[string]any{"ID": 1}, "2"), ch.WaitForFlush(ctx), ch.WaitForCommit(ctx, func(*string) bool { return false }),
	} {
		if !errors.Is(err, streaming.ErrClosed) {
			t.Errorf("call %d after Close: %v", i, err)
		}
	}
	if err := errors.Join(c.Close(ctx, nil), ch.Close(ctx, nil)); err != nil {
		t.Errorf("Close again: %v", err)
	}
	if !c.IsClosed() || !ch.IsClosed() {
		t.Error("IsClosed is false")
	}
	if got := c.Name() + " " + c.Database() + " " + c.Schema() + " " + c.Pipe() + " " + ch.Name(); got != "test DB PUBLIC EVENTS-STREAMING P0" {
		t.Error(got)
	}
	ch.InitiateFlush()
	c.InitiateFlush()
}

// TestCloseChannel: a channel that is closed stays at the service, unless it is dropped, and the client goes on.
func TestCloseChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		c := s.client(func(o *streaming.ClientOptions) { o.FlushInterval = time.Hour })
		kept, dropped, given := open(t, c, "KEPT"), open(t, c, "DROPPED"), open(t, c, "GIVEN_UP")
		for _, ch := range []*streaming.Channel{kept, dropped, given} {
			if err := ch.AppendRow(t.Context(), map[string]any{"ID": 1}, "1"); err != nil {
				t.Fatal(err)
			}
		}
		for _, err := range []error{
			kept.Close(t.Context(), nil), dropped.Close(t.Context(), &streaming.ChannelCloseOptions{Drop: true}),
			given.Close(t.Context(), &streaming.ChannelCloseOptions{NoFlush: true}),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		tokens, err := c.LatestCommittedOffsetTokens(t.Context(), "KEPT", "dropped", "GIVEN_UP")
		if err != nil || len(tokens) != 3 || tokens["KEPT"] == nil || *tokens["KEPT"] != "1" || tokens["dropped"] != nil || tokens["GIVEN_UP"] != nil {
			t.Errorf("%v, %v", tokens, err)
		}
		if err := kept.AppendRow(t.Context(), map[string]any{"ID": 2}, "2"); !errors.Is(err, streaming.ErrClosed) {
			t.Errorf("%v", err)
		}
		if ch, status, err := c.OpenChannel(t.Context(), "KEPT", "0"); err != nil || *status.LatestCommittedOffsetToken != "1" || ch.IsClosed() {
			t.Errorf("%+v, %v", status, err)
		}
		closeClient(t, c)
	})
}

// TestDropFails: a channel whose dropping failed can be closed again.
func TestDropFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.answer = nth("drop", 0, answer{status: 400, body: `{"code":"NO","message":"not today"}`})
		c := s.client(nil)
		ch := open(t, c, "P0")
		drop := &streaming.ChannelCloseOptions{Drop: true}
		wantError(t, ch.Close(t.Context(), drop), streaming.Configuration, "NO")
		if err := ch.Close(t.Context(), drop); err != nil {
			t.Error(err)
		}
		if n := len(s.channels); n != 0 {
			t.Errorf("%d channels are left", n)
		}
		s.answer = nth("drop", 2, answer{status: 404, body: `{"error_code":"ERR_CHANNEL_DOES_NOT_EXIST_OR_IS_NOT_AUTHORIZED","message":"gone"}`})
		if err := c.DropChannel(t.Context(), "P9", nil); err != nil {
			t.Errorf("a channel that is not there: %v", err)
		}
		closeClient(t, c)
	})
}
