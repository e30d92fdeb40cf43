package snowpipe_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

const taken = `{"responseCode":"SUCCESS"}`

// TestManyFiles: more files than a call takes are told of by several, and what each answers comes together.
func TestManyFiles(t *testing.T) {
	var files []snowpipe.StagedFile
	for i := range 12_001 {
		files = append(files, snowpipe.StagedFile{Path: fmt.Sprintf("f%d", i), Size: int64(i)})
	}
	c, s := open(t, once,
		says(200, `{"responseCode":"SUCCESS","skippedFiles":["f1"]}`),
		says(200, `{"responseCode":"ALREADY_SENT","skippedFiles":["f5000"],"unmatchedPatternFiles":["f5001"]}`),
		says(200, taken))
	got, err := c.InsertFiles(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"f1", "f5000"}, got.Skipped); diff != "" || !slices.Equal(got.Unmatched, []string{"f5001"}) {
		t.Errorf("skipped (-want +got):\n%s\nunmatched %q", diff, got.Unmatched)
	}
	var sent []string
	var ids []string
	for _, call := range s.calls {
		var body struct{ Files []snowpipe.StagedFile }
		if err := json.Unmarshal([]byte(call.body), &body); err != nil {
			t.Fatal(err)
		}
		if len(body.Files) > 5000 {
			t.Errorf("a call of %d files", len(body.Files))
		}
		for _, f := range body.Files {
			sent = append(sent, fmt.Sprint(f.Path, f.Size))
		}
		ids = append(ids, call.URL.Query().Get("requestId"))
	}
	if len(s.calls) != 3 || len(sent) != len(files) || sent[12_000] != "f1200012000" {
		t.Errorf("%d calls of %d files", len(s.calls), len(sent))
	}
	if diff := cmp.Diff(ids, got.RequestIDs); diff != "" {
		t.Errorf("request ids (-sent +told):\n%s", diff)
	}
}

// TestPartOfTheFiles: what came before a fault is told with it.
func TestPartOfTheFiles(t *testing.T) {
	files := make([]snowpipe.StagedFile, 5001)
	for i := range files {
		files[i].Path = fmt.Sprint("f", i)
	}
	c, _ := open(t, once, says(200, `{"responseCode":"SUCCESS","skippedFiles":["f1"]}`), says(400, `{"code":"000900","message":"no"}`))
	got, err := c.InsertFiles(t.Context(), files)
	if err == nil || len(got.RequestIDs) != 1 || !slices.Equal(got.Skipped, []string{"f1"}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	c, s := open(t, once, says(200, taken))
	if _, err := c.InsertFiles(t.Context(), nil); err != nil {
		t.Errorf("no files: %v", err)
	}
	for _, f := range []snowpipe.StagedFile{
		{}, {Path: strings.Repeat("ä", 512) + "x"}, {Path: "a\xff"}, {Path: "a", Size: -1},
	} {
		if _, err := c.InsertFiles(t.Context(), []snowpipe.StagedFile{{Path: "good"}, f}); err == nil {
			t.Errorf("%+v was taken", f)
		}
	}
	if len(s.calls) > 0 {
		t.Errorf("%d calls", len(s.calls))
	}
	if _, err := c.InsertFiles(t.Context(), []snowpipe.StagedFile{{Path: strings.Repeat("ä", 512)}}); err != nil {
		t.Errorf("1,024 bytes: %v", err)
	}
}

func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		name      string
		answer    func(*http.Request, []byte) (*http.Response, error)
		want      *snowpipe.Error // nil: none of the service
		text      string
		transient bool
	}{
		{"bad request", says(400, `{"code":"391904","message":"no body","success":false}`), &snowpipe.Error{Status: 400, Code: "391904", Message: "no body"}, "", false},
		{"a number for a code", says(400, `{"code":391904,"message":"no body"}`), &snowpipe.Error{Status: 400, Code: "391904", Message: "no body"}, "", false},
		{"error_code", says(403, `{"error_code":"390422","message":"IP"}`), &snowpipe.Error{Status: 403, Code: "390422", Message: "IP"}, "", false},
		{
			"no pipe", says(404, `{"code":"390404","message":"Specified object does not exist or not authorized."}`),
			&snowpipe.Error{Status: 404, Code: "390404", Message: "Specified object does not exist or not authorized."}, "default role lacks OPERATE", false,
		},
		{
			"too many", says(429, `{"code":"390701","message":"Request rate exceeds max."}`, "Retry-After: 7"),
			&snowpipe.Error{Status: 429, Code: "390701", Message: "Request rate exceeds max.", RetryAfter: 7 * time.Second}, "", true,
		},
		{"a code alone", says(503, `"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"`), &snowpipe.Error{Status: 503, Code: "ERR_GENERAL_EXCEPTION_RETRY_REQUEST"}, "", true},
		{"a text", says(502, "<html>\n bad   gateway</html>"), &snowpipe.Error{Status: 502, Message: "<html> bad gateway</html>"}, "", true},
		{"nothing", says(500, ""), &snowpipe.Error{Status: 500}, "", true},
		{"a timeout there", says(408, ""), &snowpipe.Error{Status: 408}, "", true},
		{"a gateway's timeout", says(504, ""), &snowpipe.Error{Status: 504}, "", true},
		{"moved", says(301, ""), &snowpipe.Error{Status: 301}, "", false},
		{"no table", says(200, `{"responseCode":"TABLE_NOT_FOUND"}`), &snowpipe.Error{Status: 200, Code: "TABLE_NOT_FOUND"}, "", false},
		{"an error inside", says(200, `{"responseCode":"INTERNAL_ERROR"}`), &snowpipe.Error{Status: 200, Code: "INTERNAL_ERROR"}, "", true},
		{"no outcome", says(200, `{}`), &snowpipe.Error{Status: 200, Message: "the answer does not say whether the files were taken"}, "", false},
		{"no JSON", says(200, `ok`), nil, "not understood", false},
		{"cut off", cut, nil, "connection reset", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, s := open(t, once, tc.answer)
			_, err := c.InsertFiles(t.Context(), []snowpipe.StagedFile{{Path: "a"}})
			var got *snowpipe.Error
			errors.As(err, &got)
			if diff := cmp.Diff(tc.want, got); diff != "" || err == nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			if retry.IsTransient(err) != tc.transient {
				t.Errorf("%v: transient is %t", err, !tc.transient)
			}
			if err != nil && (!strings.Contains(err.Error(), tc.text) || !strings.Contains(err.Error(), `insertFiles of pipe TESTDB.TESTSCHEMA."my pipe"`)) {
				t.Errorf("%v: it lacks %q, or the pipe", err, tc.text)
			}
			if token := s.calls[0].Header.Get("Authorization"); strings.Contains(fmt.Sprint(err), strings.TrimPrefix(token, "Bearer ")) {
				t.Error("the token is in the error")
			}
		})
	}
}

// TestAgain: what may succeed at another try is tried again, with the request's own id, after the wait that was asked for.
func TestAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := open(t, retry.Policy{Base: time.Second, Jitter: -1}, cut, says(429, "", "Retry-After: 20"), says(503, ""), says(200, taken))
		start := time.Now()
		if _, err := c.InsertFiles(t.Context(), []snowpipe.StagedFile{{Path: "a"}}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 25*time.Second {
			t.Errorf("it took %v, want 1 + 20 + 4 s", took)
		}
		for _, call := range s.calls {
			if call.written() != s.calls[0].written() || call.URL.RawQuery != s.calls[0].URL.RawQuery {
				t.Errorf("another request:\n%s\nthe first was:\n%s", call.written(), s.calls[0].written())
			}
		}
		if len(s.calls) != 4 {
			t.Errorf("%d calls, want 4", len(s.calls))
		}
	})
}

// TestTokenIsMadeAnew: once, and then the refusal is told.
func TestTokenIsMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		no := says(401, `{"code":"390144","message":"JWT token is invalid."}`)
		late := func(req *http.Request, body []byte) (*http.Response, error) {
			time.Sleep(2 * time.Second) // so that another token differs
			return no(req, body)
		}
		c, s := open(t, retry.Policy{}, late, says(200, taken))
		if _, err := c.InsertFiles(t.Context(), []snowpipe.StagedFile{{Path: "a"}}); err != nil {
			t.Fatal(err)
		}
		if len(s.calls) != 2 || s.calls[0].Header.Get("Authorization") == s.calls[1].Header.Get("Authorization") {
			t.Errorf("%d calls, the second with the first one's token", len(s.calls))
		}
		c, s = open(t, retry.Policy{}, no)
		if _, err := c.InsertReport(t.Context(), nil); err == nil || retry.IsTransient(err) || len(s.calls) != 2 {
			t.Errorf("%v after %d calls, want a permanent error after 2", err, len(s.calls))
		}
	})
}

// TestTimeout: a call that is not answered is given up, and another may be made; a context that is done is told as such.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(req *http.Request, _ []byte) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}
		c, _ := open(t, once, hang)
		start := time.Now()
		if _, err := c.InsertReport(t.Context(), nil); !retry.IsTransient(err) || time.Since(start) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.InsertReport(ctx, nil); !errors.Is(err, context.DeadlineExceeded) || retry.IsTransient(err) {
			t.Errorf("%v, want the context's own", err)
		}
	})
}

func page(complete bool, end string, files ...string) string {
	var list []string
	for _, f := range files {
		path, at, _ := strings.Cut(f, " ")
		list = append(list, fmt.Sprintf(`{"path":%q,"lastInsertTime":"2026-01-01T00:00:%sZ","status":"LOADED"}`, path, at))
	}
	return fmt.Sprintf(`{"completeResult":%t,"rangeEndTime":"2026-01-01T00:00:%sZ","files":[%s]}`, complete, end, strings.Join(list, ","))
}

// TestLoadHistory: pages follow one another from the last moment of each, whose files are not yielded twice, in peace.
func TestLoadHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := open(t, once,
			says(200, page(false, "02.5", "a 01", "b 02.5", "c 02.5")),
			says(200, page(false, "03", "b 02.5", "c 02.5", "d 02.5", "e 03")),
			says(200, page(true, "03", "e 03", "e 04")))
		start := time.Now()
		var got []string
		for f, err := range c.LoadHistory(t.Context(), at("2026-01-01T00:00:00Z"), time.Time{}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, f.Path+f.LastInsert.Format("05"))
		}
		if diff := cmp.Diff([]string{"a01", "b02", "c02", "d02", "e03", "e04"}, got); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
		var from []string
		for _, call := range s.calls {
			from = append(from, call.URL.Query().Get("startTimeInclusive"))
			if call.URL.Query().Has("endTimeExclusive") {
				t.Error("an end was sent")
			}
		}
		if diff := cmp.Diff([]string{"2026-01-01T00:00:00Z", "2026-01-01T00:00:02.5Z", "2026-01-01T00:00:03Z"}, from); diff != "" {
			t.Errorf("beginnings of pages (-want +got):\n%s", diff)
		}
		for range c.LoadHistory(t.Context(), at("2026-01-01T00:00:00Z"), time.Time{}) {
			break
		}
		if took := time.Since(start); took != 15*time.Second {
			t.Errorf("four calls took %v, want three waits of 5 s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for _, err := range c.LoadHistory(ctx, at("2026-01-01T00:00:00Z"), time.Time{}) {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v, want the context's own", err)
			}
		}
	})
}

func TestLoadHistoryFaults(t *testing.T) {
	for _, tc := range []struct {
		name, answer, want string
		from               time.Time
	}{
		{"no beginning", "", "beginning", time.Time{}},
		{"a moment of many", page(false, "00", "a 00"), "more files of one moment", at("2026-01-01T00:00:00Z")},
		{"no end", `{"completeResult":false,"files":[]}`, "up to when", at("2026-01-01T00:00:00Z")},
		{"no path", `{"completeResult":true,"files":[{"status":"LOADED"}]}`, "no path", at("2026-01-01T00:00:00Z")},
		{"no time", `{"completeResult":true,"files":[{"path":"a","lastInsertTime":"yesterday"}]}`, "not a time", at("2026-01-01T00:00:00Z")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := open(t, once, says(200, tc.answer))
			n := 0
			for f, err := range c.LoadHistory(t.Context(), tc.from, time.Time{}) {
				if n++; f.Path == "a" && err == nil {
					continue
				}
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("%+v, %v; want an error with %q", f, err, tc.want)
				}
			}
			if n == 0 {
				t.Error("no error")
			}
		})
	}
}

func TestConfig(t *testing.T) {
	_, err := snowpipe.NewClient(snowpipe.Config{URL: "ftp://x", Passphrase: "secret", PrivateKey: nil}, snowpipe.Name{Object: "P"}, &snowpipe.ClientOptions{Timeout: -1})
	var bad *config.Error
	if !errors.As(err, &bad) {
		t.Fatalf("%v is no *config.Error", err)
	}
	var fields []string
	for _, f := range bad.Faults {
		fields = append(fields, f.Field)
	}
	want := []string{
		"Config.URL", "ClientOptions.Timeout", "pipe.Database", "pipe.Schema", "Config.Account", "Config.User", "Config.PrivateKey", "Config.Passphrase",
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("a secret is in %v", err)
	}
	whole := snowpipe.Name{Database: "D", Schema: "S", Object: "P"}
	_, err = snowpipe.NewClient(snowpipe.Config{Account: "a", User: "u", PrivateKey: []byte("no PEM"), Key: testkey.Private()}, whole, nil)
	if err == nil || !strings.Contains(err.Error(), "set one of them") {
		t.Errorf("two keys: %v", err)
	}
	if _, err = snowpipe.NewClient(snowpipe.Config{Account: "a", User: "u", PrivateKey: []byte("no PEM")}, whole, nil); err == nil || !strings.Contains(err.Error(), "PEM") {
		t.Errorf("no PEM: %v", err)
	}
}
