package streaming

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestParseHostname(t *testing.T) {
	for body, want := range map[string]string{
		"a-b.example.com\n":                      "a-b.example.com",
		" A_B.Example.com ":                      "a-b.example.com",
		`"a.example.com"`:                        "a.example.com",
		`{"hostname":"a_b.example.com","x":1}`:   "a-b.example.com",
		"127.0.0.1:8080":                         "127.0.0.1:8080",
		"[::1]:8080":                             "[::1]:8080",
		"[::1]":                                  "[::1]",
		"":                                       "",
		"{}":                                     "",
		`{"hostname":1}`:                         "",
		`{"hostname":""}`:                        "",
		`{"hostname"`:                            "",
		`"a`:                                     "",
		"https://a.example.com":                  "",
		"a.example.com/path":                     "",
		"user@a.example.com":                     "",
		"a b":                                    "",
		"a..b":                                   "",
		"a.example.com:0":                        "",
		"a.example.com:70000":                    "",
		"a.example.com:":                         "",
		"[::1":                                   "",
		"[x]":                                    "",
		strings.Repeat("a", 64) + ".example.com": "",
		strings.Repeat("a.", 200) + "com":        "",
	} {
		if got, err := parseHostname([]byte(body)); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", body, got, err, want)
		}
	}
}

func TestParseToken(t *testing.T) {
	// {"alg":"none"}.{"exp":1764000000}.
	const token = "eyJhbGciOiJub25lIn0.eyJleHAiOjE3NjQwMDAwMDB9.c2ln"
	for _, tc := range []struct {
		body, want string
		expires    bool
	}{
		{token, token, true},
		{`"` + token + `"`, token, true},
		{`{"token":"` + token + `"}`, token, true},
		{"ver:1-hint:opaque", "ver:1-hint:opaque", false},
		{"", "", false},
		{"{}", "", false},
		{"<html> </html>", "", false},
		{"a\nb", "", false},
	} {
		got, expires, err := parseToken([]byte(tc.body))
		if got != tc.want || (err == nil) != (tc.want != "") || expires.Equal(time.Unix(1764000000, 0)) != tc.expires {
			t.Errorf("%q: %q, %v, %v", tc.body, got, expires, err)
		}
	}
}

func TestParseFailure(t *testing.T) {
	for body, want := range map[string]failure{
		`{"code":"ERR_X","message":"m"}`:                          {"ERR_X", "m"},
		`{"error_code":"ERR_X","message":"m"}`:                    {"ERR_X", "m"},
		`{"code":390701,"message":"Request rate exceeds max."}`:   {"390701", "Request rate exceeds max."},
		`{"code":null,"error_code":"ERR_X","message":null}`:       {"ERR_X", ""},
		`{"error":"invalid_grant","error_description":"expired"}`: {"invalid_grant", "expired"},
		`{"status_code":7,"message":"no"}`:                        {"7", "no"},
		`"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"`:                   {"ERR_GENERAL_EXCEPTION_RETRY_REQUEST", ""},
		"ERR_GENERAL_EXCEPTION_RETRY_REQUEST\n":                   {"ERR_GENERAL_EXCEPTION_RETRY_REQUEST", ""},
		`"it is busy"`:                                            {"", "it is busy"},
		"<html>\n bad   gateway</html>":                           {"", "<html> bad gateway</html>"},
		`{"code":"two words","message":"m"}`:                      {"", "two words m"},
		`{"code":{"a":1}}`:                                        {"", `{"a":1}`},
		`{"code"`:                                                 {"", `{"code"`},
		"":                                                        {},
		"\xff\xfe":                                                {"", "�"},
	} {
		if diff := cmp.Diff(want, parseFailure([]byte(body)), cmp.AllowUnexported(failure{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", body, diff)
		}
	}
	if long := parseFailure([]byte(strings.Repeat("ü ", 1000))); len(long.message) > messageBytes+5 || !utf8.ValidString(long.message) {
		t.Errorf("%d bytes", len(long.message))
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "3": 3 * time.Second, "-3": 0, "x": 0, "99999999999": time.Hour, "86400": time.Hour,
		now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

// TestParseStatus: numbers may come as texts, what is null counts as none, and what is no count is an error.
func TestParseStatus(t *testing.T) {
	statuses, err := parseStatuses([]byte(`{"channel_statuses":{"A":{"channel_status_code":"SUCCESS","rows_inserted":"12","rows_parsed":13.0,"rows_errors":1,
		"created_on_ms":"1764000000000","last_error_timestamp":1764000000000,"last_committed_offset_token":null,"unknown":{}},"B":{}}}`))
	if err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(1764000000000).UTC()
	want := ChannelStatus{Code: "SUCCESS", RowsInserted: 12, RowsParsed: 13, RowsErrorCount: 1, CreatedOn: at, LastErrorTime: at}
	if diff := cmp.Diff(want, statuses["A"].status(time.Time{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(ChannelStatus{}, statuses["B"].status(time.Time{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, body := range []string{"", "[]", "{}", `{"channel_statuses":null}`, `{"channel_statuses":{"A":{"rows_inserted":"many"}}}`, `{"channel_statuses":{"A":{"last_committed_offset_token":1}}}`} {
		if _, err := parseStatuses([]byte(body)); err == nil {
			t.Errorf("%s is read", body)
		}
	}
}

func FuzzHostname(f *testing.F) {
	f.Add([]byte("a.example.com"))
	f.Add([]byte(`{"hostname":"a_b.example.com"}`))
	f.Add([]byte("[::1]:80"))
	f.Fuzz(func(t *testing.T, body []byte) {
		host, err := parseHostname(body)
		if err != nil {
			return
		}
		req, err := http.NewRequest(http.MethodGet, "https://"+host+"/path", nil)
		if err != nil || req.URL.Host != host || req.URL.Path != "/path" || req.URL.User != nil {
			t.Errorf("%q is not a host alone: %v", host, err)
		}
	})
}

func FuzzToken(f *testing.F) {
	f.Add([]byte(`{"token":"a.b.c"}`))
	f.Add([]byte("eyJhbGciOiJub25lIn0.eyJleHAiOjE3NjQwMDAwMDB9.c2ln"))
	f.Fuzz(func(t *testing.T, body []byte) {
		token, _, err := parseToken(body)
		if err == nil && (token == "" || strings.ContainsAny(token, "\r\n\x00 ")) {
			t.Errorf("%q is no token for a header", token)
		}
	})
}

func FuzzOpened(f *testing.F) {
	f.Add([]byte(`{"next_continuation_token":"1","channel_status":{"channel_status_code":"SUCCESS","rows_inserted":1}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := parseOpened(body)
		if err == nil && o.Token == "" && o.Status.status(time.Time{}).Err() == nil {
			t.Error("a channel that is well has no token")
		}
	})
}

func FuzzAppended(f *testing.F) {
	f.Add([]byte(`{"next_continuation_token":"1","status_code":0,"message":"Success"}`))
	f.Add([]byte(`{"status_code":"7"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := parseAppended(body)
		if err == nil && a.Code == "" && a.Token == "" {
			t.Error("neither taken nor refused")
		}
	})
}

func FuzzStatuses(f *testing.F) {
	f.Add([]byte(`{"channel_statuses":{"A":{"channel_status_code":"SUCCESS","last_error_timestamp":"2025-11-24T16:00:01.5Z","rows_errors":"1"}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		statuses, err := parseStatuses(body)
		if err != nil {
			return
		}
		for _, status := range statuses {
			s := status.status(time.Time{})
			if !utf8.ValidString(s.LastErrorMessage) || strings.Contains(s.LastErrorMessage, "\n") {
				t.Errorf("message %q", s.LastErrorMessage)
			}
		}
	})
}

func FuzzFailure(f *testing.F) {
	f.Add([]byte(`{"code":"ERR_X","message":"m"}`), 400)
	f.Add([]byte(`"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"`), 503)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		fail := parseFailure(body)
		if fail.code != "" && !isCode(fail.code) || strings.ContainsAny(fail.message, "\n\r") || !utf8.ValidString(fail.message) || len(fail.message) > messageBytes+5 {
			t.Errorf("%+v", fail)
		}
		if class := classOf(status, fail.code); class < Configuration || class > Rebuild {
			t.Errorf("class %d", class)
		}
	})
}
