// Package child runs the measured work in processes of its own, so that one measurement leaves nothing behind
// for the next: no heap, no open database, no peak of memory.
package child

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Result is what a child tells its parent.
type Result struct {
	Seconds float64
	CPU     float64 // seconds of all cores, of this process alone unless the work says otherwise
	Rows    int64
	Batches int64  // where the work counts them
	Sum     string // tells whether two results are the same
	RSS     int64  // peak resident memory until the work was done, in bytes
	Size    int64  // bytes on the disk, where the work looks
}

// env marks a process as a child and holds its arguments.
const env = "FLOE_BENCHMARK_CHILD"

// Args returns the arguments of [Run] where this process is a child.
func Args() ([]string, bool) {
	text, ok := os.LookupEnv(env)
	if !ok {
		return nil, false
	}
	var args []string
	if err := json.Unmarshal([]byte(text), &args); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(2)
	}
	return args, true
}

// Answer ends a child: it hands r or err to the parent.
func Answer(r Result, err error) {
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Run starts this program again as a child with args and returns its answer.
func Run(ctx context.Context, args ...string) (Result, error) {
	cmd, err := Command(ctx, args...)
	if err != nil {
		return Result{}, err
	}
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		return Result{}, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	var r Result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return Result{}, fmt.Errorf("%s: answered %q: %w", strings.Join(args, " "), out.String(), err)
	}
	return r, nil
}

// Command is this program as a child with args, for those who talk to it while it runs.
func Command(ctx context.Context, args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(args)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), env+"="+string(text))
	return cmd, nil
}

// Clock takes the time of a piece of work.
type Clock struct {
	wall time.Time
	cpu  float64
}

// Start starts a clock, after what was made before it and is needed no more has gone.
func Start() Clock {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak of memory begins here, where the system can do so
	return Clock{time.Now(), cpu()}
}

// Stop returns what the work took since, and its peak of memory.
func (c Clock) Stop() (r Result, err error) {
	r.Seconds, r.CPU = time.Since(c.wall).Seconds(), cpu()-c.cpu
	r.RSS, err = peakRSS()
	return r, err
}

// cpu returns what this process has used of all cores, in seconds.
func cpu() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

// peakRSS returns the peak resident memory of this process so far, in bytes.
func peakRSS() (int64, error) {
	// VmHWM is of this program alone; ru_maxrss also counts what the parent had when it forked.
	if text, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
				kb, err := strconv.ParseInt(f[1], 10, 64)
				return kb << 10, err
			}
		}
		return 0, errors.New("/proc/self/status has no VmHWM")
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	return int64(usage.Maxrss), nil
}
