package servers_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/floedata/floe/internal/servers"
)

func TestPrivateServerIsEndedAndStarted(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			server := k.start(t, "max_connections=17")
			addr, dsn := server.Addr(), server.Database(t)
			c := connect(t, dsn)
			if n := query[int](t, c, maxConnections(k.name)); n != 17 {
				t.Errorf("max_connections is %d, want 17", n)
			}
			c.must(t, "CREATE TABLE kept (x INT)", "INSERT INTO kept VALUES (1)", "BEGIN", "INSERT INTO kept VALUES (2)")

			server.Kill()
			if err := c.exec("COMMIT"); err == nil {
				t.Error("a connection outlived a killed server")
			}
			if conn, err := net.Dial("tcp", addr); err == nil {
				conn.Close()
				t.Error("a killed server takes connections")
			}
			server.Start()
			if server.Addr() != addr {
				t.Errorf("started at %s, was at %s", server.Addr(), addr)
			}
			c = connect(t, dsn)
			if n := query[int](t, c, "SELECT count(*) FROM kept"); n != 1 {
				t.Errorf("%d rows after a kill, want the 1 that was committed", n)
			}

			c.must(t, "INSERT INTO kept VALUES (2)")
			server.Stop()
			if err := c.exec("SELECT 1"); err == nil {
				t.Error("a connection outlived a server that was stopped")
			}
			server.Start()
			c = connect(t, dsn)
			if n := query[int](t, c, "SELECT count(*) FROM kept"); n != 2 {
				t.Errorf("%d rows after a stop, want 2", n)
			}

			server.Pause()
			answered := make(chan error, 1)
			go func() { answered <- c.exec("INSERT INTO kept VALUES (3)") }()
			select {
			case err := <-answered:
				t.Errorf("a server that is paused answered: %v", err)
				answered <- err
			case <-time.After(100 * time.Millisecond):
			}
			server.Resume()
			if err := <-answered; err != nil {
				t.Errorf("after a pause: %v", err)
			}
			if k.name == "PostgreSQL" {
				server.Pause() // and ends with the test nevertheless
			} else {
				server.Kill() // and needs no end
			}
		})
	}
}

func maxConnections(kind string) string {
	if kind == "MariaDB" {
		return "SELECT @@max_connections"
	}
	return "SELECT current_setting('max_connections')::int"
}

// TestServersEndWithTheirProcess starts servers in a child process, kills it, and sees that nothing is left.
func TestServersEndWithTheirProcess(t *testing.T) {
	for _, variable := range []string{"FLOE_POSTGRES", "FLOE_MARIADB"} {
		t.Setenv(variable, "")
	}
	if missing := servers.Missing(); len(missing) > 0 {
		t.Skipf("servers are missing: apt-get install %s", strings.Join(missing, " "))
	}
	temp, err := os.MkdirTemp("", "floe-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(temp)
	if err := os.Chmod(temp, 0o755); err != nil { // servers are other users
		t.Fatal(err)
	}
	dsns, kill := child(t, "TMPDIR="+temp)
	for _, dsn := range dsns {
		connect(t, dsn)
	}
	if entries, err := os.ReadDir(temp); err != nil || len(entries) != len(dsns) {
		t.Fatalf("%d servers have the directories %v, %v", len(dsns), entries, err)
	}
	kill()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		entries, err := os.ReadDir(temp)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("still there: %v", entries)
		}
	}
	for _, dsn := range dsns {
		addr := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(dsn)
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			t.Errorf("the server at %s goes on without its process", addr)
		}
	}
}

func TestChildSharesServersAndDiesAlone(t *testing.T) {
	var want []string
	for _, k := range kinds {
		want = append(want, k.shared(t).DSN())
	}
	dsns, kill := child(t)
	kill()
	for i, dsn := range dsns {
		if dsn != want[i] {
			t.Errorf("%s: the child has a server of its own", kinds[i].name)
		}
		connect(t, want[i])
	}
}

// child runs this test binary as a process that uses the shared servers until it is killed. It is there when the
// servers are.
func child(t *testing.T, env ...string) (dsns []string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), childVariable+"=1"), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	buf := make([]byte, 4096)
	text := ""
	for !strings.HasSuffix(text, "\n\n") {
		n, err := out.Read(buf)
		if err != nil {
			t.Fatalf("the child ended: %v", err)
		}
		text += string(buf[:n])
	}
	return strings.Fields(text), kill
}

const childVariable = "FLOE_SERVERS_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	for _, k := range kinds {
		os.Stdout.WriteString(k.shared(bare{}).DSN() + "\n")
	}
	os.Stdout.WriteString("\n")
	time.Sleep(time.Hour) // it is killed
}

// bare is a test without a test.
type bare struct{ servers.TB }

func (bare) Helper() {}

func (bare) Fatalf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}
