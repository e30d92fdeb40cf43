package engine

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// pipeVariable makes the child a process in which a pipe loads.
const pipeVariable = "FLOE_ENGINE_CHILD_PIPE"

// What the child tells the pipe of: calls of some files each.
const (
	pipeCalls = 12
	pipeCall  = 4
	pipeRows  = 20
)

func pipeName(call, file int) string { return fmt.Sprintf("%d/%d.csv", call, file) }

func tellCall(s *Session, call int) error {
	var files []PipeFile
	for i := range pipeCall {
		files = append(files, PipeFile{Path: pipeName(call, i)})
	}
	_, err := s.InsertFiles(context.Background(), "DB.PUBLIC.P", files)
	return err
}

// pipeChild tells the pipe of all files, from the first on, while it loads them, and says which it was told of.
func pipeChild(dir string) error {
	e, err := New(dir, Options{})
	if err != nil {
		return err
	}
	s, err := e.Connect(Login{User: "ADMIN"})
	if err != nil {
		return err
	}
	for call := range pipeCalls {
		if err := tellCall(s, call); err != nil {
			return err
		}
		fmt.Println(call)
	}
	select {}
}

// A process that is killed while a pipe loads, and while it is told of more, loses nothing that the pipe has taken, and loads
// nothing twice or in part.
func TestPipeKilled(t *testing.T) {
	dir := t.TempDir()
	func() {
		e, s := start(t, Options{})
		dir = e.dir
		run(t, s, `CREATE STAGE st; CREATE TABLE t (f INT, n INT); CREATE PIPE p AS COPY INTO t FROM @st`)
		for call := range pipeCalls {
			for i := range pipeCall {
				var rows strings.Builder
				for n := range pipeRows {
					fmt.Fprintf(&rows, "%d,%d\n", call*pipeCall+i, n)
				}
				at, name, _ := strings.Cut(pipeName(call, i), "/")
				upload(t, s, "@st/"+at, name, rows.String())
			}
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	told := 0 // calls that the pipe has taken
	for _, last := range []int{0, 2, 5, 8, 11} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"="+dir, pipeVariable+"=1")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var call int
			if _, err := fmt.Sscan(lines.Text(), &call); err != nil {
				t.Errorf("the child says %q", lines.Text())
				break
			}
			if told = max(told, call+1); call >= last {
				break
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // it says that it was killed
	}
	_, s := reopened(t, dir, Options{})
	settle(t, s, "p")
	const files = `SELECT COUNT(DISTINCT f), COUNT(*), COUNT(DISTINCT f * 1000 + n) FROM t`
	want := fmt.Sprintf("%d|%d|%[2]d", told*pipeCall, told*pipeCall*pipeRows)
	if told != pipeCalls {
		t.Fatalf("the pipe was told %d times, want %d", told, pipeCalls)
	}
	is(t, s, files, want)
	for call := range pipeCalls {
		if err := tellCall(s, call); err != nil {
			t.Fatal(err)
		}
	}
	settle(t, s, "p")
	is(t, s, files, want)
	is(t, s, `SELECT COUNT(*), SUM(row_count) FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 't', START_TIME => DATEADD(hour, -1, CURRENT_TIMESTAMP()))) WHERE status = 'Loaded'`,
		fmt.Sprintf("%d|%d", told*pipeCall, told*pipeCall*pipeRows))
}
