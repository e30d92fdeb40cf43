//go:build unix

package parquet_test

import (
	"syscall"
	"testing"
)

// cpuSeconds is the processor time that the process has taken, the measure that a busy machine leaves alone.
func cpuSeconds(tb testing.TB) float64 {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Skip(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}
