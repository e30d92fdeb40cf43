package snowflaketest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// startStreaming starts a server with a table T (N NUMBER), and returns a client of it.
func startStreaming(t testing.TB, o snowflaketest.Options, statements ...string) (*snowflaketest.Server, *streamer) {
	t.Helper()
	srv := snowflaketest.Start(t, streamOptions(o))
	for _, s := range append([]string{"CREATE TABLE T (N NUMBER(38,0))"}, statements...) {
		if err := srv.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return srv, newStreamer(t, srv)
}

const manual = -1 // StreamingDelay: CommitStreaming commits

// TestStreaming holds the way of rows: open, append, commit, and SELECT.
func TestStreaming(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{})
	db := open(t, srv)
	token, st := s.open("T-STREAMING", "C")
	if st["channel_status_code"] != "SUCCESS" || st["last_committed_offset_token"] != nil || st["pipe_name"] != "T-STREAMING" {
		t.Errorf("a new channel is %v", st)
	}
	token = s.mustAppend("T-STREAMING", "C", token, "1", numbers(0, 10))
	s.mustAppend("T-STREAMING", "C", token, "2", numbers(10, 20))
	st = s.waitFor("T-STREAMING", "C", "2")
	if st["rows_inserted"] != 20.0 || st["rows_parsed"] != 20.0 || st["rows_error_count"] != 0.0 || st["channel_status_code"] != "SUCCESS" {
		t.Errorf("the channel is %v", st)
	}
	if got := query(t, db, "SELECT COUNT(*), SUM(N) FROM T"); !cmp.Equal(got, [][]string{{"20", "190"}}) {
		t.Errorf("the table has %v", got)
	}
}

// TestStreamingAcceptedIsNotCommitted holds that rows and token are seen when they are committed, together, and not before.
func TestStreamingAcceptedIsNotCommitted(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: manual})
	db := open(t, srv)
	token, _ := s.open("T-STREAMING", "C")
	token = s.mustAppend("T-STREAMING", "C", token, "1", numbers(0, 10))
	if st := s.status("T-STREAMING", "C")["C"]; st["last_committed_offset_token"] != nil || st["rows_inserted"] != 0.0 {
		t.Errorf("before the commit the channel is %v", st)
	}
	if got := query(t, db, "SELECT COUNT(*) FROM T"); got[0][0] != "0" {
		t.Errorf("before the commit there are %v rows", got)
	}
	if err := srv.CommitStreaming(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.mustAppend("T-STREAMING", "C", token, "2", numbers(10, 20))
	if st := s.status("T-STREAMING", "C")["C"]; st["last_committed_offset_token"] != "1" || st["rows_inserted"] != 10.0 {
		t.Errorf("after the commit the channel is %v", st)
	}
	if got := query(t, db, "SELECT COUNT(*) FROM T"); got[0][0] != "10" {
		t.Errorf("after the commit there are %v rows", got)
	}
}

// TestStreamingReopen holds that opening a channel again fences its holder, drops what is not committed, and tells the token.
func TestStreamingReopen(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: manual})
	first, _ := s.open("T-STREAMING", "C")
	first = s.mustAppend("T-STREAMING", "C", first, "1", numbers(0, 10))
	if err := srv.CommitStreaming(t.Context()); err != nil {
		t.Fatal(err)
	}
	first = s.mustAppend("T-STREAMING", "C", first, "2", numbers(10, 20))
	status, got := s.call("PUT", pipePath("T-STREAMING")+"/channels/C", `{"fail_on_uncommitted_rows":true}`)
	if status != 409 || got["error_code"] != "ERR_CHANNEL_HAS_UNCOMMITTED_DATA" {
		t.Errorf("opening a channel with rows that are not committed: %d %v", status, got)
	}
	second, st := s.open("T-STREAMING", "C")
	if st["last_committed_offset_token"] != "1" || st["rows_inserted"] != 10.0 {
		t.Errorf("opened again the channel is %v", st)
	}
	if status, got := s.append("T-STREAMING", "C", first, "3", numbers(20, 30)); status != 400 || got["error_code"] != "STALE_CONTINUATION_TOKEN_SEQUENCER" {
		t.Errorf("who had the channel is answered %d %v", status, got)
	}
	third := s.mustAppend("T-STREAMING", "C", second, "2", numbers(10, 20))
	if status, got := s.append("T-STREAMING", "C", second, "3", numbers(20, 30)); status != 409 || got["error_code"] != "ERR_CHANNEL_HAS_INVALID_ROW_SEQUENCER" {
		t.Errorf("a token that was used is answered %d %v", status, got)
	}
	s.mustAppend("T-STREAMING", "C", third, "3", numbers(20, 30))
	if err := srv.CommitStreaming(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := query(t, open(t, srv), "SELECT COUNT(*), COUNT(DISTINCT N), MAX(N) FROM T"); !cmp.Equal(got, [][]string{{"30", "30", "29"}}) {
		t.Errorf("the table has %v", got)
	}
}
