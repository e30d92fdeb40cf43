package snowflaketest_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// childDir has the directory of the server that this process is to be, for [TestSIGKILL].
const childDir = "SNOWFLAKETEST_CHILD_DIR"

func TestMain(m *testing.M) {
	_ = gosnowflake.GetLogger().SetLogLevel("fatal") // the driver logs each error that it returns too
	dir := os.Getenv(childDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	srv, err := snowflaketest.New(snowflaketest.Options{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if _, err := fmt.Println(srv.DSN()); err != nil {
		os.Exit(1)
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent ends
}

// child starts a server in a process of its own, and returns how to log in to it.
func child(t *testing.T, dir string) (*exec.Cmd, *gosnowflake.Config) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have been
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server does not start: %v", err)
	}
	cfg, err := gosnowflake.ParseDSN(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return cmd, cfg
}

// TestSIGKILL holds that a server whose process is killed amid work has what was committed, and nothing else.
func TestSIGKILL(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, cfg := child(t, dir)
	db := openConfig(t, cfg)
	db.SetMaxOpenConns(1)
	mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0))", "INSERT INTO T VALUES (1)",
		"BEGIN", "INSERT INTO T VALUES (2)", "COMMIT", "BEGIN", "INSERT INTO T VALUES (3)", "UPDATE T SET N = N + 10")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it says that it was killed
	_, cfg = child(t, dir)
	after := openConfig(t, cfg)
	if got := query(t, after, "SELECT N FROM T ORDER BY N"); !cmp.Equal(got, [][]string{{"1"}, {"2"}}) {
		t.Errorf("the table has %v, want what was committed: 1 and 2", got)
	}
	mustExec(t, after, "UPDATE T SET N = N + 1") // nobody holds a lock
}

// TestCloseLeavesNothing holds that a server that was closed has no goroutines and no directory of its own left.
func TestCloseLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	srv, err := snowflaketest.New(snowflaketest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, srv)
	mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0))")
	if err := srv.Exec(t.Context(), "INSERT INTO T VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	for range 2 {
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(srv.Dir()); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", srv.Dir(), err)
	}
	deadline := time.After(5 * time.Second)
	for runtime.NumGoroutine() > before {
		select {
		case <-deadline:
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		case <-time.After(10 * time.Millisecond):
		}
	}
}
