package streaming_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/floedata/floe/sink/snowflake/streaming"
)

// codes are those that the service is known to answer, with a status that they came with, and what to do about them: for a
// call in general, and for an append, after which the channel is of no more use.
var codes = []struct {
	code   string
	status int
	open   streaming.Class
	append streaming.Class
	waits  bool // opening, and so on, is tried again for a while
}{
	{"STALE_CONTINUATION_TOKEN_SEQUENCER", 400, streaming.Reopen, streaming.Reopen, false},
	{"STALE_CONTINUATION_TOKEN_SEQUENCER", 409, streaming.Reopen, streaming.Reopen, false},
	{"ERR_CHANNEL_HAS_INVALID_ROW_SEQUENCER", 409, streaming.Reopen, streaming.Reopen, false},
	{"ERR_CHANNEL_HAS_INVALID_CLIENT_SEQUENCER", 400, streaming.Reopen, streaming.Reopen, false},
	{"ERR_CHANNEL_MUST_BE_REOPENED", 409, streaming.Reopen, streaming.Reopen, false},
	{"ERR_CHANNEL_MUST_BE_REOPENED_DUE_TO_ROW_SEQ_GAP", 400, streaming.Reopen, streaming.Reopen, false},
	{"ERR_CHANNEL_DOES_NOT_EXIST_OR_IS_NOT_AUTHORIZED", 404, streaming.Reopen, streaming.Reopen, false},
	{"STALE_PIPE_CACHE", 400, streaming.Reopen, streaming.Reopen, true},
	{"ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED", 404, streaming.Configuration, streaming.Configuration, false},
	{"ERR_DATABASE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED", 404, streaming.Configuration, streaming.Configuration, false},
	{"ERR_TABLE_DOES_NOT_EXIST_NOT_AUTHORIZED", 404, streaming.Configuration, streaming.Configuration, false},
	{"ERR_PIPE_IN_INVALID_STATE", 409, streaming.Configuration, streaming.Configuration, false},
	{"ERR_OPEN_CHANNEL_IN_PROGRESS", 409, streaming.Retry, streaming.Reopen, true},
	{"ERR_CHANNEL_HAS_UNCOMMITTED_DATA", 409, streaming.Retry, streaming.Reopen, false},
	{"ERR_GENERAL_EXCEPTION_RETRY_REQUEST", 500, streaming.Retry, streaming.Reopen, true},
	{"ERR_GENERAL_EXCEPTION_RETRY_REQUEST", 503, streaming.Retry, streaming.Reopen, true},
	{"391902", 400, streaming.Configuration, streaming.Configuration, false},
	{"SfApiPipeFailedOverError", 410, streaming.Rebuild, streaming.Rebuild, false},
	{"390303", 401, streaming.Configuration, streaming.Configuration, false},
	{"390303", 403, streaming.Configuration, streaming.Configuration, false},
	{"ERR_OF_TOMORROW", 400, streaming.Configuration, streaming.Configuration, false},
	{"ERR_OF_TOMORROW", 409, streaming.Reopen, streaming.Reopen, false},
	{"ERR_OF_TOMORROW", 410, streaming.Rebuild, streaming.Rebuild, false},
	{"ERR_OF_TOMORROW", 500, streaming.Retry, streaming.Reopen, true},
}

// TestCodes holds every row of the table against opening a channel and against an append, in each shape of a reply.
func TestCodes(t *testing.T) {
	for i, tc := range codes {
		body := fmt.Sprintf([]string{
			`{"code":%q,"message":"because"}`, `{"error_code":%q,"message":"because"}`, `%q`, `%s`,
		}[i%4], tc.code)
		a := answer{status: tc.status, body: body}
		t.Run(fmt.Sprintf("%s status=%d", tc.code, tc.status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				c := s.client(nil)
				ch := open(t, c, "P0")
				s.answer = func(c call) *answer {
					if c.op == "open" || c.op == "append" {
						return &a
					}
					return nil
				}
				before := time.Now()
				_, _, err := c.OpenChannel(t.Context(), "P1", "")
				e := wantError(t, err, tc.open, tc.code)
				if e.Status != tc.status || e.Op != "open channel" || e.Target != "P1" {
					t.Errorf("%+v", e)
				}
				if waited := time.Since(before) > 0; waited != tc.waits {
					t.Errorf("it was tried again: %v, want %v", waited, tc.waits)
				}
				if tc.open == streaming.Rebuild {
					for _, err := range []error{
						ch.AppendRow(t.Context(), map[string]any{"ID": 1}, "1"), ch.WaitForFlush(t.Context()), c.WaitForFlush(t.Context()),
						c.DropChannel(t.Context(), "P0", nil),
					} {
						wantError(t, err, streaming.Rebuild, tc.code)
					}
					closeClient(t, c)
					return
				}
				if err := ch.AppendRow(t.Context(), map[string]any{"ID": 1}, "1"); err != nil {
					t.Fatal(err)
				}
				wantError(t, ch.WaitForFlush(t.Context()), tc.append, tc.code)
				if err := c.Close(t.Context(), nil); err == nil {
					t.Error("closing answers nothing of a row that was not accepted")
				}
			})
		})
	}
}

// TestOpen: what opening a channel does beyond sending the request.
func TestOpen(t *testing.T) {
	t.Run("in progress", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newService(t)
			s.answer = func(c call) *answer {
				if c.op == "open" && c.n < 4 {
					return &answer{status: 409, body: `{"code":"ERR_OPEN_CHANNEL_IN_PROGRESS","message":"another"}`}
				}
				return nil
			}
			c := s.client(nil)
			before := time.Now()
			open(t, c, "P0")
			if took := time.Since(before); took < 2*time.Second || took > time.Minute {
				t.Errorf("four tries in %v", took)
			}
			closeClient(t, c)
		})
	})
	t.Run("200 with a bad code", func(t *testing.T) {
		s := newService(t)
		c := s.client(nil)
		for i, tc := range []struct {
			status string
			class  streaming.Class
		}{
			{"ERR_PIPE_IN_INVALID_STATE", streaming.Configuration},
			{"ERR_CHANNEL_MUST_BE_REOPENED", streaming.Reopen},
			{"ERR_OF_TOMORROW", streaming.Reopen},
		} {
			s.answer = nth("open", i, answer{status: 200, body: fmt.Sprintf(`{"next_continuation_token":"1","channel_status":{"channel_status_code":%q}}`, tc.status)})
			ch, status, err := c.OpenChannel(t.Context(), "P0", "")
			wantError(t, err, tc.class, tc.status)
			if ch != nil || status.Code != tc.status {
				t.Errorf("%v, %+v", ch, status)
			}
		}
		closeClient(t, c)
	})
	t.Run("200 that cannot be read", func(t *testing.T) {
		for _, body := range []string{"", "{}", "[]", `{"channel_status":{"channel_status_code":"SUCCESS"}}`, `{"next_continuation_token":"1"}`} {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				s.answer = func(c call) *answer {
					if c.op == "open" && c.n < 3 || c.op == "status" {
						return &answer{status: 200, body: body}
					}
					return nil
				}
				c := s.client(nil)
				open(t, c, "P0")
				_, err := c.ChannelStatuses(t.Context(), "P0")
				wantError(t, err, streaming.Retry, "")
				closeClient(t, c)
			})
		}
	})
	t.Run("the flag", func(t *testing.T) {
		s := newService(t)
		c := s.client(nil)
		if _, _, err := c.OpenChannelWith(t.Context(), "p0", streaming.OpenOptions{OffsetToken: "7", FailOnUncommittedRows: true}); err != nil {
			t.Fatal(err)
		}
		open(t, c, "P1")
		calls := s.of("open")
		if got := string(calls[0].body); got != `{"offset_token":"7","fail_on_uncommitted_rows":true}` || calls[0].channel != "P0" {
			t.Errorf("%s to %s", got, calls[0].channel)
		}
		if got := string(calls[1].body); got != `{}` {
			t.Error(got)
		}
		closeClient(t, c)
	})
	t.Run("bad names", func(t *testing.T) {
		s := newService(t)
		c := s.client(nil)
		for _, name := range []string{"", ".", "..", "\xff"} {
			_, _, err := c.OpenChannel(t.Context(), name, "")
			wantError(t, err, streaming.Configuration, "")
			wantError(t, c.DropChannel(t.Context(), name, nil), streaming.Configuration, "")
		}
		closeClient(t, c)
	})
}

// TestFenced: who opens a channel takes it from whoever had it, in this client and in others.
func TestFenced(t *testing.T) {
	s := newService(t)
	first, second := s.client(nil), s.client(nil)
	old := open(t, first, "P0")
	here := open(t, first, "P0")
	if err := old.AppendRow(t.Context(), map[string]any{"ID": 1}, "1"); err == nil {
		t.Error("a channel that was opened again in the same client takes rows")
	} else {
		wantError(t, err, streaming.Reopen, "")
	}
	there := open(t, second, "P0")
	if err := here.AppendRow(t.Context(), map[string]any{"ID": 2}, "2"); err != nil {
		t.Fatal(err)
	}
	wantError(t, here.WaitForFlush(t.Context()), streaming.Reopen, "STALE_CONTINUATION_TOKEN_SEQUENCER")
	if err := there.AppendRow(t.Context(), map[string]any{"ID": 3}, "3"); err != nil {
		t.Fatal(err)
	}
	if err := there.WaitForToken(t.Context(), "3"); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(t.Context(), nil); err == nil || errors.Is(err, streaming.ErrClosed) {
		t.Errorf("close of the one that was fenced: %v", err)
	}
	closeClient(t, second)
	if rows := s.rows("P0"); len(rows) != 1 || rows[0] != `{"ID":3}` {
		t.Errorf("%q", rows)
	}
}
