package duckdb

import (
	"fmt"
	"path/filepath"
	"sync"
)

// openFiles are the database files that sinks of this process have open. It is state of the process because the
// lock is: DuckDB locks a file against other processes only, and two instances in one would ruin it.
var openFiles sync.Map

// claimFile notes that path is open, until release; a path that is open already is an error.
func claimFile(path string) (release func(), err error) {
	file := realPath(path)
	if _, there := openFiles.LoadOrStore(file, true); there {
		return nil, fmt.Errorf("sink/duckdb: open %q: another sink of this process has it open: give New one connector for both", path)
	}
	return func() { openFiles.Delete(file) }, nil
}

// realPath names a file alike however its path was written, also one that is not there yet.
func realPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}
