package snowflaketest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// TestStreamingAbandoned holds that what was accepted lands although nobody opens the channel again, and that it does not when
// somebody opens or drops it.
func TestStreamingAbandoned(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: manual})
	for i, channel := range []string{"ABANDONED", "REOPENED", "DROPPED"} {
		token, _ := s.open("T-STREAMING", channel)
		s.mustAppend("T-STREAMING", channel, token, "1", numbers(10*i, 10*i+10))
	}
	s.open("T-STREAMING", "REOPENED")
	if status, got := s.call("DELETE", pipePath("T-STREAMING")+"/channels/DROPPED", `{"fail_on_uncommitted_rows":true}`); status != 409 || got["error_code"] != "ERR_CHANNEL_HAS_UNCOMMITTED_DATA" {
		t.Errorf("dropping a channel with rows that are not committed: %d %v", status, got)
	}
	if status, got := s.call("DELETE", pipePath("T-STREAMING")+"/channels/DROPPED", nil); status != 200 || len(got) != 0 {
		t.Errorf("dropping a channel: %d %v", status, got)
	}
	commit(t, srv)
	if got := fmt.Sprint(query(t, open(t, srv), "SELECT COUNT(*), MIN(N), MAX(N) FROM T")); got != "[[10 0 9]]" {
		t.Errorf("the table has %s", got)
	}
	st := s.status("T-STREAMING", "ABANDONED", "REOPENED", "DROPPED")
	if st["ABANDONED"]["last_committed_offset_token"] != "1" || st["REOPENED"]["last_committed_offset_token"] != nil || st["DROPPED"] != nil {
		t.Errorf("the channels are %v", st)
	}
	// A channel that was dropped is a new one.
	if _, st := s.open("T-STREAMING", "DROPPED"); st["last_committed_offset_token"] != nil || st["rows_inserted"] != 0.0 {
		t.Errorf("the channel is %v", st)
	}
}

// TestStreamingRestart holds that what was accepted is kept when the server is killed, and that a client goes on with its
// continuation token and its scoped token.
func TestStreamingRestart(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: manual})
	token, _ := s.open("T-STREAMING", "C")
	token = s.mustAppend("T-STREAMING", "C", token, "1", numbers(0, 10))
	commit(t, srv)
	token = s.mustAppend("T-STREAMING", "C", token, "2", numbers(10, 20))
	if err := srv.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	if st := s.status("T-STREAMING", "C")["C"]; st["last_committed_offset_token"] != "1" || st["rows_inserted"] != 10.0 {
		t.Errorf("the channel is %v", st)
	}
	s.mustAppend("T-STREAMING", "C", token, "3", numbers(20, 30))
	commit(t, srv)
	if got := fmt.Sprint(query(t, open(t, srv), "SELECT COUNT(*), COUNT(DISTINCT N), MAX(N) FROM T")); got != "[[30 30 29]]" {
		t.Errorf("the table has %s", got)
	}
	if st := s.status("T-STREAMING", "C")["C"]; st["last_committed_offset_token"] != "3" || st["rows_inserted"] != 30.0 {
		t.Errorf("the channel is %v", st)
	}
}

// TestStreamingSIGKILL holds that what a server has accepted whose process is killed lands when there is one again, once.
func TestStreamingSIGKILL(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := testkey.Private() // before the server is made, which is another process
	first, err := snowflaketest.New(snowflaketest.Options{Dir: dir, Users: []snowflaketest.User{
		{Name: snowflaketest.DefaultUser, Password: snowflaketest.DefaultPassword},
		{Name: "BOB", PublicKey: &key.PublicKey},
	}})
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, first, "CREATE TABLE T (N NUMBER(38,0))")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	want := 0
	for round := range 3 {
		cmd, cfg := child(t, dir)
		s := &streamer{t: t, url: fmt.Sprintf("http://%s:%d", cfg.Host, cfg.Port), jwt: keyPairToken(t, key, snowflaketest.DefaultAccount, "BOB", time.Now())}
		s.login("")
		token, _ := s.open("T-STREAMING", fmt.Sprint("C", round))
		for i := range 5 {
			token = s.mustAppend("T-STREAMING", fmt.Sprint("C", round), token, fmt.Sprint(i), numbers(want, want+100))
			want += 100
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it says that it was killed
	}
	_, cfg := child(t, dir)
	s := &streamer{t: t, url: fmt.Sprintf("http://%s:%d", cfg.Host, cfg.Port), jwt: keyPairToken(t, key, snowflaketest.DefaultAccount, "BOB", time.Now())}
	s.login("")
	for round := range 3 {
		if st := s.waitFor("T-STREAMING", fmt.Sprint("C", round), "4"); st["rows_inserted"] != 500.0 {
			t.Errorf("channel %d is %v", round, st)
		}
	}
	if got := fmt.Sprint(query(t, openConfig(t, cfg), "SELECT COUNT(*), COUNT(DISTINCT N) FROM T")); got != fmt.Sprintf("[[%d %d]]", want, want) {
		t.Errorf("the table has %s, want %d rows, each once", got, want)
	}
}

// TestStreamingInvalidated holds what becomes of channels whose pipe or table is dropped or replaced.
func TestStreamingInvalidated(t *testing.T) {
	t.Parallel()
	const pipe = "PIPE P AS COPY INTO U FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE"
	for _, c := range []struct {
		name, pipe, statement string
		status                int
		code                  string
		opens                 bool // the channel can be opened, and is new
	}{
		{"table dropped", "U-STREAMING", "DROP TABLE U", 404, "ERR_TABLE_DOES_NOT_EXIST_NOT_AUTHORIZED", false},
		{"table replaced", "U-STREAMING", "CREATE OR REPLACE TABLE U (N NUMBER)", 404, "ERR_CHANNEL_DOES_NOT_EXIST_OR_IS_NOT_AUTHORIZED", true},
		{"pipe dropped", "P", "DROP PIPE P", 404, "ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED", false},
		{"pipe replaced", "P", "CREATE OR REPLACE " + pipe, 404, "ERR_CHANNEL_DOES_NOT_EXIST_OR_IS_NOT_AUTHORIZED", true},
		{"pipe's table dropped", "P", "DROP TABLE U", 409, "ERR_PIPE_IN_INVALID_STATE", false},
		{"schema dropped", "P", "DROP SCHEMA PUBLIC", 404, "ERR_SCHEMA_DOES_NOT_EXIST_OR_NOT_AUTHORIZED", false},
		{"database dropped", "P", "DROP DATABASE TEST", 404, "ERR_DATABASE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: manual}, "CREATE TABLE U (N NUMBER)", "CREATE "+pipe)
			token, _ := s.open(c.pipe, "C")
			token = s.mustAppend(c.pipe, "C", token, "1", numbers(0, 1))
			commit(t, srv)
			token = s.mustAppend(c.pipe, "C", token, "2", numbers(1, 2))
			mustRun(t, srv, c.statement)
			// Rows sent to a pipe that is no good may be accepted, and be lost.
			status, got := s.append(c.pipe, "C", token, "3", numbers(2, 3))
			if c.code != "ERR_PIPE_IN_INVALID_STATE" && (status != c.status || got["error_code"] != c.code) {
				t.Errorf("an append is answered %d %v, want %d %s", status, got, c.status, c.code)
			}
			commit(t, srv)
			status, got = s.call("PUT", pipePath(c.pipe)+"/channels/C", "{}")
			if c.opens {
				if st, _ := got["channel_status"].(map[string]any); status != 200 || st["last_committed_offset_token"] != nil {
					t.Errorf("opening is answered %d %v", status, got)
				}
			} else if status != c.status || got["error_code"] != c.code {
				t.Errorf("opening is answered %d %v, want %d %s", status, got, c.status, c.code)
			}
		})
	}
}

// TestStreamingPrivileges holds what a role needs: INSERT on the table, USAGE on what it lies in, OPERATE on a pipe that somebody
// has made.
func TestStreamingPrivileges(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{Roles: []string{"LOADER", "OTHER"}},
		"CREATE PIPE P AS COPY INTO T FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE",
		"GRANT ROLE LOADER TO USER BOB")
	s.login("LOADER")
	for _, c := range []struct{ grant, pipe, code string }{
		{"", "T-STREAMING", "ERR_DATABASE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED"},
		{"USAGE ON DATABASE TEST", "T-STREAMING", "ERR_SCHEMA_DOES_NOT_EXIST_OR_NOT_AUTHORIZED"},
		{"USAGE ON SCHEMA TEST.PUBLIC", "T-STREAMING", "ERR_TABLE_DOES_NOT_EXIST_NOT_AUTHORIZED"},
		{"SELECT ON TABLE T", "T-STREAMING", "ERR_TABLE_DOES_NOT_EXIST_NOT_AUTHORIZED"},
		{"", "P", "ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED"},
		{"MONITOR ON PIPE P", "P", "ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED"},
		{"INSERT ON TABLE T", "T-STREAMING", ""},
		{"", "P", "ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED"},
		{"OPERATE ON PIPE P", "P", ""},
	} {
		if c.grant != "" {
			mustRun(t, srv, "GRANT "+c.grant+" TO ROLE LOADER")
		}
		status, got := s.call("PUT", pipePath(c.pipe)+"/channels/C", "{}")
		if code, _ := got["error_code"].(string); code != c.code {
			t.Errorf("after %q, opening a channel of %s is answered %d %v, want %q", c.grant, c.pipe, status, got, c.code)
		}
	}
	if status, body := s.do("POST", "/oauth/token", s.jwt, []byte("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&scope="+strings.TrimPrefix(srv.URL(), "http://")+"+session:role:OTHER")); status != 403 {
		t.Errorf("a token for a role of others: %d %s", status, body)
	}
}

// TestStreamingElastic holds rows without a channel: they need no token, may come twice, and tell of errors in the error table
// alone.
func TestStreamingElastic(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: manual}, "ALTER TABLE T SET ERROR_LOGGING = TRUE")
	const data = "/v2/streaming/data/databases/TEST/schemas/PUBLIC"
	var g errgroup.Group
	for i := range 4 {
		g.Go(func() error {
			path := data + "/tables/T/rows?requestId=r&retryCount=" + fmt.Sprint(i)
			if i%2 == 1 {
				path = data + "/pipes/T-STREAMING/channels/ELASTIC/rows?requestId=r&retryCount=" + fmt.Sprint(i)
			}
			if status, got := s.call("POST", path, numbers(0, 10)+`{"N":"no"}`); status != 200 || got["message"] != "OK" {
				return fmt.Errorf("%s: %d %v", path, status, got)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := srv.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	commit(t, srv)
	db := open(t, srv)
	if got := fmt.Sprint(query(t, db, "SELECT COUNT(*), COUNT(DISTINCT N) FROM T")); got != "[[40 10]]" {
		t.Errorf("the table has %s", got)
	}
	if got := fmt.Sprint(query(t, db, "SELECT COUNT(*) FROM ERROR_TABLE(T)")); got != "[[4]]" {
		t.Errorf("the error table has %s rows", got)
	}
	if got := s.status("T-STREAMING", "ELASTIC"); len(got) != 0 {
		t.Errorf("there is a status: %v", got)
	}
	if status, got := s.call("PUT", pipePath("T-STREAMING")+"/channels/ELASTIC", "{}"); status != 400 {
		t.Errorf("opening it: %d %v", status, got)
	}
	if status, got := s.call("POST", data+"/tables/NONE/rows", numbers(0, 1)); status != 404 || got["error_code"] != "ERR_TABLE_DOES_NOT_EXIST_NOT_AUTHORIZED" {
		t.Errorf("a table that is not there: %d %v", status, got)
	}
}

// TestStreamingManyChannels holds that channels go on beside one another, and lose and double nothing.
func TestStreamingManyChannels(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: time.Millisecond})
	const channels, appends, rows = 8, 10, 50
	var g errgroup.Group
	for c := range channels {
		g.Go(func() error {
			name := fmt.Sprint("C", c)
			token, _ := s.open("T-STREAMING", name)
			for a := range appends {
				from := (c*appends + a) * rows
				token = s.mustAppend("T-STREAMING", name, token, fmt.Sprint(a), numbers(from, from+rows))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	commit(t, srv)
	want := fmt.Sprint(channels * appends * rows)
	if got := query(t, open(t, srv), "SELECT COUNT(*), COUNT(DISTINCT N) FROM T"); !cmp.Equal(got, [][]string{{want, want}}) {
		t.Errorf("the table has %v, want %s rows, each once", got, want)
	}
	if got := srv.Appended(); got.Rows != channels*appends*rows || got.Requests != channels*appends {
		t.Errorf("accepted: %+v", got)
	}
}

// TestStreamingIdle holds that a channel that nobody uses for 30 days is forgotten, with its token.
func TestStreamingIdle(t *testing.T) {
	t.Parallel()
	c := newClock()
	srv, s := startStreaming(t, snowflaketest.Options{Now: c.now, StreamingDelay: manual, StreamingTokens: 100 * 24 * time.Hour})
	used, _ := s.open("T-STREAMING", "USED")
	idle, _ := s.open("T-STREAMING", "IDLE")
	waiting, _ := s.open("T-STREAMING", "WAITING")
	used = s.mustAppend("T-STREAMING", "USED", used, "1", numbers(0, 1))
	idle = s.mustAppend("T-STREAMING", "IDLE", idle, "1", numbers(1, 2))
	commit(t, srv)
	s.mustAppend("T-STREAMING", "WAITING", waiting, "1", numbers(2, 3))
	c.add(29 * 24 * time.Hour)
	s.mustAppend("T-STREAMING", "USED", used, "2", numbers(3, 4))
	if st := s.status("T-STREAMING", "IDLE")["IDLE"]; st["last_committed_offset_token"] != "1" {
		t.Errorf("after 29 days the channel is %v", st)
	}
	c.add(2 * 24 * time.Hour)
	if st := s.status("T-STREAMING", "IDLE", "USED", "WAITING"); len(st) != 2 || st["IDLE"] != nil {
		t.Errorf("after 31 days the channels are %v", st)
	}
	if status, got := s.append("T-STREAMING", "IDLE", idle, "2", numbers(4, 5)); status != 404 || got["error_code"] != "ERR_CHANNEL_DOES_NOT_EXIST_OR_IS_NOT_AUTHORIZED" {
		t.Errorf("an append is answered %d %v", status, got)
	}
	if _, st := s.open("T-STREAMING", "IDLE"); st["last_committed_offset_token"] != nil || st["rows_inserted"] != 0.0 {
		t.Errorf("opened again the channel is %v", st)
	}
	commit(t, srv)
	if got := fmt.Sprint(query(t, open(t, srv), "SELECT COUNT(*) FROM T")); got != "[[4]]" {
		t.Errorf("the table has %s rows", got)
	}
}
