package servers

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
)

// kind is what servers differ in.
type kind struct {
	name     string         // as its project writes it
	variable string         // of the environment: the DSN of the shared server
	pkg      string         // Debian's; "" = it is not there
	install  string         // the command that installs it
	user     string         // that the package makes
	stop     syscall.Signal // ends it in order, whoever is connected
	quit     syscall.Signal // ends it at once, with all its processes

	// find returns the programs, false where they are not installed.
	find func() (programs, bool)
	// setUp returns the arguments that make a data directory in dir, of a superuser with the password; nil = it needs none.
	setUp func(dir, password string) ([]string, error)
	// serve returns the arguments that serve the data in dir. Each setting is name=value.
	serve func(dir string, port int, settings []string) []string
	// admin returns the DSN of the superuser.
	admin func(port int, password string) string

	addr func(dsn string) string // "" where dsn is none
	ping func(ctx context.Context, dsn string) error

	// Of databases.
	database func(dsn, name string) string
	exec     func(ctx context.Context, dsn, statement string) error
	drop     func(ctx context.Context, dsn, name string) error
}

// user is the superuser of the servers started here.
const user = "floe"

// programs are the paths of what a server needs.
type programs struct{ setUp, serve string }

// errMissing is what launching answers for a server that is not installed.
var errMissing = errors.New("is missing")

func (k *kind) missing() error {
	return fmt.Errorf("%s %w: %s", k.name, errMissing, k.install)
}

// look returns the path of a program in PATH or one of the directories, "" where there is none.
func look(name string, dirs ...string) string {
	if path, err := exec.LookPath(name); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return path // next to what else it needs
		}
	}
	for _, dir := range dirs {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	return ""
}
