// Package crashtest proves guarantees by SIGKILL: it runs a job in a child process, kills it at random
// moments, starts it again until it is done, and lets the test compare target and source.
//
// The child is the test binary itself: TestMain calls [Main] with the jobs that it can run.
package crashtest

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
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

// Seed is that of the test's random numbers, which it prints.
func Seed(t *testing.T) uint64 {
	t.Helper()
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	t.Logf("repeat with -run '^%s$' -crash.seed=%d", t.Name(), s)
	return s
}

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
	rng := rand.New(rand.NewPCG(Seed(t), 0))
	whole, loading := measure(t, job, verify)
	counted, jobs := 0, 0
	for ; counted < *kills; jobs++ {
		if jobs > 20**kills {
			t.Fatalf("only %d of %d kills fell amid the loads of their job, in %d jobs", counted, *kills, jobs)
		}
		dir := filepath.Join(t.TempDir(), fmt.Sprint("job", jobs))
		counted += amid(t, job, dir, func() moment { return pick(rng, whole, loading) })
		verify(t, dir)
		if t.Failed() {
			t.Fatalf("job %d failed after %d counted kills", jobs, counted)
		}
		os.RemoveAll(dir)
	}
	t.Logf("%d counted kills in %d jobs, each with at least %d loads", counted, jobs, MinLoads)
}

// moment is when a child is killed: so long after it was started, or after its first load. The zero moment is never.
type moment struct {
	after  time.Duration
	loaded bool
}

// pick returns a moment of a job that takes that long in all, and from its first load to its end. One in four is anywhere,
// the others amid the loads, which a process that starts slowly would otherwise rarely reach.
func pick(rng *rand.Rand, whole, loading time.Duration) moment {
	if rng.IntN(4) == 0 {
		return moment{after: 1 + time.Duration(rng.Int64N(int64(whole)))}
	}
	return moment{after: 1 + time.Duration(rng.Int64N(int64(loading))), loaded: true}
}

// measure runs the job once without a kill, and answers how long it took, in all and from its first load on.
func measure(t *testing.T, job string, verify func(t *testing.T, dir string)) (whole, loading time.Duration) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "whole")
	start := time.Now()
	r := child(t, job, dir, moment{})
	if !r.done {
		t.Fatalf("without a kill the job %s", r)
	}
	if r.loads < MinLoads {
		t.Fatalf("the job has %d loads, fewer than %d", r.loads, MinLoads)
	}
	whole = time.Since(start)
	verify(t, dir)
	return whole, whole - r.first.Sub(start)
}

// amid runs one job to its end, killing it up to five times, and answers the kills that fell between its first
// and its last load.
func amid(t *testing.T, job, dir string, next func() moment) int {
	t.Helper()
	loads, waiting, counted := 0, 0, 0
	for try := 0; ; try++ {
		kill := moment{}
		if try < 5 {
			kill = next()
		}
		r := child(t, job, dir, kill)
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
	first        time.Time // when the first load was told
	done, killed bool
	err          error
	output       string
}

func (r result) String() string {
	return fmt.Sprintf("ended with %v after %d loads: %s", r.err, r.loads, r.output)
}

// child runs the job in a process of its own and kills it at that moment.
func child(t *testing.T, job, dir string, kill moment) result {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := command(ctx, job, dir)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var killed atomic.Bool
	timer := time.AfterFunc(math.MaxInt64, func() {
		killed.Store(true)
		_ = cmd.Process.Kill() // it may be over
	})
	defer timer.Stop()
	if kill.after > 0 && !kill.loaded {
		timer.Reset(kill.after)
	}
	r := read(out, func() {
		if kill.loaded {
			timer.Reset(kill.after)
		}
	})
	r.err = cmd.Wait()
	r.killed = !r.done && killed.Load() && r.output == ""
	r.output += errs.String()
	return r
}

// Start starts the job in a process of its own, which kill ends by SIGKILL.
func Start(t *testing.T, job, dir string) (kill func()) {
	t.Helper()
	cmd := command(t.Context(), job, dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := cmd.Process.Kill(); err != nil {
			t.Fatalf("the job %q is over: %v", job, err)
		}
		_ = cmd.Wait() // killed
	}
}

func command(ctx context.Context, job, dir string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$") // done context = SIGKILL
	cmd.Env = append(os.Environ(), jobVar+"="+job, dirVar+"="+dir)
	return cmd
}

// read reads what a child tells until it ends, and calls first at its first load.
func read(out io.Reader, first func()) result {
	var r result
	for lines := bufio.NewScanner(out); lines.Scan(); {
		switch line := lines.Text(); line {
		case "loaded":
			if r.loads++; r.loads == 1 {
				r.first = time.Now()
				first()
			}
		case "done":
			r.done = true
		default:
			r.output += line + "\n"
		}
	}
	return r
}
