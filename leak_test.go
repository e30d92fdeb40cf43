package floe_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/floedata/floe"
)

// left asserts that a run that has ended left nothing behind: no goroutine of the engine, no byte of its budget.
func left(t *testing.T, p *floe.Pipeline) {
	t.Helper()
	if held := p.Progress().Memory; held != 0 {
		t.Errorf("%d bytes are charged after the run", held)
	}
	if n := p.Progress().Partitions; n != 0 {
		t.Errorf("%d partitions are open after the run", n)
	}
	for deadline := time.Now().Add(time.Second); ; time.Sleep(time.Millisecond) {
		stack := engineGoroutine()
		if stack == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("a goroutine of the engine runs on:\n%s", stack)
			return
		}
	}
}

// engineGoroutine returns the stack of a goroutine that the engine started, "" where there is none. Those that have
// sent their last word may still be returning.
func engineGoroutine() string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		if strings.Contains(stack, "floe/floe.(*") && !strings.Contains(stack, "floe.(*Pipeline).Run(") && !strings.Contains(stack, "floe/floe_test.") {
			return stack
		}
	}
	return ""
}
