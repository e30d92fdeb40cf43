package snowflaketest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// TestGolden plays the exchanges of testdata/golden against a server. They are written from the driver's documentation and
// source, and from what is known of Snowflake's answers, so that the fake is not held against itself.
//
// A file has exchanges: lines with > in front are the head of a request, and text up to the line with < its body; then
// the status and the reply follow. A line with # is a comment, but "# until" before a request, which is repeated until the
// reply is the one that follows. In replies, "<string>", "<number>", "<any>" and
// "<parameters>" stand for values that vary; "${name}" too, whose value is put wherever later requests have ${name}.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	key := newKey(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			srv := snowflaketest.Start(t, &snowflaketest.Options{
				Account:  "ACCT",
				Users:    []snowflaketest.User{{Name: "U", Password: "secret", PublicKey: &key.PublicKey}},
				Database: "DB", Schema: "S", Warehouse: "WH",
				LongPoll:    200 * time.Millisecond,
				ChunkRows:   2,
				LocalStages: strings.Contains(string(text), "# local stages\n"),

				DocumentedShapes: strings.Contains(string(text), "# documented shapes\n"),
			})
			vars := map[string]string{"url": srv.URL(), "host": strings.TrimPrefix(srv.URL(), "http://"), "dir": srv.Dir(), "jwt": keyPairToken(t, key, "ACCT", "U", time.Now())}
			for i, x := range parseGolden(t, string(text)) {
				if !x.play(t, vars) {
					t.Fatalf("exchange %d: %s", i+1, x.head[0])
				}
			}
		})
	}
}

// goldenExchange is a request and what is to be answered.
type goldenExchange struct {
	head         []string
	body, answer string
	status       string
	until        bool // repeat it until that is the answer
}

func parseGolden(t *testing.T, text string) []*goldenExchange {
	var all []*goldenExchange
	var x *goldenExchange
	until := false
	for line := range strings.Lines(text) {
		switch {
		case line == "# until\n":
			until = true
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "> "):
			if x == nil || x.status != "" {
				x = &goldenExchange{until: until}
				all = append(all, x)
				until = false
			}
			x.head = append(x.head, strings.TrimSpace(line[2:]))
		case x == nil:
		case strings.HasPrefix(line, "< "):
			x.status = strings.TrimSpace(line[2:])
		case x.status == "":
			x.body += line
		default:
			x.answer += line
		}
	}
	if len(all) == 0 || x.status == "" {
		t.Fatal("no exchanges, or one without a reply")
	}
	return all
}

// play sends the request and compares the reply.
func (x *goldenExchange) play(t *testing.T, vars map[string]string) bool {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		wrong := x.try(t, vars)
		if wrong == "" {
			return true
		}
		if !x.until || time.Now().After(deadline) {
			t.Error(wrong)
			return false
		}
	}
}

// try is play once. It returns what is wrong with the reply, "" for nothing.
func (x *goldenExchange) try(t *testing.T, vars map[string]string) string {
	t.Helper()
	fill := func(s string) string {
		for name, value := range vars {
			s = strings.ReplaceAll(s, "${"+name+"}", value)
		}
		return s
	}
	method, target, _ := strings.Cut(fill(x.head[0]), " ")
	if !strings.HasPrefix(target, "http") {
		target = vars["url"] + target
	}
	var body io.Reader = strings.NewReader(strings.TrimSpace(fill(x.body)))
	header := http.Header{}
	for _, line := range x.head[1:] {
		name, value, _ := strings.Cut(fill(line), ": ")
		header.Set(name, value)
	}
	if header.Get("Content-Encoding") == "gzip" {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.Copy(z, body)
		_ = z.Close()
		body = &b
	}
	req, err := http.NewRequestWithContext(t.Context(), method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(resp.StatusCode) != x.status {
		return fmt.Sprintf("status %d, want %s; body: %s", resp.StatusCode, x.status, got)
	}
	answer := strings.TrimSpace(fill(x.answer))
	if !strings.HasPrefix(answer, "{") {
		if m := variable.FindStringSubmatch(answer); m != nil && len(got) > 0 {
			vars[m[1]] = string(got)
		} else if answer != strings.TrimSpace(string(got)) {
			return fmt.Sprintf("reply %q, want %q", got, answer)
		}
		return ""
	}
	var wantValue, gotValue any
	if err := json.Unmarshal([]byte(answer), &wantValue); err != nil {
		t.Fatalf("the golden reply: %v", err)
	}
	if err := json.Unmarshal(got, &gotValue); err != nil {
		return fmt.Sprintf("the reply is no JSON: %v: %s", err, got)
	}
	wantValue = meet(wantValue, gotValue, vars)
	if diff := cmp.Diff(wantValue, gotValue); diff != "" {
		return fmt.Sprintf("reply (-want +got):\n%s", diff)
	}
	return ""
}

var variable = regexp.MustCompile(`^\$\{(\w+)\}$`)

// meet returns want with its placeholders replaced by what they stand for in got, if got has such a value there.
func meet(want, got any, vars map[string]string) any {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		for key, value := range w {
			if ok {
				w[key] = meet(value, g[key], vars)
			}
		}
	case []any:
		g, ok := got.([]any)
		for i, value := range w {
			if ok && i < len(g) {
				w[i] = meet(value, g[i], vars)
			}
		}
	case string:
		text, isText := got.(string)
		_, isNumber := got.(float64)
		list, isList := got.([]any)
		switch m := variable.FindStringSubmatch(w); {
		case m != nil && isText && text != "":
			vars[m[1]] = text
			return got
		case w == "<any>", w == "<string>" && isText && text != "", w == "<number>" && isNumber,
			w == "<parameters>" && isList && areParameters(list):
			return got
		}
	}
	return want
}

// areParameters reports whether a list is one of names and values.
func areParameters(list []any) bool {
	for _, p := range list {
		m, ok := p.(map[string]any)
		if !ok || len(m) != 2 || m["name"] == nil {
			return false
		}
		if _, ok := m["value"]; !ok {
			return false
		}
	}
	return len(list) > 0
}
