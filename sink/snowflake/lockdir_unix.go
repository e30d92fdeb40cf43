//go:build unix && !solaris && !aix

package snowflake

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// lockDir locks a directory until the file that it returns is closed, or its process ends.
func lockDir(path string) (*os.File, error) {
	dir, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errTaken
	}
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		// Who held the lock before may have removed the directory.
		if _, err = os.Lstat(path); err == nil {
			return dir, nil
		}
	}
	_ = dir.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, fs.ErrNotExist) {
		err = errTaken
	}
	return nil, err
}
