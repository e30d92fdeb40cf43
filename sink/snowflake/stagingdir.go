package snowflake

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// stagingDir is where files wait for their upload.
type stagingDir struct {
	given string // by the user; "" = a temporary one

	mu   sync.Mutex
	made string
	held *os.File // the lock of made
}

// tempPrefix begins the names of temporary directories.
const tempPrefix = "floe-snowflake-"

// errTaken answers who wants to lock a directory that another has locked, or removed.
var errTaken = errors.New("another process has the directory")

func (d *stagingDir) path() (string, error) {
	if d.given != "" {
		return d.given, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.made != "" {
		return d.made, nil
	}
	sweep(os.TempDir())
	for {
		made, err := os.MkdirTemp("", tempPrefix)
		if err != nil {
			return "", fmt.Errorf("make a staging directory: %w", err)
		}
		held, err := lockDir(made)
		if errors.Is(err, errTaken) {
			continue // another process has swept it before it was locked
		}
		d.made, d.held = made, held // nil where there are no locks: nobody sweeps then, either
		return made, nil
	}
}

// remove removes the directory where it was made for the sink.
func (d *stagingDir) remove() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	made, held := d.made, d.held
	d.made, d.held = "", nil
	if made == "" {
		return nil
	}
	err := os.RemoveAll(made)
	if held != nil {
		err = errors.Join(err, held.Close())
	}
	return err
}

// sweep removes the temporary directories of processes that were killed: those that nobody has locked, and in them the
// files that are by name the sink's. What cannot be removed is left to the next sweep.
func sweep(temp string) {
	entries, _ := os.ReadDir(temp) // what is not seen is not swept
	for _, e := range entries {
		number, ours := strings.CutPrefix(e.Name(), tempPrefix)
		if ours && e.IsDir() && strings.Trim(number, "0123456789") == "" {
			sweepDir(filepath.Join(temp, e.Name()))
		}
	}
}

func sweepDir(dir string) {
	held, err := lockDir(dir)
	if err != nil {
		return
	}
	defer held.Close()
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		if _, ok := parseAttempt(f.Name()); ok {
			_ = os.Remove(filepath.Join(dir, f.Name()))
		}
	}
	_ = os.Remove(dir)
}
