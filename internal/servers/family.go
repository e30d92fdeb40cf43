package servers

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// What a process does.
const (
	gone    = 0
	running = 'R' // or waiting
	stopped = 'T'
	zombie  = 'Z' // ended, and its parent has not looked yet
)

// family returns a process and all that descend from it, by /proc. A PostgreSQL has a session for each of its
// processes, so that its process group is no help.
func family(pid int) ([]int, error) {
	paths, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, path := range paths {
		child, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			return nil, err
		}
		if state, parent := stat(child); state != gone {
			children[parent] = append(children[parent], child)
		}
	}
	pids := []int{pid}
	for i := 0; i < len(pids); i++ {
		pids = append(pids, children[pids[i]]...)
	}
	return pids, nil
}

// stat returns what a process does, and its parent.
func stat(pid int) (state byte, parent int) {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return gone, 0
	}
	// pid (name) state parent …, and the name may have parentheses.
	fields := bytes.Fields(line[bytes.LastIndexByte(line, ')')+1:])
	if len(fields) < 2 {
		return gone, 0
	}
	parent, err = strconv.Atoi(string(fields[1]))
	if err != nil {
		return gone, 0
	}
	switch state = fields[0][0]; state {
	case stopped, zombie:
		return state, parent
	case 'X':
		return gone, 0
	default:
		return running, parent
	}
}

// await waits until all processes are as they should.
func await(what string, pids []int, done func(state byte) bool) error {
	deadline := time.Now().Add(patience)
	for _, pid := range pids {
		for {
			state, _ := stat(pid)
			if done(state) {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("process %d does not %s", pid, what)
			}
			<-time.After(time.Millisecond)
		}
	}
	return nil
}
