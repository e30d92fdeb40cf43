package servers

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// witness is a test that notes how it ends.
type witness struct {
	testing.TB
	said string
}

func (w *witness) Skipf(format string, args ...any)  { w.end("skipped: "+format, args...) }
func (w *witness) Fatalf(format string, args ...any) { w.end("failed: "+format, args...) }

func (w *witness) end(format string, args ...any) {
	w.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// said answers how a test ends that does f.
func said(t *testing.T, f func(TB)) string {
	t.Helper()
	w := &witness{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(w)
	}()
	<-done
	return w.said
}

func TestMissingServerSkips(t *testing.T) {
	for _, k := range []kind{postgres, mariadb, azurite} {
		t.Setenv(k.variable, "")
		k.find = func() (programs, bool) { return programs{}, false }
		want := fmt.Sprintf("skipped: %s is missing: %s", k.name, k.install)
		if got := said(t, func(tb TB) { (&shared{kind: &k}).get(tb) }); got != want {
			t.Errorf("shared: %q, want %q", got, want)
		}
		if got := said(t, func(tb TB) { startPrivate(tb, &k, nil) }); got != want {
			t.Errorf("private: %q, want %q", got, want)
		}
	}
}

func TestVariableIsNoDSN(t *testing.T) {
	for _, k := range []*kind{&postgres, &mariadb} {
		t.Setenv(k.variable, "a secret%zz")
		want := fmt.Sprintf("failed: %s is no DSN of %s", k.variable, k.name)
		if got := said(t, func(tb TB) { (&shared{kind: k}).get(tb) }); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A server that is installed and does not run is a failure, never a skip.
func TestServerThatDoesNotStartFails(t *testing.T) {
	temp, err := os.MkdirTemp("", "floe-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(temp)
	if err := os.Chmod(temp, 0o755); err != nil { // servers are other users
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temp)
	for _, k := range []*kind{&postgres, &mariadb} {
		if _, ok := k.find(); !ok {
			t.Skipf("%v", k.missing())
		}
		got := said(t, func(tb TB) { startPrivate(tb, k, []string{"no_such_setting=1"}) })
		if !strings.HasPrefix(got, "failed: start "+k.name) || !strings.Contains(got, "no_such_setting") {
			t.Errorf("%s: %q, want the server's words", k.name, got)
		}
		if entries, err := os.ReadDir(temp); err != nil || len(entries) > 0 {
			t.Errorf("%s: left behind %v, %v", k.name, entries, err)
		}
	}
}

func TestTempDirIsReachable(t *testing.T) {
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	open, err := os.MkdirTemp("/tmp", "floe-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(open)
	t.Setenv("TMPDIR", open)
	for _, tc := range []struct {
		mode     os.FileMode
		identity *syscall.Credential
		want     string
	}{
		{0o755, nobody, open},
		{0o700, nobody, "/tmp"},
		{0o700, nil, open},
	} {
		if err := os.Chmod(open, tc.mode); err != nil {
			t.Fatal(err)
		}
		if got := tempDir(tc.identity); got != tc.want {
			t.Errorf("mode %v, identity %v: %s, want %s", tc.mode, tc.identity, got, tc.want)
		}
	}
}
