//go:build !unix || solaris || aix

package snowflake

import (
	"errors"
	"os"
)

// lockDir cannot lock a directory here, so that none is swept.
func lockDir(string) (*os.File, error) { return nil, errors.ErrUnsupported }
