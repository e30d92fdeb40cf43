// Package crashtest proves guarantees by SIGKILL: it runs a job in a child process, kills it at random
// moments, starts it again until it is done, and lets the test compare target and source.
//
// The child is the test binary itself: TestMain calls [Main] with the jobs that it can run.
package crashtest

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	kills = flag.Int("crash.kills", 20, "counted kills for each job")
	seed  = flag.Uint64("crash.seed", 0, "seed of the kill times; 0 = one from the clock, which is printed")
)

const (
	jobVar = "FLOE_CRASHTEST_JOB"
	dirVar = "FLOE_CRASHTEST_DIR"
)

// MinLoads is how many loads a job must have in all: a job of few would rarely be killed amid them.
const MinLoads = 20

// Job works in dir until it is done. It is killed and started again at any moment, and calls loaded after each
// load that committed.
type Job func(ctx context.Context, dir string, loaded func()) error

// Main runs the job that the environment names, where this process is a child, else the tests.
func Main(m *testing.M, jobs map[string]Job) {
	name := os.Getenv(jobVar)
	if name == "" {
		os.Exit(m.Run())
	}
	job, ok := jobs[name]
	if !ok {
		fmt.Println("failed: no job", name)
		os.Exit(1)
	}
	if err := job(context.Background(), os.Getenv(dirVar), func() { fmt.Println("loaded") }); err != nil {
		fmt.Println("failed:", strings.ReplaceAll(err.Error(), "\n", " "))
		os.Exit(1)
	}
	fmt.Println("done")
	os.Exit(0)
}

// Kill runs the named job, each time in a fresh directory, kills it at random moments until enough kills fell
// between the first and the last load of their job, and calls verify with the directory of each job that is
// done.
func Kill(t *testing.T, job string, verify func(t *testing.T, dir string)) {
	t.Helper()
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	t.Logf("repeat with -run '^%s$' -crash.seed=%d", t.Name(), s)
	rng := rand.New(rand.NewPCG(s, 0))
	whole := measure(t, job, verify)
	counted, jobs := 0, 0
	for ; counted < *kills; jobs++ {
		if jobs > 20**kills {
			t.Fatalf("only %d of %d kills fell amid the loads of their job, in %d jobs", counted, *kills, jobs)
		}
		dir := filepath.Join(t.TempDir(), fmt.Sprint("job", jobs))
		counted += amid(t, job, dir, rng, whole)
		verify(t, dir)
		if t.Failed() {
			t.Fatalf("job %d failed after %d counted kills", jobs, counted)
		}
		os.RemoveAll(dir)
	}
	t.Logf("%d counted kills in %d jobs, each with at least %d loads", counted, jobs, MinLoads)
}

// measure runs the job once without a kill, and answers how long it took.
func measure(t *testing.T, job string, verify func(t *testing.T, dir string)) time.Duration {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "whole")
	start := time.Now()
	r := child(t, job, dir, 0)
	if !r.done {
		t.Fatalf("without a kill the job %s", r)
	}
	if r.loads < MinLoads {
		t.Fatalf("the job has %d loads, fewer than %d", r.loads, MinLoads)
	}
	verify(t, dir)
	return time.Since(start)
}

// amid runs one job to its end, killing it up to five times, and answers the kills that fell between its first
// and its last load.
func amid(t *testing.T, job, dir string, rng *rand.Rand, whole time.Duration) int {
	t.Helper()
	loads, waiting, counted := 0, 0, 0
	for try := 0; ; try++ {
		after := time.Duration(0)
		if try < 5 {
			after = 1 + time.Duration(rng.Int64N(int64(whole)))
		}
		r := child(t, job, dir, after)
		if r.loads > 0 && loads > 0 {
			counted += waiting // there was a load before those kills, and here is one after them
			waiting = 0
		}
		loads += r.loads
		if r.done {
			return counted
		}
		if !r.killed {
			t.Fatalf("after %d kills the job %s", try, r)
		}
		if loads > 0 {
			waiting++
		}
	}
}

// result is how a child ended.
type result struct {
	loads        int
	done, killed bool
	err          error
	output       string
}

func (r result) String() string {
	return fmt.Sprintf("ended with %v after %d loads: %s", r.err, r.loads, r.output)
}

// child runs the job in a process of its own and kills it after a while; 0 = never.
func child(t *testing.T, job, dir string, after time.Duration) result {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if after > 0 {
		ctx, cancel = context.WithTimeout(ctx, after)
		defer cancel()
	}
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$") // done context = SIGKILL
	cmd.Env = append(os.Environ(), jobVar+"="+job, dirVar+"="+dir)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := read(out)
	r.err = cmd.Wait()
	r.killed = !r.done && after > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) && r.output == ""
	r.output += errs.String()
	return r
}

func read(out io.Reader) result {
	var r result
	for lines := bufio.NewScanner(out); lines.Scan(); {
		switch line := lines.Text(); line {
		case "loaded":
			r.loads++
		case "done":
			r.done = true
		default:
			r.output += line + "\n"
		}
	}
	return r
}
