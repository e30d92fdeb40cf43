package sourcetest

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// goroutines returns the stacks of all goroutines by their names, as in "goroutine 7".
func goroutines() map[string]string {
	buf := make([]byte, 64<<10)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	all := map[string]string{}
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		name, _, _ := strings.Cut(stack, " [")
		all[name] = stack
	}
	return all
}

// settled waits until no goroutine runs that did not run before. It goes by names and not by numbers: others
// may have ended meanwhile.
func settled(before map[string]string, patience time.Duration) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		left := ""
		for name, stack := range goroutines() {
			if _, ok := before[name]; !ok {
				left = stack
			}
		}
		if left == "" {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("this goroutine runs on:\n%s", left)
		}
	}
}
