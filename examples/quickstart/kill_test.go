package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestKilled kills the program as soon as it says that some rows are written, once or more, and lets it end then.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it loads millions of rows")
	}
	const files, each = 12, 500_000 // more than two loads
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "big"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range files {
		var rows int
		one(t, "", fmt.Sprintf("COPY (SELECT i AS id, 'row ' || i AS name FROM range(%d, %d) r(i)) TO '%s/big/%02d.csv' (HEADER)",
			i*each, (i+1)*each, dir, i), &rows)
		if rows != each {
			t.Fatalf("%d rows were made", rows)
		}
	}
	db := filepath.Join(dir, "big.duckdb")
	kills := 0
	var out string
	for done := false; !done; {
		out, done = killed(t, kills < 2, "-db", db, filepath.Join(dir, "big", "*.csv"))
		if !done {
			kills++
		}
	}
	if kills == 0 {
		t.Fatalf("the program ended before it said that rows are written:\n%s", out)
	}
	var read, written int
	last := out[strings.LastIndex(strings.TrimSpace(out), "\n")+1:]
	if _, err := fmt.Sscanf(last, "read=%d written=%d rejected=0 rows/s=", &read, &written); err != nil {
		t.Fatalf("the last line is %q: %v", last, err)
	}
	if written == 0 || written >= files*each {
		t.Errorf("after %d kills %d of %d rows were written, so no kill fell amid the load", kills, written, files*each)
	}
	var rows, ids, sum, good int
	one(t, db, `SELECT count(*), count(DISTINCT id), sum(id)::BIGINT, count(*) FILTER (name = 'row ' || id) FROM big`, &rows, &ids, &sum, &good)
	const want = files * each
	if rows != want || ids != want || sum != want*(want-1)/2 || good != want {
		t.Errorf("the table has %d rows, %d ids with the sum %d, %d right names; want %d rows", rows, ids, sum, good, want)
	}
}

// killed runs the program in a process of its own, and answers its output and whether it came to its end. It may be
// killed by SIGKILL when its progress says that rows are written.
func killed(t *testing.T, kill bool, args ...string) (out string, done bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), childVar+"=1", "GOMAXPROCS=1") // so that it is slow enough everywhere
	var stdout strings.Builder
	cmd.Stdout = &stdout
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	progress := regexp.MustCompile(`^big: .* rows read, [1-9][0-9]* written`)
	struck := false
	var said strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		if kill && !struck && progress.MatchString(lines.Text()) {
			struck = true
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = cmd.Wait()
	if err != nil && !struck {
		t.Fatalf("%v\n%s", err, said.String())
	}
	return stdout.String(), err == nil
}
