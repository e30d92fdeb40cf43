package snowflaketest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// TestStreamingFaults holds what a client meets by each fault, and whether what it sent has been taken.
func TestStreamingFaults(t *testing.T) {
	t.Parallel()
	const path = "/v2/streaming/data/databases/TEST/schemas/PUBLIC/pipes/T-STREAMING/channels/C/rows?endOffsetToken=1&continuationToken="
	for _, c := range []struct {
		name   string
		effect snowflaketest.Effect
		status int // 0: the connection is cut
		body   string
		taken  bool
	}{
		{"rate", snowflaketest.RateExceeded(), 429, `{"code":"390701","message":"Request rate exceeds max. allowed rate."}`, false},
		{"retry", snowflaketest.RetryRequest(), 503, `"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"`, false},
		{"object", snowflaketest.Refuse("ERR_GENERAL_EXCEPTION_RETRY_REQUEST"), 500, `{"error_code":"ERR_GENERAL_EXCEPTION_RETRY_REQUEST","message":"Refused by a fault: ERR_GENERAL_EXCEPTION_RETRY_REQUEST."}`, false},
		{"saturated", snowflaketest.Refuse("ReceiverSaturated"), 429, `{"error_code":"ReceiverSaturated","message":"Refused by a fault: ReceiverSaturated."}`, false},
		{"failed over", snowflaketest.Refuse("SfApiPipeFailedOverError"), 410, `{"error_code":"SfApiPipeFailedOverError","message":"Refused by a fault: SfApiPipeFailedOverError."}`, false},
		{"stale cache", snowflaketest.Refuse("STALE_PIPE_CACHE"), 409, `{"error_code":"STALE_PIPE_CACHE","message":"Refused by a fault: STALE_PIPE_CACHE."}`, false},
		{"rejected", snowflaketest.Reject(), 200, `{"status_code":7,"message":"The rows were not accepted."}`, false},
		{"expired", snowflaketest.Expire(), 401, `{"code":"390318","message":"OAuth access token expired."}`, false},
		{"cut before", snowflaketest.CutBefore(), 0, "", false},
		{"cut after", snowflaketest.CutAfter(), 0, "", true},
		{"answer", snowflaketest.Answer(502, "<html>"), 502, "<html>", false},
		{"answer after", snowflaketest.AnswerAfter(500, `{"code":"x"}`), 500, `{"code":"x"}`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: manual})
			token, _ := s.open("T-STREAMING", "C")
			done := srv.Inject(snowflaketest.Fault{Match: snowflaketest.All(snowflaketest.Streaming("append"), snowflaketest.Channel("C")), Effect: c.effect})
			status, body := s.do("POST", path+token, s.token, []byte(numbers(0, 10)))
			<-done
			if status != c.status || string(body) != c.body {
				t.Errorf("the answer is %d %s, want %d %s", status, body, c.status, c.body)
			}
			commit(t, srv)
			s.login("")
			st := s.status("T-STREAMING", "C")["C"]
			if taken := st["rows_inserted"] == 10.0; taken != c.taken {
				t.Errorf("taken: %v, want %v; the channel is %v", taken, c.taken, st)
			}
			// The same token is good where nothing was taken, and stale where it was.
			status, got := s.append("T-STREAMING", "C", token, "1", numbers(0, 10))
			if want := map[bool]int{false: 200, true: 409}[c.taken]; status != want {
				t.Errorf("sent again, the answer is %d %v, want %d", status, got, want)
			}
		})
	}
}

// TestStreamingFaultsOfChannels holds the faults that a channel itself has.
func TestStreamingFaultsOfChannels(t *testing.T) {
	t.Parallel()
	for name, effect := range map[string]snowflaketest.Effect{"never commit": snowflaketest.NeverCommit(), "lose rows": snowflaketest.LoseRows()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: manual})
			token, _ := s.open("T-STREAMING", "C")
			token = s.mustAppend("T-STREAMING", "C", token, "1", numbers(0, 10))
			srv.Inject(snowflaketest.Fault{Match: snowflaketest.Streaming("append"), Effect: effect})
			token = s.mustAppend("T-STREAMING", "C", token, "2", numbers(10, 20))
			s.mustAppend("T-STREAMING", "C", token, "3", numbers(20, 30))
			commit(t, srv)
			if st := s.status("T-STREAMING", "C")["C"]; st["last_committed_offset_token"] != "1" {
				t.Errorf("the channel is %v", st)
			}
			token, st := s.open("T-STREAMING", "C")
			if st["last_committed_offset_token"] != "1" {
				t.Errorf("opened again, the channel is %v", st)
			}
			s.mustAppend("T-STREAMING", "C", token, "3", numbers(10, 30))
			commit(t, srv)
			if got := fmt.Sprint(query(t, open(t, srv), "SELECT COUNT(*), COUNT(DISTINCT N) FROM T")); got != "[[30 30]]" {
				t.Errorf("the table has %s", got)
			}
		})
	}
}

// TestStreamingChannelCode holds that calls may be carried out and tell that the channel is no good.
func TestStreamingChannelCode(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{})
	srv.Inject(snowflaketest.Fault{Match: snowflaketest.Streaming("open", "status"), Times: 2, Effect: snowflaketest.ChannelCode("ERR_PIPE_IN_INVALID_STATE")})
	_, opened := s.open("T-STREAMING", "C")
	for i, st := range []map[string]any{opened, s.status("T-STREAMING", "C")["C"]} {
		if st["channel_status_code"] != "ERR_PIPE_IN_INVALID_STATE" {
			t.Errorf("%d: the channel is %v", i, st)
		}
	}
	if st := s.status("T-STREAMING", "C")["C"]; st["channel_status_code"] != "SUCCESS" {
		t.Errorf("after the fault the channel is %v", st)
	}
	defer func() {
		if recover() == nil {
			t.Error("a code that there is not: no panic")
		}
	}()
	snowflaketest.Refuse("ERR_NONE")
}

// TestStreamingTokens holds how scoped tokens end: by time, by the server's word, and by fail-over.
func TestStreamingTokens(t *testing.T) {
	t.Parallel()
	c := newClock()
	srv, s := startStreaming(t, snowflaketest.Options{Now: c.now, StreamingTokens: time.Minute})
	answer := func() (int, string) {
		status, body := s.do("PUT", pipePath("T-STREAMING")+"/channels/C", s.token, []byte("{}"), "Accept", "application/json")
		var got struct{ Code, ErrorCode string }
		var raw map[string]any
		_ = json.Unmarshal(body, &raw)
		got.Code, _ = raw["code"].(string)
		got.ErrorCode, _ = raw["error_code"].(string)
		return status, got.Code + got.ErrorCode
	}
	for _, step := range []struct {
		do     func()
		status int
		code   string
	}{
		{func() {}, 200, ""},
		{func() { c.add(61 * time.Second) }, 401, "390318"},
		{func() { s.login("") }, 200, ""},
		{srv.ExpireStreamingTokens, 401, "390318"},
		{func() { s.login("") }, 200, ""},
		{srv.FailOver, 410, "SfApiPipeFailedOverError"},
		{func() { s.login("") }, 200, ""},
		{func() { s.token += "x" }, 401, "390303"},
		{func() { s.token = "" }, 401, "390101"},
	} {
		step.do()
		if status, code := answer(); status != step.status || code != step.code {
			t.Errorf("the answer is %d %s, want %d %s", status, code, step.status, step.code)
		}
	}
}

// TestStreamingBodies holds which bodies are rows.
func TestStreamingBodies(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: manual, StreamingRequestBytes: 1000})
	gz := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		_ = z.Close()
		return b.String()
	}
	zs := func(text string) string {
		z, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(z.EncodeAll([]byte(text), nil))
	}
	many := numbers(0, 200) // more than 1,000 bytes, that are fewer compressed
	rows := 0.0
	for _, c := range []struct {
		name, encoding, body string
		status               int
		rows                 float64
	}{
		{"plain", "", numbers(0, 10), 200, 10},
		{"no line feed at the end", "identity", `{"N":1}`, 200, 1},
		{"blank lines", "", "\r\n{\"N\":1}\r\n  \n\n{\"N\":2}\n", 200, 2},
		{"gzip", "gzip", gz(many), 200, 200},
		{"zstd", "zstd", zs(many), 200, 200},
		{"zstd in letters of the other case", "ZSTD", zs(numbers(0, 3)), 200, 3},
		{"too long", "", many, 413, 0},
		{"exactly long enough", "", fmt.Sprintf("%-1000s", numbers(0, 1)), 200, 1},
		{"one byte too long", "", fmt.Sprintf("%-1001s", numbers(0, 1)), 413, 0},
		{"no gzip", "gzip", numbers(0, 1), 400, 0},
		{"no zstd", "zstd", numbers(0, 1), 400, 0},
		{"half a gzip", "gzip", gz(many)[:50], 400, 0},
		{"another encoding", "br", numbers(0, 1), 400, 0},
		{"nothing", "", "", 400, 0},
		{"nothing but blanks", "", " \n\n", 400, 0},
		{"no JSON", "", "N=1\n", 400, 0},
		{"no object", "", "[1]\n", 400, 0},
		{"an array of rows", "", `[{"N":1},{"N":2}]`, 400, 0},
		{"one line that is none", "", numbers(0, 2) + `{"N":}` + "\n", 400, 0},
	} {
		token, before := s.open("T-STREAMING", "C")
		path := strings.Replace(pipePath("T-STREAMING"), "/streaming/", "/streaming/data/", 1) + "/channels/C/rows?endOffsetToken=" + "1&continuationToken=" + token
		status, body := s.do("POST", path, s.token, []byte(c.body), "Content-Encoding", c.encoding, "Content-Type", "application/x-ndjson")
		if status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, status, body, c.status)
		}
		commit(t, srv)
		rows += c.rows
		if st := s.status("T-STREAMING", "C")["C"]; st["rows_inserted"] != rows {
			t.Errorf("%s: %v rows, want %v; before %v", c.name, st["rows_inserted"], rows, before["rows_inserted"])
			rows = st["rows_inserted"].(float64)
		}
	}
}

// TestStreamingRate holds the rates of requests and of bytes, which are a channel's own.
func TestStreamingRate(t *testing.T) {
	t.Parallel()
	for name, rate := range map[string]snowflaketest.StreamingRate{"requests": {Requests: 2}, "bytes": {Bytes: 200}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			_, s := startStreaming(t, snowflaketest.Options{Now: c.now, StreamingDelay: manual, StreamingRate: rate})
			a, _ := s.open("T-STREAMING", "A")
			b, _ := s.open("T-STREAMING", "B")
			rows := `{"N":1}` + strings.Repeat(" ", 92) + "\n" // 100 bytes
			for range 2 {
				a = s.mustAppend("T-STREAMING", "A", a, "1", rows)
			}
			if status, got := s.append("T-STREAMING", "A", a, "1", rows); status != 429 || got["code"] != "390701" {
				t.Errorf("the third request of a second is answered %d %v", status, got)
			}
			s.mustAppend("T-STREAMING", "B", b, "1", rows)
			c.add(time.Second)
			s.mustAppend("T-STREAMING", "A", a, "1", rows)
		})
	}
}

// TestStreamingCountOnly holds that rows are counted, and thrown away.
func TestStreamingCountOnly(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{CountOnly: true})
	token, _ := s.open("T-STREAMING", "C")
	token = s.mustAppend("T-STREAMING", "C", token, "1", "a\nb\n")
	s.mustAppend("T-STREAMING", "C", token, "2", "c\n")
	if st := s.waitFor("T-STREAMING", "C", "2"); st["rows_inserted"] != 3.0 {
		t.Errorf("the channel is %v", st)
	}
	if got, want := srv.Appended(), (snowflaketest.Appended{Requests: 2, Rows: 3, Bytes: 6}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := query(t, open(t, srv), "SELECT COUNT(*) FROM T"); got[0][0] != "0" {
		t.Errorf("the table has %v rows", got)
	}
}
