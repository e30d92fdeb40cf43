package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	admin = Streamer{User: "ADMIN"}
	pipeT = PipeAddress{Database: "DB", Schema: "PUBLIC", Pipe: "T-STREAMING"}
)

// newStreaming opens an account with a table T (N NUMBER) to which rows are streamed, committed by CommitStreams alone.
func newStreaming(t testing.TB, dir string, o Options) *Engine {
	t.Helper()
	o.StreamingDelay = -1
	e, err := New(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := e.Connect(Login{User: "ADMIN"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Execute(t.Context(), Request{SQL: "CREATE DATABASE IF NOT EXISTS DB; USE DATABASE DB; CREATE TABLE IF NOT EXISTS T (N NUMBER)"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return e
}

func openT(t testing.TB, e *Engine, name string) (ChannelStatus, string) {
	t.Helper()
	status, token, err := e.OpenChannel(t.Context(), admin, pipeT, name, OpenChannel{})
	if err != nil {
		t.Fatal(err)
	}
	return status, token
}

func codeOf(err error) string {
	var no *StreamError
	if errors.As(err, &no) {
		return no.Code
	}
	return ""
}

// TestOpeningTwice holds that of two who open a channel at once one is to come again.
func TestOpeningTwice(t *testing.T) {
	e := newStreaming(t, t.TempDir(), Options{})
	done, no := e.streams.begin(PipeAddress{Database: "db", Schema: "public", Pipe: "t-streaming"}, "C")
	if no != nil {
		t.Fatal(no)
	}
	if _, _, err := e.OpenChannel(t.Context(), admin, pipeT, "C", OpenChannel{}); codeOf(err) != codeOpening {
		t.Errorf("while another opens it: %v", err)
	}
	openT(t, e, "D")
	done()
	openT(t, e, "C")
}

// TestStreamLeftovers holds that files of what nobody waits for go when the account is opened, and that a gap is an error.
func TestStreamLeftovers(t *testing.T) {
	dir := t.TempDir()
	e := newStreaming(t, dir, Options{})
	_, token := openT(t, e, "C")
	for range 3 {
		var err error
		if token, err = e.Append(t.Context(), admin, pipeT, AppendRows{Channel: "C", Continuation: token, Rows: []byte(`{"N":1}`)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	id := e.streams.last
	for _, leftover := range []string{"7.part", fmt.Sprintf("%d-0-1.ndjson", id), "99-1-1.ndjson", fmt.Sprintf("%d-1-0.ndjson", id)} {
		if err := os.WriteFile(filepath.Join(dir, "streaming", leftover), []byte("{}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e = newStreaming(t, dir, Options{})
	files, err := os.ReadDir(filepath.Join(dir, "streaming"))
	if err != nil || len(files) != 3 {
		t.Errorf("%d files are left, want those of 3 appends: %v", len(files), err)
	}
	if err := e.CommitStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st, err := e.ChannelStatuses(t.Context(), admin, pipeT, []string{"C"}); err != nil || st["C"].Inserted != 3 {
		t.Errorf("the channel is %+v, %v", st["C"], err)
	}
	if files, _ := os.ReadDir(filepath.Join(dir, "streaming")); len(files) != 0 {
		t.Errorf("%d files are left behind the commit", len(files))
	}
	_, token = openT(t, e, "C")
	for range 2 {
		if token, err = e.Append(t.Context(), admin, pipeT, AppendRows{Channel: "C", Continuation: token, Rows: []byte(`{"N":1}`)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "streaming", fmt.Sprintf("%d-2-4.ndjson", id))); err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir, Options{}); err == nil || !strings.Contains(err.Error(), "channel C: append 5 follows 3") {
		t.Errorf("with an append that is lost the account opens: %v", err)
	}
}

// TestTokensOfOtherChannels holds that a channel that was dropped, and made again after the account was opened again, takes no
// token of before.
func TestTokensOfOtherChannels(t *testing.T) {
	dir := t.TempDir()
	e := newStreaming(t, dir, Options{})
	_, old := openT(t, e, "C")
	if err := e.DropChannel(t.Context(), admin, pipeT, "C", false); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = newStreaming(t, dir, Options{})
	openT(t, e, "C")
	if _, err := e.Append(t.Context(), admin, pipeT, AppendRows{Channel: "C", Continuation: old, Rows: []byte(`{"N":1}`)}); codeOf(err) != codeNoChannel {
		t.Errorf("with the token of another channel: %v", err)
	}
}

// TestCommitIsOne holds that rows and token are committed together or not at all.
func TestCommitIsOne(t *testing.T) {
	e := newStreaming(t, t.TempDir(), Options{})
	_, token := openT(t, e, "C")
	end := "1"
	if _, err := e.Append(t.Context(), admin, pipeT, AppendRows{Channel: "C", Continuation: token, End: &end, Rows: []byte(`{"N":1}`)}); err != nil {
		t.Fatal(err)
	}
	// The file is gone: the commit fails after nothing, and says so.
	if err := os.Remove(e.streams.channels[e.streams.last].pending[0].path); err != nil {
		t.Fatal(err)
	}
	if err := e.CommitStreams(t.Context()); err == nil {
		t.Error("rows that are not there are committed")
	}
	st, err := e.ChannelStatuses(t.Context(), admin, pipeT, []string{"C"})
	if err != nil || st["C"].Token != nil || st["C"].Code != codeMustReopen {
		t.Errorf("the channel is %+v, %v", st["C"], err)
	}
	if st, _ := openT(t, e, "C"); st.Code != statusSuccess {
		t.Errorf("opened again, the channel is %+v", st)
	}
}

// TestCloseTwice holds that an account is closed once, with what commits for it.
func TestCloseTwice(t *testing.T) {
	e, err := New(t.TempDir(), Options{StreamingDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzContinuation holds that a continuation token is read as it was written, and nothing else is one.
func FuzzContinuation(f *testing.F) {
	c := &channel{channelState: channelState{ID: 3, Opened: 7}, next: 12}
	f.Add(c.continuation())
	f.Add("MS4yLjM")
	f.Add("MS4yLjMg")
	f.Add("")
	f.Add("LTEuMDAyLis5")
	f.Fuzz(func(t *testing.T, token string) {
		id, opened, row, ok := continued(token)
		if !ok {
			return
		}
		if again := (&channel{channelState: channelState{ID: id, Opened: opened}, next: row}).continuation(); again != token {
			t.Errorf("%q is read as %d %d %d, which is written %q", token, id, opened, row, again)
		}
	})
}

// FuzzCounted holds that lines are counted as they are loaded: whatever is accepted is rows, and their number is right.
func FuzzCounted(f *testing.F) {
	e := &Engine{}
	for _, text := range []string{"", "\n", "{}", "{}\n{}\r\n", `{"a":"\n"}`, "{\n}", "[]", "{} {}", "\ufeff{}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, no := e.counted(text)
		if no != nil {
			return
		}
		n := int64(0)
		for line := range strings.Lines(string(text)) {
			if strings.TrimSpace(line) != "" {
				n++
			}
		}
		if rows != n {
			t.Errorf("%d rows of %d lines", rows, n)
		}
	})
}
